// SPDX-License-Identifier: MIT
#include "import.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "compiler/base/program.h"
#include "compiler/tflite/tflite_uint8.h"

int v3c_import_fail(struct importer *im, int err, const char *format, ...)
{
	char text[V3C_ERROR_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!im->op)
		return v3c_fail(im->ctx, err, "model input %u: %s", im->number, text);
	v3c_fail(im->ctx, err, "operator %u (%s): %s", im->op->tag,
		 im->model->file_names[im->op->tag], text);
	im->ctx->op = im->op->tag;
	return -err;
}

static unsigned int tensor_number(const struct importer *im, const struct tfl_tensor *t)
{
	return t - im->model->tensors;
}

int v3c_import_arity(struct importer *im, uint32_t min_inputs, uint32_t max_inputs,
		     uint32_t outputs)
{
	const struct tfl_op *op = im->op;

	if (op->inputs.count < min_inputs || op->inputs.count > max_inputs ||
	    op->outputs.count != outputs)
		return v3c_import_fail(im, EINVAL, "damaged: it has %u inputs and %u outputs",
				       op->inputs.count, op->outputs.count);
	return 0;
}

const struct tfl_tensor *v3c_import_tensor(struct importer *im, uint32_t k)
{
	int32_t tensor = -1;

	if (k < im->op->inputs.count)
		tensor = v3c_fb_vector_i32(&im->op->inputs, k);
	return tensor >= 0 ? &im->model->tensors[tensor] : NULL;
}

int v3c_import_shape(struct importer *im, const struct tfl_tensor *t, struct ir_shape *shape)
{
	uint64_t elements = 1;
	uint32_t i;

	if (t->rank > V3C_MAX_RANK)
		return v3c_import_fail(im, ENOTSUP,
				       "tensor %u has %u dimensions, at most %u are supported",
				       tensor_number(im, t), t->rank, V3C_MAX_RANK);
	*shape = (struct ir_shape){ .rank = t->rank };
	for (i = 0; i < t->rank; i++) {
		if (t->dim[i] <= 0)
			return v3c_import_fail(im, EINVAL,
					       "tensor %u has dimension %d; export with a fixed shape",
					       tensor_number(im, t), t->dim[i]);
		shape->dim[i] = t->dim[i];
		elements *= t->dim[i];
		if (elements > V3C_MAX_ELEMENTS)
			return v3c_import_fail(im, ENOTSUP, "tensor %u has more than %u elements",
					       tensor_number(im, t), V3C_MAX_ELEMENTS);
	}
	return 0;
}

int v3c_import_declared(struct importer *im, struct ir_shape *shape)
{
	int32_t tensor = v3c_fb_vector_i32(&im->op->outputs, 0);

	return v3c_import_shape(im, &im->model->tensors[tensor], shape);
}

int v3c_import_bad_output(struct importer *im)
{
	return v3c_import_fail(im, EINVAL, "damaged: the shape of its output does not follow from its "
			       "inputs");
}

int v3c_import_check_const(struct importer *im, const struct tfl_tensor *t, int type,
			   uint64_t elements)
{
	size_t size = type == TFL_INT8 ? 1 : type == TFL_FLOAT16 ? 2 : type == TFL_INT64 ? 8 : 4;

	if (!t || t->type != type)
		return v3c_import_fail(im, ENOTSUP, "it needs a constant of type %s, not %s",
				       v3c_tfl_type_name(type), t ? v3c_tfl_type_name(t->type) : "none");
	if (!t->data || t->special)
		return v3c_import_fail(im, ENOTSUP,
				       "tensor %u is not a constant; only constant weights and "
				       "parameters are supported",
				       tensor_number(im, t));
	if (t->data_size != elements * size)
		return v3c_import_fail(im, EINVAL,
				       "damaged: tensor %u holds %zu bytes, its shape needs %llu",
				       tensor_number(im, t), t->data_size,
				       (unsigned long long)(elements * size));
	return 0;
}

int v3c_import_integers(struct importer *im, uint32_t k, int64_t *out, int max)
{
	const struct tfl_tensor *t = v3c_import_tensor(im, k);
	struct ir_shape shape;
	struct fb_vector v;
	uint64_t count;
	uint32_t i;
	int ret;

	if (!t)
		return v3c_import_fail(im, EINVAL, "damaged: input %u is missing", k);
	if (t->type != TFL_INT32 && t->type != TFL_INT64)
		return v3c_import_fail(im, ENOTSUP, "input %u is %s, not int32 or int64", k,
				       v3c_tfl_type_name(t->type));
	ret = v3c_import_shape(im, t, &shape);
	if (ret)
		return ret;
	count = ir_elements(&shape);
	ret = v3c_import_check_const(im, t, t->type, count);
	if (ret)
		return ret;
	if (count > (uint64_t)max)
		return v3c_import_fail(im, EINVAL,
				       "damaged: input %u has %llu numbers, at most %d are possible",
				       k, (unsigned long long)count, max);
	v = (struct fb_vector){ .data = t->data, .count = count };
	for (i = 0; i < count; i++)
		out[i] = t->type == TFL_INT32 ? v3c_fb_vector_i32(&v, i) : v3c_fb_vector_i64(&v, i);
	return count;
}

int v3c_import_axis(struct importer *im, int64_t axis, int rank)
{
	if (axis < -rank || axis >= rank)
		return v3c_import_fail(im, EINVAL, "damaged: axis %lld of %d dimensions",
				       (long long)axis, rank);
	return axis < 0 ? axis + rank : axis;
}

int v3c_import_clamp(struct importer *im, struct v3c_quant quant, int8_t *min, int8_t *max)
{
	if (!v3c_activation_range(im->op->activation, quant.scale, quant.zero_point, min, max))
		return v3c_import_fail(im, ENOTSUP,
				       "fused activation %u is not one of NONE, RELU, RELU6, "
				       "RELU_N1_TO_1",
				       im->op->activation);
	return 0;
}

int v3c_import_window(struct importer *im, uint32_t in, int64_t kernel, int64_t stride,
		      int64_t dilation, uint32_t *out, uint32_t *pad)
{
	int64_t span, count, total;

	if (kernel < 1 || kernel > INT32_MAX || stride < 1 || dilation < 1 ||
	    dilation > INT32_MAX || im->op->padding > TFL_VALID)
		return v3c_import_fail(im, EINVAL,
				       "damaged: window %lld, stride %lld, dilation %lld, padding %u",
				       (long long)kernel, (long long)stride, (long long)dilation,
				       im->op->padding);
	span = (kernel - 1) * dilation + 1;
	if (im->op->padding == TFL_SAME)
		count = (in + stride - 1) / stride;
	else
		count = span > in ? 0 : (in - span) / stride + 1;
	if (count < 1)
		return v3c_import_fail(im, EINVAL, "damaged: a window of %lld does not fit %u elements",
				       (long long)span, in);
	total = (count - 1) * stride + span - in;
	*out = count;
	*pad = im->op->padding == TFL_SAME && total > 0 ? total / 2 : 0;
	return 0;
}

int v3c_import_scale(struct importer *im, double real, const char *what, struct v3c_scale *scale)
{
	*scale = v3c_quantize_multiplier(real);
	if (!v3c_scale_fits(*scale))
		return v3c_import_fail(im, ENOTSUP,
				       "%s is %g times another's scale, out of the NPU's range",
				       what, real);
	return 0;
}

int v3c_import_new_value(struct importer *im, uint32_t tensor, const struct ir_shape *shape)
{
	const struct tfl_tensor *t = &im->model->tensors[tensor];
	struct v3c_quant quant = {};
	int64_t zero_point;
	int value;

	if (t->special)
		return v3c_import_fail(im, ENOTSUP, "tensor %u is sparse or a variable", tensor);
	if (im->backend->real && t->type == TFL_FLOAT32)
		goto add;
	if (t->type != TFL_INT8 && im->backend->real)
		return v3c_import_fail(im, ENOTSUP,
				       "tensor %u is %s, only float32, int8 and uint8 with a scale "
				       "are supported",
				       tensor, v3c_tfl_type_name(v3c_tfl_file_type(t)));
	if (t->type != TFL_INT8)
		return v3c_import_fail(im, ENOTSUP,
				       "tensor %u is %s, only int8 and uint8 with a scale are "
				       "supported; use the full-integer export of the model",
				       tensor, v3c_tfl_type_name(v3c_tfl_file_type(t)));
	if (t->scale.count != 1 || t->zero_point.count > 1)
		return v3c_import_fail(im, ENOTSUP,
				       "tensor %u has %u scales and %u zero points, not one of each",
				       tensor, t->scale.count, t->zero_point.count);
	quant.scale = v3c_fb_vector_float(&t->scale, 0);
	zero_point = t->zero_point.count ? v3c_fb_vector_i64(&t->zero_point, 0) : 0;
	if (!isfinite(quant.scale) || quant.scale <= 0 || zero_point < INT8_MIN ||
	    zero_point > INT8_MAX)
		return v3c_import_fail(im, EINVAL,
				       "damaged: tensor %u has scale %g and zero point %lld",
				       tensor, quant.scale, (long long)zero_point +
				       (t->was_uint8 ? TFL_UINT8_OFFSET : 0));
	quant.zero_point = zero_point;
add:
	value = v3c_ir_add_value(im->ctx, im->graph, shape, quant);
	if (value >= 0) {
		im->graph->values[value].tensor = tensor;
		im->value_of[tensor] = value;
	}
	return value;
}

int v3c_import_input(struct importer *im, uint32_t k)
{
	const struct tfl_tensor *t = v3c_import_tensor(im, k);
	struct ir_shape shape;
	uint32_t tensor;
	int ret;

	if (!t)
		return v3c_import_fail(im, EINVAL, "damaged: input %u is missing", k);
	tensor = tensor_number(im, t);
	if (im->value_of[tensor] >= 0 && (t->type == TFL_INT32 || t->type == TFL_INT64))
		return v3c_import_fail(im, ENOTSUP,
				       "it reads tensor %u, which is %s; indices can only be a model's "
				       "outputs",
				       tensor, v3c_tfl_type_name(t->type));
	if (im->value_of[tensor] >= 0)
		return im->value_of[tensor];
	if (!t->data && !im->open)
		return v3c_import_fail(im, EINVAL,
				       "damaged: it reads tensor %u, which nothing before it writes",
				       tensor);
	ret = v3c_import_shape(im, t, &shape);
	if (ret)
		return ret;
	return t->data ? im->backend->constant(im, tensor, &shape) :
			 v3c_import_new_value(im, tensor, &shape);
}

int v3c_import_operand(struct importer *im, uint32_t min_inputs, uint32_t max_inputs)
{
	int ret = v3c_import_arity(im, min_inputs, max_inputs, 1);

	return ret ? ret : v3c_import_input(im, 0);
}

static int npu_constant(struct importer *im, uint32_t tensor, const struct ir_shape *shape)
{
	const struct tfl_tensor *t = &im->model->tensors[tensor];
	int ret = 0;

	if (t->type == TFL_INT8)
		ret = v3c_import_check_const(im, t, TFL_INT8, ir_elements(shape));
	if (!ret)
		ret = v3c_import_new_value(im, tensor, shape);
	if (ret >= 0)
		im->graph->values[ret].data = t->data;
	return ret;
}

/* Fails unless nothing wrote output @k before, and the file gives it this shape */
static int check_output(struct importer *im, uint32_t k, const struct ir_shape *shape)
{
	uint32_t tensor = v3c_fb_vector_i32(&im->op->outputs, k);
	const struct tfl_tensor *t = &im->model->tensors[tensor];
	struct ir_shape declared;
	int ret;

	if (im->value_of[tensor] >= 0 || t->data)
		return v3c_import_fail(im, EINVAL,
				       "damaged: it writes tensor %u, which is an input, a constant, "
				       "or another operator's",
				       tensor);
	ret = v3c_import_shape(im, t, &declared);
	if (ret)
		return ret;
	if (!v3c_ir_same_shape(&declared, shape))
		return v3c_import_fail(im, EINVAL,
				       "damaged: the shape of its output, tensor %u, does not follow "
				       "from its inputs",
				       tensor);
	return 0;
}

int v3c_import_output(struct importer *im, uint32_t k, const struct ir_shape *shape)
{
	int ret = check_output(im, k, shape);

	return ret ? ret : v3c_import_new_value(im, v3c_fb_vector_i32(&im->op->outputs, k), shape);
}

int v3c_import_index_output(struct importer *im, const struct ir_shape *shape, bool bytes)
{
	uint32_t tensor = v3c_fb_vector_i32(&im->op->outputs, 0);
	const struct tfl_tensor *t = &im->model->tensors[tensor];
	struct ir_shape held = *shape;
	int value, ret;

	if (t->type != TFL_INT32 && t->type != TFL_INT64)
		return v3c_import_fail(im, ENOTSUP, "its output is %s, not int32 or int64",
				       v3c_tfl_type_name(t->type));
	ret = check_output(im, 0, shape);
	if (ret)
		return ret;
	if (bytes)
		held.dim[held.rank++] = t->type == TFL_INT32 ? 4 : 8;
	if (ir_elements(&held) > V3C_MAX_ELEMENTS)
		return v3c_import_fail(im, ENOTSUP, "its output has more than %u bytes",
				       V3C_MAX_ELEMENTS);
	value = v3c_import_temporary(im, &held, (struct v3c_quant){});
	if (value >= 0) {
		im->graph->values[value].tensor = tensor;
		im->value_of[tensor] = value;
	}
	return value;
}

int v3c_import_temporary(struct importer *im, const struct ir_shape *shape, struct v3c_quant quant)
{
	return v3c_ir_add_value(im->ctx, im->graph, shape, quant);
}

int v3c_import_node(struct importer *im, enum ir_kind kind, int a, int b, int out)
{
	int node = v3c_ir_add_node(im->ctx, im->graph, kind, import_tag(im), b < 0 ? 1 : 2, out);

	if (node >= 0) {
		im->graph->nodes[node].in[0] = a;
		if (b >= 0)
			im->graph->nodes[node].in[1] = b;
	}
	return node;
}

int v3c_import_reshaped(struct importer *im, int in, const struct ir_shape *shape)
{
	int out = v3c_import_temporary(im, shape, import_value(im, in)->quant);
	int node = out < 0 ? out : v3c_import_node(im, IR_RESHAPE, in, -1, out);

	return node < 0 ? node : out;
}

int v3c_import_mapped(struct importer *im, int in, int8_t *table, struct v3c_quant quant)
{
	int out = v3c_import_temporary(im, &import_value(im, in)->shape, quant);
	int node = out < 0 ? out : v3c_import_node(im, IR_TABLE, in, -1, out);

	if (node < 0)
		return node;
	im->graph->nodes[node].table = table;
	return out;
}

int v3c_import_transposed(struct importer *im, int in, const uint8_t *perm)
{
	const struct ir_shape from = import_value(im, in)->shape;
	struct ir_shape to = { .rank = from.rank };
	int i, out, node;

	for (i = 0; i < from.rank; i++)
		to.dim[i] = from.dim[perm[i]];
	out = v3c_import_temporary(im, &to, import_value(im, in)->quant);
	node = out < 0 ? out : v3c_import_node(im, IR_TRANSPOSE, in, -1, out);
	if (node < 0)
		return node;
	memcpy(im->graph->nodes[node].perm, perm, from.rank);
	return out;
}

int (*v3c_import_view(int32_t code))(struct importer *im)
{
	switch (code) {
	case TFL_PAD:
	case TFL_PADV2:
		return v3c_import_pad;
	case TFL_RESHAPE:
	case TFL_SQUEEZE:
	case TFL_EXPAND_DIMS:
		return v3c_import_reshape;
	case TFL_TRANSPOSE:
		return v3c_import_transpose;
	case TFL_SLICE:
		return v3c_import_slice;
	case TFL_STRIDED_SLICE:
		return v3c_import_strided_slice;
	case TFL_SPLIT:
	case TFL_SPLIT_V:
		return v3c_import_split;
	case TFL_UNPACK:
		return v3c_import_unpack;
	case TFL_CONCATENATION:
		return v3c_import_concat;
	case TFL_PACK:
		return v3c_import_pack;
	case TFL_SPACE_TO_DEPTH:
		return v3c_import_space_to_depth;
	case TFL_DEPTH_TO_SPACE:
		return v3c_import_depth_to_space;
	case TFL_SPACE_TO_BATCH_ND:
		return v3c_import_space_to_batch;
	case TFL_BATCH_TO_SPACE_ND:
		return v3c_import_batch_to_space;
	case TFL_GATHER:
		return v3c_import_gather;
	case TFL_MIRROR_PAD:
		return v3c_import_mirror_pad;
	case TFL_TILE:
		return v3c_import_tile;
	case TFL_GATHER_ND:
		return v3c_import_gather_nd;
	case TFL_BROADCAST_TO:
		return v3c_import_broadcast_to;
	default:
		return NULL;
	}
}

static int npu_op(struct importer *im)
{
	int (*view)(struct importer *im) = v3c_import_view(im->op->code);

	switch (im->op->code) {
	case TFL_CONV_2D:
	case TFL_DEPTHWISE_CONV_2D:
		return v3c_import_conv(im);
	case TFL_FULLY_CONNECTED:
		return v3c_import_fully_connected(im);
	case TFL_TRANSPOSE_CONV:
		return v3c_import_transpose_conv(im);
	case TFL_BATCH_MATMUL:
		return v3c_import_batch_matmul(im);
	case TFL_MEAN:
		return v3c_import_mean(im);
	case TFL_REDUCE_MAX:
		return v3c_import_reduce_max(im);
	case TFL_ADD:
	case TFL_SUB:
	case TFL_MUL:
	case TFL_MAXIMUM:
	case TFL_MINIMUM:
	case TFL_PRELU:
		return v3c_import_eltwise(im);
	case TFL_AVERAGE_POOL_2D:
	case TFL_MAX_POOL_2D:
		return v3c_import_pool(im);
	case TFL_SOFTMAX:
		return v3c_import_softmax(im);
	case TFL_RESIZE_NEAREST_NEIGHBOR:
	case TFL_RESIZE_BILINEAR:
		return v3c_import_resize(im);
	case TFL_ARG_MAX:
	case TFL_ARG_MIN:
		return v3c_import_argmax(im);
	case TFL_LOGISTIC:
	case TFL_LEAKY_RELU:
	case TFL_QUANTIZE:
	case TFL_RELU:
	case TFL_RELU6:
	case TFL_RELU_N1_TO_1:
	case TFL_RELU_0_TO_1:
	case TFL_TANH:
	case TFL_HARD_SWISH:
	case TFL_ELU:
	case TFL_GELU:
	case TFL_EXP:
	case TFL_ABS:
	case TFL_NEG:
	case TFL_SQUARE:
		return v3c_import_table(im);
	default:
		return view ? view(im) :
		       v3c_import_fail(im, ENOTSUP,
				       "the NPU cannot compute this operator; use a model without it");
	}
}

const struct import_backend v3c_import_npu = {
	.op = npu_op,
	.constant = npu_constant,
	.input = v3c_import_npu_input,
	.output = v3c_import_npu_output,
};

static int import_graph_input(struct importer *im, uint32_t tensor)
{
	const struct tfl_tensor *t = &im->model->tensors[tensor];
	struct ir_graph *g = im->graph;
	struct ir_shape shape;
	int ret;

	if (im->value_of[tensor] >= 0 || t->data)
		return v3c_import_fail(im, EINVAL,
				       "damaged: tensor %u is another input or a constant", tensor);
	ret = v3c_import_shape(im, t, &shape);
	if (!ret)
		ret = v3c_import_new_value(im, tensor, &shape);
	if (ret < 0)
		return ret;
	g->values[ret].is_input = true;
	g->inputs[g->input_count++] = ret;
	if (im->backend->input)
		ret = im->backend->input(im, tensor, ret);
	if (ret >= 0)
		im->value_of[tensor] = ret;
	return ret < 0 ? ret : 0;
}

/*
 * Every output gets a value of its own that a node writes: where a tensor is
 * two outputs, or an input or constant too, a copy is the output.
 */
static int import_graph_output(struct importer *im, uint32_t tensor)
{
	struct ir_graph *g = im->graph;
	int value = im->value_of[tensor];

	if (value < 0 && im->model->tensors[tensor].data) {
		value = v3c_import_constant_output(im, tensor);
		if (value < 0)
			return value;
	}
	if (value < 0)
		return v3c_fail(im->ctx, EINVAL,
				"damaged: model output %d: nothing writes tensor %u",
				g->output_count, tensor);
	if (im->backend->output) {
		value = im->backend->output(im, tensor, value);
		if (value < 0)
			return value;
	}
	if (g->values[value].output >= 0 || g->values[value].is_input || g->values[value].data) {
		int copy =
			v3c_import_temporary(im, &g->values[value].shape, g->values[value].quant);
		int node;

		if (copy < 0)
			return copy;
		g->values[copy].tensor = tensor;
		node = v3c_import_node(im, IR_RESHAPE, value, -1, copy);
		if (node < 0)
			return node;
		value = copy;
	}
	g->values[value].output = g->output_count;
	g->outputs[g->output_count++] = value;
	return 0;
}

static int start(struct importer *im, uint32_t inputs, uint32_t outputs)
{
	const struct tfl_model *model = im->model;
	struct ir_graph *g = im->graph;
	uint32_t i;

	*g = (struct ir_graph){ .element_size = im->backend->real ? sizeof(float) : 1 };
	im->value_of = v3c_alloc(im->ctx, model->tensor_count, sizeof(*im->value_of));
	/* One more, to blame for copies in a model without operators */
	g->op_codes = v3c_alloc(im->ctx, model->file_op_count + 1, sizeof(*g->op_codes));
	g->inputs = v3c_alloc(im->ctx, inputs, sizeof(*g->inputs));
	g->outputs = v3c_alloc(im->ctx, outputs, sizeof(*g->outputs));
	if (!im->value_of || !g->op_codes || !g->inputs || !g->outputs)
		return v3c_no_memory(im->ctx);
	for (i = 0; i < model->tensor_count; i++)
		im->value_of[i] = -1;
	memcpy(g->op_codes, model->file_codes, model->file_op_count * sizeof(*g->op_codes));
	return 0;
}

static int import_next(struct importer *im, uint32_t op)
{
	int ret;

	im->op = &im->model->ops[op];
	im->number = op;
	ret = v3c_import_check_signs(im);
	if (!ret)
		ret = im->backend->op(im);
	return ret < 0 ? ret : 0;
}

int v3c_import(struct v3c_ctx *ctx, const struct import_backend *backend,
	       const struct tfl_model *model, const struct v3c_part *part, struct ir_graph *graph)
{
	struct importer im = { .ctx = ctx, .backend = backend, .model = model, .graph = graph };
	uint32_t inputs = part ? part->input_count : model->inputs.count;
	uint32_t outputs = part ? part->output_count : model->outputs.count;
	uint32_t ops = part ? part->op_count : model->op_count;
	uint32_t i;
	int ret = start(&im, inputs, outputs);

	if (ret)
		return ret;
	if (!inputs || !outputs)
		return v3c_fail(ctx, EINVAL, "damaged: the model has no inputs or no outputs");
	graph->op_count = ops;
	for (i = 0; !ret && i < inputs; i++) {
		im.number = i;
		ret = import_graph_input(&im, part ? part->inputs[i] :
					 v3c_fb_vector_i32(&model->inputs, i));
	}
	for (i = 0; !ret && i < ops; i++)
		ret = import_next(&im, part ? part->ops[i] : i);
	for (i = 0; !ret && i < outputs; i++)
		ret = import_graph_output(&im, part ? part->outputs[i] :
					  v3c_fb_vector_i32(&model->outputs, i));
	return ret;
}

/* The last failure's text without the operator in front, which the caller knows */
static char *reason(struct v3c_ctx *ctx)
{
	const char *text = strstr(ctx->error, "): ");
	char *copy;

	text = text ? text + strlen("): ") : ctx->error;
	copy = v3c_alloc(ctx, 1, strlen(text) + 1);
	return copy ? strcpy(copy, text) : NULL;
}

int v3c_import_reasons(struct v3c_ctx *ctx, const struct import_backend *backend,
		       const struct tfl_model *model, const char **reasons)
{
	struct ir_graph graph;
	struct importer im = {
		.ctx = ctx, .backend = backend, .model = model, .graph = &graph, .open = true,
	};
	uint32_t i;
	int ret = start(&im, 0, 0);

	for (i = 0; !ret && i < model->op_count; i++) {
		ret = import_next(&im, i);
		reasons[i] = NULL;
		if (ret != -ENOTSUP)
			continue;
		reasons[i] = reason(ctx);
		ret = reasons[i] ? 0 : v3c_no_memory(ctx);
	}
	return ret;
}

int v3c_import_try(struct v3c_ctx *ctx, const struct import_backend *backend,
		   const struct tfl_model *model, bool *known)
{
	const char **reasons = v3c_alloc(ctx, model->op_count, sizeof(*reasons));
	uint32_t i;
	int ret = reasons ? v3c_import_reasons(ctx, backend, model, reasons) : v3c_no_memory(ctx);

	for (i = 0; !ret && i < model->op_count; i++)
		known[i] = !reasons[i];
	return ret;
}
