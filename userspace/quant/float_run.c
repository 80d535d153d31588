// SPDX-License-Identifier: MIT
#include "float_run.h"

#include <errno.h>
#include <stdlib.h>

#include "write.h"

static void *tensor_memory(const struct v3c_tensor *t)
{
	size_t bytes = sizeof(float), i;

	for (i = 0; i < (size_t)t->rank; i++)
		bytes *= t->dim[i];
	return calloc(1, bytes + V3CPU_SLACK);
}

static int allocate(struct q_float_run *run)
{
	const struct v3cpu_program *p = run->program;
	size_t i;

	run->io = calloc(p->input_count + p->output_count, sizeof(*run->io));
	for (i = 0; run->io && i < p->input_count + p->output_count; i++) {
		run->io[i] = tensor_memory(i < p->input_count ? &p->inputs[i] :
					   &p->outputs[i - p->input_count]);
		if (!run->io[i])
			return v3c_no_memory(run->ctx);
	}
	return run->io ? 0 : v3c_no_memory(run->ctx);
}

int q_float_new(const struct q_graph *g, const int32_t *tensors, uint32_t count,
		struct pthreadpool *threads, struct q_float_run *run)
{
	struct v3c_part part = {
		.op_count = g->op_count, .inputs = g->inputs, .input_count = g->input_count,
		.outputs = (int32_t *)tensors, .output_count = count,
	};
	size_t size, i;
	void *file;
	int ret;

	*run = (struct q_float_run) { .ctx = g->ctx };
	part.ops = v3c_alloc(g->ctx, g->op_count, sizeof(*part.ops));
	if (!part.ops)
		return v3c_no_memory(g->ctx);
	for (i = 0; i < g->op_count; i++)
		part.ops[i] = i;
	file = q_write(g, NULL, 0, &size);
	if (!file)
		return g->ctx->err;
	run->program = v3cpu_compile(file, size, &part, g->ctx->error);
	ret = run->program ? 0 : -errno;
	free(file);
	if (!ret)
		ret = allocate(run);
	if (!ret)
		ret = v3cpu_plan_new(run->program, threads, run->io, &run->plan, g->ctx->error);
	return ret;
}

void q_float_free(struct q_float_run *run)
{
	size_t i;

	v3cpu_plan_free(run->plan);
	for (i = 0; run->io && i < run->program->input_count + run->program->output_count; i++)
		free(run->io[i]);
	free(run->io);
	v3cpu_program_free(run->program);
	*run = (struct q_float_run) {};
}

int q_float_run(struct q_float_run *run)
{
	return v3cpu_plan_run(run->plan, run->ctx->error);
}
