// SPDX-License-Identifier: MIT
/*
 * Products: convolutions, FULLY_CONNECTED, BATCH_MATMUL.
 */
#include <errno.h>
#include <math.h>

#include "import.h"

/* Input @k of rank 4 and constant weights of rank 4, input 1 */
static int conv_operands(struct importer *im, uint32_t k, int *in, struct ir_shape *weights,
			 struct cpu_op *op)
{
	int ret;

	*in = v3c_import_input(im, k);
	if (*in < 0)
		return *in;
	ret = v3cpu_constant_input(im, 1, weights, &op->weights);
	if (ret)
		return ret;
	if (!op->weights)
		return v3c_import_fail(im, ENOTSUP, "its weights are not constant");
	if (import_value(im, *in)->shape.rank != 4 || weights->rank != 4)
		return v3c_import_fail(im, EINVAL,
				       "damaged: input and weights have %d and %d dimensions, not 4",
				       import_value(im, *in)->shape.rank, weights->rank);
	op->weight_count = ir_elements(weights);
	return 0;
}

int v3cpu_import_conv(struct importer *im)
{
	struct cpu_op op = {
		.kind = CPU_CONV, .depthwise = im->op->code == TFL_DEPTHWISE_CONV_2D,
	};
	struct ir_shape weights, shape;
	uint32_t depth, channels;
	int in, out, i, ret = v3c_import_arity(im, 2, 3, 1);

	if (!ret)
		ret = conv_operands(im, 0, &in, &weights, &op);
	if (ret)
		return ret;
	shape = import_value(im, in)->shape;
	depth = shape.dim[3];
	channels = weights.dim[op.depthwise ? 3 : 0];
	op.groups = op.depthwise ? depth : depth / weights.dim[3];
	if (op.depthwise ? weights.dim[0] != 1 || channels % depth :
	    depth % weights.dim[3] || channels % op.groups)
		return v3c_import_fail(im, EINVAL,
				       "damaged: weights for %u inputs and %u outputs, an input of %u "
				       "channels",
				       weights.dim[3], channels, depth);
	for (i = 0; i < 2; i++) {
		ret = v3cpu_window(im, &op, i, shape.dim[1 + i], weights.dim[1 + i],
				   im->op->dilation[i], &shape.dim[1 + i]);
		if (ret)
			return ret;
	}
	shape.dim[3] = channels;
	ret = v3cpu_check_window(im, &shape, op.kernel);
	if (!ret)
		ret = v3cpu_bias(im, 2, channels, in, 1, &op.bias);
	if (!ret)
		ret = v3cpu_clamp(im, &op);
	if (ret)
		return ret;
	out = v3c_import_output(im, 0, &shape);
	if (out < 0)
		return out;
	im->graph->macs += ir_elements(&shape) * op.kernel[0] * op.kernel[1] *
			   (depth / op.groups);
	return v3cpu_compute(im, &op, in, -1, out);
}

/* As TFLite's ComputePaddingHeightWidth() of the convolution that this is the transpose of */
static int transpose_window(struct importer *im, struct cpu_op *op, int i, uint32_t in,
			    uint32_t out, uint32_t kernel)
{
	int64_t stride = im->op->stride[i], span = kernel, total, whole;

	if (stride < 1 || stride > INT16_MAX || im->op->padding > TFL_VALID)
		return v3c_import_fail(im, EINVAL, "damaged: stride %lld, padding %u",
				       (long long)stride, im->op->padding);
	whole = (int64_t)(in - 1) * stride + span;
	total = whole - out;
	if (im->op->padding == TFL_VALID || total < 0) {
		if (total > 0 || -total >= stride)
			return v3cpu_bad_output(im);
		op->adjust[i] = -total;
		total = 0;
	}
	if (total >= span + stride)
		return v3cpu_bad_output(im);
	op->kernel[i] = kernel;
	op->stride[i] = stride;
	op->dilation[i] = 1;
	op->pad[i] = total / 2;
	op->pad[2 + i] = total - total / 2;
	return 0;
}

int v3cpu_import_transpose_conv(struct importer *im)
{
	struct cpu_op op = { .kind = CPU_DECONV, .groups = 1 };
	struct ir_shape weights, shape;
	int64_t size[4];
	int in, out, i, ret = v3c_import_arity(im, 3, 4, 1);

	if (!ret)
		ret = conv_operands(im, 2, &in, &weights, &op);
	if (ret)
		return ret;
	ret = v3c_import_integers(im, 0, size, 4);
	if (ret < 0)
		return ret;
	shape = import_value(im, in)->shape;
	if (ret != 4 || size[0] != shape.dim[0] || size[3] != weights.dim[0] ||
	    weights.dim[3] != shape.dim[3] || size[1] < 1 || size[2] < 1 ||
	    size[1] > V3C_MAX_ELEMENTS || size[2] > V3C_MAX_ELEMENTS)
		return v3cpu_bad_output(im);
	for (i = 0; i < 2; i++) {
		ret = transpose_window(im, &op, i, shape.dim[1 + i], size[1 + i],
				       weights.dim[1 + i]);
		if (ret)
			return ret;
		shape.dim[1 + i] = size[1 + i];
	}
	im->graph->macs += op.weight_count * import_value(im, in)->shape.dim[0] *
			   import_value(im, in)->shape.dim[1] * import_value(im, in)->shape.dim[2];
	shape.dim[3] = size[3];
	ret = v3cpu_check_window(im, &shape, op.kernel);
	if (!ret)
		ret = v3cpu_bias(im, 3, size[3], in, 1, &op.bias);
	if (!ret)
		ret = v3cpu_clamp(im, &op);
	if (ret)
		return ret;
	out = v3c_import_output(im, 0, &shape);
	return out < 0 ? out : v3cpu_compute(im, &op, in, -1, out);
}

/* @value as a tensor of this shape, with the same elements */
static int reshaped(struct importer *im, int value, const struct ir_shape *shape)
{
	int view = v3c_import_temporary(im, shape, import_value(im, value)->quant);
	int node = view < 0 ? view : v3c_import_node(im, IR_RESHAPE, value, -1, view);

	return node < 0 ? node : view;
}

/* a . b^T: [..., rows, depth] by [..., columns, depth], whose first dimensions broadcast */
static int matmul(struct importer *im, int a, int b)
{
	const struct ir_shape *with = &import_value(im, b)->shape;
	struct ir_shape shape = import_value(im, a)->shape;
	uint32_t depth = shape.dim[shape.rank - 1];
	int i, out, node;

	for (i = 0; i < shape.rank - 2; i++)
		if (shape.dim[i] == 1)
			shape.dim[i] = with->dim[i];
	shape.dim[shape.rank - 1] = with->dim[shape.rank - 2];
	im->graph->macs += ir_elements(&shape) * depth;
	out = v3c_import_temporary(im, &shape, (struct v3c_quant){});
	node = out < 0 ? out : v3c_import_node(im, IR_MATMUL, a, b, out);
	return node < 0 ? node : out;
}

/* FULLY_CONNECTED with computed weights: a product, then the bias and the clamp */
static int dynamic_product(struct importer *im, int in, uint32_t rows, uint32_t units,
			   uint32_t depth, const struct cpu_op *fc)
{
	const struct ir_shape a = { .rank = 4, .dim = { 1, 1, rows, depth } };
	const struct ir_shape b = { .rank = 4, .dim = { 1, 1, units, depth } };
	const struct ir_shape vector = { .rank = 1, .dim = { units } };
	struct cpu_op op = { .kind = CPU_BINARY, .code = TFL_ADD, .min = fc->min,
			     .max = fc->max };
	int weights = v3c_import_input(im, 1), product, bias, sum, node;

	if (weights >= 0)
		weights = reshaped(im, weights, &b);
	if (weights < 0)
		return weights;
	in = reshaped(im, in, &a);
	product = in < 0 ? in : matmul(im, in, weights);
	if (product < 0 || (!fc->bias && isinf(op.min) && isinf(op.max)))
		return product;
	bias = fc->bias ? v3c_import_temporary(im, &vector, (struct v3c_quant){}) :
			  v3cpu_scalar(im, 0);
	if (bias < 0)
		return bias;
	if (fc->bias)
		import_value(im, bias)->data = (const uint8_t *)fc->bias;
	sum = v3c_import_temporary(im, &import_value(im, product)->shape, (struct v3c_quant){});
	node = sum < 0 ? sum : v3cpu_node(im, &op, product, bias, sum);
	return node < 0 ? node : sum;
}

static int static_product(struct importer *im, int in, uint32_t rows, uint32_t units,
			  uint32_t depth, struct cpu_op *op)
{
	const struct ir_shape matrix = { .rank = 2, .dim = { rows, depth } };
	const struct ir_shape result = { .rank = 2, .dim = { rows, units } };
	int product, node;

	im->graph->macs += (uint64_t)rows * units * depth;
	op->weight_count = (uint64_t)units * depth;
	in = reshaped(im, in, &matrix);
	if (in < 0)
		return in;
	product = v3c_import_temporary(im, &result, (struct v3c_quant){});
	node = product < 0 ? product : v3cpu_node(im, op, in, -1, product);
	return node < 0 ? node : product;
}

/* @product, reshaped, is the operator's output */
static int give_product(struct importer *im, int product, const struct ir_shape *shape)
{
	struct cpu_op round = { .kind = CPU_ROUND_TO_INT8 };
	int out = v3c_import_output(im, 0, shape), whole;

	if (out < 0)
		return out;
	round.quant = import_value(im, out)->quant;
	if (!round.quant.scale)
		return v3c_import_node(im, IR_RESHAPE, product, -1, out);
	whole = reshaped(im, product, shape);
	return whole < 0 ? whole : v3cpu_node(im, &round, whole, -1, out);
}

int v3cpu_import_fully_connected(struct importer *im)
{
	struct cpu_op op = { .kind = CPU_FULLY_CONNECTED };
	struct ir_shape weights = {}, out;
	uint64_t elements;
	uint32_t rows, units, depth;
	int in, product, ret = v3c_import_arity(im, 2, 3, 1);

	if (ret)
		return ret;
	if (im->op->format)
		return v3c_import_fail(im, ENOTSUP,
				       "weights are shuffled (format %d); export with the default "
				       "format",
				       im->op->format);
	in = v3c_import_input(im, 0);
	if (in < 0)
		return in;
	ret = v3cpu_constant_input(im, 1, &weights, &op.weights);
	if (ret)
		return ret;
	if (weights.rank != 2)
		return v3c_import_fail(im, EINVAL, "damaged: weights have %d dimensions, not 2",
				       weights.rank);
	units = weights.dim[0];
	depth = weights.dim[1];
	elements = ir_elements(&import_value(im, in)->shape);
	rows = elements / depth;
	ret = v3c_import_shape(im, &im->model->tensors[v3c_fb_vector_i32(&im->op->outputs, 0)],
			       &out);
	if (ret)
		return ret;
	if (elements % depth || ir_elements(&out) != (uint64_t)rows * units ||
	    cpu_channels(&out) != units)
		return v3cpu_bad_output(im);
	ret = v3cpu_bias(im, 2, units, in, 1, &op.bias);
	if (!ret)
		ret = v3cpu_clamp(im, &op);
	if (ret)
		return ret;
	product = op.weights ? static_product(im, in, rows, units, depth, &op) :
		  dynamic_product(im, in, rows, units, depth, &op);
	return product < 0 ? product : give_product(im, product, &out);
}

/* Operand @k with all dimensions there can be; the last two change places if @swap */
static int matrices(struct importer *im, uint32_t k, bool swap)
{
	static const uint8_t perm[V3C_MAX_RANK] = { 0, 1, 2, 3, 5, 4 };
	struct ir_shape from, shape = { .rank = V3C_MAX_RANK, .dim = { 1, 1, 1, 1, 1, 1 } };
	int in = v3c_import_input(im, k), view, node, i;

	if (in < 0)
		return in;
	from = import_value(im, in)->shape;
	if (from.rank < 2)
		return v3c_import_fail(im, EINVAL, "damaged: an operand has %d dimensions", from.rank);
	for (i = 0; i < from.rank; i++)
		shape.dim[V3C_MAX_RANK - from.rank + i] = from.dim[i];
	in = reshaped(im, in, &shape);
	if (in < 0 || !swap)
		return in;
	shape.dim[4] = from.dim[from.rank - 1];
	shape.dim[5] = from.dim[from.rank - 2];
	view = v3c_import_temporary(im, &shape, import_value(im, in)->quant);
	node = view < 0 ? view : v3c_import_node(im, IR_TRANSPOSE, in, -1, view);
	if (node < 0)
		return node;
	for (i = 0; i < V3C_MAX_RANK; i++)
		im->graph->nodes[node].perm[i] = perm[i];
	return view;
}

int v3cpu_import_batch_matmul(struct importer *im)
{
	struct ir_shape a_shape, b_shape, out;
	int a, b, i, product, ret = v3c_import_arity(im, 2, 2, 1);

	if (ret)
		return ret;
	a = matrices(im, 0, im->op->adjoint[0]);
	if (a < 0)
		return a;
	b = matrices(im, 1, !im->op->adjoint[1]);
	if (b < 0)
		return b;
	a_shape = import_value(im, a)->shape;
	b_shape = import_value(im, b)->shape;
	ret = v3c_import_shape(im, &im->model->tensors[v3c_fb_vector_i32(&im->op->outputs, 0)],
			       &out);
	if (ret)
		return ret;
	if (a_shape.dim[5] != b_shape.dim[5] || out.rank < 2 ||
	    out.dim[out.rank - 1] != b_shape.dim[4] || out.dim[out.rank - 2] != a_shape.dim[4])
		return v3cpu_bad_output(im);
	for (i = 0; i < V3C_MAX_RANK - 2; i++) {
		uint32_t n = a_shape.dim[i] == 1 ? b_shape.dim[i] : a_shape.dim[i];
		int d = i - (V3C_MAX_RANK - out.rank);

		if ((b_shape.dim[i] != 1 && b_shape.dim[i] != n) ||
		    n != (d < 0 ? 1 : out.dim[d]))
			return v3cpu_bad_output(im);
	}
	product = matmul(im, a, b);
	return product < 0 ? product : give_product(im, product, &out);
}
