/* SPDX-License-Identifier: MIT */
/*
 * The passes over the graph, in the order in which they run. Each returns 0 or
 * a negative errno with the context's error set.
 */
#ifndef V3C_PASSES_H
#define V3C_PASSES_H

#include "compiler/base/program.h"
#include "consts.h"
#include "ir.h"

/* PAD into the padding of the convolutions and poolings that read it */
int v3c_fold_padding(struct v3c_ctx *ctx, struct ir_graph *graph);

/* Convolutions of all parts of a value's channels into one with groups */
int v3c_group_convolutions(struct v3c_ctx *ctx, struct ir_graph *graph);

/* Elementwise operators that have one value for operand, all together, into one table */
int v3c_combine_functions(struct v3c_ctx *ctx, struct ir_graph *graph);

/* Functions of one value into the table of the command that computes it */
int v3c_fuse_tables(struct v3c_ctx *ctx, struct ir_graph *graph);

/* Large MAX_POOLs into one along rows and one along columns */
int v3c_split_pools(struct v3c_ctx *ctx, struct ir_graph *graph);

/* Where every value is: buffers, offsets and strides, with as few copies as it can */
int v3c_layout(struct v3c_ctx *ctx, struct ir_graph *graph, struct v3c_consts *consts);

/* Offsets of the arena's buffers, once lowering knows when each is in use; sets @size */
int v3c_plan_arena(struct v3c_ctx *ctx, struct ir_graph *graph, bool reuse, uint64_t *size);

/* Rounds a buffer's size up to what keeps the next one's start aligned */
void v3c_align_buffer(struct ir_buffer *buffer);

/* Lowest offset for @buffer that no buffer of @placed, in order of offset, contests */
uint64_t v3c_lowest_gap(struct ir_buffer **placed, int count, const struct ir_buffer *buffer);

/* Adds a buffer to @count others that are in order of offset */
void v3c_insert_buffer(struct ir_buffer **placed, int count, struct ir_buffer *buffer);

#endif /* V3C_PASSES_H */
