/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_CTX_H__
#define __V3NPU_CTX_H__

#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

#include <drm/gpu_scheduler.h>

#include "drm/v3npu_accel.h"

#include "v3npu_mmu.h"

struct drm_device;
struct drm_file;
struct v3npu_device;
struct v3npu_file;

/**
 * struct v3npu_ctx - a context: jobs that run in order
 * @refs: one for the file, one for each job
 * @vdev: device
 * @file: what it was made for, open or not
 * @entity: its queue in its scheduler
 * @fence_context: of its jobs' hardware fences
 * @last: that of the job that came to its turn last; only for the scheduler
 * @hw_id: its number for the firmware
 * @priority: V3NPU_PRIO_*
 * @cancelled: jobs that are not on the NPU yet shall not run, and the others end soon
 * @stats: what CTX_QUERY returns
 * @retired: to give back number and slot when the MMU has forgotten its jobs
 */
struct v3npu_ctx {
	struct kref refs;
	struct v3npu_device *vdev;
	struct v3npu_file *file;
	struct drm_sched_entity entity;
	/** @submit_lock: jobs enter @entity in the order of their fences */
	struct mutex submit_lock;
	u64 fence_context;
	struct dma_fence *last;
	u32 hw_id;
	u32 priority;
	bool cancelled;
	/** @lock: protects @stats */
	spinlock_t lock;
	struct drm_v3npu_ctx_query stats;
	struct v3npu_retired retired;
};

struct v3npu_ctx *v3npu_ctx_get(struct v3npu_file *vfile, u32 id);
void v3npu_ctx_put(struct v3npu_ctx *ctx);
void v3npu_ctx_close_all(struct v3npu_file *vfile);

int v3npu_ctx_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int v3npu_ctx_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int v3npu_ctx_query_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* __V3NPU_CTX_H__ */
