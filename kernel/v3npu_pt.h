/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_PT_H__
#define __V3NPU_PT_H__

#include <linux/types.h>

#include "v3npu/regs.h"

struct device;
struct sg_table;

/* The root is of this level, and tables of level 0 map pages */
#define V3NPU_PT_ROOT_LEVEL	2

/**
 * struct v3npu_pt - one table
 * @entries: what the NPU reads
 * @dma: address of @entries for the NPU
 * @child: tables below, for levels 1 and 2
 */
struct v3npu_pt {
	u64 *entries;
	dma_addr_t dma;
	struct v3npu_pt *child[];
};

struct v3npu_pt *v3npu_pt_create(struct device *dev);
void v3npu_pt_destroy(struct device *dev, struct v3npu_pt *root);

int v3npu_pt_map(struct device *dev, struct v3npu_pt *root, u64 va, dma_addr_t addr, u64 size,
		 bool write);
int v3npu_pt_map_sgt(struct device *dev, struct v3npu_pt *root, u64 va, struct sg_table *sgt,
		     u64 size, bool write);
void v3npu_pt_unmap(struct v3npu_pt *root, u64 va, u64 size);

#endif /* __V3NPU_PT_H__ */
