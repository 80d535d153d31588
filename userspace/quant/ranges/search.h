/* SPDX-License-Identifier: MIT */
/*
 * Choosing what a quantization is made of by what it measurably does.
 */
#ifndef V3Q_SEARCH_H
#define V3Q_SEARCH_H

#include "ranges.h"
#include "trial.h"

#define Q_POWERS	3	/* of equalizing factors that are tried */

/**
 * struct q_search - what a search found
 * @power: of equalizing factors (equalize.h); 0 if the error is smaller without
 * @equalized: divergence with each of the powers 0, 1/2 and 1, of minmax ranges of few pictures
 * @method: that is best for all groups together
 * @before: divergence of each method for all groups
 * @moved: groups for which another one was better
 * @after: divergence then
 * @floor: divergence of rounding nothing but the output
 * @corrected: divergence with corrected biases
 * @biases: how many were corrected; 0 if the error is smaller without
 */
struct q_search {
	float power;
	double equalized[Q_POWERS];
	enum q_method method;
	double before[Q_METHODS];
	uint32_t moved;
	double after;
	double floor;
	double corrected;
	int biases;
};

/**
 * q_search_equalization() - equalize channels (equalize.h) if that makes the measured error smaller
 * @trial: pictures to choose by
 * @g: float graph; replaced by one that computes the same, if that is better
 * @groups: its activations
 * @pictures: others, to measure channels and ranges on
 * @search: what was found
 *
 * Return: 0 or -1 with @error set.
 */
int q_search_equalization(const struct q_trial *trial, struct q_graph *g,
			  const struct q_groups *groups, const struct pictures *pictures,
			  struct q_search *search, struct tool_error *error);

/**
 * q_search_ranges() - choose the range of every group by measured error
 * @trial: pictures that the groups' numbers are not of
 * @g: float graph
 * @groups: its activations; their scales are set
 * @search: what was found; q_search_equalization() has filled it
 *
 * First the best method for all groups, then for each group whether another
 * method's range is better. What half of the pictures say counts only if the
 * other half agrees.
 *
 * Return: 0 or -1 with @error set.
 */
int q_search_ranges(const struct q_trial *trial, const struct q_graph *g,
		    struct q_groups *groups, struct q_search *search, struct tool_error *error);

/**
 * q_search_biases() - correct biases (bias.h) if that makes the measured error smaller
 * @trial: pictures to choose by
 * @g: float graph
 * @groups: its activations, with their scales
 * @pictures: others, to measure means on
 * @out: set to the graph with corrected biases, if it is better
 * @search: what was found; q_search_ranges() has filled it
 *
 * Return: 0 or -1 with @error set.
 */
int q_search_biases(const struct q_trial *trial, const struct q_graph *g,
		    const struct q_groups *groups, const struct pictures *pictures,
		    struct q_graph *out, struct q_search *search, struct tool_error *error);

/* Sets every group's range by one method */
void q_set_ranges(const struct q_graph *g, struct q_groups *groups, enum q_method method);

#endif /* V3Q_SEARCH_H */
