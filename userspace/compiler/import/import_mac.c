// SPDX-License-Identifier: MIT
/*
 * CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED: the MAC array's operators.
 */
#include <errno.h>
#include <math.h>

#include "read.h"

int v3c_import_weights(struct importer *im, const struct tfl_tensor *w, uint32_t channels,
		       int channel_dim, int8_t *zero_point)
{
	uint32_t i;

	if (w->scale.count != 1 && (w->scale.count != channels || w->channel_dim != channel_dim))
		return v3c_import_fail(im, EINVAL,
				       "damaged: its weights have %u scales along dimension %d, not 1 "
				       "or %u along %d",
				       w->scale.count, w->channel_dim, channels, channel_dim);
	for (i = 0; i < w->scale.count; i++) {
		float scale = v3c_fb_vector_float(&w->scale, i);

		if (!isfinite(scale) || scale < 0)
			return v3c_import_fail(im, EINVAL, "damaged: its weights have scale %g", scale);
	}
	if (zero_point)
		*zero_point = 0;
	for (i = 0; i < w->zero_point.count; i++) {
		int64_t z = v3c_fb_vector_i64(&w->zero_point, i);

		if (!z)
			continue;
		if (z < INT8_MIN || z > INT8_MAX)
			return v3c_import_fail(im, EINVAL, "damaged: its weights have zero point %lld",
					       (long long)z);
		if (!zero_point || w->zero_point.count != 1)
			return v3c_import_fail(im, ENOTSUP,
					       "its weights have zero point %lld; export with "
					       "symmetric weights",
					       (long long)z);
		*zero_point = z;
	}
	return 0;
}

/* Do weights less their zero point fit int8? Then nothing needs to be subtracted from them */
static bool can_move(const struct tfl_tensor *w, int8_t zero_point)
{
	const int8_t *data = (const int8_t *)w->data;
	int8_t lowest = INT8_MAX, highest = INT8_MIN;
	size_t i;

	for (i = 0; i < w->data_size; i++) {
		lowest = data[i] < lowest ? data[i] : lowest;
		highest = data[i] > highest ? data[i] : highest;
	}
	return lowest - zero_point >= INT8_MIN && highest - zero_point <= INT8_MAX;
}

int v3c_import_conv_weights(struct importer *im, const struct tfl_tensor *w, uint32_t channels,
			    int channel_dim, struct ir_conv *conv)
{
	/* TFLite's kernels for int8 but FULLY_CONNECTED's do not heed a zero point */
	bool heeded = im->uint8 || im->op->code == TFL_FULLY_CONNECTED;
	uint8_t *moved;
	size_t i;
	int ret = v3c_import_weights(im, w, channels, channel_dim,
				     heeded ? &conv->weight_zero_point : NULL);

	if (ret)
		return ret;
	conv->weights = v3c_fb_vector_i32(&im->op->inputs, 1);
	conv->data = w->data;
	if (!conv->weight_zero_point || !can_move(w, conv->weight_zero_point))
		return 0;
	moved = v3c_alloc(im->ctx, w->data_size, sizeof(*moved));
	if (!moved)
		return v3c_no_memory(im->ctx);
	for (i = 0; i < w->data_size; i++)
		moved[i] = w->data[i] - conv->weight_zero_point;
	conv->data = moved;
	conv->weight_zero_point = 0;
	return 0;
}

/* The factor of channel @i: what TFLite's kernels compute, in their own precision */
static double channel_factor(const struct importer *im, struct v3c_quant in,
			     const struct fb_vector *scales, uint32_t i, struct v3c_quant out)
{
	/*
	 * FULLY_CONNECTED with one scale, and uint8: GetQuantizedConvolutionMultipler()
	 * multiplies in float. All others: in double.
	 */
	if ((im->op->code == TFL_FULLY_CONNECTED || im->uint8) && scales->count == 1)
		return (double)(in.scale * v3c_fb_vector_float(scales, 0)) / (double)out.scale;
	return (double)in.scale * (double)v3c_fb_vector_float(scales, scales->count == 1 ? 0 : i) /
	       (double)out.scale;
}

int v3c_import_stage(struct importer *im, struct v3c_quant in, const struct fb_vector *scales,
		     const struct tfl_tensor *bias, struct v3c_quant out, uint32_t channels,
		     struct ir_stage *stage)
{
	struct fb_vector bias_data = {};
	struct v3npu_chan *chan;
	bool uniform = true;
	uint32_t i;
	int ret;

	if (bias) {
		ret = v3c_import_check_const(im, bias, TFL_INT32, channels);
		if (ret)
			return ret;
		bias_data.data = bias->data;
	}
	chan = v3c_alloc(im->ctx, channels, sizeof(*chan));
	if (!chan)
		return v3c_no_memory(im->ctx);
	for (i = 0; i < channels; i++) {
		struct v3c_scale s = {};

		ret = v3c_import_scale(im, channel_factor(im, in, scales, i, out),
				       "the scale of its accumulators", &s);
		if (ret)
			return ret;
		chan[i].bias = bias ? v3c_fb_vector_i32(&bias_data, i) : 0;
		chan[i].multiplier = s.multiplier;
		chan[i].shift = s.shift;
		uniform &= chan[i].bias == chan[0].bias && s.multiplier == chan[0].multiplier &&
			   s.shift == chan[0].shift;
	}
	stage->chan = chan;
	stage->chan_count = uniform ? 1 : channels;
	stage->zero_point = out.zero_point;
	return v3c_import_clamp(im, out, &stage->min, &stage->max);
}

/* What CONV_2D and DEPTHWISE_CONV_2D share; @k_dim: the weights' first kernel dimension */
static int import_conv_common(struct importer *im, struct ir_conv *conv,
			      const struct ir_shape *weights, uint32_t channels)
{
	struct ir_shape out_shape = { .rank = 4 };
	struct v3c_quant in_quant, out_quant;
	int in, out, node, i, ret;

	in = v3c_import_input(im, 0);
	if (in < 0)
		return in;
	in_quant = import_value(im, in)->quant;
	out_shape.dim[0] = import_value(im, in)->shape.dim[0];
	out_shape.dim[3] = channels;
	for (i = 0; i < 2; i++) {
		conv->kernel[i] = weights->dim[1 + i];
		conv->stride[i] = im->op->stride[i];
		conv->dilation[i] = im->op->dilation[i];
		ret = v3c_import_window(im, import_value(im, in)->shape.dim[1 + i], conv->kernel[i],
					im->op->stride[i], im->op->dilation[i],
					&out_shape.dim[1 + i], &conv->pad[i]);
		if (ret)
			return ret;
	}
	out = v3c_import_output(im, 0, &out_shape);
	if (out < 0)
		return out;
	out_quant = import_value(im, out)->quant;
	conv->in_zero_point = in_quant.zero_point;
	conv->pad_value = in_quant.zero_point;
	ret = v3c_import_stage(im, in_quant, &v3c_import_tensor(im, 1)->scale,
			       v3c_import_tensor(im, 2), out_quant, channels, &conv->stage);
	if (ret)
		return ret;
	node = v3c_import_node(im, IR_CONV, in, -1, out);
	if (node < 0)
		return node;
	im->graph->nodes[node].conv = *conv;
	im->graph->macs += ir_elements(&out_shape) * conv->kernel[0] * conv->kernel[1] *
			   (import_value(im, in)->shape.dim[3] / conv->groups);
	return 0;
}

/* What the shapes of the input and of the constant weights say */
static int conv_shapes(struct importer *im, struct ir_shape *weights, struct read_conv *conv)
{
	const struct tfl_tensor *w = v3c_import_tensor(im, 1);
	int ret = v3c_import_arity(im, 2, 3, 1);
	int value;

	if (ret)
		return ret;
	if (!w)
		return v3c_import_fail(im, EINVAL, "damaged: it has no weights");
	ret = v3c_import_shape(im, w, weights);
	if (!ret)
		ret = v3c_import_check_const(im, w, TFL_INT8, ir_elements(weights));
	if (ret)
		return ret;
	value = v3c_import_input(im, 0);
	if (value < 0)
		return value;
	return v3c_read_conv(im, &import_value(im, value)->shape, weights, conv);
}

int v3c_import_conv(struct importer *im)
{
	bool depthwise = im->op->code == TFL_DEPTHWISE_CONV_2D;
	struct ir_conv conv = { .depthwise = depthwise };
	struct ir_shape weights;
	struct read_conv read;
	int ret = conv_shapes(im, &weights, &read);

	if (ret)
		return ret;
	conv.groups = read.groups;
	ret = v3c_import_conv_weights(im, v3c_import_tensor(im, 1), read.channels,
				      depthwise ? 3 : 0, &conv);
	if (ret)
		return ret;
	return import_conv_common(im, &conv, &weights, read.channels);
}

/* A view of @value as one matrix [1, 1, rows, columns] */
static int matrix_view(struct importer *im, int value, uint32_t rows, uint32_t columns)
{
	const struct ir_shape shape = { .rank = 4, .dim = { 1, 1, rows, columns } };

	return v3c_import_reshaped(im, value, &shape);
}

int v3c_import_fully_connected(struct importer *im)
{
	const struct tfl_tensor *w = v3c_import_tensor(im, 1);
	struct ir_shape matrix = { .rank = 4, .dim = { 1, 1 } };
	struct read_product p;
	struct ir_stage stage = {};
	struct v3c_quant in_quant, out_quant;
	int in, in_matrix, other = -1, out, product, node, ret;
	struct ir_conv conv = {
		.groups = 1, .kernel = { 1, 1 }, .stride = { 1, 1 }, .dilation = { 1, 1 },
	};
	int8_t zero_point = 0;

	ret = v3c_import_arity(im, 2, 3, 1);
	if (ret)
		return ret;
	in = v3c_import_input(im, 0);
	if (in < 0)
		return in;
	in_quant = import_value(im, in)->quant;
	ret = v3c_read_product(im, in, &p);
	if (!ret && w->data)
		ret = v3c_import_check_const(im, w, TFL_INT8, (uint64_t)p.units * p.depth) ?:
		      v3c_import_conv_weights(im, w, p.units, 0, &conv);
	else if (!ret)
		ret = v3c_import_weights(im, w, p.units, 0, &zero_point);
	if (ret)
		return ret;
	/* Weights that are computed are the product's second operand */
	if (!w->data) {
		other = v3c_import_input(im, 1);
		if (other >= 0)
			other = matrix_view(im, other, p.units, p.depth);
		if (other < 0)
			return other;
	}
	in_matrix = matrix_view(im, in, p.rows, p.depth);
	if (in_matrix < 0)
		return in_matrix;
	out = v3c_import_output(im, 0, &p.out);
	if (out < 0)
		return out;
	out_quant = import_value(im, out)->quant;
	ret = v3c_import_stage(im, in_quant, &w->scale, v3c_import_tensor(im, 2), out_quant, p.units,
			       &stage);
	if (ret)
		return ret;
	matrix.dim[2] = p.rows;
	matrix.dim[3] = p.units;
	product = v3c_import_temporary(im, &matrix, out_quant);
	if (product < 0)
		return product;
	node = v3c_import_node(im, other < 0 ? IR_CONV : IR_MATMUL, in_matrix, other, product);
	if (node < 0)
		return node;
	if (other < 0) {
		conv.in_zero_point = in_quant.zero_point;
		conv.pad_value = in_quant.zero_point;
		conv.stage = stage;
		im->graph->nodes[node].conv = conv;
	} else {
		im->graph->nodes[node].matmul = (struct ir_matmul){
			.zero_point = { in_quant.zero_point, zero_point }, .stage = stage,
		};
	}
	im->graph->macs += (uint64_t)p.rows * p.units * p.depth;
	return v3c_import_node(im, IR_RESHAPE, product, -1, out);
}
