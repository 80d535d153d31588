// SPDX-License-Identifier: MIT
/* JOB_QUERY: each job's own end, and which of them a context remembers. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <xf86drm.h>

#include "kselftest_harness.h"
#include "npu.h"

#define PAGE		4096ul
#define CMD_SPACE	128
#define NOWHERE		0x3000000000ull

FIXTURE(status)
{
	int fd;
	uint32_t ctx;
	uint32_t records;
	struct npu_bo cmds;	/* CMD_SPACE for each job's stream */
	struct drm_v3npu_job jobs[4];	/* of nothing yet */
	struct drm_v3npu_sync out;	/* of the last one submitted */
};

FIXTURE_SETUP(status)
{
	self->fd = npu_open();
	self->ctx = npu_ctx_create(self->fd);
	self->records = npu_dev_info(self->fd).job_records;
	self->cmds = npu_bo_create(self->fd, PAGE, 0);
	self->out.handle = npu_syncobj(self->fd);
	for (unsigned int i = 0; i < 4; i++) {
		self->jobs[i].cmds = self->cmds.va + i * CMD_SPACE;
		self->jobs[i].cmds_size = npu_cmd_nop(self->cmds.map + i * CMD_SPACE, i);
	}
}

FIXTURE_TEARDOWN(status)
{
	close(self->fd);
}

/* Submit the first @count of @jobs, the last of which signals @out. Return: 0, or -errno. */
static int submit(int fd, uint32_t ctx, struct drm_v3npu_job *jobs, uint32_t count,
		  const struct drm_v3npu_sync *out)
{
	struct drm_v3npu_submit args = { .ctx = ctx, .jobs = (uintptr_t)jobs, .job_count = count };

	jobs[count - 1].out_syncs = (uintptr_t)out;
	jobs[count - 1].out_sync_count = 1;
	return npu_ioctl(fd, DRM_IOCTL_V3NPU_SUBMIT, &args);
}

static int query(int fd, uint32_t ctx, uint64_t number, struct drm_v3npu_job_query *args)
{
	memset(args, 0xa5, sizeof(*args));
	args->ctx = ctx;
	args->number = number;
	return npu_ioctl(fd, DRM_IOCTL_V3NPU_JOB_QUERY, args);
}

/* A job's state, or -errno; all else is 0 as it is to be. */
static int state(int fd, uint32_t ctx, uint64_t number)
{
	struct drm_v3npu_job_query args, zero;
	int ret = query(fd, ctx, number, &args);

	zero = (struct drm_v3npu_job_query){ .ctx = ctx, .number = number, .state = args.state };
	if (!ret && args.state != DRM_V3NPU_JOB_FAILED && memcmp(&args, &zero, sizeof(args)))
		return -EPROTO;
	return ret ? ret : (int)args.state;
}

TEST_F(status, pending_then_done)
{
	self->jobs[0].cmds_size = npu_cmd_stall(self->cmds.map, 0, 1000000);
	ASSERT_EQ(submit(self->fd, self->ctx, self->jobs, 2, &self->out), 0);
	EXPECT_EQ(state(self->fd, self->ctx, 1), DRM_V3NPU_JOB_PENDING);
	EXPECT_EQ(state(self->fd, self->ctx, 2), DRM_V3NPU_JOB_PENDING);
	ASSERT_EQ(npu_wait(self->fd, self->out.handle, 20), 0);
	EXPECT_EQ(state(self->fd, self->ctx, 1), DRM_V3NPU_JOB_DONE);
	EXPECT_EQ(state(self->fd, self->ctx, 2), DRM_V3NPU_JOB_DONE);
}

TEST_F(status, jobs_that_never_were)
{
	EXPECT_EQ(state(self->fd, self->ctx, 0), -ENOENT);
	EXPECT_EQ(state(self->fd, self->ctx, 1), -ENOENT);
	EXPECT_EQ(state(self->fd, self->ctx, self->records), -ENOENT);
	ASSERT_EQ(submit(self->fd, self->ctx, self->jobs, 1, &self->out), 0);
	ASSERT_EQ(npu_wait(self->fd, self->out.handle, 20), 0);
	EXPECT_EQ(state(self->fd, self->ctx, 1), DRM_V3NPU_JOB_DONE);
	EXPECT_EQ(state(self->fd, self->ctx, 0), -ENOENT);
	EXPECT_EQ(state(self->fd, self->ctx, 2), -ENOENT);
	EXPECT_EQ(state(self->fd, self->ctx, 1ull << 32 | 1), -ENOENT);
	EXPECT_EQ(state(self->fd, self->ctx, ~0ull), -ENOENT);
}

TEST_F(status, contexts_of_others)
{
	struct drm_v3npu_ctx_destroy destroy = {};
	int other = npu_open();

	/* So that the number does not exist in both. */
	npu_ctx_create(self->fd);
	destroy.id = npu_ctx_create(self->fd);
	ASSERT_EQ(submit(self->fd, destroy.id, self->jobs, 1, &self->out), 0);
	ASSERT_EQ(npu_wait(self->fd, self->out.handle, 20), 0);
	EXPECT_EQ(state(self->fd, destroy.id, 1), DRM_V3NPU_JOB_DONE);
	EXPECT_EQ(state(other, destroy.id, 1), -ENOENT);
	EXPECT_EQ(state(self->fd, 0, 1), -ENOENT);
	EXPECT_EQ(state(self->fd, ~0u, 1), -ENOENT);
	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_CTX_DESTROY, &destroy), 0);
	EXPECT_EQ(state(self->fd, destroy.id, 1), -ENOENT);
	close(other);
}

/* CTX_QUERY has but the last one's fault. */
TEST_F(status, two_failures_in_flight)
{
	struct v3npu_cmd_hdr unknown = { .opcode = 999, .size = sizeof(unknown), .tag = 33 };
	struct drm_v3npu_job_query first, second;
	uint8_t *at = self->cmds.map;

	self->jobs[1].cmds_size = npu_cmd_nop(at + CMD_SPACE, 1);
	self->jobs[1].cmds_size += npu_cmd_copy(at + CMD_SPACE + 8, 77, self->cmds.va, NOWHERE, 1);
	memcpy(at + 2 * CMD_SPACE, &unknown, sizeof(unknown));
	ASSERT_EQ(submit(self->fd, self->ctx, self->jobs, 4, &self->out), 0);
	ASSERT_EQ(npu_wait(self->fd, self->out.handle, 20), 0);

	EXPECT_EQ(state(self->fd, self->ctx, 1), DRM_V3NPU_JOB_DONE);
	EXPECT_EQ(state(self->fd, self->ctx, 4), DRM_V3NPU_JOB_DONE);
	ASSERT_EQ(query(self->fd, self->ctx, 2, &first), 0);
	EXPECT_EQ(first.state, DRM_V3NPU_JOB_FAILED);
	EXPECT_EQ(first.error, -EFAULT);
	EXPECT_EQ(first.fault, DRM_V3NPU_FAULT_MMU);
	EXPECT_EQ(first.fault_va, NOWHERE);
	EXPECT_EQ(first.fault_cmd_index, 1);
	EXPECT_EQ(first.fault_cmd_opcode, V3NPU_OP_COPY);
	EXPECT_EQ(first.fault_cmd_tag, 77);
	ASSERT_EQ(query(self->fd, self->ctx, 3, &second), 0);
	EXPECT_EQ(second.state, DRM_V3NPU_JOB_FAILED);
	EXPECT_EQ(second.error, -EINVAL);
	EXPECT_EQ(second.fault, DRM_V3NPU_FAULT_CMD);
	EXPECT_EQ(second.fault_va, 0);
	EXPECT_EQ(second.fault_cmd_index, 0);
	EXPECT_EQ(second.fault_cmd_tag, 33);
	EXPECT_EQ(second.fault_detail, V3NPU_CMD_EOPCODE);
}

TEST_F(status, old_jobs_are_forgotten)
{
	ASSERT_GE(self->records, npu_dev_info(self->fd).max_submit_jobs);
	self->jobs[0].cmds_size = npu_cmd_copy(self->cmds.map, 5, self->cmds.va, NOWHERE, 1);
	ASSERT_EQ(submit(self->fd, self->ctx, self->jobs, 1, &self->out), 0);
	self->jobs[0] = self->jobs[1];
	/* The failure is the oldest that is known. */
	for (uint32_t i = 1; i < self->records; i++)
		ASSERT_EQ(submit(self->fd, self->ctx, self->jobs, 1, &self->out), 0);
	ASSERT_EQ(npu_wait(self->fd, self->out.handle, 60), 0);
	EXPECT_EQ(state(self->fd, self->ctx, 1), DRM_V3NPU_JOB_FAILED);
	EXPECT_EQ(state(self->fd, self->ctx, 2), DRM_V3NPU_JOB_DONE);

	ASSERT_EQ(submit(self->fd, self->ctx, self->jobs, 1, &self->out), 0);
	ASSERT_EQ(npu_wait(self->fd, self->out.handle, 20), 0);
	EXPECT_EQ(state(self->fd, self->ctx, 1), DRM_V3NPU_JOB_FORGOTTEN);
	EXPECT_EQ(state(self->fd, self->ctx, 2), DRM_V3NPU_JOB_DONE);
	EXPECT_EQ(state(self->fd, self->ctx, self->records + 1), DRM_V3NPU_JOB_DONE);
	EXPECT_EQ(state(self->fd, self->ctx, self->records + 2), -ENOENT);
}

/* A context that is ended still tells how its jobs went, those that never ran too. */
TEST_F(status, jobs_of_a_context_that_is_ended)
{
	struct drm_v3npu_job_query args;
	struct drm_v3npu_job jobs[8];

	ASSERT_EQ(npu_dev_info(self->fd).max_failed_in_row, 3);
	npu_cmd_copy(self->cmds.map, 6, self->cmds.va, NOWHERE, 1);
	for (unsigned int i = 0; i < 8; i++) {
		jobs[i] = self->jobs[0];
		jobs[i].cmds_size = 96;
	}
	ASSERT_EQ(submit(self->fd, self->ctx, jobs, 8, &self->out), 0);
	npu_wait(self->fd, self->out.handle, 20);
	for (unsigned int i = 1; i <= 8; i++) {
		ASSERT_EQ(query(self->fd, self->ctx, i, &args), 0);
		EXPECT_EQ(args.state, DRM_V3NPU_JOB_FAILED);
		if (i <= 3) {
			EXPECT_EQ(args.error, -EFAULT);
			EXPECT_EQ(args.fault, DRM_V3NPU_FAULT_MMU);
		}
	}
	/* The last one was not on the NPU when the third one failed. */
	EXPECT_EQ(args.error, -ECANCELED);
	EXPECT_EQ(args.fault, DRM_V3NPU_FAULT_NONE);
	EXPECT_EQ(args.fault_va, 0);
	EXPECT_EQ(npu_ctx_query(self->fd, self->ctx).state, DRM_V3NPU_CTX_ENDED);
	EXPECT_EQ(submit(self->fd, self->ctx, jobs, 1, &self->out), -ECANCELED);
	EXPECT_EQ(state(self->fd, self->ctx, 9), -ENOENT);
}

TEST_F(status, timeout)
{
	const unsigned int ms = npu_dev_info(self->fd).job_timeout_ms;
	struct drm_v3npu_job_query args;

	self->jobs[0].cmds_size = npu_cmd_stall(self->cmds.map, 8, (ms + 3000) * 1000);
	ASSERT_EQ(submit(self->fd, self->ctx, self->jobs, 2, &self->out), 0);
	ASSERT_EQ(npu_wait(self->fd, self->out.handle, ms / 1000 + 20), 0);
	ASSERT_EQ(query(self->fd, self->ctx, 1, &args), 0);
	EXPECT_EQ(args.state, DRM_V3NPU_JOB_FAILED);
	EXPECT_EQ(args.error, -ETIME);
	EXPECT_EQ(args.fault, DRM_V3NPU_FAULT_TIMEOUT);
	EXPECT_EQ(args.fault_cmd_tag, 8);
	EXPECT_EQ(state(self->fd, self->ctx, 2), DRM_V3NPU_JOB_DONE);
}

TEST_F(status, compat)
{
	struct drm_v3npu_job_query *args = npu_compat_page();

	if (!args)
		SKIP(return, "the kernel has no 32-bit system calls");
	ASSERT_EQ(submit(self->fd, self->ctx, self->jobs, 1, &self->out), 0);
	ASSERT_EQ(npu_wait(self->fd, self->out.handle, 20), 0);
	*args = (struct drm_v3npu_job_query){ .ctx = self->ctx, .number = 1 };
	EXPECT_EQ(npu_compat_ioctl(self->fd, (uint32_t)DRM_IOCTL_V3NPU_JOB_QUERY, args), 0);
	EXPECT_EQ(args->state, DRM_V3NPU_JOB_DONE);
	args->number = 2;
	EXPECT_EQ(npu_compat_ioctl(self->fd, (uint32_t)DRM_IOCTL_V3NPU_JOB_QUERY, args), -ENOENT);
}

TEST_HARNESS_MAIN
