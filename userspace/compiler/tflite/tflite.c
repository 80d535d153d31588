// SPDX-License-Identifier: MIT
#include "tflite.h"

#include <errno.h>
#include <string.h>

#include "tflite_options.h"
#include "tflite_uint8.h"

/* Field numbers of the schema's tables, in its order */
enum { MODEL_VERSION, MODEL_OPERATOR_CODES, MODEL_SUBGRAPHS, MODEL_DESCRIPTION, MODEL_BUFFERS };
enum { GRAPH_TENSORS, GRAPH_INPUTS, GRAPH_OUTPUTS, GRAPH_OPERATORS };
enum { CODE_OLD, CODE_CUSTOM, CODE_VERSION, CODE_BUILTIN };
enum { BUFFER_DATA, BUFFER_OFFSET, BUFFER_SIZE };
enum {
	TENSOR_SHAPE, TENSOR_TYPE, TENSOR_BUFFER, TENSOR_NAME, TENSOR_QUANTIZATION,
	TENSOR_IS_VARIABLE, TENSOR_SPARSITY,
};
enum {
	QUANT_MIN, QUANT_MAX, QUANT_SCALE, QUANT_ZERO_POINT, QUANT_DETAILS_TYPE, QUANT_DETAILS,
	QUANT_DIMENSION,
};
enum { OP_CODE, OP_INPUTS, OP_OUTPUTS, OP_OPTIONS_TYPE, OP_OPTIONS };

#define SCHEMA_VERSION	3

/* An entry of the file's list of operators */
struct op_code {
	int32_t code;
	const char *name;
};

static int damaged(struct v3c_ctx *ctx, const struct tfl_model *m, const char *what, uint32_t i)
{
	return v3c_fail(ctx, EINVAL, "damaged: %s %u: %s", what, i, m->fb.error);
}

/* Where a buffer's bytes are: a vector, or past the flatbuffer in large files */
static int read_buffer(struct v3c_ctx *ctx, struct tfl_model *m, const struct fb_vector *buffers,
		       uint32_t index, struct tfl_tensor *t)
{
	struct fb_table buffer;
	struct fb_vector data;
	uint64_t offset, size;

	if (!index)
		return 0;
	if (index >= buffers->count)
		return v3c_fail(ctx, EINVAL, "damaged: tensor %u refers to buffer %u of %u",
				(unsigned int)(t - m->tensors), index, buffers->count);
	buffer = v3c_fb_vector_table(&m->fb, buffers, index);
	data = v3c_fb_vector(&m->fb, &buffer, BUFFER_DATA, 1);
	offset = v3c_fb_u64(&m->fb, &buffer, BUFFER_OFFSET, 0);
	size = v3c_fb_u64(&m->fb, &buffer, BUFFER_SIZE, 0);
	if (offset > 1) {
		if (offset > m->fb.size || size > m->fb.size - offset)
			return v3c_fail(ctx, EINVAL, "damaged: buffer %u lies outside of the file",
					index);
		data.data = m->fb.data + offset;
		data.count = size;
	}
	if (data.count) {
		t->data = data.data;
		t->file_data = data.data;
		t->data_size = data.count;
	}
	return 0;
}

static int read_tensor(struct v3c_ctx *ctx, struct tfl_model *m, const struct fb_vector *tensors,
		       const struct fb_vector *buffers, uint32_t index)
{
	struct fb_table table = v3c_fb_vector_table(&m->fb, tensors, index);
	struct fb_table quant = v3c_fb_table(&m->fb, &table, TENSOR_QUANTIZATION);
	struct fb_vector shape = v3c_fb_vector(&m->fb, &table, TENSOR_SHAPE, 4);
	struct tfl_tensor *t = &m->tensors[index];
	uint32_t i;
	int ret;

	t->name = v3c_fb_string(&m->fb, &table, TENSOR_NAME);
	if (!t->name)
		t->name = "";
	t->type = v3c_fb_u8(&m->fb, &table, TENSOR_TYPE, TFL_FLOAT32);
	t->rank = shape.count;
	for (i = 0; i < shape.count && i < V3C_MAX_RANK; i++)
		t->dim[i] = v3c_fb_vector_i32(&shape, i);
	t->scale = v3c_fb_vector(&m->fb, &quant, QUANT_SCALE, 4);
	t->zero_point = v3c_fb_vector(&m->fb, &quant, QUANT_ZERO_POINT, 8);
	t->channel_dim = v3c_fb_i32(&m->fb, &quant, QUANT_DIMENSION, 0);
	t->variable = v3c_fb_u8(&m->fb, &table, TENSOR_IS_VARIABLE, 0);
	t->special = t->variable || v3c_fb_has(&m->fb, &table, TENSOR_SPARSITY);
	ret = read_buffer(ctx, m, buffers, v3c_fb_i32(&m->fb, &table, TENSOR_BUFFER, 0), t);
	return ret || m->fb.error ? ret : v3c_tfl_make_signed(ctx, t);
}

static int check_indices(struct v3c_ctx *ctx, const struct tfl_model *m, const char *what,
			 uint32_t number, const struct fb_vector *v, int32_t lowest)
{
	uint32_t i;

	for (i = 0; i < v->count; i++) {
		int32_t tensor = v3c_fb_vector_i32(v, i);

		if (tensor < lowest || tensor >= (int64_t)m->tensor_count)
			return v3c_fail(ctx, EINVAL, "damaged: %s %u refers to tensor %d of %u",
					what, number, tensor, m->tensor_count);
	}
	return 0;
}

static void read_option(struct fb *fb, struct tfl_op *op, const struct fb_table *options,
			int field, enum tfl_option option)
{
	switch (option) {
	case OPT_NONE:
		break;
	case OPT_PADDING:
		op->padding = v3c_fb_u8(fb, options, field, TFL_SAME);
		break;
	case OPT_STRIDE_H:
	case OPT_STRIDE_W:
		op->stride[option - OPT_STRIDE_H] = v3c_fb_i32(fb, options, field, 0);
		break;
	case OPT_DILATION_H:
	case OPT_DILATION_W:
		op->dilation[option - OPT_DILATION_H] = v3c_fb_i32(fb, options, field, 1);
		break;
	case OPT_KERNEL_H:
	case OPT_KERNEL_W:
		op->kernel[option - OPT_KERNEL_H] = v3c_fb_i32(fb, options, field, 0);
		break;
	case OPT_ACTIVATION:
		op->activation = v3c_fb_u8(fb, options, field, TFL_ACT_NONE);
		break;
	case OPT_FORMAT:
		op->format = v3c_fb_u8(fb, options, field, 0);
		break;
	case OPT_AXIS:
		op->axis = v3c_fb_i32(fb, options, field, 0);
		break;
	case OPT_NUMBER:
		op->number = v3c_fb_float(fb, options, field, 0);
		break;
	case OPT_MASK_BEGIN:
	case OPT_MASK_END:
	case OPT_MASK_ELLIPSIS:
	case OPT_MASK_NEW_AXIS:
	case OPT_MASK_SHRINK:
		op->mask[option - OPT_MASK_BEGIN] = v3c_fb_i32(fb, options, field, 0);
		break;
	case OPT_END_IS_OFFSET:
		op->end_is_offset = v3c_fb_u8(fb, options, field, 0);
		break;
	case OPT_ALIGN_CORNERS:
		op->align_corners = v3c_fb_u8(fb, options, field, 0);
		break;
	case OPT_HALF_PIXEL_CENTERS:
		op->half_pixel_centers = v3c_fb_u8(fb, options, field, 0);
		break;
	case OPT_ADJ_X:
	case OPT_ADJ_Y:
		op->adjoint[option - OPT_ADJ_X] = v3c_fb_u8(fb, options, field, 0);
		break;
	case OPT_BATCH_DIMS:
		op->batch_dims = v3c_fb_i32(fb, options, field, 0);
		break;
	case OPT_BLOCK_SIZE:
		op->block_size = v3c_fb_i32(fb, options, field, 0);
		break;
	case OPT_KEEP_DIMS:
		op->keep_dims = v3c_fb_u8(fb, options, field, 0);
		break;
	case OPT_APPROXIMATE:
		op->approximate = v3c_fb_u8(fb, options, field, 0);
		break;
	case OPT_SYMMETRIC:
		op->symmetric = v3c_fb_u8(fb, options, field, 0);
		break;
	}
}

static int read_options(struct v3c_ctx *ctx, struct tfl_model *m, const struct fb_table *table,
			struct tfl_op *op)
{
	const struct tfl_options *layout = v3c_tfl_options(op->code);
	struct fb_table options = v3c_fb_table(&m->fb, table, OP_OPTIONS);
	size_t k;

	if (!layout)
		return 0;
	if (options.pos && v3c_fb_u8(&m->fb, table, OP_OPTIONS_TYPE, 0) != layout->type)
		return v3c_fail(ctx, EINVAL,
				"damaged: operator %u (%s) has the options of another operator",
				(unsigned int)(op - m->ops), v3c_tfl_op_name(op->code));
	for (k = 0; k < sizeof(layout->field); k++)
		read_option(&m->fb, op, &options, k, layout->field[k]);
	return 0;
}

static int read_op(struct v3c_ctx *ctx, struct tfl_model *m, const struct fb_vector *ops,
		   const struct op_code *codes, uint32_t code_count, uint32_t index)
{
	struct fb_table table = v3c_fb_vector_table(&m->fb, ops, index);
	uint32_t code = v3c_fb_i32(&m->fb, &table, OP_CODE, 0);
	struct tfl_op *op = &m->ops[index];
	int ret;

	op->inputs = v3c_fb_vector(&m->fb, &table, OP_INPUTS, 4);
	op->outputs = v3c_fb_vector(&m->fb, &table, OP_OUTPUTS, 4);
	if (m->fb.error)
		return damaged(ctx, m, "operator", index);
	if (code >= code_count)
		return v3c_fail(ctx, EINVAL,
				"damaged: operator %u refers to operator code %u of %u",
				index, code, code_count);
	op->tag = index;
	op->code = codes[code].code;
	m->file_codes[index] = op->code;
	m->file_names[index] = codes[code].name;
	ret = check_indices(ctx, m, "operator", index, &op->inputs, -1);
	if (!ret)
		ret = check_indices(ctx, m, "operator", index, &op->outputs, 0);
	if (!ret)
		ret = read_options(ctx, m, &table, op);
	if (!ret && m->fb.error)
		ret = damaged(ctx, m, "operator", index);
	return ret;
}

static int read_codes(struct v3c_ctx *ctx, struct tfl_model *m, const struct fb_vector *codes,
		      struct op_code *out)
{
	uint32_t i;

	for (i = 0; i < codes->count; i++) {
		struct fb_table code = v3c_fb_vector_table(&m->fb, codes, i);
		int32_t builtin = v3c_fb_i32(&m->fb, &code, CODE_BUILTIN, 0);
		int32_t old = (int8_t)v3c_fb_u8(&m->fb, &code, CODE_OLD, 0);
		const char *custom = v3c_fb_string(&m->fb, &code, CODE_CUSTOM);
		const char *maker;

		if (m->fb.error)
			return damaged(ctx, m, "operator code", i);
		/* Files of before the 128th operator have only the old field */
		out[i].code = builtin > old ? builtin : old;
		custom = out[i].code == TFL_CUSTOM && custom ? custom : "";
		maker = v3c_tfl_accelerator(custom);
		if (maker)
			return v3c_fail(ctx, ENOTSUP, "compiled for another accelerator, %s; take the "
					"file that it was compiled from", maker);
		out[i].name = v3c_tfl_call_op(ctx, out[i].code, custom);
		if (!out[i].name)
			return v3c_no_memory(ctx);
	}
	return 0;
}

static int read_graph(struct v3c_ctx *ctx, struct tfl_model *m, const struct fb_table *root,
		      const struct fb_table *graph)
{
	struct fb_vector codes = v3c_fb_vector(&m->fb, root, MODEL_OPERATOR_CODES, 4);
	struct fb_vector buffers = v3c_fb_vector(&m->fb, root, MODEL_BUFFERS, 4);
	struct fb_vector tensors = v3c_fb_vector(&m->fb, graph, GRAPH_TENSORS, 4);
	struct fb_vector ops = v3c_fb_vector(&m->fb, graph, GRAPH_OPERATORS, 4);
	uint64_t operands = 0;
	struct op_code *code_list;
	uint32_t i;
	int ret;

	m->inputs = v3c_fb_vector(&m->fb, graph, GRAPH_INPUTS, 4);
	m->outputs = v3c_fb_vector(&m->fb, graph, GRAPH_OUTPUTS, 4);
	if (m->fb.error)
		return v3c_fail(ctx, EINVAL, "damaged: %s", m->fb.error);
	if (tensors.count > V3C_MAX_TENSORS || ops.count > V3C_MAX_OPERATORS ||
	    codes.count > V3C_MAX_OPERATORS || m->inputs.count > V3C_MAX_IO ||
	    m->outputs.count > V3C_MAX_IO)
		return v3c_fail(ctx, ENOTSUP,
				"the model is too large: at most %u tensors, %u operators, %u "
				"inputs and %u outputs",
				V3C_MAX_TENSORS, V3C_MAX_OPERATORS, V3C_MAX_IO, V3C_MAX_IO);
	m->tensor_count = tensors.count;
	m->file_tensor_count = tensors.count;
	m->op_count = ops.count;
	m->file_op_count = ops.count;
	m->tensors = v3c_alloc(ctx, tensors.count, sizeof(*m->tensors));
	m->ops = v3c_alloc(ctx, ops.count, sizeof(*m->ops));
	m->file_codes = v3c_alloc(ctx, ops.count, sizeof(*m->file_codes));
	m->file_names = v3c_alloc(ctx, ops.count, sizeof(*m->file_names));
	code_list = v3c_alloc(ctx, codes.count, sizeof(*code_list));
	if (!m->tensors || !m->ops || !m->file_codes || !m->file_names || !code_list)
		return v3c_no_memory(ctx);

	for (i = 0; i < tensors.count; i++) {
		ret = read_tensor(ctx, m, &tensors, &buffers, i);
		if (ret)
			return ret;
		if (m->fb.error)
			return damaged(ctx, m, "tensor", i);
	}
	ret = read_codes(ctx, m, &codes, code_list);
	if (!ret)
		ret = check_indices(ctx, m, "subgraph", 0, &m->inputs, 0);
	if (!ret)
		ret = check_indices(ctx, m, "subgraph", 0, &m->outputs, 0);
	for (i = 0; !ret && i < ops.count; i++) {
		ret = read_op(ctx, m, &ops, code_list, codes.count, i);
		operands += (uint64_t)m->ops[i].inputs.count + m->ops[i].outputs.count;
		if (!ret && operands > V3C_MAX_OPERANDS)
			ret = v3c_fail(ctx, ENOTSUP,
				       "the model is too large: its operators have more than %u "
				       "operands",
				       V3C_MAX_OPERANDS);
	}
	return ret;
}

int v3c_tfl_parse(struct v3c_ctx *ctx, struct tfl_model *model, const void *data, size_t size)
{
	struct fb_table root, graph = {};
	struct fb_vector graphs;

	memset(model, 0, sizeof(*model));
	model->fb.data = data;
	model->fb.size = size;
	if (size < 8 || memcmp(model->fb.data + 4, "TFL3", 4))
		return v3c_fail(ctx, EINVAL,
				"not a .tflite file: the identifier TFL3 is missing at byte 4");
	if (size > V3C_MAX_FILE)
		return v3c_fail(ctx, ENOTSUP, "the file is larger than 2 GiB");
	root = v3c_fb_root(&model->fb);
	graphs = v3c_fb_vector(&model->fb, &root, MODEL_SUBGRAPHS, 4);
	if (graphs.count)
		graph = v3c_fb_vector_table(&model->fb, &graphs, 0);
	if (model->fb.error)
		return v3c_fail(ctx, EINVAL, "damaged: %s", model->fb.error);
	if (v3c_fb_i32(&model->fb, &root, MODEL_VERSION, 0) != SCHEMA_VERSION)
		return v3c_fail(ctx, EINVAL, "damaged: schema version %d, not %d",
				v3c_fb_i32(&model->fb, &root, MODEL_VERSION, 0), SCHEMA_VERSION);
	if (!graph.pos)
		return v3c_fail(ctx, EINVAL, "damaged: it has no graph");
	return read_graph(ctx, model, &root, &graph);
}

static int64_t clamp_index(int64_t i, uint32_t dim)
{
	if (i < 0)
		i += dim;
	return i < 0 ? 0 : i > dim ? dim : i;
}

bool v3c_tfl_slice_dim(const struct tfl_op *op, int i, uint32_t dim, int64_t begin, int64_t end,
		       int64_t step, uint32_t *first, uint32_t *count)
{
	int64_t bit = 1 << i, start, stop;

	start = op->mask[0] & bit ? 0 : clamp_index(begin, dim);
	if (op->mask[4] & bit)
		stop = start + 1;
	else if (op->mask[1] & bit)
		stop = dim;
	else
		stop = clamp_index(op->end_is_offset ? end + start : end, dim);
	if (step < 1 || start >= stop || stop > dim)
		return false;
	*first = start;
	*count = (stop - start + step - 1) / step;
	return true;
}
