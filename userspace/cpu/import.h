/* SPDX-License-Identifier: MIT */
/*
 * From TFLite's operators to the CPU backend's graph, in real numbers.
 */
#ifndef V3CPU_IMPORT_H
#define V3CPU_IMPORT_H

#include "compiler/import/read.h"
#include "step.h"

extern const struct import_backend v3cpu_import_backend;

/* The fused activation as a clamp */
int v3cpu_clamp(struct importer *im, struct cpu_op *op);

/* Bounds what XNNPACK keeps of a window: a pointer for each output pixel and window element */
int v3cpu_check_window(struct importer *im, const struct ir_shape *out, const uint32_t *kernel);

/*
 * Dimension @i (0: height, 1: width) of a window over @in elements: sets the
 * operator's kernel, stride, dilation and padding, and the output's elements
 */
int v3cpu_window(struct importer *im, struct cpu_op *op, int i, uint32_t in, int64_t kernel,
		 int64_t dilation, uint32_t *out);

/* A HOST node of the operator; @b -1 for one operand */
int v3cpu_node(struct importer *im, const struct cpu_op *op, int a, int b, int out);

/*
 * A HOST node whose result is the value @out, which is rounded to int8 if it
 * stands for an int8 tensor
 */
int v3cpu_compute(struct importer *im, const struct cpu_op *op, int a, int b, int out);

/* A constant value of one number */
int v3cpu_scalar(struct importer *im, float number);

/* The numbers of constant input @k and its shape, or NULL if it is computed or left out */
int v3cpu_constant_input(struct importer *im, uint32_t k, struct ir_shape *shape,
			 const float **data);

/*
 * The bias, input @k, of a product with @channels results, or NULL if it has
 * none. An int32 one counts in the product of the scales of value @in and of
 * the weights, input @weights.
 */
int v3cpu_bias(struct importer *im, uint32_t k, uint32_t channels, int in, uint32_t weights,
	       const float **bias);

/* A constant tensor's numbers; its elements must be those of @shape */
int v3cpu_real_constant(struct importer *im, const struct tfl_tensor *t,
			const struct ir_shape *shape, const float **data);

/* The operators of import_mac.c */
int v3cpu_import_conv(struct importer *im);
int v3cpu_import_transpose_conv(struct importer *im);
int v3cpu_import_fully_connected(struct importer *im);
int v3cpu_import_batch_matmul(struct importer *im);

#endif /* V3CPU_IMPORT_H */
