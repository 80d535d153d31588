/* SPDX-License-Identifier: MIT */
/*
 * What the CPU backend's files share: operators in the graph, and the steps
 * that a program is made of.
 */
#ifndef V3CPU_STEP_H
#define V3CPU_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/arith/quant.h"
#include "compiler/graph/ir.h"

/* What a step does */
enum cpu_kind {
	CPU_CONV,		/* CONV_2D and DEPTHWISE_CONV_2D */
	CPU_DECONV,		/* TRANSPOSE_CONV */
	CPU_FULLY_CONNECTED,	/* of constant weights */
	CPU_MATMUL,		/* [..., rows, depth] by [..., columns, depth], same rank */
	CPU_MAX_POOL,
	CPU_AVERAGE_POOL,
	CPU_MEAN,		/* [outer, mean of these, inner] to [outer, inner] */
	CPU_BILINEAR,
	CPU_NEAREST,
	CPU_SOFTMAX,		/* over the last dimension */
	CPU_PRELU,		/* weights are the slopes */
	CPU_BINARY,		/* two operands, with broadcasting */
	CPU_UNARY,		/* a function that XNNPACK has */
	CPU_MAP,		/* a function of libm's */
	CPU_ARGMAX,		/* over the last dimension, which the result lacks */
	CPU_ROUND_TO_INT8,	/* to the nearest number that the int8 tensor can stand for */
	CPU_FROM_INT8,
	CPU_TO_INT8,
	CPU_TO_INDEX,		/* to int32 or int64, whose bytes are the last dimension */
	CPU_COPY,
	CPU_FILL,		/* with min */
};

/**
 * struct cpu_op - an operator; fields that the kind does not have are 0
 * @kind: what it is
 * @code: which function: enum tfl_code of BINARY, UNARY, MAP and ARGMAX
 * @min: clamp of the result
 * @max: clamp of the result
 * @alpha: of LEAKY_RELU and ELU
 * @approximate: of GELU
 * @depthwise: CONV with the schema's layout of depthwise weights
 * @align_corners: BILINEAR and NEAREST
 * @half_pixel_centers: BILINEAR and NEAREST
 * @groups: of channels
 * @kernel: h, w; also @stride and @dilation
 * @pad: rows above, columns left, rows below, columns right
 * @adjust: rows and columns that TRANSPOSE_CONV adds below and right
 * @weights: @weight_count numbers
 * @bias: a number for each output channel, or NULL
 * @quant: of the int8 tensor
 * @flip: of FROM_INT8 and TO_INT8: what the int8's bytes differ in from those in memory, 0x80
 *	if these are uint8
 */
struct cpu_op {
	enum cpu_kind kind;
	int32_t code;
	float min;
	float max;
	float alpha;
	bool approximate;
	bool depthwise;
	bool align_corners;
	bool half_pixel_centers;
	uint32_t groups;
	uint32_t kernel[2];
	uint32_t stride[2];
	uint32_t dilation[2];
	uint32_t pad[4];
	uint32_t adjust[2];
	const float *weights;
	uint64_t weight_count;
	const float *bias;
	struct v3c_quant quant;
	uint8_t flip;
};

/**
 * struct cpu_tensor - an operand in memory
 * @shape: of it
 * @region: enum v3c_region (plus the input's or output's number)
 * @offset: elements from the region's start to the first
 * @stride: elements from one to the next along each dimension
 */
struct cpu_tensor {
	struct ir_shape shape;
	uint32_t region;
	uint64_t offset;
	uint64_t stride[V3C_MAX_RANK];
};

/**
 * struct cpu_step - a step of a program
 * @op: what to do; @op.weights and @op.bias are not NULL if there are any, but
 *	are found by the next two
 * @weights: bytes from the constants' start
 * @bias: bytes from the constants' start
 * @number: operator in the file
 * @code: its enum tfl_code, for messages
 * @in: operands; @in_count of them
 * @out: result
 */
struct cpu_step {
	struct cpu_op op;
	uint64_t weights;
	uint64_t bias;
	uint32_t number;
	int32_t code;
	int in_count;
	struct cpu_tensor in[2];
	struct cpu_tensor out;
};

/* Are the elements next to one another, in order? */
bool v3cpu_is_dense(const struct cpu_tensor *t);

/*
 * Is the tensor rows of its last dimension, each dense and all the same
 * distance apart? Sets @stride to that distance.
 */
bool v3cpu_is_rows(const struct cpu_tensor *t, uint64_t *stride);

/* Elements of the last dimension */
static inline uint32_t cpu_channels(const struct ir_shape *shape)
{
	return shape->rank ? shape->dim[shape->rank - 1] : 1;
}

#endif /* V3CPU_STEP_H */
