// SPDX-License-Identifier: MIT
/*
 * Integers only: each output row is a blend of two horizontally scaled source
 * rows, which are kept until the next pair is needed. Values are worked on two
 * or three to a 64-bit word, which has room for their products: that suits
 * processors without vector instructions, and those that emulate them.
 */
#include "letterbox.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PAD_VALUE	114
#define FRACTION_BITS	11	/* of a weight, as in OpenCV */
#define ONE		(1 << FRACTION_BITS)

/* A pixel is a word of three values that are this many bits apart, 8 + FRACTION_BITS and some */
#define LANE_BITS	21
#define LANE_MASK	((1u << LANE_BITS) - 1)

/*
 * For functions with a hot loop, which lies in one page then: of one that crosses into another
 * QEMU looks the code up anew each time round
 */
#define HOT	__attribute__((noinline, aligned(512)))

/* Output pixel i is pixel at[i] and the one after it, weighted ONE - part[i] and part[i] */
struct taps {
	int *at;
	int *part;
};

static void make_taps(struct taps *t, int out, int in)
{
	int i;

	for (i = 0; i < out; i++) {
		/* Centre of output pixel i: (i + 0.5) * in / out - 0.5, exactly */
		int64_t centre = (int64_t)(2 * i + 1) * in - out;
		int64_t whole = centre >= 0 ? centre / (2 * out) : -1;
		int64_t rest = centre - whole * 2 * out;

		t->at[i] = whole;
		t->part[i] = (rest * ONE + out) / (2 * out);
		if (whole < 0) {
			t->at[i] = 0;
			t->part[i] = 0;
		} else if (whole >= in - 1) {
			t->at[i] = in - 1;
			t->part[i] = 0;
		}
	}
}

/**
 * struct buffers - what is kept of the picture
 * @pixels: a source row, a word a pixel, and room for one more
 * @rows: two source rows, scaled horizontally, with FRACTION_BITS of fraction
 */
struct buffers {
	uint64_t *pixels;
	uint32_t *rows[2];
};

static uint64_t read_pixel(const uint8_t *src)
{
	return src[0] | (uint64_t)src[1] << LANE_BITS | (uint64_t)src[2] << 2 * LANE_BITS;
}

static void write_values(uint64_t pixel, uint32_t *row)
{
	row[0] = pixel & LANE_MASK;
	row[1] = pixel >> LANE_BITS & LANE_MASK;
	row[2] = pixel >> 2 * LANE_BITS;
}

/* As scale_row(), for a picture so much wider that most of its pixels are not looked at */
HOT static void shrink_row(const uint8_t *src, const struct taps *t, int width, uint32_t *row)
{
	int x;

	for (x = 0; x < width; x++, row += 3) {
		const uint8_t *at = src + (size_t)t->at[x] * 3;
		uint64_t part = t->part[x], v = read_pixel(at) * (ONE - part);

		if (part)
			v += read_pixel(at + 3) * part;
		write_values(v, row);
	}
}

/* Scales a source row horizontally */
HOT static void scale_row(const uint8_t *src, int in, const struct taps *t, int width,
			  uint64_t *pixels, uint32_t *row)
{
	int x;

	for (x = 0; x < in; x++)
		pixels[x] = read_pixel(src + (size_t)x * 3);
	/* The last pixel has one after it, too, which has no weight */
	pixels[in] = 0;
	for (x = 0; x < width; x++, row += 3) {
		const uint64_t *at = pixels + t->at[x];
		uint64_t part = t->part[x];

		write_values(at[0] * (ONE - part) + at[1] * part, row);
	}
}

/* @count values of ONE - @part of row @a and @part of row @b, quantized */
HOT static void blend_rows(const uint32_t *a, const uint32_t *b, uint64_t part, int count,
			   const int8_t table[256], int8_t *out)
{
	const uint32_t half = 1u << (2 * FRACTION_BITS - 1);
	int x;

	for (x = 0; x + 2 <= count; x += 2) {
		uint64_t va, vb;
		uint32_t v[2];

		memcpy(&va, a + x, sizeof(va));
		memcpy(&vb, b + x, sizeof(vb));
		va = va * (ONE - part) + vb * part + ((uint64_t)half << 32 | half);
		memcpy(v, &va, sizeof(v));
		out[x] = table[v[0] >> 2 * FRACTION_BITS];
		out[x + 1] = table[v[1] >> 2 * FRACTION_BITS];
	}
	if (x < count)
		out[x] = table[(a[x] * (ONE - part) + b[x] * part + half) >> 2 * FRACTION_BITS];
}

static void scale(const struct v3npu_image *image, const struct v3npu_placement *box,
		  int in_width, const struct taps *tx, const struct taps *ty, struct buffers *buf,
		  const int8_t table[256], int8_t *input)
{
	int held[2] = { -1, -1 };	/* source rows that are in rows[] */
	int y, k;

	for (y = 0; y < box->height; y++) {
		int8_t *out = input + ((size_t)(box->top + y) * in_width + box->left) * 3;
		int part = ty->part[y];

		if (held[1] == ty->at[y]) {
			uint32_t *row = buf->rows[0];

			buf->rows[0] = buf->rows[1];
			buf->rows[1] = row;
			held[0] = held[1];
			held[1] = -1;
		}
		for (k = 0; k < 2; k++) {
			int want = ty->at[y] + k;
			const uint8_t *src = image_row(image, want);

			if (held[k] == want || (k && !part))
				continue;
			if (image->width > 2 * box->width)
				shrink_row(src, tx, box->width, buf->rows[k]);
			else
				scale_row(src, image->width, tx, box->width, buf->pixels,
					  buf->rows[k]);
			held[k] = want;
		}
		blend_rows(buf->rows[0], buf->rows[part ? 1 : 0], part, box->width * 3, table, out);
	}
}

static void pad(const struct v3npu_placement *box, int in_width, int in_height, int8_t value,
		int8_t *input)
{
	size_t pitch = (size_t)in_width * 3, used = (size_t)box->width * 3;
	size_t left = (size_t)box->left * 3;
	int y, bottom = box->top + box->height;

	memset(input, value, box->top * pitch);
	for (y = box->top; y < bottom && used < pitch; y++) {
		memset(input + y * pitch, value, left);
		memset(input + y * pitch + left + used, value, pitch - left - used);
	}
	memset(input + bottom * pitch, value, (in_height - bottom) * pitch);
}

static int at_least_1(double v)
{
	return v < 1 ? 1 : (int)v;
}

int v3v_letterbox(const struct v3npu_image *image, int in_width, int in_height,
		  const int8_t table[256], int8_t *input, struct v3npu_placement *box)
{
	double gain = fmin((double)in_width / image->width, (double)in_height / image->height);
	struct buffers buf;
	struct taps tx, ty;
	void *memory;

	box->image_width = image->width;
	box->image_height = image->height;
	box->width = at_least_1(rint(image->width * gain));
	box->height = at_least_1(rint(image->height * gain));
	/* The odd row or column of padding goes below or right */
	box->left = (in_width - box->width) / 2;
	box->top = (in_height - box->height) / 2;

	memory = malloc(sizeof(uint64_t) * (image->width + 1) +
			sizeof(int) * (2 * box->width + 2 * box->height + 6 * box->width));
	if (!memory)
		return -1;
	buf.pixels = memory;
	buf.rows[0] = (uint32_t *)(buf.pixels + image->width + 1);
	buf.rows[1] = buf.rows[0] + 3 * box->width;
	tx.at = (int *)(buf.rows[1] + 3 * box->width);
	tx.part = tx.at + box->width;
	ty.at = tx.part + box->width;
	ty.part = ty.at + box->height;
	make_taps(&tx, box->width, image->width);
	make_taps(&ty, box->height, image->height);
	scale(image, box, in_width, &tx, &ty, &buf, table, input);
	pad(box, in_width, in_height, table[PAD_VALUE], input);
	free(memory);
	return 0;
}

int v3v_letterbox_real(const struct v3npu_image *image, int in_width, int in_height, float *input,
		       struct v3npu_placement *box)
{
	size_t count = (size_t)in_width * in_height * 3, i;
	int8_t *bytes = malloc(count), table[256];
	float real[256];
	int v, ret = -1;

	for (v = 0; v < 256; v++) {
		table[v] = v - 128;
		real[v] = v / 255.0f;
	}
	if (bytes)
		ret = v3v_letterbox(image, in_width, in_height, table, bytes, box);
	for (i = 0; !ret && i < count; i++)
		input[i] = real[bytes[i] + 128];
	free(bytes);
	return ret;
}

void v3v_letterbox_table(float scale, int32_t zero_point, int8_t table[256])
{
	int v;

	for (v = 0; v < 256; v++) {
		float q = roundf(v / 255.0f / scale) + zero_point;

		table[v] = q < -128 ? -128 : q > 127 ? 127 : (int8_t)q;
	}
}
