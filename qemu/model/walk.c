// SPDX-License-Identifier: MIT
/* See walk.h. */
#include "walk.h"

/* A tile that is transposed on its way is about square */
#define TRANSPOSE_COLS	128

static void swap_dims(struct v3npu_walk *walk, unsigned int count, int i, int j)
{
	unsigned int k;

	for (k = 0; k < count; k++) {
		struct v3npu_tensor *t = &walk->tensor[k];
		uint32_t dim = t->dim[i], stride = t->stride[i];

		t->dim[i] = t->dim[j];
		t->stride[i] = t->stride[j];
		t->dim[j] = dim;
		t->stride[j] = stride;
	}
}

/* Is walking dimension @i, then @j inside it, one walk at @j's stride in every tensor? */
static bool can_merge(const struct v3npu_walk *walk, unsigned int count, int i, int j)
{
	unsigned int k;

	for (k = 0; k < count; k++) {
		const struct v3npu_tensor *t = &walk->tensor[k];

		if (t->stride[i] != (uint64_t)t->stride[j] * t->dim[j])
			return false;
	}
	return true;
}

static void merge_dims(struct v3npu_walk *walk, unsigned int count)
{
	unsigned int k;
	int i, j;

	/* Dimensions of 1 go to the front, then the result's strides descend */
	for (i = 0; i < 4; i++) {
		for (j = i + 1; j < 4; j++) {
			const struct v3npu_tensor *t = &walk->tensor[0];

			if (t->dim[i] == 1)
				continue;
			if (t->dim[j] == 1 || t->stride[i] < t->stride[j])
				swap_dims(walk, count, i, j);
		}
	}
	for (i = 2; i >= 0 && walk->tensor[0].dim[i] > 1;) {
		if (!can_merge(walk, count, i, i + 1)) {
			i--;
			continue;
		}
		for (k = 0; k < count; k++) {
			walk->tensor[k].dim[i + 1] *= walk->tensor[k].dim[i];
			walk->tensor[k].dim[i] = 1;
		}
		/* What is outside of it moves in by one, so look at the same place again */
		for (j = i; j > 0; j--)
			swap_dims(walk, count, j, j - 1);
	}
}

void v3npu_walk_init(struct v3npu_walk *walk, const struct v3npu_tensor *const *tensors,
		     unsigned int count)
{
	const struct v3npu_tensor *first;
	uint32_t most = V3NPU_WALK_TILE;
	unsigned int k;
	int i;

	for (k = 0; k < count; k++)
		walk->tensor[k] = *tensors[k];
	merge_dims(walk, count);
	/* A dimension along which the first operand is contiguous makes the other side of a tile */
	for (i = 0; i < 2 && count > 1; i++) {
		const struct v3npu_tensor *in = &walk->tensor[1];

		if (in->stride[3] != 1 && in->dim[i] > 1 && in->stride[i] == 1)
			swap_dims(walk, count, i, 2);
	}
	if (count > 1 && walk->tensor[1].stride[3] > 1 && walk->tensor[1].dim[2] > 1 &&
	    walk->tensor[1].stride[2] < walk->tensor[1].stride[3])
		most = TRANSPOSE_COLS;

	first = &walk->tensor[0];
	walk->cols = first->dim[3] < most ? first->dim[3] : most;
	walk->rows = V3NPU_WALK_TILE / walk->cols;
	if (walk->rows > first->dim[2])
		walk->rows = first->dim[2];
	walk->col_tiles = (first->dim[3] + walk->cols - 1) / walk->cols;
	walk->row_tiles = (first->dim[2] + walk->rows - 1) / walk->rows;
	walk->items = (uint64_t)first->dim[0] * first->dim[1] * walk->row_tiles * walk->col_tiles;
}

struct v3npu_tile v3npu_walk_tile(const struct v3npu_walk *walk, unsigned int index,
				  uint64_t item)
{
	const struct v3npu_tensor *t = &walk->tensor[index];
	uint32_t col = item % walk->col_tiles * walk->cols;
	uint32_t row = item / walk->col_tiles % walk->row_tiles * walk->rows;
	uint64_t outer = item / walk->col_tiles / walk->row_tiles;
	uint32_t n = outer / t->dim[1], h = outer % t->dim[1];

	return (struct v3npu_tile) {
		.addr = v3npu_tensor_at(t, n, h, row, col),
		.rows = t->dim[2] - row < walk->rows ? t->dim[2] - row : walk->rows,
		.cols = t->dim[3] - col < walk->cols ? t->dim[3] - col : walk->cols,
		.row_stride = t->stride[2],
		.col_stride = t->stride[3],
	};
}
