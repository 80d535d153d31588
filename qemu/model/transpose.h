/* SPDX-License-Identifier: MIT */
#ifndef V3NPU_MODEL_TRANSPOSE_H
#define V3NPU_MODEL_TRANSPOSE_H

#include <stddef.h>
#include <stdint.h>

/**
 * v3npu_transpose() - transpose a matrix of bytes
 * @to: @cols rows of @rows bytes, @to_pitch bytes from row to row
 * @from: @rows rows of @cols bytes, @from_pitch bytes from row to row; does not
 *	overlap @to
 */
void v3npu_transpose(uint8_t *to, size_t to_pitch, const uint8_t *from, size_t from_pitch,
		     uint32_t rows, uint32_t cols);

#endif /* V3NPU_MODEL_TRANSPOSE_H */
