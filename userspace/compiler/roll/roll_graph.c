// SPDX-License-Identifier: MIT
#include "roll_graph.h"

#include <string.h>

struct look {
	const struct tfl_model *model;
	struct roll_tensor *tensors;
};

bool v3c_roll_is_view(int32_t code)
{
	switch (code) {
	case TFL_RESHAPE:
	case TFL_SQUEEZE:
	case TFL_EXPAND_DIMS:
	case TFL_SPLIT:
	case TFL_SPLIT_V:
	case TFL_UNPACK:
	case TFL_SLICE:
	case TFL_STRIDED_SLICE:
		return true;
	default:
		return false;
	}
}

bool v3c_roll_same_quant(const struct tfl_tensor *a, const struct tfl_tensor *b)
{
	return a->type == b->type && a->scale.count <= 1 && a->zero_point.count <= 1 &&
	       a->scale.count == b->scale.count && a->zero_point.count == b->zero_point.count &&
	       (!a->scale.count || !memcmp(a->scale.data, b->scale.data, 4)) &&
	       (!a->zero_point.count || !memcmp(a->zero_point.data, b->zero_point.data, 8));
}

static uint64_t elements(const struct tfl_tensor *t)
{
	uint64_t n = 1;
	uint32_t i;

	if (t->special || t->rank > V3C_MAX_RANK)
		return 0;
	for (i = 0; i < t->rank; i++) {
		if (t->dim[i] <= 0)
			return 0;
		n *= t->dim[i];
		if (n > V3C_MAX_ELEMENTS)
			return 0;
	}
	return n;
}

/* Integer @i of a constant tensor */
static bool integer(const struct look *l, int32_t tensor, uint32_t i, int64_t *value)
{
	const struct tfl_tensor *t;
	struct fb_vector v;
	size_t size;

	if (tensor < 0)
		return false;
	t = &l->model->tensors[tensor];
	size = t->type == TFL_INT64 ? 8 : 4;
	if ((t->type != TFL_INT32 && t->type != TFL_INT64) || !t->data ||
	    t->data_size != l->tensors[tensor].elements * size || i >= t->data_size / size)
		return false;
	v = (struct fb_vector){ .data = t->data, .count = t->data_size / size };
	*value = size == 4 ? v3c_fb_vector_i32(&v, i) : v3c_fb_vector_i64(&v, i);
	return true;
}

/* Has @part @base's shape but for @cut, and for the dimensions of the mask @dropped? */
static bool is_shape_of_part(const struct tfl_tensor *part, const struct tfl_tensor *base,
			     const struct roll_cut *cut, uint32_t dropped)
{
	uint32_t rank = 0, i;

	for (i = 0; i < base->rank; i++) {
		if (dropped & 1u << i)
			continue;
		if (rank == part->rank || (uint32_t)part->dim[rank] !=
		    ((int)i == cut->axis ? cut->count : (uint32_t)base->dim[i]))
			return false;
		rank++;
	}
	return rank == part->rank;
}

/* Notes how @out is cut, if both tensors agree */
static void note_cut(struct look *l, int32_t out, const struct roll_cut *cut, uint32_t dropped)
{
	const struct tfl_tensor *base = &l->model->tensors[cut->base];
	const struct tfl_tensor *part = &l->model->tensors[out];

	if (l->tensors[out].elements && v3c_roll_same_quant(base, part) &&
	    is_shape_of_part(part, base, cut, dropped))
		l->tensors[out].cut = *cut;
}

/* SPLIT, SPLIT_V and UNPACK */
static void look_at_split(struct look *l, uint32_t number, const struct tfl_op *op)
{
	struct roll_cut cut = { .base = roll_operand(op, op->code == TFL_SPLIT), .op = number };
	int64_t axis = op->axis, size;
	const struct tfl_tensor *b;
	uint32_t i;

	if (cut.base < 0 || !op->outputs.count)
		return;
	b = &l->model->tensors[cut.base];
	if (op->code != TFL_UNPACK && !integer(l, roll_operand(op, op->code == TFL_SPLIT ? 0 : 2),
					       0, &axis))
		return;
	if (axis < 0)
		axis += b->rank;
	if (!l->tensors[cut.base].elements || axis < 0 || axis >= b->rank)
		return;
	size = b->dim[axis] / op->outputs.count;
	if (op->code != TFL_SPLIT_V && (uint32_t)b->dim[axis] != size * op->outputs.count)
		return;
	cut.axis = axis;
	for (i = 0; i < op->outputs.count; i++) {
		if (op->code == TFL_SPLIT_V && !integer(l, roll_operand(op, 1), i, &size))
			return;
		if (size < 1 || size > b->dim[axis] - cut.first)
			return;
		cut.count = size;
		note_cut(l, v3c_fb_vector_i32(&op->outputs, i), &cut,
			 op->code == TFL_UNPACK ? 1u << axis : 0);
		cut.first += size;
	}
}

/* What SLICE or STRIDED_SLICE takes of dimension @i */
static bool slice_dim(const struct look *l, const struct tfl_op *op, int i, uint32_t dim,
		      uint32_t *first, uint32_t *count)
{
	int64_t begin, end, step;

	if (!integer(l, roll_operand(op, 1), i, &begin) ||
	    !integer(l, roll_operand(op, 2), i, &end))
		return false;
	if (op->code == TFL_SLICE) {
		if (begin < 0 || begin >= dim)
			return false;
		if (end == -1)
			end = dim - begin;
		if (end < 1 || end > dim - begin)
			return false;
		*first = begin;
		*count = end;
		return true;
	}
	return integer(l, roll_operand(op, 3), i, &step) && step == 1 &&
	       v3c_tfl_slice_dim(op, i, dim, begin, end, step, first, count);
}

/* SLICE and STRIDED_SLICE along one dimension */
static void look_at_slice(struct look *l, uint32_t number, const struct tfl_op *op)
{
	struct roll_cut cut = { .base = roll_operand(op, 0), .axis = -1, .op = number };
	uint32_t first, count, i;
	const struct tfl_tensor *b;
	int64_t unused;

	if (cut.base < 0 || op->outputs.count != 1 || !l->tensors[cut.base].elements ||
	    op->mask[2] || op->mask[3])
		return;
	b = &l->model->tensors[cut.base];
	for (i = 0; i < b->rank; i++) {
		if (op->code == TFL_STRIDED_SLICE && !integer(l, roll_operand(op, 1), i, &unused))
			break;
		if (!slice_dim(l, op, i, b->dim[i], &first, &count))
			return;
		if (count == (uint32_t)b->dim[i])
			continue;
		if (cut.axis >= 0)
			return;
		cut.axis = i;
		cut.first = first;
		cut.count = count;
	}
	/* Dimensions that nothing is said of are whole, whatever the mask says */
	if (cut.axis >= 0)
		note_cut(l, v3c_fb_vector_i32(&op->outputs, 0), &cut,
			 op->mask[4] & ((1u << i) - 1));
}

static void look_at_reshape(struct look *l, const struct tfl_op *op)
{
	int32_t in = roll_operand(op, 0), out;

	if (in < 0 || op->outputs.count != 1)
		return;
	out = v3c_fb_vector_i32(&op->outputs, 0);
	if (!l->tensors[out].elements || l->tensors[in].elements != l->tensors[out].elements ||
	    !v3c_roll_same_quant(&l->model->tensors[in], &l->model->tensors[out]))
		return;
	l->tensors[out].origin = l->tensors[in].origin;
	if (l->tensors[in].uses == 1)
		l->tensors[out].product = l->tensors[in].product;
}

static void look_at_op(struct look *l, uint32_t number)
{
	const struct tfl_op *op = &l->model->ops[number];

	switch (op->code) {
	case TFL_RESHAPE:
	case TFL_SQUEEZE:
	case TFL_EXPAND_DIMS:
		look_at_reshape(l, op);
		break;
	case TFL_SPLIT:
	case TFL_SPLIT_V:
	case TFL_UNPACK:
		look_at_split(l, number, op);
		break;
	case TFL_SLICE:
	case TFL_STRIDED_SLICE:
		look_at_slice(l, number, op);
		break;
	case TFL_FULLY_CONNECTED:
	case TFL_BATCH_MATMUL:
		if (op->outputs.count == 1)
			l->tensors[v3c_fb_vector_i32(&op->outputs, 0)].product = number;
		break;
	}
}

/* Tensors that a well-formed model does not write, or not twice, are left alone */
static void note_writer(struct look *l, int32_t tensor, uint32_t op)
{
	struct roll_tensor *t = &l->tensors[tensor];

	if (t->writer >= 0 || l->model->tensors[tensor].data)
		t->elements = 0;
	t->writer = op;
}

struct roll_tensor *v3c_roll_look(struct v3c_ctx *ctx, const struct tfl_model *model)
{
	struct look l = {
		.model = model,
		.tensors = v3c_alloc(ctx, model->tensor_count, sizeof(*l.tensors)),
	};
	uint32_t i, k;

	if (!l.tensors)
		return NULL;
	for (i = 0; i < model->tensor_count; i++)
		l.tensors[i] = (struct roll_tensor){
			.elements = elements(&model->tensors[i]), .writer = -1, .origin = i,
			.product = -1, .cut.base = -1,
		};
	for (i = 0; i < model->op_count; i++) {
		const struct tfl_op *op = &model->ops[i];

		for (k = 0; k < op->inputs.count; k++)
			if (v3c_fb_vector_i32(&op->inputs, k) >= 0)
				l.tensors[v3c_fb_vector_i32(&op->inputs, k)].uses++;
		for (k = 0; k < op->outputs.count; k++)
			note_writer(&l, v3c_fb_vector_i32(&op->outputs, k), i);
	}
	for (i = 0; i < model->inputs.count; i++)
		if (l.tensors[v3c_fb_vector_i32(&model->inputs, i)].writer >= 0)
			l.tensors[v3c_fb_vector_i32(&model->inputs, i)].elements = 0;
	for (i = 0; i < model->outputs.count; i++)
		l.tensors[v3c_fb_vector_i32(&model->outputs, i)].uses++;
	for (i = 0; i < model->op_count; i++)
		look_at_op(&l, i);
	return l.tensors;
}
