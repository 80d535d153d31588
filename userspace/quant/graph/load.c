// SPDX-License-Identifier: MIT
/*
 * From a .tflite file to a graph with float constants.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "compiler/arith/half.h"
#include "compiler/read_model.h"
#include "graph.h"

static int tensor_fail(struct v3c_ctx *ctx, int err, uint32_t i, const struct tfl_tensor *t,
		       const char *what)
{
	return v3c_fail(ctx, err, "tensor %u (%.60s) %s", i, t->name ? t->name : "", what);
}

static int read_shape(struct v3c_ctx *ctx, uint32_t i, const struct tfl_tensor *t,
		      struct ir_shape *shape)
{
	uint64_t elements = 1;
	uint32_t k;

	if (t->rank > V3C_MAX_RANK)
		return tensor_fail(ctx, ENOTSUP, i, t, "has more than 6 dimensions");
	shape->rank = t->rank;
	for (k = 0; k < t->rank; k++) {
		if (t->dim[k] < 1)
			return tensor_fail(ctx, ENOTSUP, i, t,
					   "has a dimension that is not fixed; export with fixed "
					   "shapes");
		shape->dim[k] = t->dim[k];
		elements *= t->dim[k];
		if (elements > V3C_MAX_ELEMENTS)
			return tensor_fail(ctx, ENOTSUP, i, t, "has too many elements");
	}
	return 0;
}

/* What an int8 constant stands for; one scale, or one for each element of a dimension */
static int read_int8(struct v3c_ctx *ctx, uint32_t i, const struct tfl_tensor *t,
		     struct q_tensor *q, float *out)
{
	uint64_t elements = ir_elements(&q->shape), inner = elements, k, j;
	uint32_t scales = t->scale.count, channel = 0;
	int d;

	if (!scales || (t->zero_point.count && t->zero_point.count != scales) ||
	    (scales > 1 && (t->channel_dim < 0 || t->channel_dim >= q->shape.rank ||
			    q->shape.dim[t->channel_dim] != scales)))
		return tensor_fail(ctx, EINVAL, i, t,
				   "is damaged: its scales do not fit its shape");
	if (scales > 1)
		for (inner = 1, d = q->shape.rank - 1; d > t->channel_dim; d--)
			inner *= q->shape.dim[d];
	for (k = 0; k < elements; k += inner) {
		float scale = v3c_fb_vector_float(&t->scale, channel);
		int64_t zero = t->zero_point.count ? v3c_fb_vector_i64(&t->zero_point, channel) : 0;

		if (!isfinite(scale) || scale < 0 || zero < INT8_MIN || zero > INT8_MAX)
			return tensor_fail(ctx, EINVAL, i, t,
					   "is damaged: its scale or zero point is impossible");
		for (j = 0; j < inner; j++)
			out[k + j] = scale * ((int8_t)t->data[k + j] - zero);
		channel = channel + 1 < scales ? channel + 1 : 0;
	}
	if (scales == 1 && t->zero_point.count && !v3c_fb_vector_i64(&t->zero_point, 0))
		q->step = v3c_fb_vector_float(&t->scale, 0);
	return 0;
}

static int read_real(struct v3c_ctx *ctx, uint32_t i, const struct tfl_tensor *t,
		     struct q_tensor *q)
{
	uint64_t elements = ir_elements(&q->shape), k;
	size_t width = t->type == TFL_FLOAT32 ? 4 : t->type == TFL_FLOAT16 ? 2 : 1;
	float *out;
	int ret = 0;

	if (t->data_size != elements * width || t->special)
		return tensor_fail(ctx, EINVAL, i, t, "is damaged: its bytes do not fit its shape");
	out = v3c_alloc(ctx, elements, sizeof(*out));
	if (!out)
		return v3c_no_memory(ctx);
	if (t->type == TFL_INT8) {
		ret = read_int8(ctx, i, t, q, out);
	} else if (t->type == TFL_FLOAT32) {
		memcpy(out, t->data, elements * sizeof(*out));
	} else {
		for (k = 0; k < elements; k++)
			out[k] = v3c_half_to_float(t->data[2 * k] | t->data[2 * k + 1] << 8);
	}
	for (k = 0; !ret && k < elements; k++)
		if (!isfinite(out[k]))
			return tensor_fail(ctx, EINVAL, i, t, "has a number that is not finite");
	q->real = out;
	q->type = TFL_FLOAT32;
	return ret;
}

static int read_tensor(struct v3c_ctx *ctx, const struct tfl_model *m, uint32_t i,
		       struct q_graph *g)
{
	const struct tfl_tensor *t = &m->tensors[i];
	struct ir_shape shape;
	int ret = read_shape(ctx, i, t, &shape);

	if (ret)
		return ret;
	ret = q_add_tensor(g, t->name ? t->name : "", t->type, &shape);
	if (ret < 0)
		return ret;
	if (!t->data) {
		if (t->type == TFL_INT8 || t->type == TFL_FLOAT16)
			return tensor_fail(ctx, ENOTSUP, i, t, t->was_uint8 ?
					   "is a uint8 activation: the model is quantized already; "
					   "give the float model it was made of" :
					   t->type == TFL_INT8 ?
					   "is an int8 activation: the model is quantized already; "
					   "give the float model it was made of, or its _int8 "
					   "export" :
					   "is a float16 activation; export with float32 "
					   "activations");
		return 0;
	}
	if (t->type == TFL_FLOAT32 || t->type == TFL_FLOAT16 || t->type == TFL_INT8)
		return read_real(ctx, i, t, &g->tensors[i]);
	g->tensors[i].data = t->data;
	g->tensors[i].size = t->data_size;
	return 0;
}

static int32_t *read_list(struct v3c_ctx *ctx, const struct fb_vector *v)
{
	int32_t *list = v3c_alloc(ctx, v->count, sizeof(*list));
	uint32_t i;

	for (i = 0; list && i < v->count; i++)
		list[i] = v3c_fb_vector_i32(v, i);
	return list;
}

/* The result of DEQUANTIZE of a constant is one itself */
static bool is_folded(struct q_graph *g, const struct tfl_op *op, const int32_t *in,
		      const int32_t *out)
{
	struct q_tensor *from, *to;

	if (op->code != TFL_DEQUANTIZE || op->inputs.count != 1 || op->outputs.count != 1 ||
	    in[0] < 0)
		return false;
	from = &g->tensors[in[0]];
	to = &g->tensors[out[0]];
	if (!from->real || ir_elements(&from->shape) != ir_elements(&to->shape))
		return false;
	to->real = from->real;
	to->step = from->step;
	return true;
}

/* RESHAPE with its new shape as an operand, where an option of the file had it */
static int add_reshape(struct q_graph *g, const struct tfl_op *op, int32_t in, int32_t out)
{
	const struct ir_shape *shape = &g->tensors[out].shape;
	int32_t operands[2] = { in }, size[V3C_MAX_RANK];
	int i;

	for (i = 0; i < shape->rank; i++)
		size[i] = shape->dim[i];
	operands[1] = q_add_int32(g, size, shape->rank);
	return operands[1] < 0 ? operands[1] : q_add_op(g, op, operands, 2, &out, 1);
}

static int read_op(struct v3c_ctx *ctx, const struct tfl_op *op, struct q_graph *g)
{
	int32_t *in = read_list(ctx, &op->inputs), *out = read_list(ctx, &op->outputs);

	if (!in || !out)
		return v3c_no_memory(ctx);
	if (is_folded(g, op, in, out))
		return 0;
	if (op->code == TFL_RESHAPE && op->inputs.count == 1 && op->outputs.count == 1)
		return add_reshape(g, op, in[0], out[0]);
	return q_add_op(g, op, in, op->inputs.count, out, op->outputs.count);
}

int q_load(struct v3c_ctx *ctx, const void *data, size_t size, struct q_graph *graph)
{
	struct tfl_model m;
	uint32_t i;
	int ret = v3c_read_model(ctx, &m, data, size);

	*graph = (struct q_graph) { .ctx = ctx };
	for (i = 0; ret >= 0 && i < m.tensor_count; i++)
		ret = read_tensor(ctx, &m, i, graph);
	for (i = 0; ret >= 0 && i < m.op_count; i++)
		ret = read_op(ctx, &m.ops[i], graph);
	if (ret < 0)
		return ret;
	if (m.inputs.count != 1 || m.outputs.count != 1)
		return v3c_fail(ctx, ENOTSUP,
				"the model has %u inputs and %u outputs; models with one of each "
				"are supported", m.inputs.count, m.outputs.count);
	graph->input_count = m.inputs.count;
	graph->output_count = m.outputs.count;
	graph->inputs = read_list(ctx, &m.inputs);
	graph->outputs = read_list(ctx, &m.outputs);
	if (!graph->inputs || !graph->outputs)
		return v3c_no_memory(ctx);
	ret = q_remove_unused(graph);
	if (!ret && !graph->op_count)
		ret = v3c_fail(ctx, ENOTSUP, "no operator computes the model's output; there is "
			       "nothing to quantize");
	return ret;
}
