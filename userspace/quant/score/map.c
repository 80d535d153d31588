// SPDX-License-Identifier: MIT
#include "map.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "vision/decode/boxes.h"

#define POINTS	101

int map_start(struct map *m, int classes)
{
	*m = (struct map) { .classes = classes };
	m->objects = calloc(classes, sizeof(*m->objects));
	m->ap = calloc(classes, sizeof(*m->ap));
	return m->objects && m->ap ? 0 : -1;
}

void map_free(struct map *m)
{
	free(m->hits);
	free(m->objects);
	free(m->ap);
	*m = (struct map) {};
}

static float level(int i)
{
	return 0.5f + 0.05f * i;
}

/* Takes the object that a detection overlaps most, of those left at a level */
static bool take(const struct detection *d, const struct map_truth *truth, int truths, int at,
		 uint16_t *taken)
{
	float best = level(at), o;
	int found = -1, k;

	for (k = 0; k < truths; k++) {
		if (truth[k].class_id != d->class_id || taken[k] >> at & 1)
			continue;
		o = v3v_overlap(d->box, truth[k].box);
		if (o < best)
			continue;
		best = o;
		found = k;
	}
	if (found >= 0)
		taken[found] |= 1 << at;
	return found >= 0;
}

int map_add(struct map *m, const struct detection *found, int count,
	    const struct map_truth *truth, int truths)
{
	uint16_t *taken = calloc(truths + 1, sizeof(*taken));
	int i, k;

	if (m->count + count > m->room) {
		uint32_t room = 2 * m->room + count + 256;
		struct map_hit *more = realloc(m->hits, room * sizeof(*more));

		if (more) {
			m->hits = more;
			m->room = room;
		}
	}
	if (!taken || m->count + count > m->room) {
		free(taken);
		return -1;
	}
	for (k = 0; k < truths; k++)
		if (truth[k].class_id < m->classes)
			m->objects[truth[k].class_id]++;
	for (i = 0; i < count; i++) {
		struct map_hit *hit = &m->hits[m->count++];

		*hit = (struct map_hit) { found[i].class_id, found[i].score, 0 };
		for (k = 0; k < MAP_LEVELS; k++)
			if (take(&found[i], truth, truths, k, taken))
				hit->levels |= 1 << k;
	}
	free(taken);
	return 0;
}

/* By class, then best first; equals keep their order, which is that of the pictures */
static int compare(const void *a, const void *b)
{
	const struct map_hit *x = *(const struct map_hit *const *)a;
	const struct map_hit *y = *(const struct map_hit *const *)b;

	if (x->class_id != y->class_id)
		return x->class_id < y->class_id ? -1 : 1;
	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return x < y ? -1 : x > y;
}

/* Precision at a recall, on the line between the two points around it */
static float interpolate(const float *recall, const float *precision, uint32_t count, float x)
{
	uint32_t low = 0, high = count - 1;

	if (x >= recall[high])
		return precision[high];
	while (high - low > 1) {
		uint32_t middle = (low + high) / 2;

		if (recall[middle] <= x)
			low = middle;
		else
			high = middle;
	}
	return precision[low] + (precision[high] - precision[low]) * (x - recall[low]) /
	       (recall[high] - recall[low]);
}

/* Of @count hits of one class, best first, at a level; the arrays have room for two more */
static float average(struct map_hit *const *hits, uint32_t count, uint32_t objects, int at,
		     float *recall, float *precision)
{
	float area = 0, last = 0, here;
	uint32_t good = 0, i;
	int k;

	/* The curve has no point to begin with */
	if (!count)
		return 0;
	recall[0] = 0;
	precision[0] = 1;
	for (i = 0; i < count; i++) {
		good += hits[i]->levels >> at & 1;
		recall[1 + i] = (float)good / objects;
		precision[1 + i] = (float)good / (i + 1);
	}
	recall[count + 1] = 1;
	precision[count + 1] = 0;
	for (i = count + 1; i-- > 0;)
		precision[i] = fmaxf(precision[i], precision[i + 1]);
	for (k = 0; k < POINTS; k++) {
		here = interpolate(recall, precision, count + 2, k / (POINTS - 1.0f));
		if (k)
			area += (here + last) / 2 / (POINTS - 1);
		last = here;
	}
	return area;
}

int map_finish(struct map *m)
{
	struct map_hit **sorted = calloc(m->count + 1, sizeof(*sorted));
	float *recall = calloc(m->count + 2, sizeof(*recall));
	float *precision = calloc(m->count + 2, sizeof(*precision));
	uint32_t i, first = 0, last;
	int c, k, seen = 0, ret = sorted && recall && precision ? 0 : -1;

	for (i = 0; !ret && i < m->count; i++)
		sorted[i] = &m->hits[i];
	if (!ret)
		qsort(sorted, m->count, sizeof(*sorted), compare);
	m->map50 = 0;
	m->map = 0;
	for (c = 0; !ret && c < m->classes; c++, first = last) {
		for (last = first; last < m->count && sorted[last]->class_id == c; last++)
			;
		for (k = 0; k < MAP_LEVELS; k++)
			m->ap[c][k] = !m->objects[c] ? -1 :
				      average(sorted + first, last - first, m->objects[c], k,
					      recall, precision);
		if (!m->objects[c])
			continue;
		seen++;
		m->map50 += m->ap[c][0];
		for (k = 0; k < MAP_LEVELS; k++)
			m->map += m->ap[c][k] / MAP_LEVELS;
	}
	if (seen) {
		m->map50 /= seen;
		m->map /= seen;
	}
	free(sorted);
	free(recall);
	free(precision);
	return ret;
}
