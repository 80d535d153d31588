// SPDX-License-Identifier: MIT
#include "channels.h"

uint32_t q_channel_count(const struct q_tensor *t)
{
	return t->shape.rank ? t->shape.dim[t->shape.rank - 1] : 1;
}

static bool is_float(const struct q_graph *g, int32_t tensor)
{
	return tensor >= 0 && g->tensors[tensor].type == TFL_FLOAT32 && !g->tensors[tensor].real;
}

/* A float constant that only one operator has */
static bool is_own(const struct q_graph *g, int32_t tensor)
{
	return tensor >= 0 && g->tensors[tensor].real && q_readers(g, tensor) == 1;
}

static bool is_homogeneous(uint8_t activation)
{
	return activation == TFL_ACT_NONE || activation == TFL_ACT_RELU;
}

bool q_takes_factors(const struct q_graph *g, const struct q_op *op)
{
	const struct ir_shape *weights;
	uint32_t channels;

	if (op->options.code != TFL_CONV_2D || op->in_count != 3 || !is_float(g, op->in[0]) ||
	    !is_own(g, op->in[1]) || !is_own(g, op->in[2]) ||
	    !is_homogeneous(op->options.activation))
		return false;
	weights = &g->tensors[op->in[1]].shape;
	channels = q_channel_count(&g->tensors[op->in[0]]);
	return weights->rank == 4 && weights->dim[3] && channels % weights->dim[3] == 0 &&
	       channels >= weights->dim[3] &&
	       weights->dim[0] % (channels / weights->dim[3]) == 0 &&
	       weights->dim[0] == q_channel_count(&g->tensors[op->out[0]]) &&
	       weights->dim[0] == ir_elements(&g->tensors[op->in[2]].shape);
}

static uint32_t root(struct q_channels *c, uint32_t node)
{
	while (c->of[node] != node) {
		c->of[node] = c->of[c->of[node]];
		node = c->of[node];
	}
	return node;
}

/* The next @count channels of two tensors are scaled together */
static void join(struct q_channels *c, int32_t a, uint32_t at_a, int32_t b, uint32_t at_b,
		 uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		uint32_t x = root(c, c->first[a] + at_a + i), y = root(c, c->first[b] + at_b + i);

		c->of[y] = x;
		c->fixed[x] |= c->fixed[y];
	}
}

static void fix(const struct q_graph *g, struct q_channels *c, int32_t tensor)
{
	uint32_t i;

	for (i = 0; is_float(g, tensor) && i < q_channel_count(&g->tensors[tensor]); i++)
		c->fixed[root(c, c->first[tensor] + i)] = true;
}

/* Reads and writes channels in the same places */
static bool join_same(const struct q_graph *g, struct q_channels *c, const struct q_op *op,
		      uint32_t inputs)
{
	uint32_t count = q_channel_count(&g->tensors[op->out[0]]), k;

	if (!is_homogeneous(op->options.activation))
		return false;
	for (k = 0; k < inputs; k++)
		if (!is_float(g, op->in[k]) || q_channel_count(&g->tensors[op->in[k]]) != count)
			return false;
	for (k = 0; k < inputs; k++)
		join(c, op->out[0], 0, op->in[k], 0, count);
	return true;
}

static bool join_concatenation(const struct q_graph *g, struct q_channels *c,
			       const struct q_op *op)
{
	int rank = g->tensors[op->out[0]].shape.rank;
	uint32_t at = 0, k;

	if ((op->options.axis != rank - 1 && op->options.axis != -1) || op->options.activation)
		return false;
	for (k = 0; k < op->in_count; k++) {
		if (!is_float(g, op->in[k]))
			return false;
		at += q_channel_count(&g->tensors[op->in[k]]);
	}
	if (at != q_channel_count(&g->tensors[op->out[0]]))
		return false;
	for (at = k = 0; k < op->in_count; k++) {
		uint32_t count = q_channel_count(&g->tensors[op->in[k]]);

		join(c, op->out[0], at, op->in[k], 0, count);
		at += count;
	}
	return true;
}

static bool join_slice(const struct q_graph *g, struct q_channels *c, const struct q_op *op)
{
	const struct ir_shape *from = &g->tensors[op->in[0]].shape;
	int last = from->rank - 1, d;
	int64_t list[3][V3C_MAX_RANK];
	uint32_t begin, count;

	if (op->in_count != 4 || !is_float(g, op->in[0]) || from->rank < 1 ||
	    from->rank != g->tensors[op->out[0]].shape.rank || op->options.mask[2] ||
	    op->options.mask[3] || op->options.mask[4])
		return false;
	for (d = 0; d < 3; d++)
		if (q_integers(g, op->in[1 + d], list[d], V3C_MAX_RANK) != from->rank)
			return false;
	if (list[2][last] != 1 ||
	    !v3c_tfl_slice_dim(&op->options, last, from->dim[last], list[0][last], list[1][last], 1,
			       &begin, &count) ||
	    count != q_channel_count(&g->tensors[op->out[0]]))
		return false;
	join(c, op->out[0], 0, op->in[0], begin, count);
	return true;
}

/* Joins what a factor passes through; false if it does not */
static bool pass(const struct q_graph *g, struct q_channels *c, const struct q_op *op)
{
	switch (op->options.code) {
	case TFL_CONV_2D:
		return q_takes_factors(g, op);
	case TFL_PAD:
	case TFL_MAX_POOL_2D:
	case TFL_AVERAGE_POOL_2D:
	case TFL_RESIZE_NEAREST_NEIGHBOR:
	case TFL_RESIZE_BILINEAR:
	case TFL_RELU:
	case TFL_LEAKY_RELU:
		return join_same(g, c, op, 1);
	case TFL_ADD:
	case TFL_SUB:
		return join_same(g, c, op, 2);
	case TFL_CONCATENATION:
		return join_concatenation(g, c, op);
	case TFL_STRIDED_SLICE:
		return join_slice(g, c, op);
	default:
		return false;
	}
}

int q_channels_find(const struct q_graph *g, struct q_channels *c)
{
	uint32_t i, k;

	*c = (struct q_channels) {};
	c->first = v3c_alloc(g->ctx, g->tensor_count, sizeof(*c->first));
	if (!c->first)
		return v3c_no_memory(g->ctx);
	for (i = 0; i < g->tensor_count; i++) {
		c->first[i] = c->count;
		if (is_float(g, i))
			c->count += q_channel_count(&g->tensors[i]);
	}
	c->of = v3c_alloc(g->ctx, c->count, sizeof(*c->of));
	c->fixed = v3c_alloc(g->ctx, c->count, sizeof(*c->fixed));
	if (!c->of || !c->fixed)
		return v3c_no_memory(g->ctx);
	for (i = 0; i < c->count; i++)
		c->of[i] = i;
	for (i = 0; i < g->input_count; i++)
		fix(g, c, g->inputs[i]);
	for (i = 0; i < g->output_count; i++)
		fix(g, c, g->outputs[i]);
	for (i = 0; i < g->op_count; i++) {
		const struct q_op *op = &g->ops[i];

		if (pass(g, c, op))
			continue;
		for (k = 0; k < op->in_count; k++)
			fix(g, c, op->in[k]);
		for (k = 0; k < op->out_count; k++)
			fix(g, c, op->out[k]);
	}
	for (i = 0; i < c->count; i++)
		c->of[i] = root(c, i);
	return 0;
}
