/* SPDX-License-Identifier: MIT */
/*
 * Bias correction: what quantization shifts a channel's mean by is taken off the
 * bias of the product that the channel comes from.
 *
 * After Nagel et al., "Data-Free Quantization Through Weight Equalization and
 * Bias Correction", ICCV 2019, the empirical variant.
 */
#ifndef V3Q_BIAS_H
#define V3Q_BIAS_H

#include "quant/graph/groups.h"
#include "quant/run/pictures.h"

/**
 * q_correct_biases() - a float graph with other biases, to be quantized in its place
 * @g: float graph
 * @groups: its activations, with their scales
 * @pictures: to measure means on
 * @out: the result, in the memory of @g; tensors have the same numbers
 *
 * Products are corrected one after the other, as each changes what the next see.
 *
 * Return: how many were corrected, or -1 with @error set.
 */
int q_correct_biases(const struct q_graph *g, const struct q_groups *groups,
		     const struct pictures *pictures, struct q_graph *out,
		     struct tool_error *error);

#endif /* V3Q_BIAS_H */
