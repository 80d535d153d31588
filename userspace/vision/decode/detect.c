// SPDX-License-Identifier: MIT
/*
 * Scores are compared as they are stored; only anchors that pass the threshold
 * become real numbers.
 */
#include "detect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * The lowest stored score that is at least conf; of int8 the lowest q with
 * scale * (q - zero_point) >= conf, above 127 if there is none
 */
static float stored_threshold(const struct detect_output *o, float conf)
{
	double q;

	if (o->real)
		return conf;
	q = ceil((double)conf / o->scale - 1e-6) + o->zero_point;
	return q < -128 ? -128 : q > 128 ? 128 : q;
}

static inline float stored(const struct detect_output *o, size_t i)
{
	return o->real ? ((const float *)o->data)[i] :
			 (int8_t)(((const uint8_t *)o->data)[i] ^ o->flip);
}

static float real(const struct detect_output *o, float stored)
{
	return o->real ? stored : o->scale * (stored - o->zero_point);
}

struct candidate {
	int anchor;
	int class_id;
	float score;		/* as stored */
};

/* Highest score first, then lowest anchor, so that the order never depends on the sort */
static int compare(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return x->anchor - y->anchor;
}

/* What passed so far: @number is that of each anchor in @candidates, or -1 */
struct collection {
	int count;
	int *number;
	struct candidate *candidates;
};

static void collect(struct collection *all, int anchor, int class_id, float score)
{
	int *number = &all->number[anchor];

	if (*number < 0) {
		*number = all->count++;
		all->candidates[*number].score = -INFINITY;
	}
	if (score > all->candidates[*number].score)
		all->candidates[*number] = (struct candidate) { anchor, class_id, score };
}

/* The best class of each anchor that passes, in one pass over the scores; few do */
static void collect_all(const struct detect_output *o, float threshold, struct collection *all)
{
	const float *real = o->data;
	const uint8_t *quantized = o->data;
	int c, i;

	memset(all->number, 0xff, o->anchors * sizeof(all->number[0]));
	for (c = 0; c < o->classes; c++) {
		size_t row = (size_t)(4 + c) * o->anchors;

		/* A NaN does not pass */
		for (i = 0; o->real && i < o->anchors; i++)
			if (real[row + i] >= threshold)
				collect(all, i, c, real[row + i]);
		for (i = 0; !o->real && i < o->anchors; i++)
			if ((int8_t)(quantized[row + i] ^ o->flip) >= (int)threshold)
				collect(all, i, c, (int8_t)(quantized[row + i] ^ o->flip));
	}
}

/* An anchor's box in the input, left top right bottom in pixels */
static void decode(const struct detect_output *o, int anchor, int in_width, int in_height,
		   float box[4])
{
	float v[4];
	int i;

	for (i = 0; i < 4; i++)
		v[i] = real(o, stored(o, (size_t)i * o->anchors + anchor));
	box[0] = (v[0] - v[2] / 2) * in_width;
	box[1] = (v[1] - v[3] / 2) * in_height;
	box[2] = (v[0] + v[2] / 2) * in_width;
	box[3] = (v[1] + v[3] / 2) * in_height;
}

float v3v_overlap(const float a[4], const float b[4])
{
	float w = fminf(a[2], b[2]) - fmaxf(a[0], b[0]);
	float h = fminf(a[3], b[3]) - fmaxf(a[1], b[1]);
	float both, all;

	if (w <= 0 || h <= 0)
		return 0;
	both = w * h;
	all = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both;
	return both / all;
}

/* Keeps the best, and of the others what overlaps nothing that is kept of its class */
static int suppress(const struct detect_output *o, const struct candidate *candidates, int count,
		    int in_width, int in_height, float iou, struct detection *found, int max)
{
	int kept = 0, i, k;

	for (i = 0; i < count && kept < max; i++) {
		struct detection *d = &found[kept];

		d->class_id = candidates[i].class_id;
		d->score = real(o, candidates[i].score);
		decode(o, candidates[i].anchor, in_width, in_height, d->box);
		for (k = 0; k < kept; k++)
			if (found[k].class_id == d->class_id &&
			    v3v_overlap(found[k].box, d->box) > iou)
				break;
		kept += k == kept;
	}
	return kept;
}

/* What is no number, as a float model may say, is 0 */
static float clip(float v, int max)
{
	return v > max ? max : v >= 0 ? v : 0;
}

static void to_picture(const struct v3npu_placement *box, float b[4])
{
	float x = (float)box->image_width / box->width;
	float y = (float)box->image_height / box->height;

	b[0] = clip((b[0] - box->left) * x, box->image_width);
	b[1] = clip((b[1] - box->top) * y, box->image_height);
	b[2] = clip((b[2] - box->left) * x, box->image_width);
	b[3] = clip((b[3] - box->top) * y, box->image_height);
}

int v3v_detect(const struct detect_output *output, const struct v3npu_placement *box, int in_width,
	       int in_height, float conf, float iou, struct detection *found, int max)
{
	struct collection all = {
		.number = malloc(output->anchors * sizeof(*all.number)),
		.candidates = malloc(output->anchors * sizeof(*all.candidates)),
	};
	int count = -1, i;

	if (all.candidates && all.number) {
		collect_all(output, stored_threshold(output, conf), &all);
		qsort(all.candidates, all.count, sizeof(*all.candidates), compare);
		count = suppress(output, all.candidates, all.count, in_width, in_height, iou,
				 found, max);
	}
	for (i = 0; i < count; i++)
		to_picture(box, found[i].box);
	free(all.number);
	free(all.candidates);
	return count;
}
