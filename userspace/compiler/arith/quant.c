// SPDX-License-Identifier: MIT
#include "quant.h"

#include <math.h>

#include "compiler/tflite/tflite.h"

struct v3c_scale v3c_quantize_multiplier(double real)
{
	struct v3c_scale s = {};
	int64_t q;

	if (!isfinite(real)) {
		s.shift = INT32_MAX;
		return s;
	}
	if (real == 0.0)
		return s;
	q = (int64_t)round(frexp(real, &s.shift) * (1ll << 31));
	if (q == 1ll << 31) {
		q /= 2;
		s.shift++;
	}
	if (s.shift < -31) {
		s.shift = 0;
		q = 0;
	}
	s.multiplier = q;
	return s;
}

bool v3c_scale_fits(struct v3c_scale scale)
{
	return scale.multiplier >= 0 && scale.shift >= -31 && scale.shift <= 30;
}

int32_t v3c_input_radius(int integer_bits, int left_shift)
{
	double rescaled = 1.0 * ((1 << integer_bits) - 1) * (1ll << (31 - integer_bits)) /
			  (1ll << left_shift);

	return (int32_t)floor(rescaled);
}

struct v3c_scale v3c_softmax_scale(float beta, float input_scale, int32_t *diff_min)
{
	const int integer_bits = 5;
	const double largest = (1ll << 31) - 1.0;
	double real = (double)beta * input_scale * (1 << (31 - integer_bits));
	struct v3c_scale s = v3c_quantize_multiplier(fmin(real, largest));

	/* So steep that only the largest value counts, whatever the factor */
	if (s.shift == 31) {
		*diff_min = 0;
		s.shift = 30;
		return s;
	}
	*diff_min = s.shift >= 0 && s.shift <= 30 ?
		    (int32_t)(-1.0 * v3c_input_radius(integer_bits, s.shift)) : 0;
	return s;
}

static int32_t quantize(float real, float scale, int32_t zero_point)
{
	float q = roundf(real / scale);

	/* TFLite refuses what does not fit; any clamp that is out of reach is right here */
	if (q > 1e6f)
		return 1000000;
	if (q < -1e6f)
		return -1000000;
	return zero_point + (int32_t)q;
}

static int8_t to_int8(int32_t v)
{
	return v < INT8_MIN ? INT8_MIN : v > INT8_MAX ? INT8_MAX : v;
}

bool v3c_activation_range(int activation, float scale, int32_t zero_point, int8_t *min,
			  int8_t *max)
{
	*min = INT8_MIN;
	*max = INT8_MAX;
	switch (activation) {
	case TFL_ACT_NONE:
		return true;
	case TFL_ACT_RELU:
		*min = to_int8(quantize(0.0f, scale, zero_point));
		return true;
	case TFL_ACT_RELU6:
		*min = to_int8(quantize(0.0f, scale, zero_point));
		*max = to_int8(quantize(6.0f, scale, zero_point));
		return true;
	case TFL_ACT_RELU_N1_TO_1:
		*min = to_int8(quantize(-1.0f, scale, zero_point));
		*max = to_int8(quantize(1.0f, scale, zero_point));
		return true;
	default:
		return false;
	}
}
