/* SPDX-License-Identifier: MIT */
/*
 * From the numbers that activations had to the range that int8 is to cover.
 */
#ifndef V3Q_RANGES_H
#define V3Q_RANGES_H

#include "quant/graph/groups.h"

/** enum q_method - how to choose a range */
enum q_method {
	Q_MINMAX,	/* all numbers there were */
	Q_EXTREMES,	/* what there was in 64 pictures, on the average */
	Q_PERCENTILE,	/* all but 0.01 % on either side */
	Q_MSE,		/* of least squared error */
	Q_ENTROPY,	/* of least relative entropy */
	Q_METHODS,
};

/* A method's name, as in --ranges */
const char *q_method_name(enum q_method method);

/**
 * struct q_range - numbers from @low to @high, which include 0
 */
struct q_range {
	float low;
	float high;
};

/**
 * q_choose_range() - what int8 should cover of a group's numbers
 * @method: how
 * @group: its numbers
 * @reader: an operator that computes a function of each number, if nothing else
 *	reads them: squared errors are those of its result; NULL if there is none
 */
struct q_range q_choose_range(enum q_method method, const struct q_group *group,
			      const struct q_op *reader);

/**
 * q_only_reader() - the function that is all that reads a group
 * @g: float graph
 * @groups: its activations
 * @group: number of one of them
 *
 * Return: LOGISTIC, TANH or LEAKY_RELU, or NULL.
 */
const struct q_op *q_only_reader(const struct q_graph *g, const struct q_groups *groups,
				 uint32_t group);

#endif /* V3Q_RANGES_H */
