// SPDX-License-Identifier: MIT
/*
 * XNNPACK's operators as Debian 13 has them: shapes come in a call of their own, which
 * says how much memory the operator works in, and elementwise operators are one.
 */
#include "xnn_ops.h"

#include <math.h>
#include <stdlib.h>

#include "compiler/tflite/tflite.h"

#define WORKSPACE_ALIGN	64

static enum xnn_status create_unary(const struct cpu_op *op, xnn_operator_t *xnn)
{
	union xnn_unary_params params = {};
	enum xnn_unary_operator type;

	switch (op->code) {
	case TFL_LEAKY_RELU:
		type = xnn_unary_leaky_relu;
		params.leaky_relu.negative_slope = op->alpha;
		break;
	case TFL_ELU:
		type = xnn_unary_elu;
		params.elu.alpha = 1;
		break;
	case TFL_HARD_SWISH:
		type = xnn_unary_hardswish;
		break;
	case TFL_LOGISTIC:
		type = xnn_unary_sigmoid;
		break;
	case TFL_ABS:
		type = xnn_unary_abs;
		break;
	case TFL_NEG:
		type = xnn_unary_negate;
		break;
	case TFL_SQUARE:
		type = xnn_unary_square;
		break;
	case TFL_SQRT:
		type = xnn_unary_square_root;
		break;
	case TFL_FLOOR:
		type = xnn_unary_floor;
		break;
	case TFL_CEIL:
		type = xnn_unary_ceiling;
		break;
	case TFL_ROUND:
		type = xnn_unary_bankers_rounding;
		break;
	default:
		type = xnn_unary_clamp;
		params.clamp.min = op->min;
		params.clamp.max = op->max;
		break;
	}
	return xnn_create_unary_elementwise_nc(type, xnn_datatype_fp32, xnn_datatype_fp32, &params,
					       NULL, NULL, 0, xnn);
}

/* These clamp nothing themselves, so a second operator does where it is wanted */
static enum xnn_status create_binary(const struct cpu_op *op, struct cpu_xnn *x)
{
	const union xnn_unary_params clamp = { .clamp = { .min = op->min, .max = op->max } };
	enum xnn_binary_operator type;
	enum xnn_status status;

	switch (op->code) {
	case TFL_ADD:
		type = xnn_binary_add;
		break;
	case TFL_SUB:
		type = xnn_binary_subtract;
		break;
	case TFL_MUL:
		type = xnn_binary_multiply;
		break;
	case TFL_DIV:
		type = xnn_binary_divide;
		break;
	case TFL_MAXIMUM:
		type = xnn_binary_maximum;
		break;
	case TFL_MINIMUM:
		type = xnn_binary_minimum;
		break;
	default:
		type = xnn_binary_squared_difference;
		break;
	}
	status = xnn_create_binary_elementwise_nd(type, xnn_datatype_fp32, NULL, NULL, NULL, 0,
						  &x->op);
	if (status != xnn_status_success || (op->min == -INFINITY && op->max == INFINITY))
		return status;
	return xnn_create_unary_elementwise_nc(xnn_unary_clamp, xnn_datatype_fp32,
					       xnn_datatype_fp32, &clamp, NULL, NULL, 0, &x->clamp);
}

/* There is no pooling of one element */
static bool mean_is_copy(const struct cpu_step *s)
{
	return s->in[0].shape.dim[1] == 1;
}

/*
 * The mean over the middle one of three dimensions, as a pooling of one row: the general
 * reduction of this XNNPACK crashes for it.
 */
static enum xnn_status create_mean(const struct cpu_step *s, struct cpu_xnn *x)
{
	const struct cpu_op copy = { .min = -INFINITY, .max = INFINITY };
	uint32_t width = s->in[0].shape.dim[1];

	if (mean_is_copy(s))
		return create_unary(&copy, &x->op);
	return xnn_create_average_pooling2d_nhwc_f32(0, 0, 0, 0, 1, width, 1, width, -INFINITY,
						     INFINITY, 0, &x->op);
}

enum xnn_status v3cpu_xnn_create(const struct cpu_step *s, const float *weights,
				 const float *bias, struct cpu_xnn *x)
{
	const struct cpu_op *op = &s->op;
	const uint32_t *pad = op->pad, *to = s->out.shape.dim;
	const struct cpu_rows r = v3cpu_rows_of(s);
	size_t outputs = cpu_channels(&s->out.shape);

	switch (op->kind) {
	case CPU_CONV:
		return xnn_create_convolution2d_nhwc_f32(pad[0], pad[3], pad[2], pad[1],
			op->kernel[0], op->kernel[1], op->stride[0], op->stride[1],
			op->dilation[0], op->dilation[1], op->groups, r.channels / op->groups,
			outputs / op->groups, r.in_stride, r.out_stride, weights, bias,
			op->min, op->max,
			op->depthwise ? XNN_FLAG_DEPTHWISE_CONVOLUTION : 0, NULL, NULL, &x->op);
	case CPU_DECONV:
		return xnn_create_deconvolution2d_nhwc_f32(pad[0], pad[3], pad[2], pad[1],
			op->kernel[0], op->kernel[1], op->stride[0], op->stride[1],
			op->dilation[0], op->dilation[1], op->groups, r.channels, outputs,
			r.in_stride, r.out_stride, weights, bias, op->min, op->max, 0, NULL, NULL,
			&x->op);
	case CPU_FULLY_CONNECTED:
		return xnn_create_fully_connected_nc_f32(r.channels, outputs, r.in_stride,
			r.out_stride, weights, bias, op->min, op->max, 0, NULL, NULL, &x->op);
	case CPU_MAX_POOL:
		return xnn_create_max_pooling2d_nhwc_f32(pad[0], pad[3], pad[2], pad[1],
			op->kernel[0], op->kernel[1], op->stride[0], op->stride[1], 1, 1,
			op->min, op->max, 0, &x->op);
	case CPU_AVERAGE_POOL:
		return xnn_create_average_pooling2d_nhwc_f32(pad[0], pad[3], pad[2], pad[1],
			op->kernel[0], op->kernel[1], op->stride[0], op->stride[1],
			op->min, op->max, 0, &x->op);
	case CPU_MEAN:
		return create_mean(s, x);
	case CPU_BILINEAR:
		return xnn_create_resize_bilinear2d_nhwc_f32(to[1], to[2],
							     v3cpu_bilinear_flags(op), &x->op);
	case CPU_SOFTMAX:
		return xnn_create_softmax_nc_f32(0, &x->op);
	case CPU_PRELU:
		/* The slopes are an operand here, and no copy is kept */
		x->slopes = weights;
		return xnn_create_binary_elementwise_nd(xnn_binary_prelu, xnn_datatype_fp32, NULL,
							NULL, NULL, 0, &x->op);
	case CPU_BINARY:
		return create_binary(op, x);
	case CPU_UNARY:
		return create_unary(op, &x->op);
	default:
		return xnn_status_unsupported_parameter;
	}
}

static enum xnn_status reshape_binary(const struct cpu_step *s, const struct cpu_xnn *x,
				      pthreadpool_t threads)
{
	size_t dim[2][V3C_MAX_RANK], count = ir_elements(&s->out.shape);
	enum xnn_status status;
	int i, k;

	for (k = 0; k < 2; k++)
		for (i = 0; i < s->in[k].shape.rank; i++)
			dim[k][i] = s->in[k].shape.dim[i];
	status = xnn_reshape_binary_elementwise_nd(x->op, s->in[0].shape.rank, dim[0],
						   s->in[1].shape.rank, dim[1], threads);
	if (status != xnn_status_success || !x->clamp)
		return status;
	return xnn_reshape_unary_elementwise_nc(x->clamp, 1, count, count, count, threads);
}

/* Gives the operator its shapes. It asks for @size bytes to work in. */
static enum xnn_status reshape(const struct cpu_step *s, const struct cpu_xnn *x, size_t *size,
			       size_t *align, pthreadpool_t threads)
{
	const struct cpu_rows r = v3cpu_rows_of(s);
	const uint32_t *dim = s->in[0].shape.dim;
	const size_t rows[2] = { r.count, r.channels };
	size_t height, width;

	switch (s->op.kind) {
	case CPU_CONV:
		return xnn_reshape_convolution2d_nhwc_f32(x->op, dim[0], dim[1], dim[2], size,
							  align, &height, &width, threads);
	case CPU_DECONV:
		return xnn_reshape_deconvolution2d_nhwc_f32(x->op, dim[0], dim[1], dim[2],
			s->op.adjust[0], s->op.adjust[1], &height, &width, threads);
	case CPU_FULLY_CONNECTED:
		return xnn_reshape_fully_connected_nc_f32(x->op, r.count, threads);
	case CPU_MAX_POOL:
		return xnn_reshape_max_pooling2d_nhwc_f32(x->op, dim[0], dim[1], dim[2],
			r.channels, r.in_stride, r.out_stride, &height, &width, threads);
	case CPU_AVERAGE_POOL:
		return xnn_reshape_average_pooling2d_nhwc_f32(x->op, dim[0], dim[1], dim[2],
			r.channels, r.in_stride, r.out_stride, size, align, &height, &width,
			threads);
	case CPU_MEAN:
		if (mean_is_copy(s))
			return xnn_reshape_unary_elementwise_nc(x->op, dim[0], r.channels,
								r.channels, r.channels, threads);
		return xnn_reshape_average_pooling2d_nhwc_f32(x->op, dim[0], 1, dim[1], r.channels,
			r.channels, r.channels, size, align, &height, &width, threads);
	case CPU_BILINEAR:
		return xnn_reshape_resize_bilinear2d_nhwc_f32(x->op, dim[0], dim[1], dim[2],
			r.channels, r.in_stride, r.out_stride, size, align, threads);
	case CPU_SOFTMAX:
		return xnn_reshape_softmax_nc_f32(x->op, r.channels, r.in_stride, r.out_stride,
						  r.count, threads);
	case CPU_PRELU:
		return xnn_reshape_binary_elementwise_nd(x->op, 2, rows, 1, &rows[1], threads);
	case CPU_BINARY:
		return reshape_binary(s, x, threads);
	case CPU_UNARY:
		return xnn_reshape_unary_elementwise_nc(x->op, r.count, r.channels, r.in_stride,
							r.out_stride, threads);
	default:
		return xnn_status_unsupported_parameter;
	}
}

static enum xnn_status set_operands(const struct cpu_step *s, const struct cpu_xnn *x,
				    const float *const in[2], float *out)
{
	enum xnn_status status;

	switch (s->op.kind) {
	case CPU_CONV:
		return xnn_setup_convolution2d_nhwc_f32(x->op, x->workspace, in[0], out);
	case CPU_DECONV:
		return xnn_setup_deconvolution2d_nhwc_f32(x->op, in[0], out);
	case CPU_FULLY_CONNECTED:
		return xnn_setup_fully_connected_nc_f32(x->op, in[0], out);
	case CPU_MAX_POOL:
		return xnn_setup_max_pooling2d_nhwc_f32(x->op, in[0], out);
	case CPU_AVERAGE_POOL:
		return xnn_setup_average_pooling2d_nhwc_f32(x->op, x->workspace, in[0], out);
	case CPU_MEAN:
		if (mean_is_copy(s))
			return xnn_setup_unary_elementwise_nc(x->op, in[0], out);
		return xnn_setup_average_pooling2d_nhwc_f32(x->op, x->workspace, in[0], out);
	case CPU_BILINEAR:
		return xnn_setup_resize_bilinear2d_nhwc_f32(x->op, x->workspace, in[0], out);
	case CPU_SOFTMAX:
		return xnn_setup_softmax_nc_f32(x->op, in[0], out);
	case CPU_PRELU:
		return xnn_setup_binary_elementwise_nd(x->op, in[0], x->slopes, out);
	case CPU_BINARY:
		status = xnn_setup_binary_elementwise_nd(x->op, in[0], in[1], out);
		if (status != xnn_status_success || !x->clamp)
			return status;
		return xnn_setup_unary_elementwise_nc(x->clamp, out, out);
	case CPU_UNARY:
		return xnn_setup_unary_elementwise_nc(x->op, in[0], out);
	default:
		return xnn_status_unsupported_parameter;
	}
}

enum xnn_status v3cpu_xnn_setup(const struct cpu_step *s, struct cpu_xnn *x,
				const float *const in[2], float *out, pthreadpool_t threads)
{
	size_t size = 0, align = WORKSPACE_ALIGN;
	enum xnn_status status = reshape(s, x, &size, &align, threads);

	if (status != xnn_status_success)
		return status;
	if (size) {
		align = align < WORKSPACE_ALIGN ? WORKSPACE_ALIGN : align;
		x->workspace = aligned_alloc(align, (size + align - 1) / align * align);
		if (!x->workspace)
			return xnn_status_out_of_memory;
	}
	return set_operands(s, x, in, out);
}

enum xnn_status v3cpu_xnn_product(const struct cpu_product *p, const float *in, float *out,
				  pthreadpool_t threads, xnn_operator_t *op)
{
	enum xnn_status status;

	status = xnn_create_fully_connected_nc_f32(p->depth, p->columns, p->in_stride,
		p->out_stride, p->weights, NULL, -INFINITY, INFINITY, p->flags, NULL, NULL, op);
	if (status == xnn_status_success)
		status = xnn_reshape_fully_connected_nc_f32(*op, p->rows, threads);
	return status == xnn_status_success ?
		xnn_setup_fully_connected_nc_f32(*op, in, out) : status;
}
