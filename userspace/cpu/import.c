// SPDX-License-Identifier: MIT
/*
 * The operators but for products, which are in import_mac.c; those that only
 * move elements are the compiler's own.
 */
#include "import.h"

#include <errno.h>
#include <math.h>

#include "compiler/tflite/tflite_uint8.h"

#define MAX_INDICES	(1u << 24)	/* that a float32 can count */

int v3cpu_clamp(struct importer *im, struct cpu_op *op)
{
	op->min = -INFINITY;
	op->max = INFINITY;
	switch (im->op->activation) {
	case TFL_ACT_NONE:
		return 0;
	case TFL_ACT_RELU:
		op->min = 0;
		return 0;
	case TFL_ACT_RELU_N1_TO_1:
		op->min = -1;
		op->max = 1;
		return 0;
	case TFL_ACT_RELU6:
		op->min = 0;
		op->max = 6;
		return 0;
	default:
		return v3c_import_fail(im, ENOTSUP,
				       "fused activation %u is not one of NONE, RELU, RELU6, "
				       "RELU_N1_TO_1",
				       im->op->activation);
	}
}

int v3cpu_check_window(struct importer *im, const struct ir_shape *out, const uint32_t *kernel)
{
	if ((uint64_t)out->dim[1] * out->dim[2] > V3C_MAX_WINDOWS / kernel[0] / kernel[1])
		return v3c_import_fail(im, ENOTSUP, "%ux%u windows of %ux%u need too much memory",
				       out->dim[1], out->dim[2], kernel[0], kernel[1]);
	return 0;
}

int v3cpu_window(struct importer *im, struct cpu_op *op, int i, uint32_t in, int64_t kernel,
		 int64_t dilation, uint32_t *out)
{
	int64_t total;
	int ret = v3c_import_window(im, in, kernel, im->op->stride[i], dilation, out, &op->pad[i]);

	if (ret)
		return ret;
	total = (int64_t)(*out - 1) * im->op->stride[i] + (kernel - 1) * dilation + 1 - in;
	if (total > INT32_MAX || im->op->stride[i] > INT16_MAX || dilation > INT32_MAX)
		return v3c_import_fail(im, ENOTSUP,
				       "a window of %lld with stride %d and dilation %lld is too large",
				       (long long)kernel, im->op->stride[i], (long long)dilation);
	op->kernel[i] = kernel;
	op->stride[i] = im->op->stride[i];
	op->dilation[i] = dilation;
	if (im->op->padding == TFL_SAME && total > 0)
		op->pad[2 + i] = total - op->pad[i];
	return 0;
}

int v3cpu_node(struct importer *im, const struct cpu_op *op, int a, int b, int out)
{
	struct cpu_op *copy = v3c_alloc(im->ctx, 1, sizeof(*copy));
	int node;

	if (!copy)
		return v3c_no_memory(im->ctx);
	*copy = *op;
	node = v3c_import_node(im, IR_HOST, a, b, out);
	if (node >= 0)
		im->graph->nodes[node].host = copy;
	return node;
}

int v3cpu_compute(struct importer *im, const struct cpu_op *op, int a, int b, int out)
{
	const struct v3c_quant quant = import_value(im, out)->quant;
	const struct cpu_op round = { .kind = CPU_ROUND_TO_INT8, .quant = quant };
	int exact, node;

	if (!quant.scale)
		return v3cpu_node(im, op, a, b, out);
	exact = v3c_import_temporary(im, &import_value(im, out)->shape, (struct v3c_quant){});
	if (exact < 0)
		return exact;
	node = v3cpu_node(im, op, a, b, exact);
	return node < 0 ? node : v3cpu_node(im, &round, exact, -1, out);
}

static int one_result(struct importer *im, const struct cpu_op *op, int a, int b,
		      const struct ir_shape *shape)
{
	int out = v3c_import_output(im, 0, shape);

	return out < 0 ? out : v3cpu_compute(im, op, a, b, out);
}

int v3cpu_scalar(struct importer *im, float number)
{
	const struct ir_shape shape = { .rank = 1, .dim = { 1 } };
	int value = v3c_import_temporary(im, &shape, (struct v3c_quant){});
	float *data = v3c_alloc(im->ctx, 1, sizeof(*data));

	if (!data)
		return v3c_no_memory(im->ctx);
	*data = number;
	if (value >= 0)
		import_value(im, value)->data = (const uint8_t *)data;
	return value;
}

static int unary(struct importer *im, enum cpu_kind kind)
{
	struct cpu_op op = {
		.kind = kind, .code = im->op->code, .alpha = im->op->number,
		.approximate = im->op->approximate,
	};
	int in, ret = v3c_import_arity(im, 1, 1, 1);

	if (ret)
		return ret;
	in = v3c_import_input(im, 0);
	if (in < 0)
		return in;
	if (!isfinite(op.alpha))
		return v3c_import_fail(im, EINVAL, "damaged: its alpha is %g", op.alpha);
	if (op.code == TFL_RELU || op.code == TFL_RELU6)
		op.max = op.code == TFL_RELU ? INFINITY : 6;
	if (op.code == TFL_RELU_N1_TO_1 || op.code == TFL_RELU_0_TO_1) {
		op.min = op.code == TFL_RELU_N1_TO_1 ? -1 : 0;
		op.max = 1;
	}
	return one_result(im, &op, in, -1, &import_value(im, in)->shape);
}

static int binary(struct importer *im)
{
	struct cpu_op op = { .kind = CPU_BINARY, .code = im->op->code };
	struct ir_shape shape;
	int in[2], ret = v3c_read_pair(im, in, &shape);

	if (!ret)
		ret = v3cpu_clamp(im, &op);
	return ret ? ret : one_result(im, &op, in[0], in[1], &shape);
}

/* XNNPACK has no windows of one element; they are a slice and a clamp */
static int pool_of_one(struct importer *im, int in, const struct ir_shape *shape,
		       const struct cpu_op *pool)
{
	struct cpu_op op = { .kind = CPU_UNARY, .code = TFL_RELU };
	struct ir_slice slice = { .step = { 1, pool->stride[0], pool->stride[1], 1 } };
	int part = v3c_import_temporary(im, shape, import_value(im, in)->quant);
	int node;

	if (part < 0)
		return part;
	node = v3c_import_node(im, IR_SLICE, in, -1, part);
	if (node < 0)
		return node;
	im->graph->nodes[node].slice = slice;
	op.min = pool->min;
	op.max = pool->max;
	return one_result(im, &op, part, -1, shape);
}

static int pool(struct importer *im)
{
	struct cpu_op op = {
		.kind = im->op->code == TFL_MAX_POOL_2D ? CPU_MAX_POOL : CPU_AVERAGE_POOL,
	};
	struct ir_shape shape;
	int in, i, ret = v3c_import_arity(im, 1, 1, 1);

	if (ret)
		return ret;
	in = v3c_read_image(im);
	if (in < 0)
		return in;
	shape = import_value(im, in)->shape;
	for (i = 0; i < 2; i++) {
		uint32_t size = shape.dim[1 + i];

		ret = v3cpu_window(im, &op, i, size, im->op->kernel[i], 1, &shape.dim[1 + i]);
		if (ret)
			return ret;
	}
	ret = v3cpu_clamp(im, &op);
	if (!ret)
		ret = v3cpu_check_window(im, &shape, op.kernel);
	if (ret)
		return ret;
	if (op.kernel[0] == 1 && op.kernel[1] == 1)
		return pool_of_one(im, in, &shape, &op);
	return one_result(im, &op, in, -1, &shape);
}

static int softmax(struct importer *im)
{
	const struct cpu_op op = { .kind = CPU_SOFTMAX };
	struct cpu_op mul = { .kind = CPU_BINARY, .code = TFL_MUL, .min = -INFINITY,
			      .max = INFINITY };
	struct ir_shape shape;
	int in, beta, ret = v3c_import_arity(im, 1, 1, 1);

	if (ret)
		return ret;
	in = v3c_import_input(im, 0);
	if (in < 0)
		return in;
	shape = import_value(im, in)->shape;
	if (!shape.rank)
		return v3c_import_fail(im, EINVAL, "damaged: its input has no dimension");
	if (!isfinite(im->op->number))
		return v3c_import_fail(im, EINVAL, "damaged: its beta is %g", im->op->number);
	if (im->op->number != 1) {
		int scaled = v3c_import_temporary(im, &shape, (struct v3c_quant){});

		beta = v3cpu_scalar(im, im->op->number);
		if (beta < 0 || scaled < 0)
			return -ENOMEM;
		ret = v3cpu_node(im, &mul, in, beta, scaled);
		if (ret < 0)
			return ret;
		in = scaled;
	}
	return one_result(im, &op, in, -1, &shape);
}

static int prelu(struct importer *im)
{
	struct cpu_op op = { .kind = CPU_PRELU };
	struct ir_shape shape, slopes = {};
	int in, ret = v3c_import_arity(im, 2, 2, 1);

	if (ret)
		return ret;
	in = v3c_import_input(im, 0);
	if (in < 0)
		return in;
	shape = import_value(im, in)->shape;
	ret = v3cpu_constant_input(im, 1, &slopes, &op.weights);
	if (ret)
		return ret;
	op.weight_count = cpu_channels(&shape);
	if (!op.weights || ir_elements(&slopes) != op.weight_count ||
	    cpu_channels(&slopes) != op.weight_count)
		return v3c_import_fail(im, ENOTSUP,
				       "its slopes are not constant, one for each channel");
	return one_result(im, &op, in, -1, &shape);
}

static int bilinear(struct importer *im)
{
	struct cpu_op op = {
		.kind = CPU_BILINEAR, .align_corners = im->op->align_corners,
		.half_pixel_centers = im->op->half_pixel_centers,
		.kernel = { 2, 2 },	/* four corners of each pixel */
	};
	struct ir_shape shape;
	int in, ret;

	in = v3c_read_resize(im, &shape);
	if (in < 0)
		return in;
	ret = v3cpu_check_window(im, &shape, op.kernel);
	return ret ? ret : one_result(im, &op, in, -1, &shape);
}

/* A sum is a mean times what it is of, since XNNPACK has means only */
static int sum_of_mean(struct importer *im, int in, const struct ir_shape *matrix, int out)
{
	const struct cpu_op mean = { .kind = CPU_MEAN };
	const struct cpu_op mul = { .kind = CPU_BINARY, .code = TFL_MUL, .min = -INFINITY,
				    .max = INFINITY };
	int part = v3c_import_temporary(im, &import_value(im, out)->shape, (struct v3c_quant){});
	int count = v3cpu_scalar(im, matrix->dim[1]);
	int ret;

	if (part < 0 || count < 0)
		return -ENOMEM;
	ret = v3cpu_node(im, &mean, in, -1, part);
	return ret < 0 ? ret : v3cpu_compute(im, &mul, part, count, out);
}

/* The mean over dimensions that follow one another, after a transposition if they do not */
static int mean(struct importer *im)
{
	const struct cpu_op op = { .kind = CPU_MEAN };
	struct ir_shape shape, whole, matrix = { .rank = 3, .dim = { 1, 1, 1 } };
	struct ir_shape result = { .rank = 2 };
	unsigned int axes;
	int in, view, flat, out, first, last, i, ret;
	bool sum = im->op->code == TFL_SUM;

	in = v3c_read_reduction(im, &axes, &whole);
	if (in < 0)
		return in;
	if (!axes)
		return v3c_import_fail(im, ENOTSUP, "it is over no dimension");
	first = __builtin_ctz(axes);
	last = 31 - __builtin_clz(axes);
	if (axes != (1u << (last + 1)) - (1u << first)) {
		in = v3c_import_last(im, in, axes);
		if (in < 0)
			return in;
		last = import_value(im, in)->shape.rank - 1;
		first = last + 1 - __builtin_popcount(axes);
	}
	shape = import_value(im, in)->shape;
	for (i = 0; i < shape.rank; i++)
		matrix.dim[i < first ? 0 : i <= last ? 1 : 2] *= shape.dim[i];
	result.dim[0] = matrix.dim[0];
	result.dim[1] = matrix.dim[2];
	out = v3c_import_output(im, 0, &whole);
	if (out < 0)
		return out;
	view = v3c_import_reshaped(im, in, &matrix);
	if (view < 0)
		return view;
	flat = v3c_import_temporary(im, &result, import_value(im, out)->quant);
	if (flat < 0)
		return flat;
	ret = sum ? sum_of_mean(im, view, &matrix, flat) : v3cpu_compute(im, &op, view, -1, flat);
	return ret < 0 ? ret : v3c_import_node(im, IR_RESHAPE, flat, -1, out);
}

static int maximum(struct importer *im)
{
	struct cpu_op op = { .kind = CPU_MAX_POOL, .stride = { 1, 1 }, .dilation = { 1, 1 },
			     .min = -INFINITY, .max = INFINITY };
	struct ir_shape shape, one = { .rank = 4, .dim = { 1, 1, 1, 1 } };
	int in, out, most, ret;

	in = v3c_read_maximum(im, op.kernel, &shape);
	out = in < 0 ? in : v3c_import_output(im, 0, &shape);
	if (out < 0)
		return out;
	one.dim[3] = import_value(im, in)->shape.dim[3];
	ret = v3cpu_check_window(im, &one, op.kernel);
	most = ret ? ret : v3c_import_temporary(im, &one, import_value(im, in)->quant);
	if (most < 0)
		return most;
	if (op.kernel[0] * op.kernel[1] == 1)
		return v3c_import_node(im, IR_RESHAPE, in, -1, out);
	ret = v3cpu_node(im, &op, in, -1, most);
	return ret < 0 ? ret : v3c_import_node(im, IR_RESHAPE, most, -1, out);
}

static int argmax(struct importer *im)
{
	const struct cpu_op op = { .kind = CPU_ARGMAX, .code = im->op->code };
	struct ir_shape shape;
	int in, out;

	in = v3c_read_argmax(im, MAX_INDICES, &shape);
	if (in < 0)
		return in;
	/* Real numbers; cpu_import_output() makes integers of them */
	out = v3c_import_index_output(im, &shape, false);
	return out < 0 ? out : v3cpu_node(im, &op, in, -1, out);
}

static int quantize(struct importer *im)
{
	struct cpu_op op = { .kind = CPU_ROUND_TO_INT8 };
	int in, out, ret = v3c_import_arity(im, 1, 1, 1);

	if (ret)
		return ret;
	in = v3c_import_input(im, 0);
	if (in < 0)
		return in;
	out = v3c_import_output(im, 0, &import_value(im, in)->shape);
	if (out < 0)
		return out;
	op.quant = import_value(im, out)->quant;
	if (!op.quant.scale)
		return v3c_import_fail(im, ENOTSUP, "its output is not int8");
	return v3cpu_node(im, &op, in, -1, out);
}

/* Values are real already; a constant stays one, so that it can be weights */
static int dequantize(struct importer *im)
{
	int32_t tensor;
	int in, out, ret = v3c_import_arity(im, 1, 1, 1);

	if (ret)
		return ret;
	in = v3c_import_input(im, 0);
	if (in < 0)
		return in;
	out = v3c_import_output(im, 0, &import_value(im, in)->shape);
	if (out < 0)
		return out;
	if (import_value(im, in)->data) {
		tensor = v3c_fb_vector_i32(&im->op->outputs, 0);
		im->value_of[tensor] = in;
		return 0;
	}
	return v3c_import_node(im, IR_RESHAPE, in, -1, out);
}

static int cpu_import_op(struct importer *im)
{
	int (*view)(struct importer *im) = v3c_import_view(im->op->code);

	switch (im->op->code) {
	case TFL_CONV_2D:
	case TFL_DEPTHWISE_CONV_2D:
		return v3cpu_import_conv(im);
	case TFL_TRANSPOSE_CONV:
		return v3cpu_import_transpose_conv(im);
	case TFL_FULLY_CONNECTED:
		return v3cpu_import_fully_connected(im);
	case TFL_BATCH_MATMUL:
		return v3cpu_import_batch_matmul(im);
	case TFL_ADD:
	case TFL_SUB:
	case TFL_MUL:
	case TFL_DIV:
	case TFL_MAXIMUM:
	case TFL_MINIMUM:
	case TFL_SQUARED_DIFFERENCE:
		return binary(im);
	case TFL_AVERAGE_POOL_2D:
	case TFL_MAX_POOL_2D:
		return pool(im);
	case TFL_SOFTMAX:
		return softmax(im);
	case TFL_PRELU:
		return prelu(im);
	case TFL_RESIZE_BILINEAR:
		return bilinear(im);
	case TFL_RESIZE_NEAREST_NEIGHBOR:
		return v3c_import_resize(im);
	case TFL_MEAN:
	case TFL_SUM:
		return mean(im);
	case TFL_REDUCE_MAX:
		return maximum(im);
	case TFL_ARG_MAX:
	case TFL_ARG_MIN:
		return argmax(im);
	case TFL_RELU:
	case TFL_RELU6:
	case TFL_RELU_N1_TO_1:
	case TFL_RELU_0_TO_1:
	case TFL_LEAKY_RELU:
	case TFL_ELU:
	case TFL_HARD_SWISH:
	case TFL_LOGISTIC:
	case TFL_ABS:
	case TFL_NEG:
	case TFL_SQUARE:
	case TFL_SQRT:
	case TFL_FLOOR:
	case TFL_CEIL:
	case TFL_ROUND:
		return unary(im, CPU_UNARY);
	case TFL_TANH:
	case TFL_GELU:
	case TFL_EXP:
	case TFL_LOG:
	case TFL_RSQRT:
		return unary(im, CPU_MAP);
	case TFL_QUANTIZE:
		return quantize(im);
	case TFL_DEQUANTIZE:
		return dequantize(im);
	default:
		return view ? view(im) :
		       v3c_import_fail(im, ENOTSUP, "neither the NPU nor the CPU can compute this "
				       "operator; use a model without it");
	}
}

/* What an input's or output's bytes differ in from int8 */
static uint8_t flip_of(const struct importer *im, uint32_t tensor)
{
	return im->model->tensors[tensor].was_uint8 ? TFL_UINT8_FLIP : 0;
}

static int cpu_import_input(struct importer *im, uint32_t tensor, int value)
{
	struct cpu_op op = { .kind = CPU_FROM_INT8, .quant = import_value(im, value)->quant };
	int real, node;

	if (!op.quant.scale)
		return value;
	op.flip = flip_of(im, tensor);
	real = v3c_import_temporary(im, &import_value(im, value)->shape, op.quant);
	if (real < 0)
		return real;
	node = v3cpu_node(im, &op, value, -1, real);
	return node < 0 ? node : real;
}

static int cpu_import_output(struct importer *im, uint32_t tensor, int value)
{
	struct cpu_op op = { .kind = CPU_TO_INT8, .quant = import_value(im, value)->quant };
	struct ir_shape shape = import_value(im, value)->shape;
	int bytes, node, type = im->model->tensors[tensor].type;

	if (type == TFL_INT32 || type == TFL_INT64) {
		op.kind = CPU_TO_INDEX;
		shape.dim[shape.rank++] = type == TFL_INT32 ? 4 : 8;
	} else if (type != TFL_INT8) {
		return value;
	}
	op.flip = flip_of(im, tensor);
	bytes = v3c_import_temporary(im, &shape, op.quant);
	if (bytes < 0)
		return bytes;
	import_value(im, bytes)->tensor = tensor;
	node = v3cpu_node(im, &op, value, -1, bytes);
	return node < 0 ? node : bytes;
}

static int cpu_import_constant(struct importer *im, uint32_t tensor, const struct ir_shape *shape)
{
	const struct tfl_tensor *t = &im->model->tensors[tensor];
	struct v3c_quant quant = {};
	const float *data;
	int value, ret = v3cpu_real_constant(im, t, shape, &data);

	if (ret)
		return ret;
	if (t->type == TFL_INT8 && t->scale.count == 1) {
		quant.scale = v3c_fb_vector_float(&t->scale, 0);
		quant.zero_point = t->zero_point.count ? v3c_fb_vector_i64(&t->zero_point, 0) : 0;
	}
	value = v3c_import_temporary(im, shape, quant);
	if (value < 0)
		return value;
	import_value(im, value)->tensor = tensor;
	import_value(im, value)->data = (const uint8_t *)data;
	im->value_of[tensor] = value;
	return value;
}

const struct import_backend v3cpu_import_backend = {
	.real = true,
	.op = cpu_import_op,
	.constant = cpu_import_constant,
	.input = cpu_import_input,
	.output = cpu_import_output,
};
