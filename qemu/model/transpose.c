// SPDX-License-Identifier: MIT
/*
 * Transposes bytes, 16 by 16 at a time, in vectors that any compiler turns into
 * what its processor has.
 */
#include <string.h>

#include "transpose.h"

#define SIDE	16

typedef uint8_t vec __attribute__((vector_size(SIDE)));

static vec interleave_low(vec a, vec b)
{
	return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7,
				       23);
}

static vec interleave_high(vec a, vec b)
{
	return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30,
				       15, 31);
}

/*
 * Interleaving rows i and i + 8 for all i makes bit 3 of a row's number bit 0
 * of the byte's, and moves every other bit up by one. After four times the
 * numbers of row and byte have changed places. Only the first @cols results are
 * stored.
 */
static inline __attribute__((always_inline))
void transpose_block(uint8_t *to, size_t to_pitch, const uint8_t *from, size_t from_pitch,
		     const unsigned int cols)
{
	vec row[SIDE], next[SIDE];
	int i, round;

#pragma GCC unroll 16
	for (i = 0; i < SIDE; i++)
		memcpy(&row[i], from + i * from_pitch, sizeof(vec));
#pragma GCC unroll 4
	for (round = 0; round < 4; round++) {
#pragma GCC unroll 8
		for (i = 0; i < SIDE / 2; i++) {
			next[2 * i] = interleave_low(row[i], row[i + SIDE / 2]);
			next[2 * i + 1] = interleave_high(row[i], row[i + SIDE / 2]);
		}
#pragma GCC unroll 16
		for (i = 0; i < SIDE; i++)
			row[i] = next[i];
	}
#pragma GCC unroll 16
	for (i = 0; i < SIDE && (unsigned int)i < cols; i++)
		memcpy(to + i * to_pitch, &row[i], sizeof(vec));
}

static void transpose_part(uint8_t *to, size_t to_pitch, const uint8_t *from, size_t from_pitch,
			   uint32_t rows, uint32_t cols)
{
	uint32_t r, c;

	for (r = 0; r < rows; r++)
		for (c = 0; c < cols; c++)
			to[c * to_pitch + r] = from[r * from_pitch + c];
}

void v3npu_transpose(uint8_t *to, size_t to_pitch, const uint8_t *from, size_t from_pitch,
		     uint32_t rows, uint32_t cols)
{
	uint32_t whole = cols / SIDE * SIDE, r, c;

	for (r = 0; r + SIDE <= rows; r += SIDE) {
		for (c = 0; c < whole; c += SIDE)
			transpose_block(to + c * to_pitch + r, to_pitch,
					from + r * from_pitch + c, from_pitch, SIDE);
		/* What follows the last columns may be read where rows follow */
		if (cols > whole && whole + SIDE <= from_pitch && r + SIDE < rows)
			transpose_block(to + c * to_pitch + r, to_pitch,
					from + r * from_pitch + c, from_pitch, cols - whole);
		else
			transpose_part(to + c * to_pitch + r, to_pitch,
				       from + r * from_pitch + c, from_pitch, SIDE, cols - whole);
	}
	transpose_part(to + r, to_pitch, from + r * from_pitch, from_pitch, rows - r, cols);
}
