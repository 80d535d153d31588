// SPDX-License-Identifier: MIT
/*
 * The NPU has int8 alone. That is all it needs: uint8 is the same numbers with
 * their zero point moved, so no stage after the reader has to know of it, but
 * for who takes the user's bytes, and for kernels that TFLite wrote twice.
 */
#include "tflite_uint8.h"

#include <string.h>

static int flip_data(struct v3c_ctx *ctx, struct tfl_tensor *t)
{
	uint8_t *flipped = v3c_alloc(ctx, t->data_size, 1);
	size_t i;

	if (!flipped)
		return v3c_no_memory(ctx);
	for (i = 0; i < t->data_size; i++)
		flipped[i] = t->data[i] ^ TFL_UINT8_FLIP;
	t->data = flipped;
	return 0;
}

/* In the file's format, as the reader of vectors takes it; none means 0 */
static int move_zero_points(struct v3c_ctx *ctx, struct tfl_tensor *t)
{
	uint32_t count = t->zero_point.count ? t->zero_point.count : t->scale.count, i, k;
	uint8_t *moved = v3c_alloc(ctx, count, sizeof(uint64_t));

	if (!moved)
		return v3c_no_memory(ctx);
	for (i = 0; i < count; i++) {
		uint64_t zero = t->zero_point.count ? v3c_fb_vector_i64(&t->zero_point, i) : 0;

		zero -= TFL_UINT8_OFFSET;
		for (k = 0; k < sizeof(zero); k++)
			moved[i * sizeof(zero) + k] = zero >> 8 * k;
	}
	t->zero_point = (struct fb_vector){ .data = moved, .count = count };
	return 0;
}

int v3c_tfl_make_signed(struct v3c_ctx *ctx, struct tfl_tensor *t)
{
	int ret;

	if (t->type != TFL_UINT8 || !t->scale.count)
		return 0;
	t->type = TFL_INT8;
	t->was_uint8 = true;
	ret = move_zero_points(ctx, t);
	return ret || !t->data ? ret : flip_data(ctx, t);
}
