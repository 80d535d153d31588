// SPDX-License-Identifier: MIT
#include "quantize.h"

#include <errno.h>

#include "constants.h"

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
	uint32_t k = q_weights_of(g, op, &dim);
	int32_t added;

	if (k) {
		added = q_add_weights(g, op, op->in[k], dim);
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
				op->options.tag, v3c_tfl_op_name(op->options.code));
	added = q_add_bias(g, op->in[bias], in_scale, &scales);
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
			added = q_add_constant(g, op.in[k], same ? own : NULL);
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

		k = q_weights_of(out, &out->ops[i], &dim);
		if (!k)
			continue;
		added = q_add_weights(out, &out->ops[i], out->ops[i].in[k], dim);
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
