// SPDX-License-Identifier: MIT
/*
 * Fences that come from others or go to them: those in a shared buffer, which
 * nobody names, and those in sync files and syncobjs.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/dma-buf.h>
#include <linux/sync_file.h>
#include <xf86drm.h>

#include "dmabuf.h"
#include "kselftest_harness.h"
#include "npu.h"

#define PAGE		4096ul
/* For what must not happen, and what must */
#define SHORT_MS	100
#define LONG_MS		20000

FIXTURE(fence)
{
	int fd;
	struct dmabuf gate;	/* vgem's, for submit_gated() */
	struct dmabuf buf;	/* vgem's */
	struct npu_bo bo;	/* the same for the NPU */
	struct npu_bo cmds;
	struct npu_job job;	/* does nothing */
};

FIXTURE_SETUP(fence)
{
	self->fd = npu_open();
	self->gate = dmabuf_vgem(PAGE);
	self->buf = dmabuf_vgem(PAGE);
	self->bo = dmabuf_import(self->fd, self->buf.fd);
	self->cmds = npu_bo_create(self->fd, PAGE, 0);
	self->job = (struct npu_job){
		.ctx = npu_ctx_create(self->fd),
		.cmds = &self->cmds,
		.cmds_size = npu_cmd_nop(self->cmds.map, 1),
		.out = npu_syncobj(self->fd),
	};
}

FIXTURE_TEARDOWN(fence)
{
	dmabuf_close(&self->buf);
	dmabuf_close(&self->gate);
	close(self->fd);
}

/* Whether the fences that @events are about signal within @ms. */
static bool signals(int fd, short events, int ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };

	return poll(&poll_fd, 1, ms) == 1 && poll_fd.revents & events;
}

/* A job's end that comes soon, or not */
static int soon(int fd, uint32_t syncobj)
{
	int64_t end = npu_time(0) + SHORT_MS * 1000000ll;

	return drmSyncobjWait(fd, &syncobj, 1, end, 0, NULL);
}

/* What a sync file says: 0 as long as it waits, 1, or a negative errno. */
static int status(int sync_file)
{
	struct sync_file_info info = {};

	if (ioctl(sync_file, SYNC_IOC_FILE_INFO, &info))
		exit(1);
	return info.status;
}

static int export_sync_file(int dma_buf, uint32_t flags)
{
	struct dma_buf_export_sync_file args = { .flags = flags };

	if (ioctl(dma_buf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &args))
		exit(1);
	return args.fd;
}

static int import_sync_file(int dma_buf, uint32_t flags, int sync_file)
{
	struct dma_buf_import_sync_file args = { .flags = flags, .fd = sync_file };

	return ioctl(dma_buf, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &args) ? -errno : 0;
}

/* A syncobj with a sync file's fence, which is closed. */
static uint32_t syncobj_of(int fd, int sync_file)
{
	uint32_t handle = npu_syncobj(fd);

	if (drmSyncobjImportSyncFile(fd, handle, sync_file))
		exit(1);
	close(sync_file);
	return handle;
}

static int sync_file_of(int fd, uint32_t syncobj)
{
	int sync_file;

	if (drmSyncobjExportSyncFile(fd, syncobj, &sync_file))
		exit(1);
	return sync_file;
}

/* Submit a job that waits for a fence of vgem. Return: that fence. */
static int submit_gated(int fd, const struct dmabuf *gate, struct npu_job job)
{
	int fence = dmabuf_vgem_begin(gate, true);

	job.in = syncobj_of(fd, export_sync_file(gate->fd, DMA_BUF_SYNC_READ));
	if (fence < 0 || npu_submit(fd, &job))
		exit(1);
	return fence;
}

TEST_F(fence, reader_waits_for_another_drivers_write)
{
	int fence = dmabuf_vgem_begin(&self->buf, true);

	ASSERT_GT(fence, 0);
	self->job.cmds_size = npu_cmd_copy(self->cmds.map, 1, self->bo.va, self->cmds.va + 2048, 1);
	self->job.read = &self->bo;
	ASSERT_EQ(npu_submit(self->fd, &self->job), 0);
	EXPECT_EQ(soon(self->fd, self->job.out), -ETIME);
	self->buf.map[0] = 77;
	dmabuf_vgem_end(&self->buf, fence);
	EXPECT_EQ(npu_wait(self->fd, self->job.out, 20), 0);
	EXPECT_EQ(self->cmds.map[2048], 77);
}

TEST_F(fence, only_a_writer_waits_for_another_drivers_read)
{
	struct npu_job reader = self->job, writer = self->job;
	int fence = dmabuf_vgem_begin(&self->buf, false);

	ASSERT_GT(fence, 0);
	reader.read = &self->bo;
	reader.out = npu_syncobj(self->fd);
	reader.ctx = npu_ctx_create(self->fd);
	writer.write = &self->bo;
	ASSERT_EQ(npu_submit(self->fd, &writer), 0);
	EXPECT_EQ(soon(self->fd, writer.out), -ETIME);
	dmabuf_vgem_end(&self->buf, fence);
	EXPECT_EQ(npu_wait(self->fd, writer.out, 20), 0);

	fence = dmabuf_vgem_begin(&self->buf, false);
	ASSERT_GT(fence, 0);
	ASSERT_EQ(npu_submit(self->fd, &reader), 0);
	EXPECT_EQ(npu_wait(self->fd, reader.out, 5), 0);
	dmabuf_vgem_end(&self->buf, fence);
}

TEST_F(fence, job_that_does_not_list_the_buffer_does_not_wait)
{
	int fence = dmabuf_vgem_begin(&self->buf, true);

	ASSERT_GT(fence, 0);
	ASSERT_EQ(npu_submit(self->fd, &self->job), 0);
	EXPECT_EQ(npu_wait(self->fd, self->job.out, 5), 0);
	dmabuf_vgem_end(&self->buf, fence);
}

TEST_F(fence, another_driver_waits_for_the_npu)
{
	int fence;

	/* vgem does not wait, but says that it would have to. */
	self->job.write = &self->bo;
	fence = submit_gated(self->fd, &self->gate, self->job);
	EXPECT_EQ(dmabuf_vgem_begin(&self->buf, false), -EBUSY);
	dmabuf_vgem_end(&self->gate, fence);
	EXPECT_EQ(npu_wait(self->fd, self->job.out, 20), 0);

	self->job.write = NULL;
	self->job.read = &self->bo;
	fence = submit_gated(self->fd, &self->gate, self->job);
	EXPECT_EQ(dmabuf_vgem_begin(&self->buf, true), -EBUSY);
	EXPECT_GT(dmabuf_vgem_begin(&self->buf, false), 0);
	dmabuf_vgem_end(&self->gate, fence);
	EXPECT_EQ(npu_wait(self->fd, self->job.out, 20), 0);
}

TEST_F(fence, poll_on_a_dma_buf)
{
	int fence;

	EXPECT_TRUE(signals(self->buf.fd, POLLIN, 0));
	EXPECT_TRUE(signals(self->buf.fd, POLLOUT, 0));
	self->job.write = &self->bo;
	fence = submit_gated(self->fd, &self->gate, self->job);
	EXPECT_FALSE(signals(self->buf.fd, POLLIN, 0));
	EXPECT_FALSE(signals(self->buf.fd, POLLOUT, 0));
	dmabuf_vgem_end(&self->gate, fence);
	EXPECT_TRUE(signals(self->buf.fd, POLLIN, LONG_MS));
	EXPECT_EQ(npu_wait(self->fd, self->job.out, 0), 0);

	self->job.write = NULL;
	self->job.read = &self->bo;
	fence = submit_gated(self->fd, &self->gate, self->job);
	EXPECT_TRUE(signals(self->buf.fd, POLLIN, 0));
	EXPECT_FALSE(signals(self->buf.fd, POLLOUT, 0));
	dmabuf_vgem_end(&self->gate, fence);
	EXPECT_TRUE(signals(self->buf.fd, POLLOUT, LONG_MS));
	EXPECT_EQ(npu_wait(self->fd, self->job.out, 0), 0);
}

TEST_F(fence, exported_from_a_dma_buf)
{
	struct npu_bo own = npu_bo_create(self->fd, PAGE, 0);
	int dma_buf = dmabuf_export(self->fd, &own), reads, writes, fence;

	/* Nothing to wait for */
	reads = export_sync_file(dma_buf, DMA_BUF_SYNC_WRITE);
	EXPECT_EQ(status(reads), 1);
	close(reads);

	self->job.read = &own;
	fence = submit_gated(self->fd, &self->gate, self->job);
	reads = export_sync_file(dma_buf, DMA_BUF_SYNC_WRITE);
	writes = export_sync_file(dma_buf, DMA_BUF_SYNC_READ);
	EXPECT_EQ(status(reads), 0);
	EXPECT_EQ(status(writes), 1);
	dmabuf_vgem_end(&self->gate, fence);
	EXPECT_TRUE(signals(reads, POLLIN, LONG_MS));

	/* It was taken before this one, and knows nothing of it. */
	fence = submit_gated(self->fd, &self->gate, self->job);
	EXPECT_EQ(status(reads), 1);
	dmabuf_vgem_end(&self->gate, fence);
	EXPECT_EQ(npu_wait(self->fd, self->job.out, 20), 0);
	close(reads);
	close(writes);
	close(dma_buf);
}

TEST_F(fence, imported_to_a_dma_buf)
{
	struct npu_bo own = npu_bo_create(self->fd, PAGE, 0);
	int dma_buf = dmabuf_export(self->fd, &own);
	struct drm_v3npu_bo_wait wait = { .handle = own.handle };
	int fence = dmabuf_vgem_begin(&self->buf, true), sync_file;

	ASSERT_GT(fence, 0);
	sync_file = export_sync_file(self->buf.fd, DMA_BUF_SYNC_READ);
	ASSERT_EQ(import_sync_file(dma_buf, DMA_BUF_SYNC_WRITE, sync_file), 0);
	EXPECT_EQ(import_sync_file(dma_buf, DMA_BUF_SYNC_WRITE, self->fd), -EINVAL);
	close(sync_file);
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_WAIT, &wait), -EBUSY);
	self->job.read = &own;
	ASSERT_EQ(npu_submit(self->fd, &self->job), 0);
	EXPECT_EQ(soon(self->fd, self->job.out), -ETIME);
	dmabuf_vgem_end(&self->buf, fence);
	EXPECT_EQ(npu_wait(self->fd, self->job.out, 20), 0);
	close(dma_buf);
}

TEST_F(fence, sync_file_of_a_job)
{
	int fence = submit_gated(self->fd, &self->gate, self->job);
	int sync_file = sync_file_of(self->fd, self->job.out);

	EXPECT_EQ(status(sync_file), 0);
	EXPECT_FALSE(signals(sync_file, POLLIN, 0));
	dmabuf_vgem_end(&self->gate, fence);
	EXPECT_TRUE(signals(sync_file, POLLIN, LONG_MS));
	EXPECT_EQ(status(sync_file), 1);
	close(sync_file);
}

TEST_F(fence, job_waits_for_a_sync_file)
{
	int fence = dmabuf_vgem_begin(&self->buf, true);

	ASSERT_GT(fence, 0);
	self->job.in = syncobj_of(self->fd, export_sync_file(self->buf.fd, DMA_BUF_SYNC_READ));
	ASSERT_EQ(npu_submit(self->fd, &self->job), 0);
	EXPECT_EQ(soon(self->fd, self->job.out), -ETIME);
	dmabuf_vgem_end(&self->buf, fence);
	EXPECT_EQ(npu_wait(self->fd, self->job.out, 20), 0);
}

/* vgem's fence and two jobs on one timeline, of which a job waits for the last point. */
TEST_F(fence, points_of_a_timeline)
{
	uint32_t timeline = npu_syncobj(self->fd), binary;
	struct npu_job first = self->job, second = self->job;
	int fence = dmabuf_vgem_begin(&self->buf, true), sync_file;
	uint64_t point = 0;

	ASSERT_GT(fence, 0);
	binary = syncobj_of(self->fd, export_sync_file(self->buf.fd, DMA_BUF_SYNC_READ));
	ASSERT_EQ(drmSyncobjTransfer(self->fd, timeline, 10, binary, 0, 0), 0);
	first.in = first.out = timeline;
	first.in_point = 10;
	first.out_point = 20;
	ASSERT_EQ(npu_submit(self->fd, &first), 0);
	second.ctx = npu_ctx_create(self->fd);
	second.in = timeline;
	second.in_point = 20;
	ASSERT_EQ(npu_submit(self->fd, &second), 0);
	EXPECT_EQ(soon(self->fd, second.out), -ETIME);
	EXPECT_EQ(drmSyncobjQuery(self->fd, &timeline, &point, 1), 0);
	EXPECT_EQ(point, 0);
	dmabuf_vgem_end(&self->buf, fence);
	EXPECT_EQ(npu_wait(self->fd, second.out, 20), 0);
	EXPECT_EQ(drmSyncobjQuery(self->fd, &timeline, &point, 1), 0);
	EXPECT_EQ(point, 20);

	/* A point becomes a sync file by way of a binary syncobj. */
	ASSERT_EQ(drmSyncobjTransfer(self->fd, binary, 0, timeline, 20, 0), 0);
	sync_file = sync_file_of(self->fd, binary);
	EXPECT_EQ(status(sync_file), 1);
	close(sync_file);
	/* Nobody has submitted a later one. */
	second.in_point = 21;
	EXPECT_EQ(npu_submit(self->fd, &second), -EINVAL);
}

TEST_F(fence, syncobj_of_another_file)
{
	int other = npu_open(), fd, fence;
	struct npu_bo cmds = npu_bo_create(other, PAGE, 0);
	struct npu_job job = {
		.ctx = npu_ctx_create(other),
		.cmds = &cmds,
		.cmds_size = npu_cmd_nop(cmds.map, 1),
		.out = npu_syncobj(other),
	};

	fence = submit_gated(self->fd, &self->gate, self->job);
	ASSERT_EQ(drmSyncobjHandleToFD(self->fd, self->job.out, &fd), 0);
	ASSERT_EQ(drmSyncobjFDToHandle(other, fd, &job.in), 0);
	close(fd);
	ASSERT_EQ(npu_submit(other, &job), 0);
	EXPECT_EQ(soon(other, job.out), -ETIME);
	dmabuf_vgem_end(&self->gate, fence);
	EXPECT_EQ(npu_wait(other, job.out, 20), 0);
	EXPECT_EQ(npu_wait(self->fd, self->job.out, 0), 0);
	close(other);
}

/* A job that fails writes nothing more, but who waits for it goes on; only its fence tells. */
TEST_F(fence, error_of_a_job_stays_with_its_fence)
{
	struct npu_bo own = npu_bo_create(self->fd, PAGE, 0);
	struct npu_bo cmds = npu_bo_create(self->fd, PAGE, 0);
	int dma_buf = dmabuf_export(self->fd, &own), sync_file, again, fence;
	struct npu_job bad = self->job, next = self->job, last = self->job;

	bad.cmds = &cmds;
	bad.cmds_size = npu_cmd_copy(cmds.map, 1, cmds.va, 0x3000000000, 16);
	bad.out = npu_syncobj(self->fd);
	bad.write = &own;
	fence = submit_gated(self->fd, &self->gate, bad);
	sync_file = export_sync_file(dma_buf, DMA_BUF_SYNC_READ);
	/* One waits for the buffer, one for the syncobj. */
	next.ctx = npu_ctx_create(self->fd);
	next.read = &own;
	next.out = npu_syncobj(self->fd);
	ASSERT_EQ(npu_submit(self->fd, &next), 0);
	last.ctx = npu_ctx_create(self->fd);
	last.in = bad.out;
	last.out = npu_syncobj(self->fd);
	ASSERT_EQ(npu_submit(self->fd, &last), 0);
	dmabuf_vgem_end(&self->gate, fence);

	EXPECT_EQ(npu_wait(self->fd, bad.out, 20), -EFAULT);
	EXPECT_TRUE(signals(sync_file, POLLIN, 0));
	EXPECT_EQ(status(sync_file), -EFAULT);
	EXPECT_EQ(npu_wait(self->fd, next.out, 20), 0);
	EXPECT_EQ(npu_wait(self->fd, last.out, 20), 0);

	/* So does a fence that had failed before anybody waited for it. */
	last.in = syncobj_of(self->fd, sync_file);
	EXPECT_EQ(npu_run(self->fd, last, 20), 0);
	again = sync_file_of(self->fd, last.in);
	EXPECT_EQ(status(again), -EFAULT);
	close(again);
	close(dma_buf);
}

TEST_F(fence, waiting_job_of_a_destroyed_context)
{
	struct drm_v3npu_ctx_destroy destroy = { .id = self->job.ctx };
	int fence = dmabuf_vgem_begin(&self->buf, true);

	ASSERT_GT(fence, 0);
	self->job.read = &self->bo;
	ASSERT_EQ(npu_submit(self->fd, &self->job), 0);
	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_CTX_DESTROY, &destroy), 0);
	EXPECT_EQ(soon(self->fd, self->job.out), -ETIME);
	dmabuf_vgem_end(&self->buf, fence);
	EXPECT_EQ(npu_wait(self->fd, self->job.out, 20), -ECANCELED);
}

TEST_F(fence, waiting_job_of_a_closed_file)
{
	int other = npu_open();
	struct npu_bo bo = dmabuf_import(other, self->buf.fd);
	struct npu_bo cmds = npu_bo_create(other, PAGE, 0);
	struct npu_job job = {
		.ctx = npu_ctx_create(other),
		.cmds = &cmds,
		.cmds_size = npu_cmd_copy(cmds.map, 1, bo.va, bo.va + 1, 1),
		.write = &bo,
	};
	int fence = dmabuf_vgem_begin(&self->buf, true);

	ASSERT_GT(fence, 0);
	self->buf.map[0] = 33;
	ASSERT_EQ(npu_submit(other, &job), 0);
	/* A mapping holds its file. */
	munmap(cmds.map, cmds.size);
	close(other);
	EXPECT_FALSE(signals(self->buf.fd, POLLIN, SHORT_MS));
	dmabuf_vgem_end(&self->buf, fence);
	/* It was never given to the NPU, and does not run any more. */
	EXPECT_TRUE(signals(self->buf.fd, POLLIN, LONG_MS));
	EXPECT_EQ(self->buf.map[1], 0);
}

TEST_HARNESS_MAIN
