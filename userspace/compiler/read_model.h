/* SPDX-License-Identifier: MIT */
#ifndef V3C_READ_MODEL_H
#define V3C_READ_MODEL_H

#include "compiler/tflite/tflite.h"

/**
 * v3c_read_model() - read a model to compile it
 *
 * As v3c_tfl_parse(), with the arithmetic of shapes done, and the products that are
 * unrolled in the file rolled. Whoever numbers operators for others by their place in
 * struct tfl_model.ops, as in struct v3c_part, uses this one.
 */
int v3c_read_model(struct v3c_ctx *ctx, struct tfl_model *model, const void *data, size_t size);

#endif /* V3C_READ_MODEL_H */
