/* SPDX-License-Identifier: MIT */
/*
 * A float graph on the CPU backend, in several threads at a time, with a look at
 * its tensors.
 */
#ifndef V3Q_FLOAT_RUN_H
#define V3Q_FLOAT_RUN_H

#include "common/tool.h"
#include "cpu/cpu.h"
#include "quant/graph/graph.h"

/** struct q_float_worker - what one thread has: its plan, and memory of the input and outputs */
struct q_float_worker {
	struct v3cpu_plan *plan;
	void **io;
};

/**
 * struct q_float - a graph that can be run
 * @program: the graph, compiled
 * @workers: what each of @count threads has
 */
struct q_float {
	struct v3cpu_program *program;
	struct q_float_worker *workers;
	uint32_t count;
};

/**
 * q_float_new() - prepare runs of a graph
 * @g: a float graph of one input
 * @tensors: @count tensors of it to look at
 * @workers: threads that will run it
 * @f: the result, for q_float_free() in any case
 *
 * Return: 0 or -1 with @error set.
 */
int q_float_new(const struct q_graph *g, const int32_t *tensors, uint32_t count,
		uint32_t workers, struct q_float *f, struct tool_error *error);

/* The same for a .tflite file, and its outputs */
int q_float_load(const void *data, size_t size, uint32_t workers, struct q_float *f,
		 struct tool_error *error);
void q_float_free(struct q_float *f);

/* Where the input's numbers go, for thread @worker */
static inline float *q_float_input(const struct q_float *f, uint32_t worker)
{
	return f->workers[worker].io[0];
}

/* Tensor @k of those to look at, dense, after a run */
static inline const float *q_float_tensor(const struct q_float *f, uint32_t worker, uint32_t k)
{
	return f->workers[worker].io[1 + k];
}

/* Runs the graph in this thread on what is in the input of @worker; 0 or -1 with @error set */
int q_float_run(const struct q_float *f, uint32_t worker, struct tool_error *error);

#endif /* V3Q_FLOAT_RUN_H */
