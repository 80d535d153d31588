// SPDX-License-Identifier: MIT
/* Each layout of outputs decoded, on tensors made here, of each type of numbers */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/box.h"
#include "userspace/tap.h"
#include "vision/decode/boxes.h"
#include "vision/decode/classes.h"
#include "vision/decode/masks.h"
#include "vision/decode/ssd.h"

#define SIDE	256	/* of the input, and of the picture unless said */
#define COUNT	40	/* candidates */
#define ROWS	12	/* at most */
#define STEPS	128	/* of a byte in 1 */

static float numbers[COUNT][ROWS];

static const struct v3npu_placement whole = {
	.image_width = SIDE, .image_height = SIDE, .width = SIDE, .height = SIDE,
};
/* A picture twice as wide as high, grey above and below it */
static const struct v3npu_placement wide = {
	.image_width = 2 * SIDE, .image_height = SIDE, .width = SIDE, .height = SIDE / 2,
	.top = SIDE / 4,
};
static struct detection found[COUNT];

static void put(int candidate, int rows, const float *v)
{
	memcpy(numbers[candidate], v, rows * sizeof(*v));
}

#define PUT(candidate, ...) \
	put(candidate, sizeof((float[]) { __VA_ARGS__ }) / sizeof(float), (float[]) { __VA_ARGS__ })

/* The numbers as a tensor of a type, rows first or last, in @o; memory for free() */
static void *store(enum v3npu_dtype dtype, bool rows_first, int rows, struct detect_output *o)
{
	float *real = malloc(sizeof(numbers));
	uint8_t *bytes = malloc(sizeof(numbers));
	int i, r;

	o->candidates = COUNT;
	o->row_step = rows_first ? COUNT : 1;
	o->step = rows_first ? 1 : rows;
	o->tensor = (struct stored) {
		.dtype = dtype, .scale = 1.0f / STEPS,
		.zero_point = dtype == V3NPU_UINT8 ? 5 : -123,
	};
	for (i = 0; i < COUNT; i++)
		for (r = 0; r < rows; r++) {
			size_t at = r * o->row_step + i * o->step;

			real[at] = numbers[i][r];
			bytes[at] = lrintf(numbers[i][r] * STEPS) + o->tensor.zero_point;
		}
	o->tensor.data = dtype == V3NPU_FLOAT32 ? (void *)real : bytes;
	free(dtype == V3NPU_FLOAT32 ? (void *)bytes : real);
	return (void *)o->tensor.data;
}

static const enum v3npu_dtype dtypes[] = { V3NPU_INT8, V3NPU_UINT8, V3NPU_FLOAT32 };

/* Decodes it in all types and orders; -1 unless each has the same result */
static int run(const struct detect_output *form, int rows, const struct v3npu_placement *place)
{
	static struct detection first[COUNT];
	int i, n = -1, m, same = 1;

	for (i = 0; i < 6; i++) {
		struct detect_output o = *form;
		void *memory = store(dtypes[i / 2], i % 2, rows, &o);

		memset(found, 0, sizeof(found));
		m = v3v_detect(&o, place, SIDE, SIDE, 0.25f, 0.45f, found, COUNT);
		if (!i) {
			n = m;
			memcpy(first, found, sizeof(found));
		}
		same &= n == m && !memcmp(first, found, sizeof(found));
		free(memory);
	}
	return same ? n : -1;
}

static void test_scores(void)
{
	const struct detect_output form = { .form = OUTPUT_SCORES, .classes = 2 };

	memset(numbers, 0, sizeof(numbers));
	PUT(3, 0.5f, 0.5f, 0.25f, 0.125f, 0.5f, 0.75f);
	PUT(4, 0.5f, 0.5f, 0.25f, 0.125f, 0, 0.625f);
	PUT(9, 0.25f, 0.75f, 0.25f, 0.25f, 0.25f, 0.125f);
	ok(run(&form, 6, &whole) == 2 && found[0].class_id == 1 && found[0].score == 0.75f &&
	   found[0].candidate == 3 && box_is(found[0].box, 96, 112, 160, 144) &&
	   found[1].class_id == 0 && box_is(found[1].box, 32, 160, 96, 224),
	   "scores: in all types, rows first and last");
	ok(run(&form, 6, &wide) == 2 && box_is(found[0].box, 192, 96, 320, 160),
	   "scores: in a picture of another shape");
}

static void test_objectness(void)
{
	const struct detect_output form = { .form = OUTPUT_OBJECTNESS, .classes = 2 };

	memset(numbers, 0, sizeof(numbers));
	PUT(3, 0.5f, 0.5f, 0.25f, 0.125f, 0.5f, 0.75f, 0.5f);
	PUT(5, 0.5f, 0.5f, 0.25f, 0.125f, 0.125f, 1, 1);
	PUT(6, 0.25f, 0.25f, 0.25f, 0.125f, 0.5f, 0.375f, 0.25f);
	ok(run(&form, 7, &whole) == 1 && found[0].class_id == 0 && found[0].score == 0.375f &&
	   box_is(found[0].box, 96, 112, 160, 144),
	   "objectness: a score is the product, and both have to be there");
}

static void test_decided(void)
{
	const struct detect_output form = { .form = OUTPUT_DECIDED, .classes = 2 };

	memset(numbers, 0, sizeof(numbers));
	PUT(0, 0.25f, 0.5f, 0.5f, 0.75f, 0.5f, 1);
	PUT(1, 0.25f, 0.5f, 0.5f, 0.75f, 0.875f, 1);
	PUT(2, 0.25f, 0.5f, 0.5f, 0.75f, 0.875f, 1.75f);
	ok(run(&form, 6, &whole) == 2 && found[0].class_id == 1 && found[0].score == 0.875f &&
	   box_is(found[0].box, 64, 128, 128, 192) && found[1].score == 0.5f,
	   "decided: corners, nothing is suppressed, no class is made up");
}

static void test_pixels(void)
{
	const struct detect_output scores = {
		.form = OUTPUT_SCORES, .classes = 1, .candidates = COUNT, .row_step = 1, .step = ROWS,
		.tensor = { numbers, V3NPU_FLOAT32, 0, 0 },
	};
	struct detect_output decided = scores;

	memset(numbers, 0, sizeof(numbers));
	PUT(0, 20, 12, 8, 8, 0.1f);
	PUT(1, 3, 3, 2, 2, 0.5f);
	ok(v3v_detect(&scores, &whole, SIDE, SIDE, 0.25f, 0.45f, found, COUNT) == 1 &&
	   box_is(found[0].box, 2, 2, 4, 4), "pixels: the other candidates tell, too");
	memset(numbers, 0, sizeof(numbers));
	PUT(0, 100, 50, 140, 80, 0.5f, 0);
	decided.form = OUTPUT_DECIDED;
	ok(v3v_detect(&decided, &whole, SIDE, SIDE, 0.25f, 0.45f, found, COUNT) == 1 &&
	   box_is(found[0].box, 100, 50, 140, 80), "pixels: of what is decided");
	PUT(0, NAN, -INFINITY, INFINITY, 1e38f, 0.5f, 0);
	ok(v3v_detect(&decided, &whole, SIDE, SIDE, 0.25f, 0.45f, found, COUNT) == 1 &&
	   found[0].box[0] >= 0 && found[0].box[2] <= SIDE, "what is no number is in the picture");
	PUT(0, 100, 50, 140, 80, NAN, 0);
	PUT(1, 100, 50, 140, 80, 0.5f, NAN);
	ok(!v3v_detect(&decided, &whole, SIDE, SIDE, 0.25f, 0.45f, found, COUNT),
	   "a score or a class that is no number is none");
}

static void test_turned(void)
{
	const struct detect_output form = { .form = OUTPUT_SCORES, .classes = 1, .angle = 5 };
	const float half = sqrtf(0.5f), *c = found[0].corners;
	float a[8], b[8];

	memset(numbers, 0, sizeof(numbers));
	PUT(7, 0.5f, 0.5f, 0.25f, 0.125f, 0.75f, 0);
	/* Across the other: an overlap of 32x32 in 2 * 64x32 - 32x32 */
	PUT(8, 0.5f, 0.5f, 0.125f, 0.25f, 0.5f, 0);
	ok(run(&form, 6, &whole) == 2 && found[0].turned && box_is(found[0].box, 96, 112, 160, 144) &&
	   box_is(c, 96, 112, 160, 112) && box_is(c + 4, 160, 144, 96, 144),
	   "turned: by nothing, the corners are those of the box");
	PUT(8, 0.5f, 0.5f, 0.25f, 0.125f, 0.5f, 0.0078125f);
	ok(run(&form, 6, &whole) == 1, "turned: what overlaps is one object");
	memset(numbers, 0, sizeof(numbers));
	PUT(7, 0.5f, 0.5f, 0.25f, 0.25f, 0.75f, (float)(M_PI / 4));
	ok(v3v_detect(&(struct detect_output) {
		.form = OUTPUT_SCORES, .classes = 1, .angle = 5, .candidates = COUNT, .row_step = 1,
		.step = ROWS, .tensor = { numbers, V3NPU_FLOAT32, 0, 0 },
	   }, &whole, SIDE, SIDE, 0.25f, 0.45f, found, COUNT) == 1 &&
	   box_is(found[0].box, 128 - 64 * half, 128 - 64 * half, 128 + 64 * half, 128 + 64 * half) &&
	   fabsf(c[0] - 128) < 1e-3f && fabsf(c[1] - (128 - 64 * half)) < 1e-3f,
	   "turned by an eighth: a corner is on top");
	numbers[7][5] = INFINITY;
	ok(!v3v_detect(&(struct detect_output) {
		.form = OUTPUT_SCORES, .classes = 1, .angle = 5, .candidates = COUNT, .row_step = 1,
		.step = ROWS, .tensor = { numbers, V3NPU_FLOAT32, 0, 0 },
	   }, &whole, SIDE, SIDE, 0.25f, 0.45f, found, COUNT), "turned by no number: it is nowhere");
	/* A square and the same turned by an eighth have an octagon in common: 2 (sqrt(2) - 1) of it */
	v3v_corners((float[]) { 10, 20 }, 2, 2, 0, a);
	v3v_corners((float[]) { 10, 20 }, 2, 2, M_PI / 4, b);
	ok(fabsf(v3v_turned_overlap(a, b) - sqrtf(0.5f)) < 1e-4f, "turned: overlap with an octagon, %g",
	   v3v_turned_overlap(a, b));
	v3v_corners((float[]) { 11, 20 }, 2, 2, M_PI / 2, b);
	ok(fabsf(v3v_turned_overlap(a, b) - 1 / 3.0f) < 1e-4f, "turned: by a quarter, half of it, %g",
	   v3v_turned_overlap(a, b));
	v3v_corners((float[]) { 13, 20 }, 2, 2, 0.3f, b);
	ok(v3v_turned_overlap(a, b) == 0, "turned: beside each other");
	v3v_corners((float[]) { 10, 20 }, 0, 0, 0.3f, b);
	ok(v3v_turned_overlap(b, b) == 0, "turned: of no size");
}

static void test_ssd(void)
{
	static const float boxes[] = {
		0.25f, 0.5f, 0.5f, 0.75f, 0, 0, 1, 1, 0.5f, 0, 0.75f, 0.5f, 0, 0, 1, 1,
	};
	static const float classes[] = { 2, 0, 1, 0 }, scores[] = { 0.5f, 0.1f, 0.75f, 0.9f };
	float count = 3;
	struct ssd_output o = {
		.boxes = { boxes, V3NPU_FLOAT32, 0, 0 }, .class_ids = { classes, V3NPU_FLOAT32, 0, 0 },
		.scores = { scores, V3NPU_FLOAT32, 0, 0 }, .count = { &count, V3NPU_FLOAT32, 0, 0 },
		.candidates = 4, .classes = 3,
	};
	static const float none[] = { NAN, -5, -INFINITY };
	size_t i;

	ok(v3v_ssd(&o, &whole, SIDE, SIDE, 0.25f, found) == 2 && found[0].class_id == 1 &&
	   box_is(found[0].box, 0, 128, 128, 192) && found[1].class_id == 2 &&
	   box_is(found[1].box, 128, 64, 192, 128), "SSD: top left bottom right, the best first");
	o.classes = 2;
	ok(v3v_ssd(&o, &whole, SIDE, SIDE, 0.25f, found) == 1, "SSD: no class is made up");
	count = 1e9f;
	ok(v3v_ssd(&o, &whole, SIDE, SIDE, 0.05f, found) == 3, "SSD: no more than there can be");
	for (i = 0; i < 3; i++) {
		count = none[i];
		ok(!v3v_ssd(&o, &whole, SIDE, SIDE, 0, found), "SSD: %g of them are none", count);
	}
}

static void test_classes(void)
{
	static const int8_t bytes[] = { -128, 127, -64, -100, 0, -128 };
	static const uint8_t ubytes[] = { 0, 255, 64, 28, 128, 0 };
	static const float logits[] = { 1, 3, NAN, 2 }, shares[] = { 0.25f, 0.5f, 0.125f };
	struct stored t = { bytes, V3NPU_INT8, 1 / 256.0f, -128 };
	double sum = exp(-2) + 1 + exp(-1);

	ok(v3v_classes(&t, 6, &wide, found, 5) == 5 && found[0].class_id == 1 &&
	   found[0].score == 255 / 256.0f && found[1].class_id == 4 && found[2].class_id == 2 &&
	   found[3].class_id == 3 && found[4].class_id == 0 &&
	   box_is(found[0].box, 0, 0, 2 * SIDE, SIDE), "classes: the best five of int8");
	t = (struct stored) { ubytes, V3NPU_UINT8, 1 / 256.0f, 0 };
	ok(v3v_classes(&t, 6, &wide, found, 2) == 2 && found[0].score == 255 / 256.0f &&
	   found[1].class_id == 4, "classes: the best two of uint8");
	t = (struct stored) { shares, V3NPU_FLOAT32, 0, 0 };
	ok(v3v_classes(&t, 3, &wide, found, 5) == 3 && found[0].score == 0.5f &&
	   found[2].score == 0.125f, "classes: there are but three");
	t.data = logits;
	ok(v3v_classes(&t, 2, &wide, found, 5) == 2 && found[0].class_id == 1 &&
	   fabs(found[0].score - 1 / (1 + exp(-2))) < 1e-6, "classes: softmax of what are no shares");
	ok(v3v_classes(&t, 4, &wide, found, 5) <= 3 || sum < 0, "classes: no number is not the best");
	t = (struct stored) { bytes, V3NPU_INT8, 0.1f, 0 };
	ok(v3v_classes(&t, 6, &wide, found, 1) == 1 && found[0].class_id == 1 &&
	   fabsf(found[0].score - 1) < 1e-4f, "classes: softmax by the range of bytes");
}

/* Two prototypes of 8x8: left half and top half; a mask of left and not top */
static void test_masks(void)
{
	static int8_t protos[8][8][2], planes[2][8][8];
	struct detect_output o = {
		.candidates = COUNT, .row_step = 1, .step = ROWS, .classes = 1,
		.tensor = { numbers, V3NPU_FLOAT32, 0, 0 },
	};
	struct prototypes p = {
		.tensor = { protos, V3NPU_INT8, 1, 0 }, .width = 8, .height = 8, .count = 2, .first = 5,
	};
	struct detection d = { .box = { 40, 40, 256, 256 }, .candidate = 2 };
	struct mask mask, other;
	int x, y;

	for (y = 0; y < 8; y++)
		for (x = 0; x < 8; x++) {
			planes[0][y][x] = protos[y][x][0] = x < 4 ? 1 : -1;
			planes[1][y][x] = protos[y][x][1] = y < 4 ? 1 : -1;
		}
	memset(numbers, 0, sizeof(numbers));
	PUT(2, 0, 0, 0, 0, 1, 5, -5);
	/* A cell is 32 pixels; those from the second on are touched */
	ok(!v3v_mask_make(&p, &o, &d, &whole, SIDE, SIDE, &mask) && mask.width == 7 &&
	   mask.height == 7 && box_is(mask.box, 32, 32, 256, 256), "a mask is within its box");
	ok(mask.bytes[6 * 7] == 255 && mask.bytes[0] == 128 && mask.bytes[6] == 0 &&
	   mask.bytes[6 * 7 + 6] == 128, "the sigmoid of the sum of prototypes");
	ok(v3v_mask_at(&mask, 40, 250) && !v3v_mask_at(&mask, 250, 40) &&
	   v3v_mask_at(&mask, 100, 200) && !v3v_mask_at(&mask, 200, 60), "where the object is");
	p.tensor.data = planes;
	p.planar = true;
	ok(!v3v_mask_make(&p, &o, &d, &whole, SIDE, SIDE, &other) &&
	   !memcmp(mask.bytes, other.bytes, 49), "prototypes in planes are the same");
	free(mask.bytes);
	free(other.bytes);
	/* The picture's middle half: prototype rows 2 to 5 are all that is in it */
	d = (struct detection) { .box = { 0, 0, 512, 256 }, .candidate = 2 };
	ok(!v3v_mask_make(&p, &o, &d, &wide, SIDE, SIDE, &mask) && mask.width == 8 &&
	   mask.height == 4 && box_is(mask.box, 0, 0, 512, 256), "a mask in a picture of another shape");
	free(mask.bytes);
	d.box[2] = 0;
	ok(!v3v_mask_make(&p, &o, &d, &wide, SIDE, SIDE, &mask) && !mask.bytes, "of no size: no mask");
}

int main(void)
{
	test_scores();
	test_objectness();
	test_decided();
	test_pixels();
	test_turned();
	test_ssd();
	test_classes();
	test_masks();
	return done();
}
