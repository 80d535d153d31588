// SPDX-License-Identifier: MIT
#include "fold_shapes.h"

#include <errno.h>

#include "evaluate.h"

/* A shape is known if all of its dimensions are */
static bool has_shape(const struct tfl_tensor *t)
{
	uint32_t i;

	for (i = 0; i < t->rank && i < V3C_MAX_RANK; i++)
		if (t->dim[i] <= 0)
			return false;
	return t->rank <= V3C_MAX_RANK;
}

static int evaluate_shape(struct v3c_ctx *ctx, const struct tfl_op *op, const struct tfl_tensor *in,
			  struct known *out)
{
	uint32_t i;
	int ret;

	if (!has_shape(in) || (out->type != TFL_INT32 && out->type != TFL_INT64))
		return 0;
	out->rank = op->code == TFL_SHAPE;
	out->dim[0] = in->rank;
	ret = v3c_known_new(ctx, out);
	if (ret > 0 && op->code == TFL_RANK)
		out->v[0].i = in->rank;
	for (i = 0; ret > 0 && op->code == TFL_SHAPE && i < in->rank; i++)
		out->v[i].i = in->dim[i];
	return ret;
}

static int evaluate(struct v3c_ctx *ctx, struct tfl_model *m, const struct tfl_op *op,
		    struct known *out)
{
	struct known in[EVALUATE_OPERANDS];
	uint32_t i;
	int ret;

	if (op->inputs.count < 1 || op->inputs.count > EVALUATE_OPERANDS)
		return 0;
	for (i = 0; i < op->inputs.count; i++) {
		int32_t t = v3c_fb_vector_i32(&op->inputs, i);

		if (t < 0)
			return 0;
		if (op->code == TFL_SHAPE || op->code == TFL_RANK)
			return op->inputs.count == 1 ? evaluate_shape(ctx, op, &m->tensors[t], out) : 0;
		ret = v3c_known_read(ctx, &m->tensors[t], &in[i]);
		if (ret <= 0)
			return ret;
	}
	return v3c_evaluate(ctx, op, in, op->inputs.count, out);
}

/* Return: 1 if the operator's output is a constant now, 0 if not, -ENOMEM */
static int fold(struct v3c_ctx *ctx, struct tfl_model *m, const struct tfl_op *op)
{
	struct tfl_tensor *t;
	struct known out = {};
	int ret;

	if (op->outputs.count != 1 ||
	    (op->code != TFL_SHAPE && op->code != TFL_RANK && !v3c_can_evaluate(op->code)))
		return 0;
	t = &m->tensors[v3c_fb_vector_i32(&op->outputs, 0)];
	if (t->data || t->special)
		return 0;
	out.type = t->type;
	ret = evaluate(ctx, m, op, &out);
	return ret > 0 ? v3c_known_write(ctx, &out, t) : ret;
}

static bool is_empty(const struct tfl_tensor *t)
{
	uint32_t i;

	for (i = 0; i < t->rank && i < V3C_MAX_RANK; i++)
		if (!t->dim[i])
			return true;
	return false;
}

/* A constant without elements has no bytes, and looks like a tensor that is computed */
static int find_empty(struct v3c_ctx *ctx, struct tfl_model *m)
{
	bool *given = v3c_alloc(ctx, m->tensor_count, sizeof(*given));
	uint32_t i, k;

	if (!given)
		return v3c_no_memory(ctx);
	for (i = 0; i < m->inputs.count; i++)
		given[v3c_fb_vector_i32(&m->inputs, i)] = true;
	for (i = 0; i < m->op_count; i++)
		for (k = 0; k < m->ops[i].outputs.count; k++)
			given[v3c_fb_vector_i32(&m->ops[i].outputs, k)] = true;
	for (i = 0; i < m->tensor_count; i++)
		if (!given[i] && !m->tensors[i].data && is_empty(&m->tensors[i]))
			m->tensors[i].data = (const uint8_t *)"";
	return 0;
}

int v3c_fold_shapes(struct v3c_ctx *ctx, struct tfl_model *model)
{
	int ret = find_empty(ctx, model);
	uint32_t i, kept = 0;

	if (ret)
		return ret;

	for (i = 0; i < model->op_count; i++) {
		ret = fold(ctx, model, &model->ops[i]);
		if (ret < 0)
			return ret;
		if (!ret)
			model->ops[kept++] = model->ops[i];
	}
	model->op_count = kept;
	return 0;
}
