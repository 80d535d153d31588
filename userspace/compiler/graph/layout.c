// SPDX-License-Identifier: MIT
/*
 * Where values are.
 *
 * Backwards over the graph, every view that knows where its result must be
 * asks its operand to be there too: a model output is its own memory, an
 * operand of a CONCAT is a part of the result's. A value grants one request
 * (that of the reader that runs first); a value that is cut by SLICEs grants
 * theirs if together they are all of it and agree, which is how a split whose
 * parts meet again in a CONCAT needs no copy. Every part of a CONCAT's memory
 * belongs to one operand, so no two values that differ can get the same place.
 *
 * Then forwards: what is still free becomes a view of its operand where
 * strides can say so, or gets memory of its own. Wherever a view's result is
 * not where its operand says, lowering emits a copy; so any choice made here
 * is correct, and only costs more or less.
 */
#include "layout.h"

#include <string.h>

#include "compiler/base/program.h"
#include "passes.h"

void v3c_dense(const struct ir_shape *shape, uint64_t *stride)
{
	uint64_t step = 1;
	int i;

	for (i = shape->rank - 1; i >= 0; i--) {
		stride[i] = step;
		step *= shape->dim[i];
	}
}

bool v3c_same_loc(const struct ir_shape *shape, const struct ir_loc *a, const struct ir_loc *b)
{
	int i;

	if (a->buffer != b->buffer || a->offset != b->offset)
		return false;
	for (i = 0; i < shape->rank; i++)
		if (shape->dim[i] > 1 && a->stride[i] != b->stride[i])
			return false;
	return true;
}

bool v3c_reshape_loc(const struct ir_shape *from, const struct ir_loc *loc,
		     const struct ir_shape *to, struct ir_loc *out)
{
	int f = from->rank - 1, t = to->rank - 1;

	*out = (struct ir_loc){ .buffer = loc->buffer, .offset = loc->offset };
	/*
	 * From the innermost dimension on, take from both shapes groups of
	 * dimensions with the same number of elements: within a group the old
	 * strides must be those of one long dimension.
	 */
	for (;;) {
		uint64_t have, want, step;
		int first_t;

		while (f >= 0 && from->dim[f] == 1)
			f--;
		while (t >= 0 && to->dim[t] == 1)
			t--;
		if (f < 0 || t < 0)
			return f < 0 && t < 0;
		have = from->dim[f];
		want = to->dim[t];
		step = loc->stride[f];
		first_t = t;
		while (have != want) {
			if (have < want) {
				if (--f < 0)
					return false;
				if (from->dim[f] > 1 && loc->stride[f] != step * have)
					return false;
				have *= from->dim[f];
			} else {
				if (--t < 0)
					return false;
				want *= to->dim[t];
			}
		}
		for (; first_t >= t; first_t--) {
			out->stride[first_t] = step;
			step *= to->dim[first_t];
		}
		f--;
		t--;
	}
}

bool v3c_view_loc(const struct ir_graph *g, const struct ir_node *n, struct ir_loc *loc)
{
	const struct ir_value *in = &g->values[n->in[0]];
	int i;

	if (n->kind == IR_RESHAPE)
		return v3c_reshape_loc(&in->shape, &in->loc, &g->values[n->out].shape, loc);
	*loc = in->loc;
	for (i = 0; i < in->shape.rank; i++) {
		if (n->kind == IR_TRANSPOSE) {
			loc->stride[i] = in->loc.stride[n->perm[i]];
		} else {
			loc->offset += in->loc.stride[i] * n->slice.begin[i];
			loc->stride[i] *= n->slice.step[i];
		}
	}
	return true;
}

struct ir_loc v3c_concat_loc(const struct ir_graph *g, const struct ir_node *n, uint32_t begin)
{
	struct ir_loc loc = g->values[n->out].loc;

	loc.offset += loc.stride[n->axis] * begin;
	return loc;
}

static int place_in_new_buffer(struct v3c_ctx *ctx, struct ir_graph *g, struct ir_value *v,
			       uint32_t region)
{
	int buffer = v3c_ir_add_buffer(ctx, g, region, ir_elements(&v->shape));

	if (buffer < 0)
		return buffer;
	v->loc = (struct ir_loc){ .buffer = buffer };
	v3c_dense(&v->shape, v->loc.stride);
	v->placed = true;
	return 0;
}

/* Requests of the values' readers; the last one made is that of the first reader */
struct request {
	bool made;
	struct ir_loc loc;
};

static void ask(struct request *requests, const struct ir_graph *g, int value,
		const struct ir_loc *loc)
{
	const struct ir_value *v = &g->values[value];

	if (v->producer < 0 || v->output >= 0)
		return;
	requests[value].made = true;
	requests[value].loc = *loc;
}

/* What a node's placed result asks of its operands */
static void ask_operands(const struct ir_graph *g, const struct ir_node *n,
			 struct request *requests)
{
	const struct ir_value *out = &g->values[n->out];
	uint32_t begin = 0;
	struct ir_loc loc;
	int i;

	switch (n->kind) {
	case IR_RESHAPE:
		if (v3c_reshape_loc(&out->shape, &out->loc, &g->values[n->in[0]].shape, &loc))
			ask(requests, g, n->in[0], &loc);
		break;
	case IR_TRANSPOSE:
		loc = out->loc;
		for (i = 0; i < out->shape.rank; i++)
			loc.stride[n->perm[i]] = out->loc.stride[i];
		ask(requests, g, n->in[0], &loc);
		break;
	case IR_CONCAT:
		for (i = 0; i < n->in_count; i++) {
			loc = v3c_concat_loc(g, n, begin);
			ask(requests, g, n->in[i], &loc);
			begin += g->values[n->in[i]].shape.dim[n->axis];
		}
		break;
	default:
		break;
	}
}

/* The dimension along which a SLICE takes a part, with step 1; -1 if there are more */
static int slice_axis(const struct ir_graph *g, const struct ir_node *slice)
{
	const struct ir_shape *in = &g->values[slice->in[0]].shape;
	const struct ir_shape *out = &g->values[slice->out].shape;
	int axis = -1, i;

	for (i = 0; i < in->rank; i++) {
		if (in->dim[i] == out->dim[i])
			continue;
		if (axis >= 0 || slice->slice.step[i] != 1)
			return -1;
		axis = i;
	}
	return axis;
}

/*
 * Do the placed SLICEs of a value lie next to one another just as they do in
 * the value, and are they all of it? Then the value can be where they are. Each
 * pass over the readers finds the part that starts where the last one ended, so
 * this is bounded by parts * readers; beyond a few parts it is not tried.
 */
static bool slices_agree(const struct ir_graph *g, const struct ir_value *v, struct ir_loc *loc)
{
	const int most_readers = 64;
	uint32_t covered = 0;
	int axis = -1, k;

	if (v->use_count > most_readers || v->producer < 0 || v->output >= 0)
		return false;
	for (k = 0; k < v->use_count; k++) {
		const struct ir_node *n = &g->nodes[g->uses[v->first_use + k]];
		const struct ir_value *part = &g->values[n->out];
		struct ir_loc whole;

		if (n->kind != IR_SLICE || !part->placed || slice_axis(g, n) < 0)
			continue;
		if (axis >= 0 && slice_axis(g, n) != axis)
			continue;
		if (n->slice.begin[slice_axis(g, n)] != covered)
			continue;
		whole = part->loc;
		if (covered) {
			whole.offset -= whole.stride[axis] * covered;
			if (!v3c_same_loc(&v->shape, &whole, loc))
				continue;
		} else {
			axis = slice_axis(g, n);
			*loc = whole;
		}
		covered += part->shape.dim[axis];
		k = -1;
	}
	return axis >= 0 && covered == v->shape.dim[axis];
}

static int place_backwards(struct v3c_ctx *ctx, struct ir_graph *g, struct request *requests)
{
	int i, ret;

	for (i = g->node_count - 1; i >= 0; i--) {
		const struct ir_node *n = &g->nodes[i];
		struct ir_value *out = &g->values[n->out];
		struct ir_loc loc;

		if (n->dead)
			continue;
		if (!out->placed) {
			if (requests[n->out].made) {
				out->loc = requests[n->out].loc;
				out->placed = true;
			} else if (slices_agree(g, out, &loc)) {
				out->loc = loc;
				out->placed = true;
			} else if (n->kind == IR_CONCAT) {
				ret = place_in_new_buffer(ctx, g, out, V3C_REGION_ARENA);
				if (ret)
					return ret;
			}
		}
		if (out->placed)
			ask_operands(g, n, requests);
	}
	return 0;
}

static int place_forwards(struct v3c_ctx *ctx, struct ir_graph *g)
{
	int i, ret;

	for (i = 0; i < g->node_count; i++) {
		const struct ir_node *n = &g->nodes[i];
		struct ir_value *out = &g->values[n->out];

		if (n->dead || out->placed)
			continue;
		if (ir_is_view(n->kind) && v3c_view_loc(g, n, &out->loc)) {
			out->placed = true;
			continue;
		}
		ret = place_in_new_buffer(ctx, g, out, V3C_REGION_ARENA);
		if (ret)
			return ret;
	}
	return 0;
}

/* Constants that nodes read as operands, where the file has them densely */
static int place_constants(struct v3c_ctx *ctx, struct ir_graph *g, struct v3c_consts *consts)
{
	int buffer = v3c_ir_add_buffer(ctx, g, V3C_REGION_CONST, 0);
	int i, ret;

	if (buffer < 0)
		return buffer;
	for (i = 0; i < g->value_count; i++) {
		struct ir_value *v = &g->values[i];

		if (!v->data || !v->use_count)
			continue;
		v->loc = (struct ir_loc){ .buffer = buffer };
		ret = v3c_consts_add(ctx, consts, v->data,
				     ir_elements(&v->shape) * g->element_size,
				     &v->loc.offset);
		if (ret)
			return ret;
		v->loc.offset /= g->element_size;
		v3c_dense(&v->shape, v->loc.stride);
		v->placed = true;
	}
	return 0;
}

int v3c_layout(struct v3c_ctx *ctx, struct ir_graph *g, struct v3c_consts *consts)
{
	struct request *requests = v3c_alloc(ctx, g->value_count, sizeof(*requests));
	int i, ret;

	if (!requests)
		return v3c_no_memory(ctx);
	ret = place_constants(ctx, g, consts);
	if (ret)
		return ret;
	for (i = 0; i < g->input_count; i++) {
		ret = place_in_new_buffer(ctx, g, &g->values[g->inputs[i]], V3C_REGION_IO + i);
		if (ret)
			return ret;
	}
	for (i = 0; i < g->output_count; i++) {
		ret = place_in_new_buffer(ctx, g, &g->values[g->outputs[i]],
					  V3C_REGION_IO + g->input_count + i);
		if (ret)
			return ret;
	}
	ret = place_backwards(ctx, g, requests);
	return ret ? ret : place_forwards(ctx, g);
}
