/* SPDX-License-Identifier: MIT */
/*
 * Tensors whose numbers are known before the model runs, for the arithmetic that
 * exporters do with shapes.
 */
#ifndef V3C_KNOWN_H
#define V3C_KNOWN_H

#include <stdbool.h>

#include "compiler/tflite/tflite.h"

#define KNOWN_MAX	65536	/* elements: shapes are short, and so is what is made of them */

/** union known_number - an element: float32 in @f, all other types in @i */
union known_number {
	int64_t i;
	float f;
};

/**
 * struct known - a tensor's numbers
 * @type: TFL_INT32, TFL_INT64, TFL_BOOL or TFL_FLOAT32
 * @rank: dimensions used of @dim
 * @dim: its shape; dimensions can be 0
 * @count: elements
 * @v: them, in the order of the shape
 */
struct known {
	int type;
	uint32_t rank;
	int32_t dim[V3C_MAX_RANK];
	uint32_t count;
	union known_number *v;
};

/**
 * v3c_known_new() - make room for numbers
 * @ctx: compilation, which owns it
 * @k: type, rank and dim are set; count and v will be
 *
 * Return: 1; 0 if there would be too many, or a dimension is negative; -ENOMEM.
 */
int v3c_known_new(struct v3c_ctx *ctx, struct known *k);

/* The numbers of a constant tensor. Return: 1; 0 if it is none of a known type, or too large; -ENOMEM. */
int v3c_known_read(struct v3c_ctx *ctx, const struct tfl_tensor *t, struct known *k);

/* Makes a constant of a tensor. Return: 1; 0 if a number does not fit its type; -ENOMEM. */
int v3c_known_write(struct v3c_ctx *ctx, const struct known *k, struct tfl_tensor *t);

#endif /* V3C_KNOWN_H */
