/* SPDX-License-Identifier: MIT */
/*
 * Quantizations of a graph, tried on pictures and measured by what the float
 * graph says of them.
 */
#ifndef V3Q_TRIAL_H
#define V3Q_TRIAL_H

#include "groups.h"
#include "pictures.h"
#include "ranges.h"

struct pthreadpool;

/**
 * struct q_trial - pictures to try on, with the float graph's outputs
 * @g: float graph
 * @shape: of the output
 * @input: pixels of each of @count pictures, as the model's int8 input
 * @real: the float graph's output for each
 */
struct q_trial {
	const struct q_graph *g;
	struct ir_shape shape;
	int8_t **input;
	float **real;
	uint32_t count;
};

/* Runs the float graph over pictures; 0 or -1. Free with q_trial_free() in any case */
int q_trial_start(const struct q_graph *g, const struct pictures *pictures,
		  struct pthreadpool *threads, struct q_trial *trial, struct tool_error *error);
void q_trial_free(struct q_trial *trial);

/**
 * q_trial_measure() - mean divergence (divergence.h) of a quantization
 * @trial: pictures
 * @groups: scales of the activations
 * @first: first picture to try
 * @count: how many
 * @limit: a divergence beyond this need not be exact: the rest is not tried
 * @result: set
 *
 * Return: 0 or -1 with @error set.
 */
int q_trial_measure(const struct q_trial *trial, const struct q_groups *groups, uint32_t first,
		    uint32_t count, double limit, double *result, struct tool_error *error);

/**
 * struct q_search - what a search found
 * @method: that is best for all groups together
 * @before: divergence of each method for all groups
 * @moved: groups for which another one was better
 * @after: divergence then
 */
struct q_search {
	enum q_method method;
	double before[Q_METHODS];
	uint32_t moved;
	double after;
};

/**
 * q_search_ranges() - choose the range of every group by measured error
 * @trial: pictures that the groups' numbers are not of
 * @groups: their scales are set
 * @search: what was found
 *
 * First the best method for all groups, then for each group whether another
 * method's range is better. What half of the pictures say counts only if the
 * other half agrees.
 *
 * Return: 0 or -1 with @error set.
 */
int q_search_ranges(const struct q_trial *trial, struct q_groups *groups, struct q_search *search,
		    struct tool_error *error);

/* Sets every group's range by one method */
void q_set_ranges(const struct q_graph *g, struct q_groups *groups, enum q_method method);

#endif /* V3Q_TRIAL_H */
