// SPDX-License-Identifier: MIT
#include "stats.h"

#include <math.h>
#include <string.h>

#define FIRST_LIMIT	0x1p-20f

/* Bits of a float32: its sign, and those of infinity; what is above them is no number */
#define SIGN		0x80000000u
#define NOT_FINITE	0x7f800000u

void q_stats_init(struct q_stats *s)
{
	*s = (struct q_stats) { .min = INFINITY, .max = -INFINITY, .limit = FIRST_LIMIT };
}

/* Twice the range: pairs of bins become one, around the same centre */
static void widen(struct q_stats *s)
{
	uint64_t bin[Q_BINS] = {};
	int i;

	for (i = 0; i < Q_BINS; i++)
		bin[Q_BINS / 4 + i / 2] += s->bin[i];
	memcpy(s->bin, bin, sizeof(bin));
	s->limit *= 2;
}

static void reach(struct q_stats *s, float min, float max)
{
	while (min < -s->limit || max >= s->limit)
		widen(s);
	s->min = fminf(s->min, min);
	s->max = fmaxf(s->max, max);
}

bool q_stats_add(struct q_stats *s, const float *data, size_t count, float *min, float *max)
{
	float low = INFINITY, high = -INFINITY, scale;
	uint32_t bits, highest = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		memcpy(&bits, &data[i], sizeof(bits));
		bits &= ~SIGN;
		highest = bits > highest ? bits : highest;
	}
	if (highest >= NOT_FINITE)
		return false;
	for (i = 0; i < count; i++) {
		low = data[i] < low ? data[i] : low;
		high = data[i] > high ? data[i] : high;
	}
	*min = low;
	*max = high;
	if (!count)
		return true;
	reach(s, low, high);
	scale = Q_BINS / 2 / s->limit;
	for (i = 0; i < count; i++)
		s->bin[(int)(data[i] * scale + Q_BINS / 2)]++;
	s->count += count;
	return true;
}

void q_stats_merge(struct q_stats *to, const struct q_stats *from)
{
	struct q_stats other = *from;
	int i;

	if (!other.count)
		return;
	while (to->limit < other.limit)
		widen(to);
	while (other.limit < to->limit)
		widen(&other);
	for (i = 0; i < Q_BINS; i++)
		to->bin[i] += other.bin[i];
	to->min = fminf(to->min, other.min);
	to->max = fmaxf(to->max, other.max);
	to->count += other.count;
}

float q_stats_centre(const struct q_stats *s, int bin)
{
	return (bin + 0.5f - Q_BINS / 2) * (s->limit / (Q_BINS / 2));
}
