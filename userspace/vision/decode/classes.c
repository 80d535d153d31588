// SPDX-License-Identifier: MIT
#include "classes.h"

#include <math.h>
#include <stdlib.h>

/* 0..1, with what rounding adds */
static bool is_probability(float v)
{
	return v >= -0.02f && v <= 1.02f;
}

/* Whether the numbers are probabilities: of bytes the range tells, whatever they are this time */
static bool are_probabilities(const struct stored *t, const float *v, int count)
{
	int i;

	if (t->dtype != V3NPU_FLOAT32)
		return is_probability(stored_highest(t)) &&
		       is_probability(stored_highest(t) - 255 * t->scale);
	for (i = 0; i < count; i++)
		if (!is_probability(v[i]))
			return false;
	return true;
}

static void softmax(float *v, int count)
{
	float highest = -INFINITY;
	double sum = 0;
	int i;

	for (i = 0; i < count; i++)
		highest = fmaxf(highest, v[i]);
	for (i = 0; i < count; i++) {
		v[i] = expf(v[i] - highest);
		sum += v[i];
	}
	for (i = 0; i < count; i++)
		v[i] /= sum;
}

int v3v_classes(const struct stored *scores, int classes, const struct v3npu_placement *box,
		struct detection *found, int max)
{
	float *v = malloc(classes * sizeof(*v));
	int kept = 0, i, k;

	if (!v)
		return -1;
	for (i = 0; i < classes; i++)
		v[i] = stored_real(scores, i);
	if (!are_probabilities(scores, v, classes))
		softmax(v, classes);
	for (i = 0; i < classes; i++) {
		/* A NaN is not better than anything */
		if (isnan(v[i]))
			continue;
		for (k = kept < max ? kept : max; k > 0 && v[i] > found[k - 1].score; k--)
			if (k < max)
				found[k] = found[k - 1];
		if (k == max)
			continue;
		found[k] = (struct detection) {
			.class_id = i, .score = v[i],
			.box = { 0, 0, box->image_width, box->image_height },
		};
		kept += kept < max;
	}
	free(v);
	return kept;
}
