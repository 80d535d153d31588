// SPDX-License-Identifier: MIT
#include "spans.h"

#include <math.h>
#include <stdlib.h>

#include "quant/run/float_run.h"
#include "quant/run/parallel.h"

/**
 * struct look - a run over pictures
 * @s: for the first thread's results, and in the end all
 * @low: of the other threads: [worker - 1][channel]; @high, @square likewise
 */
struct look {
	const struct q_graph *g;
	const struct pictures *pictures;
	struct q_spans *s;
	float *low;
	float *high;
	double *square;
	struct q_float run;
};

static void look_at(struct q_spans *s, int32_t tensor)
{
	uint32_t i;

	for (i = 0; i < s->count; i++)
		if (s->tensor[i] == tensor)
			return;
	s->tensor[s->count++] = tensor;
}

static int choose(const struct q_graph *g, struct q_spans *s)
{
	uint32_t i;

	s->tensor = calloc(2 * g->op_count + 1, sizeof(*s->tensor));
	for (i = 0; s->tensor && i < g->op_count; i++) {
		int32_t out = g->ops[i].out[0];

		if (!q_keeps_scale(&g->ops[i]) && g->tensors[out].type == TFL_FLOAT32)
			look_at(s, out);
		if (q_takes_factors(g, &g->ops[i]))
			look_at(s, g->ops[i].in[0]);
	}
	return s->tensor ? 0 : -1;
}

static int look_at_picture(void *opaque, uint32_t worker, uint32_t i, struct tool_error *error)
{
	struct look *l = opaque;
	size_t base = (size_t)worker * l->s->channels.count;
	struct v3npu_placement box;
	uint32_t k, c;
	uint64_t j;

	if (pictures_read(l->pictures, i, q_float_input(&l->run, worker), &box, error) ||
	    q_float_run(&l->run, worker, error))
		return -1;
	for (k = 0; k < l->s->count; k++) {
		const struct q_tensor *t = &l->g->tensors[l->s->tensor[k]];
		size_t first = base + l->s->channels.first[l->s->tensor[k]];
		const float *data = q_float_tensor(&l->run, worker, k);
		float *low = &l->low[first], *high = &l->high[first];
		uint32_t channels = q_channel_count(t);
		double *square = &l->square[first];

		for (j = 0; j < ir_elements(&t->shape); j += channels) {
			for (c = 0; c < channels; c++) {
				low[c] = fminf(low[c], data[j + c]);
				high[c] = fmaxf(high[c], data[j + c]);
				square[c] += data[j + c] * data[j + c];
			}
		}
	}
	return 0;
}

/* The results of all threads together, squares as their mean */
static void collect(const struct look *l, uint32_t workers)
{
	struct q_spans *s = l->s;
	uint32_t count = s->channels.count, i, k, c;

	for (i = 0; i < workers * count; i++) {
		s->low[i % count] = fminf(s->low[i % count], l->low[i]);
		s->high[i % count] = fmaxf(s->high[i % count], l->high[i]);
		s->square[i % count] += l->square[i];
	}
	for (k = 0; k < s->count; k++) {
		const struct q_tensor *t = &l->g->tensors[s->tensor[k]];
		uint32_t channels = q_channel_count(t);
		double number = (double)ir_elements(&t->shape) / channels * l->pictures->count;

		for (c = 0; c < channels; c++)
			s->square[s->channels.first[s->tensor[k]] + c] /= number;
	}
}

int q_spans_measure(const struct q_graph *g, const struct pictures *pictures,
		    struct q_spans *s, struct tool_error *error)
{
	struct look l = { .g = g, .s = s, .pictures = pictures };
	const struct q_work work = {
		.what = "looking at channels", .count = pictures->count, .item = look_at_picture,
		.opaque = &l,
	};
	uint32_t workers = q_workers(work.count);
	size_t size;
	int ret;

	*s = (struct q_spans) {};
	ret = q_channels_find(g, &s->channels) || choose(g, s);
	size = s->channels.count + 1;
	s->low = calloc(size, sizeof(*s->low));
	s->high = calloc(size, sizeof(*s->high));
	s->square = calloc(size, sizeof(*s->square));
	l.low = calloc(workers * size, sizeof(*l.low));
	l.high = calloc(workers * size, sizeof(*l.high));
	l.square = calloc(workers * size, sizeof(*l.square));
	if (ret || !s->low || !s->high || !s->square || !l.low || !l.high || !l.square)
		ret = tool_fail(error, "out of memory");
	if (!ret)
		ret = q_float_new(g, s->tensor, s->count, workers, &l.run, error);
	if (!ret)
		ret = q_parallel(&work, error);
	if (!ret)
		collect(&l, workers);
	q_float_free(&l.run);
	free(l.low);
	free(l.high);
	free(l.square);
	return ret;
}

void q_spans_free(struct q_spans *s)
{
	free(s->tensor);
	free(s->low);
	free(s->high);
	free(s->square);
	*s = (struct q_spans) {};
}

void q_spans_note(const struct q_spans *s, const struct q_graph *g, const struct q_factors *f,
		  float power, struct q_groups *groups)
{
	uint32_t k, c;

	for (k = 0; k < s->count; k++) {
		uint32_t first = s->channels.first[s->tensor[k]];
		struct q_stats *stats = &groups->list[groups->of[s->tensor[k]]].stats;

		for (c = first; c < first + q_channel_count(&g->tensors[s->tensor[k]]); c++) {
			float factor = powf(f->factor[c], power);

			stats->min = fminf(stats->min, s->low[c] * factor);
			stats->max = fmaxf(stats->max, s->high[c] * factor);
			stats->count++;
		}
	}
}
