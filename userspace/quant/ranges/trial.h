/* SPDX-License-Identifier: MIT */
/*
 * Quantizations of a graph, tried on pictures and measured by what the float
 * graph says of them.
 */
#ifndef V3Q_TRIAL_H
#define V3Q_TRIAL_H

#include "quant/graph/groups.h"
#include "quant/run/pictures.h"

#define Q_TRIAL_MAX	64	/* pictures */

/**
 * struct q_trial - pictures to try on, with the float graph's outputs
 * @shape: of the output
 * @input: pixels of each of @count pictures, as the model's int8 input
 * @real: the float graph's output for each
 */
struct q_trial {
	struct ir_shape shape;
	int8_t **input;
	float **real;
	uint32_t count;
};

/* Runs the float graph over pictures; 0 or -1. Free with q_trial_free() in any case */
int q_trial_start(const struct q_graph *g, const struct pictures *pictures,
		  struct q_trial *trial, struct tool_error *error);
void q_trial_free(struct q_trial *trial);

/**
 * q_trial_measure() - divergences (divergence.h) of a quantization
 * @trial: pictures
 * @g: float graph to quantize
 * @groups: scales of its activations
 * @first: first picture to try
 * @count: how many
 * @result: set, for each of them
 *
 * Return: 0 or -1 with @error set.
 */
int q_trial_measure(const struct q_trial *trial, const struct q_graph *g,
		    const struct q_groups *groups, uint32_t first, uint32_t count,
		    double *result, struct tool_error *error);

/* The mean divergence that storing the output in @group's scale has by itself; 0 or -1 */
int q_trial_floor(const struct q_trial *trial, const struct q_group *group, double *result,
		  struct tool_error *error);

#endif /* V3Q_TRIAL_H */
