// SPDX-License-Identifier: MIT
#include "table_float.h"

#include <math.h>

/*
 * What is beyond these bounds is clamped all the same. TFLite converts it to an
 * integer first, which C does not define where it does not fit (EXP can).
 */
#define FAR	1e6f

void v3c_table_float(int8_t *table, struct v3c_quant in, struct v3c_quant out,
		     v3c_function function)
{
	const float inverse_scale = 1 / out.scale;
	int q;

	for (q = INT8_MIN; q <= INT8_MAX; q++) {
		float real = in.scale * (q - in.zero_point);
		float y = roundf(function(real) * inverse_scale) + out.zero_point;
		int32_t result = fminf(fmaxf(y, -FAR), FAR);

		table[q - INT8_MIN] = result < INT8_MIN ? INT8_MIN :
				      result > INT8_MAX ? INT8_MAX : result;
	}
}

void v3c_table_concat_uint8(int8_t *table, struct v3c_quant in, struct v3c_quant out)
{
	const float scale = in.scale * (1.0f / out.scale);
	/* The zero point of uint8 decides how the sum is rounded */
	const float bias = -(in.zero_point - INT8_MIN) * scale;
	int q;

	for (q = INT8_MIN; q <= INT8_MAX; q++) {
		float y = roundf((q - INT8_MIN) * scale + bias);
		int32_t result = (int32_t)fminf(fmaxf(y, -FAR), FAR) + out.zero_point;

		table[q - INT8_MIN] = result < INT8_MIN ? INT8_MIN :
				      result > INT8_MAX ? INT8_MAX : result;
	}
}

float v3c_logistic(float x)
{
	return 1.0f / (1.0f + expf(-x));
}

float v3c_elu(float x)
{
	return x < 0.0f ? expm1f(x) : x;
}

float v3c_gelu(float x)
{
	return 0.5f * x * erfcf(x * (float)-M_SQRT1_2);
}

float v3c_gelu_tanh(float x)
{
	const float sqrt_2_over_pi = M_2_SQRTPI * M_SQRT1_2;

	return 0.5f * x * (1.0f + tanhf(sqrt_2_over_pi * (x + 0.044715f * x * x * x)));
}

float v3c_square(float x)
{
	return x * x;
}

float v3c_negate(float x)
{
	return -x;
}
