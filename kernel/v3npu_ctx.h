/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_CTX_H__
#define __V3NPU_CTX_H__

#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <drm/gpu_scheduler.h>

#include "drm/v3npu_accel.h"

#include "v3npu_history.h"
#include "v3npu_mmu.h"

struct drm_device;
struct drm_file;
struct v3npu_device;
struct v3npu_file;

/*
 * A context is ended when so many of its jobs in a row hung, faulted or crashed the
 * firmware. Not at the first, as for GPUs whose contexts have state that is lost then:
 * here nothing of a job is left for the next one, which may well be right.
 */
#define V3NPU_CTX_FAILURES_MAX	3

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
 * @end_work: has the others end, for a context that is ended
 * @seen_reset: number of the last reset that it was an innocent part of
 * @stats: what CTX_QUERY returns
 * @history: what JOB_QUERY returns
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
	struct work_struct end_work;
	u64 seen_reset;
	/** @lock: protects @stats and @history */
	spinlock_t lock;
	struct drm_v3npu_ctx_query stats;
	struct v3npu_history history;
	struct v3npu_retired retired;
};

struct v3npu_ctx *v3npu_ctx_get(struct v3npu_file *vfile, u32 id);
void v3npu_ctx_put(struct v3npu_ctx *ctx);
void v3npu_ctx_close_all(struct v3npu_file *vfile);

u32 v3npu_ctx_allowed_priorities(void);

void v3npu_ctx_failed(struct v3npu_ctx *ctx, u32 fault);
void v3npu_ctx_succeeded(struct v3npu_ctx *ctx);
void v3npu_ctx_was_reset(struct v3npu_ctx *ctx, u64 reset);

int v3npu_ctx_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int v3npu_ctx_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int v3npu_ctx_query_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* __V3NPU_CTX_H__ */
