// SPDX-License-Identifier: MIT
#include "calibrate.h"

#include <math.h>
#include <pthreadpool.h>
#include <stdlib.h>

#include "progress.h"

/**
 * struct watch - tensors whose numbers are noted
 * @tensor: @count of them
 * @stats: of each
 * @size: elements of each
 * @run: whose tensors they are
 */
struct watch {
	int32_t *tensor;
	struct q_stats *stats;
	size_t *size;
	uint32_t count;
	struct q_float_run run;
};

/* Results of operators that compute: what only moves numbers adds none */
static int choose(const struct q_graph *g, const struct q_groups *groups, struct watch *w)
{
	uint32_t i;

	w->tensor = v3c_alloc(g->ctx, g->op_count + 1, sizeof(*w->tensor));
	w->size = v3c_alloc(g->ctx, g->op_count + 1, sizeof(*w->size));
	w->stats = v3c_alloc(g->ctx, g->op_count + 1, sizeof(*w->stats));
	if (!w->tensor || !w->size || !w->stats)
		return v3c_no_memory(g->ctx);
	for (i = 0; i < g->op_count; i++) {
		int32_t out = g->ops[i].out[0];

		if (!q_keeps_scale(&g->ops[i]) && groups->of[out] >= 0)
			w->tensor[w->count++] = out;
	}
	for (i = 0; i < w->count; i++) {
		w->size[i] = ir_elements(&g->tensors[w->tensor[i]].shape);
		q_stats_init(&w->stats[i]);
	}
	return 0;
}

static void note(void *opaque, size_t i)
{
	struct watch *w = opaque;

	q_stats_add(&w->stats[i], q_float_tensor(&w->run, i), w->size[i]);
}

static bool all_finite(const struct watch *w, uint32_t *which)
{
	size_t k;
	uint32_t i;

	for (i = 0; i < w->count; i++) {
		const float *data = q_float_tensor(&w->run, i);
		float sum = 0;

		/* 0 * x is NaN for what is not finite */
		for (k = 0; k < w->size[i]; k++)
			sum += 0 * data[k];
		*which = i;
		if (sum != 0)
			return false;
	}
	return true;
}

static int watch_pictures(const struct q_graph *g, struct watch *w,
			  const struct pictures *pictures, struct pthreadpool *threads,
			  struct tool_error *error)
{
	struct letterbox box;
	uint32_t i, which;

	for (i = 0; i < pictures->count; i++) {
		progress("calibrating", i, pictures->count);
		if (pictures_read(pictures, i, q_float_input(&w->run), &box, error))
			return -1;
		if (q_float_run(&w->run))
			return tool_fail(error, "%s", g->ctx->error);
		if (!all_finite(w, &which))
			return tool_fail(error, "%s: tensor %d has numbers that are not finite",
					 pictures->path[i], w->tensor[which]);
		pthreadpool_parallelize_1d(threads, note, w, w->count, 0);
	}
	progress("calibrating", pictures->count, pictures->count);
	return 0;
}

int q_calibrate(const struct q_graph *g, struct q_groups *groups,
		const struct pictures *pictures, struct pthreadpool *threads,
		struct tool_error *error)
{
	struct watch w = {};
	uint32_t i;
	int ret = choose(g, groups, &w);

	if (!ret)
		ret = q_float_new(g, w.tensor, w.count, threads, &w.run);
	if (ret)
		tool_fail(error, "%s", g->ctx->error);
	else
		ret = watch_pictures(g, &w, pictures, threads, error);
	for (i = 0; !ret && i < w.count; i++)
		q_stats_merge(&groups->list[groups->of[w.tensor[i]]].stats, &w.stats[i]);
	q_float_free(&w.run);
	return ret ? -1 : 0;
}
