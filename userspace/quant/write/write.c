// SPDX-License-Identifier: MIT
/*
 * Schema: tensorflow/lite/schema/schema.fbs, version 3.
 */
#include "write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "compiler/arith/half.h"
#include "compiler/tflite/tflite_options.h"
#include "flatbuffer_write.h"

/* Field numbers of the schema's tables, in its order */
enum { MODEL_VERSION, MODEL_OPERATOR_CODES, MODEL_SUBGRAPHS, MODEL_DESCRIPTION, MODEL_BUFFERS };
enum { GRAPH_TENSORS, GRAPH_INPUTS, GRAPH_OUTPUTS, GRAPH_OPERATORS, GRAPH_NAME };
enum { CODE_OLD, CODE_CUSTOM, CODE_VERSION, CODE_BUILTIN };
enum { TENSOR_SHAPE, TENSOR_TYPE, TENSOR_BUFFER, TENSOR_NAME, TENSOR_QUANTIZATION };
enum { QUANT_SCALE = 2, QUANT_ZERO_POINT, QUANT_DIMENSION = 6 };
enum { OP_CODE, OP_INPUTS, OP_OUTPUTS, OP_OPTIONS_TYPE, OP_OPTIONS };

#define SCHEMA_VERSION	3
#define CODE_OLD_MAX	127	/* larger ones are only in the new field */
#define BUFFER_ALIGN	16	/* so that TFLite can map the file */

/*
 * The version of each operator that TFLite registers for both float and int8, and the number
 * of its option table where struct tfl_options has none.
 */
static const struct {
	uint8_t code;
	uint8_t version;
	uint8_t options;
} versions[] = {
	{ TFL_ADD, 2, 0 }, { TFL_AVERAGE_POOL_2D, 2, 0 }, { TFL_CONCATENATION, 2, 0 },
	{ TFL_CONV_2D, 3, 0 }, { TFL_DEPTHWISE_CONV_2D, 3, 0 }, { TFL_DEPTH_TO_SPACE, 1, 0 },
	{ TFL_DEQUANTIZE, 3, 38 }, { TFL_FLOOR, 1, 0 }, { TFL_FULLY_CONNECTED, 4, 0 },
	{ TFL_LOGISTIC, 2, 0 }, { TFL_MAX_POOL_2D, 2, 0 }, { TFL_MUL, 2, 0 }, { TFL_RELU, 2, 0 },
	{ TFL_RELU_N1_TO_1, 1, 0 }, { TFL_RELU6, 2, 0 }, { TFL_RESHAPE, 1, 17 },
	{ TFL_RESIZE_BILINEAR, 2, 0 }, { TFL_SOFTMAX, 2, 0 }, { TFL_SPACE_TO_DEPTH, 2, 0 },
	{ TFL_TANH, 2, 0 }, { TFL_PAD, 2, 22 }, { TFL_GATHER, 2, 0 },
	{ TFL_BATCH_TO_SPACE_ND, 2, 24 }, { TFL_SPACE_TO_BATCH_ND, 2, 25 },
	{ TFL_TRANSPOSE, 2, 26 }, { TFL_MEAN, 2, 0 }, { TFL_SUB, 2, 0 }, { TFL_DIV, 1, 0 },
	{ TFL_SQUEEZE, 1, 30 }, { TFL_STRIDED_SLICE, 2, 0 }, { TFL_EXP, 2, 33 },
	{ TFL_SPLIT, 2, 35 }, { TFL_PRELU, 1, 0 }, { TFL_MAXIMUM, 2, 39 }, { TFL_MINIMUM, 2, 39 },
	{ TFL_NEG, 1, 42 }, { TFL_PADV2, 2, 43 }, { TFL_SLICE, 2, 48 },
	{ TFL_TRANSPOSE_CONV, 3, 0 }, { TFL_TILE, 2, 51 }, { TFL_EXPAND_DIMS, 1, 52 },
	{ TFL_LOG, 1, 0 }, { TFL_SQRT, 1, 0 }, { TFL_RSQRT, 2, 0 }, { TFL_PACK, 2, 0 },
	{ TFL_UNPACK, 2, 0 }, { TFL_SQUARE, 1, 66 }, { TFL_RESIZE_NEAREST_NEIGHBOR, 2, 0 },
	{ TFL_LEAKY_RELU, 2, 0 }, { TFL_SQUARED_DIFFERENCE, 1, 76 }, { TFL_MIRROR_PAD, 2, 0 },
	{ TFL_ABS, 2, 78 }, { TFL_SPLIT_V, 2, 79 }, { TFL_CEIL, 1, 0 }, { TFL_ELU, 1, 0 },
	{ TFL_QUANTIZE, 2, 89 }, { TFL_ROUND, 1, 0 }, { TFL_HARD_SWISH, 1, 91 },
	{ TFL_BATCH_MATMUL, 3, 0 }, { TFL_GELU, 2, 0 }, { TFL_RELU_0_TO_1, 1, 0 },
};

/**
 * struct writer - a file being written
 * @g: graph
 * @w: its bytes
 * @codes: row of versions[] of each operator code of the file
 * @code_count: how many
 * @op_code: each operator's
 * @buffer: each tensor's buffer in the file, 0 for none
 */
struct writer {
	const struct q_graph *g;
	struct fbw w;
	uint32_t codes[sizeof(versions) / sizeof(versions[0])];
	uint32_t code_count;
	uint32_t *op_code;
	uint32_t *buffer;
};

static int find_codes(struct writer *s)
{
	uint32_t i, k, row;

	for (i = 0; i < s->g->op_count; i++) {
		int32_t code = s->g->ops[i].options.code;

		for (row = 0; row < sizeof(versions) / sizeof(versions[0]); row++)
			if (versions[row].code == code)
				break;
		if (row == sizeof(versions) / sizeof(versions[0]))
			return v3c_fail(s->g->ctx, ENOTSUP,
					"operator %u (%s): v3quant does not know it; use a model "
					"without it", s->g->ops[i].options.tag, v3c_tfl_op_name(code));
		for (k = 0; k < s->code_count && s->codes[k] != row; k++)
			;
		s->codes[k] = row;
		s->code_count += k == s->code_count;
		s->op_code[i] = k;
	}
	return 0;
}

static void write_codes(struct writer *s, size_t model)
{
	size_t list = fbw_write_vector(&s->w, NULL, s->code_count, 4, 4);
	uint32_t k;

	fbw_refer(&s->w, model, MODEL_OPERATOR_CODES, list);
	for (k = 0; k < s->code_count; k++) {
		uint8_t code = versions[s->codes[k]].code;
		struct fbw_table t = {};

		fbw_u8(&t, CODE_OLD, code > CODE_OLD_MAX ? CODE_OLD_MAX : code);
		fbw_i32(&t, CODE_VERSION, versions[s->codes[k]].version);
		fbw_i32(&t, CODE_BUILTIN, code);
		fbw_refer_element(&s->w, list, k, fbw_write_table(&s->w, &t));
	}
}

static void write_option(struct fbw_table *t, const struct tfl_op *op, int field,
			 enum tfl_option option)
{
	switch (option) {
	case OPT_NONE:
		break;
	case OPT_PADDING:
		fbw_u8(t, field, op->padding);
		break;
	case OPT_STRIDE_H:
	case OPT_STRIDE_W:
		fbw_i32(t, field, op->stride[option - OPT_STRIDE_H]);
		break;
	case OPT_DILATION_H:
	case OPT_DILATION_W:
		fbw_i32(t, field, op->dilation[option - OPT_DILATION_H]);
		break;
	case OPT_KERNEL_H:
	case OPT_KERNEL_W:
		fbw_i32(t, field, op->kernel[option - OPT_KERNEL_H]);
		break;
	case OPT_ACTIVATION:
		fbw_u8(t, field, op->activation);
		break;
	case OPT_FORMAT:
		fbw_u8(t, field, op->format);
		break;
	case OPT_AXIS:
		fbw_i32(t, field, op->axis);
		break;
	case OPT_NUMBER:
		fbw_float(t, field, op->number);
		break;
	case OPT_MASK_BEGIN:
	case OPT_MASK_END:
	case OPT_MASK_ELLIPSIS:
	case OPT_MASK_NEW_AXIS:
	case OPT_MASK_SHRINK:
		fbw_i32(t, field, op->mask[option - OPT_MASK_BEGIN]);
		break;
	case OPT_END_IS_OFFSET:
		fbw_u8(t, field, op->end_is_offset);
		break;
	case OPT_ALIGN_CORNERS:
		fbw_u8(t, field, op->align_corners);
		break;
	case OPT_HALF_PIXEL_CENTERS:
		fbw_u8(t, field, op->half_pixel_centers);
		break;
	case OPT_ADJ_X:
	case OPT_ADJ_Y:
		fbw_u8(t, field, op->adjoint[option - OPT_ADJ_X]);
		break;
	case OPT_BATCH_DIMS:
		fbw_i32(t, field, op->batch_dims);
		break;
	case OPT_BLOCK_SIZE:
		fbw_i32(t, field, op->block_size);
		break;
	case OPT_KEEP_DIMS:
		fbw_u8(t, field, op->keep_dims);
		break;
	case OPT_APPROXIMATE:
		fbw_u8(t, field, op->approximate);
		break;
	case OPT_SYMMETRIC:
		fbw_u8(t, field, op->symmetric);
		break;
	}
}

/* Options that follow from the operator's tensors, which struct tfl_op therefore has not */
static void write_derived(struct writer *s, struct fbw_table *t, const struct q_op *op)
{
	const struct q_tensor *tensors = s->g->tensors;

	switch (op->options.code) {
	case TFL_SPLIT:
	case TFL_SPLIT_V:
	case TFL_UNPACK:
		fbw_i32(t, 0, op->out_count);
		break;
	case TFL_PACK:
		fbw_i32(t, 0, op->in_count);
		break;
	case TFL_FULLY_CONNECTED:
		fbw_u8(t, 2, tensors[op->out[0]].shape.rank != 2);
		break;
	case TFL_DEPTHWISE_CONV_2D:
		fbw_i32(t, 3, tensors[op->out[0]].shape.dim[3] / tensors[op->in[0]].shape.dim[3]);
		break;
	default:
		break;
	}
}

static void write_op(struct writer *s, size_t list, uint32_t i)
{
	const struct q_op *op = &s->g->ops[i];
	const struct tfl_options *layout = v3c_tfl_options(op->options.code);
	struct fbw_table t = {}, options = {};
	uint8_t type = layout ? layout->type : versions[s->codes[s->op_code[i]]].options;
	size_t at, k;

	fbw_i32(&t, OP_CODE, s->op_code[i]);
	fbw_offset(&t, OP_INPUTS);
	fbw_offset(&t, OP_OUTPUTS);
	if (type) {
		fbw_u8(&t, OP_OPTIONS_TYPE, type);
		fbw_offset(&t, OP_OPTIONS);
	}
	at = fbw_write_table(&s->w, &t);
	fbw_refer_element(&s->w, list, i, at);
	fbw_refer(&s->w, at, OP_INPUTS, fbw_write_vector(&s->w, op->in, op->in_count, 4, 4));
	fbw_refer(&s->w, at, OP_OUTPUTS, fbw_write_vector(&s->w, op->out, op->out_count, 4, 4));
	if (!type)
		return;
	for (k = 0; layout && k < sizeof(layout->field); k++)
		write_option(&options, &op->options, k, layout->field[k]);
	write_derived(s, &options, op);
	fbw_refer(&s->w, at, OP_OPTIONS, fbw_write_table(&s->w, &options));
}

static void write_tensor(struct writer *s, size_t list, uint32_t i)
{
	const struct q_tensor *q = &s->g->tensors[i];
	struct fbw_table t = {}, quant = {};
	int64_t *zeros;
	size_t at, inner;
	uint32_t k;

	fbw_offset(&t, TENSOR_SHAPE);
	fbw_u8(&t, TENSOR_TYPE, q->type);
	fbw_i32(&t, TENSOR_BUFFER, s->buffer[i]);
	fbw_offset(&t, TENSOR_NAME);
	if (q->quant.count)
		fbw_offset(&t, TENSOR_QUANTIZATION);
	at = fbw_write_table(&s->w, &t);
	fbw_refer_element(&s->w, list, i, at);
	fbw_refer(&s->w, at, TENSOR_SHAPE,
		  fbw_write_vector(&s->w, q->shape.dim, q->shape.rank, 4, 4));
	fbw_refer(&s->w, at, TENSOR_NAME, fbw_write_string(&s->w, q->name));
	if (!q->quant.count)
		return;
	fbw_offset(&quant, QUANT_SCALE);
	fbw_offset(&quant, QUANT_ZERO_POINT);
	fbw_i32(&quant, QUANT_DIMENSION, q->quant.dim);
	inner = fbw_write_table(&s->w, &quant);
	fbw_refer(&s->w, at, TENSOR_QUANTIZATION, inner);
	fbw_refer(&s->w, inner, QUANT_SCALE,
		  fbw_write_vector(&s->w, q->quant.scale, q->quant.count, 4, 4));
	zeros = v3c_alloc(s->g->ctx, q->quant.count, sizeof(*zeros));
	s->w.failed |= !zeros;
	for (k = 0; zeros && k < q->quant.count; k++)
		zeros[k] = q->quant.zero_point;
	fbw_refer(&s->w, inner, QUANT_ZERO_POINT,
		  fbw_write_vector(&s->w, zeros, q->quant.count, 8, 8));
}

static void write_graph(struct writer *s, size_t model)
{
	const struct q_graph *g = s->g;
	size_t graphs = fbw_write_vector(&s->w, NULL, 1, 4, 4), graph, list;
	struct fbw_table t = {};
	uint32_t i;
	int field;

	fbw_refer(&s->w, model, MODEL_SUBGRAPHS, graphs);
	for (field = GRAPH_TENSORS; field <= GRAPH_NAME; field++)
		fbw_offset(&t, field);
	graph = fbw_write_table(&s->w, &t);
	fbw_refer_element(&s->w, graphs, 0, graph);
	list = fbw_write_vector(&s->w, NULL, g->tensor_count, 4, 4);
	fbw_refer(&s->w, graph, GRAPH_TENSORS, list);
	for (i = 0; i < g->tensor_count; i++)
		write_tensor(s, list, i);
	fbw_refer(&s->w, graph, GRAPH_INPUTS,
		  fbw_write_vector(&s->w, g->inputs, g->input_count, 4, 4));
	fbw_refer(&s->w, graph, GRAPH_OUTPUTS,
		  fbw_write_vector(&s->w, g->outputs, g->output_count, 4, 4));
	list = fbw_write_vector(&s->w, NULL, g->op_count, 4, 4);
	fbw_refer(&s->w, graph, GRAPH_OPERATORS, list);
	for (i = 0; i < g->op_count; i++)
		write_op(s, list, i);
	fbw_refer(&s->w, graph, GRAPH_NAME, fbw_write_string(&s->w, "main"));
}

/* A constant as it is in the file */
static const void *constant_bytes(struct writer *s, const struct q_tensor *q, size_t *size)
{
	uint64_t elements = ir_elements(&q->shape), k;
	uint16_t *half;

	if (q->data) {
		*size = q->size;
		return q->data;
	}
	if (q->type == TFL_FLOAT32) {
		*size = elements * sizeof(float);
		return q->real;
	}
	half = v3c_alloc(s->g->ctx, elements, sizeof(*half));
	s->w.failed |= !half;
	for (k = 0; half && k < elements; k++)
		half[k] = v3c_half_from_float(q->real[k]);
	*size = elements * sizeof(*half);
	return half;
}

/* Equal constants share a buffer; buffer 0 is the empty one */
static int write_buffers(struct writer *s, size_t model)
{
	uint32_t count = s->g->tensor_count, buffers = 1, i, k;
	const void **data = v3c_alloc(s->g->ctx, count + 1, sizeof(*data));
	size_t *size = v3c_alloc(s->g->ctx, count + 1, sizeof(*size)), list, at;
	struct fbw_table t = {}, empty = {};

	if (!data || !size)
		return v3c_no_memory(s->g->ctx);
	for (i = 0; i < count; i++) {
		s->buffer[i] = 0;
		if (!q_is_const(&s->g->tensors[i]))
			continue;
		data[buffers] = constant_bytes(s, &s->g->tensors[i], &size[buffers]);
		if (!data[buffers])
			return v3c_no_memory(s->g->ctx);
		for (k = 1; k < buffers; k++)
			if (size[k] == size[buffers] &&
			    !memcmp(data[k], data[buffers], size[k]))
				break;
		s->buffer[i] = k;
		buffers += k == buffers;
	}
	list = fbw_write_vector(&s->w, NULL, buffers, 4, 4);
	fbw_refer(&s->w, model, MODEL_BUFFERS, list);
	fbw_refer_element(&s->w, list, 0, fbw_write_table(&s->w, &empty));
	fbw_offset(&t, 0);
	for (k = 1; k < buffers; k++) {
		at = fbw_write_table(&s->w, &t);
		fbw_refer_element(&s->w, list, k, at);
		fbw_refer(&s->w, at, 0,
			  fbw_write_vector(&s->w, data[k], size[k], 1, BUFFER_ALIGN));
	}
	return 0;
}

void *q_write(const struct q_graph *g, const void *archive, size_t archive_size, size_t *size)
{
	struct writer s = { .g = g };
	struct fbw_table t = {};
	size_t model;
	int ret;

	s.op_code = v3c_alloc(g->ctx, g->op_count, sizeof(*s.op_code));
	s.buffer = v3c_alloc(g->ctx, g->tensor_count, sizeof(*s.buffer));
	ret = s.op_code && s.buffer ? find_codes(&s) : v3c_no_memory(g->ctx);
	if (ret)
		return NULL;
	fbw_i32(&t, MODEL_VERSION, SCHEMA_VERSION);
	fbw_offset(&t, MODEL_OPERATOR_CODES);
	fbw_offset(&t, MODEL_SUBGRAPHS);
	fbw_offset(&t, MODEL_DESCRIPTION);
	fbw_offset(&t, MODEL_BUFFERS);
	model = fbw_start(&s.w, "TFL3", &t);
	write_codes(&s, model);
	fbw_refer(&s.w, model, MODEL_DESCRIPTION, fbw_write_string(&s.w, "made by v3quant"));
	ret = write_buffers(&s, model);
	write_graph(&s, model);
	if (ret || fbw_finish(&s.w)) {
		if (ret)
			free(s.w.data);
		else
			v3c_no_memory(g->ctx);
		return NULL;
	}
	if (archive && archive_append(archive, archive_size, &s.w.data, &s.w.size)) {
		free(s.w.data);
		v3c_no_memory(g->ctx);
		return NULL;
	}
	*size = s.w.size;
	return s.w.data;
}
