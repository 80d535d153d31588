/* SPDX-License-Identifier: MIT */
/*
 * Walks tensors of equal dimensions tile by tile, where the order of elements
 * does not matter: dimensions are sorted and merged to make rows long.
 */
#ifndef V3NPU_MODEL_WALK_H
#define V3NPU_MODEL_WALK_H

#include "internal.h"

#define V3NPU_WALK_TENSORS	3
/* Elements of a tile, at most */
#define V3NPU_WALK_TILE		(16u << 10)

/**
 * struct v3npu_walk - a walk over up to three tensors
 * @tensor: the tensors with their dimensions reordered, the result first
 * @rows: rows of a tile
 * @cols: columns of a tile
 * @row_tiles: tiles along dimension 2
 * @col_tiles: tiles along dimension 3
 * @items: tiles in all
 */
struct v3npu_walk {
	struct v3npu_tensor tensor[V3NPU_WALK_TENSORS];
	uint32_t rows;
	uint32_t cols;
	uint32_t row_tiles;
	uint32_t col_tiles;
	uint64_t items;
};

/**
 * v3npu_walk_init() - plan a walk
 * @tensors: the result, then the operands, all of the same dimensions
 * @count: how many, 1..V3NPU_WALK_TENSORS
 */
void v3npu_walk_init(struct v3npu_walk *walk, const struct v3npu_tensor *const *tensors,
		     unsigned int count);

/* The rectangle of tensor @index that work item @item is about */
struct v3npu_tile v3npu_walk_tile(const struct v3npu_walk *walk, unsigned int index,
				  uint64_t item);

#endif /* V3NPU_MODEL_WALK_H */
