// SPDX-License-Identifier: MIT
/*
 * The largest of a window is the largest of its rows' largest: a MAX_POOL with
 * a large window takes fewer steps as one along rows and one along columns,
 * 2 * 5 in place of 5 * 5 for each element.
 */
#include "passes.h"

/* Steps that the vector unit takes must halve, for the values between cost traffic */
#define WORTHWHILE	2

static bool is_worthwhile(const struct ir_graph *g, const struct ir_node *n)
{
	const struct ir_shape *in = &g->values[n->in[0]].shape, *out = &g->values[n->out].shape;
	uint64_t high = n->pool.kernel[0], wide = n->pool.kernel[1];

	return high * wide * out->dim[1] >=
	       WORTHWHILE * (wide * in->dim[1] + high * out->dim[1]);
}

/* The rows' largest: a new value, and the node that makes it */
static int split(struct v3c_ctx *ctx, struct ir_graph *g, int at)
{
	struct ir_node *n = &g->nodes[at];
	int in = n->in[0], value, ret;
	struct ir_shape shape = g->values[in].shape;
	struct ir_pool *rows, *columns;

	shape.dim[2] = g->values[n->out].shape.dim[2];
	value = v3c_ir_add_value(ctx, g, &shape, g->values[in].quant);
	if (value < 0)
		return value;
	ret = v3c_ir_insert_node(ctx, g, at, IR_POOL, n, in, value);
	if (ret)
		return ret;
	rows = &g->nodes[at].pool;
	columns = &g->nodes[at + 1].pool;
	g->nodes[at + 1].in[0] = value;
	*rows = *columns;
	rows->kernel[0] = 1;
	rows->stride[0] = 1;
	rows->pad[0] = 0;
	rows->min = INT8_MIN;
	rows->max = INT8_MAX;
	columns->kernel[1] = 1;
	columns->stride[1] = 1;
	columns->pad[1] = 0;
	return 0;
}

int v3c_split_pools(struct v3c_ctx *ctx, struct ir_graph *g)
{
	int i, ret;

	for (i = 0; i < g->node_count; i++) {
		const struct ir_node *n = &g->nodes[i];

		if (n->dead || n->kind != IR_POOL || n->pool.op != V3NPU_POOL_MAX ||
		    !is_worthwhile(g, n))
			continue;
		ret = split(ctx, g, i);
		if (ret)
			return ret;
		i++;
	}
	return v3c_ir_update_uses(ctx, g);
}
