// SPDX-License-Identifier: MIT
#include "trace.h"

#include <errno.h>
#include <string.h>

#define MAX_ELEMENTS	(16u << 20)	/* of all tensors traced */
#define MAX_DEPTH	64		/* operators seen through */

int trace_start(struct q_graph *g, struct tracer *t)
{
	*t = (struct tracer) { .g = g, .producer = q_producers(g) };
	t->of = v3c_alloc(g->ctx, g->tensor_count, sizeof(*t->of));
	return t->producer && t->of ? 0 : v3c_no_memory(g->ctx);
}

static const struct ir_shape *shape_of(const struct tracer *t, int32_t tensor)
{
	return &t->g->tensors[tensor].shape;
}

static void strides_of(const struct ir_shape *shape, uint32_t *stride)
{
	uint32_t step = 1;
	int i;

	for (i = shape->rank - 1; i >= 0; i--) {
		stride[i] = step;
		step *= shape->dim[i];
	}
}

/* Element @from of the operand for element @i of a result of shape @shape, by the strides */
static uint32_t gather(uint32_t i, const struct ir_shape *shape, const uint32_t *stride)
{
	uint32_t from = 0;
	int d;

	for (d = shape->rank - 1; d >= 0; d--) {
		from += i % shape->dim[d] * stride[d];
		i /= shape->dim[d];
	}
	return from;
}

static bool transpose(struct tracer *t, const struct q_op *op, struct trace *out)
{
	const struct ir_shape *to = shape_of(t, op->out[0]), *from = shape_of(t, op->in[0]);
	const struct trace *in = trace(t, op->in[0]);
	uint32_t stride[V3C_MAX_RANK], moved[V3C_MAX_RANK];
	int64_t perm[V3C_MAX_RANK];
	uint64_t count = ir_elements(to), i;
	int d;

	if (!in || op->in_count != 2 ||
	    q_integers(t->g, op->in[1], perm, V3C_MAX_RANK) != from->rank || to->rank != from->rank)
		return false;
	strides_of(from, stride);
	for (d = 0; d < from->rank; d++) {
		if (perm[d] < 0 || perm[d] >= from->rank || to->dim[d] != from->dim[perm[d]])
			return false;
		moved[d] = stride[perm[d]];
	}
	for (i = 0; i < count; i++)
		out[i] = in[gather(i, to, moved)];
	return true;
}

static bool slice(struct tracer *t, const struct q_op *op, struct trace *out)
{
	const struct ir_shape *to = shape_of(t, op->out[0]), *from = shape_of(t, op->in[0]);
	const struct trace *in = trace(t, op->in[0]);
	uint32_t stride[V3C_MAX_RANK], first = 0;
	int64_t list[3][V3C_MAX_RANK];
	uint64_t count = ir_elements(to), i;
	int d;

	if (!in || op->in_count != 4 || to->rank != from->rank || op->options.mask[2] ||
	    op->options.mask[3] || op->options.mask[4])
		return false;
	for (d = 0; d < 3; d++)
		if (q_integers(t->g, op->in[1 + d], list[d], V3C_MAX_RANK) != from->rank)
			return false;
	strides_of(from, stride);
	for (d = 0; d < from->rank; d++) {
		uint32_t begin, taken;

		if (!v3c_tfl_slice_dim(&op->options, d, from->dim[d], list[0][d], list[1][d],
				       list[2][d], &begin, &taken) || taken != to->dim[d])
			return false;
		first += begin * stride[d];
		stride[d] *= list[2][d];
	}
	for (i = 0; i < count; i++)
		out[i] = in[first + gather(i, to, stride)];
	return true;
}

static bool concatenation(struct tracer *t, const struct q_op *op, struct trace *out)
{
	const struct ir_shape *to = shape_of(t, op->out[0]);
	int axis = op->options.axis < 0 ? op->options.axis + to->rank : op->options.axis, d;
	uint64_t inner = 1, outer = 1, row, at = 0, i;
	uint32_t k;

	if (axis < 0 || axis >= to->rank || op->options.activation)
		return false;
	for (d = 0; d < to->rank; d++)
		*(d < axis ? &outer : &inner) *= to->dim[d];
	for (k = 0; k < op->in_count; k++) {
		const struct trace *in = op->in[k] < 0 ? NULL : trace(t, op->in[k]);

		if (!in)
			return false;
		row = ir_elements(shape_of(t, op->in[k])) / outer;
		if (at + row > inner)
			return false;
		for (i = 0; i < outer; i++)
			memcpy(&out[i * inner + at], &in[i * row], row * sizeof(*in));
		at += row;
	}
	return at == inner;
}

/* @to plus @factor times @from; false if there are too many terms */
static bool add_scaled(struct trace *to, const struct trace *from, float factor)
{
	int i, k;

	to->constant += factor * from->constant;
	for (i = 0; i < from->count; i++) {
		const struct trace_term *term = &from->term[i];

		for (k = 0; k < to->count; k++)
			if (to->term[k].tensor == term->tensor && to->term[k].index == term->index)
				break;
		if (k == TRACE_TERMS)
			return false;
		if (k == to->count)
			to->term[to->count++] = (struct trace_term) {
				term->tensor, term->index, 0,
			};
		to->term[k].factor += factor * term->factor;
	}
	return true;
}

static bool arithmetic(struct tracer *t, const struct q_op *op, struct trace *out)
{
	const struct ir_shape *to = shape_of(t, op->out[0]);
	const struct trace *in[2];
	uint32_t stride[2][V3C_MAX_RANK] = {};
	uint64_t count = ir_elements(to), i;
	int d, k;

	if (op->in_count != 2 || op->options.activation)
		return false;
	for (k = 0; k < 2; k++) {
		const struct ir_shape *from = op->in[k] < 0 ? NULL : shape_of(t, op->in[k]);
		uint32_t dense[V3C_MAX_RANK];

		in[k] = from ? trace(t, op->in[k]) : NULL;
		if (!in[k] || from->rank > to->rank)
			return false;
		strides_of(from, dense);
		for (d = 0; d < from->rank; d++) {
			int at = d + to->rank - from->rank;

			if (from->dim[d] != 1 && from->dim[d] != to->dim[at])
				return false;
			stride[k][at] = from->dim[d] == 1 ? 0 : dense[d];
		}
	}
	for (i = 0; i < count; i++) {
		const struct trace *a = &in[0][gather(i, to, stride[0])];
		const struct trace *b = &in[1][gather(i, to, stride[1])];

		out[i] = (struct trace) {};
		if (op->options.code == TFL_MUL) {
			if (a->count && b->count)
				return false;
			if (!add_scaled(&out[i], a->count ? a : b,
					a->count ? b->constant : a->constant))
				return false;
		} else if (!add_scaled(&out[i], a, 1) ||
			   !add_scaled(&out[i], b, op->options.code == TFL_SUB ? -1 : 1)) {
			return false;
		}
	}
	return true;
}

static bool reshape(struct tracer *t, const struct q_op *op, struct trace *out)
{
	const struct trace *in = trace(t, op->in[0]);
	uint64_t count = ir_elements(shape_of(t, op->out[0]));

	if (!in || ir_elements(shape_of(t, op->in[0])) != count)
		return false;
	memcpy(out, in, count * sizeof(*in));
	return true;
}

static bool see_through(struct tracer *t, const struct q_op *op, struct trace *out)
{
	if (op->out_count != 1 || !op->in_count || op->in[0] < 0)
		return false;
	switch (op->options.code) {
	case TFL_RESHAPE:
		return reshape(t, op, out);
	case TFL_TRANSPOSE:
		return transpose(t, op, out);
	case TFL_STRIDED_SLICE:
		return slice(t, op, out);
	case TFL_CONCATENATION:
		return concatenation(t, op, out);
	case TFL_ADD:
	case TFL_SUB:
	case TFL_MUL:
		return arithmetic(t, op, out);
	default:
		return false;
	}
}

const struct trace *trace(struct tracer *t, int32_t tensor)
{
	const struct q_tensor *q = &t->g->tensors[tensor];
	uint64_t count = ir_elements(&q->shape), i;
	int32_t producer = t->producer[tensor];
	struct trace *out = t->of[tensor];
	bool seen;

	if (out)
		return out;
	t->elements += count;
	if (t->elements > MAX_ELEMENTS) {
		v3c_fail(t->g->ctx, ENOTSUP, "there is too much to trace");
		return NULL;
	}
	out = v3c_alloc(t->g->ctx, count, sizeof(*out));
	if (!out) {
		v3c_no_memory(t->g->ctx);
		return NULL;
	}
	t->depth++;
	seen = producer >= 0 && t->depth < MAX_DEPTH &&
	       see_through(t, &t->g->ops[producer], out);
	t->depth--;
	for (i = 0; !seen && i < count; i++)
		out[i] = q->real ? (struct trace) { .constant = q->real[i] } :
			 (struct trace) { .count = 1, .term = { { tensor, i, 1 } } };
	t->of[tensor] = out;
	return out;
}
