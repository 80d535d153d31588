// SPDX-License-Identifier: MIT
#include "table.h"

#include <errno.h>

#include "compiler/tflite/tflite.h"
#include "model/fixed.h"
#include "quant.h"

static int8_t clamp(int64_t v, int min, int max)
{
	return v < min ? min : v > max ? max : v;
}

/* Unlike the output stage's, a table's factor may be negative: LEAKY_RELU's alpha may */
static bool computable(struct v3c_scale s)
{
	return s.shift >= -31 && s.shift <= 30;
}

/* The piecewise linear ones: a scale below zero and another from there on, then a clamp */
static int linear(int8_t *table, struct v3c_quant in, struct v3c_quant out,
		  struct v3c_scale negative, struct v3c_scale positive, int min, int max)
{
	int q;

	if (!computable(negative) || !computable(positive))
		return -ENOTSUP;
	for (q = INT8_MIN; q <= INT8_MAX; q++) {
		int32_t x = q - in.zero_point;
		struct v3c_scale s = x < 0 ? negative : positive;

		table[q - INT8_MIN] = clamp((int64_t)v3npu_mbqm(x, s.multiplier, s.shift) +
					    out.zero_point, min, max);
	}
	return 0;
}

int v3c_table_requantize(int8_t *table, struct v3c_quant in, struct v3c_quant out)
{
	struct v3c_scale s = v3c_quantize_multiplier((double)in.scale / (double)out.scale);

	return linear(table, in, out, s, s, INT8_MIN, INT8_MAX);
}

int v3c_table_leaky_relu(int8_t *table, struct v3c_quant in, struct v3c_quant out, float alpha)
{
	/* TFLite computes both in float */
	float negative = in.scale * alpha / out.scale;
	float positive = in.scale / out.scale;

	return linear(table, in, out, v3c_quantize_multiplier(negative),
		      v3c_quantize_multiplier(positive), INT8_MIN, INT8_MAX);
}

int v3c_table_relu(int8_t *table, struct v3c_quant in, struct v3c_quant out, int activation)
{
	struct v3c_scale s = v3c_quantize_multiplier(in.scale / out.scale);
	int8_t min, max;

	if (!v3c_activation_range(activation, out.scale, out.zero_point, &min, &max))
		return -ENOTSUP;
	return linear(table, in, out, s, s, min, max);
}

int v3c_table_relu_0_to_1(int8_t *table, struct v3c_quant in, struct v3c_quant out)
{
	struct v3c_scale s = v3c_quantize_multiplier(in.scale / out.scale);
	int8_t min, max, unused;

	v3c_activation_range(TFL_ACT_RELU, out.scale, out.zero_point, &min, &unused);
	v3c_activation_range(TFL_ACT_RELU_N1_TO_1, out.scale, out.zero_point, &unused, &max);
	return linear(table, in, out, s, s, min, max);
}

int v3c_table_abs(int8_t *table, struct v3c_quant in, struct v3c_quant out)
{
	struct v3c_scale s = v3c_quantize_multiplier(in.scale / out.scale);
	int q;

	if (!v3c_scale_fits(s))
		return -ENOTSUP;
	for (q = INT8_MIN; q <= INT8_MAX; q++) {
		int32_t x = q < in.zero_point ? in.zero_point - q : q - in.zero_point;

		/* TFLite leaves equal scales alone; 1.0 in Q31 changes no value either */
		table[q - INT8_MIN] = clamp((int64_t)v3npu_mbqm(x, s.multiplier, s.shift) +
					    out.zero_point, INT8_MIN, INT8_MAX);
	}
	return 0;
}

void v3c_table_compose(int8_t *first, const int8_t *second)
{
	int i;

	for (i = 0; i < V3C_TABLE_SIZE; i++)
		first[i] = second[first[i] - INT8_MIN];
}
