// SPDX-License-Identifier: MIT
/*
 * XNNPACK's operators as Debian 12 has them: created with their strides, and set
 * up in one call.
 */
#include "xnn_ops.h"

#include <math.h>

#include "compiler/tflite/tflite.h"

static enum xnn_status create_unary(const struct cpu_step *s, xnn_operator_t *op)
{
	const struct cpu_rows r = v3cpu_rows_of(s);

	switch (s->op.code) {
	case TFL_LEAKY_RELU:
		return xnn_create_leaky_relu_nc_f32(r.channels, r.in_stride, r.out_stride,
						    s->op.alpha, 0, op);
	case TFL_ELU:
		return xnn_create_elu_nc_f32(r.channels, r.in_stride, r.out_stride, 1, 0, op);
	case TFL_HARD_SWISH:
		return xnn_create_hardswish_nc_f32(r.channels, r.in_stride, r.out_stride, 0, op);
	case TFL_LOGISTIC:
		return xnn_create_sigmoid_nc_f32(r.channels, r.in_stride, r.out_stride, 0, op);
	case TFL_ABS:
		return xnn_create_abs_nc_f32(r.channels, r.in_stride, r.out_stride, 0, op);
	case TFL_NEG:
		return xnn_create_negate_nc_f32(r.channels, r.in_stride, r.out_stride, 0, op);
	case TFL_SQUARE:
		return xnn_create_square_nc_f32(r.channels, r.in_stride, r.out_stride, 0, op);
	case TFL_SQRT:
		return xnn_create_square_root_nc_f32(r.channels, r.in_stride, r.out_stride, 0, op);
	case TFL_FLOOR:
		return xnn_create_floor_nc_f32(r.channels, r.in_stride, r.out_stride, 0, op);
	case TFL_CEIL:
		return xnn_create_ceiling_nc_f32(r.channels, r.in_stride, r.out_stride, 0, op);
	case TFL_ROUND:
		return xnn_create_bankers_rounding_nc_f32(r.channels, r.in_stride, r.out_stride,
							  0, op);
	default:
		return xnn_create_clamp_nc_f32(r.channels, r.in_stride, r.out_stride, s->op.min,
					       s->op.max, 0, op);
	}
}

static enum xnn_status setup_unary(const struct cpu_step *s, xnn_operator_t op, const float *in,
				   float *out, pthreadpool_t threads)
{
	size_t n = v3cpu_rows_of(s).count;

	switch (s->op.code) {
	case TFL_LEAKY_RELU:
		return xnn_setup_leaky_relu_nc_f32(op, n, in, out, threads);
	case TFL_ELU:
		return xnn_setup_elu_nc_f32(op, n, in, out, threads);
	case TFL_HARD_SWISH:
		return xnn_setup_hardswish_nc_f32(op, n, in, out, threads);
	case TFL_LOGISTIC:
		return xnn_setup_sigmoid_nc_f32(op, n, in, out, threads);
	case TFL_ABS:
		return xnn_setup_abs_nc_f32(op, n, in, out, threads);
	case TFL_NEG:
		return xnn_setup_negate_nc_f32(op, n, in, out, threads);
	case TFL_SQUARE:
		return xnn_setup_square_nc_f32(op, n, in, out, threads);
	case TFL_SQRT:
		return xnn_setup_square_root_nc_f32(op, n, in, out, threads);
	case TFL_FLOOR:
		return xnn_setup_floor_nc_f32(op, n, in, out, threads);
	case TFL_CEIL:
		return xnn_setup_ceiling_nc_f32(op, n, in, out, threads);
	case TFL_ROUND:
		return xnn_setup_bankers_rounding_nc_f32(op, n, in, out, threads);
	default:
		return xnn_setup_clamp_nc_f32(op, n, in, out, threads);
	}
}

static enum xnn_status create_binary(const struct cpu_step *s, xnn_operator_t *op)
{
	switch (s->op.code) {
	case TFL_ADD:
		return xnn_create_add_nd_f32(s->op.min, s->op.max, 0, op);
	case TFL_SUB:
		return xnn_create_subtract_nd_f32(s->op.min, s->op.max, 0, op);
	case TFL_MUL:
		return xnn_create_multiply_nd_f32(s->op.min, s->op.max, 0, op);
	case TFL_DIV:
		return xnn_create_divide_nd_f32(s->op.min, s->op.max, 0, op);
	case TFL_MAXIMUM:
		return xnn_create_maximum_nd_f32(0, op);
	case TFL_MINIMUM:
		return xnn_create_minimum_nd_f32(0, op);
	default:
		return xnn_create_squared_difference_nd_f32(0, op);
	}
}

static enum xnn_status setup_binary(const struct cpu_step *s, xnn_operator_t op,
				    const float *const in[2], float *out, pthreadpool_t threads)
{
	enum xnn_status (*setup)(xnn_operator_t, size_t, const size_t *, size_t, const size_t *,
				 const float *, const float *, float *, pthreadpool_t);
	size_t dim[2][V3C_MAX_RANK];
	int i, k;

	for (k = 0; k < 2; k++)
		for (i = 0; i < s->in[k].shape.rank; i++)
			dim[k][i] = s->in[k].shape.dim[i];
	switch (s->op.code) {
	case TFL_ADD:
		setup = xnn_setup_add_nd_f32;
		break;
	case TFL_SUB:
		setup = xnn_setup_subtract_nd_f32;
		break;
	case TFL_MUL:
		setup = xnn_setup_multiply_nd_f32;
		break;
	case TFL_DIV:
		setup = xnn_setup_divide_nd_f32;
		break;
	case TFL_MAXIMUM:
		setup = xnn_setup_maximum_nd_f32;
		break;
	case TFL_MINIMUM:
		setup = xnn_setup_minimum_nd_f32;
		break;
	default:
		setup = xnn_setup_squared_difference_nd_f32;
		break;
	}
	return setup(op, s->in[0].shape.rank, dim[0], s->in[1].shape.rank, dim[1], in[0], in[1],
		     out, threads);
}

enum xnn_status v3cpu_xnn_create(const struct cpu_step *s, const float *weights,
				 const float *bias, struct cpu_xnn *x)
{
	const struct cpu_op *op = &s->op;
	xnn_operator_t *xnn = &x->op;
	const uint32_t *pad = op->pad;
	const struct cpu_rows r = v3cpu_rows_of(s);
	size_t outputs = cpu_channels(&s->out.shape);

	switch (op->kind) {
	case CPU_CONV:
		return xnn_create_convolution2d_nhwc_f32(pad[0], pad[3], pad[2], pad[1],
			op->kernel[0], op->kernel[1], op->stride[0], op->stride[1],
			op->dilation[0], op->dilation[1], op->groups, r.channels / op->groups,
			outputs / op->groups, r.in_stride, r.out_stride, weights, bias,
			op->min, op->max,
			op->depthwise ? XNN_FLAG_DEPTHWISE_CONVOLUTION : 0, xnn);
	case CPU_DECONV:
		return xnn_create_deconvolution2d_nhwc_f32(pad[0], pad[3], pad[2], pad[1],
			op->kernel[0], op->kernel[1], op->stride[0], op->stride[1],
			op->dilation[0], op->dilation[1], op->groups, r.channels, outputs,
			r.in_stride, r.out_stride, weights, bias, op->min, op->max, 0, xnn);
	case CPU_FULLY_CONNECTED:
		return xnn_create_fully_connected_nc_f32(r.channels, outputs, r.in_stride,
			r.out_stride, weights, bias, op->min, op->max, 0, xnn);
	case CPU_MAX_POOL:
		return xnn_create_max_pooling2d_nhwc_f32(pad[0], pad[3], pad[2], pad[1],
			op->kernel[0], op->kernel[1], op->stride[0], op->stride[1], 1, 1,
			r.channels, r.in_stride, r.out_stride, op->min, op->max, 0, xnn);
	case CPU_AVERAGE_POOL:
		return xnn_create_average_pooling2d_nhwc_f32(pad[0], pad[3], pad[2], pad[1],
			op->kernel[0], op->kernel[1], op->stride[0], op->stride[1],
			r.channels, r.in_stride, r.out_stride, op->min, op->max, 0, xnn);
	case CPU_MEAN:
		return xnn_create_global_average_pooling_nwc_f32(r.channels, r.channels,
			r.channels, -INFINITY, INFINITY, 0, xnn);
	case CPU_BILINEAR:
		return xnn_create_resize_bilinear2d_nhwc_f32(r.channels, r.in_stride,
			r.out_stride, v3cpu_bilinear_flags(op), xnn);
	case CPU_SOFTMAX:
		return xnn_create_softmax_nc_f32(r.channels, r.in_stride, r.out_stride, 0, xnn);
	case CPU_PRELU:
		return xnn_create_prelu_nc_f32(r.channels, r.in_stride, r.out_stride, weights, 0,
			xnn);
	case CPU_BINARY:
		return create_binary(s, xnn);
	case CPU_UNARY:
		return create_unary(s, xnn);
	default:
		return xnn_status_unsupported_parameter;
	}
}

enum xnn_status v3cpu_xnn_setup(const struct cpu_step *s, struct cpu_xnn *x,
				const float *const in[2], float *out, pthreadpool_t threads)
{
	const struct cpu_rows r = v3cpu_rows_of(s);
	const uint32_t *dim = s->in[0].shape.dim, *to = s->out.shape.dim;
	xnn_operator_t xnn = x->op;

	switch (s->op.kind) {
	case CPU_CONV:
		return xnn_setup_convolution2d_nhwc_f32(xnn, dim[0], dim[1], dim[2], in[0], out,
							threads);
	case CPU_DECONV:
		return xnn_setup_deconvolution2d_nhwc_f32(xnn, dim[0], dim[1], dim[2],
			s->op.adjust[0], s->op.adjust[1], in[0], out, threads);
	case CPU_FULLY_CONNECTED:
		return xnn_setup_fully_connected_nc_f32(xnn, r.count, in[0], out, threads);
	case CPU_MAX_POOL:
		return xnn_setup_max_pooling2d_nhwc_f32(xnn, dim[0], dim[1], dim[2], in[0], out,
							threads);
	case CPU_AVERAGE_POOL:
		return xnn_setup_average_pooling2d_nhwc_f32(xnn, dim[0], dim[1], dim[2], in[0],
							    out, threads);
	case CPU_MEAN:
		return xnn_setup_global_average_pooling_nwc_f32(xnn, dim[0], dim[1], in[0], out,
								threads);
	case CPU_BILINEAR:
		return xnn_setup_resize_bilinear2d_nhwc_f32(xnn, dim[0], dim[1], dim[2], to[1],
							    to[2], in[0], out, threads);
	case CPU_SOFTMAX:
		return xnn_setup_softmax_nc_f32(xnn, r.count, in[0], out, threads);
	case CPU_PRELU:
		return xnn_setup_prelu_nc_f32(xnn, r.count, in[0], out, threads);
	case CPU_BINARY:
		return setup_binary(s, xnn, in, out, threads);
	case CPU_UNARY:
		return setup_unary(s, xnn, in[0], out, threads);
	default:
		return xnn_status_unsupported_parameter;
	}
}

enum xnn_status v3cpu_xnn_product(const struct cpu_product *p, const float *in, float *out,
				  pthreadpool_t threads, xnn_operator_t *op)
{
	enum xnn_status status;

	status = xnn_create_fully_connected_nc_f32(p->depth, p->columns, p->in_stride,
		p->out_stride, p->weights, NULL, -INFINITY, INFINITY, p->flags, op);
	if (status != xnn_status_success)
		return status;
	return xnn_setup_fully_connected_nc_f32(*op, p->rows, in, out, threads);
}
