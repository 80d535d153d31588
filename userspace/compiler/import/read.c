// SPDX-License-Identifier: MIT
#include "read.h"

#include <errno.h>

int v3c_read_image(struct importer *im)
{
	int in = v3c_import_input(im, 0);

	if (in >= 0 && import_value(im, in)->shape.rank != 4)
		return v3c_import_fail(im, EINVAL, "damaged: its input has %d dimensions, not 4",
				       import_value(im, in)->shape.rank);
	return in;
}

/* Both inputs, of an operator with two and one output */
static int read_two(struct importer *im, int in[2])
{
	int i, ret = v3c_import_arity(im, 2, 2, 1);

	for (i = 0; i < 2 && !ret; i++) {
		in[i] = v3c_import_input(im, i);
		ret = in[i] < 0 ? in[i] : 0;
	}
	return ret;
}

int v3c_read_pair(struct importer *im, int in[2], struct ir_shape *shape)
{
	int ret = read_two(im, in);

	if (ret)
		return ret;
	return v3c_import_broadcast(im, &import_value(im, in[0])->shape,
				    &import_value(im, in[1])->shape, shape);
}

int v3c_read_resize(struct importer *im, struct ir_shape *shape)
{
	int64_t size[2];
	int in, ret = v3c_import_arity(im, 2, 2, 1);

	if (ret)
		return ret;
	in = v3c_read_image(im);
	if (in < 0)
		return in;
	ret = v3c_import_integers(im, 1, size, 2);
	if (ret < 0)
		return ret;
	if (ret != 2 || size[0] < 1 || size[1] < 1 || size[0] > INT32_MAX || size[1] > INT32_MAX)
		return v3c_import_fail(im, EINVAL,
				       "damaged: its output size is not two positive numbers");
	if (im->op->align_corners && im->op->half_pixel_centers)
		return v3c_import_fail(im, ENOTSUP,
				       "align_corners and half_pixel_centers together have no meaning");
	*shape = import_value(im, in)->shape;
	shape->dim[1] = size[0];
	shape->dim[2] = size[1];
	return in;
}

int v3c_read_reduction(struct importer *im, unsigned int *axes, struct ir_shape *shape)
{
	/* Each may be there twice, from the front and from the end */
	int64_t axis[2 * V3C_MAX_RANK];
	struct ir_shape from;
	int in, count, i, ret;

	in = v3c_import_operand(im, 2, 2);
	if (in < 0)
		return in;
	from = import_value(im, in)->shape;
	count = v3c_import_integers(im, 1, axis, 2 * V3C_MAX_RANK);
	if (count < 0)
		return count;
	*axes = 0;
	for (i = 0; i < count; i++) {
		ret = v3c_import_axis(im, axis[i], from.rank);
		if (ret < 0)
			return ret;
		*axes |= 1u << ret;
	}
	*shape = (struct ir_shape){};
	for (i = 0; i < from.rank; i++)
		if (!(*axes >> i & 1) || im->op->keep_dims)
			shape->dim[shape->rank++] = *axes >> i & 1 ? 1 : from.dim[i];
	return in;
}

int v3c_read_argmax(struct importer *im, uint32_t max, struct ir_shape *shape)
{
	int64_t number;
	int in, axis, ret;

	in = v3c_import_operand(im, 2, 2);
	if (in < 0)
		return in;
	*shape = import_value(im, in)->shape;
	ret = v3c_import_integers(im, 1, &number, 1);
	if (ret < 0)
		return ret;
	if (!ret)
		return v3c_import_fail(im, EINVAL, "damaged: it has no axis");
	axis = v3c_import_axis(im, number, shape->rank);
	if (axis < 0)
		return axis;
	if (shape->dim[axis] > max)
		return v3c_import_fail(im, ENOTSUP, "it is over %u elements, more than %u",
				       shape->dim[axis], max);
	in = v3c_import_last(im, in, 1u << axis);
	if (in < 0)
		return in;
	*shape = import_value(im, in)->shape;
	shape->rank--;
	return in;
}

int v3c_read_conv(struct importer *im, const struct ir_shape *in, const struct ir_shape *weights,
		  struct read_conv *conv)
{
	bool depthwise = im->op->code == TFL_DEPTHWISE_CONV_2D;

	if (in->rank != 4 || weights->rank != 4)
		return v3c_import_fail(im, EINVAL,
				       "damaged: input and weights have %d and %d dimensions, not 4",
				       in->rank, weights->rank);
	conv->channels = weights->dim[depthwise ? 3 : 0];
	conv->groups = depthwise ? in->dim[3] : in->dim[3] / weights->dim[3];
	if (depthwise && (weights->dim[0] != 1 || conv->channels % in->dim[3]))
		return v3c_import_fail(im, EINVAL, "damaged: weights for %u channels, an input of %u",
				       weights->dim[3], in->dim[3]);
	if (!depthwise && (in->dim[3] % weights->dim[3] || conv->channels % conv->groups))
		return v3c_import_fail(im, EINVAL,
				       "damaged: weights for %u inputs and %u outputs, an input of %u "
				       "channels",
				       weights->dim[3], conv->channels, in->dim[3]);
	return 0;
}

int v3c_read_product(struct importer *im, int in, struct read_product *product)
{
	const struct tfl_tensor *w = v3c_import_tensor(im, 1);
	uint64_t elements = ir_elements(&import_value(im, in)->shape);
	struct ir_shape weights, *out = &product->out;
	int ret;

	if (!w)
		return v3c_import_fail(im, EINVAL, "damaged: it has no weights");
	if (im->op->format)
		return v3c_import_fail(im, ENOTSUP,
				       "weights are shuffled (format %d); export with the default "
				       "format",
				       im->op->format);
	ret = v3c_import_shape(im, w, &weights);
	if (ret)
		return ret;
	if (weights.rank != 2)
		return v3c_import_fail(im, EINVAL, "damaged: weights have %d dimensions, not 2",
				       weights.rank);
	product->units = weights.dim[0];
	product->depth = weights.dim[1];
	if (elements % product->depth)
		return v3c_import_fail(im, EINVAL,
				       "damaged: an input of %llu elements, weights of depth %u",
				       (unsigned long long)elements, product->depth);
	product->rows = elements / product->depth;
	/* The output is [rows, units], or the input's shape with a new last dimension */
	ret = v3c_import_declared(im, out);
	if (ret)
		return ret;
	if (!out->rank || ir_elements(out) != (uint64_t)product->rows * product->units ||
	    out->dim[out->rank - 1] != product->units)
		return v3c_import_bad_output(im);
	return 0;
}

/* The value with dimensions of 1 in front, so that it has @rank */
static int widened(struct importer *im, int value, int rank)
{
	const struct ir_shape *from = &import_value(im, value)->shape;
	struct ir_shape shape = { .rank = rank };
	int i;

	if (from->rank == rank)
		return value;
	for (i = 0; i < rank; i++)
		shape.dim[i] = i < rank - from->rank ? 1 : from->dim[i - (rank - from->rank)];
	return v3c_import_reshaped(im, value, &shape);
}

/* [..., rows, depth] and [..., columns, depth] make @out: [..., rows, columns] */
static int product_shape(struct importer *im, const struct ir_shape *a, const struct ir_shape *b,
			 struct ir_shape *out)
{
	int last = a->rank - 1, i;

	*out = *a;
	out->dim[last] = b->dim[last - 1];
	for (i = 0; i < last - 1; i++) {
		if (a->dim[i] != b->dim[i] && a->dim[i] != 1 && b->dim[i] != 1)
			break;
		out->dim[i] = a->dim[i] == 1 ? b->dim[i] : a->dim[i];
	}
	if (i < last - 1 || a->dim[last] != b->dim[last])
		return v3c_import_fail(im, EINVAL, "damaged: its operands' shapes do not go together");
	return 0;
}

int v3c_read_matmul(struct importer *im, int rank, int in[2], struct ir_shape *shape)
{
	int i, own, ret = read_two(im, in);

	if (ret)
		return ret;
	for (i = 0; i < 2; i++) {
		own = import_value(im, in[i])->shape.rank;
		if (own < 2)
			return v3c_import_fail(im, EINVAL,
					       "damaged: an operand has less than two dimensions");
		if (own > rank)
			rank = own;
	}
	for (i = 0; i < 2; i++) {
		own = import_value(im, in[i])->shape.rank;
		/* The depth is to be last in both */
		if (im->op->adjoint[i] == !i)
			in[i] = v3c_import_last(im, in[i], 1u << (own - 2));
		if (in[i] >= 0)
			in[i] = widened(im, in[i], rank);
		if (in[i] < 0)
			return in[i];
	}
	return product_shape(im, &import_value(im, in[0])->shape,
			     &import_value(im, in[1])->shape, shape);
}

int v3c_import_last(struct importer *im, int in, unsigned int last)
{
	uint8_t perm[V3C_MAX_RANK];
	int i, k = 0, rank = import_value(im, in)->shape.rank;

	for (i = 0; i < rank; i++)
		if (!(last & 1u << i))
			perm[k++] = i;
	for (i = 0; i < rank; i++)
		if (last & 1u << i)
			perm[k++] = i;
	return v3c_import_transposed(im, in, perm);
}
