/* SPDX-License-Identifier: MIT */
/*
 * What the files that turn nodes into commands share.
 */
#ifndef V3C_LOWERING_H
#define V3C_LOWERING_H

#include "compiler/graph/consts.h"
#include "compiler/graph/ir.h"
#include "emit.h"
#include "nest.h"
#include "weights.h"

/**
 * struct lowering - a lowering in progress
 * @ctx: compilation
 * @graph: whose nodes
 * @consts: constants of the program
 * @stream: commands of the program
 * @weights: weights that are packed already
 */
struct lowering {
	struct v3c_ctx *ctx;
	struct ir_graph *graph;
	struct v3c_consts *consts;
	struct v3c_stream *stream;
	struct v3c_weights *weights;
};

/* The addresses of one command while it is made */
struct addresses {
	struct v3c_address list[V3C_MAX_ADDRESSES];
	int count;
};

/* The command has an address in that buffer at byte @field */
void v3c_lowering_address(struct addresses *a, size_t field, int buffer);

/* A value of rank 4 as a command's tensor */
struct v3npu_tensor v3c_lowering_tensor(const struct ir_value *v);

/* A node's table, if it has one; @field: where the command has its address */
int v3c_lowering_table(struct lowering *l, const struct ir_node *n, struct addresses *a,
		       size_t field, uint64_t *table);

/* A MAC command's output stage, which lies at byte @field of it */
int v3c_lowering_stage(struct lowering *l, const struct ir_node *n, const struct ir_stage *stage,
		       struct addresses *a, size_t field, struct v3npu_output *out);

/* v3c_nest_simplify(), or -ENOTSUP */
int v3c_lowering_simplify(struct lowering *l, const struct ir_node *n, struct v3c_nest *nest,
			  int keep);

/* Commands of one node */
int v3c_lowering_node(struct lowering *l, const struct ir_node *n);

/* Elements of @shape from @in to @out, through the node's table if it has one */
int v3c_lowering_copy(struct lowering *l, const struct ir_node *n, const struct ir_shape *shape,
		      const struct ir_loc *in, const struct ir_loc *out);

/* Is all of a view's result where its operands are? */
bool v3c_lowering_is_free(const struct ir_graph *g, const struct ir_node *view);

/* One file a kind */
int v3c_lower_transpose_conv(struct lowering *l, const struct ir_node *n);
int v3c_lower_matmul(struct lowering *l, const struct ir_node *n);
int v3c_lower_argmax(struct lowering *l, const struct ir_node *n);

#endif /* V3C_LOWERING_H */
