/* SPDX-License-Identifier: MIT */
/*
 * Unrolled products, rolled back.
 *
 * Exporters write a product of two activations as many small ones: a
 * FULLY_CONNECTED for each row or column of the result, a BATCH_MATMUL for each
 * matrix of a batch. SPLIT, UNPACK, SLICE or STRIDED_SLICE cut an operand into
 * pieces, CONCATENATION or PACK gathers the results, RESHAPEs lie between.
 *
 * Such a group becomes one product for each operand that its pieces share, and
 * a few views around it: only where that gives every byte that the pieces gave.
 */
#ifndef V3C_ROLL_H
#define V3C_ROLL_H

#include "compiler/base/program.h"
#include "compiler/tflite/tflite.h"

/**
 * v3c_roll() - roll the unrolled products of a model
 * @ctx: compilation
 * @model: as read from the file; gets a new list of operators, and more tensors
 *
 * Time and memory grow with the operators' operands, not faster.
 *
 * Return: 0 or -ENOMEM.
 */
int v3c_roll(struct v3c_ctx *ctx, struct tfl_model *model);

#endif /* V3C_ROLL_H */
