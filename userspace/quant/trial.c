// SPDX-License-Identifier: MIT
#include "trial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "divergence.h"
#include "float_run.h"
#include "progress.h"
#include "quant_run.h"
#include "quantize.h"
#include "write.h"

#define SCRATCH_MAX	(4ull << 30)	/* bytes for one quantized graph */
#define NOTICEABLE	0.02f		/* part of a range by which another one differs */
/* A divergence counts as better if it is at most this part of the other */
#define WORTHWHILE	0.998

static int start(struct q_trial *t, const struct pictures *pictures, struct q_float_run *run,
		 struct tool_error *error)
{
	size_t pixels = ir_elements(&t->g->tensors[t->g->inputs[0]].shape), i;
	size_t outputs = ir_elements(&t->shape);
	struct letterbox box;
	uint32_t k;

	t->input = calloc(pictures->count, sizeof(*t->input));
	t->real = calloc(pictures->count, sizeof(*t->real));
	if (!t->input || !t->real)
		return tool_fail(error, "out of memory");
	for (k = 0; k < pictures->count; k++) {
		const float *from = q_float_input(run);

		progress("holding out", k, pictures->count);
		if (pictures_read(pictures, k, q_float_input(run), &box, error))
			return -1;
		if (q_float_run(run))
			return tool_fail(error, "%s", t->g->ctx->error);
		t->input[k] = malloc(pixels);
		t->real[k] = malloc(outputs * sizeof(float));
		t->count = k + 1;
		if (!t->input[k] || !t->real[k])
			return tool_fail(error, "out of memory");
		for (i = 0; i < pixels; i++)
			t->input[k][i] = lrintf(from[i] * 255) - 128;
		memcpy(t->real[k], q_float_tensor(run, 0), outputs * sizeof(float));
	}
	progress("holding out", pictures->count, pictures->count);
	return 0;
}

int q_trial_start(const struct q_graph *g, const struct pictures *pictures,
		  struct pthreadpool *threads, struct q_trial *trial, struct tool_error *error)
{
	struct q_float_run run;
	int ret;

	*trial = (struct q_trial) { .g = g, .shape = g->tensors[g->outputs[0]].shape };
	if (q_float_new(g, g->outputs, 1, threads, &run))
		ret = tool_fail(error, "%s", g->ctx->error);
	else
		ret = start(trial, pictures, &run, error);
	q_float_free(&run);
	return ret;
}

void q_trial_free(struct q_trial *t)
{
	uint32_t i;

	for (i = 0; i < t->count; i++) {
		free(t->input[i]);
		free(t->real[i]);
	}
	free(t->input);
	free(t->real);
	*t = (struct q_trial) {};
}

static int measure(const struct q_trial *t, struct q_run *run, uint32_t first, uint32_t count,
		   double limit, double *result, struct tool_error *error)
{
	size_t pixels = q_elements(&run->in);
	float *out = malloc(q_elements(&run->out) * sizeof(*out));
	uint32_t i;
	int ret = out ? 0 : tool_fail(error, "out of memory");

	*result = 0;
	for (i = first; !ret && i < first + count && *result <= limit; i++) {
		memcpy(v3npu_session_input(run->session, 0), t->input[i], pixels);
		if (v3npu_session_run(run->session)) {
			ret = tool_fail(error, "%s", v3npu_error());
			break;
		}
		q_real(&run->out, v3npu_session_output(run->session, 0), out);
		*result += q_divergence(&t->shape, t->real[i], out) / count;
	}
	free(out);
	return ret;
}

int q_trial_measure(const struct q_trial *t, const struct q_groups *groups, uint32_t first,
		    uint32_t count, double limit, double *result, struct tool_error *error)
{
	char text[V3C_ERROR_SIZE];
	struct v3c_ctx ctx = { .left = SCRATCH_MAX, .op = -1, .error = text };
	struct q_graph q;
	struct q_run run = {};
	size_t size;
	void *file = NULL;
	int ret = q_quantize(t->g, groups, &ctx, &q);

	if (!ret)
		file = q_write(&q, NULL, 0, &size);
	if (!file)
		ret = tool_fail(error, "%s", text);
	if (!ret)
		ret = q_run_new(file, size, "sim", false, &run, error);
	if (!ret)
		ret = measure(t, &run, first, count, limit, result, error);
	q_run_free(&run);
	free(file);
	v3c_release(&ctx);
	return ret;
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
static int improve(const struct q_trial *t, struct q_groups *groups, uint32_t i,
		   struct q_search *search, double *half, struct tool_error *error)
{
	struct q_group *group = &groups->list[i], best = *group, tried[Q_METHODS];
	uint32_t first = t->count / 2, m, k, count = 0;
	double here, other;
	bool moved = false;

	for (m = 0; m < Q_METHODS; m++) {
		set_range(t->g, groups, i, m);
		for (k = 0; k < count && differs(group, &tried[k]); k++)
			;
		if (k < count || !differs(group, &best))
			continue;
		tried[count++] = *group;
		if (q_trial_measure(t, groups, 0, first, half[0], &here, error))
			return -1;
		if (here > half[0] * WORTHWHILE)
			continue;
		if (q_trial_measure(t, groups, first, t->count - first, half[1], &other, error))
			return -1;
		if (other > half[1])
			continue;
		half[0] = here;
		half[1] = other;
		best = *group;
		moved = true;
	}
	*group = best;
	search->moved += moved;
	return 0;
}

int q_search_ranges(const struct q_trial *t, struct q_groups *groups, struct q_search *search,
		    struct tool_error *error)
{
	uint32_t steps = Q_METHODS + groups->count, first = t->count / 2, i;
	double half[2];

	*search = (struct q_search) {};
	for (i = 0; i < Q_METHODS; i++) {
		progress("choosing", i, steps);
		q_set_ranges(t->g, groups, i);
		if (q_trial_measure(t, groups, 0, t->count, INFINITY, &search->before[i], error))
			return -1;
		if (search->before[i] < search->before[search->method])
			search->method = i;
	}
	q_set_ranges(t->g, groups, search->method);
	if (q_trial_measure(t, groups, 0, first, INFINITY, &half[0], error) ||
	    q_trial_measure(t, groups, first, t->count - first, INFINITY, &half[1], error))
		return -1;
	for (i = 0; i < groups->count; i++) {
		progress("choosing", Q_METHODS + i, steps);
		if (!groups->list[i].fixed && improve(t, groups, i, search, half, error))
			return -1;
	}
	progress("choosing", steps, steps);
	search->after = (half[0] * first + half[1] * (t->count - first)) / t->count;
	return 0;
}
