// SPDX-License-Identifier: MIT
/*
 * MEAN: TFLite sums what is above the zero point, and the division is part of
 * the multiplier. That is a convolution whose weights are 1.
 */
#include <errno.h>
#include <string.h>

#include "read.h"

/**
 * struct groups - the dimensions of a mean's input, sorted into those of a convolution's
 * @perm: the input's dimensions in the order window, kept, summed
 * @shape: the convolution's input: window, two dimensions of what is kept, and summed
 *	as its rows, columns and channels; or kept, kept and summed if there is no window
 * @window: its kernel's height
 * @count: elements of a mean
 */
struct groups {
	uint8_t perm[V3C_MAX_RANK];
	struct ir_shape shape;
	uint32_t window;
	uint64_t count;
};

/* What becomes of a dimension; the order is that of the convolution's input */
enum role { ROLE_WINDOW, ROLE_KEPT, ROLE_SUMMED };

/*
 * Neighbours with the same role are one dimension in memory. Of several such
 * runs that are reduced, the first becomes the convolution's window and the
 * others its channels, if it is not longer than a window can be.
 */
static void assign_roles(const struct ir_shape *shape, unsigned int axes, enum role *role)
{
	uint64_t first = 1;
	int begin = -1, end, i;
	bool more = false;

	for (i = 0; i < shape->rank; i++) {
		role[i] = axes >> i & 1 ? ROLE_SUMMED : ROLE_KEPT;
		if (begin < 0 && role[i] == ROLE_SUMMED && shape->dim[i] > 1)
			begin = i;
	}
	for (end = begin; end >= 0 && end < shape->rank; end++) {
		if (role[end] == ROLE_KEPT && shape->dim[end] > 1)
			break;
		first *= role[end] == ROLE_SUMMED ? shape->dim[end] : 1;
	}
	for (i = end; i >= 0 && i < shape->rank; i++)
		more |= role[i] == ROLE_SUMMED && shape->dim[i] > 1;
	for (i = begin; more && first <= V3NPU_KERNEL_MAX && i < end; i++)
		if (role[i] == ROLE_SUMMED)
			role[i] = ROLE_WINDOW;
}

static void make_groups(const struct ir_shape *shape, unsigned int axes, struct groups *g)
{
	uint64_t elements[] = { [ROLE_WINDOW] = 1, [ROLE_KEPT] = 1, [ROLE_SUMMED] = 1 };
	enum role role[V3C_MAX_RANK], r;
	uint32_t outer = 1;
	bool apart = false;
	int i, k = 0;

	*g = (struct groups){ .shape = { .rank = 4 } };
	assign_roles(shape, axes, role);
	for (r = ROLE_WINDOW; r <= ROLE_SUMMED; r++) {
		for (i = 0; i < shape->rank; i++) {
			if (role[i] != r)
				continue;
			g->perm[k++] = i;
			elements[r] *= shape->dim[i];
		}
	}
	/* What is kept before the first reduced dimension, and after it */
	for (i = 0; i < shape->rank; i++) {
		apart |= role[i] != ROLE_KEPT && shape->dim[i] > 1;
		if (!apart)
			outer *= shape->dim[i];
	}
	g->window = elements[ROLE_WINDOW];
	g->count = elements[ROLE_WINDOW] * elements[ROLE_SUMMED];
	g->shape.dim[0] = 1;
	g->shape.dim[1] = g->window > 1 ? g->window : outer;
	g->shape.dim[2] = elements[ROLE_KEPT] / (g->window > 1 ? 1 : outer);
	g->shape.dim[3] = elements[ROLE_SUMMED];
}

/* Puts a division into a multiplier, as TFLite's QuantizedMeanOrSum() does */
static void divide(struct v3c_scale *s, uint64_t count)
{
	int shift = 63 - __builtin_clzll(count);

	if (shift > 32)
		shift = 32;
	if (shift > 31 + s->shift)
		shift = 31 + s->shift;
	s->multiplier = (int32_t)(((int64_t)s->multiplier << shift) / (int64_t)count);
	s->shift -= shift;
}

static int mean_stage(struct importer *im, struct v3c_quant in, struct v3c_quant out,
		      uint64_t count, struct ir_stage *stage)
{
	struct v3npu_chan *chan = v3c_alloc(im->ctx, 1, sizeof(*chan));
	struct v3c_scale s;
	int ret;

	if (!chan)
		return v3c_no_memory(im->ctx);
	ret = v3c_import_scale(im, (double)in.scale / (double)out.scale, "its input's scale", &s);
	if (ret)
		return ret;
	divide(&s, count);
	*chan = (struct v3npu_chan){ .multiplier = s.multiplier, .shift = s.shift };
	*stage = (struct ir_stage){
		.chan = chan, .chan_count = 1, .zero_point = out.zero_point,
		.min = INT8_MIN, .max = INT8_MAX,
	};
	return 0;
}

/* The convolution's input; what does not merge in memory, the RESHAPE copies */
static int grouped(struct importer *im, int in, const struct groups *g)
{
	int moved = v3c_import_transposed(im, in, g->perm);

	return moved < 0 ? moved : v3c_import_reshaped(im, moved, &g->shape);
}

int v3c_import_mean(struct importer *im)
{
	struct ir_shape shape, out_shape, sum_shape;
	struct ir_conv conv = { .weights = -1, .groups = 1, .stride = { 1, 1 },
				.dilation = { 1, 1 } };
	struct v3c_quant in_quant, out_quant;
	unsigned int axes;
	struct groups g;
	uint8_t *ones;
	int in, view, out, sum, node, ret;

	in = v3c_read_reduction(im, &axes, &out_shape);
	if (in < 0)
		return in;
	shape = import_value(im, in)->shape;
	in_quant = import_value(im, in)->quant;
	out = v3c_import_output(im, 0, &out_shape);
	if (out < 0)
		return out;
	out_quant = import_value(im, out)->quant;
	make_groups(&shape, axes, &g);
	if (g.count > V3NPU_DEPTH_MAX)
		return v3c_import_fail(im, ENOTSUP,
				       "a mean of %llu elements, at most %u are supported; take it in "
				       "two steps",
				       (unsigned long long)g.count, V3NPU_DEPTH_MAX);
	conv.kernel[0] = g.window;
	conv.kernel[1] = 1;
	view = grouped(im, in, &g);
	if (view < 0)
		return view;
	sum_shape = g.shape;
	sum_shape.dim[1] /= g.window;
	sum_shape.dim[3] = 1;
	sum = v3c_import_temporary(im, &sum_shape, out_quant);
	if (sum < 0)
		return sum;
	ones = v3c_alloc(im->ctx, 1, g.count);
	if (!ones)
		return v3c_no_memory(im->ctx);
	memset(ones, 1, g.count);
	conv.data = ones;
	conv.in_zero_point = in_quant.zero_point;
	conv.pad_value = in_quant.zero_point;
	ret = mean_stage(im, in_quant, out_quant, g.count, &conv.stage);
	if (ret)
		return ret;
	node = v3c_import_node(im, IR_CONV, view, -1, sum);
	if (node < 0)
		return node;
	im->graph->nodes[node].conv = conv;
	im->graph->macs += ir_elements(&shape);
	return v3c_import_node(im, IR_RESHAPE, sum, -1, out);
}
