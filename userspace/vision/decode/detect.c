// SPDX-License-Identifier: MIT
/*
 * Scores are compared as they are stored; only candidates that pass the threshold
 * become real numbers.
 */
#include "detect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "boxes.h"

#define BOX_ROWS	4

/* The lowest stored byte whose number is at least conf, beyond all bytes if there is none */
static int stored_threshold(const struct stored *t, float conf)
{
	int least = t->dtype == V3NPU_UINT8 ? 0 : -128;
	double q = ceil((double)conf / t->scale - 1e-6) + t->zero_point;

	return q < least ? least : q > least + 256 ? least + 256 : (int)q;
}

/** struct candidate - one that passed; @score is as stored until all have passed */
struct candidate {
	int number;
	int class_id;
	float score;
};

/* Highest score first, then lowest number, so that the order never depends on the sort */
static int compare(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return x->number - y->number;
}

/* What passed so far: @place is that of each candidate in @list, or -1 */
struct collection {
	int count;
	int *place;
	struct candidate *list;
};

static void collect(struct collection *all, int number, int class_id, float score)
{
	int *place = &all->place[number];

	if (*place < 0) {
		*place = all->count++;
		all->list[*place].score = -INFINITY;
	}
	if (score > all->list[*place].score)
		all->list[*place] = (struct candidate) { number, class_id, score };
}

/* A class's scores, one after the other; few pass. A NaN does not */
static void collect_row(const struct detect_output *o, int class_id, float conf, int threshold,
			struct collection *all)
{
	size_t row = (BOX_ROWS + class_id) * o->row_step;
	const float *real = (const float *)o->tensor.data + row;
	const int8_t *bytes = (const int8_t *)o->tensor.data + row;
	const uint8_t *ubytes = (const uint8_t *)o->tensor.data + row;
	int i;

	switch (o->tensor.dtype) {
	case V3NPU_FLOAT32:
		for (i = 0; i < o->candidates; i++)
			if (real[i] >= conf)
				collect(all, i, class_id, real[i]);
		break;
	case V3NPU_UINT8:
		for (i = 0; i < o->candidates; i++)
			if (ubytes[i] >= threshold)
				collect(all, i, class_id, ubytes[i]);
		break;
	default:
		for (i = 0; i < o->candidates; i++)
			if (bytes[i] >= threshold)
				collect(all, i, class_id, bytes[i]);
	}
}

static void collect_rows(const struct detect_output *o, float conf, struct collection *all)
{
	bool real = o->tensor.dtype == V3NPU_FLOAT32;
	int threshold = real ? 0 : stored_threshold(&o->tensor, conf), c, i;

	memset(all->place, 0xff, o->candidates * sizeof(all->place[0]));
	for (c = 0; c < o->classes; c++)
		collect_row(o, c, conf, threshold, all);
	for (i = 0; i < all->count && !real; i++)
		all->list[i].score = stored_number(&o->tensor, (int)all->list[i].score);
}

/* The best class of a candidate whose rows are not one after the other */
static struct candidate best_class(const struct detect_output *o, int number)
{
	int first = o->form == OUTPUT_OBJECTNESS ? BOX_ROWS + 1 : BOX_ROWS, c;
	struct candidate best = { .number = number, .score = -INFINITY };

	for (c = 0; c < o->classes; c++) {
		float score = detect_number(o, first + c, number);

		if (score > best.score) {
			best.class_id = c;
			best.score = score;
		}
	}
	return best;
}

/* The class that a model has decided on; none of @o's if what it says is none */
static struct candidate decided_class(const struct detect_output *o, int number)
{
	float class_id = detect_number(o, BOX_ROWS + 1, number);
	struct candidate c = { .number = number, .score = -INFINITY };

	if (class_id > -0.5f && class_id < o->classes - 0.5f) {
		c.class_id = lrintf(class_id);
		c.score = detect_number(o, BOX_ROWS, number);
	}
	return c;
}

static void collect_each(const struct detect_output *o, float conf, struct collection *all)
{
	struct candidate c;
	float sure = 1;
	int i;

	for (i = 0; i < o->candidates; i++) {
		/* Most are not sure of anything, and classes are many */
		if (o->form == OUTPUT_OBJECTNESS) {
			sure = detect_number(o, BOX_ROWS, i);
			if (!(sure >= conf))
				continue;
		}
		c = o->form == OUTPUT_DECIDED ? decided_class(o, i) : best_class(o, i);
		c.score *= sure;
		if (c.score >= conf)
			all->list[all->count++] = c;
	}
}

/* Are the candidates' first rows corners, not centre and size? */
static bool is_corners(const struct detect_output *o)
{
	return o->form == OUTPUT_DECIDED && !o->angle;
}

void v3v_unit(const struct detect_output *o, int in_width, int in_height, float unit[2])
{
	int side = in_width < in_height ? in_width : in_height, rows = is_corners(o) ? 4 : 2;
	/*
	 * A centre is at most half of 15 cells of 32 pixels beyond the input, a corner may be all
	 * of them: that is how far YOLO's boxes reach
	 */
	float limit = 4 + 15 * 32.0f / side;
	bool pixels = false;
	int i, row;

	if (o->tensor.dtype == V3NPU_FLOAT32 || stored_highest(&o->tensor) > limit)
		for (i = 0; i < o->candidates && !pixels; i++)
			for (row = 0; row < rows && !pixels; row++)
				pixels = detect_number(o, row, i) > limit;
	unit[0] = pixels ? 1 : in_width;
	unit[1] = pixels ? 1 : in_height;
}

/* A candidate's box in the input, left top right bottom in pixels, and its corners if it is turned */
static void decode(const struct detect_output *o, int number, const float unit[2],
		   struct detection *d)
{
	float v[4], angle, *c = d->corners;
	int i;

	for (i = 0; i < 4; i++)
		v[i] = detect_number(o, i, number);
	d->turned = o->angle;
	if (d->turned) {
		const float centre[2] = { v[0] * unit[0], v[1] * unit[1] };

		angle = detect_number(o, o->angle, number);
		v3v_corners(centre, v[2] * unit[0], v[3] * unit[1], angle, c);
		d->box[0] = fminf(fminf(c[0], c[2]), fminf(c[4], c[6]));
		d->box[1] = fminf(fminf(c[1], c[3]), fminf(c[5], c[7]));
		d->box[2] = fmaxf(fmaxf(c[0], c[2]), fmaxf(c[4], c[6]));
		d->box[3] = fmaxf(fmaxf(c[1], c[3]), fmaxf(c[5], c[7]));
	} else if (is_corners(o)) {
		for (i = 0; i < 4; i++)
			d->box[i] = v[i] * unit[i % 2];
	} else {
		d->box[0] = (v[0] - v[2] / 2) * unit[0];
		d->box[1] = (v[1] - v[3] / 2) * unit[1];
		d->box[2] = (v[0] + v[2] / 2) * unit[0];
		d->box[3] = (v[1] + v[3] / 2) * unit[1];
	}
}

/* A turned box with a corner that is nowhere */
static bool is_nowhere(const struct detection *d)
{
	int i;

	for (i = 0; i < 8 && d->turned; i++)
		if (!isfinite(d->corners[i]))
			return true;
	return false;
}

static bool is_same(const struct detection *a, const struct detection *b, float iou)
{
	if (a->class_id != b->class_id)
		return false;
	return (a->turned ? v3v_turned_overlap(a->corners, b->corners) :
			    v3v_overlap(a->box, b->box)) > iou;
}

/* Keeps the best, and of the others what overlaps nothing that is kept of its class */
static int suppress(const struct detect_output *o, const struct candidate *candidates, int count,
		    const float unit[2], float iou, struct detection *found, int max)
{
	int kept = 0, i, k;

	for (i = 0; i < count && kept < max; i++) {
		struct detection *d = &found[kept];

		*d = (struct detection) {
			.class_id = candidates[i].class_id, .score = candidates[i].score,
			.candidate = candidates[i].number,
		};
		decode(o, candidates[i].number, unit, d);
		if (is_nowhere(d))
			continue;
		for (k = 0; k < kept && o->form != OUTPUT_DECIDED; k++)
			if (is_same(&found[k], d, iou))
				break;
		kept += k == kept || o->form == OUTPUT_DECIDED;
	}
	return kept;
}

int v3v_detect(const struct detect_output *output, const struct v3npu_placement *box, int in_width,
	       int in_height, float conf, float iou, struct detection *found, int max)
{
	struct collection all = {
		.place = malloc(output->candidates * sizeof(*all.place)),
		.list = malloc(output->candidates * sizeof(*all.list)),
	};
	int count = -1, i;
	float unit[2];

	if (all.list && all.place) {
		if (output->form == OUTPUT_SCORES && output->step == 1)
			collect_rows(output, conf, &all);
		else
			collect_each(output, conf, &all);
		qsort(all.list, all.count, sizeof(*all.list), compare);
		v3v_unit(output, in_width, in_height, unit);
		count = suppress(output, all.list, all.count, unit, iou, found, max);
	}
	for (i = 0; i < count; i++) {
		v3v_box_to_picture(box, found[i].box);
		if (found[i].turned)
			v3v_points_to_picture(box, found[i].corners, 4);
	}
	free(all.place);
	free(all.list);
	return count;
}
