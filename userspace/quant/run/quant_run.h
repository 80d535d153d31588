/* SPDX-License-Identifier: MIT */
/*
 * A finished model file, run as its users will run it.
 */
#ifndef V3Q_QUANT_RUN_H
#define V3Q_QUANT_RUN_H

#include <stdbool.h>

#include "compiler/compiler.h"
#include "libv3npu/v3npu.h"
#include "parallel.h"
#include "quant/graph/groups.h"

/**
 * struct q_run - a model that can be run
 * @device: the simulated NPU, or the CPU
 * @model: the file, compiled
 * @session: to run it in
 * @in: its input
 * @out: its output
 */
struct q_run {
	struct v3npu_device *device;
	struct v3npu_model *model;
	struct v3npu_session *session;
	struct v3npu_tensor_info in;
	struct v3npu_tensor_info out;
};

/**
 * q_run_new() - prepare runs of a file
 * @data: its bytes, needed only for the call
 * @size: how many
 * @device: see v3npu_device_open()
 * @keep: intermediate tensors can be read
 * @run: the result, for q_run_free() in any case
 *
 * Return: 0 or -1 with @error set.
 */
int q_run_new(const void *data, size_t size, const char *device, bool keep, struct q_run *run,
	      struct tool_error *error);
void q_run_free(struct q_run *run);

/**
 * struct q_runs - a model on one simulated NPU for each thread
 * @list: @count of them
 */
struct q_runs {
	struct q_run list[Q_WORKERS_MAX];
	uint32_t count;
};

/* Prepares runs of a file in @workers threads; 0 or -1. Free with q_runs_free() in any case */
int q_runs_new(const void *data, size_t size, uint32_t workers, bool keep, struct q_runs *runs,
	       struct tool_error *error);
void q_runs_free(struct q_runs *runs);

/**
 * struct q_quantized - a graph quantized, and runs of it
 * @graph: of the file
 * @runs: in it
 * @ctx: of @graph
 * @text: what @ctx says went wrong
 */
struct q_quantized {
	struct q_graph graph;
	struct q_runs runs;
	struct v3c_ctx ctx;
	char text[V3C_ERROR_SIZE];
};

/**
 * q_quantized_new() - quantize a graph and prepare runs of what comes of it
 * @g: float graph
 * @groups: scales of its activations
 * @workers: threads that run it
 * @keep: intermediate tensors can be read
 * @quantized: the result, for q_quantized_free() in any case; not to be moved
 *
 * Return: 0 or -1 with @error set.
 */
int q_quantized_new(const struct q_graph *g, const struct q_groups *groups, uint32_t workers,
		    bool keep, struct q_quantized *quantized, struct tool_error *error);
void q_quantized_free(struct q_quantized *quantized);

/* Runs it on a float input of the same size, stored as the model's input is; 0 or -1 */
int q_run(struct q_run *run, const float *input, struct tool_error *error);

/*
 * Finds the intermediate tensor of a run of @q, kept, that stands for @origin of the
 * float graph; false if there is none
 */
bool q_run_find(const struct q_run *run, const struct q_graph *q, int32_t origin, size_t *index);

/* Elements of a tensor */
size_t q_elements(const struct v3npu_tensor_info *t);

/* The real numbers that the elements of an int8 or float32 tensor stand for */
void q_real(const struct v3npu_tensor_info *t, const void *data, float *real);

#endif /* V3Q_QUANT_RUN_H */
