// SPDX-License-Identifier: MIT
/*
 * HARD_SWISH as TFLite's reference kernel computes it: in 16-bit fixed point,
 * as x times a factor in [0, 1], with its rounding and saturation step by step.
 */
#include "hard_swish.h"

#include <errno.h>

#include "model/fixed.h"
#include "quant.h"

/* Bits that an input gains before it is multiplied */
#define HIRES_BITS	7

static int16_t saturate(int64_t x)
{
	return x < INT16_MIN ? INT16_MIN : x > INT16_MAX ? INT16_MAX : x;
}

/* gemmlowp's SaturatingRoundingDoublingHighMul of 16 bits; divides, so it rounds as C does */
static int16_t rounding_high_mul(int16_t a, int16_t b)
{
	int32_t ab = (int32_t)a * b;

	if (a == INT16_MIN && b == INT16_MIN)
		return INT16_MAX;
	return (ab + (ab >= 0 ? 1 << 14 : 1 - (1 << 14))) / (1 << 15);
}

/* The same without rounding */
static int16_t high_mul(int16_t a, int16_t b)
{
	if (a == INT16_MIN && b == INT16_MIN)
		return INT16_MAX;
	return (int32_t)a * b / (1 << 15);
}

/* The upper half of a Q31 multiplier, rounded */
static int16_t narrow(int32_t multiplier)
{
	const int32_t half = 1 << 15;

	return multiplier >= INT32_MAX - half ? INT16_MAX : (multiplier + half) >> 16;
}

/*
 * gemmlowp's RoundingDivideByPOT of 16 bits, of which the mask has no more
 * either: from 16 bits on it gives 1 and -1 for the two signs.
 */
static int16_t rounding_shift(int16_t x, int bits)
{
	int16_t mask = (int16_t)((1ll << bits) - 1);
	int threshold = (mask >> 1) + (x < 0);

	return (x >> bits) + ((x & mask) > threshold);
}

/* 32768 * min(max(x / 6 + 1/2, 0), 1), of @x with HIRES_BITS more bits than the input */
static int16_t gate(int16_t x, struct v3c_scale scale)
{
	int16_t y = x;

	/* The last bit of a left shift comes after the product: only there may it saturate */
	if (scale.shift > 0)
		y = saturate(y * ((int64_t)1 << (scale.shift - 1)));
	y = rounding_high_mul(y, narrow(scale.multiplier));
	if (scale.shift > 0)
		y = saturate(2 * (int64_t)y);
	else
		y = rounding_shift(y, -scale.shift);
	return (y + (1 << 15)) >> 1;
}

int v3c_table_hard_swish(int8_t *table, struct v3c_quant in, struct v3c_quant out)
{
	/* In float, as TFLite; 3 becomes 32768 */
	const float hires_scale = (1.0f / 128.0f) * in.scale;
	const float three = 3.0f / 32768.0f;
	struct v3c_scale output = v3c_quantize_multiplier(hires_scale / out.scale);
	struct v3c_scale reluish = v3c_quantize_multiplier(hires_scale / three);
	int q;

	if (!v3c_scale_fits(output) || !v3c_scale_fits(reluish) || output.shift > 0)
		return -ENOTSUP;
	for (q = INT8_MIN; q <= INT8_MAX; q++) {
		int16_t x = (q - in.zero_point) * (1 << HIRES_BITS);
		int16_t y = high_mul(gate(x, reluish),
				     rounding_high_mul(x, narrow(output.multiplier)));
		int16_t result = rounding_shift(y, -output.shift) + out.zero_point;

		table[q - INT8_MIN] = v3npu_clamp(result, INT8_MIN, INT8_MAX);
	}
	return 0;
}
