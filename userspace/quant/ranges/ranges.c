// SPDX-License-Identifier: MIT
#include "ranges.h"

#include <math.h>

#define LEFT_OUT	1e-4	/* share of the numbers left out on a side by a percentile */
#define CANDIDATES	64	/* bounds that are tried between 0 and the last number */
#define ROUNDS		3	/* low, then high, and again */
#define LEVELS		256

const char *q_method_name(enum q_method method)
{
	static const char *const names[Q_METHODS] = {
		"minmax", "extremes", "percentile", "mse", "entropy",
	};

	return names[method];
}

static float clip(float x, const struct q_range *r)
{
	return x < r->low ? r->low : x > r->high ? r->high : x;
}

static float function(const struct q_op *reader, float x)
{
	switch (reader->options.code) {
	case TFL_LOGISTIC:
		return 1 / (1 + expf(-x));
	case TFL_TANH:
		return tanhf(x);
	default:
		return x < 0 ? x * reader->options.number : x;
	}
}

/* Slope of the function, for what rounding costs */
static float slope(const struct q_op *reader, float x)
{
	float y = function(reader, x);

	switch (reader->options.code) {
	case TFL_LOGISTIC:
		return y * (1 - y);
	case TFL_TANH:
		return 1 - y * y;
	default:
		return x < 0 ? reader->options.number : 1;
	}
}

/* Sum of squared errors: of clipping, and of rounding to a step, evenly spread */
static double squared_error(const struct q_stats *s, const struct q_op *reader,
			    const struct q_range *r)
{
	double step = (r->high - r->low) / (LEVELS - 1), error = 0;
	int i;

	for (i = 0; i < Q_BINS; i++) {
		double x, d, k = 1;

		if (!s->bin[i])
			continue;
		x = q_stats_centre(s, i);
		d = clip(x, r) - x;
		if (reader && d != 0)
			d = function(reader, clip(x, r)) - function(reader, x);
		else if (reader)
			k = slope(reader, x);
		error += s->bin[i] * (d * d + (d == 0 ? k * k * step * step / 12 : 0));
	}
	return error;
}

/* The bins that a range's ends are in */
static int bin_of(const struct q_stats *s, float x)
{
	int bin = floorf(x * (Q_BINS / 2 / s->limit)) + Q_BINS / 2;

	return bin < 0 ? 0 : bin >= Q_BINS ? Q_BINS - 1 : bin;
}

/*
 * Relative entropy of the numbers to what int8 makes of them: each level spreads
 * its numbers evenly over those of its bins that had any. What is clipped counts
 * for the last bins.
 */
static double relative_entropy(const struct q_stats *s, const struct q_range *r)
{
	int low = bin_of(s, r->low), high = bin_of(s, r->high), i, k;
	double below = 0, above = 0, total = s->count, entropy = 0;
	double width = (high - low + 1.0) / LEVELS;

	for (i = 0; i < low; i++)
		below += s->bin[i];
	for (i = high + 1; i < Q_BINS; i++)
		above += s->bin[i];
	for (k = 0; k < LEVELS; k++) {
		int first = low + (int)(k * width), last = low + (int)((k + 1) * width);
		double sum = 0, used = 0;

		if (first == last)
			continue;
		for (i = first; i < last; i++) {
			sum += s->bin[i];
			used += s->bin[i] > 0;
		}
		for (i = first; i < last; i++) {
			double p = s->bin[i];

			if (i == low)
				p += below;
			if (i == high)
				p += above;
			if (!p)
				continue;
			/* What int8 has nothing of is as good as impossible */
			entropy += p / total * log(p / (s->bin[i] ? sum / used : 1e-6));
		}
	}
	return entropy;
}

static double loss(enum q_method method, const struct q_stats *s, const struct q_op *reader,
		   const struct q_range *r)
{
	return method == Q_MSE ? squared_error(s, reader, r) : relative_entropy(s, r);
}

/* Moves one end after the other to where the loss is least */
static struct q_range search(enum q_method method, const struct q_stats *s,
			     const struct q_op *reader, struct q_range all)
{
	struct q_range best = all;
	double least = loss(method, s, reader, &best), here;
	int round, i;

	for (round = 0; round < 2 * ROUNDS; round++) {
		float end = round % 2 ? all.low : all.high;

		for (i = 1; end != 0 && i <= CANDIDATES; i++) {
			struct q_range r = best;

			*(round % 2 ? &r.low : &r.high) = end * i / CANDIDATES;
			here = loss(method, s, reader, &r);
			if (here < least) {
				least = here;
				best = r;
			}
		}
		if (all.low == 0 || all.high == 0)
			round++;
	}
	return best;
}

static struct q_range percentile(const struct q_stats *s, struct q_range all)
{
	double limit = s->count * LEFT_OUT, sum = 0;
	struct q_range r = { 0, 0 };
	int i;

	for (i = 0; i < Q_BINS && sum <= limit; i++)
		sum += s->bin[i];
	r.low = fmaxf(fminf(0, q_stats_centre(s, i - 1)), all.low);
	for (sum = 0, i = Q_BINS - 1; i >= 0 && sum <= limit; i--)
		sum += s->bin[i];
	r.high = fminf(fmaxf(0, q_stats_centre(s, i + 1)), all.high);
	return r;
}

struct q_range q_choose_range(enum q_method method, const struct q_group *group,
			      const struct q_op *reader)
{
	const struct q_stats *s = &group->stats;
	struct q_range all = { fminf(s->min, 0), fmaxf(s->max, 0) };

	if (!s->count)
		return (struct q_range) { 0, 1 };
	if (all.low == all.high || method == Q_MINMAX)
		return all;
	if (method == Q_EXTREMES)
		return (struct q_range) { fminf(group->low, 0), fmaxf(group->high, 0) };
	return method == Q_PERCENTILE ? percentile(s, all) : search(method, s, reader, all);
}

const struct q_op *q_only_reader(const struct q_graph *g, const struct q_groups *groups,
				 uint32_t group)
{
	const struct q_op *found = NULL;
	uint32_t i, k;

	for (i = 0; i < g->op_count; i++) {
		const struct q_op *op = &g->ops[i];
		int32_t code = op->options.code;

		for (k = 0; k < op->in_count; k++) {
			if (op->in[k] < 0 || groups->of[op->in[k]] != (int32_t)group)
				continue;
			/* What moves numbers within the group reads nothing */
			if (groups->of[op->out[0]] == (int32_t)group)
				continue;
			if (found || (code != TFL_LOGISTIC && code != TFL_TANH &&
				      code != TFL_LEAKY_RELU))
				return NULL;
			found = op;
		}
	}
	return found;
}
