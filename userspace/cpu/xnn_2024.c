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

/*
 * The mean over the middle one of three dimensions, as a pooling of one row: the general
 * reduction of this XNNPACK crashes for it.
 */
static enum xnn_status create_mean(const struct cpu_step *s, struct cpu_xnn *x)
{
	const struct cpu_op copy = { .min = -INFINITY, .max = INFINITY };
	uint32_t width = s->in[0].shape.dim[1];

	/* There is no pooling of one element */
	if (width == 1)
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

/* What an operator asked for is there when it is set up */
static enum xnn_status make_workspace(struct cpu_xnn *x, enum xnn_status status, size_t size,
				      size_t align)
{
	if (status != xnn_status_success || !size)
		return status;
	if (align < WORKSPACE_ALIGN)
		align = WORKSPACE_ALIGN;
	x->workspace = aligned_alloc(align, (size + align - 1) / align * align);
	return x->workspace ? xnn_status_success : xnn_status_out_of_memory;
}

static enum xnn_status setup_binary(const struct cpu_step *s, const struct cpu_xnn *x,
				    const float *const in[2], float *out, pthreadpool_t threads)
{
	size_t dim[2][V3C_MAX_RANK], count = ir_elements(&s->out.shape);
	enum xnn_status status;
	int i, k;

	for (k = 0; k < 2; k++)
		for (i = 0; i < s->in[k].shape.rank; i++)
			dim[k][i] = s->in[k].shape.dim[i];
	status = xnn_reshape_binary_elementwise_nd(x->op, s->in[0].shape.rank, dim[0],
						   s->in[1].shape.rank, dim[1], threads);
	if (status == xnn_status_success)
		status = xnn_setup_binary_elementwise_nd(x->op, in[0], in[1], out);
	if (status != xnn_status_success || !x->clamp)
		return status;
	status = xnn_reshape_unary_elementwise_nc(x->clamp, 1, count, count, count, threads);
	return status == xnn_status_success ?
		xnn_setup_unary_elementwise_nc(x->clamp, out, out) : status;
}

static enum xnn_status setup_prelu(const struct cpu_step *s, const struct cpu_xnn *x,
				   const float *in, float *out, pthreadpool_t threads)
{
	const struct cpu_rows r = v3cpu_rows_of(s);
	const size_t dim[2] = { r.count, r.channels };
	enum xnn_status status;

	status = xnn_reshape_binary_elementwise_nd(x->op, 2, dim, 1, &dim[1], threads);
	return status == xnn_status_success ?
		xnn_setup_binary_elementwise_nd(x->op, in, x->slopes, out) : status;
}

static enum xnn_status setup_mean(const struct cpu_step *s, struct cpu_xnn *x, const float *in,
				  float *out, pthreadpool_t threads)
{
	size_t channels = cpu_channels(&s->in[0].shape), size = 0, align = 1, height, width;
	const uint32_t *dim = s->in[0].shape.dim;
	enum xnn_status status;

	if (dim[1] == 1) {
		status = xnn_reshape_unary_elementwise_nc(x->op, dim[0], channels, channels,
							  channels, threads);
		return status == xnn_status_success ?
			xnn_setup_unary_elementwise_nc(x->op, in, out) : status;
	}
	status = xnn_reshape_average_pooling2d_nhwc_f32(x->op, dim[0], 1, dim[1], channels, channels,
		channels, &size, &align, &height, &width, threads);
	status = make_workspace(x, status, size, align);
	return status == xnn_status_success ?
		xnn_setup_average_pooling2d_nhwc_f32(x->op, x->workspace, in, out) : status;
}

enum xnn_status v3cpu_xnn_setup(const struct cpu_step *s, struct cpu_xnn *x,
				const float *const in[2], float *out, pthreadpool_t threads)
{
	const struct cpu_rows r = v3cpu_rows_of(s);
	const uint32_t *dim = s->in[0].shape.dim;
	size_t size = 0, align = 1, height, width;
	enum xnn_status status;

	switch (s->op.kind) {
	case CPU_CONV:
		status = xnn_reshape_convolution2d_nhwc_f32(x->op, dim[0], dim[1], dim[2], &size,
							    &align, &height, &width, threads);
		status = make_workspace(x, status, size, align);
		return status == xnn_status_success ?
			xnn_setup_convolution2d_nhwc_f32(x->op, x->workspace, in[0], out) : status;
	case CPU_DECONV:
		status = xnn_reshape_deconvolution2d_nhwc_f32(x->op, dim[0], dim[1], dim[2],
			s->op.adjust[0], s->op.adjust[1], &height, &width, threads);
		return status == xnn_status_success ?
			xnn_setup_deconvolution2d_nhwc_f32(x->op, in[0], out) : status;
	case CPU_FULLY_CONNECTED:
		status = xnn_reshape_fully_connected_nc_f32(x->op, r.count, threads);
		return status == xnn_status_success ?
			xnn_setup_fully_connected_nc_f32(x->op, in[0], out) : status;
	case CPU_MAX_POOL:
		status = xnn_reshape_max_pooling2d_nhwc_f32(x->op, dim[0], dim[1], dim[2],
			r.channels, r.in_stride, r.out_stride, &height, &width, threads);
		return status == xnn_status_success ?
			xnn_setup_max_pooling2d_nhwc_f32(x->op, in[0], out) : status;
	case CPU_AVERAGE_POOL:
		status = xnn_reshape_average_pooling2d_nhwc_f32(x->op, dim[0], dim[1], dim[2],
			r.channels, r.in_stride, r.out_stride, &size, &align, &height, &width,
			threads);
		status = make_workspace(x, status, size, align);
		return status == xnn_status_success ?
			xnn_setup_average_pooling2d_nhwc_f32(x->op, x->workspace, in[0], out) :
			status;
	case CPU_MEAN:
		return setup_mean(s, x, in[0], out, threads);
	case CPU_BILINEAR:
		status = xnn_reshape_resize_bilinear2d_nhwc_f32(x->op, dim[0], dim[1], dim[2],
			r.channels, r.in_stride, r.out_stride, &size, &align, threads);
		status = make_workspace(x, status, size, align);
		return status == xnn_status_success ?
			xnn_setup_resize_bilinear2d_nhwc_f32(x->op, x->workspace, in[0], out) :
			status;
	case CPU_SOFTMAX:
		status = xnn_reshape_softmax_nc_f32(x->op, r.channels, r.in_stride, r.out_stride,
						    r.count, threads);
		return status == xnn_status_success ?
			xnn_setup_softmax_nc_f32(x->op, in[0], out) : status;
	case CPU_PRELU:
		return setup_prelu(s, x, in[0], out, threads);
	case CPU_BINARY:
		return setup_binary(s, x, in, out, threads);
	case CPU_UNARY:
		status = xnn_reshape_unary_elementwise_nc(x->op, r.count, r.channels, r.in_stride,
							  r.out_stride, threads);
		return status == xnn_status_success ?
			xnn_setup_unary_elementwise_nc(x->op, in[0], out) : status;
	default:
		return xnn_status_unsupported_parameter;
	}
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
