/* SPDX-License-Identifier: MIT */
/*
 * Which factors of channels make rounding cost least.
 */
#ifndef V3Q_FACTORS_H
#define V3Q_FACTORS_H

#include "spans.h"

/**
 * q_factors_find() - find factors for a graph's channels
 * @g: float graph, which owns the result's memory
 * @groups: its activations
 * @spans: of its channels
 * @factors: the result
 *
 * No channel gets to reach farther than the farthest of its group; what only
 * LEAKY_RELU reads does not count, but what becomes of it. Within that, the factors
 * are those with which rounding activations and rounding weights cost the same.
 *
 * Return: 0 or -ENOMEM.
 */
int q_factors_find(const struct q_graph *g, const struct q_groups *groups,
		   const struct q_spans *spans, struct q_factors *factors);

#endif /* V3Q_FACTORS_H */
