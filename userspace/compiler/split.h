/* SPDX-License-Identifier: MIT */
/*
 * A model in pieces that run one after another, each on the NPU or on the CPU.
 */
#ifndef V3C_SPLIT_H
#define V3C_SPLIT_H

#include "compiler.h"
#include "compiler/base/context.h"

/**
 * struct v3c_piece - a piece of a model
 * @part: its operators and the tensors around them; NULL: the whole model
 * @program: for the NPU; NULL if the CPU is to run it
 * @input_slots: where each of its inputs is
 * @output_slots: where each of its outputs goes
 */
struct v3c_piece {
	const struct v3c_part *part;
	struct v3c_program *program;
	const uint32_t *input_slots;
	const uint32_t *output_slots;
};

/**
 * struct v3c_split - a model in pieces; v3c_split_free() frees all of it
 * @pieces: in execution order, @piece_count of them
 * @slot_count: tensors that pieces give to others or to the user. The first
 *	are the model's inputs, in their order
 * @output_slots: of each output of the model
 * @input_count: inputs of the model
 * @output_count: outputs of the model
 * @op_count: operators of the model
 * @on_cpu: of each operator of the file, whether the CPU computes it; of those
 *	that rolling replaced, this is said of the last one
 * @metadata: as in struct v3c_program
 * @ctx: has the memory
 */
struct v3c_split {
	struct v3c_piece *pieces;
	size_t piece_count;
	size_t slot_count;
	const uint32_t *output_slots;
	size_t input_count;
	size_t output_count;
	uint32_t op_count;
	bool *on_cpu;
	char *metadata;
	struct v3c_ctx ctx;
};

/**
 * v3c_split() - compile a .tflite file for the NPU as far as it can run it
 * @model: the file's bytes, untrusted, only read
 * @size: how many
 * @target: NPU to compile for; NULL: for the CPU alone
 * @options: NULL for defaults
 * @error: on failure, one line that says what is wrong and what to do
 *
 * Return: the pieces, as few as possible, or NULL with errno EINVAL (damaged
 * file), ENOTSUP or ENOMEM.
 */
struct v3c_split *v3c_split(const void *model, size_t size, const struct v3c_target *target,
			    const struct v3c_options *options, char error[V3C_ERROR_SIZE]);

/* A program as a split of one piece, which takes it over; NULL if memory ran out */
struct v3c_split *v3c_split_program(struct v3c_program *program);
void v3c_split_free(struct v3c_split *split);

#endif /* V3C_SPLIT_H */
