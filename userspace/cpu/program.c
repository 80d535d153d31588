// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>

#include "compiler/emit/describe.h"
#include "compiler/graph/passes.h"
#include "compiler/read_model.h"
#include "compiler/split.h"
#include "cpu.h"
#include "import.h"
#include "lower.h"

/* A convolution pads with zeros itself: a PAD before it that does the same is not needed */
static int fold_padding(struct v3c_ctx *ctx, struct ir_graph *g)
{
	int i, k;

	for (i = 0; i < g->node_count; i++) {
		struct ir_node *conv = &g->nodes[i];
		const struct ir_node *pad;
		const struct ir_shape *in, *padded;
		struct cpu_op *op;

		if (conv->dead || conv->kind != IR_HOST || conv->host->kind != CPU_CONV ||
		    g->values[conv->in[0]].producer < 0)
			continue;
		pad = &g->nodes[g->values[conv->in[0]].producer];
		if (pad->kind != IR_PAD || pad->pad.real != 0)
			continue;
		in = &g->values[pad->in[0]].shape;
		padded = &g->values[pad->out].shape;
		if (in->dim[0] != padded->dim[0] || in->dim[3] != padded->dim[3])
			continue;
		op = v3c_alloc(ctx, 1, sizeof(*op));
		if (!op)
			return v3c_no_memory(ctx);
		*op = *conv->host;
		for (k = 0; k < 2; k++) {
			uint32_t before = pad->pad.before[1 + k];

			op->pad[k] += before;
			op->pad[2 + k] += padded->dim[1 + k] - in->dim[1 + k] - before;
		}
		conv->host = op;
		conv->in[0] = pad->in[0];
	}
	return v3c_ir_update_uses(ctx, g) ?: v3c_ir_remove_unused(ctx, g);
}

/* An output's bytes are made of the exact numbers, not of the same bytes' numbers */
static int skip_rounding(struct v3c_ctx *ctx, struct ir_graph *g)
{
	int i;

	for (i = 0; i < g->node_count; i++) {
		struct ir_node *n = &g->nodes[i], *round;

		if (n->dead || n->kind != IR_HOST || n->host->kind != CPU_TO_INT8 ||
		    g->values[n->in[0]].producer < 0)
			continue;
		round = &g->nodes[g->values[n->in[0]].producer];
		if (round->kind == IR_HOST && round->host->kind == CPU_ROUND_TO_INT8)
			n->in[0] = round->in[0];
	}
	return v3c_ir_update_uses(ctx, g) ?: v3c_ir_remove_unused(ctx, g);
}

static int describe(struct v3c_ctx *ctx, struct v3cpu_program *p, const struct tfl_model *model,
		    const struct ir_graph *g)
{
	int ret = v3c_describe(ctx, &p->inputs, &p->input_count, model, g, g->inputs,
			       g->input_count);

	if (!ret)
		ret = v3c_describe(ctx, &p->outputs, &p->output_count, model, g, g->outputs,
				   g->output_count);
	p->op_count = g->op_count;
	p->macs = g->macs;
	return ret;
}

static int check_arena(struct v3c_ctx *ctx, uint64_t bytes)
{
	if (bytes <= V3C_MAX_ARENA)
		return 0;
	return v3c_fail(ctx, ENOTSUP,
			"its intermediate tensors need %llu MiB, at most %llu are supported",
			(unsigned long long)bytes >> 20, V3C_MAX_ARENA >> 20);
}

/* XNNPACK may read beyond the last constant */
static int add_slack(struct v3c_ctx *ctx, struct v3cpu_program *p)
{
	uint8_t *data = realloc(p->consts, p->consts_size + V3CPU_SLACK);

	if (!data)
		return v3c_no_memory(ctx);
	p->consts = data;
	return 0;
}

static int compile(struct v3c_ctx *ctx, struct v3cpu_program *p, const void *data, size_t size,
		   const struct v3c_part *part)
{
	struct v3c_consts consts = { .left = v3c_max_consts(size) };
	struct tfl_model model;
	struct ir_graph graph;
	struct cpu_steps steps = { .ctx = ctx, .graph = &graph, .consts = &consts };
	int ret;

	ret = v3c_read_model(ctx, &model, data, size);
	if (!ret)
		ret = v3c_import(ctx, &v3cpu_import_backend, &model, part, &graph);
	if (!ret)
		ret = v3c_ir_update_uses(ctx, &graph);
	if (!ret)
		ret = v3c_ir_remove_unused(ctx, &graph);
	if (!ret)
		ret = fold_padding(ctx, &graph);
	if (!ret)
		ret = skip_rounding(ctx, &graph);
	if (!ret)
		ret = v3c_layout(ctx, &graph, &consts);
	if (!ret)
		ret = v3cpu_lower(&steps);
	if (!ret)
		ret = v3c_plan_arena(ctx, &graph, true, &p->arena_size);
	p->arena_size *= sizeof(float);
	if (!ret)
		ret = check_arena(ctx, p->arena_size);
	if (!ret) {
		v3cpu_steps_finish(&steps);
		ret = describe(ctx, p, &model, &graph);
	}
	p->steps = steps.step;
	p->step_count = steps.count;
	p->consts = consts.data;
	p->consts_size = consts.size;
	return ret ? ret : add_slack(ctx, p);
}

struct v3cpu_program *v3cpu_compile(const void *model, size_t size, const struct v3c_part *part,
				    char error[V3C_ERROR_SIZE])
{
	struct v3c_ctx ctx = { .left = v3c_max_memory(size), .op = -1, .error = error };
	struct v3cpu_program *program = calloc(1, sizeof(*program));
	int ret;

	error[0] = '\0';
	ret = program ? compile(&ctx, program, model, size, part) : v3c_no_memory(&ctx);
	v3c_release(&ctx);
	if (ret) {
		v3cpu_program_free(program);
		errno = -ret;
		return NULL;
	}
	return program;
}

int v3cpu_check(const struct v3c_split *split, const void *model, size_t size,
		char error[V3C_ERROR_SIZE])
{
	struct v3cpu_program *program;
	size_t i;

	for (i = 0; i < split->piece_count; i++) {
		if (split->pieces[i].program)
			continue;
		program = v3cpu_compile(model, size, split->pieces[i].part, error);
		if (!program)
			return -errno;
		v3cpu_program_free(program);
	}
	return 0;
}

void v3cpu_program_free(struct v3cpu_program *program)
{
	if (!program)
		return;
	free(program->steps);
	free(program->consts);
	v3c_free_tensors(program->inputs, program->input_count);
	v3c_free_tensors(program->outputs, program->output_count);
	free(program);
}
