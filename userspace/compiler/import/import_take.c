// SPDX-License-Identifier: MIT
/*
 * Operators that take elements along a dimension in a constant order: GATHER, GATHER_ND,
 * MIRROR_PAD, TILE and BROADCAST_TO. Runs of elements with the same step are SLICEs, and a
 * CONCAT puts them together.
 */
#include <errno.h>

#include "import.h"

/* Elements, and runs of them, that one operator may take along a dimension */
#define MAX_TAKEN	(1 << 16)
#define MAX_RUNS	4096

/* Indices from @index[0] on that have the step that the first two have */
static int run_length(const int64_t *index, int count, int64_t *step)
{
	int n = 1;

	*step = 1;
	if (count < 2 || index[1] <= index[0])
		return 1;
	*step = index[1] - index[0];
	while (n < count && index[n] - index[n - 1] == *step)
		n++;
	/* Two elements with a step are better begun anew where a run of neighbours follows */
	return n == 2 && *step > 1 ? 1 : n;
}

/* Elements @index of dimension @axis of @in become @out, which has @count there */
static int take(struct importer *im, int in, int axis, const int64_t *index, int count, int out)
{
	int runs[MAX_RUNS], run_count = 0, i, n, ret;
	struct ir_shape shape = import_value(im, in)->shape;
	struct ir_slice slice = {};
	int64_t step;

	for (i = 0; i < V3C_MAX_RANK; i++)
		slice.step[i] = 1;
	for (i = 0; i < count; i += n) {
		n = run_length(index + i, count - i, &step);
		slice.begin[axis] = index[i];
		slice.step[axis] = step;
		if (n == count)
			return v3c_import_slice_node(im, in, out, &slice);
		if (run_count == MAX_RUNS)
			return v3c_import_fail(im, ENOTSUP,
					       "it takes more than %d separate parts; put its "
					       "indices in order",
					       MAX_RUNS);
		shape.dim[axis] = n;
		runs[run_count] = v3c_import_temporary(im, &shape, import_value(im, in)->quant);
		if (runs[run_count] < 0)
			return runs[run_count];
		ret = v3c_import_slice_node(im, in, runs[run_count++], &slice);
		if (ret < 0)
			return ret;
	}
	return v3c_import_concat_node(im, runs, run_count, axis, out);
}

/* Elements @index of dimension @axis of @in become the operator's output, which has @shape */
static int take_output(struct importer *im, int in, int axis, const int64_t *index, int count,
		       const struct ir_shape *shape)
{
	struct ir_shape flat = import_value(im, in)->shape;
	int taken, out, ret;

	flat.dim[axis] = count;
	taken = v3c_import_temporary(im, &flat, import_value(im, in)->quant);
	out = taken < 0 ? taken : v3c_import_output(im, 0, shape);
	if (out < 0)
		return out;
	ret = take(im, in, axis, index, count, taken);
	return ret < 0 ? ret : v3c_import_node(im, IR_RESHAPE, taken, -1, out);
}

static int64_t *new_indices(struct importer *im, uint64_t count)
{
	int64_t *index;

	if (count > MAX_TAKEN) {
		v3c_import_fail(im, ENOTSUP,
				"it takes %llu elements along a dimension, at most %d are supported",
				(unsigned long long)count, MAX_TAKEN);
		return NULL;
	}
	index = v3c_alloc(im->ctx, count, sizeof(*index));
	if (!index)
		v3c_no_memory(im->ctx);
	return index;
}

int v3c_import_gather(struct importer *im)
{
	const struct tfl_tensor *t = v3c_import_tensor(im, 1);
	struct ir_shape in_shape, index_shape, shape = {};
	int in, axis, count, i, ret;
	int64_t *index;

	in = v3c_import_operand(im, 2, 2);
	if (in < 0)
		return in;
	in_shape = import_value(im, in)->shape;
	if (!t)
		return v3c_import_fail(im, EINVAL, "damaged: it has no indices");
	if (!t->data)
		return v3c_import_fail(im, ENOTSUP,
				       "its indices are computed; only constant ones are supported");
	if (im->op->batch_dims)
		return v3c_import_fail(im, ENOTSUP,
				       "indices for each batch (batch_dims %d) are not supported",
				       im->op->batch_dims);
	axis = v3c_import_axis(im, im->op->axis, in_shape.rank);
	ret = axis < 0 ? axis : v3c_import_shape(im, t, &index_shape);
	if (ret < 0)
		return ret;
	if (in_shape.rank - 1 + index_shape.rank > V3C_MAX_RANK)
		return v3c_import_fail(im, ENOTSUP, "its output has more than %d dimensions",
				       V3C_MAX_RANK);
	index = new_indices(im, ir_elements(&index_shape));
	if (!index)
		return im->ctx->err;
	count = v3c_import_integers(im, 1, index, ir_elements(&index_shape));
	if (count < 0)
		return count;
	for (i = 0; i < count; i++)
		if (index[i] < 0 || index[i] >= in_shape.dim[axis])
			return v3c_import_fail(im, EINVAL, "damaged: index %lld of %u elements",
					       (long long)index[i], in_shape.dim[axis]);
	for (i = 0; i < axis; i++)
		shape.dim[shape.rank++] = in_shape.dim[i];
	for (i = 0; i < index_shape.rank; i++)
		shape.dim[shape.rank++] = index_shape.dim[i];
	for (i = axis + 1; i < in_shape.rank; i++)
		shape.dim[shape.rank++] = in_shape.dim[i];
	return take_output(im, in, axis, index, count, &shape);
}

/* Takes @index along each dimension that has one; @out has the result's shape */
static int take_all(struct importer *im, int in, int64_t *const *index, int out)
{
	struct ir_shape shape = import_value(im, in)->shape;
	const struct ir_shape last = import_value(im, out)->shape;
	int axis, next, left = 0, ret = 0;

	for (axis = 0; axis < shape.rank; axis++)
		left += !!index[axis];
	if (!left)
		return v3c_import_node(im, IR_RESHAPE, in, -1, out);
	for (axis = 0; ret >= 0 && axis < shape.rank; axis++) {
		if (!index[axis])
			continue;
		shape.dim[axis] = last.dim[axis];
		next = --left ? v3c_import_temporary(im, &shape, import_value(im, in)->quant) : out;
		if (next < 0)
			return next;
		ret = take(im, in, axis, index[axis], shape.dim[axis], next);
		in = next;
	}
	return ret;
}

/* @before and @after of the elements next to an edge, or from the edge on, are mirrored */
static int64_t *mirrored(struct importer *im, uint32_t dim, int64_t before, int64_t after)
{
	int64_t skip = im->op->symmetric ? 0 : 1, i;
	int64_t *index = new_indices(im, dim + before + after);

	if (!index)
		return NULL;
	for (i = 0; i < before; i++)
		index[i] = before - 1 - i + skip;
	for (i = 0; i < dim; i++)
		index[before + i] = i;
	for (i = 0; i < after; i++)
		index[before + dim + i] = dim - 1 - i - skip;
	return index;
}

int v3c_import_mirror_pad(struct importer *im)
{
	int64_t amount[2 * V3C_MAX_RANK], *index[V3C_MAX_RANK] = {};
	struct ir_shape shape, in_shape;
	int in, out, i, ret;

	in = v3c_import_operand(im, 2, 2);
	if (in < 0)
		return in;
	in_shape = import_value(im, in)->shape;
	shape = in_shape;
	ret = v3c_import_integers(im, 1, amount, 2 * V3C_MAX_RANK);
	if (ret < 0)
		return ret;
	if (ret != 2 * shape.rank)
		return v3c_import_fail(im, EINVAL, "damaged: %d paddings for %d dimensions", ret,
				       shape.rank);
	for (i = 0; i < shape.rank; i++) {
		int64_t most = in_shape.dim[i] - !im->op->symmetric;

		if (amount[2 * i] < 0 || amount[2 * i] > most || amount[2 * i + 1] < 0 ||
		    amount[2 * i + 1] > most)
			return v3c_import_fail(im, EINVAL,
					       "damaged: padding %lld, %lld of %u elements",
					       (long long)amount[2 * i],
					       (long long)amount[2 * i + 1], in_shape.dim[i]);
		if (!amount[2 * i] && !amount[2 * i + 1])
			continue;
		shape.dim[i] += amount[2 * i] + amount[2 * i + 1];
		index[i] = mirrored(im, in_shape.dim[i], amount[2 * i], amount[2 * i + 1]);
		if (!index[i])
			return im->ctx->err;
	}
	out = v3c_import_output(im, 0, &shape);
	return out < 0 ? out : take_all(im, in, index, out);
}

int v3c_import_tile(struct importer *im)
{
	int64_t times[V3C_MAX_RANK], *index[V3C_MAX_RANK] = {}, k;
	struct ir_shape shape;
	int in, out, i, ret;

	in = v3c_import_operand(im, 2, 2);
	if (in < 0)
		return in;
	shape = import_value(im, in)->shape;
	ret = v3c_import_integers(im, 1, times, V3C_MAX_RANK);
	if (ret < 0)
		return ret;
	if (ret != shape.rank)
		return v3c_import_fail(im, EINVAL, "damaged: %d repetitions for %d dimensions", ret,
				       shape.rank);
	for (i = 0; i < shape.rank; i++) {
		uint32_t dim = shape.dim[i];

		if (times[i] < 1 || times[i] > V3C_MAX_ELEMENTS)
			return v3c_import_fail(im, EINVAL, "damaged: %lld repetitions",
					       (long long)times[i]);
		if (times[i] == 1)
			continue;
		index[i] = new_indices(im, dim * (uint64_t)times[i]);
		if (!index[i])
			return im->ctx->err;
		for (k = 0; k < dim * times[i]; k++)
			index[i][k] = k % dim;
		shape.dim[i] = dim * times[i];
	}
	out = v3c_import_output(im, 0, &shape);
	return out < 0 ? out : take_all(im, in, index, out);
}

int v3c_import_broadcast_to(struct importer *im)
{
	int64_t size[V3C_MAX_RANK], *index[V3C_MAX_RANK] = {};
	struct ir_shape from, to = {};
	int in, out, i, rank;

	in = v3c_import_operand(im, 2, 2);
	if (in < 0)
		return in;
	from = import_value(im, in)->shape;
	rank = v3c_import_integers(im, 1, size, V3C_MAX_RANK);
	if (rank < 0)
		return rank;
	if (rank < from.rank)
		return v3c_import_bad_output(im);
	for (i = rank; i-- > 0;)
		from.dim[i] = i < rank - from.rank ? 1 : from.dim[i - (rank - from.rank)];
	from.rank = to.rank = rank;
	for (i = 0; i < rank; i++) {
		if (size[i] < 1 || size[i] > V3C_MAX_ELEMENTS ||
		    (from.dim[i] != 1 && from.dim[i] != size[i]))
			return v3c_import_fail(im, EINVAL, "damaged: dimension %d is %u and cannot "
					       "become %lld", i, from.dim[i], (long long)size[i]);
		to.dim[i] = size[i];
		if (from.dim[i] == size[i])
			continue;
		/* All from element 0 */
		index[i] = new_indices(im, size[i]);
		if (!index[i])
			return im->ctx->err;
	}
	in = v3c_import_reshaped(im, in, &from);
	out = in < 0 ? in : v3c_import_output(im, 0, &to);
	return out < 0 ? out : take_all(im, in, index, out);
}

/* The places of GATHER_ND's elements along the dimensions that it indexes, as if they were one */
static int flatten_indices(struct importer *im, const struct ir_shape *in, int depth,
			   int64_t *index, uint64_t count)
{
	uint64_t i;
	int k, ret;

	ret = v3c_import_integers(im, 1, index, count * depth);
	if (ret < 0)
		return ret;
	for (i = 0; i < count; i++) {
		int64_t place = 0;

		for (k = 0; k < depth; k++) {
			int64_t at = index[i * depth + k];

			if (at < 0 || at >= in->dim[k])
				return v3c_import_fail(im, EINVAL,
						       "damaged: index %lld of %u elements",
						       (long long)at, in->dim[k]);
			place = place * in->dim[k] + at;
		}
		index[i] = place;
	}
	return 0;
}

int v3c_import_gather_nd(struct importer *im)
{
	const struct tfl_tensor *t = v3c_import_tensor(im, 1);
	struct ir_shape from, indices, flat = { .dim = { 1 } }, shape = {};
	int in, view, depth, i, ret;
	uint64_t count = 1;
	int64_t *index;

	in = v3c_import_operand(im, 2, 2);
	if (in < 0)
		return in;
	if (!t || !t->data)
		return v3c_import_fail(im, ENOTSUP,
				       "its indices are computed; only constant ones are supported");
	from = import_value(im, in)->shape;
	ret = v3c_import_shape(im, t, &indices);
	if (ret)
		return ret;
	depth = indices.rank ? indices.dim[indices.rank - 1] : 0;
	if (depth < 1 || depth > from.rank || indices.rank - 1 + from.rank - depth > V3C_MAX_RANK)
		return v3c_import_fail(im, EINVAL, "damaged: %d indices each of %d dimensions", depth,
				       from.rank);
	for (i = 0; i < indices.rank - 1; i++) {
		shape.dim[shape.rank++] = indices.dim[i];
		count *= indices.dim[i];
	}
	for (i = 0; i < depth; i++)
		flat.dim[0] *= from.dim[i];
	flat.rank = 1;
	for (i = depth; i < from.rank; i++) {
		shape.dim[shape.rank++] = from.dim[i];
		flat.dim[flat.rank++] = from.dim[i];
	}
	index = new_indices(im, count * depth);
	if (!index)
		return im->ctx->err;
	ret = flatten_indices(im, &from, depth, index, count);
	view = ret ? ret : v3c_import_reshaped(im, in, &flat);
	return view < 0 ? view : take_output(im, view, 0, index, count, &shape);
}
