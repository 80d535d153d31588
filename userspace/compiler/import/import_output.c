// SPDX-License-Identifier: MIT
/* Outputs of a model that are constants: of a model whose shapes are fixed, its SHAPE for one */
#include <errno.h>

#include "import.h"

#define MAX_EXACT	(1 << 24)	/* integers that a float32 can count */

/* As real numbers, of which the backend makes integers again */
static int real_integers(struct importer *im, const struct tfl_tensor *t,
			 const struct ir_shape *shape)
{
	const struct fb_vector v = { .data = t->data };
	uint64_t count = ir_elements(shape), i;
	float *data = v3c_alloc(im->ctx, count, sizeof(*data));
	int value = v3c_import_temporary(im, shape, (struct v3c_quant){});

	if (!data)
		return v3c_no_memory(im->ctx);
	for (i = 0; i < count; i++) {
		int64_t n = t->type == TFL_INT32 ? v3c_fb_vector_i32(&v, i) :
						   v3c_fb_vector_i64(&v, i);

		if (n < -MAX_EXACT || n > MAX_EXACT)
			return v3c_fail(im->ctx, ENOTSUP, "a constant output has %lld, which float32 "
					"cannot hold; leave the output out", (long long)n);
		data[i] = n;
	}
	if (value >= 0)
		import_value(im, value)->data = (const uint8_t *)data;
	return value;
}

int v3c_import_constant_output(struct importer *im, uint32_t tensor)
{
	const struct tfl_tensor *t = &im->model->tensors[tensor];
	struct ir_shape shape;
	int value, ret;

	ret = v3c_import_shape(im, t, &shape);
	if (ret)
		return ret;
	if (t->type != TFL_INT32 && t->type != TFL_INT64)
		return im->backend->constant(im, tensor, &shape);
	ret = v3c_import_check_const(im, t, t->type, ir_elements(&shape));
	if (ret)
		return ret;
	if (im->backend->real) {
		value = real_integers(im, t, &shape);
	} else if (shape.rank == V3C_MAX_RANK) {
		value = v3c_fail(im->ctx, ENOTSUP, "a constant output has %u dimensions, at most %u "
				 "are supported", V3C_MAX_RANK, V3C_MAX_RANK - 1);
	} else {
		shape.dim[shape.rank++] = t->type == TFL_INT32 ? 4 : 8;
		value = v3c_import_temporary(im, &shape, (struct v3c_quant){});
		if (value >= 0)
			import_value(im, value)->data = t->data;
	}
	if (value >= 0) {
		import_value(im, value)->tensor = tensor;
		im->value_of[tensor] = value;
	}
	return value;
}
