// SPDX-License-Identifier: MIT
/* Pictures as the inputs of models: shapes, types, ranges */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "userspace/tap.h"
#include "vision/error.h"
#include "vision/image/input.h"

#define W	4
#define H	2

static uint8_t pixels[H][W][3];
static const struct v3npu_image image = { W, H, W * 3, pixels[0][0] };
static const struct v3npu_detector_options none;

static struct v3npu_tensor_info tensor(enum v3npu_dtype dtype, float scale, int zero_point)
{
	return (struct v3npu_tensor_info) {
		.rank = 4, .dim = { 1, H, W, 3 }, .dtype = dtype, .scale = scale,
		.zero_point = zero_point,
	};
}

static int make(const struct v3npu_tensor_info *t, const struct v3npu_detector_options *options,
		bool unit, struct input *in)
{
	int ret = v3v_input_make(t, in);

	return ret ? ret : v3v_input_range(t, options, unit, in);
}

/* What number the colours 0, 100 and 255 become */
static bool becomes(enum v3npu_dtype dtype, float scale, int zero_point, float black, float grey,
		    float white)
{
	const struct v3npu_tensor_info t = tensor(dtype, scale, zero_point);
	struct input in;

	return !make(&t, &none, false, &in) && fabsf(in.real[0][0] - black) < 1e-5f &&
	       fabsf(in.real[1][100] - grey) < 1e-5f && fabsf(in.real[2][255] - white) < 1e-5f;
}

static void test_ranges(void)
{
	static const struct { enum v3npu_dtype dtype; float scale; int zero_point; } unknown[] = {
		{ V3NPU_FLOAT32, 0, 0 }, { V3NPU_INT8, 1, 0 }, { V3NPU_INT8, 0.0187f, -14 },
		{ V3NPU_UINT8, 0.0187f, 114 }, { V3NPU_INT8, 0.000396f, 124 },
	};
	struct v3npu_tensor_info t;
	struct input in;
	size_t i;

	ok(becomes(V3NPU_INT8, 1 / 255.0f, -128, 0, 100 / 255.0f, 1), "int8 of 0..1");
	ok(becomes(V3NPU_INT8, 0.0038f, -128, 0, 100 / 255.0f, 1), "int8 of nearly 0..1");
	ok(becomes(V3NPU_UINT8, 1 / 255.0f, 0, 0, 100 / 255.0f, 1), "uint8 of 0..1");
	ok(becomes(V3NPU_UINT8, 1 / 128.0f, 128, -1, 100 / 127.5f - 1, 1), "uint8 of -1..1");
	ok(becomes(V3NPU_INT8, 0.00784f, -1, -1, 100 / 127.5f - 1, 1), "int8 of -1..1");
	ok(becomes(V3NPU_INT8, 1, -128, 0, 100, 255), "int8 of 0..255");
	ok(becomes(V3NPU_UINT8, 1, 0, 0, 100, 255), "uint8 of 0..255");
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		t = tensor(unknown[i].dtype, unknown[i].scale, unknown[i].zero_point);
		ok(make(&t, &none, false, &in) == -ENODATA && !make(&t, &none, true, &in) &&
		   in.real[0][255] == 1, "range %zu is asked for, but of an exporter's 0..1: '%s'", i,
		   v3npu_vision_error());
	}
}

static void test_mean(void)
{
	struct v3npu_detector_options o = { .mean = { 10, 20, 30 }, .std = { 2, 4, 8 } };
	struct v3npu_tensor_info t = tensor(V3NPU_FLOAT32, 0, 0);
	struct v3npu_placement box = {};
	struct input in;
	float real[H][W][3];
	uint8_t bytes[H][W][3];

	memset(pixels, 50, sizeof(pixels));
	ok(!make(&t, &o, false, &in) && !v3v_input_fill(&in, &image, real, &box) &&
	   real[1][2][0] == 20 && real[1][2][1] == 7.5f && real[1][2][2] == 2.5f,
	   "float32: each colour by its mean and std");
	t = tensor(V3NPU_UINT8, 0.5f, 3);
	ok(!make(&t, &o, false, &in) && !v3v_input_fill(&in, &image, bytes, &box) &&
	   bytes[1][2][0] == 43 && bytes[1][2][1] == 18 && bytes[1][2][2] == 8, "and uint8");
	t = tensor(V3NPU_INT8, 0.05f, 0);
	ok(!make(&t, &o, false, &in) && !v3v_input_fill(&in, &image, bytes, &box) &&
	   (int8_t)bytes[1][2][0] == 127 && (int8_t)bytes[1][2][2] == 50, "int8, and no further");
	o.std[1] = 0;
	ok(make(&t, &o, false, &in) == -EINVAL, "a std of 0: '%s'", v3npu_vision_error());
	o.std[1] = NAN;
	ok(make(&t, &o, false, &in) == -EINVAL, "a std that is no number: '%s'", v3npu_vision_error());
	o.std[1] = 1;
	o.mean[2] = INFINITY;
	ok(make(&t, &o, false, &in) == -EINVAL, "a mean that is none: '%s'", v3npu_vision_error());
}

static void test_shapes(void)
{
	struct v3npu_tensor_info t = tensor(V3NPU_UINT8, 1 / 255.0f, 0);
	struct v3npu_placement box = {};
	struct input in;
	uint8_t planes[3][H][W], grey[H][W], bytes[H][W][3];
	int x, y, c, wrong = 0;

	for (y = 0; y < H; y++)
		for (x = 0; x < W; x++)
			for (c = 0; c < 3; c++)
				pixels[y][x][c] = 80 * c + 10 * y + x;
	ok(!make(&t, &none, false, &in) && !v3v_input_fill(&in, &image, bytes, &box) &&
	   !memcmp(bytes, pixels, sizeof(bytes)), "uint8 is the pixels themselves");
	memcpy(t.dim, ((uint32_t[]) { 1, 3, H, W }), 4 * sizeof(t.dim[0]));
	ok(!make(&t, &none, false, &in) && in.planar && !v3v_input_fill(&in, &image, planes, &box),
	   "planes");
	for (y = 0; y < H; y++)
		for (x = 0; x < W; x++)
			for (c = 0; c < 3; c++)
				wrong += planes[c][y][x] != pixels[y][x][c];
	ok(!wrong, "%d pixels are in another plane", wrong);
	memcpy(t.dim, ((uint32_t[]) { 1, H, W, 1 }), 4 * sizeof(t.dim[0]));
	ok(!make(&t, &none, false, &in) && in.channels == 1 &&
	   !v3v_input_fill(&in, &image, grey, &box), "grey");
	/* 0.299 R + 0.587 G + 0.114 B of 0, 80 and 160, and what is added to all three */
	ok(grey[0][0] == 65 && grey[1][3] == 65 + 13, "grey is as BT.601 weighs colours: %d, %d",
	   grey[0][0], grey[1][3]);
}

static void refuse(const char *what, const uint32_t dim[4], int rank, const char *why)
{
	struct v3npu_tensor_info t = tensor(V3NPU_INT8, 1 / 255.0f, -128);
	struct input in;

	memcpy(t.dim, dim, 4 * sizeof(t.dim[0]));
	t.rank = rank;
	ok(v3v_input_make(&t, &in) == -ENOTSUP && strstr(v3npu_vision_error(), why), "%s: '%s'", what,
	   v3npu_vision_error());
}

static void test_refusals(void)
{
	struct v3npu_tensor_info t = tensor(V3NPU_INT32, 0, 0);
	struct input in;

	refuse("two pictures", (uint32_t[]) { 2, 64, 64, 3 }, 4, "batch of 1");
	refuse("four channels", (uint32_t[]) { 1, 64, 64, 4 }, 4, "4 channels");
	refuse("a vector", (uint32_t[]) { 1, 64, 0, 0 }, 2, "no picture");
	refuse("a side too long", (uint32_t[]) { 1, 64, 16385, 3 }, 4, "no picture");
	refuse("no pixels", (uint32_t[]) { 1, 0, 64, 3 }, 4, "no picture");
	ok(v3v_input_make(&t, &in) == -ENOTSUP, "numbers of another type: '%s'", v3npu_vision_error());
	t = tensor(V3NPU_INT8, 0, 0);
	ok(v3v_input_make(&t, &in) == -EINVAL, "no scale: '%s'", v3npu_vision_error());
}

/* A classifier's input is covered: the middle of the picture fills it */
static void test_cover(void)
{
	static uint8_t large[4][12][3];
	const struct v3npu_image wide = { 12, 4, 36, large[0][0] };
	struct v3npu_tensor_info t = tensor(V3NPU_UINT8, 1 / 255.0f, 0);
	struct v3npu_placement box = {};
	uint8_t bytes[2][2][3];
	struct input in;
	int x, y;

	t.dim[2] = 2;
	for (y = 0; y < 4; y++)
		for (x = 0; x < 12; x++)
			memset(large[y][x], x >= 4 && x < 8 ? 200 : 7, 3);
	ok(!make(&t, &none, false, &in), "a square input");
	in.cover = true;
	ok(!v3v_input_fill(&in, &wide, bytes, &box) && bytes[0][0][0] == 200 && bytes[1][1][2] == 200,
	   "has the middle of a wide picture");
	ok(box.image_width == 12 && box.image_height == 4 && box.width == 6 && box.height == 2 &&
	   box.left == -2 && box.top == 0, "which lies beyond it: %dx%d at %d, %d", box.width, box.height,
	   box.left, box.top);
}

int main(void)
{
	test_ranges();
	test_mean();
	test_shapes();
	test_refusals();
	test_cover();
	return done();
}
