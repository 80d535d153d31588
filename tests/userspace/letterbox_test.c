// SPDX-License-Identifier: MIT
/* v3v_letterbox(): against the formula in floating point, and a picture that others scaled */
#include <glob.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/tool.h"
#include "tap.h"
#include "vision/image/letterbox.h"

static int8_t plain[256];	/* v - 128 */

static void random_image(struct v3npu_image *image, int width, int height)
{
	uint32_t seed = 5633;
	size_t i;

	image->width = width;
	image->height = height;
	image->stride = (size_t)width * 3;
	image->pixels = malloc((size_t)width * height * 3);
	for (i = 0; i < (size_t)width * height * 3; i++) {
		seed = seed * 1664525 + 1013904223;
		image->pixels[i] = seed >> 24;
	}
}

static double clamp(double v, double max)
{
	return v < 0 ? 0 : v > max ? max : v;
}

/* Bilinear interpolation at the centre of output pixel (x, y), as textbooks have it */
static double expected(const struct v3npu_image *im, const struct v3npu_placement *box, int x,
		       int y, int c)
{
	double sx = clamp((x + 0.5) * im->width / box->width - 0.5, im->width - 1);
	double sy = clamp((y + 0.5) * im->height / box->height - 0.5, im->height - 1);
	int x0 = (int)sx, y0 = (int)sy;
	int x1 = x0 + 1 < im->width ? x0 + 1 : x0, y1 = y0 + 1 < im->height ? y0 + 1 : y0;
	double fx = sx - x0, fy = sy - y0;
#define P(xx, yy) im->pixels[((size_t)(yy) * im->width + (xx)) * 3 + c]

	return (P(x0, y0) * (1 - fx) + P(x1, y0) * fx) * (1 - fy) +
	       (P(x0, y1) * (1 - fx) + P(x1, y1) * fx) * fy;
}

static void test_size(int width, int height, int in_w, int in_h, struct v3npu_placement want)
{
	int8_t *input = malloc((size_t)in_w * in_h * 3);
	double worst = 0, diff;
	struct v3npu_placement box = {};
	struct v3npu_image image;
	int x, y, c, wrong_padding = 0;

	want.image_width = width;
	want.image_height = height;
	random_image(&image, width, height);
	v3v_letterbox(&image, in_w, in_h, plain, input, &box);
	ok(!memcmp(&box, &want, sizeof(box)), "%dx%d in %dx%d: scaled to %dx%d at %d, %d", width,
	   height, in_w, in_h, box.width, box.height, box.left, box.top);
	for (y = 0; y < in_h; y++)
		for (x = 0; x < in_w; x++)
			for (c = 0; c < 3; c++) {
				int v = input[((size_t)y * in_w + x) * 3 + c] + 128;
				int px = x - want.left, py = y - want.top;

				if (px < 0 || py < 0 || px >= want.width || py >= want.height) {
					wrong_padding += v != 114;
					continue;
				}
				diff = fabs(v - expected(&image, &want, px, py, c));
				worst = diff > worst ? diff : worst;
			}
	/* Half a step of rounding, and weights of 11 bits in both directions */
	ok(worst < 0.65, "%dx%d in %dx%d: pixels differ from the formula by %.3f at most", width,
	   height, in_w, in_h, worst);
	ok(!wrong_padding, "%dx%d in %dx%d: padding is 114", width, height, in_w, in_h);
	free(image.pixels);
	free(input);
}

static void test_identity(void)
{
	int8_t input[32 * 16 * 3];
	struct v3npu_placement box;
	struct v3npu_image image;
	size_t i, wrong = 0;

	random_image(&image, 32, 16);
	v3v_letterbox(&image, 32, 16, plain, input, &box);
	for (i = 0; i < sizeof(input); i++)
		wrong += input[i] + 128 != image.pixels[i];
	ok(!wrong, "a picture of the input's size is copied");
	free(image.pixels);
}

static void test_table(void)
{
	int8_t table[256];
	int v, wrong = 0;

	v3v_letterbox_table(1 / 255.0f, -128, table);
	for (v = 0; v < 256; v++)
		wrong += table[v] != v - 128;
	ok(!wrong, "scale 1/255 and zero point -128: v is v - 128");
	v3v_letterbox_table(0.0018f, -10, table);
	ok(table[0] == -10 && table[1] == -8 && table[62] == 125 && table[255] == 127,
	   "another scale is rounded and clamped");
}

/* The golden input was scaled by another program from the same picture */
static void test_golden(void)
{
	const char *name = "equals the golden input of road321 but for rounding";
	const char *shared = getenv("V3NPU_SHARED");
	const size_t size = 640 * 640 * 3;
	int8_t *golden = malloc(size), *input = malloc(size);
	struct tool_error error = {};
	struct v3npu_placement box;
	struct v3npu_image *image;
	char path[PATH_MAX];
	int worst = 0;
	size_t i;
	glob_t g;

	snprintf(path, sizeof(path), "%s/images/dev/images/road321_*.jpg",
		 shared ? shared : "../shared");
	if (glob(path, 0, NULL, &g)) {
		skip(name, "no test data: ../shared is absent");
		goto out;
	}
	snprintf(path, sizeof(path), "%s/golden/img0.raw", shared ? shared : "../shared");
	if (tool_read_exactly(path, golden, size, &error) ||
	    v3npu_image_read(g.gl_pathv[0], &image)) {
		ok(false, "%s: %s%s", name, error.text, v3npu_vision_error());
	} else {
		v3v_letterbox(image, 640, 640, plain, input, &box);
		for (i = 0; i < size; i++)
			if (abs(input[i] - golden[i]) > worst)
				worst = abs(input[i] - golden[i]);
		ok(worst <= 1, "%s: %d at most", name, worst);
		v3npu_image_free(image);
	}
	globfree(&g);
out:
	free(golden);
	free(input);
}

static void test_real(void)
{
	uint8_t pixels[5 * 4 * 3];
	const struct v3npu_image image = { 5, 4, 5 * 3, pixels };
	int8_t bytes[16 * 16 * 3];
	float real[16 * 16 * 3];
	struct v3npu_placement a = {}, b = {};
	int i, wrong = 0;

	for (i = 0; i < 5 * 4 * 3; i++)
		pixels[i] = i * 4;
	v3v_letterbox(&image, 16, 16, plain, bytes, &a);
	v3v_letterbox_real(&image, 16, 16, real, &b);
	for (i = 0; i < 16 * 16 * 3; i++)
		wrong += real[i] != (bytes[i] + 128) / 255.0f;
	ok(!wrong && !memcmp(&a, &b, sizeof(a)), "a float32 input has the same colours, 0..1");
}

int main(void)
{
	int v;

	for (v = 0; v < 256; v++)
		plain[v] = v - 128;
	test_size(416, 416, 640, 640, (struct v3npu_placement) { 0, 0, 0, 640, 640, 0, 0 });
	test_size(1280, 720, 640, 640, (struct v3npu_placement) { 0, 0, 0, 640, 360, 0, 140 });
	test_size(333, 500, 640, 640, (struct v3npu_placement) { 0, 0, 0, 426, 640, 107, 0 });
	test_size(100, 37, 64, 64, (struct v3npu_placement) { 0, 0, 0, 64, 24, 0, 20 });
	test_size(37, 100, 64, 33, (struct v3npu_placement) { 0, 0, 0, 12, 33, 26, 0 });
	test_size(1, 1, 9, 7, (struct v3npu_placement) { 0, 0, 0, 7, 7, 1, 0 });
	test_size(5000, 3, 64, 64, (struct v3npu_placement) { 0, 0, 0, 64, 1, 0, 31 });
	test_size(2, 3, 32, 64, (struct v3npu_placement) { 0, 0, 0, 32, 48, 0, 8 });
	test_identity();
	test_table();
	test_real();
	test_golden();
	return done();
}
