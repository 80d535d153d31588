// SPDX-License-Identifier: MIT
/* Models: read, compiled if they are not, their constants where the NPU can read them */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/v3m.h"
#include "log.h"
#include "model_file.h"
#include "struct_size.h"
#include "v3npu/ipc.h"

/* A model file of either kind, by what is in it, in pieces; NULL with the error line set */
static struct v3c_split *get_pieces(struct v3npu_device *device, const void *data, size_t size,
				    bool keep_tensors, int *ret)
{
	const struct v3c_target target = v3npu_target(device);
	const struct v3c_options options = { .keep_tensors = keep_tensors };
	char error[V3C_ERROR_SIZE] = "out of memory";
	struct v3c_program *program;
	struct v3c_split *split;

	if (v3m_is(data, size) && (keep_tensors || !device->has_npu)) {
		*ret = v3npu_fail(-ENOTSUP, "a compiled model %s; name the .tflite file it was "
				  "made from", keep_tensors ? "keeps no intermediate tensors" :
				  "is for an NPU");
		return NULL;
	}
	if (v3m_is(data, size)) {
		program = v3m_read(data, size, &target, error);
		split = program ? v3c_split_program(program) : NULL;
	} else {
		split = v3c_split(data, size, device->has_npu ? &target : NULL, &options, error);
	}
	if (!split)
		*ret = v3npu_fail(-errno, "%s", error);
	return split;
}

static int load_npu_piece(struct v3npu_model *m, struct v3npu_piece *piece)
{
	const struct v3c_program *program = piece->npu;
	int ret;

	m->has_npu = true;
	m->operators_npu += program->op_count;
	if (program->cmds_size > V3NPU_CMDS_MAX)
		return v3npu_fail(-E2BIG, "the model needs %zu bytes of commands, the NPU takes "
				  "%u; use a smaller model", program->cmds_size, V3NPU_CMDS_MAX);
	if (!program->consts_size)
		return 0;
	ret = m->device->ops->buffer_new(m->device, program->consts_size, true, &piece->consts);
	if (!ret)
		memcpy(piece->consts->map, program->consts, program->consts_size);
	return ret;
}

static int load_cpu_piece(struct v3npu_model *m, struct v3npu_piece *piece,
			  const struct v3c_part *part, const void *data, size_t size)
{
	char error[V3C_ERROR_SIZE];

	m->has_cpu = true;
	piece->cpu = v3cpu_compile(data, size, part, error);
	if (!piece->cpu)
		return v3npu_fail(-errno, "%s", error);
	m->operators_cpu += piece->cpu->op_count;
	return 0;
}

/* Each slot's tensor is as the pieces that use it know it */
static void fill_slots(struct v3npu_model *m, const struct v3npu_piece *piece)
{
	const struct v3c_tensor *in = piece->npu ? piece->npu->inputs : piece->cpu->inputs;
	const struct v3c_tensor *out = piece->npu ? piece->npu->outputs : piece->cpu->outputs;
	size_t inputs = piece->npu ? piece->npu->input_count : piece->cpu->input_count;
	size_t outputs = piece->npu ? piece->npu->output_count : piece->cpu->output_count;
	size_t i;

	for (i = 0; i < inputs + outputs; i++) {
		struct v3npu_slot *slot = &m->slots[i < inputs ? piece->input_slots[i] :
						    piece->output_slots[i - inputs]];

		slot->tensor = i < inputs ? &in[i] : &out[i - inputs];
		slot->npu |= piece->npu != NULL;
		slot->cpu |= piece->cpu != NULL;
	}
}

static int load_pieces(struct v3npu_model *m, const void *data, size_t size)
{
	const struct v3c_split *split = m->split;
	size_t i;
	int ret;

	m->pieces = calloc(split->piece_count, sizeof(m->pieces[0]));
	m->slots = calloc(split->slot_count, sizeof(m->slots[0]));
	if (!m->pieces || !m->slots)
		return v3npu_fail(-ENOMEM, "out of memory");
	for (i = 0; i < split->piece_count; i++) {
		struct v3npu_piece *piece = &m->pieces[i];

		piece->npu = split->pieces[i].program;
		piece->input_slots = split->pieces[i].input_slots;
		piece->output_slots = split->pieces[i].output_slots;
		ret = piece->npu ? load_npu_piece(m, piece) :
		      load_cpu_piece(m, piece, split->pieces[i].part, data, size);
		if (ret)
			return ret;
		fill_slots(m, piece);
	}
	/* Without threads of their own, plans run in the calling one */
	if (m->has_cpu)
		m->threads = v3cpu_threads_new(m->device->cpu_threads);
	return 0;
}

int v3npu_model_load(struct v3npu_device *device, const void *data, size_t size,
		     const struct v3npu_model_options *options, struct v3npu_model **model)
{
	struct v3npu_model_options chosen = {};
	double start = v3npu_now_ms();
	struct v3npu_model *m;
	int ret = 0;

	*model = NULL;
	if (options)
		ret = V3NPU_TAKE(v3npu_model_options, keep_tensors, &chosen, options);
	if (!ret && chosen.reserved)
		ret = v3npu_fail(-EINVAL, "v3npu_model_options.reserved is not 0; set it to 0");
	if (ret)
		return ret;
	m = calloc(1, sizeof(*m));
	if (!m)
		return v3npu_fail(-ENOMEM, "out of memory");
	m->device = device;
	m->split = get_pieces(device, data, size, chosen.keep_tensors, &ret);
	if (m->split)
		ret = load_pieces(m, data, size);
	m->compile_ms = v3m_is(data, size) ? 0 : v3npu_now_ms() - start;
	if (ret) {
		v3npu_model_free(m);
		return v3npu_log_failure(ret, "no model");
	}
	v3npu_log(V3NPU_LOG_LEVEL_INFO, "model %p: compiled for %s in %.1f ms: %zu piece%s, "
		  "%u operators on the NPU, %u on the CPU", (void *)m, device->info.name,
		  m->compile_ms, m->split->piece_count, m->split->piece_count == 1 ? "" : "s",
		  m->operators_npu, m->operators_cpu);
	*model = m;
	return 0;
}

int v3npu_model_load_file(struct v3npu_device *device, const char *path,
			  const struct v3npu_model_options *options, struct v3npu_model **model)
{
	void *data;
	size_t size;
	int ret;

	*model = NULL;
	ret = v3npu_read_model(path, &data, &size);
	if (ret)
		return ret;
	ret = v3npu_model_load(device, data, size, options, model);
	free(data);
	return ret ? v3npu_fail_path(ret, path) : 0;
}

void v3npu_model_free(struct v3npu_model *model)
{
	size_t i;

	if (!model)
		return;
	for (i = 0; model->pieces && i < model->split->piece_count; i++) {
		struct v3npu_piece *piece = &model->pieces[i];

		if (piece->consts)
			model->device->ops->buffer_free(model->device, piece->consts);
		v3cpu_program_free(piece->cpu);
	}
	v3cpu_threads_free(model->threads);
	v3c_split_free(model->split);
	free(model->pieces);
	free(model->slots);
	free(model);
}

int v3npu_model_get_info(const struct v3npu_model *model, struct v3npu_model_info *info)
{
	struct v3npu_model_info all = {
		.metadata = model->split->metadata,
		.inputs = model->split->input_count,
		.outputs = model->split->output_count,
		.operators = model->split->op_count,
		.compile_ms = model->compile_ms,
		.operators_npu = model->operators_npu,
		.operators_cpu = model->operators_cpu,
		.pieces = model->split->piece_count,
	};
	size_t i;

	for (i = 0; i < model->split->piece_count; i++) {
		const struct v3c_program *p = model->pieces[i].npu;
		const struct v3cpu_program *c = model->pieces[i].cpu;

		all.tensors += p ? p->tensor_count : 0;
		all.commands += p ? p->cmd_count : 0;
		all.macs += p ? p->macs : c->macs;
		all.arena_size += p ? p->arena_size : c->arena_size;
		all.consts_size += p ? p->consts_size : c->consts_size;
	}
	return V3NPU_FILL(v3npu_model_info, pieces, info, &all);
}

size_t v3npu_tensor_size(const struct v3c_tensor *tensor)
{
	size_t size = v3c_dtype_size(tensor->dtype);
	int i;

	for (i = 0; i < tensor->rank; i++)
		size *= tensor->dim[i];
	return size;
}

const struct v3c_tensor *v3npu_find_tensor(const struct v3npu_model *model, size_t k,
					   size_t *piece)
{
	for (*piece = 0; *piece < model->split->piece_count; ++*piece) {
		const struct v3c_program *p = model->pieces[*piece].npu;

		if (p && k < p->tensor_count)
			return &p->tensors[k];
		k -= p ? p->tensor_count : 0;
	}
	return NULL;
}

static enum v3npu_dtype dtype_of(enum v3c_dtype dtype)
{
	switch (dtype) {
	case V3C_FLOAT32:
		return V3NPU_FLOAT32;
	case V3C_INT32:
		return V3NPU_INT32;
	case V3C_INT64:
		return V3NPU_INT64;
	case V3C_UINT8:
		return V3NPU_UINT8;
	default:
		return V3NPU_INT8;
	}
}

static int describe(const struct v3c_tensor *t, struct v3npu_tensor_info *info)
{
	struct v3npu_tensor_info all = {
		.name = t->name,
		.index = t->index,
		.rank = t->rank,
		.scale = t->scale,
		.zero_point = t->zero_point,
		.size = v3npu_tensor_size(t),
		.dtype = dtype_of(t->dtype),
	};

	memcpy(all.dim, t->dim, sizeof(all.dim));
	return V3NPU_FILL(v3npu_tensor_info, dtype, info, &all);
}

static int no_tensor(size_t count, const char *kind, size_t k)
{
	return v3npu_fail(-ERANGE, "the model has %zu %s tensors; there is no number %zu", count,
			  kind, k);
}

int v3npu_model_input_info(const struct v3npu_model *model, size_t k,
			   struct v3npu_tensor_info *info)
{
	if (k >= model->split->input_count)
		return no_tensor(model->split->input_count, "input", k);
	return describe(model->slots[k].tensor, info);
}

int v3npu_model_output_info(const struct v3npu_model *model, size_t k,
			    struct v3npu_tensor_info *info)
{
	if (k >= model->split->output_count)
		return no_tensor(model->split->output_count, "output", k);
	return describe(model->slots[model->split->output_slots[k]].tensor, info);
}

int v3npu_model_tensor_info(const struct v3npu_model *model, size_t k,
			    struct v3npu_tensor_info *info)
{
	size_t piece;
	const struct v3c_tensor *t = v3npu_find_tensor(model, k, &piece);
	struct v3npu_model_info model_info = { .struct_size = sizeof(model_info) };

	if (!t) {
		v3npu_model_get_info(model, &model_info);
		return no_tensor(model_info.tensors, "intermediate", k);
	}
	return describe(t, info);
}
