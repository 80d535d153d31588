/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_SCHED_H__
#define __V3NPU_SCHED_H__

#include <linux/kref.h>

#include <drm/gpu_scheduler.h>

struct v3npu_ctx;
struct v3npu_device;
struct v3npu_sched_job;

/**
 * struct v3npu_sched - DRM's scheduler of one context at a time
 * @base: for DRM; stopped when the DRM device is gone
 * @refs: one for the device, one for each fence, which names its scheduler
 */
struct v3npu_sched {
	struct drm_gpu_scheduler base;
	struct kref refs;
};

int v3npu_sched_init_entity(struct v3npu_ctx *ctx);
void v3npu_sched_release(struct v3npu_device *vdev);

struct dma_fence *v3npu_fence_alloc(void);
void v3npu_fence_free(struct dma_fence *fence);

#endif /* __V3NPU_SCHED_H__ */
