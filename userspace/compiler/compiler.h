/* SPDX-License-Identifier: MIT */
/*
 * The compiler's interface: a .tflite model in, a command stream out.
 */
#ifndef V3C_COMPILER_H
#define V3C_COMPILER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/program.h"

/**
 * struct v3c_options - how to compile
 * @keep_tensors: give every intermediate tensor memory of its own, so that all
 *	of them can be read after a run
 * @command_us: microseconds of the NPU's time that a command may take at most; 0: 20 ms
 */
struct v3c_options {
	bool keep_tensors;
	uint32_t command_us;
};

/**
 * v3c_compile() - compile a .tflite file
 * @model: the file's bytes, untrusted, only read
 * @size: how many
 * @target: NPU to compile for
 * @options: NULL for defaults
 * @error: on failure, one line that says what is wrong and what to do
 *
 * Return: the program, or NULL with errno EINVAL (damaged file), ENOTSUP
 * (an operator or form that cannot be compiled) or ENOMEM.
 */
struct v3c_program *v3c_compile(const void *model, size_t size, const struct v3c_target *target,
				const struct v3c_options *options, char error[V3C_ERROR_SIZE]);

/**
 * v3c_compile_part() - compile some operators of a .tflite file
 * @part: which; NULL for all
 * @op: set to the number in the file of the operator that is to blame for a
 *	failure, -1 if it is none's
 *
 * As v3c_compile() otherwise, but without the metadata.
 */
struct v3c_program *v3c_compile_part(const void *model, size_t size,
				     const struct v3c_target *target,
				     const struct v3c_options *options,
				     const struct v3c_part *part, int *op,
				     char error[V3C_ERROR_SIZE]);

#endif /* V3C_COMPILER_H */
