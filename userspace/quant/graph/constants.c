// SPDX-License-Identifier: MIT
#include "constants.h"

#include <math.h>

#define FEW		1024	/* weights for which the best scale is looked for */

uint32_t q_weights_of(const struct q_graph *g, const struct q_op *op, int *dim)
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

/* Elements from one of a channel to the next channel's */
static uint64_t inner_of(const struct q_tensor *t, int dim)
{
	uint64_t inner = 1;
	int d;

	for (d = dim + 1; d < t->shape.rank; d++)
		inner *= t->shape.dim[d];
	return inner;
}

/* The highest magnitude of each channel */
static void magnitudes(const struct q_tensor *t, int dim, float *max)
{
	uint64_t elements = ir_elements(&t->shape), inner = inner_of(t, dim), i;
	uint32_t channels = t->shape.dim[dim];

	for (i = 0; i < elements; i++) {
		uint32_t c = i / inner % channels;

		max[c] = fmaxf(max[c], fabsf(t->real[i]));
	}
}

/*
 * The scale that keeps a channel's few weights best: those that are whole multiples of
 * something, such as the distances that a detector's bins stand for, keep all they have.
 */
static float best_step(const struct q_tensor *t, int dim, uint32_t channel, float max)
{
	uint64_t elements = ir_elements(&t->shape), inner = inner_of(t, dim), i;
	float best = max / WEIGHT_MAX;
	double least = INFINITY;
	int steps;

	for (steps = WEIGHT_MAX; steps > 0; steps--) {
		float step = max / steps;
		double error = 0;

		for (i = 0; i < elements; i++) {
			double d = t->real[i] - step * roundf(t->real[i] / step);

			if (i / inner % t->shape.dim[dim] == channel)
				error += d * d;
		}
		if (error < least * (1 - 1e-6)) {
			least = error;
			best = step;
		}
	}
	return best;
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
			scale[c] = fmaxf(scale[c], all * 0x1p-16f);
		for (c = 0; c < channels; c++)
			scale[c] = ir_elements(&t->shape) > FEW ? scale[c] / WEIGHT_MAX :
				   best_step(t, dim, c, scale[c]);
	}
	return 0;
}

static int8_t store(float real, float scale, int32_t zero_point, int low)
{
	float q = roundf(real / scale) + zero_point;

	return q < low ? low : q > INT8_MAX ? INT8_MAX : (int8_t)q;
}

static int store_weights(struct q_graph *g, const struct q_op *op, const struct q_tensor *t,
			 int dim, struct q_stored *s)
{
	bool whole = op->options.code == TFL_FULLY_CONNECTED;
	uint64_t elements = ir_elements(&t->shape), inner = inner_of(t, dim), i;
	int8_t *data = v3c_alloc(g->ctx, elements, 1);
	int ret;

	if (!data)
		return v3c_no_memory(g->ctx);
	ret = weight_scales(g, t, dim, whole, &s->quant);
	if (ret)
		return ret;
	for (i = 0; i < elements; i++) {
		uint64_t channel = i / inner % t->shape.dim[dim] % s->quant.count;

		data[i] = store(t->real[i], s->quant.scale[channel], 0, -WEIGHT_MAX);
	}
	s->data = data;
	s->dim = dim;
	return 0;
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

static int store_constant(struct q_graph *g, const struct q_tensor *t, const struct q_group *group,
			  struct q_stored *s)
{
	uint64_t elements = ir_elements(&t->shape), i;
	float *scale = v3c_alloc(g->ctx, 1, sizeof(*scale));
	int8_t *data = v3c_alloc(g->ctx, elements, 1);
	int32_t zero_point;

	if (!data || !scale)
		return v3c_no_memory(g->ctx);
	if (group) {
		*scale = group->scale;
		zero_point = group->zero_point;
	} else {
		best_scale(t, scale, &zero_point);
	}
	for (i = 0; i < elements; i++)
		data[i] = store(t->real[i], *scale, zero_point, INT8_MIN);
	*s = (struct q_stored) {
		.data = data, .dim = -1,
		.quant = { .scale = scale, .zero_point = zero_point, .count = 1 },
	};
	return 0;
}

/* What an operator reads constant of @g->tensors[@number] as, once and for all */
static int keep(struct q_graph *g, const struct q_op *op, int32_t number, int dim)
{
	struct q_stored *s = v3c_alloc(g->ctx, 1, sizeof(*s));
	struct q_tensor *t = &g->tensors[number];
	int ret;

	if (!s)
		return v3c_no_memory(g->ctx);
	ret = dim < 0 ? store_constant(g, t, NULL, s) : store_weights(g, op, t, dim, s);
	if (!ret)
		t->stored = s;
	return ret;
}

int q_store_constants(struct q_graph *g)
{
	uint32_t i, k;
	int dim, ret = 0;

	for (i = 0; !ret && i < g->op_count; i++) {
		const struct q_op *op = &g->ops[i];
		uint32_t weights = q_weights_of(g, op, &dim);

		if (weights && !g->tensors[op->in[weights]].stored)
			ret = keep(g, op, op->in[weights], dim);
		for (k = 0; !ret && k < op->in_count; k++)
			if (q_is_activation(g, op, k) && g->tensors[op->in[k]].real &&
			    !q_keeps_scale(op) && !g->tensors[op->in[k]].stored)
				ret = keep(g, op, op->in[k], -1);
	}
	return ret;
}

static int32_t add_stored(struct q_graph *g, int32_t number, const struct q_stored *s)
{
	const struct q_tensor t = g->tensors[number];
	int32_t added = q_add_tensor(g, t.name, TFL_INT8, &t.shape);

	if (added < 0)
		return added;
	g->tensors[added].data = s->data;
	g->tensors[added].size = ir_elements(&t.shape);
	g->tensors[added].quant = s->quant;
	return added;
}

int32_t q_add_weights(struct q_graph *g, const struct q_op *op, int32_t number, int dim)
{
	const struct q_tensor *t = &g->tensors[number];
	struct q_stored s;
	int ret = 0;

	if (t->stored && t->stored->dim == dim)
		s = *t->stored;
	else
		ret = store_weights(g, op, t, dim, &s);
	return ret ? ret : add_stored(g, number, &s);
}

int32_t q_add_constant(struct q_graph *g, int32_t number, const struct q_group *group)
{
	const struct q_tensor *t = &g->tensors[number];
	struct q_stored s;
	int ret = 0;

	if (!group && t->stored && t->stored->dim < 0)
		s = *t->stored;
	else
		ret = store_constant(g, t, group, &s);
	return ret ? ret : add_stored(g, number, &s);
}

int32_t q_add_bias(struct q_graph *g, int32_t number, float in_scale,
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
