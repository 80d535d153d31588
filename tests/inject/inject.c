// SPDX-License-Identifier: MIT
/*
 * Lets the NPU fail while several clients use it. At most the offender's fence
 * may have an error, the right one; all other jobs must have the right bytes;
 * and the NPU must work again within a second of when it was noticed.
 *
 *   v3npu_inject FACTOR
 *
 * FACTOR is how much slower than usual the machine is. The host does what is
 * written to /dev/inject, a line each, and answers: see test.py.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"
#include "npu.h"

#define DEVICE		"/sys/bus/pci/devices/0000:01:00.0/"
#define DRIVER		"/sys/bus/pci/drivers/v3npu/"
#define ROUNDS		3	/* of each fault */
#define AFTER		5	/* good jobs of each client that show that it is over */
#define PATIENCE_MS	60000u

static FILE *host;
static unsigned int factor, number;

static void result(bool good, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void result(bool good, const char *format, ...)
{
	va_list args;

	printf("%sok %u - ", good ? "" : "not ", ++number);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

/* Has the host do something. Return: the number that it answers */
static unsigned long ask(const char *format, ...) __attribute__((format(printf, 1, 2)));

static unsigned long ask(const char *format, ...)
{
	char answer[128];
	va_list args;

	va_start(args, format);
	vfprintf(host, format, args);
	va_end(args);
	fputc('\n', host);
	fflush(host);
	if (!fgets(answer, sizeof(answer), host))
		errx(1, "the host does not answer");
	if (strncmp(answer, "error", 5) == 0)
		errx(1, "the host: %s", answer);
	return strtoul(answer, NULL, 0);
}

/* Waits until each client has had @jobs more good jobs. Return: whether they had. */
static bool wait_for_jobs(unsigned int jobs)
{
	unsigned int wanted = load_result().least + jobs;
	uint64_t end = now_ms() + PATIENCE_MS * factor;

	while (load_result().least < wanted) {
		if (now_ms() > end)
			return false;
		usleep(1000);
	}
	return true;
}

/**
 * struct fault - something that the NPU can do
 * @name: property without "x-inject-"
 * @also: another one with the next thing of its own kind, or NULL
 * @least: fences that have an error, at least
 * @errors: the errors that they can have; none: none may
 * @notice_ms: how long it may take until the driver notices
 */
struct fault {
	const char *name;
	const char *also;
	unsigned int least;
	int errors[2];
	unsigned int notice_ms;
};

/* Set by the test for the driver, and what a job may take longer until that is noticed */
#define JOB_TIMEOUT_MS	2000
#define HANG_MS		(JOB_TIMEOUT_MS * 5 / 4)

/*
 * When the firmware lies about one job, another one may be running, and is
 * taken for the culprit.
 */
static const struct fault faults[] = {
	{ "irq-spurious", NULL, 0, { 0 }, 0 },
	{ "irq-lost", NULL, 0, { 0 }, 0 },
	{ "engine-fault", NULL, 1, { -EFAULT }, 0 },
	{ "engine-hang", NULL, 1, { -ETIME }, HANG_MS },
	{ "core-halt", NULL, 1, { -EIO }, 0 },
	{ "core-halt", "core-status", 0, { -EIO }, 0 },
	{ "core-halt", "reset-stuck", 1, { -EIO }, 1000 },
	{ "core-hang", NULL, 1, { -ETIME, -EIO }, HANG_MS },
	{ "dma-fault", NULL, 0, { -EFAULT, -EIO }, 0 },
	{ "event-type", NULL, 0, { -EIO }, 0 },
	{ "event-ctx", NULL, 0, { -EIO }, 0 },
	{ "event-seqno", NULL, 0, { -EIO }, 0 },
	{ "event-status", NULL, 0, { -EIO }, 0 },
	{ "event-stale", NULL, 0, { -EIO }, 0 },
	{ "event-wptr", NULL, 0, { -EIO }, 0 },
	{ "ring-rptr", NULL, 0, { -EIO }, 0 },
};

static bool can_be(const struct fault *fault, const struct load_result *got)
{
	if (got->failed < fault->least || got->failed > (fault->errors[0] ? 1 : 0))
		return false;
	return !got->failed || got->error == fault->errors[0] || got->error == fault->errors[1];
}

/* Arms the fault for the @nth thing, and waits for it and for better times. */
static bool provoke(const struct fault *fault, unsigned int nth)
{
	uint64_t end = now_ms() + PATIENCE_MS * factor;

	if (fault->also)
		ask("set %s 1", fault->also);
	ask("set %s %u", fault->name, nth);
	while (ask("get %s", fault->name)) {
		if (now_ms() > end)
			return false;
		usleep(5000);
	}
	return wait_for_jobs(AFTER);
}

static void test_fault(const struct fault *fault)
{
	unsigned int limit_ms = (fault->notice_ms + 1000) * factor;
	unsigned int round, soon = 0;
	bool over = true, right = true;

	for (round = 0; round < ROUNDS && over; round++) {
		struct load_result got;

		wait_for_jobs(AFTER);
		load_take();
		over = provoke(fault, 1 + round * 7);
		got = load_result();
		right = right && can_be(fault, &got) && !got.wrong;
		soon += got.gap_ms < limit_ms;
		printf("# %s: %u jobs done, %u wrong, %u failed (%s); longest wait %u ms of %u\n",
		       fault->name, got.done, got.wrong, got.failed,
		       got.error ? strerror(-got.error) : "-", got.gap_ms, limit_ms);
	}
	result(over && right, "%s%s%s: the offender fails, all others are right", fault->name,
	       fault->also ? " with " : "", fault->also ? fault->also : "");
	/* In one of them the machine itself may have stood still */
	result(over && soon >= ROUNDS - 1, "... and the NPU works again within a second");
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		warn("%s", path);
	if (fd >= 0)
		close(fd);
}

/* DRM makes the node a moment before it can be opened */
static bool can_be_opened(void)
{
	int fd = open(npu_path(), O_RDWR);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Waits until there is a device, or is none. Return: whether that came true */
static bool wait_for_node(bool wanted)
{
	uint64_t end = now_ms() + PATIENCE_MS * factor;

	while (can_be_opened() != wanted) {
		if (now_ms() > end)
			return false;
		usleep(10000);
	}
	return true;
}

/* Somebody resets the function behind the driver's back */
static void test_function_reset(void)
{
	struct load_result got;
	bool over;

	wait_for_jobs(AFTER);
	load_take();
	write_file(DEVICE "reset", "1");
	over = wait_for_jobs(AFTER);
	got = load_result();
	printf("# function reset: %u jobs done, %u failed; longest wait %u ms\n", got.done,
	       got.failed, got.gap_ms);
	result(over && !got.wrong && got.failed <= 1, "function reset: at most one job fails");
}

/* Clients of a device that is back. Return: all is right, and each had its first job in a second */
static bool works_again(void)
{
	uint64_t start = now_ms();
	struct load_result got;
	bool over;

	load_start();
	over = wait_for_jobs(1);
	printf("# each client's first job was done after %llu ms\n",
	       (unsigned long long)(now_ms() - start));
	over = over && now_ms() - start < 1000 * factor && wait_for_jobs(AFTER);
	got = load_result();
	return over && !got.wrong && !got.failed;
}

/* The bus reports an error, which the kernel recovers from with the driver's help */
static void test_bus_error(const char *error)
{
	struct load_result got;
	bool over;

	wait_for_jobs(AFTER);
	load_take();
	ask("aer %s", error);
	over = wait_for_jobs(4 * AFTER);
	got = load_result();
	printf("# bus error %s: %u jobs done, %u failed; longest wait %u ms\n", error, got.done,
	       got.failed, got.gap_ms);
	result(over && !got.wrong && got.failed <= 1, "bus error %s: at most one job fails", error);
}

/* Its registers are all ones from one moment to the next; later its driver is told */
static void test_gone(void)
{
	struct load_result got;

	wait_for_jobs(AFTER);
	load_take();
	ask("set gone 5");
	usleep(500000);
	write_file(DRIVER "unbind", "0000:01:00.0");
	load_stop();
	got = load_result();
	printf("# gone: %u jobs done, %u failed (%s)\n", got.done, got.failed,
	       got.error ? strerror(-got.error) : "-");
	result(!got.running && !got.wrong && got.failed, "gone: all jobs end, with an error");
	ask("set gone 0");
	write_file(DRIVER "bind", "0000:01:00.0");
	result(wait_for_node(true) && works_again(), "... and it works again when it is back");
}

/* Whether debugfs says within some seconds that no reset helps any more */
static bool is_unusable(void)
{
	char line[128];

	for (uint64_t end = now_ms() + 30000 * factor; now_ms() < end; usleep(20000)) {
		FILE *f = fopen("/sys/kernel/debug/accel/0000:01:00.0/status", "r");
		bool no = false;

		while (f && fgets(line, sizeof(line), f))
			no |= !strncmp(line, "usable:", 7) && strstr(line, "no");
		if (f)
			fclose(f);
		if (no)
			return true;
	}
	return false;
}

/* It does not come back by the driver's own resets; then somebody resets the function */
static void test_failed_reset(void)
{
	struct load_result got;
	bool unusable;

	wait_for_jobs(AFTER);
	load_take();
	ask("set gone 5");
	unusable = is_unusable();
	load_stop();
	got = load_result();
	printf("# failed reset: %u jobs done, %u failed (%s)\n", got.done, got.failed,
	       got.error ? strerror(-got.error) : "-");
	result(unusable && !got.running && !got.wrong && got.error == -EIO,
	       "failed reset: all jobs end, with EIO");
	ask("set gone 0");
	write_file(DEVICE "reset", "1");
	result(works_again(), "... and it works again when the function was reset");
}

static void test_unplug(void)
{
	struct load_result got;

	wait_for_jobs(AFTER);
	load_take();
	ask("unplug");
	load_stop();
	got = load_result();
	printf("# unplug: %u jobs done, %u failed (%s)\n", got.done, got.failed,
	       got.error ? strerror(-got.error) : "-");
	result(wait_for_node(false) && !got.running && !got.wrong && got.error == -ENODEV,
	       "unplug: all jobs end, with ENODEV");
	ask("plug");
	result(wait_for_node(true) && works_again(), "... and it works again when it is back");
}

int main(int argc, char **argv)
{
	int fd = npu_open();

	factor = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 0) : 1;
	host = fopen("/dev/inject", "r+");
	if (!host)
		err(1, "/dev/inject");
	if (npu_dev_info(fd).job_timeout_ms != JOB_TIMEOUT_MS)
		errx(1, "load the driver with job_timeout_ms=%u", JOB_TIMEOUT_MS);
	close(fd);

	load_start();
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		test_fault(&faults[i]);
	test_function_reset();
	/* Those that the link survives: QEMU's port does not come back from its reset */
	test_bus_error("UNSUP");
	test_bus_error("COMP_TIME");
	test_gone();
	test_failed_reset();
	test_unplug();
	load_stop();
	return 0;
}
