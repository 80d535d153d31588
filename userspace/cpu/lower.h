/* SPDX-License-Identifier: MIT */
/*
 * From the CPU backend's graph to steps.
 */
#ifndef V3CPU_LOWER_H
#define V3CPU_LOWER_H

#include "compiler/graph/consts.h"
#include "step.h"

/**
 * struct cpu_steps - steps; zero but for @ctx, @graph and @consts at first
 * @ctx: compilation
 * @graph: whose values all are placed
 * @consts: weights are added to these
 * @step: @count steps of malloc(); @room fit
 * @packed: bytes that XNNPACK will need for a copy of the weights
 * @windows: pointers that it will need to elements of windows
 */
struct cpu_steps {
	struct v3c_ctx *ctx;
	struct ir_graph *graph;
	struct v3c_consts *consts;
	struct cpu_step *step;
	size_t count;
	size_t room;
	uint64_t packed;
	uint64_t windows;
};

/* Makes a graph's steps; regions are buffer numbers until v3cpu_steps_finish() */
int v3cpu_lower(struct cpu_steps *steps);

/* Turns offsets in buffers into offsets in regions, once the buffers have theirs */
void v3cpu_steps_finish(struct cpu_steps *steps);

#endif /* V3CPU_LOWER_H */
