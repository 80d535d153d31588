/* SPDX-License-Identifier: MIT */
/*
 * Which activations must be stored in the same way, and how they are.
 */
#ifndef V3Q_GROUPS_H
#define V3Q_GROUPS_H

#include "graph.h"
#include "stats.h"

/**
 * struct q_group - activations with one scale and zero point
 * @first: the lowest-numbered tensor of it
 * @fixed: TFLite's kernels, or the format of pictures, leave no choice
 * @scale: of int8
 * @zero_point: of int8
 * @stats: all numbers of its tensors
 * @low: the mean of the lowest numbers in each 64 pictures, see q_calibrate()
 * @high: of the highest
 */
struct q_group {
	int32_t first;
	bool fixed;
	float scale;
	int32_t zero_point;
	struct q_stats stats;
	float low;
	float high;
};

/**
 * struct q_groups - the activations of a graph
 * @of: group of each tensor; -1 for constants and integers
 * @list: @count groups
 */
struct q_groups {
	int32_t *of;
	struct q_group *list;
	uint32_t count;
};

/**
 * q_groups_find() - put the activations of a graph into groups
 * @g: float graph
 * @apart: nothing joins a group whose scale is fixed
 * @groups: the result, without numbers
 *
 * Operators that only move or compare numbers need their operands in the scale
 * of the result; where another operator fixes that scale differently, a
 * QUANTIZE will stand between. Numbers that come to lie beside others of a fixed
 * scale are stored in it too, unless @apart: right for what is within its range,
 * see q_groups_overflow().
 *
 * Return: 0, -ENOTSUP if an operator has no int8 kernel, or -ENOMEM.
 */
int q_groups_find(struct q_graph *g, bool apart, struct q_groups *groups);

/* Are numbers far beyond the range of a fixed scale that they would be stored in? */
bool q_groups_overflow(const struct q_groups *groups);

/* Must this operator's operands have its result's scale? */
bool q_keeps_scale(const struct q_op *op);

/* Is this input of an operator an activation (or a constant in the place of one)? */
bool q_is_activation(const struct q_graph *g, const struct q_op *op, uint32_t k);

/* Stores numbers from @low to @high, which include 0, in a group that is not fixed */
void q_group_range(struct q_group *group, float low, float high);

#endif /* V3Q_GROUPS_H */
