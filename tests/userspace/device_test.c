// SPDX-License-Identifier: MIT
/*
 * What lies under a session: buffers, jobs, faults and their messages, waiting,
 * priorities; on the simulator or on the device that the first argument names.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libv3npu/internal.h"
#include "tap.h"
#include "v3npu/cmd.h"
#include "v3npu/regs.h"

static struct v3npu_device *device;

/* A job of one context: a buffer of commands, one to read and one to write */
struct job {
	struct v3npu_context *context;
	struct v3npu_buffer *cmds, *in, *out;
	struct v3npu_buffer_ref refs[3];
	uint32_t size;
	struct v3npu_run_stats stats;
};

static void job_new(struct job *j, enum v3npu_priority priority)
{
	memset(j, 0, sizeof(*j));
	device->ops->context_new(device, priority, &j->context);
	device->ops->buffer_new(device, 4096, true, &j->cmds);
	device->ops->buffer_new(device, 4096, true, &j->in);
	device->ops->buffer_new(device, 4096, false, &j->out);
	j->refs[0] = (struct v3npu_buffer_ref) { j->cmds, false };
	j->refs[1] = (struct v3npu_buffer_ref) { j->in, false };
	j->refs[2] = (struct v3npu_buffer_ref) { j->out, true };
}

static void job_free(struct job *j)
{
	device->ops->context_free(j->context);
	device->ops->buffer_free(device, j->cmds);
	device->ops->buffer_free(device, j->in);
	device->ops->buffer_free(device, j->out);
}

static void emit(struct job *j, const void *cmd, uint32_t size)
{
	memcpy((char *)j->cmds->map + j->size, cmd, size);
	j->size += size;
}

/* Copies @n bytes from one NPU address to another */
static void emit_copy(struct job *j, uint64_t from, uint64_t to, uint32_t n)
{
	struct v3npu_cmd_copy c = {
		.hdr = { V3NPU_OP_COPY, sizeof(c), 14 },
		.in = { from, { 1, 1, 1, n }, { n, n, n, 1 } },
		.out = { to, { 1, 1, 1, n }, { n, n, n, 1 } },
	};

	emit(j, &c, sizeof(c));
}

static void emit_stall(struct job *j, uint32_t usec)
{
	struct v3npu_cmd_stall s = { .hdr = { V3NPU_OP_STALL, sizeof(s), 0 }, .usec = usec };

	emit(j, &s, sizeof(s));
}

static int submit(struct job *j)
{
	return device->ops->submit(j->context, j->cmds->va, j->size, j->refs, 3);
}

static int wait(struct job *j, int timeout_ms)
{
	return device->ops->wait(j->context, timeout_ms, &j->stats);
}

static int run(struct job *j)
{
	int ret = submit(j);

	return ret ? ret : wait(j, -1);
}

static void test_run(void)
{
	struct job j;

	job_new(&j, V3NPU_PRIORITY_NORMAL);
	memset(j.in->map, 42, 4096);
	emit_copy(&j, j.in->va, j.out->va + 96, 1000);
	emit_copy(&j, j.in->va, j.out->va + 1096, 1000);
	ok(!run(&j), "a job runs");
	ok(!memcmp(j.in->map, (char *)j.out->map + 96, 2000) && !((char *)j.out->map)[95] &&
	   !((char *)j.out->map)[2096], "and writes what it should, nothing else");
	ok(j.stats.commands == 2 && j.stats.cycles && j.stats.dram_read >= 2000 &&
	   j.stats.dram_write >= 2000 && j.stats.wall_ms > 0, "its counters are of both commands");
	ok(!run(&j) && j.stats.commands == 2, "a second run counts anew");
	job_free(&j);
}

#define NOWHERE	0x3f00000000	/* no buffer is there */

/* A copy of which one end, @bad, cannot be reached; 0 stands for the buffer to read */
static void test_fault(const char *what, uint64_t bad, bool write)
{
	char words[100];
	struct job j;
	int ret;

	job_new(&j, V3NPU_PRIORITY_NORMAL);
	if (!bad)
		bad = j.in->va;
	emit_copy(&j, j.in->va, j.out->va, 8);
	emit_copy(&j, write ? j.in->va : bad, write ? bad : j.out->va, 8);
	snprintf(words, sizeof(words), "MMU fault at 0x%llx in command 1 (COPY, operator 14)",
		 (unsigned long long)bad);
	ret = run(&j);
	ok(ret == -EFAULT && strstr(v3npu_error(), words), "%s: '%s'", what, v3npu_error());
	j.size = sizeof(struct v3npu_cmd_copy);
	ok(!run(&j), "the context's next job runs");
	job_free(&j);
}

static void test_refusals(void)
{
	const struct v3npu_cmd_hdr unknown = { 99, 8, 3 }, nop = { V3NPU_OP_NOP, 8, 0 };
	struct job j;

	job_new(&j, V3NPU_PRIORITY_NORMAL);
	emit(&j, &nop, sizeof(nop));
	emit(&j, &unknown, sizeof(unknown));
	ok(run(&j) == -EINVAL && strstr(v3npu_error(), "command 1 (unknown opcode, operator 3) was "
	   "refused: its opcode is unknown"), "an unknown opcode: '%s'", v3npu_error());
	j.size = 0;
	emit_copy(&j, j.in->va, j.out->va, 8);
	j.size -= 8;
	ok(run(&j) == -EINVAL && strstr(v3npu_error(), "size"), "a command cut short: '%s'",
	   v3npu_error());
	ok(device->ops->submit(j.context, NOWHERE, 8, j.refs, 3) == 0 &&
	   wait(&j, -1) == -EFAULT && strstr(v3npu_error(), "could not be read"),
	   "commands that are not in memory: '%s'", v3npu_error());
	job_free(&j);
}

static void test_wait(void)
{
	struct job j;
	int ret;

	job_new(&j, V3NPU_PRIORITY_NORMAL);
	emit_stall(&j, 100000);
	submit(&j);
	ret = wait(&j, 0);
	ok(ret == -ETIMEDOUT, "wait(0) polls: '%s'", v3npu_error());
	ok(wait(&j, 5) == -ETIMEDOUT, "wait(5) gives up");
	ret = wait(&j, 60000);
	ok(!ret && j.stats.wall_ms >= 100 && j.stats.wall_ms < 10000,
	   "then it is done, after %.0f ms", j.stats.wall_ms);
	j.size = 0;
	emit_stall(&j, 600000000);
	submit(&j);
	job_free(&j);
	ok(true, "a context that goes away ends its running job");
}

/* Whether poll() finds the descriptor readable in @ms milliseconds */
static bool readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1 && p.revents & POLLIN;
}

static void test_fence(void)
{
	int first = -1, second = -1, early = -1, late = -1;
	struct job j;

	job_new(&j, V3NPU_PRIORITY_NORMAL);
	emit_stall(&j, 200000);
	submit(&j);
	ok(!device->ops->fence_fd(j.context, &first) &&
	   !device->ops->fence_fd(j.context, &second) && first != second,
	   "two descriptors of a job's end");
	ok(!readable(first, 0), "are not readable while it runs");
	ok(readable(first, 10000) && readable(second, 0), "and are when it is done");
	ok(!wait(&j, 0), "the job is done then");
	submit(&j);
	device->ops->fence_fd(j.context, &early);
	ok(readable(first, 0) && !readable(early, 0), "the next job has another one");
	ok(!wait(&j, 10000) && readable(early, 0), "which tells of that");
	j.size = 0;
	emit_copy(&j, j.in->va, j.out->va, 8);
	submit(&j);
	usleep(50000);
	ok(!device->ops->fence_fd(j.context, &late) && readable(late, 1000) && !wait(&j, 1000),
	   "one that is asked for late is readable at once");
	close(first);
	close(second);
	close(early);
	close(late);
	job_free(&j);
}

/* How long the job takes if nobody cancels it: long enough for a busy machine to do so first */
#define CANCELLED_MS	4500

static void test_cancel(void)
{
	double start = v3npu_now_ms();
	struct job j, next;
	int fence = -1, i;

	job_new(&j, V3NPU_PRIORITY_NORMAL);
	job_new(&next, V3NPU_PRIORITY_NORMAL);
	for (i = 0; i < CANCELLED_MS / 100; i++)
		emit_stall(&j, 100000);
	emit_stall(&next, 1000);
	submit(&j);
	submit(&next);
	device->ops->fence_fd(next.context, &fence);
	device->ops->cancel(next.context);
	ok(readable(fence, CANCELLED_MS), "a queued job that is cancelled is done");
	ok(wait(&next, CANCELLED_MS) == -ECANCELED, "and was cancelled: '%s'", v3npu_error());
	ok(wait(&j, 0) == -ETIMEDOUT, "the job before it goes on");
	device->ops->cancel(j.context);
	ok(wait(&j, CANCELLED_MS) == -ECANCELED, "a running job that is cancelled ends: '%s'",
	   v3npu_error());
	ok(v3npu_now_ms() - start < CANCELLED_MS, "early, after %.0f ms of %d",
	   v3npu_now_ms() - start, CANCELLED_MS);
	j.size = 0;
	memset(j.in->map, 7, 100);
	emit_copy(&j, j.in->va, j.out->va, 100);
	ok(!run(&j) && !memcmp(j.in->map, j.out->map, 100) && j.stats.commands == 1,
	   "the context's next job runs, and counts its own commands");
	device->ops->cancel(j.context);
	ok(!run(&j), "so it does when there was nothing to cancel");
	ok(!run(&next), "and the other context's");
	close(fence);
	job_free(&next);
	job_free(&j);
}

/* A job that reads what another one writes comes after it, whatever their priorities */
static void test_order(void)
{
	struct v3npu_buffer *shared;
	struct job first, second;
	int fd = -1, ret;

	job_new(&first, V3NPU_PRIORITY_LOW);
	job_new(&second, V3NPU_PRIORITY_HIGH);
	ok(!device->ops->buffer_export(device, first.out, &fd), "a buffer is exported");
	ret = device->ops->buffer_import(device, fd, 4096, true, &shared);
	ok(!ret, "and imported: '%s'", ret ? v3npu_error() : "");
	close(fd);
	memset(first.in->map, 5, 4096);
	memset(first.out->map, 1, 4096);
	emit_stall(&first, 100000);
	emit_copy(&first, first.in->va, first.out->va, 4096);
	emit_copy(&second, shared->va, second.out->va, 4096);
	second.refs[1] = (struct v3npu_buffer_ref) { shared, false };
	submit(&first);
	submit(&second);
	ok(!wait(&second, 10000) && !wait(&first, 0) &&
	   !memcmp(first.in->map, second.out->map, 4096),
	   "a job waits for the one that writes its input");
	device->ops->buffer_free(device, shared);
	job_free(&second);
	ok(!run(&first), "the exporter keeps its buffer");
	job_free(&first);
}

static void test_priority(void)
{
	struct job busy, low, high;

	job_new(&busy, V3NPU_PRIORITY_NORMAL);
	job_new(&low, V3NPU_PRIORITY_LOW);
	job_new(&high, V3NPU_PRIORITY_HIGH);
	emit_stall(&busy, 300000);
	emit_stall(&low, 1000);
	emit_stall(&high, 1000);
	submit(&busy);
	submit(&low);
	submit(&high);
	ok(!wait(&low, -1) && !wait(&high, 0) && low.stats.wall_ms > high.stats.wall_ms,
	   "jobs of higher priority run first");
	submit(&busy);
	submit(&low);
	submit(&high);
	job_free(&high);
	ok(!wait(&low, -1), "a queued job that goes away leaves the others");
	job_free(&low);
	job_free(&busy);
}

/* The simulator has no driver that would end a job */
static void test_timeout(void)
{
	struct job j;
	int ret;

	job_new(&j, V3NPU_PRIORITY_NORMAL);
	emit_stall(&j, 600000000);
	ret = run(&j);
	ok(ret == -ETIME && strstr(v3npu_error(), "command 0 (STALL, operator 0)"),
	   "a job that hangs: '%s'", v3npu_error());
	j.size = 0;
	emit_copy(&j, j.in->va, j.out->va, 8);
	ret = run(&j);
	ok(!ret, "the context's next job runs: '%s'", ret ? v3npu_error() : "");
	job_free(&j);
}

static void test_buffers(void)
{
	struct v3npu_buffer *a, *b, *c;
	uint64_t va;
	int fd;

	device->ops->buffer_new(device, 5000, false, &a);
	device->ops->buffer_new(device, 1, false, &b);
	va = a->va;
	ok(a->size == 8192 && b->va >= a->va + a->size, "buffers are whole pages in a row");
	device->ops->buffer_free(device, a);
	device->ops->buffer_new(device, 8192, false, &a);
	ok(a->va == va, "addresses are used again");
	ok(device->ops->buffer_new(device, SIZE_MAX / 2, false, &c) == -ENOMEM, "too large: '%s'",
	   v3npu_error());

	fd = memfd_create("input", 0);
	if (ftruncate(fd, 100))
		ok(false, "memfd");
	ok(device->ops->buffer_import(device, fd, 101, true, &c) == -EINVAL,
	   "an import too small: '%s'", v3npu_error());
	ok(!device->ops->buffer_import(device, fd, 100, true, &c) && !c->map, "an import");
	device->ops->buffer_free(device, c);
	close(fd);
	ok(device->ops->buffer_import(device, -1, 100, true, &c) == -EBADF, "no file: '%s'",
	   v3npu_error());
	device->ops->buffer_free(device, a);
	device->ops->buffer_free(device, b);
}

/* What the driver gets to have a buffer on huge pages to its end */
static void test_large_buffers(void)
{
	const size_t large = V3NPU_LARGE_PAGE_SIZE;
	struct v3npu_buffer *a, *b;

	device->ops->buffer_new(device, large + large / 2 + 1, false, &a);
	device->ops->buffer_new(device, large + large / 2, false, &b);
	ok(a->size == 2 * large && b->size == large + large / 2,
	   "a rest of more than half a large page is made whole");
	device->ops->buffer_free(device, a);
	device->ops->buffer_free(device, b);
	ok(device->ops->buffer_new(device, SIZE_MAX, false, &a) < 0, "too large: '%s'",
	   v3npu_error());
}

static void *many(void *arg)
{
	intptr_t id = (intptr_t)arg, failures = 0;
	struct job j;
	int i;

	for (i = 0; i < 100; i++) {
		job_new(&j, id % 4);
		memset(j.in->map, id, 4096);
		emit_copy(&j, j.in->va, j.out->va, 4096);
		failures += run(&j) || memcmp(j.in->map, j.out->map, 4096);
		job_free(&j);
	}
	return (void *)failures;
}

static void test_threads(void)
{
	pthread_t threads[8];
	intptr_t failures = 0, i;
	void *ret;

	for (i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, many, (void *)i);
	for (i = 0; i < 8; i++) {
		pthread_join(threads[i], &ret);
		failures += (intptr_t)ret;
	}
	ok(!failures, "8 threads with 100 contexts each: %ld jobs failed", (long)failures);
}

static void test_spec(void)
{
	static const char *const wrong[] = {
		"sim:macs", "sim:macs=", "sim:macs=x", "sim:macs=1", "sim:speed=9",
		"sim:sram=5000M", "sim:threads=-1",
	};
	struct v3npu_device_info info = { .struct_size = sizeof(info) };
	struct v3npu_device *d;
	size_t i;
	int ret;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ret = v3npu_device_open(wrong[i], &d);
		ok(ret == -EINVAL && !d, "%s: '%s'", wrong[i], v3npu_error());
	}
	ret = v3npu_device_open("sim:macs=512,sram=384K,dram-mbps=3750,clock-mhz=500", &d);
	if (!ok(!ret, "properties are taken"))
		return;
	v3npu_device_get_info(d, &info);
	ok(info.macs == 512 && info.sram_size == 384 << 10 && info.dram_mbps == 3750 &&
	   info.clock_mhz == 500, "and reported");
	v3npu_device_close(d);
}

int main(int argc, char **argv)
{
	const char *spec = argc > 1 ? argv[1] : "sim";

	if (!ok(!v3npu_device_open(spec, &device), "%s opens", spec))
		return done();
	test_run();
	test_fault("reading where nothing is", NOWHERE, false);
	test_fault("writing where nothing is", NOWHERE, true);
	test_fault("writing a buffer that is read only", 0, true);
	test_refusals();
	test_wait();
	test_fence();
	test_cancel();
	test_order();
	test_priority();
	test_threads();
	if (!strcmp(spec, "sim")) {
		test_buffers();
		test_spec();
	} else {
		test_timeout();
		test_large_buffers();
	}
	v3npu_device_close(device);
	return done();
}
