// SPDX-License-Identifier: MIT
/*
 * The flatbuffer accessors, on bytes made by hand, and numbers of quant.c whose
 * values TFLite's headers state or that follow from them by arithmetic.
 */
#include <math.h>
#include <string.h>

#include "compiler/arith/quant.h"
#include "compiler/tflite/flatbuffer.h"
#include "compiler/tflite/tflite.h"
#include "userspace/tap.h"

/*
 * Root table at 20, vtable at 8: field 0 an int32 7, field 1 absent, field 2 a
 * vector of two int16-sized elements, field 3 a string.
 */
static const uint8_t good[] = {
	20, 0, 0, 0, 'T', 'E', 'S', 'T',
	12, 0, 16, 0, 4, 0, 0, 0, 8, 0, 12, 0,
	12, 0, 0, 0, 7, 0, 0, 0, 8, 0, 0, 0, 12, 0, 0, 0,
	2, 0, 0, 0, 1, 0, 2, 0,
	3, 0, 0, 0, 'a', 'b', 'c', 0,
};

static struct fb open_copy(uint8_t *copy, size_t size)
{
	memcpy(copy, good, sizeof(good));
	return (struct fb){ .data = copy, .size = size };
}

static void test_flatbuffer(void)
{
	uint8_t copy[sizeof(good)];
	struct fb fb = open_copy(copy, sizeof(good));
	struct fb_table root = v3c_fb_root(&fb);
	struct fb_vector v;
	size_t size;
	bool silent = false;

	ok(root.pos == 20 && v3c_fb_i32(&fb, &root, 0, -1) == 7, "a field");
	ok(v3c_fb_i32(&fb, &root, 1, -1) == -1 && v3c_fb_u8(&fb, &root, 9, 5) == 5, "absent fields");
	v = v3c_fb_vector(&fb, &root, 2, 2);
	ok(v.count == 2 && v.data == copy + 40, "a vector");
	ok(!strcmp(v3c_fb_string(&fb, &root, 3), "abc"), "a string");
	ok(!fb.error, "no error in a good file");

	v3c_fb_vector(&fb, &root, 2, 64);
	ok(fb.error, "a vector past the end is an error");
	fb = open_copy(copy, sizeof(good));
	copy[sizeof(good) - 1] = 'd';
	ok(!v3c_fb_string(&fb, &root, 3) && fb.error, "a string without an end is an error");
	fb = open_copy(copy, sizeof(good));
	memset(copy + 28, 0xff, 4);
	ok(!v3c_fb_vector(&fb, &root, 2, 1).data && fb.error, "an offset near 2^32 is an error");
	fb = open_copy(copy, sizeof(good));
	memset(copy + 36, 0xff, 4);
	ok(!v3c_fb_vector(&fb, &root, 2, 8).data && fb.error, "a count near 2^32 is an error");
	fb = open_copy(copy, sizeof(good));
	memset(copy + 20, 0x80, 4);
	ok(!v3c_fb_root(&fb).pos && fb.error, "a vtable outside of the file is an error");
	fb = open_copy(copy, sizeof(good));
	copy[16] = 14;
	ok(v3c_fb_i32(&fb, &root, 2, -1) == -1 && fb.error,
	   "a field outside of its table is an error");
	for (size = 0; size < sizeof(good); size++) {
		fb = open_copy(copy, size);
		root = v3c_fb_root(&fb);
		v3c_fb_vector(&fb, &root, 2, 2);
		v3c_fb_string(&fb, &root, 3);
		silent |= !fb.error;
	}
	ok(!silent, "every truncation is an error");
}

static bool is(struct v3c_scale s, int32_t multiplier, int32_t shift)
{
	return s.multiplier == multiplier && s.shift == shift;
}

static void test_quant(void)
{
	int32_t diff_min;
	int8_t min, max;

	ok(is(v3c_quantize_multiplier(1.0), 1 << 30, 1), "1 is 2^30, 1");
	ok(is(v3c_quantize_multiplier(0.0), 0, 0), "0 is 0, 0");
	ok(is(v3c_quantize_multiplier(nextafter(0.5, 0)), 1 << 30, 0),
	   "a multiplier that rounds up to 2^31 moves to the next power of two");
	ok(is(v3c_quantize_multiplier(ldexp(1, -34)), 0, 0), "below 2^-32 is 0");
	ok(v3c_scale_fits(v3c_quantize_multiplier(ldexp(1, 29))) &&
	   !v3c_scale_fits(v3c_quantize_multiplier(ldexp(1, 30))), "2^30 and more do not fit");
	ok(!v3c_scale_fits(v3c_quantize_multiplier(INFINITY)) &&
	   !v3c_scale_fits(v3c_quantize_multiplier(NAN)) &&
	   !v3c_scale_fits(v3c_quantize_multiplier(-1.0)), "nor do infinity, NaN, and negatives");

	ok(v3c_activation_range(TFL_ACT_RELU6, 0.05f, -100, &min, &max) && min == -100 && max == 20,
	   "RELU6 is a clamp");
	ok(v3c_activation_range(TFL_ACT_RELU_N1_TO_1, 0.001f, 0, &min, &max) && min == -128 &&
	   max == 127, "a clamp saturates");
	ok(v3c_activation_range(TFL_ACT_RELU, 1e-30f, 5, &min, &max) && min == 5 && max == 127,
	   "RELU is a clamp below only");
	ok(!v3c_activation_range(4, 1, 0, &min, &max), "TANH is no clamp");
	/* beta * scale * 2^26 = 2^26 / 16: exactly 2^22, and 31 * 2^26 / 2^23 */
	ok(is(v3c_softmax_scale(1.0f, 1.0f / 16, &diff_min), 1 << 30, 23) && diff_min == -248,
	   "softmax's scale and smallest difference");
}

int main(void)
{
	test_flatbuffer();
	test_quant();
	return done();
}
