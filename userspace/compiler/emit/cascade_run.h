/* SPDX-License-Identifier: MIT */
/*
 * A cascade stripe by stripe: what planning and lowering it share.
 */
#ifndef V3C_CASCADE_RUN_H
#define V3C_CASCADE_RUN_H

#include "cascade.h"

#define CASCADE_MAX_NODES	48

/* Rows of an operand's window: @span of them, @stride apart, the first @pad above the operand */
struct cascade_window_shape {
	uint32_t stride;
	uint32_t pad;
	uint64_t span;
};

/* Of a CONV or POOL; false for nodes that need of an operand the rows that they make */
bool v3c_cascade_window_shape(const struct ir_node *node, struct cascade_window_shape *shape);

/**
 * v3c_cascade_row_repeat() - how often a RESIZE repeats each row
 * @graph: graph
 * @node: a RESIZE
 *
 * Return: that, if some rows of it are the RESIZE of some rows; otherwise 0.
 */
uint32_t v3c_cascade_row_repeat(const struct ir_graph *graph, const struct ir_node *node);

/* Nodes that use a buffer: the first and the last, -1 if there are none */
struct cascade_use {
	int first;
	int last;
};

/**
 * struct cascade_window - a buffer that only a cascade uses
 * @buffer: which
 * @node: the first that writes it
 * @row: bytes of a row
 * @rows: how many must fit
 * @base: number of the row at its start
 */
struct cascade_window {
	int buffer;
	int node;
	uint64_t row;
	uint32_t rows;
	uint32_t base;
};

/**
 * struct cascade_run - a cascade while it runs
 * @l: lowering
 * @cascade: which
 * @uses: of each of the graph's buffers
 * @need: rows that are needed, of each of the graph's values
 * @progress: rows that each node has made
 * @target: rows that each is to have made after the stripe
 * @windows: @window_count windows
 */
struct cascade_run {
	struct lowering *l;
	const struct cascade *cascade;
	struct cascade_use *uses;
	uint32_t *need;
	uint32_t progress[CASCADE_MAX_NODES];
	uint32_t target[CASCADE_MAX_NODES];
	struct cascade_window windows[CASCADE_MAX_NODES];
	int window_count;
};

/* For cascades of this graph; -ENOMEM */
int v3c_cascade_run_init(struct cascade_run *run, struct v3c_ctx *ctx,
			 const struct ir_graph *graph);

/* Before a cascade's first stripe */
void v3c_cascade_start(struct cascade_run *run, struct lowering *l, const struct cascade *cascade);

/* Stripe @k, after all before it; with @lower it is lowered, otherwise only followed */
int v3c_cascade_stripe(struct cascade_run *run, uint32_t k, bool lower);

/* How many stripes it has */
uint32_t v3c_cascade_stripes(const struct ir_graph *graph, const struct cascade *cascade);

#endif /* V3C_CASCADE_RUN_H */
