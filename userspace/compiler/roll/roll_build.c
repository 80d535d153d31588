// SPDX-License-Identifier: MIT
#include "roll_build.h"

#include <string.h>

/* A vector as a file has it */
static bool make_vector(struct roll_build *b, struct fb_vector *v, const int32_t *values,
			uint32_t count)
{
	uint8_t *data = v3c_alloc(b->ctx, count, 4);
	uint32_t i;

	if (!data)
		return false;
	for (i = 0; i < 4 * count; i++)
		data[i] = (uint32_t)values[i / 4] >> 8 * (i % 4);
	*v = (struct fb_vector){ .data = data, .count = count };
	return true;
}

/* Twice the memory, with what is there; NULL without any */
static void *grow(struct roll_build *b, const void *old, uint32_t count, uint32_t *room,
		  size_t size)
{
	uint32_t more = 2 * count + 64;
	void *array = v3c_alloc(b->ctx, more, size);

	if (!array)
		return NULL;
	if (count)
		memcpy(array, old, count * size);
	*room = more;
	return array;
}

int32_t v3c_roll_add_tensor(struct roll_build *b, int32_t like, int rank, const uint32_t *dim)
{
	struct tfl_model *m = b->model;
	struct tfl_tensor *t;
	int i;

	if (m->tensor_count >= b->tensor_room) {
		struct tfl_tensor *more = grow(b, m->tensors, m->tensor_count, &b->tensor_room,
					       sizeof(*more));

		if (!more)
			return v3c_no_memory(b->ctx);
		m->tensors = more;
	}
	t = &m->tensors[m->tensor_count];
	*t = m->tensors[like];
	t->data = NULL;
	t->data_size = 0;
	t->rank = rank;
	for (i = 0; i < rank; i++)
		t->dim[i] = dim[i];
	return m->tensor_count++;
}

/* Adds an operator, NULL without memory */
static struct tfl_op *add_op(struct roll_build *b, const struct tfl_op *like, const int32_t *in,
			     uint32_t in_count, const int32_t *out, uint32_t out_count)
{
	struct roll_added *added;

	if (b->added_count >= b->added_room) {
		added = grow(b, b->added, b->added_count, &b->added_room, sizeof(*added));
		if (!added)
			return NULL;
		b->added = added;
	}
	added = &b->added[b->added_count];
	*added = (struct roll_added){ .op = *like, .before = b->before };
	added->op.tag = b->tag;
	if (!make_vector(b, &added->op.inputs, in, in_count) ||
	    !make_vector(b, &added->op.outputs, out, out_count))
		return NULL;
	b->added_count++;
	return &added->op;
}

int32_t v3c_roll_finish(struct roll_build *b, int32_t in, int32_t out)
{
	if (in < 0)
		return in;
	if (!add_op(b, &(struct tfl_op){ .code = TFL_RESHAPE }, &in, 1, &out, 1))
		return v3c_no_memory(b->ctx);
	return out;
}

int32_t v3c_roll_reshape(struct roll_build *b, int32_t in, int rank, const uint32_t *dim)
{
	int32_t out = in < 0 ? in : v3c_roll_add_tensor(b, in, rank, dim);

	return out < 0 ? out : v3c_roll_finish(b, in, out);
}

int32_t v3c_roll_transpose(struct roll_build *b, int32_t in, const uint32_t *perm)
{
	const int32_t order[3] = { perm[0], perm[1], perm[2] };
	struct tfl_tensor *t;
	uint32_t dim[3], three = 3;
	int32_t operands[2], out;
	struct fb_vector v;
	int i;

	if (in < 0)
		return in;
	for (i = 0; i < 3; i++)
		dim[i] = b->model->tensors[in].dim[perm[i]];
	out = v3c_roll_add_tensor(b, in, 3, dim);
	if (out < 0)
		return out;
	operands[0] = in;
	operands[1] = v3c_roll_add_tensor(b, in, 1, &three);
	if (operands[1] < 0)
		return operands[1];
	if (!make_vector(b, &v, order, 3))
		return v3c_no_memory(b->ctx);
	t = &b->model->tensors[operands[1]];
	t->type = TFL_INT32;
	t->scale.count = 0;
	t->zero_point.count = 0;
	t->data = v.data;
	t->data_size = sizeof(order);
	if (!add_op(b, &(struct tfl_op){ .code = TFL_TRANSPOSE }, operands, 2, &out, 1))
		return v3c_no_memory(b->ctx);
	return out;
}

int32_t v3c_roll_unpack(struct roll_build *b, int32_t in, int axis, int rank, const uint32_t *dim,
			int32_t *out, uint32_t count)
{
	uint32_t i;

	if (in < 0)
		return in;
	for (i = 0; i < count; i++) {
		out[i] = v3c_roll_add_tensor(b, in, rank, dim);
		if (out[i] < 0)
			return out[i];
	}
	if (!add_op(b, &(struct tfl_op){ .code = TFL_UNPACK, .axis = axis }, &in, 1, out, count))
		return v3c_no_memory(b->ctx);
	return out[0];
}

int32_t v3c_roll_pack(struct roll_build *b, const int32_t *in, uint32_t count, int axis, int rank,
		      const uint32_t *dim)
{
	int32_t out = v3c_roll_add_tensor(b, in[0], rank, dim);

	if (out < 0)
		return out;
	if (!add_op(b, &(struct tfl_op){ .code = TFL_PACK, .axis = axis }, in, count, &out, 1))
		return v3c_no_memory(b->ctx);
	return out;
}

int32_t v3c_roll_product(struct roll_build *b, const struct tfl_op *like, const int32_t *in,
			 int32_t out)
{
	uint32_t i;

	for (i = 0; i < 2; i++)
		if (in[i] < 0)
			return in[i];
	if (out < 0)
		return out;
	if (!add_op(b, like, in, in[2] < 0 ? 2 : 3, &out, 1))
		return v3c_no_memory(b->ctx);
	return out;
}
