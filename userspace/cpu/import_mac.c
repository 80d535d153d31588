// SPDX-License-Identifier: MIT
/*
 * Products: convolutions, FULLY_CONNECTED, BATCH_MATMUL.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "import.h"

/* Input @k and constant weights, input 1, of a convolution */
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
	op->weight_count = ir_elements(weights);
	return 0;
}

int v3cpu_import_conv(struct importer *im)
{
	struct cpu_op op = {
		.kind = CPU_CONV, .depthwise = im->op->code == TFL_DEPTHWISE_CONV_2D,
	};
	struct ir_shape weights, shape;
	struct read_conv read;
	int in, out, i, ret = v3c_import_arity(im, 2, 3, 1);

	if (!ret)
		ret = conv_operands(im, 0, &in, &weights, &op);
	if (!ret)
		ret = v3c_read_conv(im, &import_value(im, in)->shape, &weights, &read);
	if (ret)
		return ret;
	op.groups = read.groups;
	shape = import_value(im, in)->shape;
	for (i = 0; i < 2; i++) {
		ret = v3cpu_window(im, &op, i, shape.dim[1 + i], weights.dim[1 + i],
				   im->op->dilation[i], &shape.dim[1 + i]);
		if (ret)
			return ret;
	}
	shape.dim[3] = read.channels;
	ret = v3cpu_check_window(im, &shape, op.kernel);
	if (!ret)
		ret = v3cpu_bias(im, 2, read.channels, in, 1, &op.bias);
	if (!ret)
		ret = v3cpu_clamp(im, &op);
	if (ret)
		return ret;
	out = v3c_import_output(im, 0, &shape);
	if (out < 0)
		return out;
	im->graph->macs += ir_elements(&shape) * op.kernel[0] * op.kernel[1] *
			   (import_value(im, in)->shape.dim[3] / op.groups);
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
			return v3c_import_bad_output(im);
		op->adjust[i] = -total;
		total = 0;
	}
	if (total >= span + stride)
		return v3c_import_bad_output(im);
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
	if (shape.rank != 4 || weights.rank != 4 || ret != 4 || size[0] != shape.dim[0] || size[3] != weights.dim[0] ||
	    weights.dim[3] != shape.dim[3] || size[1] < 1 || size[2] < 1 ||
	    size[1] > V3C_MAX_ELEMENTS || size[2] > V3C_MAX_ELEMENTS)
		return v3c_import_bad_output(im);
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

/* a . b^T, whose shape is this */
static int matmul(struct importer *im, int a, int b, const struct ir_shape *shape)
{
	const struct ir_shape *from = &import_value(im, a)->shape;
	int out, node;

	im->graph->macs += ir_elements(shape) * from->dim[from->rank - 1];
	out = v3c_import_temporary(im, shape, (struct v3c_quant){});
	node = out < 0 ? out : v3c_import_node(im, IR_MATMUL, a, b, out);
	return node < 0 ? node : out;
}

/* FULLY_CONNECTED with computed weights: a product, then the bias and the clamp */
static int dynamic_product(struct importer *im, int in, const struct read_product *p,
			   const struct cpu_op *fc)
{
	const struct ir_shape a = { .rank = 4, .dim = { 1, 1, p->rows, p->depth } };
	const struct ir_shape b = { .rank = 4, .dim = { 1, 1, p->units, p->depth } };
	const struct ir_shape c = { .rank = 4, .dim = { 1, 1, p->rows, p->units } };
	const struct ir_shape vector = { .rank = 1, .dim = { p->units } };
	struct cpu_op op = { .kind = CPU_BINARY, .code = TFL_ADD, .min = fc->min,
			     .max = fc->max };
	int weights = v3c_import_input(im, 1), product, bias, sum, node;

	if (weights >= 0)
		weights = v3c_import_reshaped(im, weights, &b);
	if (weights < 0)
		return weights;
	in = v3c_import_reshaped(im, in, &a);
	product = in < 0 ? in : matmul(im, in, weights, &c);
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

static int static_product(struct importer *im, int in, const struct read_product *p,
			  struct cpu_op *op)
{
	const struct ir_shape matrix = { .rank = 2, .dim = { p->rows, p->depth } };
	const struct ir_shape result = { .rank = 2, .dim = { p->rows, p->units } };
	int product, node;

	im->graph->macs += (uint64_t)p->rows * p->units * p->depth;
	op->weight_count = (uint64_t)p->units * p->depth;
	in = v3c_import_reshaped(im, in, &matrix);
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
	whole = v3c_import_reshaped(im, product, shape);
	return whole < 0 ? whole : v3cpu_node(im, &round, whole, -1, out);
}

int v3cpu_import_fully_connected(struct importer *im)
{
	struct cpu_op op = { .kind = CPU_FULLY_CONNECTED };
	struct ir_shape weights;
	struct read_product p;
	int in, product, ret = v3c_import_arity(im, 2, 3, 1);

	if (ret)
		return ret;
	in = v3c_import_input(im, 0);
	if (in < 0)
		return in;
	ret = v3c_read_product(im, in, &p);
	if (!ret)
		ret = v3cpu_constant_input(im, 1, &weights, &op.weights);
	if (!ret)
		ret = v3cpu_bias(im, 2, p.units, in, 1, &op.bias);
	if (!ret)
		ret = v3cpu_clamp(im, &op);
	if (ret)
		return ret;
	product = op.weights ? static_product(im, in, &p, &op) : dynamic_product(im, in, &p, &op);
	return product < 0 ? product : give_product(im, product, &p.out);
}

int v3cpu_import_batch_matmul(struct importer *im)
{
	struct ir_shape shape, out;
	int in[2], product, ret = v3c_read_matmul(im, V3C_MAX_RANK, in, &shape);

	if (!ret)
		ret = v3c_import_declared(im, &out);
	if (ret)
		return ret;
	product = matmul(im, in[0], in[1], &shape);
	if (product < 0)
		return product;
	/* What was put before its dimensions is not the output's */
	if (out.rank > shape.rank || ir_elements(&out) != ir_elements(&shape) ||
	    memcmp(out.dim, &shape.dim[shape.rank - out.rank], out.rank * sizeof(out.dim[0])))
		return v3c_import_bad_output(im);
	return give_product(im, product, &out);
}
