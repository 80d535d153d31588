// SPDX-License-Identifier: MIT
/*
 * Power: the NPU is off when it is idle, jobs survive the sleep of the system
 * and resets of the PCI function. The job timeout is to be less than the ten seconds
 * that the system waits for a job before it sleeps, but for one test.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "npu.h"

#define PAGE		4096ul
#define BYTES		2048	/* where a job's bytes are in its buffer */
#define DELAY_MS	"100"
#define HANG_MS		500000

static char text[1 << 16];

/* A file's contents, without the last newline. */
static const char *contents(const char *path)
{
	FILE *f = fopen(path, "r");
	size_t size;

	if (!f)
		err(1, "%s", path);
	size = fread(text, 1, sizeof(text) - 1, f);
	if (ferror(f))
		err(1, "%s", path);
	fclose(f);
	text[size] = '\0';
	if (size && text[size - 1] == '\n')
		text[size - 1] = '\0';
	return text;
}

/* Write to a file. Return: 0 or -errno. */
static int put(const char *path, const char *what)
{
	int fd = open(path, O_WRONLY), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, what, strlen(what)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static bool suspended(void)
{
	return !strcmp(contents(npu_sysfs("power/runtime_status")), "suspended");
}

/* Whether the NPU is off within ten seconds. */
static bool sleeps(void)
{
	for (int i = 0; i < 1000; i++) {
		if (suspended())
			return true;
		usleep(10000);
	}
	return false;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

FIXTURE(pm)
{
	int fd;
	uint64_t sram;
	unsigned int timeout_ms;
	uint32_t ctx;
	struct npu_bo bo;
};

FIXTURE_SETUP(pm)
{
	struct drm_v3npu_dev_info info;

	if (access(npu_sysfs("power/autosuspend_delay_ms"), W_OK))
		npu_skip("only root may change when the NPU is off");
	ASSERT_EQ(put(npu_sysfs("power/autosuspend_delay_ms"), DELAY_MS), 0);
	self->fd = npu_open();
	info = npu_dev_info(self->fd);
	self->sram = info.sram_va;
	self->timeout_ms = info.job_timeout_ms;
	self->ctx = npu_ctx_create(self->fd);
	self->bo = npu_bo_create(self->fd, PAGE, 0);
}

FIXTURE_TEARDOWN(pm)
{
	close(self->fd);
	EXPECT_EQ(put(npu_sysfs("power/autosuspend_delay_ms"), "2000"), 0);
}

/*
 * A job that tells by its bytes whether each of its commands ran once, and
 * whether what it had in SRAM was kept, with stalls in the middle.
 */
static struct npu_job shift(const struct npu_bo *bo, uint32_t ctx, uint64_t sram, uint8_t value,
			    unsigned int stalls, unsigned int stall_ms)
{
	struct npu_job job = { .ctx = ctx, .cmds = bo };
	uint64_t bytes = bo->va + BYTES;
	uint8_t *at = bo->map;

	memcpy(bo->map + BYTES, (uint8_t[]){ value, value + 1, 0, 0 }, 4);
	at += npu_cmd_copy(at, 1, bytes, sram, 1);
	at += npu_cmd_copy(at, 2, bytes + 1, bytes + 2, 1);
	at += npu_cmd_copy(at, 3, bytes, bytes + 1, 1);
	while (stalls--)
		at += npu_cmd_stall(at, 4, stall_ms * 1000);
	at += npu_cmd_copy(at, 5, sram, bytes + 3, 1);
	job.cmds_size = (uint32_t)(at - bo->map);
	return job;
}

static bool shifted(const struct npu_bo *bo, uint8_t value)
{
	const uint8_t right[4] = { value, value, value + 1, value };

	return !memcmp(bo->map + BYTES, right, 4);
}

/* Wait until the job's third command is done. */
static void wait_begun(const struct npu_bo *bo, uint8_t value)
{
	while (*(volatile uint8_t *)(bo->map + BYTES + 1) != value)
		usleep(1000);
}

TEST_F(pm, off_when_idle)
{
	ASSERT_EQ(npu_run(self->fd, shift(&self->bo, self->ctx, self->sram, 1, 0, 0), 20), 0);
	ASSERT_TRUE(sleeps());
	EXPECT_STREQ(contents(npu_sysfs("power_state")), "D3hot");
}

TEST_F(pm, delay_is_honoured)
{
	double end;

	ASSERT_EQ(put(npu_sysfs("power/autosuspend_delay_ms"), "1500"), 0);
	ASSERT_EQ(npu_run(self->fd, shift(&self->bo, self->ctx, self->sram, 1, 0, 0), 20), 0);
	end = now();
	usleep(1000000);
	if (now() - end < 1.4)
		EXPECT_FALSE(suspended());
	ASSERT_TRUE(sleeps());
}

TEST_F(pm, job_wakes_it)
{
	struct npu_bo later;
	uint32_t ctx;

	/* What was made before, used before, and made while it is off. */
	ASSERT_EQ(npu_run(self->fd, shift(&self->bo, self->ctx, self->sram, 1, 0, 0), 20), 0);
	ASSERT_TRUE(sleeps());
	ctx = npu_ctx_create(self->fd);
	later = npu_bo_create(self->fd, PAGE, 0);
	ASSERT_TRUE(suspended());
	EXPECT_EQ(npu_run(self->fd, shift(&later, ctx, self->sram, 2, 0, 0), 20), 0);
	EXPECT_TRUE(shifted(&later, 2));
	EXPECT_EQ(npu_run(self->fd, shift(&self->bo, self->ctx, self->sram, 3, 0, 0), 20), 0);
	EXPECT_TRUE(shifted(&self->bo, 3));
}

TEST_F(pm, memory_freed_while_off_is_out_of_reach)
{
	struct npu_bo gone = npu_bo_create(self->fd, PAGE, 0);
	struct npu_job job = { .ctx = self->ctx, .cmds = &self->bo };

	job.cmds_size = npu_cmd_copy(self->bo.map, 1, gone.va, self->bo.va + BYTES, 1);
	ASSERT_EQ(npu_run(self->fd, job, 20), 0);
	ASSERT_TRUE(sleeps());
	npu_bo_destroy(self->fd, &gone);
	EXPECT_EQ(npu_run(self->fd, job, 20), -EFAULT);
	EXPECT_EQ(npu_run(self->fd, shift(&self->bo, self->ctx, self->sram, 1, 0, 0), 20), 0);
	EXPECT_TRUE(shifted(&self->bo, 1));
}

/* Read all files that match. Return: how many. */
static size_t read_all(const char *pattern)
{
	size_t i, count;
	glob_t paths;

	if (glob(pattern, 0, NULL, &paths))
		errx(1, "there is no %s", pattern);
	for (i = 0; i < paths.gl_pathc; i++)
		contents(paths.gl_pathv[i]);
	count = paths.gl_pathc;
	globfree(&paths);
	return count;
}

TEST_F(pm, who_looks_does_not_wake_it)
{
	struct npu_bo bo;
	char fdinfo[64];
	int fd;

	ASSERT_TRUE(sleeps());
	/* Once awake, it would not sleep again during this test. */
	ASSERT_EQ(put(npu_sysfs("power/autosuspend_delay_ms"), "60000"), 0);

	fd = npu_open();
	bo = npu_bo_create(fd, PAGE, 0);
	npu_ctx_query(fd, npu_ctx_create(fd));
	snprintf(fdinfo, sizeof(fdinfo), "/proc/self/fdinfo/%d", fd);
	contents(fdinfo);
	npu_bo_destroy(fd, &bo);
	close(fd);
	EXPECT_GE(read_all(npu_sysfs("counters/*")), 11);
	contents(npu_sysfs("npu_busy_time_us"));
	EXPECT_GE(read_all("/sys/kernel/debug/accel/*:*/*"), 5);
	read_all("/sys/kernel/debug/accel/*:*/status");
	EXPECT_EQ(strncmp(text, "power:            off\n", 22), 0);
	EXPECT_TRUE(suspended());
}

/* Nothing but the end of the test keeps it from falling asleep after each job. */
TEST_F_TIMEOUT(pm, hundred_times_off_and_on, 120)
{
	ASSERT_EQ(put(npu_sysfs("power/autosuspend_delay_ms"), "0"), 0);
	for (int i = 0; i < 100; i++) {
		ASSERT_EQ(npu_run(self->fd, shift(&self->bo, self->ctx, self->sram, (uint8_t)i, 0,
						  0), 20), 0);
		ASSERT_TRUE(shifted(&self->bo, (uint8_t)i));
	}
}

TEST_F_TIMEOUT(pm, hang_after_it_was_off, 120)
{
	struct npu_bo hung = npu_bo_create(self->fd, PAGE, 0);
	struct npu_job job = { .ctx = npu_ctx_create(self->fd), .cmds = &hung };

	ASSERT_TRUE(sleeps());
	job.cmds_size = npu_cmd_stall(hung.map, 1, HANG_MS * 1000);
	EXPECT_EQ(npu_run(self->fd, job, 30), -ETIME);
	ASSERT_TRUE(sleeps());
	EXPECT_EQ(npu_run(self->fd, shift(&self->bo, self->ctx, self->sram, 1, 0, 0), 20), 0);
	EXPECT_TRUE(shifted(&self->bo, 1));
}

/*
 * Processes that submit jobs of three contexts each, and look at all bytes,
 * until load_end().
 */
#define CLIENTS	4

static pid_t clients[CLIENTS];
static volatile sig_atomic_t told_to_end;

static void on_end(int number)
{
	(void)number;
	told_to_end = 1;
}

static void client(uint64_t sram)
{
	int fd = npu_open();
	struct npu_bo bos[3];
	uint32_t ctxs[3], outs[3];
	uint8_t value = 0;

	for (int i = 0; i < 3; i++) {
		bos[i] = npu_bo_create(fd, PAGE, 0);
		ctxs[i] = npu_ctx_create(fd);
		outs[i] = npu_syncobj(fd);
	}
	while (!told_to_end) {
		value++;
		for (int i = 0; i < 3; i++) {
			struct npu_job job = shift(&bos[i], ctxs[i], sram, value, 3, 2);

			job.out = outs[i];
			if (npu_submit(fd, &job))
				_exit(1);
		}
		for (int i = 0; i < 3; i++)
			if (npu_wait(fd, outs[i], 60) || !shifted(&bos[i], value))
				_exit(2);
	}
	_exit(0);
}

static void load_begin(uint64_t sram)
{
	signal(SIGTERM, on_end);
	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = fork();
		if (clients[i] < 0)
			err(1, "fork");
		if (!clients[i])
			client(sram);
	}
	usleep(300000);
}

/* Return: how many had a job that failed or had wrong bytes. */
static int load_end(void)
{
	int status, bad = 0;

	for (int i = 0; i < CLIENTS; i++) {
		kill(clients[i], SIGTERM);
		if (waitpid(clients[i], &status, 0) != clients[i] || status)
			bad++;
	}
	return bad;
}

/* All of the system's sleep but for the processors, for @seconds. Return: 0 or -errno. */
static int system_sleep(const char *seconds)
{
	int ret;

	if (put("/sys/module/suspend/parameters/pm_test_delay", seconds) ||
	    put("/sys/power/pm_test", "platform"))
		err(1, "pm_test");
	ret = put("/sys/power/state", "freeze");
	put("/sys/power/pm_test", "none");
	return ret;
}

#define NEEDS_PM_TEST()							\
	do {								\
		if (access("/sys/power/pm_test", W_OK))			\
			SKIP(return, "the kernel has no pm_test");	\
		if (getenv("V3NPU_NO_SLEEP"))				\
			SKIP(return, "the system must not sleep");	\
	} while (0)

TEST_F(pm, system_sleeps_while_it_is_off)
{
	NEEDS_PM_TEST();
	ASSERT_TRUE(sleeps());
	ASSERT_EQ(system_sleep("0"), 0);
	EXPECT_EQ(npu_run(self->fd, shift(&self->bo, self->ctx, self->sram, 1, 0, 0), 20), 0);
	EXPECT_TRUE(shifted(&self->bo, 1));
	EXPECT_TRUE(sleeps());
}

/* The job that runs is put aside. Time without power is none that it took, even if the clock ran. */
TEST_F_TIMEOUT(pm, running_job_goes_on_after_sleep, 120)
{
	struct npu_job job = shift(&self->bo, self->ctx, self->sram, 5, 12, 100), behind[4];
	struct npu_bo bos[4];
	char seconds[16];

	NEEDS_PM_TEST();
	snprintf(seconds, sizeof(seconds), "%u", self->timeout_ms / 1000 + 1);
	job.out = npu_syncobj(self->fd);
	ASSERT_EQ(npu_submit(self->fd, &job), 0);
	for (int i = 0; i < 4; i++) {
		bos[i] = npu_bo_create(self->fd, PAGE, 0);
		behind[i] = shift(&bos[i], npu_ctx_create(self->fd), self->sram,
				  (uint8_t)(10 + i), 0, 0);
		behind[i].out = npu_syncobj(self->fd);
		ASSERT_EQ(npu_submit(self->fd, &behind[i]), 0);
	}
	wait_begun(&self->bo, 5);
	ASSERT_EQ(system_sleep(seconds), 0);
	EXPECT_EQ(npu_wait(self->fd, job.out, 0), -ETIMEDOUT);
	EXPECT_EQ(npu_wait(self->fd, job.out, 20), 0);
	EXPECT_TRUE(shifted(&self->bo, 5));
	for (int i = 0; i < 4; i++) {
		EXPECT_EQ(npu_wait(self->fd, behind[i].out, 20), 0);
		EXPECT_TRUE(shifted(&bos[i], (uint8_t)(10 + i)));
	}
}

/* Those of the highest priority cannot be put aside, and so the system waits for them. */
TEST_F_TIMEOUT(pm, realtime_job_ends_before_sleep, 120)
{
	struct drm_v3npu_ctx_create create = { .priority = DRM_V3NPU_PRIORITY_REALTIME };
	struct npu_job job;

	NEEDS_PM_TEST();
	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_CTX_CREATE, &create), 0);
	job = shift(&self->bo, create.id, self->sram, 6, 5, 100);
	job.out = npu_syncobj(self->fd);
	ASSERT_EQ(npu_submit(self->fd, &job), 0);
	wait_begun(&self->bo, 6);
	ASSERT_EQ(system_sleep("0"), 0);
	EXPECT_EQ(npu_wait(self->fd, job.out, 20), 0);
	EXPECT_TRUE(shifted(&self->bo, 6));
}

TEST_F_TIMEOUT(pm, system_sleeps_under_load, 120)
{
	NEEDS_PM_TEST();
	load_begin(self->sram);
	for (int i = 0; i < 5; i++) {
		EXPECT_EQ(system_sleep("0"), 0);
		usleep(100000);
	}
	EXPECT_EQ(load_end(), 0);
}

TEST_F_TIMEOUT(pm, hung_job_ends_before_sleep, 120)
{
	struct npu_bo hung;
	uint32_t out = npu_stall_running(self->fd, self->ctx, &hung, 1, HANG_MS);
	struct npu_job job = shift(&self->bo, npu_ctx_create(self->fd), self->sram, 7, 0, 0);

	NEEDS_PM_TEST();
	job.out = npu_syncobj(self->fd);
	ASSERT_EQ(npu_submit(self->fd, &job), 0);
	ASSERT_EQ(system_sleep("0"), 0);
	EXPECT_EQ(npu_wait(self->fd, out, 1), -ETIME);
	EXPECT_EQ(npu_wait(self->fd, job.out, 20), 0);
	EXPECT_TRUE(shifted(&self->bo, 7));
}

/*
 * However many a user has queued: the one that runs is ended, by its timeout or because the
 * system waits no longer, and the others wait until it is awake.
 */
TEST_F_TIMEOUT(pm, hanging_jobs_do_not_keep_the_system_awake, 240)
{
	struct npu_bo cmds = npu_bo_create(self->fd, PAGE, 0);
	struct npu_job job = { .cmds = &cmds };
	double begin;

	NEEDS_PM_TEST();
	job.cmds_size = npu_cmd_stall(cmds.map, 1, HANG_MS * 1000);
	for (int i = 0; i < 40; i++) {
		if (i % 2 == 0)
			job.ctx = npu_ctx_create(self->fd);
		ASSERT_EQ(npu_submit(self->fd, &job), 0);
	}
	begin = now();
	EXPECT_EQ(system_sleep("0"), 0);
	EXPECT_EQ(system_sleep("0"), 0);
	TH_LOG("it slept twice within %.1f s", now() - begin);
	close(self->fd);
	self->fd = npu_open();
	self->ctx = npu_ctx_create(self->fd);
	self->bo = npu_bo_create(self->fd, PAGE, 0);
	EXPECT_EQ(npu_run(self->fd, shift(&self->bo, self->ctx, self->sram, 1, 0, 0), 60), 0);
	EXPECT_TRUE(shifted(&self->bo, 1));
	EXPECT_EQ(system_sleep("0"), 0);
}

TEST_F_TIMEOUT(pm, too_long_a_command_is_ended_before_sleep, 120)
{
	struct npu_bo stalled;
	uint32_t out;

	NEEDS_PM_TEST();
	if (self->timeout_ms < 20000)
		SKIP(return, "the job timeout is shorter than what the system waits for");
	out = npu_stall_running(self->fd, self->ctx, &stalled, 1, 60000);
	EXPECT_EQ(system_sleep("0"), 0);
	EXPECT_EQ(npu_wait(self->fd, out, 1), -EIO);
	/* It did nothing wrong. */
	EXPECT_EQ(npu_ctx_query(self->fd, self->ctx).failed_in_row, 0);
	EXPECT_EQ(npu_run(self->fd, shift(&self->bo, self->ctx, self->sram, 1, 0, 0), 20), 0);
	EXPECT_TRUE(shifted(&self->bo, 1));
	EXPECT_EQ(system_sleep("0"), 0);
}

/* Return: 0 or -errno, after a reset of the function that took @seconds. */
static int function_reset(double *seconds)
{
	double begin = now();
	int ret = put(npu_sysfs("reset"), "1");

	*seconds = now() - begin;
	return ret;
}

TEST_F(pm, function_reset_while_idle)
{
	double seconds;

	ASSERT_EQ(npu_run(self->fd, shift(&self->bo, self->ctx, self->sram, 1, 0, 0), 20), 0);
	ASSERT_EQ(function_reset(&seconds), 0);
	EXPECT_LT(seconds, 1.0);
	EXPECT_EQ(npu_run(self->fd, shift(&self->bo, self->ctx, self->sram, 2, 0, 0), 20), 0);
	EXPECT_TRUE(shifted(&self->bo, 2));

	ASSERT_TRUE(sleeps());
	ASSERT_EQ(function_reset(&seconds), 0);
	EXPECT_LT(seconds, 1.0);
	EXPECT_EQ(npu_run(self->fd, shift(&self->bo, self->ctx, self->sram, 3, 0, 0), 20), 0);
	EXPECT_TRUE(shifted(&self->bo, 3));
	EXPECT_TRUE(sleeps());
}

TEST_F_TIMEOUT(pm, running_job_goes_on_after_function_reset, 120)
{
	struct npu_job job = shift(&self->bo, self->ctx, self->sram, 5, 12, 100);
	double seconds;

	job.out = npu_syncobj(self->fd);
	ASSERT_EQ(npu_submit(self->fd, &job), 0);
	wait_begun(&self->bo, 5);
	ASSERT_EQ(function_reset(&seconds), 0);
	EXPECT_LT(seconds, 1.0);
	EXPECT_EQ(npu_wait(self->fd, job.out, 0), -ETIMEDOUT);
	EXPECT_EQ(npu_wait(self->fd, job.out, 20), 0);
	EXPECT_TRUE(shifted(&self->bo, 5));
}

TEST_F_TIMEOUT(pm, function_resets_under_load, 120)
{
	double seconds, longest = 0;

	load_begin(self->sram);
	for (int i = 0; i < 10; i++) {
		EXPECT_EQ(function_reset(&seconds), 0);
		if (seconds > longest)
			longest = seconds;
	}
	EXPECT_EQ(load_end(), 0);
	/* A tenth of a second; half of the 10 s of a driver that waits in vain, on a busy host */
	EXPECT_LT(longest, 5.0);
	TH_LOG("the longest of 10 resets took %.3f s", longest);
}

/* A command that does not end is what such a reset is for; nobody else loses anything. */
TEST_F_TIMEOUT(pm, function_reset_ends_a_hung_job, 120)
{
	struct npu_bo hung;
	uint32_t out = npu_stall_running(self->fd, self->ctx, &hung, 1, HANG_MS);
	struct npu_job job = shift(&self->bo, npu_ctx_create(self->fd), self->sram, 7, 0, 0);
	double seconds;

	job.out = npu_syncobj(self->fd);
	ASSERT_EQ(npu_submit(self->fd, &job), 0);
	ASSERT_EQ(function_reset(&seconds), 0);
	EXPECT_EQ(npu_wait(self->fd, out, 1), -EIO);
	EXPECT_EQ(npu_wait(self->fd, job.out, 20), 0);
	EXPECT_TRUE(shifted(&self->bo, 7));
}

TEST_HARNESS_MAIN
