/* SPDX-License-Identifier: MIT */
/*
 * What numbers a tensor has had: a histogram that grows with them.
 */
#ifndef V3Q_STATS_H
#define V3Q_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define Q_BINS	4096

/**
 * struct q_stats - the numbers of a tensor
 * @min: lowest; above @max if there were none
 * @max: highest
 * @limit: the bins cover -@limit to @limit evenly; a power of two
 * @count: numbers seen
 * @bin: how many were in each
 */
struct q_stats {
	float min;
	float max;
	float limit;
	uint64_t count;
	uint64_t bin[Q_BINS];
};

/* No numbers so far */
void q_stats_init(struct q_stats *s);

/*
 * Adds @count numbers, of which @min and @max are set to the lowest and highest; false, and
 * none is added, if one of them is not finite
 */
bool q_stats_add(struct q_stats *s, const float *data, size_t count, float *min, float *max);

/* Adds what another one saw */
void q_stats_merge(struct q_stats *to, const struct q_stats *from);

/* The number in the middle of a bin */
float q_stats_centre(const struct q_stats *s, int bin);

#endif /* V3Q_STATS_H */
