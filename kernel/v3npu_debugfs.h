/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_DEBUGFS_H__
#define __V3NPU_DEBUGFS_H__

struct v3npu_device;

#ifdef CONFIG_DEBUG_FS
void v3npu_debugfs_init(struct v3npu_device *vdev);
#else
static inline void v3npu_debugfs_init(struct v3npu_device *vdev)
{
}
#endif

#endif /* __V3NPU_DEBUGFS_H__ */
