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

/**
 * struct cpu_xnn - a step as XNNPACK runs it; zero at first
 * @op: operator
 * @clamp: a second one that clamps its result in place, where it cannot itself
 * @workspace: memory that it works in, if it asked for some
 * @slopes: of a PRELU whose operator has no copy of them
 */
struct cpu_xnn {
	xnn_operator_t op;
	xnn_operator_t clamp;
	void *workspace;
	const float *slopes;
};

/* Creates the operator; @weights and @bias stay where they are. v3cpu_xnn_free() even if it fails */
enum xnn_status v3cpu_xnn_create(const struct cpu_step *step, const float *weights,
				 const float *bias, struct cpu_xnn *x);

/* Sets its operands, once; it can then run many times */
enum xnn_status v3cpu_xnn_setup(const struct cpu_step *step, struct cpu_xnn *x,
				const float *const in[2], float *out, pthreadpool_t threads);

enum xnn_status v3cpu_xnn_run(const struct cpu_xnn *x, pthreadpool_t threads);

void v3cpu_xnn_free(struct cpu_xnn *x);

/* Runs MATMUL: its weights are an operand, so an operator is made for each matrix */
enum xnn_status v3cpu_xnn_matmul(const struct cpu_step *step, const float *const in[2], float *out,
				 pthreadpool_t threads);

#endif /* V3CPU_XNN_H */
