/* SPDX-License-Identifier: MIT */
/*
 * Layers cascaded by stripes: some rows of each of several nodes in turn, so
 * that the tensors between them are only ever there in part.
 */
#ifndef V3C_CASCADE_H
#define V3C_CASCADE_H

#include "lowering.h"

struct cascade_run;

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

/* Lowers one; buffers that are only used in it become as small as its windows */
int v3c_cascade_lower(struct lowering *l, const struct cascades *cascades,
		      const struct cascade *cascade);

#endif /* V3C_CASCADE_H */
