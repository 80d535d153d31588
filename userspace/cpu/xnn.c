// SPDX-License-Identifier: MIT
#include "xnn.h"

#include <math.h>
#include <string.h>

#include "compiler/tflite/tflite.h"

/* A step's rows of channels; a step that has no use for rows takes dense tensors as one */
struct rows {
	size_t channels;
	size_t count;
	size_t in_stride;
	size_t out_stride;
};

static struct rows rows_of(const struct cpu_step *s)
{
	uint64_t in_stride, out_stride;
	struct rows r = {
		.channels = cpu_channels(&s->in[0].shape),
		.count = ir_elements(&s->in[0].shape),
	};

	v3cpu_is_rows(&s->in[0], &in_stride);
	v3cpu_is_rows(&s->out, &out_stride);
	r.in_stride = in_stride;
	r.out_stride = out_stride;
	if (s->op.kind == CPU_UNARY && v3cpu_is_dense(&s->in[0]) && v3cpu_is_dense(&s->out))
		r.channels = r.in_stride = r.out_stride = r.count;
	r.count /= r.channels;
	return r;
}

static enum xnn_status create_unary(const struct cpu_step *s, xnn_operator_t *op)
{
	const struct rows r = rows_of(s);

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
	size_t n = rows_of(s).count;

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

static uint32_t bilinear_flags(const struct cpu_op *op)
{
	if (op->align_corners)
		return XNN_FLAG_ALIGN_CORNERS;
	return op->half_pixel_centers ? 0 : XNN_FLAG_TENSORFLOW_LEGACY_MODE;
}

enum xnn_status v3cpu_xnn_create(const struct cpu_step *s, const float *weights,
				 const float *bias, xnn_operator_t *xnn)
{
	const struct cpu_op *op = &s->op;
	const uint32_t *pad = op->pad;
	const struct rows r = rows_of(s);
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
			r.out_stride, bilinear_flags(op), xnn);
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

enum xnn_status v3cpu_xnn_setup(const struct cpu_step *s, xnn_operator_t xnn,
				const float *const in[2], float *out, pthreadpool_t threads)
{
	const struct rows r = rows_of(s);
	const uint32_t *dim = s->in[0].shape.dim, *to = s->out.shape.dim;

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

/* Elements to the matrix of @t that result matrix @i needs; dimensions of one are broadcast */
static size_t matrix_offset(const struct cpu_tensor *t, const struct ir_shape *out, size_t i)
{
	size_t offset = 0;
	int d;

	for (d = out->rank - 3; d >= 0; d--) {
		if (t->shape.dim[d] > 1)
			offset += i % out->dim[d] * t->stride[d];
		i /= out->dim[d];
	}
	return offset;
}

enum xnn_status v3cpu_xnn_matmul(const struct cpu_step *s, const float *const in[2], float *out,
				 pthreadpool_t threads)
{
	const struct cpu_tensor *a = &s->in[0], *b = &s->in[1], *c = &s->out;
	const struct ir_shape *out_shape = &c->shape;
	int y = out_shape->rank - 2, x = out_shape->rank - 1;
	size_t rows = a->shape.dim[y], depth = a->shape.dim[x], columns = b->shape.dim[y];
	size_t matrices = ir_elements(out_shape) / rows / columns;
	bool swapped = columns > 1 && depth > 1 && b->stride[x] != 1;
	enum xnn_status status = xnn_status_success;
	xnn_operator_t op;
	size_t i;

	for (i = 0; i < matrices && status == xnn_status_success; i++) {
		status = xnn_create_fully_connected_nc_f32(depth, columns,
			rows > 1 ? a->stride[y] : depth, rows > 1 ? c->stride[y] : columns,
			in[1] + matrix_offset(b, out_shape, i), NULL, -INFINITY, INFINITY,
			swapped ? XNN_FLAG_TRANSPOSE_WEIGHTS : 0, &op);
		if (status != xnn_status_success)
			break;
		status = xnn_setup_fully_connected_nc_f32(op, rows,
			in[0] + matrix_offset(a, out_shape, i),
			out + matrix_offset(c, out_shape, i), threads);
		if (status == xnn_status_success)
			status = xnn_run_operator(op, threads);
		xnn_delete_operator(op);
	}
	return status;
}
