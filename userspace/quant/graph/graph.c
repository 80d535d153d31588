// SPDX-License-Identifier: MIT
#include "graph.h"

#include <errno.h>
#include <string.h>

/* Room for one more of @size bytes in a list; NULL without memory */
static void *grow(struct v3c_ctx *ctx, void *list, uint32_t count, uint32_t *room, size_t size)
{
	uint32_t more = 2 * count + 64;
	void *copy;

	if (count < *room)
		return list;
	copy = v3c_alloc(ctx, more, size);
	if (!copy)
		return NULL;
	if (count)
		memcpy(copy, list, count * size);
	*room = more;
	return copy;
}

static int32_t *copy_list(struct v3c_ctx *ctx, const int32_t *list, uint32_t count)
{
	int32_t *copy = v3c_alloc(ctx, count, sizeof(*copy));

	if (copy && count)
		memcpy(copy, list, count * sizeof(*copy));
	return copy;
}

int32_t q_add_tensor(struct q_graph *g, const char *name, int type, const struct ir_shape *shape)
{
	struct q_tensor *list = grow(g->ctx, g->tensors, g->tensor_count, &g->tensor_room,
				     sizeof(*list));

	if (!list)
		return v3c_no_memory(g->ctx);
	g->tensors = list;
	list[g->tensor_count] = (struct q_tensor) {
		.name = name, .type = type, .shape = *shape,
	};
	return g->tensor_count++;
}

int32_t q_add_int32(struct q_graph *g, const int32_t *values, uint32_t count)
{
	const struct ir_shape shape = { .rank = 1, .dim = { count } };
	int32_t tensor = q_add_tensor(g, "", TFL_INT32, &shape);

	if (tensor < 0)
		return tensor;
	g->tensors[tensor].data = copy_list(g->ctx, values, count);
	g->tensors[tensor].size = count * sizeof(*values);
	return g->tensors[tensor].data ? tensor : v3c_no_memory(g->ctx);
}

int32_t q_add_real(struct q_graph *g, const char *name, const struct ir_shape *shape,
		   const float *real)
{
	int32_t tensor = q_add_tensor(g, name, TFL_FLOAT32, shape);

	if (tensor >= 0)
		g->tensors[tensor].real = real;
	return tensor;
}

int q_add_op(struct q_graph *g, const struct tfl_op *options, const int32_t *in,
	     uint32_t in_count, const int32_t *out, uint32_t out_count)
{
	struct q_op *list = grow(g->ctx, g->ops, g->op_count, &g->op_room, sizeof(*list));
	struct q_op *op;

	if (!list)
		return v3c_no_memory(g->ctx);
	g->ops = list;
	op = &list[g->op_count];
	*op = (struct q_op) { .options = *options, .in_count = in_count, .out_count = out_count };
	op->in = copy_list(g->ctx, in, in_count);
	op->out = copy_list(g->ctx, out, out_count);
	if (!op->in || !op->out)
		return v3c_no_memory(g->ctx);
	return g->op_count++;
}

int q_copy(const struct q_graph *from, struct v3c_ctx *ctx, struct q_graph *to)
{
	uint32_t i;
	int ret;

	*to = *from;
	to->ctx = ctx;
	to->ops = NULL;
	to->op_count = 0;
	to->op_room = 0;
	to->tensors = v3c_alloc(to->ctx, from->tensor_count, sizeof(*to->tensors));
	to->tensor_room = from->tensor_count;
	to->inputs = copy_list(to->ctx, from->inputs, from->input_count);
	to->outputs = copy_list(to->ctx, from->outputs, from->output_count);
	if (!to->tensors || !to->inputs || !to->outputs)
		return v3c_no_memory(to->ctx);
	memcpy(to->tensors, from->tensors, from->tensor_count * sizeof(*to->tensors));
	for (i = 0; i < from->op_count; i++) {
		const struct q_op *op = &from->ops[i];

		ret = q_add_op(to, &op->options, op->in, op->in_count, op->out, op->out_count);
		if (ret < 0)
			return ret;
	}
	return 0;
}

int32_t *q_producers(const struct q_graph *g)
{
	int32_t *producer = v3c_alloc(g->ctx, g->tensor_count, sizeof(*producer));
	uint32_t i, k;

	if (!producer)
		return NULL;
	for (i = 0; i < g->tensor_count; i++)
		producer[i] = -1;
	for (i = 0; i < g->op_count; i++)
		for (k = 0; k < g->ops[i].out_count; k++)
			producer[g->ops[i].out[k]] = i;
	return producer;
}

static void renumber(int32_t *list, uint32_t count, const int32_t *number)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (list[i] >= 0)
			list[i] = number[list[i]];
}

static void mark(const int32_t *list, uint32_t count, int32_t *used)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (list[i] >= 0)
			used[list[i]] = 1;
}

int q_remove_unused(struct q_graph *g)
{
	int32_t *used = v3c_alloc(g->ctx, g->tensor_count, sizeof(*used));
	uint32_t i, k, kept = g->op_count, tensors = 0;

	if (!used)
		return v3c_no_memory(g->ctx);
	mark(g->inputs, g->input_count, used);
	mark(g->outputs, g->output_count, used);
	for (i = g->op_count; i-- > 0;) {
		const struct q_op op = g->ops[i];
		bool needed = false;

		for (k = 0; k < op.out_count; k++)
			needed |= used[op.out[k]];
		if (!needed)
			continue;
		mark(op.in, op.in_count, used);
		mark(op.out, op.out_count, used);
		g->ops[--kept] = op;
	}
	g->op_count -= kept;
	memmove(g->ops, g->ops + kept, g->op_count * sizeof(*g->ops));
	for (i = 0; i < g->tensor_count; i++) {
		if (!used[i])
			continue;
		g->tensors[tensors] = g->tensors[i];
		used[i] = tensors++;
	}
	g->tensor_count = tensors;
	renumber(g->inputs, g->input_count, used);
	renumber(g->outputs, g->output_count, used);
	for (i = 0; i < g->op_count; i++) {
		renumber(g->ops[i].in, g->ops[i].in_count, used);
		renumber(g->ops[i].out, g->ops[i].out_count, used);
	}
	return 0;
}

bool q_is_view(int32_t code)
{
	switch (code) {
	case TFL_CONCATENATION:
	case TFL_PACK:
	case TFL_UNPACK:
	case TFL_PAD:
	case TFL_MIRROR_PAD:
	case TFL_RESHAPE:
	case TFL_SQUEEZE:
	case TFL_EXPAND_DIMS:
	case TFL_TRANSPOSE:
	case TFL_SPLIT:
	case TFL_SPLIT_V:
	case TFL_SLICE:
	case TFL_STRIDED_SLICE:
	case TFL_GATHER:
	case TFL_TILE:
	case TFL_SPACE_TO_DEPTH:
	case TFL_DEPTH_TO_SPACE:
	case TFL_SPACE_TO_BATCH_ND:
	case TFL_BATCH_TO_SPACE_ND:
	case TFL_RESIZE_NEAREST_NEIGHBOR:
	case TFL_MAX_POOL_2D:
		return true;
	default:
		return false;
	}
}

uint32_t q_readers(const struct q_graph *g, int32_t tensor)
{
	uint32_t count = 0, i, k;

	for (i = 0; i < g->op_count; i++)
		for (k = 0; k < g->ops[i].in_count; k++)
			count += g->ops[i].in[k] == tensor;
	return count;
}

int q_integers(const struct q_graph *g, int32_t tensor, int64_t *out, int max)
{
	const struct q_tensor *t = tensor < 0 ? NULL : &g->tensors[tensor];
	size_t width, count, i;

	if (!t || !t->data || (t->type != TFL_INT32 && t->type != TFL_INT64))
		return -EINVAL;
	width = t->type == TFL_INT32 ? 4 : 8;
	count = t->size / width;
	if (count > (size_t)max)
		return -EINVAL;
	for (i = 0; i < count; i++) {
		const uint8_t *p = (const uint8_t *)t->data + i * width;

		out[i] = width == 4 ? (int32_t)fb_le32(p) : (int64_t)fb_le64(p);
	}
	return count;
}
