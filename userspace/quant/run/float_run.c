// SPDX-License-Identifier: MIT
#include "float_run.h"

#include <stdlib.h>

#include "quant/write/write.h"

static void *tensor_memory(const struct v3c_tensor *t)
{
	size_t bytes = sizeof(float), i;

	for (i = 0; i < (size_t)t->rank; i++)
		bytes *= t->dim[i];
	return calloc(1, bytes + V3CPU_SLACK);
}

static int start_worker(const struct v3cpu_program *p, struct q_float_worker *w,
			struct tool_error *error)
{
	size_t count = p->input_count + p->output_count, i;
	char text[V3C_ERROR_SIZE];

	w->io = calloc(count, sizeof(*w->io));
	for (i = 0; w->io && i < count; i++) {
		w->io[i] = tensor_memory(i < p->input_count ? &p->inputs[i] :
					 &p->outputs[i - p->input_count]);
		if (!w->io[i])
			break;
	}
	if (!w->io || i < count)
		return tool_fail(error, "out of memory");
	if (v3cpu_plan_new(p, NULL, w->io, &w->plan, text))
		return tool_fail(error, "%s", text);
	return 0;
}

static int start(const void *data, size_t size, const struct v3c_part *part, uint32_t workers,
		 struct q_float *f, struct tool_error *error)
{
	char text[V3C_ERROR_SIZE];
	int ret = 0;

	f->program = v3cpu_compile(data, size, part, text);
	if (!f->program)
		return tool_fail(error, "%s", text);
	f->workers = calloc(workers, sizeof(*f->workers));
	if (!f->workers)
		return tool_fail(error, "out of memory");
	while (!ret && f->count < workers)
		ret = start_worker(f->program, &f->workers[f->count++], error);
	return ret;
}

int q_float_new(const struct q_graph *g, const int32_t *tensors, uint32_t count,
		uint32_t workers, struct q_float *f, struct tool_error *error)
{
	struct v3c_part part = {
		.op_count = g->op_count, .inputs = g->inputs, .input_count = g->input_count,
		.outputs = (int32_t *)tensors, .output_count = count,
	};
	void *file = NULL;
	size_t size, i;
	int ret;

	*f = (struct q_float) {};
	part.ops = v3c_alloc(g->ctx, g->op_count, sizeof(*part.ops));
	for (i = 0; part.ops && i < g->op_count; i++)
		part.ops[i] = i;
	if (part.ops)
		file = q_write(g, NULL, 0, &size);
	else
		v3c_no_memory(g->ctx);
	if (!file)
		return tool_fail(error, "%s", g->ctx->error);
	ret = start(file, size, &part, workers, f, error);
	free(file);
	return ret;
}

int q_float_load(const void *data, size_t size, uint32_t workers, struct q_float *f,
		 struct tool_error *error)
{
	*f = (struct q_float) {};
	return start(data, size, NULL, workers, f, error);
}

static void stop_worker(const struct v3cpu_program *p, struct q_float_worker *w)
{
	size_t i;

	v3cpu_plan_free(w->plan);
	for (i = 0; w->io && i < p->input_count + p->output_count; i++)
		free(w->io[i]);
	free(w->io);
}

void q_float_free(struct q_float *f)
{
	uint32_t i;

	for (i = 0; i < f->count; i++)
		stop_worker(f->program, &f->workers[i]);
	free(f->workers);
	v3cpu_program_free(f->program);
	*f = (struct q_float) {};
}

int q_float_run(const struct q_float *f, uint32_t worker, struct tool_error *error)
{
	char text[V3C_ERROR_SIZE];

	if (v3cpu_plan_run(f->workers[worker].plan, NULL, text))
		return tool_fail(error, "%s", text);
	return 0;
}
