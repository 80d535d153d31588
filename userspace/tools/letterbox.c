// SPDX-License-Identifier: MIT
/*
 * Integers only: each output row is a blend of two horizontally scaled source
 * rows, which are kept until the next pair is needed.
 */
#include "letterbox.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PAD_VALUE	114
#define FRACTION_BITS	11	/* of a weight, as in OpenCV */
#define ONE		(1 << FRACTION_BITS)

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

/* One source row, scaled horizontally; values have FRACTION_BITS of fraction */
static void scale_row(const uint8_t *src, int last, const struct taps *t, int width, int32_t *row)
{
	int x, c;

	for (x = 0; x < width; x++) {
		const uint8_t *a = src + t->at[x] * 3;
		const uint8_t *b = t->at[x] < last ? a + 3 : a;
		int part = t->part[x];

		for (c = 0; c < 3; c++)
			*row++ = a[c] * ONE + (b[c] - a[c]) * part;
	}
}

static void scale(const struct image *image, const struct letterbox *box, int in_width,
		  const struct taps *tx, const struct taps *ty, int32_t *rows[2],
		  const int8_t table[256], int8_t *input)
{
	size_t pitch = (size_t)image->width * 3;
	int held[2] = { -1, -1 };	/* source rows that are in rows[] */
	int x, y, k;

	for (y = 0; y < box->height; y++) {
		int8_t *out = input + ((size_t)(box->top + y) * in_width + box->left) * 3;
		int part = ty->part[y];
		const int32_t *a, *b;

		if (held[1] == ty->at[y]) {
			int32_t *row = rows[0];

			rows[0] = rows[1];
			rows[1] = row;
			held[0] = held[1];
			held[1] = -1;
		}
		for (k = 0; k < 2; k++) {
			int want = ty->at[y] + k;

			if (held[k] == want || (k && !part))
				continue;
			scale_row(image->pixels + want * pitch, image->width - 1, tx, box->width,
				  rows[k]);
			held[k] = want;
		}
		a = rows[0];
		b = part ? rows[1] : rows[0];
		for (x = 0; x < box->width * 3; x++) {
			int32_t v = a[x] * (ONE - part) + b[x] * part;

			out[x] = table[(v + (1 << (2 * FRACTION_BITS - 1))) >> (2 * FRACTION_BITS)];
		}
	}
}

static void pad(const struct letterbox *box, int in_width, int in_height, int8_t value,
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

int letterbox(const struct image *image, int in_width, int in_height, const int8_t table[256],
	      int8_t *input, struct letterbox *box)
{
	double gain = fmin((double)in_width / image->width, (double)in_height / image->height);
	struct taps tx, ty;
	int32_t *rows[2];
	int *memory;

	box->width = at_least_1(rint(image->width * gain));
	box->height = at_least_1(rint(image->height * gain));
	/* The odd row or column of padding goes below or right */
	box->left = (in_width - box->width) / 2;
	box->top = (in_height - box->height) / 2;

	memory = malloc(sizeof(int) * (2 * box->width + 2 * box->height + 6 * box->width));
	if (!memory)
		return -1;
	tx.at = memory;
	tx.part = tx.at + box->width;
	ty.at = tx.part + box->width;
	ty.part = ty.at + box->height;
	rows[0] = ty.part + box->height;
	rows[1] = rows[0] + 3 * box->width;
	make_taps(&tx, box->width, image->width);
	make_taps(&ty, box->height, image->height);
	scale(image, box, in_width, &tx, &ty, rows, table, input);
	pad(box, in_width, in_height, table[PAD_VALUE], input);
	free(memory);
	return 0;
}

int letterbox_real(const struct image *image, int in_width, int in_height, float *input,
		   struct letterbox *box)
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
		ret = letterbox(image, in_width, in_height, table, bytes, box);
	for (i = 0; !ret && i < count; i++)
		input[i] = real[bytes[i] + 128];
	free(bytes);
	return ret;
}

void letterbox_table(float scale, int32_t zero_point, int8_t table[256])
{
	int v;

	for (v = 0; v < 256; v++) {
		float q = roundf(v / 255.0f / scale) + zero_point;

		table[v] = q < -128 ? -128 : q > 127 ? 127 : (int8_t)q;
	}
}
