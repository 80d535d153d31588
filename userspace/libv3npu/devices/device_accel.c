// SPDX-License-Identifier: MIT
/* An NPU behind the v3npu driver */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/sync_file.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#include "drm/v3npu_accel.h"
#include "libv3npu/internal.h"
#include "v3npu/regs.h"

struct accel_buffer {
	struct v3npu_buffer base;
	uint32_t handle;
	unsigned int users;		/* sessions that have it */
	bool shared;			/* it is in the device's list */
	struct accel_buffer *next;	/* there */
};

struct accel_device {
	struct v3npu_device base;
	int fd;
	pthread_mutex_t lock;		/* for shared, its buffers' users, and importing itself */
	struct accel_buffer *shared;	/* imported or exported */
};

struct accel_context {
	struct v3npu_context base;
	enum v3npu_priority priority;
	uint32_t syncobj;
	double submit_ms;
	pthread_mutex_t lock;		/* for all below */
	uint32_t id;			/* 0: the driver's context has ended with a cancelled job */
	bool cancelled;			/* the last job was */
	struct drm_v3npu_ctx_query last;	/* counters when the last job was done */
};

static struct accel_device *to_accel(struct v3npu_device *device)
{
	return (struct accel_device *)device;
}

static void accel_close(struct v3npu_device *device)
{
	struct accel_device *accel = to_accel(device);

	close(accel->fd);
	pthread_mutex_destroy(&accel->lock);
	free(accel);
}

static int fail_errno(const char *what)
{
	int err = errno;

	if (err == ENODEV)
		return v3npu_fail(-err, "%s: the NPU is gone; was it unplugged?", what);
	return v3npu_fail(-err, "%s: %s", what, strerror(err));
}

static void close_handle(struct accel_device *accel, uint32_t handle)
{
	drmCloseBufferHandle(accel->fd, handle);
}

/*
 * The driver backs a buffer with huge pages as far as whole ones fit into it. What is left
 * becomes one, too, where that takes less than its own size more: it is looked up once then,
 * by the NPU's MMU and by whatever emulates the NPU, and not page by page.
 */
static size_t whole_pages(size_t size)
{
	size_t rest = size % V3NPU_LARGE_PAGE_SIZE, more = V3NPU_LARGE_PAGE_SIZE - rest;

	return rest > more && size <= SIZE_MAX - more ? size + more : size;
}

static int accel_buffer_new(struct v3npu_device *device, size_t size, bool readonly,
			    struct v3npu_buffer **buffer)
{
	struct accel_device *accel = to_accel(device);
	struct drm_v3npu_bo_create create = {
		.size = whole_pages(size),
		.flags = readonly ? DRM_V3NPU_BO_NPU_READONLY : 0,
	};
	struct drm_v3npu_bo_mmap_offset offset = {};
	struct accel_buffer *b;
	int ret;

	b = calloc(1, sizeof(*b));
	if (!b)
		return v3npu_fail(-ENOMEM, "out of memory");
	if (drmIoctl(accel->fd, DRM_IOCTL_V3NPU_BO_CREATE, &create)) {
		ret = v3npu_fail(-errno, "cannot allocate %zu bytes for the NPU: %s", size,
				 strerror(errno));
		goto err_free;
	}
	offset.handle = create.handle;
	if (drmIoctl(accel->fd, DRM_IOCTL_V3NPU_BO_MMAP_OFFSET, &offset)) {
		ret = fail_errno("cannot map an NPU buffer");
		goto err_close;
	}
	b->base.map = mmap(NULL, create.size, PROT_READ | PROT_WRITE, MAP_SHARED, accel->fd,
			   offset.offset);
	if (b->base.map == MAP_FAILED) {
		ret = fail_errno("cannot map an NPU buffer");
		goto err_close;
	}
	b->base.size = create.size;
	b->base.va = create.va;
	b->handle = create.handle;
	b->users = 1;
	*buffer = &b->base;
	return 0;

err_close:
	close_handle(accel, create.handle);
err_free:
	free(b);
	return ret;
}

/* The device is locked */
static void share(struct accel_device *accel, struct accel_buffer *b)
{
	if (b->shared)
		return;
	b->shared = true;
	b->next = accel->shared;
	accel->shared = b;
}

/*
 * The kernel gives one handle for all imports of a dma-buf in a file, the exporter's if it
 * is of this file, so users are counted
 */
static int import_locked(struct accel_device *accel, int fd, size_t size,
			 struct v3npu_buffer **buffer)
{
	struct drm_v3npu_bo_info info = {};
	struct accel_buffer *b;
	int ret;

	if (drmPrimeFDToHandle(accel->fd, fd, &info.handle))
		return fail_errno("cannot use the dma-buf");
	for (b = accel->shared; b; b = b->next)
		if (b->handle == info.handle)
			break;
	if (b) {
		if (b->base.size < size)
			return v3npu_fail(-EINVAL, "the dma-buf has %zu bytes; the tensor needs "
					  "%zu", b->base.size, size);
		b->users++;
		*buffer = &b->base;
		return 0;
	}

	if (drmIoctl(accel->fd, DRM_IOCTL_V3NPU_BO_INFO, &info)) {
		ret = fail_errno("cannot use the dma-buf");
		goto err_close;
	}
	if (info.size < size) {
		ret = v3npu_fail(-EINVAL, "the dma-buf has %" PRIu64 " bytes; the tensor needs %zu",
				 (uint64_t)info.size, size);
		goto err_close;
	}
	b = calloc(1, sizeof(*b));
	if (!b) {
		ret = v3npu_fail(-ENOMEM, "out of memory");
		goto err_close;
	}
	b->base.size = info.size;
	b->base.va = info.va;
	b->handle = info.handle;
	b->users = 1;
	share(accel, b);
	*buffer = &b->base;
	return 0;

err_close:
	close_handle(accel, info.handle);
	return ret;
}

static int accel_buffer_import(struct v3npu_device *device, int fd, size_t size, bool readonly,
			       struct v3npu_buffer **buffer)
{
	struct accel_device *accel = to_accel(device);
	int ret;

	(void)readonly;
	pthread_mutex_lock(&accel->lock);
	ret = import_locked(accel, fd, size, buffer);
	pthread_mutex_unlock(&accel->lock);
	return ret;
}

static int accel_buffer_export(struct v3npu_device *device, struct v3npu_buffer *buffer, int *fd)
{
	struct accel_device *accel = to_accel(device);
	struct accel_buffer *b = (struct accel_buffer *)buffer;
	int ret = 0;

	pthread_mutex_lock(&accel->lock);
	if (drmPrimeHandleToFD(accel->fd, b->handle, DRM_CLOEXEC | DRM_RDWR, fd))
		ret = fail_errno("cannot make a dma-buf");
	else
		share(accel, b);
	pthread_mutex_unlock(&accel->lock);
	return ret;
}

static void accel_buffer_free(struct v3npu_device *device, struct v3npu_buffer *buffer)
{
	struct accel_device *accel = to_accel(device);
	struct accel_buffer *b = (struct accel_buffer *)buffer, **p;

	pthread_mutex_lock(&accel->lock);
	if (--b->users) {
		pthread_mutex_unlock(&accel->lock);
		return;
	}
	for (p = &accel->shared; b->shared && *p != b; p = &(*p)->next)
		;
	if (b->shared)
		*p = b->next;
	/* Still locked: until its handle is closed, an import would find it */
	close_handle(accel, b->handle);
	pthread_mutex_unlock(&accel->lock);
	if (b->base.map)
		munmap(b->base.map, b->base.size);
	free(b);
}

/* Makes the driver's context, whose counters are 0 */
static int create_context(struct accel_context *ctx)
{
	struct accel_device *accel = to_accel(ctx->base.device);
	struct drm_v3npu_ctx_create create = { .priority = ctx->priority };

	if (drmIoctl(accel->fd, DRM_IOCTL_V3NPU_CTX_CREATE, &create)) {
		if (errno == EACCES || errno == EPERM)
			return v3npu_fail(-errno, "no permission for this priority; use normal, "
					  "or run with CAP_SYS_NICE");
		return fail_errno("cannot create a context on the NPU");
	}
	ctx->id = create.id;
	ctx->last = (struct drm_v3npu_ctx_query) {};
	return 0;
}

/* Ends its jobs; the kernel keeps their buffers until they are done */
static void destroy_context(struct accel_context *ctx)
{
	struct accel_device *accel = to_accel(ctx->base.device);
	struct drm_v3npu_ctx_destroy destroy = { .id = ctx->id };

	if (ctx->id)
		drmIoctl(accel->fd, DRM_IOCTL_V3NPU_CTX_DESTROY, &destroy);
	ctx->id = 0;
}

static int accel_context_new(struct v3npu_device *device, enum v3npu_priority priority,
			     struct v3npu_context **context)
{
	struct accel_context *ctx;
	int ret;

	ctx = calloc(1, sizeof(*ctx));
	if (!ctx)
		return v3npu_fail(-ENOMEM, "out of memory");
	ctx->base.device = device;
	ctx->priority = priority;
	ret = create_context(ctx);
	if (ret)
		goto err_free;
	if (drmSyncobjCreate(to_accel(device)->fd, 0, &ctx->syncobj)) {
		ret = fail_errno("cannot create a syncobj");
		destroy_context(ctx);
		goto err_free;
	}
	pthread_mutex_init(&ctx->lock, NULL);
	*context = &ctx->base;
	return 0;

err_free:
	free(ctx);
	return ret;
}

static void accel_context_free(struct v3npu_context *context)
{
	struct accel_context *ctx = (struct accel_context *)context;

	destroy_context(ctx);
	drmSyncobjDestroy(to_accel(context->device)->fd, ctx->syncobj);
	pthread_mutex_destroy(&ctx->lock);
	free(ctx);
}

/* The driver cancels jobs with their context; the next submission makes another one */
static void accel_cancel(struct v3npu_context *context)
{
	struct accel_context *ctx = (struct accel_context *)context;

	pthread_mutex_lock(&ctx->lock);
	destroy_context(ctx);
	ctx->cancelled = true;
	pthread_mutex_unlock(&ctx->lock);
}

static int query(struct accel_context *ctx, struct drm_v3npu_ctx_query *q)
{
	struct accel_device *accel = to_accel(ctx->base.device);

	memset(q, 0, sizeof(*q));
	q->id = ctx->id;
	if (drmIoctl(accel->fd, DRM_IOCTL_V3NPU_CTX_QUERY, q))
		return fail_errno("cannot read the NPU's counters");
	return 0;
}

static int submit_locked(struct accel_context *ctx, uint64_t cmds, uint32_t cmds_size,
			 const struct v3npu_buffer_ref *refs, size_t ref_count)
{
	struct accel_device *accel = to_accel(ctx->base.device);
	struct drm_v3npu_bo_ref bos[ref_count];
	struct drm_v3npu_sync out = { .handle = ctx->syncobj };
	struct drm_v3npu_submit submit = {
		.cmds = cmds,
		.cmds_size = cmds_size,
		.out_syncs = (uintptr_t)&out,
		.out_sync_count = 1,
		.bo_count = ref_count,
		.bos = (uintptr_t)bos,
	};
	size_t i;
	int ret;

	ctx->cancelled = false;
	ret = ctx->id ? 0 : create_context(ctx);
	if (ret)
		return ret;
	submit.ctx = ctx->id;
	for (i = 0; i < ref_count; i++) {
		bos[i].handle = ((struct accel_buffer *)refs[i].buffer)->handle;
		bos[i].flags = refs[i].write ? DRM_V3NPU_BO_REF_WRITE : 0;
	}
	ctx->submit_ms = v3npu_now_ms();
	if (!drmIoctl(accel->fd, DRM_IOCTL_V3NPU_SUBMIT, &submit))
		return 0;
	if (errno == ECANCELED)
		return v3npu_fail(-ECANCELED, "cannot submit the job: too many jobs of this session "
				  "failed one after the other, and the driver ended it; create "
				  "another one");
	return fail_errno("cannot submit the job");
}

static int accel_submit(struct v3npu_context *context, uint64_t cmds, uint32_t cmds_size,
			const struct v3npu_buffer_ref *refs, size_t ref_count)
{
	struct accel_context *ctx = (struct accel_context *)context;
	int ret;

	pthread_mutex_lock(&ctx->lock);
	ret = submit_locked(ctx, cmds, cmds_size, refs, ref_count);
	pthread_mutex_unlock(&ctx->lock);
	return ret;
}

static int accel_fence_fd(struct v3npu_context *context, int *fd)
{
	struct accel_context *ctx = (struct accel_context *)context;

	if (drmSyncobjExportSyncFile(to_accel(context->device)->fd, ctx->syncobj, fd))
		return fail_errno("cannot make a file descriptor of the job's fence");
	return 0;
}

/* The finished job's fence: its status (1 or a negative errno) and when it was signalled */
static int fence_info(struct accel_context *ctx, int *status, double *signalled_ms)
{
	struct accel_device *accel = to_accel(ctx->base.device);
	struct sync_fence_info fence = {};
	struct sync_file_info info = { .num_fences = 1, .sync_fence_info = (uintptr_t)&fence };
	int fd, ret;

	if (drmSyncobjExportSyncFile(accel->fd, ctx->syncobj, &fd))
		return fail_errno("cannot read the job's fence");
	ret = ioctl(fd, SYNC_IOC_FILE_INFO, &info) ? fail_errno("cannot read the job's fence") : 0;
	close(fd);
	*status = fence.status;
	*signalled_ms = fence.timestamp_ns / 1e6;
	return ret;
}

/* An absolute CLOCK_MONOTONIC time in nanoseconds */
static int64_t deadline_ns(int timeout_ms)
{
	return timeout_ms < 0 ? INT64_MAX : (int64_t)((v3npu_now_ms() + timeout_ms) * 1e6);
}

/* How the finished job ended, by its fence's @status */
static int result_locked(struct accel_context *ctx, int status, double signalled_ms,
			 struct v3npu_run_stats *stats)
{
	const struct drm_v3npu_ctx_query last = ctx->last;
	struct drm_v3npu_ctx_query now;
	int ret;

	if (ctx->cancelled)
		return v3npu_fail(-ECANCELED, "job failed: it was cancelled");
	ret = query(ctx, &now);
	if (ret)
		return ret;
	ctx->last = now;
	if (status < 0) {
		struct v3npu_fault fault = {
			.kind = now.jobs_failed != last.jobs_failed ? now.fault :
								      DRM_V3NPU_FAULT_NONE,
			.va = now.fault_va,
			.cmd_index = now.fault_cmd_index,
			.cmd_opcode = now.fault_cmd_opcode,
			.cmd_tag = now.fault_cmd_tag,
			.detail = now.fault_detail,
		};

		v3npu_fail_job(&fault);
		return status;
	}
	*stats = (struct v3npu_run_stats) {
		.wall_ms = signalled_ms - ctx->submit_ms,
		.cycles = now.cycles - last.cycles,
		.macs = now.macs - last.macs,
		.dram_read = now.dram_read - last.dram_read,
		.dram_write = now.dram_write - last.dram_write,
		.sram_read = now.sram_read - last.sram_read,
		.sram_write = now.sram_write - last.sram_write,
		.commands = now.commands - last.commands,
	};
	return 0;
}

static int accel_wait(struct v3npu_context *context, int timeout_ms, struct v3npu_run_stats *stats)
{
	struct accel_context *ctx = (struct accel_context *)context;
	struct accel_device *accel = to_accel(context->device);
	double signalled_ms = 0;
	int ret, status = 0;

	ret = drmSyncobjWait(accel->fd, &ctx->syncobj, 1, deadline_ns(timeout_ms), 0, NULL);
	if (ret == -ETIME)
		return v3npu_fail(-ETIMEDOUT, "the job is not done yet");
	if (ret) {
		errno = -ret;
		return fail_errno("cannot wait for the job");
	}
	ret = fence_info(ctx, &status, &signalled_ms);
	if (ret)
		return ret;
	pthread_mutex_lock(&ctx->lock);
	ret = result_locked(ctx, status, signalled_ms, stats);
	pthread_mutex_unlock(&ctx->lock);
	return ret;
}

static const struct v3npu_device_ops accel_ops = {
	.close = accel_close,
	.buffer_new = accel_buffer_new,
	.buffer_import = accel_buffer_import,
	.buffer_export = accel_buffer_export,
	.buffer_free = accel_buffer_free,
	.context_new = accel_context_new,
	.context_free = accel_context_free,
	.submit = accel_submit,
	.wait = accel_wait,
	.cancel = accel_cancel,
	.fence_fd = accel_fence_fd,
};

static int check_driver(int fd, const char *node)
{
	drmVersionPtr version = drmGetVersion(fd);
	int ret = 0;

	if (!version)
		return v3npu_fail(-ENODEV, "%s: not a DRM device; use device accel", node);
	if (strcmp(version->name, "v3npu"))
		ret = v3npu_fail(-ENODEV, "%s: belongs to driver %s, not v3npu; use device accel",
				 node, version->name);
	drmFreeVersion(version);
	return ret;
}

static int query_device(struct accel_device *accel, const char *node)
{
	struct v3npu_device_info *info = &accel->base.info;
	struct drm_v3npu_dev_info dev = {};
	struct drm_v3npu_dev_query q = {
		.type = DRM_V3NPU_DEV_QUERY_INFO,
		.size = sizeof(dev),
		.pointer = (uintptr_t)&dev,
	};

	if (drmIoctl(accel->fd, DRM_IOCTL_V3NPU_DEV_QUERY, &q))
		return v3npu_fail(-errno, "%s: cannot be queried: %s", node, strerror(errno));
	if (dev.cmd_version != V3NPU_CMD_VERSION)
		return v3npu_fail(-ENOTSUP, "%s: the NPU takes command streams of version %u, this "
				  "library makes version %u; install the same release of both",
				  node, dev.cmd_version, V3NPU_CMD_VERSION);
	snprintf(info->name, sizeof(info->name), "%s", node);
	info->macs = dev.macs;
	info->sram_size = dev.sram_size;
	info->dram_mbps = dev.dram_mbps;
	info->dram_latency = dev.dram_latency;
	info->dram_burst = dev.dram_burst;
	info->clock_mhz = dev.clock_mhz;
	info->fw_version = dev.fw_version;
	accel->base.sram_va = dev.sram_va;
	return 0;
}

int v3npu_device_open_accel(const char *node, struct v3npu_device **device)
{
	struct accel_device *accel;
	int fd, ret;

	fd = open(node, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return v3npu_fail_open(node, errno);
	ret = check_driver(fd, node);
	if (ret)
		goto err_close;
	accel = calloc(1, sizeof(*accel));
	if (!accel) {
		ret = v3npu_fail(-ENOMEM, "out of memory");
		goto err_close;
	}
	accel->base.ops = &accel_ops;
	accel->base.has_npu = true;
	accel->fd = fd;
	ret = query_device(accel, node);
	if (ret) {
		free(accel);
		goto err_close;
	}
	pthread_mutex_init(&accel->lock, NULL);
	*device = &accel->base;
	return 0;

err_close:
	close(fd);
	return ret;
}
