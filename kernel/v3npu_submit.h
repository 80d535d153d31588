/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_SUBMIT_H__
#define __V3NPU_SUBMIT_H__

struct drm_device;
struct drm_file;
struct drm_v3npu_submit;
struct drm_v3npu_sync;

int v3npu_submit_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#if IS_ENABLED(CONFIG_KUNIT)
int v3npu_submit_check(const struct drm_v3npu_submit *args);
int v3npu_submit_check_sync(const struct drm_v3npu_sync *sync);
#endif

#endif /* __V3NPU_SUBMIT_H__ */
