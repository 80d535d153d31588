// SPDX-License-Identifier: MIT
/*
 * Operators that move elements and compute nothing: all become PAD, RESHAPE,
 * TRANSPOSE, SLICE and CONCAT.
 */
#include <errno.h>
#include <string.h>

#include "compiler/arith/table_float.h"
#include "import.h"

/* What PAD puts around its input: the output's zero, or what PADV2's input 2 says */
static int import_pad_value(struct importer *im, struct v3c_quant quant, struct ir_pad *pad)
{
	const struct tfl_tensor *fill = v3c_import_tensor(im, 2);
	bool real = im->backend->real && fill && fill->type == TFL_FLOAT32;
	int ret;

	pad->value = quant.zero_point;
	if (im->op->code != TFL_PADV2)
		return 0;
	ret = v3c_import_check_const(im, fill, real ? TFL_FLOAT32 : TFL_INT8, 1);
	if (ret)
		return ret;
	if (real) {
		const struct fb_vector v = { .data = fill->data, .count = 1 };

		pad->real = v3c_fb_vector_float(&v, 0);
	} else {
		pad->value = (int8_t)fill->data[0];
		pad->real = quant.scale * (pad->value - quant.zero_point);
	}
	return 0;
}

int v3c_import_pad(struct importer *im)
{
	bool v2 = im->op->code == TFL_PADV2;
	int64_t amount[2 * V3C_MAX_RANK];
	struct ir_pad pad = {};
	struct ir_shape shape;
	bool nothing = true;
	int in, out, node, i, ret;

	ret = v3c_import_arity(im, 2 + v2, 2 + v2, 1);
	if (ret)
		return ret;
	in = v3c_import_input(im, 0);
	if (in < 0)
		return in;
	shape = import_value(im, in)->shape;
	ret = v3c_import_integers(im, 1, amount, 2 * V3C_MAX_RANK);
	if (ret < 0)
		return ret;
	if (ret != 2 * shape.rank)
		return v3c_import_fail(im, EINVAL, "damaged: %d paddings for %d dimensions", ret,
				       shape.rank);
	for (i = 0; i < shape.rank; i++) {
		int64_t before = amount[2 * i], after = amount[2 * i + 1];

		if (before < 0 || after < 0 || before > INT32_MAX || after > INT32_MAX ||
		    before + after + shape.dim[i] > V3C_MAX_ELEMENTS)
			return v3c_import_fail(im, EINVAL,
					       "damaged: padding %lld, %lld of dimension %d",
					       (long long)before, (long long)after, i);
		pad.before[i] = before;
		shape.dim[i] += before + after;
		nothing &= !before && !after;
	}
	out = v3c_import_output(im, 0, &shape);
	if (out < 0)
		return out;
	ret = import_pad_value(im, import_value(im, out)->quant, &pad);
	if (ret)
		return ret;
	node = v3c_import_node(im, nothing ? IR_RESHAPE : IR_PAD, in, -1, out);
	if (node >= 0 && !nothing)
		im->graph->nodes[node].pad = pad;
	return node;
}

/* The new shape is the output's own: TFLite's parsing of its many sources gave that */
int v3c_import_reshape(struct importer *im)
{
	struct ir_shape shape;
	int in, out, ret;

	in = v3c_import_operand(im, 1, 2);
	if (in < 0)
		return in;
	ret = v3c_import_declared(im, &shape);
	if (ret)
		return ret;
	if (ir_elements(&shape) != ir_elements(&import_value(im, in)->shape))
		return v3c_import_fail(
			im, EINVAL, "damaged: its output has %llu elements, its input %llu",
			(unsigned long long)ir_elements(&shape),
			(unsigned long long)ir_elements(&import_value(im, in)->shape));
	out = v3c_import_output(im, 0, &shape);
	if (out < 0)
		return out;
	return v3c_import_node(im, IR_RESHAPE, in, -1, out);
}

int v3c_import_transpose(struct importer *im)
{
	struct ir_shape from, to = {};
	int64_t perm[V3C_MAX_RANK];
	unsigned int seen = 0;
	int in, out, node, i, ret;

	in = v3c_import_operand(im, 2, 2);
	if (in < 0)
		return in;
	from = import_value(im, in)->shape;
	ret = v3c_import_integers(im, 1, perm, V3C_MAX_RANK);
	if (ret < 0)
		return ret;
	if (ret != from.rank)
		return v3c_import_fail(im, EINVAL, "damaged: it orders %d of %d dimensions", ret,
				       from.rank);
	to.rank = from.rank;
	for (i = 0; i < from.rank; i++) {
		ret = v3c_import_axis(im, perm[i], from.rank);
		if (ret < 0)
			return ret;
		perm[i] = ret;
		seen |= 1u << ret;
		to.dim[i] = from.dim[ret];
	}
	if (seen != (1u << from.rank) - 1)
		return v3c_import_fail(im, EINVAL, "damaged: its order names a dimension twice");
	out = v3c_import_output(im, 0, &to);
	if (out < 0)
		return out;
	node = v3c_import_node(im, IR_TRANSPOSE, in, -1, out);
	for (i = 0; node >= 0 && i < from.rank; i++)
		im->graph->nodes[node].perm[i] = perm[i];
	return node;
}

int v3c_import_slice_node(struct importer *im, int in, int out, const struct ir_slice *slice)
{
	int node = v3c_import_node(im, IR_SLICE, in, -1, out);

	if (node >= 0)
		im->graph->nodes[node].slice = *slice;
	return node;
}

int v3c_import_slice(struct importer *im)
{
	int64_t begin[V3C_MAX_RANK], size[V3C_MAX_RANK];
	struct ir_slice slice = {};
	struct ir_shape shape;
	int in, out, i, begins, sizes;

	in = v3c_import_operand(im, 3, 3);
	if (in < 0)
		return in;
	shape = import_value(im, in)->shape;
	begins = v3c_import_integers(im, 1, begin, V3C_MAX_RANK);
	if (begins < 0)
		return begins;
	sizes = v3c_import_integers(im, 2, size, V3C_MAX_RANK);
	if (sizes < 0)
		return sizes;
	if (begins != shape.rank || sizes != shape.rank)
		return v3c_import_fail(im, EINVAL, "damaged: %d begins and %d sizes for %d dimensions",
				       begins, sizes, shape.rank);
	for (i = 0; i < shape.rank; i++) {
		int64_t n = size[i] == -1 ? shape.dim[i] - begin[i] : size[i];

		if (begin[i] < 0 || begin[i] >= shape.dim[i] || n < 1 ||
		    n > shape.dim[i] - begin[i])
			return v3c_import_fail(im, EINVAL,
					       "damaged: it takes %lld elements from %lld of %u",
					       (long long)size[i], (long long)begin[i],
					       shape.dim[i]);
		slice.begin[i] = begin[i];
		slice.step[i] = 1;
		shape.dim[i] = n;
	}
	out = v3c_import_output(im, 0, &shape);
	return out < 0 ? out : v3c_import_slice_node(im, in, out, &slice);
}

/* One dimension of STRIDED_SLICE: first element and count */
static int slice_dim(struct importer *im, int i, uint32_t dim, int64_t begin, int64_t end,
		     int64_t step, uint32_t *first, uint32_t *count)
{
	if (step < 1 || step > INT32_MAX)
		return v3c_import_fail(im, step ? ENOTSUP : EINVAL,
				       "stride %lld; only positive strides are supported",
				       (long long)step);
	if (!v3c_tfl_slice_dim(im->op, i, dim, begin, end, step, first, count))
		return v3c_import_fail(im, EINVAL,
				       "it takes no element of dimension %d: %lld to %lld of %u",
				       i, (long long)begin, (long long)end, dim);
	return 0;
}

int v3c_import_strided_slice(struct importer *im)
{
	int64_t begin[V3C_MAX_RANK], end[V3C_MAX_RANK], step[V3C_MAX_RANK];
	int64_t *list[3] = { begin, end, step };
	struct ir_shape whole, part, shrunk = {};
	struct ir_slice slice = {};
	int in, out, kept, given = 0, i, ret;

	in = v3c_import_operand(im, 4, 4);
	if (in < 0)
		return in;
	whole = import_value(im, in)->shape;
	if (im->op->mask[2] || im->op->mask[3])
		return v3c_import_fail(im, ENOTSUP,
				       "ellipsis and new-axis masks are not supported; slice with all "
				       "dimensions spelled out");
	for (i = 0; i < 3; i++) {
		ret = v3c_import_integers(im, 1 + i, list[i], V3C_MAX_RANK);
		if (ret < 0)
			return ret;
		if (ret > whole.rank || (i && ret != given))
			return v3c_import_fail(im, EINVAL,
					       "damaged: begin, end and strides do not fit %d "
					       "dimensions",
					       whole.rank);
		given = ret;
	}
	part = whole;
	for (i = 0; i < whole.rank; i++) {
		slice.step[i] = 1;
		if (i < given) {
			ret = slice_dim(im, i, whole.dim[i], begin[i], end[i], step[i],
					&slice.begin[i], &part.dim[i]);
			if (ret)
				return ret;
			slice.step[i] = step[i];
		}
		if (i >= given || !(im->op->mask[4] & 1 << i))
			shrunk.dim[shrunk.rank++] = part.dim[i];
	}
	if (shrunk.rank == part.rank) {
		out = v3c_import_output(im, 0, &part);
		return out < 0 ? out : v3c_import_slice_node(im, in, out, &slice);
	}
	kept = v3c_import_temporary(im, &part, import_value(im, in)->quant);
	if (kept < 0)
		return kept;
	out = v3c_import_output(im, 0, &shrunk);
	if (out < 0)
		return out;
	ret = v3c_import_slice_node(im, in, kept, &slice);
	return ret < 0 ? ret : v3c_import_node(im, IR_RESHAPE, kept, -1, out);
}

/* SPLIT_V's sizes, one of which may be -1 for the rest */
static int split_sizes(struct importer *im, uint32_t dim, int64_t *size, uint32_t count)
{
	int64_t left = dim;
	int rest = -1;
	uint32_t i;
	int ret = v3c_import_integers(im, 1, size, count);

	if (ret < 0)
		return ret;
	if ((uint32_t)ret != count)
		return v3c_import_fail(im, EINVAL, "damaged: %d sizes for %u outputs", ret, count);
	for (i = 0; i < count; i++) {
		if (size[i] == -1 && rest < 0) {
			rest = i;
			continue;
		}
		if (size[i] < 1 || size[i] > left)
			return v3c_import_fail(im, EINVAL, "damaged: a part of %lld from %u elements",
					       (long long)size[i], dim);
		left -= size[i];
	}
	if (rest >= 0) {
		size[rest] = left;
		left = left > 0 ? 0 : -1;
	}
	if (left)
		return v3c_import_fail(im, EINVAL,
				       "damaged: its parts do not add up to %u elements", dim);
	return 0;
}

int v3c_import_split(struct importer *im)
{
	bool v = im->op->code == TFL_SPLIT_V;
	uint32_t count = im->op->outputs.count, i;
	struct ir_slice slice = {};
	struct ir_shape shape;
	int64_t axis, *size;
	int in, out, ret;

	ret = v3c_import_arity(im, 2 + v, 2 + v, count);
	if (ret)
		return ret;
	if (!count)
		return v3c_import_fail(im, EINVAL, "damaged: it has no outputs");
	in = v3c_import_input(im, v ? 0 : 1);
	if (in < 0)
		return in;
	shape = import_value(im, in)->shape;
	ret = v3c_import_integers(im, v ? 2 : 0, &axis, 1);
	if (ret == 0)
		ret = v3c_import_fail(im, EINVAL, "damaged: it has no axis");
	if (ret > 0)
		ret = v3c_import_axis(im, axis, shape.rank);
	if (ret < 0)
		return ret;
	axis = ret;
	size = v3c_alloc(im->ctx, count, sizeof(*size));
	if (!size)
		return v3c_no_memory(im->ctx);
	if (v) {
		ret = split_sizes(im, shape.dim[axis], size, count);
		if (ret)
			return ret;
	} else if (shape.dim[axis] % count) {
		return v3c_import_fail(im, EINVAL, "damaged: %u elements in %u equal parts",
				       shape.dim[axis], count);
	}
	for (i = 0; i < V3C_MAX_RANK; i++)
		slice.step[i] = 1;
	for (i = 0; i < count; i++) {
		shape.dim[axis] = v ? size[i] : import_value(im, in)->shape.dim[axis] / count;
		out = v3c_import_output(im, i, &shape);
		if (out < 0)
			return out;
		ret = v3c_import_slice_node(im, in, out, &slice);
		if (ret < 0)
			return ret;
		slice.begin[axis] += shape.dim[axis];
	}
	return 0;
}

/* @shape without dimension @axis */
static struct ir_shape without(const struct ir_shape *shape, int axis)
{
	struct ir_shape s = *shape;

	memmove(&s.dim[axis], &s.dim[axis + 1], (s.rank - axis - 1) * sizeof(s.dim[0]));
	s.rank--;
	return s;
}

int v3c_import_unpack(struct importer *im)
{
	uint32_t count = im->op->outputs.count, i;
	struct ir_slice slice = {};
	struct ir_shape part, flat;
	int in, out, kept, axis, ret;

	ret = v3c_import_arity(im, 1, 1, count);
	if (ret)
		return ret;
	in = v3c_import_input(im, 0);
	if (in < 0)
		return in;
	part = import_value(im, in)->shape;
	axis = v3c_import_axis(im, im->op->axis, part.rank);
	if (axis < 0)
		return axis;
	if (part.dim[axis] != count)
		return v3c_import_fail(im, EINVAL, "damaged: %u outputs from a dimension of %u", count,
				       part.dim[axis]);
	part.dim[axis] = 1;
	flat = without(&part, axis);
	for (i = 0; i < V3C_MAX_RANK; i++)
		slice.step[i] = 1;
	for (i = 0; i < count; i++) {
		kept = v3c_import_temporary(im, &part, import_value(im, in)->quant);
		if (kept < 0)
			return kept;
		out = v3c_import_output(im, i, &flat);
		if (out < 0)
			return out;
		slice.begin[axis] = i;
		ret = v3c_import_slice_node(im, in, kept, &slice);
		if (ret < 0)
			return ret;
		ret = v3c_import_node(im, IR_RESHAPE, kept, -1, out);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int check_same_quant(struct importer *im, int in, int out)
{
	struct v3c_quant a = import_value(im, in)->quant, b = import_value(im, out)->quant;

	if (a.scale != b.scale || a.zero_point != b.zero_point)
		return v3c_import_fail(im, EINVAL,
				       "damaged: an input has scale %g and zero point %d, its output "
				       "%g and %d",
				       a.scale, a.zero_point, b.scale, b.zero_point);
	return 0;
}

/*
 * An input of a CONCATENATION with its output's quantization. TFLite's kernel for uint8
 * rescales, that for int8 does not.
 */
static int concat_input(struct importer *im, int in, int out)
{
	struct v3c_quant a = import_value(im, in)->quant, b = import_value(im, out)->quant;
	int8_t *table;

	if (a.scale == b.scale && a.zero_point == b.zero_point)
		return in;
	if (!im->uint8)
		return check_same_quant(im, in, out);
	if (im->backend->real)
		return v3c_import_fail(im, ENOTSUP,
				       "it is of uint8 with several scales, which the NPU can compute "
				       "and the CPU cannot");
	table = v3c_alloc(im->ctx, 1, V3C_TABLE_SIZE);
	if (!table)
		return v3c_no_memory(im->ctx);
	v3c_table_concat_uint8(table, a, b);
	return v3c_import_mapped(im, in, table, b);
}

int v3c_import_concat_node(struct importer *im, const int *in, uint32_t count, int axis, int out)
{
	int node = v3c_ir_add_node(im->ctx, im->graph, IR_CONCAT, import_tag(im), count, out);

	if (node >= 0) {
		im->graph->nodes[node].axis = axis;
		memcpy(im->graph->nodes[node].in, in, count * sizeof(*in));
	}
	return node;
}

int v3c_import_concat(struct importer *im)
{
	uint32_t count = im->op->inputs.count, i;
	struct ir_shape shape = {};
	int *in, out, axis = 0, k, ret;
	uint64_t total = 0;

	ret = v3c_import_arity(im, 1, count, 1);
	if (ret)
		return ret;
	if (im->op->activation != TFL_ACT_NONE)
		return v3c_import_fail(im, ENOTSUP, "fused activation %u; TFLite has none here either",
				       im->op->activation);
	in = v3c_alloc(im->ctx, count, sizeof(*in));
	if (!in)
		return v3c_no_memory(im->ctx);
	for (i = 0; i < count; i++) {
		const struct ir_shape *s;

		in[i] = v3c_import_input(im, i);
		if (in[i] < 0)
			return in[i];
		s = &import_value(im, in[i])->shape;
		if (!i) {
			shape = *s;
			axis = v3c_import_axis(im, im->op->axis, shape.rank);
			if (axis < 0)
				return axis;
		}
		for (k = 0; k < shape.rank && s->rank == shape.rank; k++)
			if (k != axis && s->dim[k] != shape.dim[k])
				break;
		if (k != shape.rank)
			return v3c_import_fail(im, EINVAL,
					       "damaged: input %u's shape does not go with input 0's",
					       i);
		total += s->dim[axis];
	}
	if (total > V3C_MAX_ELEMENTS)
		return v3c_import_fail(im, ENOTSUP, "its output has more than %u elements",
				       V3C_MAX_ELEMENTS);
	shape.dim[axis] = total;
	out = v3c_import_output(im, 0, &shape);
	if (out < 0)
		return out;
	for (i = 0; i < count; i++) {
		in[i] = concat_input(im, in[i], out);
		if (in[i] < 0)
			return in[i];
	}
	return v3c_import_concat_node(im, in, count, axis, out);
}

int v3c_import_pack(struct importer *im)
{
	uint32_t count = im->op->inputs.count, i;
	struct ir_shape part = {}, first = {};
	int *in, out, value, axis = 0, ret;

	ret = v3c_import_arity(im, 1, count, 1);
	if (ret)
		return ret;
	in = v3c_alloc(im->ctx, count, sizeof(*in));
	if (!in)
		return v3c_no_memory(im->ctx);
	for (i = 0; i < count; i++) {
		value = v3c_import_input(im, i);
		if (value < 0)
			return value;
		if (!i) {
			first = import_value(im, value)->shape;
			if (first.rank == V3C_MAX_RANK)
				return v3c_import_fail(im, ENOTSUP,
						       "its output has more than %d dimensions",
						       V3C_MAX_RANK);
			axis = v3c_import_axis(im, im->op->axis, first.rank + 1);
			if (axis < 0)
				return axis;
			part = first;
			part.rank++;
			memmove(&part.dim[axis + 1], &first.dim[axis],
				(first.rank - axis) * sizeof(first.dim[0]));
			part.dim[axis] = 1;
		}
		if (!v3c_ir_same_shape(&import_value(im, value)->shape, &first))
			return v3c_import_fail(im, EINVAL, "damaged: input %u's shape is not input 0's",
					       i);
		in[i] = v3c_import_reshaped(im, value, &part);
		if (in[i] < 0)
			return in[i];
	}
	part.dim[axis] = count;
	out = v3c_import_output(im, 0, &part);
	if (out < 0)
		return out;
	for (i = 0; i < count; i++) {
		ret = check_same_quant(im, in[i], out);
		if (ret)
			return ret;
	}
	return v3c_import_concat_node(im, in, count, axis, out);
}
