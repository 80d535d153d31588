// SPDX-License-Identifier: MIT
/*
 * x * LOGISTIC(x) is a function of one int8, and so is every tree of tables and
 * elementwise operators whose leaves are one value and constants: SiLU, HARD_SWISH,
 * GELU or Mish as exporters unroll them. Each result of such a tree that
 * anything else reads becomes one table of the value; what lies between is gone.
 *
 * A tree begins anew at a result that is needed in any case. So what only
 * follows from that is a table of it and not of the tree's first value, which
 * has then one reader less.
 */
#include <string.h>

#include "model/eltwise.h"
#include "passes.h"

/* Trees that a value is taken back through; no file of a real model comes near */
#define MAX_STEPS	64

enum constant { UNKNOWN, VARIES, UNIFORM };

/**
 * struct origin - what a value is a function of
 * @root: first value of all trees that it is in; itself, if it is no function
 * @base: value that it is a table of, one that is needed; -1 if it is no function
 * @table: that table
 * @needed: something but these functions reads it
 * @constant: is it one element for all?
 */
struct origin {
	int root;
	int base;
	int8_t *table;
	bool needed;
	enum constant constant;
};

/**
 * struct argument - an operand of a function, followed back
 * @value: a value
 * @table: the operand is this of it
 */
struct argument {
	int value;
	int8_t table[V3C_TABLE_SIZE];
};

/**
 * struct combination - the pass
 * @ctx: compilation
 * @graph: graph
 * @origins: of its values
 */
struct combination {
	struct v3c_ctx *ctx;
	struct ir_graph *graph;
	struct origin *origins;
};

/* A constant that is the same for all elements? Each is looked at once */
static bool is_uniform(struct combination *c, int value)
{
	const struct ir_value *v = &c->graph->values[value];
	struct origin *o = &c->origins[value];

	if (!v->data)
		return false;
	if (o->constant == UNKNOWN)
		o->constant = memcmp(v->data, v->data + 1, ir_elements(&v->shape) - 1) ? VARIES :
											 UNIFORM;
	return o->constant == UNIFORM;
}

/* The value that all of the node's operands that are not uniform come from; -1 if there is none */
static int root_of_operands(struct combination *c, const struct ir_node *n)
{
	int root = -1, i;

	if (n->kind != IR_TABLE && n->kind != IR_ELTWISE)
		return -1;
	for (i = 0; i < n->in_count; i++) {
		int from = c->origins[n->in[i]].root;

		if (is_uniform(c, n->in[i]))
			continue;
		if (root >= 0 && root != from)
			return -1;
		root = from;
	}
	return root;
}

static void find_roots(struct combination *c)
{
	const struct ir_graph *g = c->graph;
	int i;

	for (i = 0; i < g->value_count; i++)
		c->origins[i] = (struct origin){ .root = i, .base = -1 };
	for (i = 0; i < g->node_count; i++) {
		const struct ir_node *n = &g->nodes[i];
		int root = n->dead ? -1 : root_of_operands(c, n);

		/* A constant of more dimensions would make the result larger */
		if (root >= 0 && v3c_ir_same_shape(&g->values[root].shape, &g->values[n->out].shape))
			c->origins[n->out].root = root;
	}
}

static bool is_function(const struct combination *c, const struct ir_node *n)
{
	return c->origins[n->out].root != n->out;
}

static void find_needed(struct combination *c)
{
	const struct ir_graph *g = c->graph;
	int i, k;

	for (i = 0; i < g->value_count; i++) {
		const struct ir_value *v = &g->values[i];
		struct origin *o = &c->origins[i];

		o->needed = o->root == i || v->output >= 0;
		for (k = 0; k < v->use_count && !o->needed; k++)
			o->needed = !is_function(c, &g->nodes[g->uses[v->first_use + k]]);
	}
}

/* Goes back to the value that the argument's is a table of; false if there is none */
static bool step_back(const struct combination *c, struct argument *a)
{
	const struct origin *o = &c->origins[a->value];
	int8_t table[V3C_TABLE_SIZE];

	if (o->base < 0)
		return false;
	memcpy(table, o->table, sizeof(table));
	v3c_table_compose(table, a->table);
	memcpy(a->table, table, sizeof(table));
	a->value = o->base;
	return true;
}

/* An operand as a table of the nearest value that is needed */
static void begin(const struct combination *c, struct argument *a, int value)
{
	int q;

	a->value = value;
	for (q = INT8_MIN; q <= INT8_MAX; q++)
		a->table[q - INT8_MIN] = q;
	if (!c->origins[value].needed)
		step_back(c, a);
}

/* Goes back until both are tables of one value; false if that is too far */
static bool meet(const struct combination *c, struct argument *a, struct argument *b)
{
	const struct ir_value *values = c->graph->values;
	int steps;

	for (steps = 0; a->value != b->value; steps++) {
		/* The later one can be a table of the earlier one, but not the other way round */
		bool first = values[a->value].producer > values[b->value].producer;

		if (steps == MAX_STEPS || !step_back(c, first ? a : b))
			return false;
	}
	return true;
}

/* Both operands of an ELTWISE as tables of @a[0].value */
static bool find_arguments(struct combination *c, const struct ir_node *n, struct argument a[2])
{
	int i;

	for (i = 0; i < 2; i++) {
		if (is_uniform(c, n->in[i]))
			memset(a[i].table, *c->graph->values[n->in[i]].data, sizeof(a[i].table));
		else
			begin(c, &a[i], n->in[i]);
	}
	if (is_uniform(c, n->in[0]))
		a[0].value = a[1].value;
	return is_uniform(c, n->in[0]) || is_uniform(c, n->in[1]) || meet(c, &a[0], &a[1]);
}

/* The function that a node computes, as a table of the value @base; false if it stays as it is */
static bool evaluate(struct combination *c, const struct ir_node *n, int8_t *table, int *base)
{
	struct argument a[2];
	int i;

	if (n->kind == IR_ELTWISE) {
		const struct v3npu_cmd_eltwise cmd = v3c_ir_eltwise_cmd(&n->eltwise);

		if (!find_arguments(c, n, a))
			return false;
		for (i = 0; i < V3C_TABLE_SIZE; i++)
			table[i] = v3npu_eltwise(&cmd, a[0].table[i], a[1].table[i]);
	} else {
		begin(c, &a[0], n->in[0]);
		memcpy(table, a[0].table, V3C_TABLE_SIZE);
		v3c_table_compose(table, n->table);
	}
	*base = a[0].value;
	return true;
}

int v3c_combine_functions(struct v3c_ctx *ctx, struct ir_graph *g)
{
	struct combination c = {
		.ctx = ctx, .graph = g,
		.origins = v3c_alloc(ctx, g->value_count, sizeof(*c.origins)),
	};
	int i;

	if (!c.origins)
		return v3c_no_memory(ctx);
	find_roots(&c);
	find_needed(&c);
	for (i = 0; i < g->node_count; i++) {
		struct ir_node *n = &g->nodes[i];
		struct origin *o = &c.origins[n->out];

		if (n->dead || !is_function(&c, n))
			continue;
		o->table = v3c_alloc(ctx, 1, V3C_TABLE_SIZE);
		if (!o->table)
			return v3c_no_memory(ctx);
		if (!evaluate(&c, n, o->table, &o->base) || !o->needed)
			continue;
		n->kind = IR_TABLE;
		n->table = o->table;
		n->in[0] = o->base;
		n->in_count = 1;
	}
	return v3c_ir_update_uses(ctx, g) ?: v3c_ir_remove_unused(ctx, g);
}
