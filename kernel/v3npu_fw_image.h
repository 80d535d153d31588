/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_FW_IMAGE_H__
#define __V3NPU_FW_IMAGE_H__

#include <linux/types.h>

struct device;

int v3npu_fw_image_check(struct device *dev, const u8 *data, size_t size);

#if IS_ENABLED(CONFIG_KUNIT)
const char *v3npu_fw_image_damage(const u8 *data, size_t size);
#endif

#endif /* __V3NPU_FW_IMAGE_H__ */
