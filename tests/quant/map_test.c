// SPDX-License-Identifier: MIT
/*
 * Mean average precision of cases whose result follows from the definition.
 */
#include <math.h>

#include "quant/score/map.h"
#include "userspace/tap.h"

#define CLASSES	3

static const struct map_truth truth[] = {
	{ 0, { 0, 0, 100, 100 } },
	{ 1, { 200, 200, 300, 300 } },
};

static bool near(float a, float b)
{
	return fabsf(a - b) < 1e-3f;
}

/* One picture with both objects and these detections */
static struct map score(const struct detection *found, int count)
{
	struct map m;

	ok(!map_start(&m, CLASSES) && !map_add(&m, found, count, truth, 2) && !map_finish(&m),
	   "%d detections are scored", count);
	return m;
}

static void test_exact(void)
{
	const struct detection found[] = {
		{ .class_id = 0, .score = 0.9f, .box = { 0, 0, 100, 100 } },
		{ .class_id = 1, .score = 0.8f, .box = { 200, 200, 300, 300 } },
	};
	struct map m = score(found, 2);

	/* At recall 1 itself precision is that of the end of the curve, 0: half a step is lost */
	ok(near(m.map50, 0.995f) && near(m.map, 0.995f), "exact boxes: %.4f, %.4f", m.map50,
	   m.map);
	ok(m.ap[2][0] < 0, "a class without objects has no precision");
	map_free(&m);
}

static void test_overlap(void)
{
	/* 80 of 100 columns: an overlap of 0.8 counts up to that level, not above */
	const struct detection found[] = {
		{ .class_id = 0, .score = 0.9f, .box = { 0, 0, 81, 100 } },
		{ .class_id = 1, .score = 0.8f, .box = { 200, 200, 300, 300 } },
	};
	struct map m = score(found, 2);

	ok(m.ap[0][6] > 0.99f && m.ap[0][7] == 0, "an overlap of 0.81 is enough for 0.80 only");
	ok(near(m.map, 0.995f * (7 + 10) / 20), "mean of the levels: %.4f", m.map);
	map_free(&m);
}

static void test_wrong(void)
{
	/* A better detection of nothing halves the precision; of two of one object one counts */
	const struct detection found[] = {
		{ .class_id = 0, .score = 0.9f, .box = { 500, 500, 600, 600 } },
		{ .class_id = 0, .score = 0.8f, .box = { 0, 0, 100, 100 } },
		{ .class_id = 0, .score = 0.7f, .box = { 0, 0, 100, 100 } },
	};
	struct map m = score(found, 3);

	ok(near(m.ap[0][0], 0.4975f), "a better one of nothing: %.4f", m.ap[0][0]);
	ok(m.ap[1][0] == 0, "an object that nothing found: %.4f", m.ap[1][0]);
	map_free(&m);
}

static void test_none(void)
{
	struct map m = score(NULL, 0);

	ok(m.map50 == 0 && m.map == 0, "no detections");
	map_free(&m);
}

int main(void)
{
	test_exact();
	test_overlap();
	test_wrong();
	test_none();
	return done();
}
