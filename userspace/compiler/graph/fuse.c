// SPDX-License-Identifier: MIT
/*
 * A function of one value is a table, and every command that computes has a
 * table as its last step: where the function is the only reader of a result,
 * that step does it for nothing.
 */
#include <string.h>

#include "passes.h"

static bool has_table(enum ir_kind kind)
{
	return kind == IR_CONV || kind == IR_TRANSPOSE_CONV || kind == IR_MATMUL ||
	       kind == IR_ELTWISE || kind == IR_POOL || kind == IR_TABLE;
}

/*
 * The node that computes @value, seen through views that keep all elements;
 * NULL if something else reads any of what lies between.
 */
static struct ir_node *sole_source(struct ir_graph *g, int value)
{
	for (;;) {
		const struct ir_value *v = &g->values[value];
		struct ir_node *n;

		if (v->producer < 0 || v->use_count != 1 || v->output >= 0)
			return NULL;
		n = &g->nodes[v->producer];
		if (has_table(n->kind))
			return n;
		if (n->kind != IR_RESHAPE && n->kind != IR_TRANSPOSE)
			return NULL;
		value = n->in[0];
	}
}

static int add_table(struct v3c_ctx *ctx, struct ir_node *n, const int8_t *table)
{
	int8_t *all = v3c_alloc(ctx, 1, V3C_TABLE_SIZE);

	if (!all)
		return v3c_no_memory(ctx);
	memcpy(all, n->table ? n->table : table, V3C_TABLE_SIZE);
	if (n->table)
		v3c_table_compose(all, table);
	n->table = all;
	return 0;
}

int v3c_fuse_tables(struct v3c_ctx *ctx, struct ir_graph *g)
{
	int i, ret;

	for (i = 0; i < g->node_count; i++) {
		struct ir_node *fn = &g->nodes[i], *source;
		int value;

		if (fn->dead || fn->kind != IR_TABLE)
			continue;
		source = sole_source(g, fn->in[0]);
		if (!source)
			continue;
		ret = add_table(ctx, source, fn->table);
		if (ret)
			return ret;
		source->op = fn->op;
		/* What lies between now holds the function's values, not the file's tensors */
		for (value = fn->in[0];; value = g->nodes[g->values[value].producer].in[0]) {
			g->values[value].tensor = -1;
			if (value == source->out)
				break;
		}
		fn->kind = IR_RESHAPE;
		fn->table = NULL;
		if (fn->in[0] != source->out)
			continue;
		/* No view between: the source writes the function's result itself */
		g->values[fn->out].producer = source - g->nodes;
		g->values[source->out].use_count = 0;
		source->out = fn->out;
		fn->dead = true;
	}
	return v3c_ir_update_uses(ctx, g);
}
