/* SPDX-License-Identifier: MIT */
/*
 * TensorFlow Lite's quantization parameters, computed as its kernels' Prepare
 * functions do (2.14): which steps are in float and which in double decides
 * the last bit of a multiplier.
 */
#ifndef V3C_QUANT_H
#define V3C_QUANT_H

#include <stdbool.h>
#include <stdint.h>

#include "v3npu/cmd.h"

/**
 * struct v3c_scale - a real factor as a Q31 multiplier and a power of two
 * @multiplier: in 2^30..2^31-1, or 0
 * @shift: positive to the left
 */
struct v3c_scale {
	int32_t multiplier;
	int32_t shift;
};

/*
 * TFLite's QuantizeMultiplier(). The result can be beyond what the NPU takes; it
 * always is if @real is not finite.
 */
struct v3c_scale v3c_quantize_multiplier(double real);

/* Can the NPU's output stage take it? */
bool v3c_scale_fits(struct v3c_scale scale);

/**
 * v3c_softmax_scale() - PreprocessSoftmaxScaling() and the smallest difference
 * to the maximum that counts, of softmax
 * @beta: factor on the input
 * @input_scale: scale of the input
 * @diff_min: set
 */
struct v3c_scale v3c_softmax_scale(float beta, float input_scale, int32_t *diff_min);

/**
 * v3c_activation_range() - clamp of a fused activation, in quantized values
 * @activation: enum tfl_activation
 * @scale: of the output
 * @zero_point: of the output
 * @min: set
 * @max: set
 *
 * Return: false if it is an activation that is no clamp.
 */
bool v3c_activation_range(int activation, float scale, int32_t zero_point, int8_t *min,
			  int8_t *max);

/* TFLite's CalculateInputRadius() with 31 bits */
int32_t v3c_input_radius(int integer_bits, int left_shift);

#endif /* V3C_QUANT_H */
