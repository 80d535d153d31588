/* SPDX-License-Identifier: MIT */
/*
 * From placed nodes to commands.
 */
#ifndef V3C_LOWER_H
#define V3C_LOWER_H

#include "consts.h"
#include "emit.h"
#include "ir.h"

/**
 * v3c_lower() - emit a graph's commands
 * @ctx: compilation
 * @graph: graph whose values all are placed
 * @consts: weights, output-stage constants and tables are added to these
 * @stream: commands are added to this
 * @tensor_count: tensors of the file
 *
 * Return: 0 or a negative errno with the context's error set.
 */
int v3c_lower(struct v3c_ctx *ctx, struct ir_graph *graph, struct v3c_consts *consts,
	      struct v3c_stream *stream, uint32_t tensor_count);

#endif /* V3C_LOWER_H */
