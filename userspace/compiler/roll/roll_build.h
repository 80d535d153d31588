/* SPDX-License-Identifier: MIT */
/*
 * Operators and tensors that a file does not have.
 */
#ifndef V3C_ROLL_BUILD_H
#define V3C_ROLL_BUILD_H

#include "compiler/tflite/tflite.h"

/**
 * struct roll_added - an operator that is not in the file
 * @op: it
 * @before: operator of the file in whose place it is
 */
struct roll_added {
	struct tfl_op op;
	uint32_t before;
};

/**
 * struct roll_build - new operators and tensors
 * @ctx: compilation, which owns all memory
 * @model: whose tensors they are added to
 * @tensor_room: tensors that its array has room for
 * @added: @added_count new operators, in execution order
 * @added_room: that the array has room for
 * @before: struct roll_added.before of those to come
 * @tag: struct tfl_op.tag of those to come
 */
struct roll_build {
	struct v3c_ctx *ctx;
	struct tfl_model *model;
	uint32_t tensor_room;
	struct roll_added *added;
	uint32_t added_count;
	uint32_t added_room;
	uint32_t before;
	uint32_t tag;
};

/*
 * All return a new tensor's number or a negative errno. Where an argument is a
 * tensor it may be such an error, which is then the result.
 */

/* A tensor of this shape, otherwise as @like */
int32_t v3c_roll_add_tensor(struct roll_build *b, int32_t like, int rank, const uint32_t *dim);

/* @in with another shape */
int32_t v3c_roll_reshape(struct roll_build *b, int32_t in, int rank, const uint32_t *dim);

/* @in, of three dimensions, with @perm[i] of them as dimension i */
int32_t v3c_roll_transpose(struct roll_build *b, int32_t in, const uint32_t *perm);

/* Element @k along dimension @axis of @in, for all @k: @out[] of them, of shape @dim[@rank] */
int32_t v3c_roll_unpack(struct roll_build *b, int32_t in, int axis, int rank, const uint32_t *dim,
			int32_t *out, uint32_t count);

/* The inverse: the result has shape @dim[@rank] */
int32_t v3c_roll_pack(struct roll_build *b, const int32_t *in, uint32_t count, int axis, int rank,
		      const uint32_t *dim);

/* As operator @like, with these operands, the third of which may be -1, and result */
int32_t v3c_roll_product(struct roll_build *b, const struct tfl_op *like, const int32_t *in,
			 int32_t out);

/* @in with the shape of @out, which the file has */
int32_t v3c_roll_finish(struct roll_build *b, int32_t in, int32_t out);

#endif /* V3C_ROLL_BUILD_H */
