/* SPDX-License-Identifier: MIT */
/*
 * Layers cascaded by stripes: some rows of each of several nodes in turn, so
 * that the tensors between them are only ever there in part.
 */
#ifndef V3C_CASCADE_H
#define V3C_CASCADE_H

#include "lowering.h"

struct cascade_run;
struct v3npu_config;

/**
 * struct cascade - nodes that run stripe by stripe
 * @first: first node
 * @last: last node, which computes
 * @rows: of the last node's result that a stripe makes
 * @commands: how many commands it has at most
 */
struct cascade {
	int first;
	int last;
	uint32_t rows;
	uint32_t commands;
};

/**
 * struct cascades - the cascades of a graph
 * @list: in execution order; @count of them
 * @run: for running them
 */
struct cascades {
	struct cascade *list;
	int count;
	struct cascade_run *run;
};

/**
 * cascade_plan() - choose cascades
 * @l: a lowering of the whole graph that is complete and placed; its stream is
 *	lost
 * @config: NPU
 * @cascades: set
 *
 * Return: 0 or a negative errno with the context's error set.
 */
int cascade_plan(struct lowering *l, const struct v3npu_config *config,
		 struct cascades *cascades);

/* Lowers one; buffers that are only used in it become as small as its windows */
int cascade_lower(struct lowering *l, const struct cascades *cascades,
		  const struct cascade *cascade);

#endif /* V3C_CASCADE_H */
