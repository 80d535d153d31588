/* SPDX-License-Identifier: MIT */
/*
 * What the steps' operators share, whichever XNNPACK there is. Its calls changed from
 * one release of Debian to the next: xnn_2022.c and xnn_2024.c have what differs.
 */
#ifndef V3CPU_XNN_OPS_H
#define V3CPU_XNN_OPS_H

#include "xnn.h"

/* A step's rows of channels; a step that has no use for rows takes dense tensors as one */
struct cpu_rows {
	size_t channels;
	size_t count;
	size_t in_stride;
	size_t out_stride;
};

struct cpu_rows v3cpu_rows_of(const struct cpu_step *step);

/* XNNPACK's flags of a RESIZE_BILINEAR */
uint32_t v3cpu_bilinear_flags(const struct cpu_op *op);

/**
 * struct cpu_product - a product of two matrices
 * @rows: of the first operand and the result
 * @depth: columns of the first operand
 * @columns: of the result
 * @in_stride: elements from one row of the first operand to the next
 * @out_stride: the same of the result
 * @weights: second operand, @columns rows of @depth elements, or what @flags say
 * @flags: XNNPACK's
 */
struct cpu_product {
	size_t rows;
	size_t depth;
	size_t columns;
	size_t in_stride;
	size_t out_stride;
	const float *weights;
	uint32_t flags;
};

/* Makes the operator of a product, for xnn_run_operator(); @op may be there after a failure */
enum xnn_status v3cpu_xnn_product(const struct cpu_product *product, const float *in, float *out,
				  pthreadpool_t threads, xnn_operator_t *op);

#endif /* V3CPU_XNN_OPS_H */
