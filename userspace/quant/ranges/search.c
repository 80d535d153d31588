// SPDX-License-Identifier: MIT
#include "search.h"

#include <math.h>
#include <stdlib.h>

#include "quant/graph/constants.h"
#include "quant/run/progress.h"
#include "quant/weights/bias.h"
#include "quant/weights/factors.h"

#define NOTICEABLE	0.02f		/* part of a range by which another one differs */
/* A divergence counts as better if it is at most this part of the other */
#define WORTHWHILE	0.998
/* and if this part of the pictures agrees: a few hard ones have most of the sum */
#define MOST		0.6

/**
 * struct score - divergences of the pictures, and their mean in each half of them
 */
struct score {
	double picture[Q_TRIAL_MAX];
	double half[2];
};

static double mean(const struct q_trial *t, const struct score *s)
{
	uint32_t first = t->count / 2;

	return (s->half[0] * first + s->half[1] * (t->count - first)) / t->count;
}

/* Is it smaller by what counts, on neither half larger, and smaller for most pictures? */
static bool is_less(const struct q_trial *t, const struct score *s, const struct score *than)
{
	uint32_t smaller = 0, i;

	for (i = 0; i < t->count; i++)
		smaller += s->picture[i] <= than->picture[i];
	return mean(t, s) <= mean(t, than) * WORTHWHILE && s->half[0] <= than->half[0] &&
	       s->half[1] <= than->half[1] && smaller >= MOST * t->count;
}

static int measure_half(const struct q_trial *t, const struct q_graph *g,
			const struct q_groups *groups, int half, struct score *s,
			struct tool_error *error)
{
	uint32_t middle = t->count / 2, first = half ? middle : 0, i;
	uint32_t count = half ? t->count - middle : middle;

	if (q_trial_measure(t, g, groups, first, count, &s->picture[first], error))
		return -1;
	s->half[half] = 0;
	for (i = first; i < first + count; i++)
		s->half[half] += s->picture[i] / count;
	return 0;
}

static int measure(const struct q_trial *t, const struct q_graph *g,
		   const struct q_groups *groups, struct score *s, struct tool_error *error)
{
	return measure_half(t, g, groups, 0, s, error) ||
	       measure_half(t, g, groups, 1, s, error) ? -1 : 0;
}

/* Is it better than @best on both halves? Then it is the best. 1, 0, or -1 with @error set */
static int is_better(const struct q_trial *t, const struct q_graph *g,
		     const struct q_groups *groups, struct score *best, struct tool_error *error)
{
	struct score s;

	if (measure_half(t, g, groups, 0, &s, error))
		return -1;
	if (s.half[0] > best->half[0])
		return 0;
	if (measure_half(t, g, groups, 1, &s, error))
		return -1;
	if (!is_less(t, &s, best))
		return 0;
	*best = s;
	return 1;
}

static void set_range(const struct q_graph *g, struct q_groups *groups, uint32_t i,
		      enum q_method method)
{
	struct q_group *group = &groups->list[i];
	struct q_range r;

	if (group->fixed)
		return;
	r = q_choose_range(method, group, q_only_reader(g, groups, i));
	q_group_range(group, r.low, r.high);
}

void q_set_ranges(const struct q_graph *g, struct q_groups *groups, enum q_method method)
{
	uint32_t i;

	for (i = 0; i < groups->count; i++)
		set_range(g, groups, i, method);
}

/* Would another scale or zero point be noticed? */
static bool differs(const struct q_group *a, const struct q_group *b)
{
	return fabsf(a->scale - b->scale) > NOTICEABLE * b->scale ||
	       abs(a->zero_point - b->zero_point) > NOTICEABLE * 255;
}

/* Tries the other methods for one group, and leaves the best */
static int improve(const struct q_trial *t, const struct q_graph *g, struct q_groups *groups,
		   uint32_t i, struct score *best, struct q_search *search,
		   struct tool_error *error)
{
	struct q_group *group = &groups->list[i], taken = *group, tried[Q_METHODS];
	uint32_t m, k, count = 0;
	bool moved = false;
	int ret;

	for (m = 0; m < Q_METHODS; m++) {
		set_range(g, groups, i, m);
		for (k = 0; k < count && differs(group, &tried[k]); k++)
			;
		if (k < count || !differs(group, &taken))
			continue;
		tried[count++] = *group;
		ret = is_better(t, g, groups, best, error);
		if (ret < 0)
			return -1;
		if (ret)
			taken = *group;
		moved |= ret;
	}
	*group = taken;
	search->moved += moved;
	return 0;
}

/* Measures a graph, equalized with a power of the factors, with all numbers in range */
static int measure_equalized(const struct q_trial *t, struct q_graph *g,
			     const struct q_spans *spans, const struct q_factors *factors,
			     float power, struct score *s, struct tool_error *error)
{
	struct q_groups groups;
	int ret = q_store_constants(g), apart;

	for (apart = 0; !ret && apart < 2; apart++) {
		ret = q_groups_find(g, apart, &groups);
		if (ret)
			break;
		q_spans_note(spans, g, factors, power, &groups);
		if (!q_groups_overflow(&groups))
			break;
	}
	if (ret)
		return tool_fail(error, "%s", g->ctx->error);
	q_set_ranges(g, &groups, Q_MINMAX);
	return measure(t, g, &groups, s, error);
}

int q_search_equalization(const struct q_trial *t, struct q_graph *g,
			  const struct q_groups *groups, const struct pictures *pictures,
			  struct q_search *search, struct tool_error *error)
{
	static const float powers[Q_POWERS] = { 0, 0.5f, 1 };
	struct score best = {}, s = {};
	struct q_graph tried, taken = *g;
	struct q_factors factors;
	struct q_spans spans;
	int ret = q_spans_measure(g, pictures, &spans, error), i;

	if (!ret && q_factors_find(g, groups, &spans, &factors))
		ret = tool_fail(error, "%s", g->ctx->error);
	for (i = 0; !ret && i < Q_POWERS; i++) {
		if (q_equalize(g, &factors, powers[i], &tried))
			ret = tool_fail(error, "%s", g->ctx->error);
		else
			ret = measure_equalized(t, &tried, &spans, &factors, powers[i], &s, error);
		search->equalized[i] = mean(t, &s);
		if (ret || (i && !is_less(t, &s, &best)))
			continue;
		best = s;
		taken = tried;
		search->power = powers[i];
	}
	q_spans_free(&spans);
	*g = taken;
	return ret;
}

int q_search_ranges(const struct q_trial *t, const struct q_graph *g, struct q_groups *groups,
		    struct q_search *search, struct tool_error *error)
{
	uint32_t steps = Q_METHODS + groups->count, i;
	struct score best = {}, s;

	for (i = 0; i < Q_METHODS; i++) {
		progress("choosing", i, steps);
		q_set_ranges(g, groups, i);
		if (measure(t, g, groups, &s, error))
			return -1;
		search->before[i] = mean(t, &s);
		if (i && search->before[i] >= search->before[search->method])
			continue;
		search->method = i;
		best = s;
	}
	q_set_ranges(g, groups, search->method);
	for (i = 0; i < groups->count; i++) {
		progress("choosing", Q_METHODS + i, steps);
		if (!groups->list[i].fixed && improve(t, g, groups, i, &best, search, error))
			return -1;
	}
	progress("choosing", steps, steps);
	search->after = mean(t, &best);
	return q_trial_floor(t, &groups->list[groups->of[g->outputs[0]]], &search->floor, error);
}

int q_search_biases(const struct q_trial *t, const struct q_graph *g,
		    const struct q_groups *groups, const struct pictures *pictures,
		    struct q_graph *out, struct q_search *search, struct tool_error *error)
{
	struct score before, after;
	struct q_graph corrected;
	int biases = q_correct_biases(g, groups, pictures, &corrected, error);

	if (biases < 0 || measure(t, g, groups, &before, error) ||
	    measure(t, &corrected, groups, &after, error))
		return -1;
	search->corrected = mean(t, &after);
	if (!is_less(t, &after, &before))
		return 0;
	search->biases = biases;
	search->after = search->corrected;
	*out = corrected;
	return 0;
}
