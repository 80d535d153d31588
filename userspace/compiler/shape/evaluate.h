/* SPDX-License-Identifier: MIT */
#ifndef V3C_EVALUATE_H
#define V3C_EVALUATE_H

#include "known.h"

/* Most operands of an operator that is evaluated */
#define EVALUATE_OPERANDS	64

/* Is this an operator that v3c_evaluate() may know? */
bool v3c_can_evaluate(int32_t code);

/**
 * v3c_evaluate() - compute an operator whose operands are known
 * @ctx: compilation
 * @op: the operator
 * @in: its operands; all are known, @count of them, 1..EVALUATE_OPERANDS
 * @out: the result: its type is set to that of the operator's output
 *
 * As TFLite's reference kernels. What wraps around or divides by zero is not evaluated.
 *
 * Return: 1 if it did; 0 if it cannot; -ENOMEM.
 */
int v3c_evaluate(struct v3c_ctx *ctx, const struct tfl_op *op, const struct known *in,
		 uint32_t count, struct known *out);

#endif /* V3C_EVALUATE_H */
