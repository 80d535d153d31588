/* SPDX-License-Identifier: MIT */
/*
 * Elements of any rank as commands of four dimensions.
 */
#ifndef V3C_NEST_H
#define V3C_NEST_H

#include "compiler/graph/ir.h"

#define NEST_MAX_RANK	(2 * V3C_MAX_RANK)
#define NEST_MAX_OPERANDS	3

/**
 * struct v3c_nest - loops over the elements of tensors of one shape
 * @rank: loops, outermost first
 * @dim: iterations of each
 * @operands: tensors
 * @loc: buffer and offset of each, @stride its bytes per iteration of each loop
 */
struct v3c_nest {
	int rank;
	uint32_t dim[NEST_MAX_RANK];
	int operands;
	struct {
		int buffer;
		uint64_t offset;
		uint64_t stride[NEST_MAX_RANK];
	} loc[NEST_MAX_OPERANDS];
};

/* Loops over @shape, without operands */
void v3c_nest_init(struct v3c_nest *nest, const struct ir_shape *shape);

/* Adds an operand; dimensions that it has not, or has 1 of, are broadcast */
void v3c_nest_add(struct v3c_nest *nest, const struct ir_shape *shape, const struct ir_loc *loc);

/*
 * Fewest loops and commands that do the same, in any order: drops loops of one
 * iteration, joins those that are one for all operands, splits those of more
 * than V3NPU_DIM_MAX, moves the shortest outermost. The last @keep loops stay
 * as they are. False if a loop cannot be split.
 */
bool v3c_nest_simplify(struct v3c_nest *nest, int keep);

/*
 * Operand @k of the command for the four innermost loops at the indices
 * @index of the outer ones
 */
struct v3npu_tensor v3c_nest_tensor(const struct v3c_nest *nest, int k, const uint32_t *index);

/* Moves @index, zeroed at first, to the next command's; false after the last */
bool v3c_nest_next(const struct v3c_nest *nest, uint32_t *index);

#endif /* V3C_NEST_H */
