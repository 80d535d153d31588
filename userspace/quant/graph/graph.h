/* SPDX-License-Identifier: MIT */
/*
 * A model as a graph that can be changed and written again.
 *
 * Constants of float models are float32 here, whatever the file has. All memory
 * is the context's (compiler/context.h), which outlives the graphs made in it.
 */
#ifndef V3Q_GRAPH_H
#define V3Q_GRAPH_H

#include "compiler/base/context.h"
#include "compiler/graph/ir.h"
#include "compiler/tflite/tflite.h"

/**
 * struct q_quant - how a tensor's numbers are stored as integers
 * @scale: of each channel, or of all; NULL if it is not quantized
 * @zero_point: of all channels
 * @count: scales
 * @dim: dimension of the channels
 */
struct q_quant {
	const float *scale;
	int32_t zero_point;
	uint32_t count;
	int dim;
};

/**
 * struct q_tensor - a tensor
 * @name: its name
 * @type: enum tfl_type that it is written as
 * @shape: of it
 * @real: the numbers of a float constant, NULL if it is none
 * @data: bytes of any other constant, or of a float one that is to be written so; NULL for none
 * @size: how many
 * @quant: of an integer tensor
 * @step: real numbers are whole multiples of this, at most 127 of them; 0 if not known
 * @stored: a float constant's int8 form, if it was made already (constants.h)
 * @origin: of a quantized activation, the tensor of the float graph that it stands for, counted
 *	from 1; 0 if there is none
 */
struct q_tensor {
	const char *name;
	int type;
	struct ir_shape shape;
	const float *real;
	const void *data;
	size_t size;
	struct q_quant quant;
	float step;
	const struct q_stored *stored;
	int32_t origin;
};

/**
 * struct q_op - an operator
 * @options: its code and options; its lists of tensors are not used
 * @in: tensors, -1 for one left out
 * @in_count: how many
 * @out: tensors
 * @out_count: how many
 */
struct q_op {
	struct tfl_op options;
	int32_t *in;
	uint32_t in_count;
	int32_t *out;
	uint32_t out_count;
};

/**
 * struct q_graph - a model
 * @ctx: owns all memory
 * @tensors: @tensor_count tensors
 * @ops: @op_count operators, in execution order
 * @inputs: @input_count tensors
 * @outputs: @output_count tensors
 */
struct q_graph {
	struct v3c_ctx *ctx;
	struct q_tensor *tensors;
	uint32_t tensor_count;
	uint32_t tensor_room;
	struct q_op *ops;
	uint32_t op_count;
	uint32_t op_room;
	int32_t *inputs;
	uint32_t input_count;
	int32_t *outputs;
	uint32_t output_count;
};

/**
 * q_load() - read a float model
 * @ctx: of the graph
 * @data: a .tflite file, untrusted; must outlive the graph
 * @size: its bytes
 * @graph: the result
 *
 * Float16 constants and int8 ones become float32; DEQUANTIZE of a constant
 * disappears; products that the exporter unrolled are rolled (compiler/roll.h).
 *
 * Return: 0, -EINVAL, -ENOTSUP (among others for integer activations) or -ENOMEM.
 */
int q_load(struct v3c_ctx *ctx, const void *data, size_t size, struct q_graph *graph);

/*
 * A copy in memory of @ctx, whose tensors and operators can be changed without the
 * original's; constants' numbers are shared
 */
int q_copy(const struct q_graph *from, struct v3c_ctx *ctx, struct q_graph *to);

/* Adds a tensor; returns its number or -ENOMEM */
int32_t q_add_tensor(struct q_graph *g, const char *name, int type, const struct ir_shape *shape);

/* Adds an int32 constant of one dimension; returns its number or -ENOMEM */
int32_t q_add_int32(struct q_graph *g, const int32_t *values, uint32_t count);

/* Adds a float constant, whose numbers must live as long as the context */
int32_t q_add_real(struct q_graph *g, const char *name, const struct ir_shape *shape,
		   const float *real);

/* Adds an operator at the end; @options is copied. Returns its number or -ENOMEM */
int q_add_op(struct q_graph *g, const struct tfl_op *options, const int32_t *in,
	     uint32_t in_count, const int32_t *out, uint32_t out_count);

/* The operator that writes each tensor, -1 for none; NULL without memory */
int32_t *q_producers(const struct q_graph *g);

/* Drops operators that nothing needs, and tensors that no operator mentions */
int q_remove_unused(struct q_graph *g);

/* Is the tensor constant? */
static inline bool q_is_const(const struct q_tensor *t)
{
	return t->real || t->data;
}

/* Does the operator only move elements, all inputs and outputs having the same numbers? */
bool q_is_view(int32_t code);

/* How often a tensor is an operator's input */
uint32_t q_readers(const struct q_graph *g, int32_t tensor);

/* A constant tensor's integers; returns how many, or a negative errno if it is no such tensor */
int q_integers(const struct q_graph *g, int32_t tensor, int64_t *out, int max);

#endif /* V3Q_GRAPH_H */
