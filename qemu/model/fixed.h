/* SPDX-License-Identifier: MIT */
/*
 * Fixed-point arithmetic as TensorFlow Lite and gemmlowp define it, with
 * every overflow defined: sums and left shifts wrap as two's complement.
 */
#ifndef V3NPU_MODEL_FIXED_H
#define V3NPU_MODEL_FIXED_H

#include <stdint.h>

static inline int32_t v3npu_wrap_add(int32_t a, int32_t b)
{
	return (int32_t)((uint32_t)a + (uint32_t)b);
}

static inline int32_t v3npu_wrap_sub(int32_t a, int32_t b)
{
	return (int32_t)((uint32_t)a - (uint32_t)b);
}

static inline int32_t v3npu_wrap_shl(int32_t a, unsigned int bits)
{
	return (int32_t)((uint32_t)a << bits);
}

/**
 * v3npu_srdhm() - gemmlowp's SaturatingRoundingDoublingHighMul
 *
 * (2 a b) / 2^32, rounded to nearest. gemmlowp adds a nudge that depends on
 * the product's sign and then truncates; for either sign that is the floor
 * below, since truncating a negative number is rounding it up. Only
 * INT32_MIN * INT32_MIN saturates.
 */
static inline int32_t v3npu_srdhm(int32_t a, int32_t b)
{
	if (a == INT32_MIN && b == INT32_MIN)
		return INT32_MAX;
	return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
}

/**
 * v3npu_rounding_shift() - gemmlowp's RoundingDivideByPOT
 * @bits: 0..62; gemmlowp stops at 31, larger ones are what the formula gives
 *	without its 32-bit mask
 *
 * x / 2^bits, rounded to nearest, halves away from zero.
 */
static inline int32_t v3npu_rounding_shift(int32_t x, unsigned int bits)
{
	int64_t mask = ((int64_t)1 << bits) - 1;
	int64_t remainder = x & mask;
	int64_t threshold = (mask >> 1) + (x < 0);

	return (int32_t)((int64_t)x >> bits) + (remainder > threshold);
}

/**
 * v3npu_mbqm() - TFLite's MultiplyByQuantizedMultiplier, double rounding
 * @multiplier: Q31, >= 0
 * @shift: -31..30, positive to the left
 */
static inline int32_t v3npu_mbqm(int32_t x, int32_t multiplier, int shift)
{
	unsigned int left = shift > 0 ? shift : 0;
	unsigned int right = shift > 0 ? 0 : -shift;

	return v3npu_rounding_shift(v3npu_srdhm(v3npu_wrap_shl(x, left), multiplier), right);
}

/* x * 2^bits, saturated: gemmlowp's SaturatingRoundingMultiplyByPOT for bits > 0 */
static inline int32_t v3npu_saturating_shl(int32_t x, unsigned int bits)
{
	int64_t y = (int64_t)x * ((int64_t)1 << bits);

	return y > INT32_MAX ? INT32_MAX : y < INT32_MIN ? INT32_MIN : (int32_t)y;
}

/* Of the Newton-Raphson division below: 48/17 and -32/17 in Q2.29 */
#define V3NPU_48_OVER_17	1515870810
#define V3NPU_MINUS_32_OVER_17	(-1010580540)

/**
 * v3npu_reciprocal() - gemmlowp's one_over_one_plus_x_for_x_in_0_1
 * @half: (1 + x) / 2 in Q0.31, 2^30..2^31 - 1
 *
 * 1 / (1 + x) in Q0.31, by three Newton-Raphson steps in Q2.29. gemmlowp
 * starts from x; its RoundingHalfSum of x and 2^31 - 1 is @half.
 */
static inline int32_t v3npu_reciprocal(int32_t half)
{
	int32_t x = v3npu_wrap_add(V3NPU_48_OVER_17, v3npu_srdhm(half, V3NPU_MINUS_32_OVER_17));
	int i;

	for (i = 0; i < 3; i++) {
		int32_t rest = v3npu_wrap_sub(1 << 29, v3npu_srdhm(half, x));

		x = v3npu_wrap_add(x, v3npu_saturating_shl(v3npu_srdhm(x, rest), 2));
	}
	return v3npu_saturating_shl(x, 1);
}

static inline int8_t v3npu_clamp(int32_t x, int32_t min, int32_t max)
{
	return (int8_t)(x < min ? min : x > max ? max : x);
}

#endif /* V3NPU_MODEL_FIXED_H */
