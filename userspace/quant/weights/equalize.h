/* SPDX-License-Identifier: MIT */
/*
 * Cross-layer equalization: channels that share an activation's scale get
 * numbers of the same size, by factors that the convolutions around take in.
 */
#ifndef V3Q_EQUALIZE_H
#define V3Q_EQUALIZE_H

#include "quant/graph/channels.h"

/**
 * struct q_factors - factors for channels
 * @channels: of the graph
 * @factor: of each of them; the same for those that are scaled together, 1 for fixed ones
 */
struct q_factors {
	struct q_channels channels;
	float *factor;
};

/**
 * q_equalize() - a copy of a graph that computes the same with other weights and biases
 * @g: float graph
 * @factors: of it
 * @power: of each channel's factor that is applied: 1 for all of it, 0 for none
 * @out: the copy, in the same memory
 *
 * Return: 0 or -ENOMEM.
 */
int q_equalize(const struct q_graph *g, const struct q_factors *factors, float power,
	       struct q_graph *out);

#endif /* V3Q_EQUALIZE_H */
