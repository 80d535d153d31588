// SPDX-License-Identifier: MIT
#include "calibrate.h"

#include <math.h>
#include <stdlib.h>

#include "quant/run/float_run.h"
#include "quant/run/parallel.h"

#define FEW	64	/* pictures whose extremes are averaged with those of others */

/**
 * struct watch - tensors whose numbers are noted
 * @pictures: to run on
 * @tensor: @count of them
 * @size: elements of each
 * @stats: of each, for each thread: [worker][tensor]
 * @low: the lowest of each in each picture: [picture][tensor]
 * @high: the highest
 * @run: whose tensors they are
 */
struct watch {
	const struct pictures *pictures;
	int32_t *tensor;
	size_t *size;
	struct q_stats *stats;
	uint32_t count;
	float *low;
	float *high;
	struct q_float run;
};

/* Results of operators that compute: what only moves numbers adds none */
static int choose(const struct q_graph *g, const struct q_groups *groups, struct watch *w)
{
	uint32_t i;

	w->tensor = calloc(g->op_count + 1, sizeof(*w->tensor));
	w->size = calloc(g->op_count + 1, sizeof(*w->size));
	if (!w->tensor || !w->size)
		return -1;
	for (i = 0; i < g->op_count; i++) {
		int32_t out = g->ops[i].out[0];

		if (q_keeps_scale(&g->ops[i]) || groups->of[out] < 0)
			continue;
		w->size[w->count] = ir_elements(&g->tensors[out].shape);
		w->tensor[w->count++] = out;
	}
	return 0;
}

static int watch_picture(void *opaque, uint32_t worker, uint32_t i, struct tool_error *error)
{
	struct watch *w = opaque;
	struct q_stats *stats = &w->stats[(size_t)worker * w->count];
	float *low = &w->low[(size_t)i * w->count], *high = &w->high[(size_t)i * w->count];
	struct v3npu_placement box;
	uint32_t k;

	if (pictures_read(w->pictures, i, q_float_input(&w->run, worker), &box, error) ||
	    q_float_run(&w->run, worker, error))
		return -1;
	for (k = 0; k < w->count; k++)
		if (!q_stats_add(&stats[k], q_float_tensor(&w->run, worker, k), w->size[k],
				 &low[k], &high[k]))
			return tool_fail(error, "%s: tensor %d has numbers that are not finite",
					 w->pictures->path[i], w->tensor[k]);
	return 0;
}

static int watch_pictures(const struct q_graph *g, struct watch *w, struct tool_error *error)
{
	const struct q_work work = {
		.what = "calibrating", .count = w->pictures->count, .item = watch_picture,
		.opaque = w,
	};
	uint32_t workers = q_workers(work.count), i;

	w->stats = malloc((size_t)workers * w->count * sizeof(*w->stats));
	w->low = calloc((size_t)work.count * w->count + 1, sizeof(*w->low));
	w->high = calloc((size_t)work.count * w->count + 1, sizeof(*w->high));
	if ((!w->stats && w->count) || !w->low || !w->high)
		return tool_fail(error, "out of memory");
	for (i = 0; i < workers * w->count; i++)
		q_stats_init(&w->stats[i]);
	if (q_float_new(g, w->tensor, w->count, workers, &w->run, error))
		return -1;
	return q_parallel(&work, error);
}

/* Averages the extremes of every FEW pictures, or of all if there are fewer */
static int average_extremes(const struct watch *w, struct q_groups *groups)
{
	uint32_t pictures = w->pictures->count, parts = pictures / FEW, part, i, k;
	float *low = calloc(groups->count + 1, sizeof(*low));
	float *high = calloc(groups->count + 1, sizeof(*high));
	int ret;

	parts = parts ? parts : 1;
	for (part = 0; low && high && part < parts; part++) {
		for (k = 0; k < groups->count; k++)
			low[k] = high[k] = 0;
		for (i = (uint64_t)part * pictures / parts;
		     i < (uint64_t)(part + 1) * pictures / parts; i++) {
			for (k = 0; k < w->count; k++) {
				int32_t group = groups->of[w->tensor[k]];

				low[group] = fminf(low[group], w->low[(size_t)i * w->count + k]);
				high[group] = fmaxf(high[group], w->high[(size_t)i * w->count + k]);
			}
		}
		for (k = 0; k < groups->count; k++) {
			groups->list[k].low += low[k] / parts;
			groups->list[k].high += high[k] / parts;
		}
	}
	ret = low && high ? 0 : -1;
	free(low);
	free(high);
	return ret;
}

/* Adds the numbers that there are on pictures to the groups' */
static int note(const struct q_graph *g, struct q_groups *groups,
		const struct pictures *pictures, struct tool_error *error)
{
	struct watch w = { .pictures = pictures };
	uint32_t i;
	int ret = choose(g, groups, &w);

	if (ret)
		tool_fail(error, "out of memory");
	else
		ret = watch_pictures(g, &w, error);
	for (i = 0; !ret && i < w.run.count * w.count; i++) {
		int32_t group = groups->of[w.tensor[i % w.count]];

		q_stats_merge(&groups->list[group].stats, &w.stats[i]);
	}
	if (!ret && average_extremes(&w, groups))
		ret = tool_fail(error, "out of memory");
	q_float_free(&w.run);
	free(w.low);
	free(w.high);
	free(w.tensor);
	free(w.size);
	free(w.stats);
	return ret;
}

int q_calibrate(struct q_graph *g, struct q_groups *groups, const struct pictures *pictures,
		struct tool_error *error)
{
	int ret = q_groups_find(g, false, groups);

	if (!ret && note(g, groups, pictures, error))
		return -1;
	if (ret || !q_groups_overflow(groups))
		return ret ? tool_fail(error, "%s", g->ctx->error) : 0;
	ret = q_groups_find(g, true, groups);
	return ret ? tool_fail(error, "%s", g->ctx->error) : note(g, groups, pictures, error);
}
