/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_QUERY_H__
#define __V3NPU_QUERY_H__

struct drm_device;
struct drm_file;

int v3npu_dev_query_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* __V3NPU_QUERY_H__ */
