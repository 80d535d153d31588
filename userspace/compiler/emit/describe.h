/* SPDX-License-Identifier: MIT */
/*
 * Placed values as the tensors that users of a program see.
 */
#ifndef V3C_DESCRIBE_H
#define V3C_DESCRIBE_H

#include "compiler/base/program.h"
#include "compiler/graph/ir.h"
#include "compiler/tflite/tflite.h"

/**
 * v3c_describe() - describe values that are tensors of the file
 * @ctx: compilation
 * @list: set; v3c_free_tensors() frees it
 * @count: 0 at first; how many are in the list, also after a failure
 * @model: the file
 * @g: graph, its buffers placed
 * @values: value numbers
 * @value_count: how many
 *
 * Return: 0 or -ENOMEM.
 */
int v3c_describe(struct v3c_ctx *ctx, struct v3c_tensor **list, size_t *count,
		 const struct tfl_model *model, const struct ir_graph *g,
		 const int *values, int value_count);

void v3c_free_tensors(struct v3c_tensor *tensors, size_t count);

#endif /* V3C_DESCRIBE_H */
