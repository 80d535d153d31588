// SPDX-License-Identifier: MIT
#include "logistic.h"

#include "model/fixed.h"

#define FRACTION_BITS	27

/* x * 2^exponent, saturated; exponent 1..30 */
static int32_t saturating_shift_left(int32_t x, int exponent)
{
	int64_t wide = (int64_t)x * (1ll << exponent);

	return wide > INT32_MAX ? INT32_MAX : wide < INT32_MIN ? INT32_MIN : (int32_t)wide;
}

/* exp(x) for x in [-1/4, 0), Q0.31: Taylor's series around -1/8, to the fourth power */
static int32_t exp_near_zero(int32_t x)
{
	const int32_t exp_minus_eighth = 1895147668;
	const int32_t third = 715827883;
	int32_t d = x + (1 << 28);
	int32_t d2 = v3npu_srdhm(d, d);
	int32_t d3 = v3npu_srdhm(d2, d);
	int32_t d4 = v3npu_srdhm(d2, d2);
	int32_t tail = v3npu_srdhm(v3npu_rounding_shift(d4, 2) + d3, third) + d2;

	return exp_minus_eighth +
	       v3npu_srdhm(exp_minus_eighth, d + v3npu_rounding_shift(tail, 1));
}

/*
 * exp(x) for x <= 0, Q4.27 in, Q0.31 out: x is a part in [-1/4, 0) minus
 * powers of two, each of which has its own factor.
 */
static int32_t exp_negative(int32_t x)
{
	/* exp(-2^k), k from -2, Q0.31 */
	static const int32_t factor[] = {
		1672461947, 1302514674, 790015084, 290630308, 39332535, 720401,
	};
	const int32_t quarter = 1 << (FRACTION_BITS - 2);
	int32_t part, rest, result;
	unsigned int k;

	if (!x)
		return INT32_MAX;
	part = (x & (quarter - 1)) - quarter;
	rest = v3npu_wrap_sub(part, x);
	result = exp_near_zero(saturating_shift_left(part, 31 - FRACTION_BITS));
	for (k = 0; k < sizeof(factor) / sizeof(factor[0]); k++)
		if (rest & (quarter << k))
			result = v3npu_srdhm(result, factor[k]);
	return result;
}

/* 1 / (1 + x) for x in [0, 1], Q0.31: Newton-Raphson on (1 + x) / 2, in Q2.29 */
static int32_t one_over_one_plus(int32_t x)
{
	const int32_t k48_over_17 = 1515870810;
	const int32_t minus_32_over_17 = -1010580540;
	const int32_t one = 1 << 29;
	int32_t half = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2);
	int32_t y = k48_over_17 + v3npu_srdhm(half, minus_32_over_17);
	int i;

	for (i = 0; i < 3; i++) {
		int32_t error = one - v3npu_srdhm(half, y);

		y += saturating_shift_left(v3npu_srdhm(y, error), 2);
	}
	return saturating_shift_left(y, 1);
}

int32_t v3c_logistic(int32_t x)
{
	int32_t positive;

	if (!x)
		return 1 << 30;
	positive = one_over_one_plus(exp_negative(x > 0 ? v3npu_wrap_sub(0, x) : x));
	return x > 0 ? positive : INT32_MAX - positive;
}
