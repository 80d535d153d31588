/* SPDX-License-Identifier: MIT */
/*
 * What ELTWISE makes of two elements. The engine computes many at a time; the
 * compiler asks for results one by one.
 */
#ifndef V3NPU_MODEL_ELTWISE_H
#define V3NPU_MODEL_ELTWISE_H

#include <stdbool.h>

#include "fixed.h"
#include "v3npu/cmd.h"

/* Are its results products, and not sums or one of the operands? */
static inline bool v3npu_eltwise_is_product(const struct v3npu_cmd_eltwise *cmd)
{
	return cmd->op == V3NPU_ELTWISE_MUL || cmd->op == V3NPU_ELTWISE_PRELU;
}

/* What operand @index contributes to a sum or product if it is @q */
static inline int32_t v3npu_eltwise_term(const struct v3npu_cmd_eltwise *cmd, int index, int8_t q)
{
	const struct v3npu_operand *o = &cmd->operand[index];
	int32_t x = q - o->zero_point;

	if (!v3npu_eltwise_is_product(cmd))
		x = v3npu_mbqm(v3npu_wrap_shl(x, cmd->left_shift), o->multiplier, o->shift);
	return cmd->op == V3NPU_ELTWISE_SUB && index == 1 ? v3npu_wrap_sub(0, x) : x;
}

/* The result of what is @x at the scale that @multiplier and @shift bring to the result's */
static inline int8_t v3npu_eltwise_rescale(const struct v3npu_cmd_eltwise *cmd, int32_t x,
					   int32_t multiplier, int32_t shift)
{
	x = v3npu_wrap_add(v3npu_mbqm(x, multiplier, shift), cmd->zero_point);
	return v3npu_clamp(x, cmd->min, cmd->max);
}

/* PRELU of a first operand that is not negative, of which @x is the term */
static inline int8_t v3npu_eltwise_positive(const struct v3npu_cmd_eltwise *cmd, int32_t x)
{
	return v3npu_eltwise_rescale(cmd, x, cmd->operand[0].multiplier, cmd->operand[0].shift);
}

/* MAX and MIN: of the values as they are */
static inline int8_t v3npu_eltwise_compare(const struct v3npu_cmd_eltwise *cmd, int8_t a, int8_t b)
{
	int8_t q = (a > b) == (cmd->op == V3NPU_ELTWISE_MAX) ? a : b;

	return v3npu_clamp(q, cmd->min, cmd->max);
}

/* The result of @a and @b, before the table */
static inline int8_t v3npu_eltwise(const struct v3npu_cmd_eltwise *cmd, int8_t a, int8_t b)
{
	int32_t x, y;

	if (cmd->op == V3NPU_ELTWISE_MAX || cmd->op == V3NPU_ELTWISE_MIN)
		return v3npu_eltwise_compare(cmd, a, b);
	x = v3npu_eltwise_term(cmd, 0, a);
	y = v3npu_eltwise_term(cmd, 1, b);
	if (cmd->op == V3NPU_ELTWISE_PRELU && x >= 0)
		return v3npu_eltwise_positive(cmd, x);
	x = v3npu_eltwise_is_product(cmd) ? x * y : v3npu_wrap_add(x, y);
	return v3npu_eltwise_rescale(cmd, x, cmd->multiplier, cmd->shift);
}

#endif /* V3NPU_MODEL_ELTWISE_H */
