// SPDX-License-Identifier: MIT
#include <errno.h>

#include "import.h"

/* The output's own shape, which input 0 repeats if it is a constant */
static int output_shape(struct importer *im, struct ir_shape *shape)
{
	const struct tfl_tensor *given = v3c_import_tensor(im, 0);
	int64_t dim[V3C_MAX_RANK];
	int i, ret;

	ret = v3c_import_declared(im, shape);
	if (ret || !given || !given->data)
		return ret;
	ret = v3c_import_integers(im, 0, dim, V3C_MAX_RANK);
	if (ret < 0)
		return ret;
	for (i = 0; i < ret && ret == shape->rank; i++)
		if (dim[i] != shape->dim[i])
			break;
	if (i != shape->rank)
		return v3c_import_fail(im, EINVAL,
				       "damaged: its output has another shape than it says");
	return 0;
}

/*
 * Stride and padding along one dimension, as TFLite's ComputePaddingHeightWidth()
 * of the convolution that would go from the output to the input.
 */
static int transposed_window(struct importer *im, uint32_t out, uint32_t kernel, int64_t stride,
			     uint32_t *pad)
{
	int64_t count, total;

	if (stride < 1 || im->op->padding > TFL_VALID)
		return v3c_import_fail(im, EINVAL, "damaged: stride %lld, padding %u",
				       (long long)stride, im->op->padding);
	*pad = 0;
	if (im->op->padding == TFL_VALID)
		return 0;
	count = (out + stride - 1) / stride;
	total = (count - 1) * stride + kernel - out;
	*pad = total > 0 ? total / 2 : 0;
	return 0;
}

int v3c_import_transpose_conv(struct importer *im)
{
	const struct tfl_tensor *w = v3c_import_tensor(im, 1);
	struct ir_conv conv = { .groups = 1, .dilation = { 1, 1 } };
	struct ir_shape weights, in_shape, shape;
	struct v3c_quant in_quant, out_quant;
	int in, out, node, i, ret;

	ret = v3c_import_arity(im, 3, 4, 1);
	if (ret)
		return ret;
	if (!w)
		return v3c_import_fail(im, EINVAL, "damaged: it has no weights");
	ret = v3c_import_shape(im, w, &weights);
	if (!ret)
		ret = v3c_import_check_const(im, w, TFL_INT8, ir_elements(&weights));
	if (!ret)
		ret = output_shape(im, &shape);
	if (ret)
		return ret;
	in = v3c_import_input(im, 2);
	if (in < 0)
		return in;
	in_shape = import_value(im, in)->shape;
	in_quant = import_value(im, in)->quant;
	if (in_shape.rank != 4 || weights.rank != 4 || shape.rank != 4 ||
	    in_shape.dim[3] != weights.dim[3] || shape.dim[3] != weights.dim[0] ||
	    shape.dim[0] != in_shape.dim[0])
		return v3c_import_fail(im, EINVAL,
				       "damaged: input, weights and output do not go together");
	ret = v3c_import_conv_weights(im, w, weights.dim[0], 0, &conv);
	if (ret)
		return ret;
	for (i = 0; i < 2; i++) {
		conv.kernel[i] = weights.dim[1 + i];
		conv.stride[i] = im->op->stride[i];
		ret = transposed_window(im, shape.dim[1 + i], conv.kernel[i], im->op->stride[i],
					&conv.pad[i]);
		if (ret)
			return ret;
	}
	out = v3c_import_output(im, 0, &shape);
	if (out < 0)
		return out;
	out_quant = import_value(im, out)->quant;
	conv.in_zero_point = in_quant.zero_point;
	conv.pad_value = in_quant.zero_point;
	ret = v3c_import_stage(im, in_quant, &w->scale, v3c_import_tensor(im, 3), out_quant,
			       weights.dim[0], &conv.stage);
	if (ret)
		return ret;
	node = v3c_import_node(im, IR_TRANSPOSE_CONV, in, -1, out);
	if (node < 0)
		return node;
	im->graph->nodes[node].conv = conv;
	im->graph->macs += ir_elements(&in_shape) * conv.kernel[0] * conv.kernel[1] *
			   weights.dim[0];
	return node;
}
