// SPDX-License-Identifier: MIT
/* Buffers that are listed without implicit fences: nobody waits by them, but they stay mapped. */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include <xf86drm.h>

#include "dmabuf.h"
#include "kselftest_harness.h"
#include "npu.h"

#define PAGE	4096ul

FIXTURE(implicit)
{
	int fd;
	struct dmabuf buf;	/* vgem's */
	struct npu_bo bo;	/* the same for the NPU */
	struct npu_bo cmds;
	struct drm_v3npu_bo_ref refs[2];
	struct drm_v3npu_sync out;
	struct drm_v3npu_submit args;	/* stalls, then copies a byte of the shared buffer */
};

FIXTURE_SETUP(implicit)
{
	self->fd = npu_open();
	self->buf = dmabuf_vgem(PAGE);
	self->bo = dmabuf_import(self->fd, self->buf.fd);
	self->cmds = npu_bo_create(self->fd, PAGE, 0);
	self->refs[0].handle = self->cmds.handle;
	self->refs[1].handle = self->bo.handle;
	self->refs[1].flags = DRM_V3NPU_BO_REF_NO_IMPLICIT_SYNC;
	self->out.handle = npu_syncobj(self->fd);
	self->args = (struct drm_v3npu_submit){
		.ctx = npu_ctx_create(self->fd),
		.cmds = self->cmds.va,
		.bos = (uintptr_t)self->refs,
		.bo_count = 2,
		.out_syncs = (uintptr_t)&self->out,
		.out_sync_count = 1,
	};
	self->args.cmds_size = npu_cmd_stall(self->cmds.map, 1, 1000000);
	self->args.cmds_size += npu_cmd_copy(self->cmds.map + self->args.cmds_size, 2,
					     self->bo.va, self->bo.va + 1, 1);
	self->buf.map[0] = 42;
}

FIXTURE_TEARDOWN(implicit)
{
	dmabuf_close(&self->buf);
	close(self->fd);
}

static int submit(int fd, struct drm_v3npu_submit args)
{
	return npu_ioctl(fd, DRM_IOCTL_V3NPU_SUBMIT, &args);
}

/* Whether nobody has to wait to read or to write. */
static bool is_idle(int dma_buf)
{
	struct pollfd pollfd = { .fd = dma_buf, .events = POLLIN | POLLOUT };

	/* Both, when there is no fence of either kind. */
	return poll(&pollfd, 1, 0) == 1 && (pollfd.revents & POLLIN) && (pollfd.revents & POLLOUT);
}

TEST_F(implicit, job_does_not_wait_for_others)
{
	int fence = dmabuf_vgem_begin(&self->buf, true);

	ASSERT_GE(fence, 0);
	ASSERT_EQ(submit(self->fd, self->args), 0);
	EXPECT_EQ(npu_wait(self->fd, self->out.handle, 8), 0);
	EXPECT_EQ(self->buf.map[1], 42);
	/* Unlike one that is listed as usual. */
	self->refs[1].flags = 0;
	ASSERT_EQ(submit(self->fd, self->args), 0);
	usleep(500000);
	EXPECT_EQ(npu_wait(self->fd, self->out.handle, 0), -ETIMEDOUT);
	dmabuf_vgem_end(&self->buf, fence);
	EXPECT_EQ(npu_wait(self->fd, self->out.handle, 20), 0);
}

TEST_F(implicit, others_do_not_wait_for_the_job)
{
	struct drm_v3npu_bo_wait wait = { .handle = self->bo.handle };
	int fence;

	ASSERT_EQ(submit(self->fd, self->args), 0);
	EXPECT_TRUE(is_idle(self->buf.fd));
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_WAIT, &wait), 0);
	/* vgem refuses where it would have to wait. */
	fence = dmabuf_vgem_begin(&self->buf, true);
	EXPECT_GE(fence, 0);
	EXPECT_EQ(npu_wait(self->fd, self->out.handle, 0), -ETIMEDOUT);
	if (fence >= 0)
		dmabuf_vgem_end(&self->buf, fence);
	EXPECT_EQ(npu_wait(self->fd, self->out.handle, 20), 0);

	self->refs[1].flags = DRM_V3NPU_BO_REF_WRITE;
	ASSERT_EQ(submit(self->fd, self->args), 0);
	EXPECT_FALSE(is_idle(self->buf.fd));
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_WAIT, &wait), -EBUSY);
	EXPECT_EQ(npu_wait(self->fd, self->out.handle, 20), 0);
}

/* Listed both ways it is as if it were listed the usual one. */
TEST_F(implicit, listed_with_and_without)
{
	struct drm_v3npu_bo_wait wait = { .handle = self->bo.handle };
	struct drm_v3npu_bo_ref refs[] = { self->refs[1], { .handle = self->bo.handle },
					   self->refs[1] };

	self->args.bos = (uintptr_t)refs;
	self->args.bo_count = 3;
	ASSERT_EQ(submit(self->fd, self->args), 0);
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_WAIT, &wait), -EBUSY);
	EXPECT_EQ(npu_wait(self->fd, self->out.handle, 20), 0);
}

TEST_F(implicit, buffer_stays_mapped)
{
	ASSERT_EQ(submit(self->fd, self->args), 0);
	ASSERT_EQ(drmCloseBufferHandle(self->fd, self->bo.handle), 0);
	ASSERT_EQ(drmCloseBufferHandle(self->fd, self->cmds.handle), 0);
	EXPECT_EQ(npu_wait(self->fd, self->out.handle, 20), 0);
	EXPECT_EQ(self->buf.map[1], 42);
}

/* Two contexts share a buffer by a syncobj alone. */
TEST_F(implicit, syncobjs_order_jobs)
{
	struct drm_v3npu_submit second = self->args;
	struct npu_bo cmds = npu_bo_create(self->fd, PAGE, 0);
	struct drm_v3npu_bo_ref refs[2] = { { .handle = cmds.handle }, self->refs[1] };
	struct drm_v3npu_sync out = { .handle = npu_syncobj(self->fd) };

	second.ctx = npu_ctx_create(self->fd);
	second.cmds = cmds.va;
	second.cmds_size = npu_cmd_copy(cmds.map, 3, self->bo.va + 1, self->bo.va + 2, 1);
	second.bos = (uintptr_t)refs;
	second.in_syncs = (uintptr_t)&self->out;
	second.in_sync_count = 1;
	second.out_syncs = (uintptr_t)&out;
	ASSERT_EQ(submit(self->fd, self->args), 0);
	ASSERT_EQ(submit(self->fd, second), 0);
	EXPECT_EQ(npu_wait(self->fd, out.handle, 20), 0);
	EXPECT_EQ(self->buf.map[2], 42);
}

TEST_F(implicit, not_together_with_write)
{
	self->refs[1].flags |= DRM_V3NPU_BO_REF_WRITE;
	EXPECT_EQ(submit(self->fd, self->args), -EINVAL);
}

TEST_HARNESS_MAIN
