// SPDX-License-Identifier: MIT
/*
 * Who runs when. Jobs note their turn in a byte or a word of memory that the
 * other client reads with a job of its own, so that what is compared is the
 * order on the NPU, not how soon somebody wakes up.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/sync_file.h>
#include <xf86drm.h>

#include "kselftest_harness.h"
#include "npu.h"

#define PAGE	4096ul

FIXTURE(sched)
{
	int fd;		/* who has much to do */
	int other;	/* who comes later */
	struct npu_bo turn;	/* of @fd: a word */
	uint64_t turn_va;	/* where @other has it */
};

FIXTURE_SETUP(sched)
{
	struct drm_v3npu_bo_info info = {};
	int dma_buf;

	self->fd = npu_open();
	self->other = npu_open();
	self->turn = npu_bo_create(self->fd, PAGE, 0);
	ASSERT_EQ(drmPrimeHandleToFD(self->fd, self->turn.handle, DRM_CLOEXEC, &dma_buf), 0);
	ASSERT_EQ(drmPrimeFDToHandle(self->other, dma_buf, &info.handle), 0);
	ASSERT_EQ(npu_ioctl(self->other, DRM_IOCTL_V3NPU_BO_INFO, &info), 0);
	self->turn_va = info.va;
	close(dma_buf);
}

FIXTURE_TEARDOWN(sched)
{
	close(self->other);
	close(self->fd);
}

static uint32_t create_ctx(int fd, uint32_t priority)
{
	struct drm_v3npu_ctx_create args = { .priority = priority };

	if (npu_ioctl(fd, DRM_IOCTL_V3NPU_CTX_CREATE, &args))
		exit(1);
	return args.id;
}

static void destroy_ctx(int fd, uint32_t id)
{
	struct drm_v3npu_ctx_destroy args = { .id = id };

	if (npu_ioctl(fd, DRM_IOCTL_V3NPU_CTX_DESTROY, &args))
		exit(1);
}

static uint32_t word(const struct npu_bo *bo, size_t offset)
{
	uint32_t value;

	memcpy(&value, bo->map + offset, sizeof(value));
	return value;
}

/* A job of @other that notes whose turn it is; the note is at 2048. */
static struct npu_job note(int fd, uint32_t priority, uint64_t turn_va, struct npu_bo *cmds)
{
	*cmds = npu_bo_create(fd, PAGE, 0);
	memset(cmds->map + 2048, 0xff, sizeof(uint32_t));
	return (struct npu_job){
		.ctx = create_ctx(fd, priority),
		.cmds = cmds,
		.cmds_size = npu_cmd_copy(cmds->map, 0, turn_va, cmds->va + 2048,
					  sizeof(uint32_t)),
		.out = npu_syncobj(fd),
	};
}

/* Submit @count jobs of a stall and a turn each; or one job of as many pairs. */
static void submit_turns(int fd, uint32_t ctx, const struct npu_bo *turn, uint32_t count,
			 uint32_t usec, bool one_job, uint32_t out)
{
	const uint32_t pair = sizeof(struct v3npu_cmd_stall) + sizeof(struct v3npu_cmd_copy);
	uint32_t room = one_job ? count * pair : 256;
	struct npu_bo values = npu_bo_create(fd, count * sizeof(uint32_t), 0);
	struct npu_bo cmds = npu_bo_create(fd, one_job ? room : (uint64_t)count * room, 0);
	struct drm_v3npu_bo_ref ref = { .handle = cmds.handle };
	struct drm_v3npu_sync sync = { .handle = out };
	struct drm_v3npu_submit submit = { .ctx = ctx, .bos = (uintptr_t)&ref, .bo_count = 1 };
	uint32_t size = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t value = i + 1;

		memcpy(values.map + i * sizeof(value), &value, sizeof(value));
		if (!one_job)
			size = i * room;
		submit.cmds = cmds.va + size;
		size += npu_cmd_stall(cmds.map + size, i, usec);
		size += npu_cmd_copy(cmds.map + size, i, values.va + i * sizeof(value), turn->va,
				     sizeof(value));
		submit.cmds_size = pair;
		if (i == count - 1) {
			submit.out_syncs = (uintptr_t)&sync;
			submit.out_sync_count = 1;
		}
		if (one_job && i < count - 1)
			continue;
		if (one_job) {
			submit.cmds = cmds.va;
			submit.cmds_size = size;
		}
		if (npu_ioctl(fd, DRM_IOCTL_V3NPU_SUBMIT, &submit))
			exit(1);
	}
	/* Listed by the jobs; the values only by their address. */
	npu_bo_destroy(fd, &cmds);
}

TEST_F_TIMEOUT(sched, ten_thousand_queued_jobs_delay_nobody, 300)
{
	struct npu_bo cmds;
	struct npu_job job = note(self->other, DRM_V3NPU_PRIORITY_NORMAL, self->turn_va, &cmds);
	uint32_t ctx = npu_ctx_create(self->fd);
	uint32_t before;

	submit_turns(self->fd, ctx, &self->turn, 10000, 2000, false, npu_syncobj(self->fd));
	before = word(&self->turn, 0);
	ASSERT_EQ(npu_submit(self->other, &job), 0);
	EXPECT_EQ(npu_wait(self->other, job.out, 60), 0);
	/* One, if the submission took no time. */
	EXPECT_LT(word(&cmds, 2048) - before, 64);
	/* There was much left to be delayed by. */
	EXPECT_LT(word(&cmds, 2048), 9900);
	destroy_ctx(self->fd, ctx);
}

TEST_F_TIMEOUT(sched, urgent_job_overtakes_a_running_one, 120)
{
	struct npu_bo cmds;
	struct npu_job job = note(self->other, DRM_V3NPU_PRIORITY_HIGH, self->turn_va, &cmds);
	uint32_t ctx = create_ctx(self->fd, DRM_V3NPU_PRIORITY_LOW);
	uint32_t out = npu_syncobj(self->fd);
	uint32_t before;

	submit_turns(self->fd, ctx, &self->turn, 100, 10000, true, out);
	while (!word(&self->turn, 0))
		usleep(1000);
	before = word(&self->turn, 0);
	ASSERT_EQ(npu_submit(self->other, &job), 0);
	EXPECT_EQ(npu_wait(self->other, job.out, 60), 0);
	EXPECT_LT(word(&cmds, 2048) - before, 64);
	/* It goes on where it was: each command ran once, and all did. */
	EXPECT_EQ(npu_wait(self->fd, out, 60), 0);
	EXPECT_EQ(word(&self->turn, 0), 100);
	EXPECT_EQ(npu_ctx_query(self->fd, ctx).commands, 200);
}

TEST_F_TIMEOUT(sched, low_priority_does_not_starve, 120)
{
	struct npu_bo cmds;
	struct npu_job job = note(self->other, DRM_V3NPU_PRIORITY_LOW, self->turn_va, &cmds);
	uint32_t ctx = create_ctx(self->fd, DRM_V3NPU_PRIORITY_REALTIME);
	uint32_t before;

	submit_turns(self->fd, ctx, &self->turn, 400, 10000, false, npu_syncobj(self->fd));
	before = word(&self->turn, 0);
	ASSERT_EQ(npu_submit(self->other, &job), 0);
	EXPECT_EQ(npu_wait(self->other, job.out, 60), 0);
	/* 100 ms are ten of them. */
	EXPECT_LT(word(&cmds, 2048) - before, 64);
	EXPECT_LT(word(&cmds, 2048), 400);
	destroy_ctx(self->fd, ctx);
}

TEST_F_TIMEOUT(sched, jobs_of_all_priorities_complete, 120)
{
	uint32_t outs[12], ctxs[12];

	/* Each is put aside by the next higher ones, several times. */
	for (uint32_t i = 0; i < 12; i++) {
		ctxs[i] = create_ctx(self->fd, i % 4);
		outs[i] = npu_syncobj(self->fd);
		submit_turns(self->fd, ctxs[i], &self->turn, 20, 3000, i % 3 != 0, outs[i]);
	}
	for (int i = 0; i < 12; i++) {
		EXPECT_EQ(npu_wait(self->fd, outs[i], 60), 0);
		EXPECT_EQ(npu_ctx_query(self->fd, ctxs[i]).commands, 40);
	}
}

TEST_F(sched, sync_file_outlives_its_context)
{
	struct npu_bo cmds;
	struct npu_job job = note(self->other, DRM_V3NPU_PRIORITY_NORMAL, self->turn_va, &cmds);
	struct sync_fence_info fence = {};
	struct sync_file_info info = { .num_fences = 1, .sync_fence_info = (uintptr_t)&fence };
	int sync_file, fd;

	ASSERT_EQ(npu_submit(self->other, &job), 0);
	ASSERT_EQ(npu_wait(self->other, job.out, 20), 0);
	ASSERT_EQ(drmSyncobjExportSyncFile(self->other, job.out, &sync_file), 0);
	destroy_ctx(self->other, job.ctx);
	close(self->other);
	self->other = -1;
	/* So that its number is another's, perhaps. */
	fd = npu_open();
	for (int i = 0; i < 300; i++)
		destroy_ctx(fd, npu_ctx_create(fd));
	close(fd);
	ASSERT_EQ(ioctl(sync_file, SYNC_IOC_FILE_INFO, &info), 0);
	EXPECT_EQ(info.status, 1);
	/* Its scheduler's name still, or on newer kernels what any signalled fence says */
	if (strcmp(fence.obj_name, "signaled-timeline"))
		EXPECT_STREQ(fence.obj_name, "v3npu");
	close(sync_file);
}

TEST_HARNESS_MAIN
