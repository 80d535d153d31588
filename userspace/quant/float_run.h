/* SPDX-License-Identifier: MIT */
/*
 * A float graph on the CPU backend, with a look at its tensors.
 */
#ifndef V3Q_FLOAT_RUN_H
#define V3Q_FLOAT_RUN_H

#include "cpu/cpu.h"
#include "graph.h"

/**
 * struct q_float_run - a graph that can be run
 * @ctx: for errors
 * @program: the graph, compiled
 * @plan: the program, ready to run
 * @io: memory of the input, then of each tensor looked at
 */
struct q_float_run {
	struct v3c_ctx *ctx;
	struct v3cpu_program *program;
	struct v3cpu_plan *plan;
	void **io;
};

/**
 * q_float_new() - prepare runs of a graph
 * @g: a float graph of one input
 * @tensors: @count tensors of it to look at
 * @threads: see v3cpu_plan_new()
 * @run: the result, for q_float_free() in any case
 *
 * Return: 0 or a negative errno.
 */
int q_float_new(const struct q_graph *g, const int32_t *tensors, uint32_t count,
		struct pthreadpool *threads, struct q_float_run *run);
void q_float_free(struct q_float_run *run);

/* Where the input's numbers go */
static inline float *q_float_input(const struct q_float_run *run)
{
	return run->io[0];
}

/* Tensor @k of those to look at, dense, after a run */
static inline const float *q_float_tensor(const struct q_float_run *run, uint32_t k)
{
	return run->io[1 + k];
}

/* Runs the graph on what is in the input; 0 or a negative errno */
int q_float_run(struct q_float_run *run);

#endif /* V3Q_FLOAT_RUN_H */
