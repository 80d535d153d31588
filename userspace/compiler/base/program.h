/* SPDX-License-Identifier: MIT */
/*
 * What the compiler's stages hand on in the end: a program for an NPU, and the
 * tensors around it.
 */
#ifndef V3C_PROGRAM_H
#define V3C_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "v3npu/cmd.h"

/* Bytes of a message about a model: one line that says what is wrong and what to do */
#define V3C_ERROR_SIZE 256

/** struct v3c_target - the NPU to compile for; fields as in struct drm_v3npu_dev_info */
struct v3c_target {
	uint32_t macs;
	uint32_t sram_size;
	uint32_t dram_mbps;
	uint32_t dram_latency;
	uint32_t dram_burst;
	uint32_t clock_mhz;
	uint64_t sram_va;
};

/** enum v3c_dtype - element types of a program's inputs and outputs */
enum v3c_dtype {
	V3C_INT8,
	V3C_FLOAT32,
	V3C_INT32,
	V3C_INT64,
	V3C_UINT8,
};

/* Bytes of an element */
static inline uint32_t v3c_dtype_size(enum v3c_dtype dtype)
{
	return dtype == V3C_INT8 || dtype == V3C_UINT8 ? 1 : dtype == V3C_INT64 ? 8 : 4;
}

/**
 * struct v3c_tensor - a tensor that can be found in memory after a run
 * @index: its number in the .tflite file
 * @name: its name in the file, owned by the program
 * @dtype: element type
 * @rank: dimensions used of @dim, 0..6
 * @dim: logical shape
 * @scale: quantization scale
 * @zero_point: quantization zero point
 * @flip: of a uint8 tensor that the NPU has as int8, what each of its bytes differs in; else 0
 * @region: where it is, enum v3c_region (plus the input's or output's number)
 * @offset: bytes from the region's start to element 0
 * @stride: bytes from one element to the next along each dimension
 */
struct v3c_tensor {
	int index;
	const char *name;
	enum v3c_dtype dtype;
	int rank;
	uint32_t dim[6];
	float scale;
	int32_t zero_point;
	uint8_t flip;
	uint32_t region;
	uint64_t offset;
	uint64_t stride[6];
};

/**
 * enum v3c_region - memory a command refers to
 * @V3C_REGION_NONE: no address (0 stays 0), or SRAM, which needs no relocation
 * @V3C_REGION_CONST: the program's constants, read only
 * @V3C_REGION_ARENA: intermediate tensors
 * @V3C_REGION_IO: this plus k is input k; this plus the number of inputs plus k
 *	is output k. Dense, in the order of the tensor's logical shape.
 */
enum v3c_region {
	V3C_REGION_NONE,
	V3C_REGION_CONST,
	V3C_REGION_ARENA,
	V3C_REGION_IO,
};

/**
 * struct v3c_reloc - an address in the command stream to fix up at load
 * @offset: byte offset in the stream of a __u64 that holds an offset in @region
 * @region: add this region's base address
 */
struct v3c_reloc {
	uint32_t offset;
	uint32_t region;
};

/**
 * struct v3c_rolled - a product that the file has unrolled
 * @op_name: the schema's name of the operators that compute a piece of it each
 * @pieces: how many they are
 * @products: operators of the same kind that they became
 * @first: number in the file of the first of them
 * @last: number in the file of the last of them
 * @gather: number in the file of the operator that puts their results together
 *
 * Operators that cut their operands and change their shapes went with them.
 */
struct v3c_rolled {
	const char *op_name;
	uint32_t pieces;
	uint32_t products;
	uint32_t first;
	uint32_t last;
	uint32_t gather;
};

/**
 * struct v3c_part - operators of a model that one backend runs without a break
 * @ops: their places in struct tfl_model.ops as v3c_read_model() makes it, in execution
 *	order; @op_count of them
 * @inputs: numbers of the tensors that they need; @input_count of them
 * @outputs: numbers of the tensors that others need of them; @output_count
 */
struct v3c_part {
	uint32_t *ops;
	size_t op_count;
	int32_t *inputs;
	size_t input_count;
	int32_t *outputs;
	size_t output_count;
};

/**
 * struct v3c_cmd_info - what a command is for
 * @op: number of its operator in the file; the command's tag is the number of the
 *	last one that was fused into it
 * @op_name: the schema's name of the operator
 * @sram_used: bytes of SRAM that hold something while the command runs
 * @arena_used: bytes of the arena that do: no arena can be smaller than the most of these
 */
struct v3c_cmd_info {
	uint32_t op;
	const char *op_name;
	uint64_t sram_used;
	uint64_t arena_used;
};

/**
 * struct v3c_program - a compiled model; v3c_program_free() frees all of it
 * @cmds: command stream, before relocation; @cmds_size bytes, 8-byte aligned
 * @cmd_count: commands in it
 * @cmd_info: what each command is for; NULL of a program that was read from a file
 * @consts: weights, output-stage constants, tables, constant tensors;
 *	@consts_size bytes; the region's base must be 64-byte aligned
 * @arena_size: bytes of intermediate tensors; base 64-byte aligned
 * @relocs: @reloc_count relocations
 * @inputs: @input_count tensors
 * @outputs: @output_count tensors
 * @tensors: @tensor_count intermediate tensors that a run leaves in memory,
 *	in execution order of what makes them; with keep_tensors all that fusing
 *	left, otherwise none
 * @op_count: operators that it computes, after unrolled products were rolled
 * @file_op_count: operators in the file
 * @rolled: unrolled products in the file; @rolled_count of them
 * @macs: multiply-accumulates of one inference, by the model's shapes
 * @metadata: the file's metadata as text (JSON or YAML), NUL-terminated; NULL
 *	if it has none
 */
struct v3c_program {
	uint8_t *cmds;
	size_t cmds_size;
	uint32_t cmd_count;
	struct v3c_cmd_info *cmd_info;
	uint8_t *consts;
	size_t consts_size;
	uint64_t arena_size;
	struct v3c_reloc *relocs;
	size_t reloc_count;
	struct v3c_tensor *inputs;
	size_t input_count;
	struct v3c_tensor *outputs;
	size_t output_count;
	struct v3c_tensor *tensors;
	size_t tensor_count;
	uint32_t op_count;
	uint32_t file_op_count;
	struct v3c_rolled *rolled;
	size_t rolled_count;
	uint64_t macs;
	char *metadata;
};

void v3c_program_free(struct v3c_program *program);

#endif /* V3C_PROGRAM_H */
