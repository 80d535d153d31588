/* SPDX-License-Identifier: MIT */
/*
 * The graph between the .tflite file and the command stream.
 *
 * Values are tensors, each written by at most one node: of int8 in a graph for
 * the NPU, of float32 in one for the CPU backend. Nodes either compute (one
 * command of the NPU, more if the shape asks for it) or are views
 * that only say where elements are: RESHAPE, TRANSPOSE, SLICE, CONCAT. A view
 * costs nothing where strides can express it and is a copy elsewhere; layout.c
 * decides. All quantization is already integer parameters of the NPU.
 *
 * Offsets, strides and sizes count elements; the NPU's are bytes.
 */
#ifndef V3C_IR_H
#define V3C_IR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/arith/table.h"
#include "compiler/base/context.h"
#include "compiler/base/limits.h"
#include "v3npu/cmd.h"

/* A shape, outermost dimension first; rank 0 is a scalar */
struct ir_shape {
	int rank;
	uint32_t dim[V3C_MAX_RANK];
};

/**
 * struct ir_loc - where a value's elements are
 * @buffer: index in struct ir_graph.buffers
 * @offset: from the buffer's start to element 0
 * @stride: from one element to the next along each dimension
 */
struct ir_loc {
	int buffer;
	uint64_t offset;
	uint64_t stride[V3C_MAX_RANK];
};

/**
 * struct ir_value - a tensor
 * @tensor: its number in the file; -1 if it is not, or no longer, one of the file's
 * @shape: logical shape
 * @quant: as the file has it
 * @data: the elements of a constant; NULL otherwise
 * @producer: node that writes it; -1 for constants and model inputs
 * @first_use: its uses are struct ir_graph.uses[@first_use ..
 * @use_count: .. + @use_count)
 * @is_input: model input
 * @output: number of the model output that it is, -1
 * @placed: @loc is valid
 * @loc: where it is
 */
struct ir_value {
	int tensor;
	struct ir_shape shape;
	struct v3c_quant quant;
	const uint8_t *data;
	int producer;
	int first_use;
	int use_count;
	bool is_input;
	int output;
	bool placed;
	struct ir_loc loc;
};

enum ir_kind {
	IR_CONV,	/* 1 operand */
	IR_TRANSPOSE_CONV,	/* 1 operand */
	IR_MATMUL,	/* a, b */
	IR_ELTWISE,	/* 2 operands */
	IR_POOL,
	IR_SOFTMAX,
	IR_RESIZE,
	IR_ARGMAX,	/* along the last dimension; the result has an index's bytes there */
	IR_TABLE,	/* out = table[in] */
	IR_HOST,	/* any number of operands, computed by the CPU backend */
	IR_PAD,
	IR_RESHAPE,
	IR_TRANSPOSE,
	IR_SLICE,
	IR_CONCAT,	/* any number of operands */
};

/**
 * struct ir_stage - output stage of CONV and MATMUL
 * @chan: one for all output channels, or one each
 * @chan_count: 1 or the output channels
 * @zero_point: of the output
 * @min: clamp, before the node's table
 * @max: clamp
 */
struct ir_stage {
	const struct v3npu_chan *chan;
	uint32_t chan_count;
	int8_t zero_point;
	int8_t min;
	int8_t max;
};

/**
 * struct ir_conv - CONV and TRANSPOSE_CONV
 * @weights: tensor number of the weights; -1 if they are not one of the file's
 * @data: the weights, [out][h][w][in / groups]; [h][w][out] if @depthwise
 * @depthwise: the schema's layout of depthwise weights
 * @groups: of channels
 * @kernel: h, w; also @stride, @dilation, and @pad (top, left)
 * @in_zero_point: subtracted from the input
 * @pad_value: element outside of the input
 * @weight_zero_point: subtracted from the weights
 * @staged: the input is copied to SRAM first
 * @stage: output stage
 *
 * TRANSPOSE_CONV: input element i adds to output elements i * @stride - @pad ..
 * i * @stride - @pad + @kernel - 1; groups and dilation are 1.
 */
struct ir_conv {
	int weights;
	const uint8_t *data;
	bool depthwise;
	uint32_t groups;
	uint32_t kernel[2];
	uint32_t stride[2];
	uint32_t dilation[2];
	uint32_t pad[2];
	int8_t in_zero_point;
	int8_t pad_value;
	int8_t weight_zero_point;
	bool staged;
	struct ir_stage stage;
};

/**
 * struct ir_matmul - MATMUL of [..., rows, depth] and [..., columns, depth]; the
 * dimensions before those broadcast
 * @zero_point: of each operand
 * @stage: output stage
 */
struct ir_matmul {
	int8_t zero_point[2];
	struct ir_stage stage;
};

/* ELTWISE; fields as in struct v3npu_cmd_eltwise */
struct ir_eltwise {
	uint8_t op;
	uint8_t left_shift;
	struct v3npu_operand operand[2];
	int32_t multiplier;
	int32_t shift;
	int8_t zero_point;
	int8_t min;
	int8_t max;
};

/* POOL; fields as in struct v3npu_cmd_pool */
struct ir_pool {
	uint8_t op;
	uint32_t kernel[2];
	uint32_t stride[2];
	uint32_t pad[2];
	int8_t min;
	int8_t max;
	uint8_t flags;
};

struct ir_softmax {
	int32_t multiplier;
	int32_t shift;
	int32_t diff_min;
};

/**
 * struct ir_pad - PAD
 * @before: elements before the operand along each dimension
 * @value: what they are in the NPU's graph
 * @real: what they are in the CPU backend's
 */
struct ir_pad {
	uint32_t before[V3C_MAX_RANK];
	int8_t value;
	float real;
};

/**
 * struct ir_slice - SLICE
 * @begin: first element along each dimension of the operand
 * @step: elements of the operand from one of the result to the next
 */
struct ir_slice {
	uint32_t begin[V3C_MAX_RANK];
	uint32_t step[V3C_MAX_RANK];
};

/**
 * struct ir_node - an operation
 * @kind: which
 * @dead: removed
 * @op: number of the operator in the file; of the last one if several were fused
 * @main_op: number of the operator that it is without what was fused into it
 * @in: operands, value numbers
 * @in_count: how many
 * @out: result
 * @table: 256 entries applied last, by CONV, TRANSPOSE_CONV, MATMUL, ELTWISE, POOL and
 *	TABLE; or NULL
 * @perm: TRANSPOSE: dimension of the operand that is dimension i of the result
 * @axis: CONCAT
 * @resize_flags: RESIZE, V3NPU_RESIZE_*
 * @resize_mode: RESIZE, V3NPU_RESIZE_NEAREST or V3NPU_RESIZE_BILINEAR
 * @argmax: V3NPU_ARGMAX_*
 * @host: HOST, what to compute; defined by the CPU backend
 */
struct ir_node {
	enum ir_kind kind;
	bool dead;
	uint32_t op;
	uint32_t main_op;
	int *in;
	int in_count;
	int out;
	int8_t *table;
	union {
		struct ir_conv conv;
		struct ir_matmul matmul;
		struct ir_eltwise eltwise;
		struct ir_pool pool;
		struct ir_softmax softmax;
		struct ir_pad pad;
		struct ir_slice slice;
		uint8_t perm[V3C_MAX_RANK];
		int axis;
		struct {
			uint8_t resize_flags;
			uint8_t resize_mode;
		};
		uint8_t argmax;
		const struct cpu_op *host;
	};
};

/**
 * struct ir_buffer - memory for values that share it
 * @region: enum v3c_region, plus the number of the input or output
 * @size: how large it is
 * @offset: from the region's start
 * @first: command that touches it first, -1 if none does
 * @last: command that touches it last
 * @staged: 0, or 1 + the number of the node whose input it gets a copy of, which is
 *	worth it in SRAM only
 */
struct ir_buffer {
	uint32_t region;
	uint64_t size;
	uint64_t offset;
	int first;
	int last;
	int staged;
};

/* Buffer 0 is all constants: offsets in it are those of the region */
#define IR_BUFFER_CONST	0

/**
 * struct ir_graph - a model
 * @values: @value_count values; room for @value_room
 * @nodes: @node_count nodes in execution order
 * @uses: node numbers, see struct ir_value; a node is there once for every operand
 * @buffers: memory, made by layout.c
 * @inputs: @input_count value numbers
 * @outputs: @output_count value numbers
 * @element_size: bytes of an element
 * @op_count: operators that were imported
 * @op_codes: their numbers in the schema, for messages
 * @macs: multiply-accumulates of one inference
 */
struct ir_graph {
	struct ir_value *values;
	int value_count;
	int value_room;
	struct ir_node *nodes;
	int node_count;
	int node_room;
	int *uses;
	struct ir_buffer *buffers;
	int buffer_count;
	int buffer_room;
	int *inputs;
	int input_count;
	int *outputs;
	int output_count;
	uint32_t element_size;
	uint32_t op_count;
	int32_t *op_codes;
	uint64_t macs;
};

static inline uint64_t ir_elements(const struct ir_shape *shape)
{
	uint64_t n = 1;
	int i;

	for (i = 0; i < shape->rank; i++)
		n *= shape->dim[i];
	return n;
}

bool v3c_ir_same_shape(const struct ir_shape *a, const struct ir_shape *b);

/* Adds a value of this shape; its number, or -ENOMEM */
int v3c_ir_add_value(struct v3c_ctx *ctx, struct ir_graph *g, const struct ir_shape *shape,
		     struct v3c_quant quant);

/*
 * Adds a node at the end, with room for @in_count operands that the caller
 * sets; its number, or -ENOMEM. Node pointers do not survive this.
 */
int v3c_ir_add_node(struct v3c_ctx *ctx, struct ir_graph *g, enum ir_kind kind, uint32_t op,
		    int in_count, int out);

/*
 * Inserts a node of one operand before node @at, on behalf of the operator that
 * node @like is for; 0 or -ENOMEM. v3c_ir_update_uses() must follow.
 */
int v3c_ir_insert_node(struct v3c_ctx *ctx, struct ir_graph *g, int at, enum ir_kind kind,
		       const struct ir_node *like, int in, int out);

/* The command of an ELTWISE, but for its tensors and table */
struct v3npu_cmd_eltwise v3c_ir_eltwise_cmd(const struct ir_eltwise *eltwise);

/* Adds a buffer; its number, or -ENOMEM */
int v3c_ir_add_buffer(struct v3c_ctx *ctx, struct ir_graph *g, uint32_t region, uint64_t size);

/* Recomputes all values' producers and uses, after nodes changed; -ENOMEM */
int v3c_ir_update_uses(struct v3c_ctx *ctx, struct ir_graph *g);

/* Marks nodes dead whose results nothing needs; uses must be up to date, and are afterwards */
int v3c_ir_remove_unused(struct v3c_ctx *ctx, struct ir_graph *g);

static inline bool ir_is_view(enum ir_kind kind)
{
	return kind >= IR_RESHAPE;
}

#endif /* V3C_IR_H */
