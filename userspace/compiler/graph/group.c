// SPDX-License-Identifier: MIT
/*
 * An exporter may unroll a grouped convolution: a SPLIT of the channels, a
 * convolution for each part, and a CONCATENATION. As commands these would be
 * many that use a sliver of the array each; they are one with groups.
 */
#include <string.h>

#include "passes.h"

/* Weights that the datapath has room for. More would be fetched again and again */
#define MAX_WEIGHTS	(64u << 10)

static uint64_t weights_size(const struct ir_graph *g, const struct ir_node *n)
{
	const struct ir_conv *c = &n->conv;

	return (uint64_t)c->kernel[0] * c->kernel[1] * g->values[n->out].shape.dim[3] *
	       (g->values[n->in[0]].shape.dim[3] / c->groups);
}

/* The convolution that makes a CONCAT's operand @k, which nothing else reads; NULL if none does */
static const struct ir_node *piece(const struct ir_graph *g, const struct ir_node *concat, int k)
{
	const struct ir_value *v = &g->values[concat->in[k]];
	const struct ir_node *n;

	if (v->producer < 0 || v->use_count != 1 || v->output >= 0)
		return NULL;
	n = &g->nodes[v->producer];
	return n->kind == IR_CONV && !n->conv.depthwise && !n->table ? n : NULL;
}

/* The value whose channels from @begin on are a convolution's input; -1 if there is none */
static int whole_of(const struct ir_graph *g, const struct ir_node *n, uint32_t begin)
{
	const struct ir_value *in = &g->values[n->in[0]];
	const struct ir_node *slice = in->producer < 0 ? NULL : &g->nodes[in->producer];
	int d;

	if (!slice || slice->kind != IR_SLICE || slice->slice.begin[3] != begin ||
	    slice->slice.step[3] != 1)
		return -1;
	for (d = 0; d < 3; d++)
		if (in->shape.dim[d] != g->values[slice->in[0]].shape.dim[d])
			return -1;
	return slice->in[0];
}

/* Do they differ in nothing but weights, channels' constants and the number of groups? */
static bool alike(const struct ir_graph *g, const struct ir_node *a, const struct ir_node *b)
{
	const struct ir_conv *x = &a->conv, *y = &b->conv;

	return !memcmp(x->kernel, y->kernel, sizeof(x->kernel)) &&
	       !memcmp(x->stride, y->stride, sizeof(x->stride)) &&
	       !memcmp(x->dilation, y->dilation, sizeof(x->dilation)) &&
	       !memcmp(x->pad, y->pad, sizeof(x->pad)) &&
	       x->in_zero_point == y->in_zero_point && x->pad_value == y->pad_value &&
	       x->weight_zero_point == y->weight_zero_point &&
	       x->stage.zero_point == y->stage.zero_point && x->stage.min == y->stage.min &&
	       x->stage.max == y->stage.max &&
	       g->values[a->in[0]].shape.dim[3] / x->groups ==
	       g->values[b->in[0]].shape.dim[3] / y->groups &&
	       g->values[a->out].shape.dim[3] / x->groups ==
	       g->values[b->out].shape.dim[3] / y->groups;
}

/* The value that a CONCAT's operands are convolutions of, part by part, or -1 */
static int split_value(const struct ir_graph *g, const struct ir_node *concat)
{
	uint64_t bytes = 0, channels = 0;
	int whole = -1, k;

	if (concat->dead || concat->kind != IR_CONCAT || concat->axis != 3 || concat->in_count < 2)
		return -1;
	for (k = 0; k < concat->in_count; k++) {
		const struct ir_node *n = piece(g, concat, k);
		int from = n ? whole_of(g, n, channels) : -1;

		if (from < 0 || (whole >= 0 && from != whole) ||
		    !alike(g, piece(g, concat, 0), n))
			return -1;
		whole = from;
		channels += g->values[n->in[0]].shape.dim[3];
		bytes += weights_size(g, n);
		if (bytes > MAX_WEIGHTS)
			return -1;
	}
	return channels == g->values[whole].shape.dim[3] ? whole : -1;
}

/* Makes the CONCAT the convolution of @whole that its operands are together */
static int group(struct v3c_ctx *ctx, struct ir_graph *g, struct ir_node *concat, int whole)
{
	uint32_t channels = g->values[concat->out].shape.dim[3], outputs, i;
	struct v3npu_chan *chan = v3c_alloc(ctx, channels, sizeof(*chan));
	struct ir_conv conv = piece(g, concat, 0)->conv;
	uint8_t *weights, *to;
	uint64_t size = 0;
	int k;

	for (k = 0; k < concat->in_count; k++)
		size += weights_size(g, piece(g, concat, k));
	weights = v3c_alloc(ctx, size, sizeof(*weights));
	if (!chan || !weights)
		return v3c_no_memory(ctx);
	to = weights;
	conv.weights = -1;
	conv.data = weights;
	conv.groups = 0;
	conv.stage.chan = chan;
	conv.stage.chan_count = channels;
	for (k = 0; k < concat->in_count; k++) {
		const struct ir_node *n = piece(g, concat, k);

		outputs = g->values[n->out].shape.dim[3];
		for (i = 0; i < outputs; i++)
			*chan++ = n->conv.stage.chan[n->conv.stage.chan_count == 1 ? 0 : i];
		memcpy(to, n->conv.data, weights_size(g, n));
		to += weights_size(g, n);
		conv.groups += n->conv.groups;
		concat->main_op = n->main_op;
	}
	concat->kind = IR_CONV;
	concat->conv = conv;
	concat->in[0] = whole;
	concat->in_count = 1;
	return 0;
}

int v3c_group_convolutions(struct v3c_ctx *ctx, struct ir_graph *g)
{
	int i, ret;

	for (i = 0; i < g->node_count; i++) {
		int whole = split_value(g, &g->nodes[i]);

		ret = whole < 0 ? 0 : group(ctx, g, &g->nodes[i], whole);
		if (ret)
			return ret;
	}
	return v3c_ir_update_uses(ctx, g) ?: v3c_ir_remove_unused(ctx, g);
}
