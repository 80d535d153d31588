/* SPDX-License-Identifier: MIT */
/*
 * Steps as XNNPACK's operators.
 */
#ifndef V3CPU_XNN_H
#define V3CPU_XNN_H

#include <xnnpack.h>

#include "step.h"

/* Does XNNPACK run steps of this kind? */
static inline bool cpu_is_xnn(enum cpu_kind kind)
{
	return kind < CPU_MAP && kind != CPU_MATMUL && kind != CPU_NEAREST;
}

/* Creates the operator; it keeps a copy of @weights and @bias */
enum xnn_status v3cpu_xnn_create(const struct cpu_step *step, const float *weights,
				 const float *bias, xnn_operator_t *op);

/* Sets its operands; it can then run many times */
enum xnn_status v3cpu_xnn_setup(const struct cpu_step *step, xnn_operator_t op,
				const float *const in[2], float *out, pthreadpool_t threads);

/* Runs MATMUL: its weights are an operand, so an operator is made for each matrix */
enum xnn_status v3cpu_xnn_matmul(const struct cpu_step *step, const float *const in[2], float *out,
				 pthreadpool_t threads);

#endif /* V3CPU_XNN_H */
