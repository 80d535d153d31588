/* SPDX-License-Identifier: MIT */
/*
 * What rolling knows of a model's tensors.
 */
#ifndef V3C_ROLL_GRAPH_H
#define V3C_ROLL_GRAPH_H

#include "compiler/tflite/tflite.h"

/**
 * struct roll_cut - a tensor as a piece of another
 * @base: the tensor it is cut from, -1 if from none
 * @axis: dimension of @base along which it is cut; all of the others
 * @first: first element along @axis
 * @count: elements along @axis
 * @op: operator that cuts it
 */
struct roll_cut {
	int32_t base;
	int axis;
	uint32_t first;
	uint32_t count;
	uint32_t op;
};

/**
 * struct roll_tensor - a tensor of the file
 * @elements: how many; 0: it must be left alone
 * @uses: operands and model outputs that it is
 * @writer: operator that writes it, -1 for none
 * @origin: the tensor that it is, seen through changes of shape
 * @product: FULLY_CONNECTED or BATCH_MATMUL whose result it is, seen through
 *	changes of shape that nothing else reads; -1 for none
 * @cut: what it is cut from
 */
struct roll_tensor {
	uint64_t elements;
	uint32_t uses;
	int32_t writer;
	int32_t origin;
	int32_t product;
	struct roll_cut cut;
};

/**
 * v3c_roll_look() - find out about every tensor
 * @ctx: compilation
 * @model: the file
 *
 * Return: one for each of its tensors, or NULL without memory.
 */
struct roll_tensor *v3c_roll_look(struct v3c_ctx *ctx, const struct tfl_model *model);

/* Is it an operator that computes nothing, and that nobody misses when nothing reads it? */
bool v3c_roll_is_view(int32_t code);

/* Have two tensors the same type and the same quantization, one scale at most? */
bool v3c_roll_same_quant(const struct tfl_tensor *a, const struct tfl_tensor *b);

/* Operand @k of an operator, -1 if it has none */
static inline int32_t roll_operand(const struct tfl_op *op, uint32_t k)
{
	return k < op->inputs.count ? v3c_fb_vector_i32(&op->inputs, k) : -1;
}

#endif /* V3C_ROLL_GRAPH_H */
