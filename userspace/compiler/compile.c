// SPDX-License-Identifier: MIT
#include "compiler.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/emit/describe.h"
#include "compiler/emit/emit.h"
#include "compiler/graph/passes.h"
#include "compiler/import/import.h"
#include "compiler/plan/late_copy.h"
#include "compiler/plan/place.h"
#include "compiler/plan/schedule.h"
#include "compiler/plan/shorten.h"
#include "compiler/read_model.h"
#include "compiler/tflite/metadata.h"
#include "compiler/tflite/tflite.h"
#include "model/engine.h"

/* The file's tensors that nodes write, in their order, but for the outputs */
static int describe_intermediates(struct v3c_ctx *ctx, struct v3c_program *program,
				  const struct tfl_model *model, const struct ir_graph *g)
{
	int *values = v3c_alloc(ctx, g->node_count, sizeof(*values));
	int count = 0, i;

	if (!values)
		return v3c_no_memory(ctx);
	for (i = 0; i < g->node_count; i++) {
		const struct ir_value *v = &g->values[g->nodes[i].out];

		if (!g->nodes[i].dead && v->tensor >= 0 && v->output < 0 &&
		    (uint32_t)v->tensor < model->file_tensor_count)
			values[count++] = g->nodes[i].out;
	}
	return v3c_describe(ctx, &program->tensors, &program->tensor_count, model, g, values,
			     count);
}

static int describe_rolled(struct v3c_ctx *ctx, struct v3c_program *program,
			   const struct tfl_model *model)
{
	if (!model->rolled_count)
		return 0;
	program->rolled = malloc(model->rolled_count * sizeof(*program->rolled));
	if (!program->rolled)
		return v3c_no_memory(ctx);
	program->rolled_count = model->rolled_count;
	memcpy(program->rolled, model->rolled, model->rolled_count * sizeof(*program->rolled));
	return 0;
}

static int describe_program(struct v3c_ctx *ctx, struct v3c_program *program,
			    const struct tfl_model *model, const struct ir_graph *g,
			    bool keep_tensors)
{
	int ret = v3c_describe(ctx, &program->inputs, &program->input_count, model, g, g->inputs,
				g->input_count);

	program->op_count = g->op_count;
	program->file_op_count = model->file_op_count;
	program->macs = g->macs;
	if (!ret)
		ret = describe_rolled(ctx, program, model);
	if (!ret)
		ret = v3c_describe(ctx, &program->outputs, &program->output_count, model, g,
				    g->outputs, g->output_count);
	if (!ret && keep_tensors)
		ret = describe_intermediates(ctx, program, model, g);
	return ret;
}

/* A model without operators has copies of its inputs */
static void name_commands(const struct v3c_stream *stream, const struct tfl_model *model)
{
	uint32_t i;

	for (i = 0; i < stream->count; i++) {
		struct v3c_cmd_info *info = &stream->info[i];

		info->op_name = info->op < model->file_op_count ?
				v3c_tfl_op_name(model->file_codes[info->op]) : "copy";
	}
}

static int compile(struct v3c_ctx *ctx, struct v3c_program *program, const void *data, size_t size,
		   const struct v3c_target *target, const struct v3c_part *part,
		   const struct v3c_options *options)
{
	bool keep_tensors = options && options->keep_tensors;
	uint32_t command_us = options ? options->command_us : 0;
	struct v3c_consts consts = { .left = v3c_max_consts(size) };
	struct v3c_stream stream = { .ctx = ctx, .sram_size = target->sram_size };
	struct tfl_model model;
	struct ir_graph graph;
	struct v3npu_config config;
	struct lowering lowering = {
		.ctx = ctx, .graph = &graph, .consts = &consts, .stream = &stream,
	};
	int ret;

	ret = v3c_read_model(ctx, &model, data, size);
	if (!ret)
		ret = v3c_import(ctx, &v3c_import_npu, &model, part, &graph);
	if (!ret)
		ret = v3c_ir_update_uses(ctx, &graph);
	if (!ret)
		ret = v3c_ir_remove_unused(ctx, &graph);
	if (!ret)
		ret = v3c_fold_padding(ctx, &graph);
	/* Who looks at tensors, as v3quant does, is to see those between these operators */
	if (!ret && !keep_tensors)
		ret = v3c_group_convolutions(ctx, &graph);
	if (!ret && !keep_tensors)
		ret = v3c_combine_functions(ctx, &graph);
	if (!ret)
		ret = v3c_fuse_tables(ctx, &graph);
	if (!ret)
		ret = v3c_split_pools(ctx, &graph);
	if (!ret)
		ret = v3c_copy_late(ctx, &graph, target);
	if (!ret)
		ret = v3c_layout(ctx, &graph, &consts);
	if (!ret) {
		stream.graph = &graph;
		lowering.weights = v3c_weights_new(ctx, model.tensor_count);
		ret = !lowering.weights ? v3c_no_memory(ctx) :
		      v3c_schedule(&lowering, target, keep_tensors);
	}
	if (!ret && v3c_target_config(target, &config))
		ret = v3c_shorten(&stream, &config, command_us);
	if (!ret)
		ret = v3c_plan_arena(ctx, &graph, !keep_tensors, &program->arena_size);
	if (!ret) {
		v3c_stream_finish(&stream);
		name_commands(&stream, &model);
		ret = describe_program(ctx, program, &model, &graph, keep_tensors);
	}
	program->cmds = stream.cmds;
	program->cmds_size = stream.cmds_size;
	program->cmd_count = stream.count;
	program->cmd_info = stream.info;
	program->relocs = stream.relocs;
	program->reloc_count = stream.reloc_count;
	program->consts = consts.data;
	program->consts_size = consts.size;
	return ret;
}

struct v3c_program *v3c_compile_part(const void *model, size_t size,
				     const struct v3c_target *target,
				     const struct v3c_options *options,
				     const struct v3c_part *part, int *op,
				     char error[V3C_ERROR_SIZE])
{
	struct v3c_ctx ctx = { .left = v3c_max_memory(size), .op = -1, .error = error };
	struct v3c_program *program = calloc(1, sizeof(*program));
	int ret;

	error[0] = '\0';
	ret = program ? compile(&ctx, program, model, size, target, part, options) :
	      v3c_no_memory(&ctx);
	v3c_release(&ctx);
	if (ret) {
		*op = ctx.op;
		v3c_program_free(program);
		errno = -ret;
		return NULL;
	}
	return program;
}

struct v3c_program *v3c_compile(const void *model, size_t size, const struct v3c_target *target,
				const struct v3c_options *options, char error[V3C_ERROR_SIZE])
{
	struct v3c_program *program;
	int op;

	program = v3c_compile_part(model, size, target, options, NULL, &op, error);
	if (program && v3c_metadata(model, size, &program->metadata)) {
		v3c_program_free(program);
		snprintf(error, V3C_ERROR_SIZE, "out of memory");
		errno = ENOMEM;
		return NULL;
	}
	return program;
}

void v3c_program_free(struct v3c_program *program)
{
	if (!program)
		return;
	free(program->cmds);
	free(program->cmd_info);
	free(program->consts);
	free(program->relocs);
	v3c_free_tensors(program->inputs, program->input_count);
	v3c_free_tensors(program->outputs, program->output_count);
	v3c_free_tensors(program->tensors, program->tensor_count);
	free(program->rolled);
	free(program->metadata);
	free(program);
}
