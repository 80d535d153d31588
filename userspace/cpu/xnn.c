// SPDX-License-Identifier: MIT
#include "xnn_ops.h"

#include <stdlib.h>

struct cpu_rows v3cpu_rows_of(const struct cpu_step *s)
{
	uint64_t in_stride, out_stride;
	struct cpu_rows r = {
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

uint32_t v3cpu_bilinear_flags(const struct cpu_op *op)
{
	if (op->align_corners)
		return XNN_FLAG_ALIGN_CORNERS;
	return op->half_pixel_centers ? 0 : XNN_FLAG_TENSORFLOW_LEGACY_MODE;
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
	struct cpu_product p = {
		.depth = depth,
		.columns = columns,
		.rows = rows,
		.in_stride = rows > 1 ? a->stride[y] : depth,
		.out_stride = rows > 1 ? c->stride[y] : columns,
		.flags = swapped ? XNN_FLAG_TRANSPOSE_WEIGHTS : 0,
	};
	size_t i;

	for (i = 0; i < matrices && status == xnn_status_success; i++) {
		xnn_operator_t op = NULL;

		p.weights = in[1] + matrix_offset(b, out_shape, i);
		status = v3cpu_xnn_product(&p, in[0] + matrix_offset(a, out_shape, i),
					   out + matrix_offset(c, out_shape, i), threads, &op);
		if (status == xnn_status_success)
			status = xnn_run_operator(op, threads);
		xnn_delete_operator(op);
	}
	return status;
}

enum xnn_status v3cpu_xnn_run(const struct cpu_xnn *x, pthreadpool_t threads)
{
	enum xnn_status status = xnn_run_operator(x->op, threads);

	if (status != xnn_status_success || !x->clamp)
		return status;
	return xnn_run_operator(x->clamp, threads);
}

void v3cpu_xnn_free(struct cpu_xnn *x)
{
	if (x->op)
		xnn_delete_operator(x->op);
	if (x->clamp)
		xnn_delete_operator(x->clamp);
	free(x->workspace);
}
