// SPDX-License-Identifier: MIT
#include "ssd.h"

#include <math.h>
#include <stdlib.h>

#include "boxes.h"

/* Highest score first; the operator's own order is that already, but nothing says so */
static int compare(const void *a, const void *b)
{
	const struct detection *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return x->candidate - y->candidate;
}

int v3v_ssd(const struct ssd_output *o, const struct v3npu_placement *box, int in_width,
	    int in_height, float conf, struct detection *found)
{
	float said = stored_real(&o->count, 0);
	/* A count that is no number is none */
	int count = said >= o->candidates ? o->candidates : said >= 0 ? lrintf(said) : 0;
	int kept = 0, i, k;

	for (i = 0; i < count; i++) {
		/* Corners of the box, by the place of its numbers */
		static const int from[4] = { 1, 0, 3, 2 };
		float class_id = stored_real(&o->class_ids, i), score = stored_real(&o->scores, i);
		struct detection *d = &found[kept];

		if (!(score >= conf) || !(class_id > -0.5f && class_id < o->classes - 0.5f))
			continue;
		*d = (struct detection) {
			.class_id = lrintf(class_id), .score = score, .candidate = i,
		};
		for (k = 0; k < 4; k++)
			d->box[k] = stored_real(&o->boxes, (size_t)i * 4 + from[k]) *
				    (k % 2 ? in_height : in_width);
		v3v_box_to_picture(box, d->box);
		kept++;
	}
	qsort(found, kept, sizeof(*found), compare);
	return kept;
}
