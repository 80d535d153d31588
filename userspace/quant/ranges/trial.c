// SPDX-License-Identifier: MIT
#include "trial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quant/run/divergence.h"
#include "quant/run/float_run.h"
#include "quant/run/parallel.h"
#include "quant/run/quant_run.h"

/** struct start - the float graph's turn */
struct start {
	struct q_trial *t;
	const struct pictures *pictures;
	size_t pixels;
	struct q_float run;
};

static int start_picture(void *opaque, uint32_t worker, uint32_t i, struct tool_error *error)
{
	struct start *s = opaque;
	struct q_trial *t = s->t;
	const float *from = q_float_input(&s->run, worker);
	size_t outputs = ir_elements(&t->shape), k;
	struct v3npu_placement box;

	if (pictures_read(s->pictures, i, q_float_input(&s->run, worker), &box, error) ||
	    q_float_run(&s->run, worker, error))
		return -1;
	t->input[i] = malloc(s->pixels);
	t->real[i] = malloc(outputs * sizeof(float));
	if (!t->input[i] || !t->real[i])
		return tool_fail(error, "out of memory");
	for (k = 0; k < s->pixels; k++)
		t->input[i][k] = lrintf(from[k] * 255) - 128;
	memcpy(t->real[i], q_float_tensor(&s->run, worker, 0), outputs * sizeof(float));
	return 0;
}

int q_trial_start(const struct q_graph *g, const struct pictures *pictures,
		  struct q_trial *trial, struct tool_error *error)
{
	struct start s = {
		.t = trial, .pictures = pictures,
		.pixels = ir_elements(&g->tensors[g->inputs[0]].shape),
	};
	const struct q_work work = {
		.what = "holding out", .count = pictures->count, .item = start_picture,
		.opaque = &s,
	};
	int ret;

	*trial = (struct q_trial) {
		.shape = g->tensors[g->outputs[0]].shape, .count = pictures->count,
		.input = calloc(pictures->count, sizeof(*trial->input)),
		.real = calloc(pictures->count, sizeof(*trial->real)),
	};
	if (!trial->input || !trial->real)
		return tool_fail(error, "out of memory");
	ret = q_float_new(g, g->outputs, 1, q_workers(work.count), &s.run, error);
	if (!ret)
		ret = q_parallel(&work, error);
	q_float_free(&s.run);
	return ret;
}

void q_trial_free(struct q_trial *t)
{
	uint32_t i;

	for (i = 0; i < t->count; i++) {
		if (t->input)
			free(t->input[i]);
		if (t->real)
			free(t->real[i]);
	}
	free(t->input);
	free(t->real);
	*t = (struct q_trial) {};
}

/** struct measure - a quantization's turn; @result of each of the pictures from @first */
struct measure {
	const struct q_trial *t;
	uint32_t first;
	struct q_quantized quantized;
	double *result;
};

static int measure_picture(void *opaque, uint32_t worker, uint32_t i, struct tool_error *error)
{
	struct measure *m = opaque;
	struct q_run *run = &m->quantized.runs.list[worker];
	float *out = malloc(q_elements(&run->out) * sizeof(*out));
	uint32_t picture = m->first + i;

	if (!out)
		return tool_fail(error, "out of memory");
	memcpy(v3npu_session_input(run->session, 0), m->t->input[picture], q_elements(&run->in));
	if (v3npu_session_run(run->session)) {
		free(out);
		return tool_fail(error, "%s", v3npu_error());
	}
	q_real(&run->out, v3npu_session_output(run->session, 0), out);
	m->result[i] = q_divergence(&m->t->shape, m->t->real[picture], out);
	free(out);
	return 0;
}

int q_trial_measure(const struct q_trial *t, const struct q_graph *g,
		    const struct q_groups *groups, uint32_t first, uint32_t count,
		    double *result, struct tool_error *error)
{
	struct measure m = { .t = t, .first = first, .result = result };
	const struct q_work work = { .count = count, .item = measure_picture, .opaque = &m };
	int ret = q_quantized_new(g, groups, q_workers(count), false, &m.quantized, error);

	if (!ret)
		ret = q_parallel(&work, error);
	q_quantized_free(&m.quantized);
	return ret;
}

int q_trial_floor(const struct q_trial *t, const struct q_group *group, double *result,
		  struct tool_error *error)
{
	size_t count = ir_elements(&t->shape), k;
	float *out = malloc(count * sizeof(*out));
	uint32_t i;

	if (!out)
		return tool_fail(error, "out of memory");
	*result = 0;
	for (i = 0; i < t->count; i++) {
		for (k = 0; k < count; k++) {
			float q = rintf(t->real[i][k] / group->scale) + group->zero_point;

			q = fminf(fmaxf(q, INT8_MIN), INT8_MAX);
			out[k] = group->scale * (q - group->zero_point);
		}
		*result += q_divergence(&t->shape, t->real[i], out) / t->count;
	}
	free(out);
	return 0;
}
