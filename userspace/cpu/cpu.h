/* SPDX-License-Identifier: MIT */
/*
 * The CPU backend: runs what the NPU does not, in float32, on XNNPACK.
 *
 * A program is made once for a model, or for a part of it; a plan once for
 * each session: its operators are created and its memory is fixed, so that a
 * run only computes.
 */
#ifndef V3CPU_CPU_H
#define V3CPU_CPU_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/base/program.h"

/* Bytes beyond a tensor's end that XNNPACK may read: memory given to a plan needs them */
#define V3CPU_SLACK	16

struct pthreadpool;
struct v3cpu_plan;

/**
 * struct v3cpu_program - a compiled part of a model; v3cpu_program_free() frees all of it
 * @steps: what to do, @step_count of them
 * @consts: float32 weights and constant tensors, @consts_size bytes
 * @arena_size: bytes of intermediate tensors
 * @inputs: @input_count tensors, int8 or float32, dense
 * @outputs: @output_count tensors, int8 or float32, dense
 * @op_count: operators of the model that it computes
 * @macs: multiply-accumulates of one run
 */
struct v3cpu_program {
	struct cpu_step *steps;
	size_t step_count;
	uint8_t *consts;
	size_t consts_size;
	uint64_t arena_size;
	struct v3c_tensor *inputs;
	size_t input_count;
	struct v3c_tensor *outputs;
	size_t output_count;
	uint32_t op_count;
	uint64_t macs;
};

/**
 * v3cpu_compile() - compile a .tflite file, or some of its operators, for the CPU
 * @model: the file's bytes, untrusted, only read
 * @size: how many
 * @part: which operators; NULL for all
 * @error: on failure, one line that says what is wrong and what to do
 *
 * int8 tensors become the real numbers that they stand for, rounded to their
 * quantization wherever an operator writes one.
 *
 * Return: the program, or NULL with errno EINVAL (damaged file), ENOTSUP
 * (an operator or form that the CPU cannot run either) or ENOMEM.
 */
struct v3cpu_program *v3cpu_compile(const void *model, size_t size, const struct v3c_part *part,
				    char error[V3C_ERROR_SIZE]);
void v3cpu_program_free(struct v3cpu_program *program);

struct v3c_split;

/**
 * v3cpu_check() - can the CPU run the pieces of a model that are left to it?
 * @split: model in pieces
 * @model: the file that it was made from
 * @size: its bytes
 * @error: if not, one line that says what is wrong and what to do
 *
 * Return: 0, -EINVAL, -ENOTSUP or -ENOMEM.
 */
int v3cpu_check(const struct v3c_split *split, const void *model, size_t size,
		char error[V3C_ERROR_SIZE]);

/* Threads for plans, 0: one for each processor; may be shared. NULL if there are none to be had */
struct pthreadpool *v3cpu_threads_new(uint32_t count);
void v3cpu_threads_free(struct pthreadpool *threads);

/**
 * v3cpu_plan_new() - prepare runs of a program
 * @program: program, must outlive the plan
 * @threads: to run on, must outlive the plan; NULL for the calling thread only
 * @io: memory of each input, then of each output, each V3CPU_SLACK bytes longer
 *	than its tensor; must outlive the plan
 * @plan: the result
 * @error: on failure, one line
 *
 * Return: 0, -ENOTSUP if XNNPACK refuses something, -ENOMEM.
 */
int v3cpu_plan_new(const struct v3cpu_program *program, struct pthreadpool *threads,
		   void *const *io, struct v3cpu_plan **plan, char error[V3C_ERROR_SIZE]);

/**
 * v3cpu_plan_run() - run the program once, in the calling thread and the plan's
 * @plan: plan
 * @cancel: looked at before each step: true ends the run; NULL: nothing does
 * @error: on failure, one line
 *
 * Return: 0, -ECANCELED, or -EIO if XNNPACK fails.
 */
int v3cpu_plan_run(struct v3cpu_plan *plan, const atomic_bool *cancel,
		   char error[V3C_ERROR_SIZE]);
void v3cpu_plan_free(struct v3cpu_plan *plan);

#endif /* V3CPU_CPU_H */
