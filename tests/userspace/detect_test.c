// SPDX-License-Identifier: MIT
/* v3v_detect(), class names and the drawing, on tensors and pictures made here */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "box.h"
#include "tap.h"
#include "vision/decode/boxes.h"
#include "vision/draw/draw.h"

#define ANCHORS	400
#define CLASSES	3

static int8_t tensor[(4 + CLASSES) * ANCHORS];

/* 0..1.99 in steps of 1/128; the input is 256x256, so a step is 2 pixels */
static struct detect_output output = {
	.tensor = { tensor, V3NPU_INT8, 1 / 128.0f, -128 }, .classes = CLASSES,
	.candidates = ANCHORS, .row_step = ANCHORS, .step = 1,
};
static const struct v3npu_placement whole = {
	.image_width = 256, .image_height = 256, .width = 256, .height = 256,
};
static struct detection found[V3NPU_DETECT_MAX];

/* Puts a box, in steps, and one class's score into an anchor */
static void put(int anchor, int cx, int cy, int w, int h, int class_id, int score)
{
	const int v[4] = { cx, cy, w, h };
	int i;

	for (i = 0; i < 4; i++)
		tensor[i * ANCHORS + anchor] = v[i] - 128;
	tensor[(4 + class_id) * ANCHORS + anchor] = score - 128;
}

static void clear(void)
{
	memset(tensor, -128, sizeof(tensor));
}

/* The same numbers as float32 must give the same detections; -1 if they do not */
static int run(float conf, float iou)
{
	static struct detection of_reals[V3NPU_DETECT_MAX];
	static float reals[(4 + CLASSES) * ANCHORS];
	const struct detect_output real = {
		.tensor = { reals, V3NPU_FLOAT32, 0, 0 }, .classes = CLASSES,
		.candidates = ANCHORS, .row_step = ANCHORS, .step = 1,
	};
	int i, n, m;

	for (i = 0; i < (4 + CLASSES) * ANCHORS; i++)
		reals[i] = (tensor[i] + 128) / 128.0f;
	n = v3v_detect(&real, &whole, 256, 256, conf, iou, of_reals, V3NPU_DETECT_MAX);
	m = v3v_detect(&output, &whole, 256, 256, conf, iou, found, V3NPU_DETECT_MAX);
	return n == m && !memcmp(found, of_reals, n * sizeof(found[0])) ? m : -1;
}

static void test_threshold(void)
{
	clear();
	put(0, 20, 20, 10, 10, 0, 32);
	put(1, 60, 60, 10, 10, 0, 31);
	ok(run(0.25f, 0.5f) == 1 && found[0].score == 0.25f, "a score equal to --conf counts");
	ok(run(0, 0.5f) == V3NPU_DETECT_MAX, "with --conf 0 every anchor counts");
	ok(run(1, 0.5f) == 0, "with --conf 1 nothing below 1 counts");
	put(0, 20, 20, 10, 10, 0, 128);
	ok(run(1, 0.5f) == 1 && found[0].score == 1, "with --conf 1 a score of 1 counts");
}

static void test_box(void)
{
	const struct v3npu_placement box = {
		.image_width = 512, .image_height = 256, .width = 256, .height = 128, .top = 64,
	};
	int n;

	clear();
	put(3, 64, 40, 20, 10, 1, 100);
	n = run(0.25f, 0.5f);
	ok(n == 1 && box_is(found[0].box, 108, 70, 148, 90), "centre and size become corners");
	n = v3v_detect(&output, &box, 256, 256, 0.25f, 0.5f, found, V3NPU_DETECT_MAX);
	ok(n == 1 && box_is(found[0].box, 216, 12, 296, 52),
	   "a letterboxed picture's boxes come back to its own pixels");
	put(3, 2, 126, 20, 10, 1, 100);
	n = run(0.25f, 0.5f);
	ok(n == 1 && box_is(found[0].box, 0, 242, 24, 256), "boxes are clipped to the picture");
}

/* What a float model may say, too: the box is in the picture anyhow */
static void test_no_numbers(void)
{
	static const float wrong[] = { NAN, INFINITY, -INFINITY, 1e38f };
	float reals[5] = { 0.5f, 0.5f, 0.5f, 0.5f, 1 };
	const struct detect_output real = {
		.tensor = { reals, V3NPU_FLOAT32, 0, 0 }, .classes = 1, .candidates = 1,
		.row_step = 1, .step = 1,
	};
	int i, k, side, outside = 0;

	for (i = 0; i < 4; i++)
		for (k = 0; k < 4; k++) {
			float kept = reals[k];

			reals[k] = wrong[i];
			outside += v3v_detect(&real, &whole, 256, 256, 0.5f, 0.5f, found, 1) != 1;
			for (side = 0; side < 4; side++)
				outside += !(found[0].box[side] >= 0 && found[0].box[side] <= 256);
			reals[k] = kept;
		}
	ok(!outside, "a box of what is no number is in the picture");
	reals[4] = NAN;
	ok(!v3v_detect(&real, &whole, 256, 256, 0, 0.5f, found, 1), "a score that is none is not");
}

static void test_suppression(void)
{
	clear();
	put(10, 50, 50, 20, 20, 0, 80);
	put(11, 51, 50, 20, 20, 0, 90);		/* overlaps anchor 10 by 19/21 */
	put(12, 50, 50, 20, 20, 2, 70);		/* the same place, another class */
	put(13, 60, 50, 20, 20, 0, 60);		/* overlaps the kept one by 11/29 */
	ok(run(0.25f, 0.45f) == 3 && found[0].score == 90 / 128.0f && found[1].class_id == 2 &&
	   found[2].score == 60 / 128.0f, "of what overlaps in a class the best remains");
	ok(run(0.25f, 0.3f) == 2, "a lower --iou drops more");
	ok(run(0.25f, 1) == 4, "--iou 1 drops nothing");
}

static void test_classes(void)
{
	clear();
	put(5, 50, 50, 20, 20, 1, 80);
	put(5, 50, 50, 20, 20, 2, 90);
	ok(run(0.25f, 0.45f) == 1 && found[0].class_id == 2, "an anchor counts for its best class");
	put(5, 50, 50, 20, 20, 1, 90);
	ok(run(0.25f, 0.45f) == 1 && found[0].class_id == 1, "of equals the first");
}

static void test_many(void)
{
	int i, sorted = 1, n;

	clear();
	for (i = 0; i < ANCHORS; i++)
		put(i, 3 * (i % 20) + 2, 3 * (i / 20) + 2, 2, 2, 0, 40 + i % 80);
	n = run(0.25f, 0.45f);
	for (i = 1; i < n; i++)
		sorted &= found[i - 1].score >= found[i].score;
	ok(n == V3NPU_DETECT_MAX && sorted, "the best %d of %d remain", n, ANCHORS);
}

static void test_names(void)
{
	struct names names;
	char text[200];

	v3v_names_parse("{\"names\": {\"0\": \"Stop\", \"2\": \"\\u001b[31mred\"}}", 3, &names);
	ok(!strcmp(names.name[0], "Stop"), "a name from a JSON object");
	ok(!strcmp(names.name[1], "class 1"), "a class without a name has its number");
	ok(!strcmp(names.name[2], "?[31mred"), "control characters do not reach the terminal");
	v3v_names_free(&names);
	v3v_names_parse("{\"names\": [\"cat\", 5]}", 2, &names);
	ok(!strcmp(names.name[0], "cat") && !strcmp(names.name[1], "class 1"),
	   "a name from a list");
	v3v_names_free(&names);
	snprintf(text, sizeof(text), "[\"%0*d\"]", 60, 0);
	snprintf(text, sizeof(text), "{\"names\": [\"%0*dx\xe2\x82\xac\xe2\x82\xac\"]}", 60, 0);
	v3v_names_parse(text, 1, &names);
	ok(strlen(names.name[0]) == 61 && names.name[0][60] == 'x',
	   "a long name is cut between characters");
	v3v_names_free(&names);
	v3v_names_parse("names: {0: a", 1, &names);
	ok(!strcmp(names.name[0], "class 0"), "metadata that is no JSON names nothing");
	v3v_names_free(&names);
	v3v_names_parse(NULL, 1, &names);
	ok(!strcmp(names.name[0], "class 0"), "no metadata names nothing");
	v3v_names_free(&names);
}

static int coloured(const struct v3npu_image *im, int x, int y)
{
	const uint8_t *p = image_row(im, y) + x * 3;

	return p[0] || p[1] || p[2];
}

static void test_draw(void)
{
	struct names names;
	struct v3npu_image im = { 416, 300, 416 * 3, calloc(416 * 300, 3) };
	struct v3npu_image tiny = { 3, 2, 3 * 3, calloc(3 * 2, 3) };
	struct detection d[] = {
		{ .class_id = 0, .score = 0.9f, .box = { 100, 120, 200, 180 } },
		{ .class_id = 1, .score = 0.8f, .box = { 0, 0, 416, 300 } },
		{ .class_id = 2, .score = 0.7f, .box = { 410, 295, 416, 300 } },
		{ .class_id = 0, .score = 0.6f, .box = { 300, 200, 300, 200 } },
	};

	struct v3npu_detections all = { .names = &names, .count = 1, .list = d };

	v3v_names_parse("{\"names\": [\"Speed Limit 40\", "
			"\"A name that is wider than the picture is\", \"\xc3\xa4\"]}", 3, &names);
	v3v_draw(&im, &all);
	ok(coloured(&im, 99, 150) && coloured(&im, 200, 150) && coloured(&im, 150, 119) &&
	   coloured(&im, 150, 180) && !coloured(&im, 150, 150),
	   "the frame lies around the box and leaves its inside");
	ok(coloured(&im, 110, 115) && !coloured(&im, 110, 80), "the label is above the frame");
	/* The address sanitizer watches these */
	all.count = 4;
	v3v_draw(&im, &all);
	v3v_draw(&tiny, &all);
	ok(true, "boxes and labels at and over the edges stay in the picture");
	v3v_names_free(&names);
	free(im.pixels);
	free(tiny.pixels);
}

int main(void)
{
	test_threshold();
	test_box();
	test_no_numbers();
	test_suppression();
	test_classes();
	test_many();
	test_names();
	test_draw();
	return done();
}
