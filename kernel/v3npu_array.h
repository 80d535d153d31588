/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_ARRAY_H__
#define __V3NPU_ARRAY_H__

#include <linux/types.h>

int v3npu_array_check(u32 stride, size_t size);
int v3npu_array_copy(void **array, u64 user, u32 count, u32 stride, size_t size);

#endif /* __V3NPU_ARRAY_H__ */
