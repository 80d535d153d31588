// SPDX-License-Identifier: MIT
/* SUBMIT: every field wrong, syncobjs and timelines, implicit order. */
#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

#include <xf86drm.h>

#include "kselftest_harness.h"
#include "npu.h"
#include "v3npu/ipc.h"
#include "v3npu/regs.h"

#define PAGE	4096ul

FIXTURE(submit)
{
	int fd;
	uint32_t ctx;
	struct npu_bo cmds;
	struct drm_v3npu_bo_ref ref;
	struct drm_v3npu_submit args;
};

/* A submission that is right, for each test to change. */
FIXTURE_SETUP(submit)
{
	self->fd = npu_open();
	self->ctx = npu_ctx_create(self->fd);
	self->cmds = npu_bo_create(self->fd, PAGE, 0);
	self->ref = (struct drm_v3npu_bo_ref){ .handle = self->cmds.handle };
	self->args = (struct drm_v3npu_submit){
		.ctx = self->ctx,
		.cmds = self->cmds.va,
		.cmds_size = npu_cmd_nop(self->cmds.map, 1),
		.bos = (uintptr_t)&self->ref,
		.bo_count = 1,
	};
}

FIXTURE_TEARDOWN(submit)
{
	close(self->fd);
}

static int submit(int fd, struct drm_v3npu_submit args)
{
	return npu_ioctl(fd, DRM_IOCTL_V3NPU_SUBMIT, &args);
}

/* A stall of some seconds, so that what comes after it has to wait. */
static uint32_t start_stall(int fd, uint32_t ctx, struct npu_bo *cmds, unsigned int seconds)
{
	struct npu_job job = { .ctx = ctx, .out = npu_syncobj(fd) };

	*cmds = npu_bo_create(fd, PAGE, 0);
	job.cmds = cmds;
	job.cmds_size = npu_cmd_stall(cmds->map, 1, seconds * 1000000);
	if (npu_submit(fd, &job))
		exit(1);
	return job.out;
}

TEST_F(submit, runs)
{
	struct drm_v3npu_bo_wait wait = {
		.handle = self->cmds.handle,
		.timeout_ns = npu_time(10),
	};

	ASSERT_EQ(submit(self->fd, self->args), 0);
	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_WAIT, &wait), 0);
	EXPECT_EQ(npu_ctx_query(self->fd, self->ctx).jobs_done, 1);
}

TEST_F(submit, needs_no_buffers)
{
	struct drm_v3npu_sync out = { .handle = npu_syncobj(self->fd) };

	self->args.bo_count = 0;
	self->args.bos = 0;
	self->args.out_syncs = (uintptr_t)&out;
	self->args.out_sync_count = 1;
	ASSERT_EQ(submit(self->fd, self->args), 0);
	EXPECT_EQ(npu_wait(self->fd, out.handle, 10), 0);
}

TEST_F(submit, bad_pointer)
{
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_SUBMIT, NULL), -EFAULT);
}

TEST_F(submit, bad_context)
{
	int other = npu_open();

	npu_ctx_create(other);
	self->args.ctx = 0;
	EXPECT_EQ(submit(self->fd, self->args), -ENOENT);
	self->args.ctx = ~0u;
	EXPECT_EQ(submit(self->fd, self->args), -ENOENT);
	self->args.ctx = npu_ctx_create(other);
	EXPECT_EQ(submit(self->fd, self->args), -ENOENT);
	close(other);
}

TEST_F(submit, bad_flags)
{
	for (int bit = 0; bit < 32; bit++) {
		self->args.flags = 1u << bit;
		EXPECT_EQ(submit(self->fd, self->args), -EINVAL);
	}
}

TEST_F(submit, bad_command_addresses)
{
	static const uint64_t bad[] = {
		0, 8, V3NPU_VA_DRAM_END, V3NPU_VA_DRAM_END - 4, V3NPU_VA_SRAM + 64,
		1ull << 63, ~7ull, ~0ull,
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		self->args.cmds = bad[i];
		EXPECT_EQ(submit(self->fd, self->args), -EINVAL);
	}
	for (int i = 1; i < 8; i++) {
		self->args.cmds = self->cmds.va + i;
		EXPECT_EQ(submit(self->fd, self->args), -EINVAL);
	}
}

TEST_F(submit, bad_command_sizes)
{
	static const uint32_t bad[] = { 0, 1, 4, 7, 12, V3NPU_CMDS_MAX + 8, 1u << 31, ~7u, ~0u };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		self->args.cmds_size = bad[i];
		EXPECT_EQ(submit(self->fd, self->args), -EINVAL);
	}
	/* The end overflows the address space, or 64 bits, though the start does not. */
	self->args.cmds_size = 16;
	self->args.cmds = V3NPU_VA_DRAM_END - 8;
	EXPECT_EQ(submit(self->fd, self->args), -EINVAL);
	self->args.cmds = -8ull;
	EXPECT_EQ(submit(self->fd, self->args), -EINVAL);
}

TEST_F(submit, bad_counts)
{
	struct drm_v3npu_submit args;

	args = self->args;
	args.bo_count = DRM_V3NPU_SUBMIT_MAX + 1;
	EXPECT_EQ(submit(self->fd, args), -EINVAL);
	args.bo_count = ~0u;
	EXPECT_EQ(submit(self->fd, args), -EINVAL);
	args = self->args;
	args.in_sync_count = DRM_V3NPU_SUBMIT_MAX + 1;
	EXPECT_EQ(submit(self->fd, args), -EINVAL);
	args = self->args;
	args.out_sync_count = 1u << 31;
	EXPECT_EQ(submit(self->fd, args), -EINVAL);
}

TEST_F(submit, bad_arrays)
{
	struct drm_v3npu_submit args;

	args = self->args;
	args.bos = 8;
	EXPECT_EQ(submit(self->fd, args), -EFAULT);
	args = self->args;
	args.in_sync_count = 1;
	args.in_syncs = ~7ull;
	EXPECT_EQ(submit(self->fd, args), -EFAULT);
	args = self->args;
	args.out_sync_count = 1;
	args.out_syncs = 8;
	EXPECT_EQ(submit(self->fd, args), -EFAULT);
}

TEST_F(submit, bad_buffers)
{
	int other = npu_open();
	struct npu_bo foreign;

	/* So that the number does not exist in both. */
	npu_bo_create(other, PAGE, 0);
	foreign = npu_bo_create(other, PAGE, 0);

	self->ref.handle = 0;
	EXPECT_EQ(submit(self->fd, self->args), -ENOENT);
	self->ref.handle = foreign.handle;
	EXPECT_EQ(submit(self->fd, self->args), -ENOENT);
	self->ref.handle = self->cmds.handle;
	self->ref.flags = 4;
	EXPECT_EQ(submit(self->fd, self->args), -EINVAL);
	self->ref.flags = 1u << 31;
	EXPECT_EQ(submit(self->fd, self->args), -EINVAL);
	close(other);
}

TEST_F(submit, bad_syncs)
{
	struct drm_v3npu_sync sync = { .handle = npu_syncobj(self->fd) };
	struct drm_v3npu_submit in = self->args, out = self->args;
	const uint32_t handle = sync.handle;

	in.in_sync_count = 1;
	in.in_syncs = (uintptr_t)&sync;
	out.out_sync_count = 1;
	out.out_syncs = (uintptr_t)&sync;

	/* Nothing was submitted to signal it. */
	EXPECT_EQ(submit(self->fd, in), -EINVAL);

	sync.handle = 0;
	EXPECT_EQ(submit(self->fd, in), -ENOENT);
	EXPECT_EQ(submit(self->fd, out), -ENOENT);
	sync.handle = handle + 1000;
	EXPECT_EQ(submit(self->fd, in), -ENOENT);
	EXPECT_EQ(submit(self->fd, out), -ENOENT);
	sync.handle = handle;
	sync.flags = 2;
	EXPECT_EQ(submit(self->fd, in), -EINVAL);
	EXPECT_EQ(submit(self->fd, out), -EINVAL);
	sync.flags = 0;
	sync.point = 1;
	EXPECT_EQ(submit(self->fd, in), -EINVAL);
	EXPECT_EQ(submit(self->fd, out), -EINVAL);
	sync.flags = DRM_V3NPU_SYNC_TIMELINE;
	sync.point = 0;
	EXPECT_EQ(submit(self->fd, in), -EINVAL);
	EXPECT_EQ(submit(self->fd, out), -EINVAL);
	/* A point that nobody has submitted. */
	sync.point = 5;
	EXPECT_EQ(submit(self->fd, in), -EINVAL);
}

TEST_F(submit, failed_submission_signals_nothing)
{
	struct drm_v3npu_sync out[2] = { { .handle = npu_syncobj(self->fd) }, { .handle = 0 } };

	self->args.out_syncs = (uintptr_t)out;
	self->args.out_sync_count = 2;
	EXPECT_EQ(submit(self->fd, self->args), -ENOENT);
	EXPECT_EQ(npu_wait(self->fd, out[0].handle, 0), -EINVAL);
	EXPECT_EQ(npu_ctx_query(self->fd, self->ctx).jobs_done, 0);
}

TEST_F(submit, largest_counts)
{
	static struct drm_v3npu_bo_ref refs[DRM_V3NPU_SUBMIT_MAX];
	static struct drm_v3npu_sync syncs[DRM_V3NPU_SUBMIT_MAX];
	uint32_t handle = npu_syncobj(self->fd);

	/* The same ones many times are as good. */
	for (int i = 0; i < DRM_V3NPU_SUBMIT_MAX; i++) {
		refs[i].handle = self->cmds.handle;
		refs[i].flags = i % 2 ? DRM_V3NPU_BO_REF_WRITE : 0;
		syncs[i].handle = handle;
	}
	self->args.bos = (uintptr_t)refs;
	self->args.bo_count = DRM_V3NPU_SUBMIT_MAX;
	self->args.out_syncs = (uintptr_t)syncs;
	self->args.out_sync_count = DRM_V3NPU_SUBMIT_MAX;
	ASSERT_EQ(submit(self->fd, self->args), 0);
	ASSERT_EQ(npu_wait(self->fd, handle, 10), 0);

	self->args.in_syncs = (uintptr_t)syncs;
	self->args.in_sync_count = DRM_V3NPU_SUBMIT_MAX;
	ASSERT_EQ(submit(self->fd, self->args), 0);
	EXPECT_EQ(npu_wait(self->fd, handle, 10), 0);
}

TEST_F(submit, waits_for_a_syncobj)
{
	struct npu_job job = {
		.ctx = npu_ctx_create(self->fd),
		.cmds = &self->cmds,
		.cmds_size = npu_cmd_nop(self->cmds.map, 1),
		.out = npu_syncobj(self->fd),
	};
	struct npu_bo stall;

	/* In another context, so that only the syncobj makes it wait. */
	job.in = start_stall(self->fd, self->ctx, &stall, 1);
	ASSERT_EQ(npu_submit(self->fd, &job), 0);
	EXPECT_EQ(npu_wait(self->fd, job.out, 0), -ETIMEDOUT);
	EXPECT_EQ(npu_wait(self->fd, job.out, 10), 0);
	EXPECT_EQ(npu_wait(self->fd, job.in, 0), 0);
}

TEST_F(submit, waits_though_its_priority_is_higher)
{
	struct drm_v3npu_ctx_create high = { .priority = DRM_V3NPU_PRIORITY_REALTIME };
	struct npu_bo bytes = npu_bo_create(self->fd, PAGE, 0);
	struct npu_bo cmds = npu_bo_create(self->fd, PAGE, 0);
	struct npu_job first = {
		.ctx = self->ctx,
		.cmds = &self->cmds,
		.cmds_size = npu_cmd_copy(self->cmds.map, 1, bytes.va, bytes.va + 1, 1),
		.out = npu_syncobj(self->fd),
	};
	struct npu_job second = {
		.cmds = &cmds,
		.cmds_size = npu_cmd_copy(cmds.map, 2, bytes.va + 1, bytes.va + 2, 1),
		.in = first.out,
		.out = npu_syncobj(self->fd),
	};

	/* If the NPU had both at once, it would run the second one first. */
	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_CTX_CREATE, &high), 0);
	second.ctx = high.id;
	for (int i = 1; i <= 100; i++) {
		bytes.map[0] = (uint8_t)i;
		ASSERT_EQ(npu_submit(self->fd, &first), 0);
		ASSERT_EQ(npu_submit(self->fd, &second), 0);
		ASSERT_EQ(npu_wait(self->fd, second.out, 10), 0);
		ASSERT_EQ(bytes.map[2], i);
	}
}

TEST_F(submit, timeline_points)
{
	uint32_t timeline = npu_syncobj(self->fd);
	uint64_t point = 0;
	struct npu_bo stall = npu_bo_create(self->fd, PAGE, 0);
	struct npu_job first = {
		.ctx = self->ctx,
		.cmds = &stall,
		.cmds_size = npu_cmd_stall(stall.map, 1, 1000000),
		.out = timeline,
		.out_point = 3,
	};
	struct npu_job second = {
		.ctx = npu_ctx_create(self->fd),
		.cmds = &self->cmds,
		.cmds_size = npu_cmd_nop(self->cmds.map, 1),
		.in = timeline,
		.in_point = 3,
		.out = timeline,
		.out_point = 7,
	};

	ASSERT_EQ(npu_submit(self->fd, &first), 0);
	ASSERT_EQ(npu_submit(self->fd, &second), 0);
	EXPECT_EQ(drmSyncobjQuery(self->fd, &timeline, &point, 1), 0);
	EXPECT_EQ(point, 0);
	point = 7;
	EXPECT_EQ(drmSyncobjTimelineWait(self->fd, &timeline, &point, 1, npu_time(10), 0, NULL), 0);
	EXPECT_EQ(drmSyncobjQuery(self->fd, &timeline, &point, 1), 0);
	EXPECT_EQ(point, 7);
}

TEST_F(submit, waits_for_a_signal_from_the_cpu)
{
	uint32_t gate = npu_syncobj(self->fd);
	struct npu_job job = {
		.ctx = self->ctx,
		.cmds = &self->cmds,
		.cmds_size = self->args.cmds_size,
		.in = gate,
		.out = npu_syncobj(self->fd),
	};

	ASSERT_EQ(drmSyncobjSignal(self->fd, &gate, 1), 0);
	ASSERT_EQ(npu_submit(self->fd, &job), 0);
	EXPECT_EQ(npu_wait(self->fd, job.out, 10), 0);
}

TEST_F(submit, buffers_order_jobs_of_two_contexts)
{
	struct drm_v3npu_ctx_create high = { .priority = DRM_V3NPU_PRIORITY_REALTIME };
	struct npu_bo bytes = npu_bo_create(self->fd, PAGE, 0);
	struct npu_bo result = npu_bo_create(self->fd, PAGE, 0);
	struct npu_bo cmds = npu_bo_create(self->fd, PAGE, 0);
	struct npu_job writer = {
		.ctx = self->ctx,
		.cmds = &self->cmds,
		.cmds_size = npu_cmd_copy(self->cmds.map, 1, bytes.va, bytes.va + 1, 1),
		.write = &bytes,
	};
	struct npu_job reader = {
		.cmds = &cmds,
		.cmds_size = npu_cmd_copy(cmds.map, 2, bytes.va + 1, result.va, 1),
		.read = &bytes,
		.write = &result,
	};

	/* As in the test of syncobjs. */
	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_CTX_CREATE, &high), 0);
	reader.ctx = high.id;
	for (int i = 1; i <= 100; i++) {
		bytes.map[0] = (uint8_t)i;
		ASSERT_EQ(npu_submit(self->fd, &writer), 0);
		ASSERT_EQ(npu_run(self->fd, reader, 10), 0);
		ASSERT_EQ(result.map[0], i);
	}
}

/* Each listing as written, then as read, is two fences of a buffer that has others'. */
TEST_F(submit, buffer_listed_as_written_and_as_read)
{
	struct drm_v3npu_bo_ref refs[2] = { { .flags = DRM_V3NPU_BO_REF_WRITE } };
	struct drm_v3npu_bo_wait wait = { .timeout_ns = npu_time(20) };
	struct npu_bo stall;

	start_stall(self->fd, self->ctx, &stall, 1);
	wait.handle = refs[0].handle = refs[1].handle = stall.handle;
	self->args.bos = (uintptr_t)refs;
	self->args.bo_count = 2;
	for (int i = 0; i < 20; i++) {
		/* Odd numbers and even ones */
		self->args.bo_count = i == 10 ? 1 : 2;
		self->args.ctx = npu_ctx_create(self->fd);
		ASSERT_EQ(submit(self->fd, self->args), 0);
	}
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_WAIT, &wait), 0);
	EXPECT_EQ(npu_ctx_query(self->fd, self->args.ctx).jobs_done, 1);
}

TEST_F(submit, bo_wait_times_out_and_then_ends)
{
	struct npu_bo stall;
	struct drm_v3npu_bo_wait wait = {};

	start_stall(self->fd, self->ctx, &stall, 1);
	wait.handle = stall.handle;
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_WAIT, &wait), -EBUSY);
	wait.timeout_ns = npu_time(0) + 100000000;
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_WAIT, &wait), -ETIMEDOUT);
	wait.timeout_ns = 1;
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_WAIT, &wait), -ETIMEDOUT);
	wait.timeout_ns = npu_time(10);
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_WAIT, &wait), 0);
	wait.timeout_ns = 0;
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_WAIT, &wait), 0);
}

static void ignore(int number)
{
	(void)number;
}

TEST_F(submit, bo_wait_is_interrupted_by_a_signal)
{
	struct itimerval soon = { .it_value = { .tv_usec = 200000 } };
	struct sigaction action = { .sa_handler = ignore };
	struct drm_v3npu_bo_wait wait = { .timeout_ns = npu_time(10) };
	struct npu_bo stall;

	/* Without SA_RESTART; drmIoctl() would try again. */
	ASSERT_EQ(sigaction(SIGALRM, &action, NULL), 0);
	start_stall(self->fd, self->ctx, &stall, 2);
	wait.handle = stall.handle;
	ASSERT_EQ(setitimer(ITIMER_REAL, &soon, NULL), 0);
	EXPECT_EQ(ioctl(self->fd, DRM_IOCTL_V3NPU_BO_WAIT, &wait), -1);
	EXPECT_EQ(errno, EINTR);
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_WAIT, &wait), 0);
}

TEST_HARNESS_MAIN
