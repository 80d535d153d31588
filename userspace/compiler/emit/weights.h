/* SPDX-License-Identifier: MIT */
/*
 * Weights in the order in which the MAC array wants them.
 */
#ifndef V3C_WEIGHTS_H
#define V3C_WEIGHTS_H

#include "compiler/graph/consts.h"
#include "compiler/graph/ir.h"

struct v3c_weights;

/* For a file with this many tensors; NULL if there is no memory */
struct v3c_weights *v3c_weights_new(struct v3c_ctx *ctx, uint32_t tensor_count);

/* V3NPU_WEIGHTS_* that a convolution's weights get */
uint8_t v3c_weights_format(const struct ir_conv *conv);

/**
 * v3c_weights_add() - a convolution's weights as constants
 * @ctx: compilation
 * @weights: remembers what was packed before, so that shared weights are packed once
 * @consts: constants
 * @conv: whose weights
 * @outputs: output channels
 * @inputs: input channels of a group
 * @offset: where they are, set
 *
 * Return: 0 or a negative errno with the context's error set.
 */
int v3c_weights_add(struct v3c_ctx *ctx, struct v3c_weights *weights, struct v3c_consts *consts,
		    const struct ir_conv *conv, uint32_t outputs, uint32_t inputs,
		    uint64_t *offset);

#endif /* V3C_WEIGHTS_H */
