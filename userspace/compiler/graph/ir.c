// SPDX-License-Identifier: MIT
#include "ir.h"

#include <string.h>

bool v3c_ir_same_shape(const struct ir_shape *a, const struct ir_shape *b)
{
	return a->rank == b->rank && !memcmp(a->dim, b->dim, a->rank * sizeof(a->dim[0]));
}

/*
 * The array with room for one more element, or NULL; doubles, so that growing
 * stays linear.
 */
static void *grow(struct v3c_ctx *ctx, void *array, int count, int *room, size_t size)
{
	void *bigger;
	int want;

	if (count < *room)
		return array;
	want = *room ? *room * 2 : 64;
	bigger = v3c_alloc(ctx, want, size);
	if (!bigger)
		return NULL;
	if (count)
		memcpy(bigger, array, count * size);
	*room = want;
	return bigger;
}

int v3c_ir_add_value(struct v3c_ctx *ctx, struct ir_graph *g, const struct ir_shape *shape,
		     struct v3c_quant quant)
{
	struct ir_value *v = grow(ctx, g->values, g->value_count, &g->value_room,
				  sizeof(*g->values));

	if (!v)
		return v3c_no_memory(ctx);
	g->values = v;
	v += g->value_count;
	v->tensor = -1;
	v->producer = -1;
	v->output = -1;
	v->shape = *shape;
	v->quant = quant;
	return g->value_count++;
}

int v3c_ir_add_node(struct v3c_ctx *ctx, struct ir_graph *g, enum ir_kind kind, uint32_t op,
		    int in_count, int out)
{
	struct ir_node *n = grow(ctx, g->nodes, g->node_count, &g->node_room, sizeof(*g->nodes));

	if (!n)
		return v3c_no_memory(ctx);
	g->nodes = n;
	n += g->node_count;
	n->in = v3c_alloc(ctx, in_count, sizeof(*n->in));
	if (!n->in)
		return v3c_no_memory(ctx);
	n->kind = kind;
	n->op = op;
	n->main_op = op;
	n->in_count = in_count;
	n->out = out;
	return g->node_count++;
}

int v3c_ir_insert_node(struct v3c_ctx *ctx, struct ir_graph *g, int at, enum ir_kind kind,
		       const struct ir_node *like, int in, int out)
{
	uint32_t main_op = like->main_op;
	int node = v3c_ir_add_node(ctx, g, kind, like->op, 1, out);
	struct ir_node new;

	if (node < 0)
		return node;
	new = g->nodes[node];
	new.in[0] = in;
	new.main_op = main_op;
	memmove(g->nodes + at + 1, g->nodes + at, (node - at) * sizeof(*g->nodes));
	g->nodes[at] = new;
	return 0;
}

struct v3npu_cmd_eltwise v3c_ir_eltwise_cmd(const struct ir_eltwise *e)
{
	return (struct v3npu_cmd_eltwise){
		.operand = { e->operand[0], e->operand[1] },
		.multiplier = e->multiplier, .shift = e->shift, .op = e->op,
		.left_shift = e->left_shift, .zero_point = e->zero_point,
		.min = e->min, .max = e->max,
	};
}

int v3c_ir_add_buffer(struct v3c_ctx *ctx, struct ir_graph *g, uint32_t region, uint64_t size)
{
	struct ir_buffer *b = grow(ctx, g->buffers, g->buffer_count, &g->buffer_room,
				   sizeof(*g->buffers));

	if (!b)
		return v3c_no_memory(ctx);
	g->buffers = b;
	b += g->buffer_count;
	b->region = region;
	b->size = size;
	b->first = -1;
	b->last = -1;
	return g->buffer_count++;
}

int v3c_ir_update_uses(struct v3c_ctx *ctx, struct ir_graph *g)
{
	int total = 0, i, k;

	for (i = 0; i < g->value_count; i++) {
		g->values[i].use_count = 0;
		g->values[i].producer = -1;
	}
	for (i = 0; i < g->node_count; i++) {
		const struct ir_node *n = &g->nodes[i];

		if (n->dead)
			continue;
		g->values[n->out].producer = i;
		for (k = 0; k < n->in_count; k++)
			g->values[n->in[k]].use_count++;
		total += n->in_count;
	}
	g->uses = v3c_alloc(ctx, total, sizeof(*g->uses));
	if (!g->uses)
		return v3c_no_memory(ctx);
	for (i = 0, total = 0; i < g->value_count; i++) {
		g->values[i].first_use = total;
		total += g->values[i].use_count;
		g->values[i].use_count = 0;
	}
	for (i = 0; i < g->node_count; i++) {
		const struct ir_node *n = &g->nodes[i];

		for (k = 0; !n->dead && k < n->in_count; k++) {
			struct ir_value *v = &g->values[n->in[k]];

			g->uses[v->first_use + v->use_count++] = i;
		}
	}
	return 0;
}

int v3c_ir_remove_unused(struct v3c_ctx *ctx, struct ir_graph *g)
{
	int i, k;

	for (i = g->node_count - 1; i >= 0; i--) {
		struct ir_node *n = &g->nodes[i];

		if (n->dead || g->values[n->out].use_count || g->values[n->out].output >= 0)
			continue;
		n->dead = true;
		for (k = 0; k < n->in_count; k++)
			g->values[n->in[k]].use_count--;
	}
	return v3c_ir_update_uses(ctx, g);
}
