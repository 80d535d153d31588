/* SPDX-License-Identifier: MIT */
/*
 * From a float graph to one with int8 weights, or all of int8.
 */
#ifndef V3Q_QUANTIZE_H
#define V3Q_QUANTIZE_H

#include "groups.h"

/**
 * q_quantize() - the full-integer graph of a float graph
 * @g: float graph
 * @groups: its activations, each group with its scale
 * @ctx: of the result, which refers to the float graph's memory too
 * @out: the result
 *
 * Weights are symmetric: whole multiples of the step that the model was
 * exported with where there is one, else of a scale for each output channel.
 * Biases are int32. Activations are int8, in and out too.
 *
 * Return: 0, -ENOTSUP or -ENOMEM.
 */
int q_quantize(const struct q_graph *g, const struct q_groups *groups, struct v3c_ctx *ctx,
	       struct q_graph *out);

/* The graph with int8 weights of products, which TFLite and the CPU backend compute in float */
int q_quantize_weights(const struct q_graph *g, struct v3c_ctx *ctx, struct q_graph *out);

/* The graph with float16 constants and a DEQUANTIZE behind each */
int q_halve(const struct q_graph *g, struct v3c_ctx *ctx, struct q_graph *out);

#endif /* V3Q_QUANTIZE_H */
