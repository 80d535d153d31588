// SPDX-License-Identifier: MIT
#include "nest.h"

/* Loops that a loop is split into at most; keeps the search for a divisor short */
#define MAX_SPLIT	4096

void v3c_nest_init(struct v3c_nest *nest, const struct ir_shape *shape)
{
	int i;

	*nest = (struct v3c_nest){ .rank = shape->rank };
	for (i = 0; i < shape->rank; i++)
		nest->dim[i] = shape->dim[i];
}

void v3c_nest_add(struct v3c_nest *nest, const struct ir_shape *shape, const struct ir_loc *loc)
{
	int k = nest->operands++, i;

	nest->loc[k].buffer = loc->buffer;
	nest->loc[k].offset = loc->offset;
	for (i = 0; i < shape->rank; i++)
		nest->loc[k].stride[nest->rank - shape->rank + i] =
			shape->dim[i] == 1 ? 0 : loc->stride[i];
}

static void remove_loop(struct v3c_nest *nest, int i)
{
	int k;

	for (nest->rank--; i < nest->rank; i++) {
		nest->dim[i] = nest->dim[i + 1];
		for (k = 0; k < nest->operands; k++)
			nest->loc[k].stride[i] = nest->loc[k].stride[i + 1];
	}
}

/* Loops @i and @i + 1 are one */
static bool joinable(const struct v3c_nest *nest, int i)
{
	int k;

	if ((uint64_t)nest->dim[i] * nest->dim[i + 1] > V3NPU_DIM_MAX)
		return false;
	for (k = 0; k < nest->operands; k++)
		if (nest->loc[k].stride[i] != nest->loc[k].stride[i + 1] * nest->dim[i + 1])
			return false;
	return true;
}

/* Loop @i as @outer times one of @inner iterations */
static void split_loop(struct v3c_nest *nest, int i, uint32_t outer, uint32_t inner)
{
	int j, k;

	for (j = nest->rank++; j > i; j--) {
		nest->dim[j] = nest->dim[j - 1];
		for (k = 0; k < nest->operands; k++)
			nest->loc[k].stride[j] = nest->loc[k].stride[j - 1];
	}
	nest->dim[i] = outer;
	nest->dim[i + 1] = inner;
	for (k = 0; k < nest->operands; k++)
		nest->loc[k].stride[i] = nest->loc[k].stride[i + 1] * inner;
}

static void swap_loops(struct v3c_nest *nest, int i, int j)
{
	uint32_t dim = nest->dim[i];
	int k;

	nest->dim[i] = nest->dim[j];
	nest->dim[j] = dim;
	for (k = 0; k < nest->operands; k++) {
		uint64_t stride = nest->loc[k].stride[i];

		nest->loc[k].stride[i] = nest->loc[k].stride[j];
		nest->loc[k].stride[j] = stride;
	}
}

/* Shortest loops outermost, where a command runs one iteration: fewest commands */
static void order_outer_loops(struct v3c_nest *nest, int keep)
{
	int i, j;

	for (i = 0; i < nest->rank - 4; i++)
		for (j = i + 1; j < nest->rank - keep; j++)
			if (nest->dim[j] < nest->dim[i])
				swap_loops(nest, i, j);
}

bool v3c_nest_simplify(struct v3c_nest *nest, int keep)
{
	int i;

	for (i = nest->rank - keep - 1; i >= 0; i--) {
		if (nest->dim[i] == 1)
			remove_loop(nest, i);
	}
	for (i = nest->rank - keep - 2; i >= 0; i--) {
		if (!joinable(nest, i))
			continue;
		/* The joined loop has the inner one's strides */
		nest->dim[i + 1] *= nest->dim[i];
		remove_loop(nest, i);
	}
	for (i = nest->rank - keep - 1; i >= 0; i--) {
		uint32_t parts = (nest->dim[i] + V3NPU_DIM_MAX - 1) / V3NPU_DIM_MAX;

		if (parts == 1)
			continue;
		while (parts <= MAX_SPLIT && nest->dim[i] % parts)
			parts++;
		if (parts > MAX_SPLIT || nest->rank == NEST_MAX_RANK)
			return false;
		split_loop(nest, i, parts, nest->dim[i] / parts);
	}
	order_outer_loops(nest, keep);
	return true;
}

struct v3npu_tensor v3c_nest_tensor(const struct v3c_nest *nest, int k, const uint32_t *index)
{
	struct v3npu_tensor t = { .addr = nest->loc[k].offset, .dim = { 1, 1, 1, 1 } };
	int outer = nest->rank > 4 ? nest->rank - 4 : 0, first = 4 - (nest->rank - outer), i;

	for (i = 0; i < outer; i++)
		t.addr += nest->loc[k].stride[i] * index[i];
	for (i = outer; i < nest->rank; i++) {
		t.dim[first + i - outer] = nest->dim[i];
		t.stride[first + i - outer] = nest->loc[k].stride[i];
	}
	return t;
}

bool v3c_nest_next(const struct v3c_nest *nest, uint32_t *index)
{
	int i;

	for (i = nest->rank - 5; i >= 0; i--) {
		if (++index[i] < nest->dim[i])
			return true;
		index[i] = 0;
	}
	return false;
}
