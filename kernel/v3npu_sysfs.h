/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_SYSFS_H__
#define __V3NPU_SYSFS_H__

struct attribute_group;

extern const struct attribute_group *v3npu_dev_groups[];

#endif /* __V3NPU_SYSFS_H__ */
