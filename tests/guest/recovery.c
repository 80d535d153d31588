// SPDX-License-Identifier: MIT
/* Hung jobs, killed processes, destroyed contexts, firmware that fails. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xf86drm.h>

#include "kselftest_harness.h"
#include "npu.h"

#define PAGE	4096ul

FIXTURE(recovery)
{
	int fd;
	struct npu_bo cmds;
	struct npu_job job;
	unsigned int timeout_s;
};

FIXTURE_SETUP(recovery)
{
	self->fd = npu_open();
	self->cmds = npu_bo_create(self->fd, PAGE, 0);
	self->job = (struct npu_job){
		.ctx = npu_ctx_create(self->fd),
		.cmds = &self->cmds,
	};
	self->timeout_s = npu_dev_info(self->fd).job_timeout_ms / 1000 + 1;
}

FIXTURE_TEARDOWN(recovery)
{
	close(self->fd);
}

/* Submit a stall that ends before, or long after, the job timeout; its out syncobj. */
static uint32_t stall(int fd, uint32_t ctx, struct npu_bo *cmds, uint32_t tag, unsigned int ms)
{
	struct npu_job job = { .ctx = ctx, .out = npu_syncobj(fd) };

	*cmds = npu_bo_create(fd, PAGE, 0);
	job.cmds = cmds;
	job.cmds_size = npu_cmd_stall(cmds->map, tag, ms * 1000);
	if (npu_submit(fd, &job))
		exit(1);
	return job.out;
}

#define HANG_MS	500000

/* A job that copies a byte from one place to another of its own buffer. */
static struct npu_job copy(int fd, struct npu_bo *cmds, uint8_t value)
{
	*cmds = npu_bo_create(fd, PAGE, 0);
	cmds->map[1024] = value;
	return (struct npu_job){
		.ctx = npu_ctx_create(fd),
		.cmds = cmds,
		.cmds_size = npu_cmd_copy(cmds->map, 9, cmds->va + 1024, cmds->va + 2048, 1),
	};
}

TEST_F_TIMEOUT(recovery, hung_job_fails_and_the_next_runs, 120)
{
	struct drm_v3npu_ctx_query query;
	struct npu_bo hung;
	uint32_t out = stall(self->fd, self->job.ctx, &hung, 4711, HANG_MS);

	/* Of the same context: queued behind it. */
	self->job.cmds_size = npu_cmd_nop(self->cmds.map, 1);
	self->job.out = npu_syncobj(self->fd);
	ASSERT_EQ(npu_submit(self->fd, &self->job), 0);

	EXPECT_EQ(npu_wait(self->fd, out, 4 * self->timeout_s + 20), -ETIME);
	EXPECT_EQ(npu_wait(self->fd, self->job.out, 20), 0);
	query = npu_ctx_query(self->fd, self->job.ctx);
	EXPECT_EQ(query.fault, DRM_V3NPU_FAULT_TIMEOUT);
	EXPECT_EQ(query.fault_cmd_opcode, V3NPU_OP_STALL);
	EXPECT_EQ(query.fault_cmd_tag, 4711);
	EXPECT_EQ(query.fault_cmd_index, 0);
	EXPECT_EQ(query.jobs_failed, 1);
	EXPECT_EQ(query.jobs_done, 1);
}

TEST_F_TIMEOUT(recovery, other_files_jobs_survive_a_hang, 120)
{
	int other = npu_open();
	struct npu_bo hung, bytes[4];
	struct npu_job jobs[4];
	uint32_t out = stall(self->fd, self->job.ctx, &hung, 1, HANG_MS);

	/* One is on the NPU behind the hung one, the others are queued. */
	for (int i = 0; i < 4; i++) {
		jobs[i] = copy(other, &bytes[i], (uint8_t)(10 + i));
		jobs[i].out = npu_syncobj(other);
		ASSERT_EQ(npu_submit(other, &jobs[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		EXPECT_EQ(npu_wait(other, jobs[i].out, 4 * self->timeout_s + 20), 0);
		EXPECT_EQ(bytes[i].map[2048], 10 + i);
		EXPECT_EQ(npu_ctx_query(other, jobs[i].ctx).jobs_failed, 0);
	}
	EXPECT_EQ(npu_wait(self->fd, out, 1), -ETIME);
	close(other);
}

TEST_F_TIMEOUT(recovery, hang_behind_a_good_job_blames_the_right_one, 120)
{
	struct npu_bo good, hung;
	uint32_t good_out = stall(self->fd, npu_ctx_create(self->fd), &good, 1,
				  self->timeout_s * 1000 / 4);
	uint32_t hung_out = stall(self->fd, self->job.ctx, &hung, 2, HANG_MS);

	EXPECT_EQ(npu_wait(self->fd, hung_out, 4 * self->timeout_s + 20), -ETIME);
	/* They are of two contexts, so either may have run first. */
	EXPECT_EQ(npu_wait(self->fd, good_out, 20), 0);
}

TEST_F_TIMEOUT(recovery, device_works_after_three_hangs, 240)
{
	struct npu_bo hung, bytes;
	struct npu_job job;

	for (int i = 0; i < 3; i++) {
		uint32_t out = stall(self->fd, self->job.ctx, &hung, 1, HANG_MS);

		ASSERT_EQ(npu_wait(self->fd, out, 4 * self->timeout_s + 20), -ETIME);
		job = copy(self->fd, &bytes, (uint8_t)(i + 1));
		ASSERT_EQ(npu_run(self->fd, job, 20), 0);
		ASSERT_EQ(bytes.map[2048], i + 1);
	}
}

TEST_F_TIMEOUT(recovery, killed_process_leaves_others_alone, 120)
{
	struct npu_bo bytes;
	struct npu_job job;
	int ready[2], status;
	char byte;
	pid_t child;

	ASSERT_EQ(pipe(ready), 0);
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		int fd = npu_open();
		uint32_t ctx = npu_ctx_create(fd);
		struct npu_bo cmds;

		/* One runs, some are on the NPU behind it, more are queued. */
		npu_stall_running(fd, ctx, &cmds, 1, self->timeout_s * 1000 / 4);
		for (int i = 0; i < 5; i++)
			stall(fd, ctx, &cmds, 1, self->timeout_s * 1000 / 4);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	ASSERT_EQ(read(ready[0], &byte, 1), 1);
	ASSERT_EQ(kill(child, SIGKILL), 0);
	ASSERT_EQ(waitpid(child, &status, 0), child);
	job = copy(self->fd, &bytes, 42);
	EXPECT_EQ(npu_run(self->fd, job, 4 * self->timeout_s + 20), 0);
	EXPECT_EQ(bytes.map[2048], 42);
}

TEST_F_TIMEOUT(recovery, killed_process_with_a_hung_job, 120)
{
	struct npu_bo bytes;
	struct npu_job job;
	int ready[2], status;
	char byte;
	pid_t child;

	ASSERT_EQ(pipe(ready), 0);
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		int fd = npu_open();
		struct npu_bo cmds;

		/* Before it runs it would only be cancelled. */
		npu_stall_running(fd, npu_ctx_create(fd), &cmds, 1, HANG_MS);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	ASSERT_EQ(read(ready[0], &byte, 1), 1);
	ASSERT_EQ(kill(child, SIGKILL), 0);
	ASSERT_EQ(waitpid(child, &status, 0), child);
	job = copy(self->fd, &bytes, 43);
	EXPECT_EQ(npu_run(self->fd, job, 4 * self->timeout_s + 20), 0);
	EXPECT_EQ(bytes.map[2048], 43);
}

TEST_F_TIMEOUT(recovery, destroyed_context_cancels_jobs, 120)
{
	struct drm_v3npu_ctx_destroy destroy = { .id = self->job.ctx };
	uint32_t outs[8];
	struct npu_bo cmds;

	outs[0] = npu_stall_running(self->fd, self->job.ctx, &cmds, 1, self->timeout_s * 1000 / 4);
	for (int i = 1; i < 8; i++)
		outs[i] = stall(self->fd, self->job.ctx, &cmds, 1, self->timeout_s * 1000 / 8);
	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_CTX_DESTROY, &destroy), 0);
	/* The NPU has some of them; the one that runs has no command left. */
	for (int i = 1; i < 8; i++)
		EXPECT_EQ(npu_wait(self->fd, outs[i], 4 * self->timeout_s + 20), -ECANCELED);
	EXPECT_EQ(npu_wait(self->fd, outs[0], 4 * self->timeout_s + 20), 0);
}

TEST_F_TIMEOUT(recovery, buffers_are_closed_while_the_npu_is_busy, 120)
{
	struct npu_bo hung, bo;
	uint32_t out = stall(self->fd, self->job.ctx, &hung, 1, self->timeout_s * 1000 / 2);

	/* Their memory waits for the command to end; the calls must not. */
	for (int i = 0; i < 50; i++) {
		bo = npu_bo_create(self->fd, 16 * PAGE, 0);
		npu_bo_destroy(self->fd, &bo);
	}
	EXPECT_EQ(npu_wait(self->fd, out, 0), -ETIMEDOUT);
	EXPECT_EQ(npu_wait(self->fd, out, 4 * self->timeout_s + 20), 0);
}

TEST_F_TIMEOUT(recovery, firmware_crash_in_a_job, 120)
{
	struct npu_bo running, bytes;
	struct npu_job behind = copy(self->fd, &bytes, 44);
	uint32_t out = npu_stall_running(self->fd, self->job.ctx, &running, 12, self->timeout_s * 1000 / 3);
	int ret;

	behind.out = npu_syncobj(self->fd);
	ASSERT_EQ(npu_submit(self->fd, &behind), 0);
	npu_break_firmware(RV32_ILLEGAL);
	/* It stops, or runs wild on what is left of its data. */
	ret = npu_wait(self->fd, out, 4 * self->timeout_s + 20);
	EXPECT_TRUE(ret == -EIO || ret == -ETIME);
	EXPECT_EQ(npu_wait(self->fd, behind.out, 20), 0);
	EXPECT_EQ(bytes.map[2048], 44);
	EXPECT_EQ(npu_ctx_query(self->fd, self->job.ctx).fault,
		  ret == -EIO ? DRM_V3NPU_FAULT_DEVICE : DRM_V3NPU_FAULT_TIMEOUT);
	EXPECT_EQ(npu_ctx_query(self->fd, self->job.ctx).fault_cmd_tag, 12);
}

TEST_F_TIMEOUT(recovery, firmware_crash_while_idle, 120)
{
	struct npu_bo bytes;

	npu_break_firmware(RV32_ILLEGAL);
	/* Whether it notices before or with this job, nobody is to blame. */
	EXPECT_EQ(npu_run(self->fd, copy(self->fd, &bytes, 45), 4 * self->timeout_s + 20), 0);
	EXPECT_EQ(bytes.map[2048], 45);
}

TEST_F_TIMEOUT(recovery, firmware_hangs, 120)
{
	struct npu_bo bytes;

	npu_break_firmware(RV32_LOOP);
	/* The job timeout may come first, but the firmware has not begun the job. */
	EXPECT_EQ(npu_run(self->fd, copy(self->fd, &bytes, 46), 4 * self->timeout_s + 20), 0);
	EXPECT_EQ(bytes.map[2048], 46);
}

TEST_HARNESS_MAIN
