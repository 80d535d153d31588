// SPDX-License-Identifier: MIT
/* Kernels in plain C, for any processor. */
#include "fixed.h"
#include "kernels.h"

static void load_c(uint8_t *to, const int8_t *from, size_t stride, uint32_t pixels,
		   uint32_t channels, uint32_t quads, int32_t zero_point)
{
	int16_t *operand = (int16_t *)to;
	uint32_t depth = quads * V3NPU_BRICK_I;
	uint32_t p, i;

	for (p = 0; p < pixels; p++) {
		for (i = 0; i < channels; i++)
			operand[i] = (int16_t)(from[i] - zero_point);
		for (; i < depth; i++)
			operand[i] = 0;
		from += stride;
		operand += depth;
	}
}

static void mac_c(const struct v3npu_mac *mac)
{
	size_t brick_bytes = (size_t)mac->num_taps * mac->quads * V3NPU_BRICK_BYTES;
	unsigned int p, b, o, i;
	uint32_t t, q;

	for (p = 0; p < mac->pixels; p++) {
		for (b = 0; b < mac->bricks; b++) {
			int32_t *acc = mac->acc + p * V3NPU_ACC_PITCH + b * V3NPU_BRICK_O;
			const int8_t *w = mac->weights + b * brick_bytes;
			int32_t sum[V3NPU_BRICK_O] = { 0 };

			for (t = 0; t < mac->num_taps; t++) {
				const int16_t *a = (const int16_t *)(mac->lines +
					p * mac->pixel_stride + mac->taps[t]);

				for (q = 0; q < mac->quads; q++) {
					for (o = 0; o < V3NPU_BRICK_O; o++)
						for (i = 0; i < V3NPU_BRICK_I; i++)
							sum[o] += a[i] * w[o * V3NPU_BRICK_I + i];
					a += V3NPU_BRICK_I;
					w += V3NPU_BRICK_BYTES;
				}
			}
			for (o = 0; o < V3NPU_BRICK_O; o++)
				acc[o] = sum[o];
		}
	}
}

static void output_c(const struct v3npu_scale *scale, const int32_t *acc, unsigned int pixels,
		     unsigned int blocks, int8_t *to, size_t pitch)
{
	unsigned int p, c;

	for (p = 0; p < pixels; p++) {
		for (c = 0; c < blocks * V3NPU_BRICK_O; c++) {
			int32_t x = v3npu_wrap_add(acc[c], scale->bias[c]);

			x = v3npu_mbqm(x, scale->multiplier[c], scale->left[c] - scale->right[c]);
			x = v3npu_wrap_add(x, scale->zero_point);
			to[c] = v3npu_clamp(x, scale->min, scale->max);
		}
		acc += V3NPU_ACC_PITCH;
		to += pitch;
	}
}

const struct v3npu_kernels v3npu_kernels_c = {
	.name = "c",
	.element = sizeof(int16_t),
	.load = load_c,
	.mac = mac_c,
	.output = output_c,
};
