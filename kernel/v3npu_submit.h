/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_SUBMIT_H__
#define __V3NPU_SUBMIT_H__

#include <linux/types.h>

#include "drm/v3npu_accel.h"

struct drm_device;
struct drm_file;

/* Of one call; none of them starts before the buffers of all are locked */
#define V3NPU_SUBMIT_JOBS_MAX	64

int v3npu_submit_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

struct drm_v3npu_job v3npu_submit_single(const struct drm_v3npu_submit *args);
int v3npu_submit_check(const struct drm_v3npu_submit *args);
int v3npu_submit_check_jobs(const struct drm_v3npu_job *descs, u32 count);
int v3npu_submit_check_bo(const struct drm_v3npu_bo_ref *bo);
int v3npu_submit_check_sync(const struct drm_v3npu_sync *sync);

#endif /* __V3NPU_SUBMIT_H__ */
