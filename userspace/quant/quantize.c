// SPDX-License-Identifier: MIT
#include "quantize.h"

#include <errno.h>
#include <math.h>

#define WEIGHT_MAX	127	/* symmetric: -128 is not used */

/* The place of an operator's constant weights, 0 if it has none; their channels' dimension */
static uint32_t weights_of(const struct q_graph *g, const struct q_op *op, int *dim)
{
	*dim = op->options.code == TFL_DEPTHWISE_CONV_2D ? 3 : 0;
	switch (op->options.code) {
	case TFL_FULLY_CONNECTED:
	case TFL_CONV_2D:
	case TFL_DEPTHWISE_CONV_2D:
	case TFL_TRANSPOSE_CONV:
		return op->in_count > 1 && op->in[1] >= 0 && g->tensors[op->in[1]].real ? 1 : 0;
	default:
		return 0;
	}
}

/* The highest magnitude of each channel */
static void magnitudes(const struct q_tensor *t, int dim, float *max)
{
	uint64_t elements = ir_elements(&t->shape), inner = 1, i;
	uint32_t channels = t->shape.dim[dim];
	int d;

	for (d = dim + 1; d < t->shape.rank; d++)
		inner *= t->shape.dim[d];
	for (i = 0; i < elements; i++) {
		uint32_t c = i / inner % channels;

		max[c] = fmaxf(max[c], fabsf(t->real[i]));
	}
}

/* Scales for weights: one if they have a step, or if @whole; else one a channel */
static int weight_scales(struct q_graph *g, const struct q_tensor *t, int dim, bool whole,
			 struct q_quant *quant)
{
	uint32_t channels = t->shape.dim[dim], c;
	float *scale = v3c_alloc(g->ctx, channels, sizeof(*scale)), all = 0;

	if (!scale)
		return v3c_no_memory(g->ctx);
	*quant = (struct q_quant) { .scale = scale, .count = channels, .dim = dim };
	magnitudes(t, dim, scale);
	for (c = 0; c < channels; c++)
		all = fmaxf(all, scale[c]);
	if (!all)
		all = 1;
	if (t->step > 0 && all <= t->step * (WEIGHT_MAX + 0.5f)) {
		scale[0] = t->step;
		quant->count = 1;
	} else if (whole) {
		scale[0] = all / WEIGHT_MAX;
		quant->count = 1;
	} else {
		/* A channel of nearly zero must not need a shift too far */
		for (c = 0; c < channels; c++)
			scale[c] = fmaxf(scale[c], all * 0x1p-16f) / WEIGHT_MAX;
	}
	return 0;
}

static int8_t store(float real, float scale, int32_t zero_point, int low)
{
	float q = roundf(real / scale) + zero_point;

	return q < low ? low : q > INT8_MAX ? INT8_MAX : (int8_t)q;
}

/* Tensor @number, a float constant, as int8 weights; a new tensor, for others may use it */
static int32_t add_weights(struct q_graph *g, int32_t number, int dim, bool whole)
{
	const struct q_tensor t = g->tensors[number];
	uint64_t elements = ir_elements(&t.shape), inner = 1, i;
	int8_t *data = v3c_alloc(g->ctx, elements, 1);
	struct q_quant quant;
	int32_t added;
	int d, ret;

	if (!data)
		return v3c_no_memory(g->ctx);
	ret = weight_scales(g, &t, dim, whole, &quant);
	if (ret)
		return ret;
	for (d = dim + 1; d < t.shape.rank; d++)
		inner *= t.shape.dim[d];
	for (i = 0; i < elements; i++)
		data[i] = store(t.real[i], quant.scale[i / inner % t.shape.dim[dim] % quant.count],
				0, -WEIGHT_MAX);
	added = q_add_tensor(g, t.name, TFL_INT8, &t.shape);
	if (added < 0)
		return added;
	g->tensors[added].data = data;
	g->tensors[added].size = elements;
	g->tensors[added].quant = quant;
	return added;
}

/* Tensor @number, a float bias, as int32 in the scale of a product's sums */
static int32_t add_bias(struct q_graph *g, int32_t number, float in_scale,
			const struct q_quant *weights)
{
	const struct q_tensor t = g->tensors[number];
	uint64_t elements = ir_elements(&t.shape), i;
	int32_t *data = v3c_alloc(g->ctx, elements, sizeof(*data)), added;
	float *scale = v3c_alloc(g->ctx, weights->count, sizeof(*scale));

	if (!data || !scale)
		return v3c_no_memory(g->ctx);
	for (i = 0; i < weights->count; i++)
		scale[i] = in_scale * weights->scale[i];
	for (i = 0; i < elements; i++) {
		double step = (double)in_scale * weights->scale[i % weights->count];
		double q = round(t.real[i] / step);

		data[i] = q < INT32_MIN ? INT32_MIN : q > INT32_MAX ? INT32_MAX : (int32_t)q;
	}
	added = q_add_tensor(g, t.name, TFL_INT32, &t.shape);
	if (added < 0)
		return added;
	g->tensors[added].data = data;
	g->tensors[added].size = elements * sizeof(*data);
	g->tensors[added].quant = (struct q_quant) {
		.scale = scale, .count = weights->count, .dim = 0,
	};
	return added;
}

static double constant_error(const struct q_tensor *t, float scale, int32_t zero_point)
{
	uint64_t elements = ir_elements(&t->shape), i;
	double error = 0;

	for (i = 0; i < elements; i++) {
		double real = scale * (store(t->real[i], scale, zero_point, INT8_MIN) - zero_point);

		error += (real - t->real[i]) * (real - t->real[i]);
	}
	return error;
}

/*
 * The scale that keeps a constant best. It is often not the finest: numbers
 * such as the centres of a grid are whole multiples of a coarser one.
 */
static void best_scale(const struct q_tensor *t, float *scale, int32_t *zero_point)
{
	uint64_t elements = ir_elements(&t->shape), i;
	float low = 0, high = 0;
	double best = INFINITY;
	int steps;

	for (i = 0; i < elements; i++) {
		low = fminf(low, t->real[i]);
		high = fmaxf(high, t->real[i]);
	}
	*scale = 1;
	*zero_point = 0;
	for (steps = 255; steps > 0 && high > low; steps--) {
		float step = (high - low) / steps;
		int32_t zero = fmaxf(roundf(-128 - low / step), -128);
		double error = constant_error(t, step, zero);

		if (error < best * (1 - 1e-6)) {
			best = error;
			*scale = step;
			*zero_point = zero;
		}
	}
}

/* A float constant in the place of an activation */
static int32_t add_constant(struct q_graph *g, int32_t number, const struct q_group *group)
{
	const struct q_tensor t = g->tensors[number];
	uint64_t elements = ir_elements(&t.shape), i;
	float *scale = v3c_alloc(g->ctx, 1, sizeof(*scale));
	int8_t *data = v3c_alloc(g->ctx, elements, 1);
	int32_t zero_point, added;

	if (!data || !scale)
		return v3c_no_memory(g->ctx);
	if (group) {
		*scale = group->scale;
		zero_point = group->zero_point;
	} else {
		best_scale(&t, scale, &zero_point);
	}
	for (i = 0; i < elements; i++)
		data[i] = store(t.real[i], *scale, zero_point, INT8_MIN);
	added = q_add_tensor(g, t.name, TFL_INT8, &t.shape);
	if (added < 0)
		return added;
	g->tensors[added].data = data;
	g->tensors[added].size = elements;
	g->tensors[added].quant = (struct q_quant) {
		.scale = scale, .zero_point = zero_point, .count = 1,
	};
	return added;
}

/* An int8 activation in the scale of @quant, made of @number by QUANTIZE */
static int32_t add_requantized(struct q_graph *g, int32_t number, const struct q_quant *quant)
{
	struct ir_shape shape = g->tensors[number].shape;
	int32_t added = q_add_tensor(g, g->tensors[number].name, TFL_INT8, &shape);
	int ret;

	if (added < 0)
		return added;
	g->tensors[added].quant = *quant;
	ret = q_add_op(g, &(struct tfl_op) { .code = TFL_QUANTIZE }, &number, 1, &added, 1);
	return ret < 0 ? ret : added;
}

/* Weights and bias of a product whose input has @in_scale */
static int quantize_product(struct q_graph *g, struct q_op *op, float in_scale)
{
	uint32_t bias = op->options.code == TFL_TRANSPOSE_CONV ? 3 : 2;
	struct q_quant scales = { .scale = (float[]) { 1 }, .count = 1 };
	int dim;
	uint32_t k = weights_of(g, op, &dim);
	int32_t added;

	if (k) {
		added = add_weights(g, op->in[k], dim, op->options.code == TFL_FULLY_CONNECTED);
		if (added < 0)
			return added;
		op->in[k] = added;
		scales = g->tensors[added].quant;
	} else if (op->in_count > 1 && op->in[1] >= 0) {
		scales = g->tensors[op->in[1]].quant;
	}
	if (op->in_count <= bias || op->in[bias] < 0)
		return 0;
	if (!g->tensors[op->in[bias]].real)
		return v3c_fail(g->ctx, ENOTSUP, "operator %u (%s): its bias is not constant",
				op->options.tag, tfl_op_name(op->options.code));
	added = add_bias(g, op->in[bias], in_scale, &scales);
	if (added < 0)
		return added;
	op->in[bias] = added;
	return 0;
}

static bool is_product(int32_t code)
{
	return code == TFL_CONV_2D || code == TFL_DEPTHWISE_CONV_2D ||
	       code == TFL_FULLY_CONNECTED || code == TFL_TRANSPOSE_CONV;
}

static bool same_quant(const struct q_quant *a, const struct q_quant *b)
{
	return a->scale[0] == b->scale[0] && a->zero_point == b->zero_point;
}

/* Operator @from of the graph @real */
static int quantize_op(struct q_graph *g, const struct q_graph *real,
		       const struct q_groups *groups, const struct q_op *from)
{
	struct q_op op = *from;
	bool same = q_keeps_scale(from);
	const struct q_group *own = NULL;
	uint32_t k;
	int32_t added;
	int ret;

	op.in = v3c_alloc(g->ctx, op.in_count, sizeof(*op.in));
	if (!op.in)
		return v3c_no_memory(g->ctx);
	if (groups->of[op.out[0]] >= 0)
		own = &groups->list[groups->of[op.out[0]]];
	for (k = 0; k < op.in_count; k++) {
		op.in[k] = from->in[k];
		if (!q_is_activation(real, from, k))
			continue;
		added = op.in[k];
		if (g->tensors[op.in[k]].real)
			added = add_constant(g, op.in[k], same ? own : NULL);
		else if (same && own &&
			 !same_quant(&g->tensors[op.in[k]].quant,
				     &g->tensors[op.out[0]].quant))
			added = add_requantized(g, op.in[k], &g->tensors[op.out[0]].quant);
		if (added < 0)
			return added;
		op.in[k] = added;
	}
	if (is_product(op.options.code)) {
		uint32_t input = op.options.code == TFL_TRANSPOSE_CONV ? 2 : 0;

		ret = quantize_product(g, &op, g->tensors[op.in[input]].quant.scale[0]);
		if (ret)
			return ret;
	}
	ret = q_add_op(g, &op.options, op.in, op.in_count, op.out, op.out_count);
	return ret < 0 ? ret : 0;
}

/* Every activation becomes int8 with its group's scale */
static int set_types(struct q_graph *g, const struct q_groups *groups)
{
	float *scale = v3c_alloc(g->ctx, groups->count, sizeof(*scale));
	uint32_t i;

	if (!scale)
		return v3c_no_memory(g->ctx);
	for (i = 0; i < groups->count; i++)
		scale[i] = groups->list[i].scale;
	for (i = 0; i < g->tensor_count; i++) {
		if (groups->of[i] < 0 || g->tensors[i].real)
			continue;
		g->tensors[i].type = TFL_INT8;
		g->tensors[i].origin = 1 + i;
		g->tensors[i].quant = (struct q_quant) {
			.scale = &scale[groups->of[i]], .count = 1,
			.zero_point = groups->list[groups->of[i]].zero_point,
		};
	}
	return 0;
}

int q_quantize(const struct q_graph *from, const struct q_groups *groups, struct v3c_ctx *ctx,
	       struct q_graph *out)
{
	uint32_t i;
	int ret = q_copy(from, ctx, out);

	if (!ret)
		ret = set_types(out, groups);
	out->op_count = 0;
	for (i = 0; !ret && i < from->op_count; i++)
		ret = quantize_op(out, from, groups, &from->ops[i]);
	return ret ? ret : q_remove_unused(out);
}

int q_quantize_weights(const struct q_graph *from, struct v3c_ctx *ctx, struct q_graph *out)
{
	uint32_t i, k;
	int dim, ret = q_copy(from, ctx, out);

	for (i = 0; !ret && i < out->op_count; i++) {
		int32_t added;

		k = weights_of(out, &out->ops[i], &dim);
		if (!k)
			continue;
		added = add_weights(out, out->ops[i].in[k], dim,
				    out->ops[i].options.code == TFL_FULLY_CONNECTED);
		if (added < 0)
			return added;
		out->ops[i].in[k] = added;
	}
	return ret ? ret : q_remove_unused(out);
}

int q_halve(const struct q_graph *from, struct v3c_ctx *ctx, struct q_graph *out)
{
	uint32_t i;
	int ret = q_copy(from, ctx, out);

	out->op_count = 0;
	for (i = 0; !ret && i < from->tensor_count; i++) {
		const struct q_tensor t = from->tensors[i];
		int32_t whole = i, half;

		if (!t.real)
			continue;
		half = q_add_real(out, t.name, &t.shape, t.real);
		if (half < 0)
			return half;
		out->tensors[half].type = TFL_FLOAT16;
		out->tensors[i].real = NULL;
		ret = q_add_op(out, &(struct tfl_op) { .code = TFL_DEQUANTIZE }, &half, 1, &whole,
			       1);
		ret = ret < 0 ? ret : 0;
	}
	for (i = 0; !ret && i < from->op_count; i++) {
		const struct q_op *op = &from->ops[i];

		ret = q_add_op(out, &op->options, op->in, op->in_count, op->out, op->out_count);
		ret = ret < 0 ? ret : 0;
	}
	return ret ? ret : q_remove_unused(out);
}
