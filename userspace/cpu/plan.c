// SPDX-License-Identifier: MIT
#include <errno.h>
#include <pthreadpool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/tflite/tflite.h"
#include "cpu.h"
#include "kernels.h"
#include "xnn.h"

/* A step with its operands' addresses */
struct planned {
	const struct cpu_step *step;
	struct cpu_xnn xnn;	/* has no operator for steps that are not XNNPACK's */
	const float *in[2];
	float *out;
};

struct v3cpu_plan {
	const struct v3cpu_program *program;
	pthreadpool_t threads;
	void *arena;
	struct planned *steps;
};

static int fail(char error[V3C_ERROR_SIZE], int err, const struct cpu_step *s,
		enum xnn_status status)
{
	if (status == xnn_status_out_of_memory)
		err = -ENOMEM;
	snprintf(error, V3C_ERROR_SIZE, "operator %u (%s): XNNPACK cannot run it: %s", s->number,
		 v3c_tfl_op_name(s->code), err == -ENOMEM ? "out of memory" :
		 status == xnn_status_invalid_parameter ? "invalid parameter" :
		 "unsupported parameter");
	return err;
}

static void *address(const struct v3cpu_plan *plan, void *const *io, const struct cpu_tensor *t,
		     bool bytes)
{
	uint64_t offset = t->offset * (bytes ? 1 : sizeof(float));
	char *base;

	if (t->region == V3C_REGION_CONST)
		base = (char *)plan->program->consts;
	else if (t->region == V3C_REGION_ARENA)
		base = plan->arena;
	else
		base = io[t->region - V3C_REGION_IO];
	return base + offset;
}

static int plan_step(struct v3cpu_plan *plan, void *const *io, const struct cpu_step *step,
		     struct planned *p, char error[V3C_ERROR_SIZE])
{
	const uint8_t *consts = plan->program->consts;
	const float *weights = NULL, *bias = NULL;
	enum xnn_status status;
	int k;

	p->step = step;
	for (k = 0; k < step->in_count; k++)
		p->in[k] = address(plan, io, &step->in[k], step->op.kind == CPU_FROM_INT8);
	p->out = address(plan, io, &step->out,
			 step->op.kind == CPU_TO_INT8 || step->op.kind == CPU_TO_INDEX);
	if (!cpu_is_xnn(step->op.kind))
		return 0;
	if (step->op.weights)
		weights = (const float *)(consts + step->weights);
	if (step->op.bias)
		bias = (const float *)(consts + step->bias);
	status = v3cpu_xnn_create(step, weights, bias, &p->xnn);
	if (status == xnn_status_success)
		status = v3cpu_xnn_setup(step, &p->xnn, p->in, p->out, plan->threads);
	return status == xnn_status_success ? 0 : fail(error, -ENOTSUP, step, status);
}

int v3cpu_plan_new(const struct v3cpu_program *program, struct pthreadpool *threads,
		   void *const *io, struct v3cpu_plan **plan, char error[V3C_ERROR_SIZE])
{
	struct v3cpu_plan *p = calloc(1, sizeof(*p));
	size_t i, size = (program->arena_size + V3CPU_SLACK + 63) & ~(size_t)63;
	int ret = 0;

	*plan = NULL;
	if (xnn_initialize(NULL) != xnn_status_success) {
		free(p);
		snprintf(error, V3C_ERROR_SIZE, "XNNPACK does not support this processor");
		return -ENOTSUP;
	}
	if (p) {
		p->program = program;
		p->threads = threads;
		p->arena = aligned_alloc(64, size);
		p->steps = calloc(program->step_count + 1, sizeof(*p->steps));
	}
	if (!p || !p->arena || !p->steps) {
		snprintf(error, V3C_ERROR_SIZE, "out of memory");
		ret = -ENOMEM;
	}
	for (i = 0; !ret && i < program->step_count; i++)
		ret = plan_step(p, io, &program->steps[i], &p->steps[i], error);
	if (ret) {
		v3cpu_plan_free(p);
		return ret;
	}
	*plan = p;
	return 0;
}

static enum xnn_status run_step(const struct v3cpu_plan *plan, const struct planned *p)
{
	switch (p->step->op.kind) {
	case CPU_COPY:
		v3cpu_copy(p->step, p->in[0], p->out, plan->threads);
		return xnn_status_success;
	case CPU_FILL:
		v3cpu_fill(p->step, p->out);
		return xnn_status_success;
	case CPU_NEAREST:
		v3cpu_nearest(p->step, p->in[0], p->out, plan->threads);
		return xnn_status_success;
	case CPU_ARGMAX:
		v3cpu_argmax(p->step, p->in[0], p->out, plan->threads);
		return xnn_status_success;
	case CPU_TO_INDEX:
		v3cpu_to_index(p->step, p->in[0], p->out);
		return xnn_status_success;
	case CPU_MATMUL:
		return v3cpu_xnn_matmul(p->step, p->in, p->out, plan->threads);
	default:
		if (p->xnn.op)
			return v3cpu_xnn_run(&p->xnn, plan->threads);
		v3cpu_map(p->step, p->in[0], p->out, plan->threads);
		return xnn_status_success;
	}
}

int v3cpu_plan_run(struct v3cpu_plan *plan, const atomic_bool *cancel,
		   char error[V3C_ERROR_SIZE])
{
	enum xnn_status status;
	size_t i;

	for (i = 0; i < plan->program->step_count; i++) {
		if (cancel && atomic_load(cancel)) {
			snprintf(error, V3C_ERROR_SIZE, "the run was cancelled");
			return -ECANCELED;
		}
		status = run_step(plan, &plan->steps[i]);
		if (status != xnn_status_success)
			return fail(error, -EIO, plan->steps[i].step, status);
	}
	return 0;
}

void v3cpu_plan_free(struct v3cpu_plan *plan)
{
	size_t i;

	if (!plan)
		return;
	for (i = 0; plan->steps && i < plan->program->step_count; i++)
		v3cpu_xnn_free(&plan->steps[i].xnn);
	free(plan->steps);
	free(plan->arena);
	free(plan);
}

struct pthreadpool *v3cpu_threads_new(uint32_t count)
{
	return pthreadpool_create(count);
}

void v3cpu_threads_free(struct pthreadpool *threads)
{
	pthreadpool_destroy(threads);
}
