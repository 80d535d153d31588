/* SPDX-License-Identifier: MIT */
#ifndef V3C_FOLD_SHAPES_H
#define V3C_FOLD_SHAPES_H

#include "compiler/tflite/tflite.h"

/**
 * v3c_fold_shapes() - compute what does not depend on the model's inputs
 * @ctx: compilation
 * @model: as read from the file; operators go whose results are known, and their
 *	outputs become constants
 *
 * Exporters compute shapes from shapes, which are fixed here: SHAPE, and arithmetic
 * with its result. Operators that compute weights from constants are left alone.
 *
 * Return: 0 or -ENOMEM.
 */
int v3c_fold_shapes(struct v3c_ctx *ctx, struct tfl_model *model);

#endif /* V3C_FOLD_SHAPES_H */
