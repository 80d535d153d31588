// SPDX-License-Identifier: MIT
/*
 * How a cascade runs. A stripe is some rows of the last node's result, and of
 * every other node the rows that are needed for it and were not made yet. A
 * buffer that only the cascade uses is a window on its rows: between stripes,
 * the rows at its end that are needed again are copied to its start, so no row
 * is computed twice.
 */
#include "cascade.h"

#include <string.h>

#include "cascade_run.h"
#include "compiler/graph/layout.h"

/* Rows of the operand of which the first @rows rows of the result are made, padding apart */
static uint32_t rows_read(const struct ir_graph *g, const struct ir_node *n, uint32_t rows)
{
	const uint32_t height = g->values[n->in[0]].shape.dim[1];
	struct cascade_window_shape w;
	int64_t end;

	if (n->kind == IR_RESIZE)
		return rows / v3c_cascade_row_repeat(g, n);
	if (!v3c_cascade_window_shape(n, &w))
		return rows;
	end = (int64_t)(rows - 1) * w.stride - w.pad + w.span;
	return end < height ? end : height;
}

/* First row of the operand that row @row of the result and the ones after it need */
static uint32_t first_row_read(const struct ir_graph *g, const struct ir_node *n, uint32_t row)
{
	struct cascade_window_shape w;
	int64_t first;

	if (n->kind == IR_RESIZE)
		return row / v3c_cascade_row_repeat(g, n);
	if (!v3c_cascade_window_shape(n, &w))
		return row;
	first = (int64_t)row * w.stride - w.pad;
	return first > 0 ? first : 0;
}

/*
 * A power of two, because then the scale is exact in floating point, and so is
 * the row that the datapath takes, wherever the rows start.
 */
uint32_t v3c_cascade_row_repeat(const struct ir_graph *g, const struct ir_node *n)
{
	uint32_t in = g->values[n->in[0]].shape.dim[1], out = g->values[n->out].shape.dim[1];
	uint32_t repeat = out / in;

	if (n->resize_mode != V3NPU_RESIZE_NEAREST ||
	    (n->resize_flags & V3NPU_RESIZE_ALIGN_CORNERS) || out % in || (repeat & (repeat - 1)))
		return 0;
	return repeat;
}

bool v3c_cascade_window_shape(const struct ir_node *n, struct cascade_window_shape *w)
{
	if (n->kind == IR_CONV) {
		w->stride = n->conv.stride[0];
		w->pad = n->conv.pad[0];
		w->span = (uint64_t)(n->conv.kernel[0] - 1) * n->conv.dilation[0] + 1;
		return true;
	}
	if (n->kind == IR_POOL) {
		w->stride = n->pool.stride[0];
		w->pad = n->pool.pad[0];
		w->span = n->pool.kernel[0];
		return true;
	}
	return false;
}

static struct cascade_window *window_of(struct cascade_run *run, int buffer)
{
	int i;

	for (i = 0; i < run->window_count; i++)
		if (run->windows[i].buffer == buffer)
			return &run->windows[i];
	return NULL;
}

static uint32_t height_of(const struct ir_graph *g, const struct ir_node *n)
{
	return g->values[n->out].shape.dim[1];
}

static void need_rows(struct cascade_run *run, int value, uint32_t rows)
{
	if (run->need[value] < rows)
		run->need[value] = rows;
}

/* How many rows each node must have made at the end of stripe @k */
static void set_targets(struct cascade_run *run, uint32_t k)
{
	const struct ir_graph *g = run->l->graph;
	const struct cascade *c = run->cascade;
	uint64_t height = height_of(g, &g->nodes[c->last]);
	uint64_t end = (uint64_t)(k + 1) * c->rows;
	int i, j;

	if (end > height)
		end = height;
	for (i = c->first; i <= c->last; i++) {
		const struct ir_node *n = &g->nodes[i];

		if (n->dead)
			continue;
		run->need[n->out] = 0;
		for (j = 0; j < n->in_count; j++)
			run->need[n->in[j]] = 0;
	}
	for (i = c->last; i >= c->first; i--) {
		const struct ir_node *n = &g->nodes[i];
		uint32_t rows;

		if (n->dead)
			continue;
		rows = run->need[n->out];
		/* What nodes after the cascade read grows evenly, and is complete in the end */
		if (!rows || end == height)
			rows = (height_of(g, n) * end + height - 1) / height;
		/* All of what is made of a row at once, so that the next rows start at a row, too */
		if (n->kind == IR_RESIZE)
			rows += v3c_cascade_row_repeat(g, n) - 1 -
				(rows - 1) % v3c_cascade_row_repeat(g, n);
		if (rows < run->progress[i - c->first])
			rows = run->progress[i - c->first];
		run->target[i - c->first] = rows;
		if (rows > run->progress[i - c->first])
			for (j = 0; j < n->in_count; j++)
				need_rows(run, n->in[j], rows_read(g, n, rows));
	}
}

/* A value in place of its rows [first, end) */
static void narrow(struct cascade_run *run, struct ir_value *v, uint32_t first, uint32_t end)
{
	const struct cascade_window *w = window_of(run, v->loc.buffer);

	v->shape.dim[1] = end - first;
	v->loc.offset += v->loc.stride[1] * (first - (w ? w->base : 0));
}

/* Lowers rows [first, end) of a node's result */
static int lower_rows(struct cascade_run *run, const struct ir_node *n, uint32_t first,
		      uint32_t end)
{
	struct ir_value *values = run->l->graph->values;
	struct ir_value out = values[n->out], in[2];
	struct ir_node part = *n;
	uint32_t first_in = first_row_read(run->l->graph, n, first);
	uint32_t end_in = rows_read(run->l->graph, n, end);
	struct cascade_window_shape w;
	uint32_t pad = 0;
	int i, ret;

	if (v3c_cascade_window_shape(n, &w) && (uint64_t)first * w.stride < w.pad)
		pad = w.pad - first * w.stride;
	if (n->kind == IR_CONV)
		part.conv.pad[0] = pad;
	else if (n->kind == IR_POOL)
		part.pool.pad[0] = pad;
	for (i = 0; i < n->in_count; i++)
		in[i] = values[n->in[i]];
	for (i = 0; i < n->in_count; i++) {
		values[n->in[i]] = in[i];
		narrow(run, &values[n->in[i]], first_in, end_in);
	}
	narrow(run, &values[n->out], first, end);
	ret = v3c_lowering_node(run->l, &part);
	values[n->out] = out;
	for (i = 0; i < n->in_count; i++)
		values[n->in[i]] = in[i];
	return ret;
}

/* Rows of a window that no node has made yet, or that one will read again, start here */
static uint32_t first_row_needed(const struct cascade_run *run, const struct cascade_window *w,
				 uint32_t *made)
{
	const struct ir_graph *g = run->l->graph;
	uint32_t first = UINT32_MAX;
	int i, j;

	*made = 0;
	for (i = run->cascade->first; i <= run->cascade->last; i++) {
		const struct ir_node *n = &g->nodes[i];
		uint32_t progress = run->progress[i - run->cascade->first];

		if (n->dead || ir_is_view(n->kind))
			continue;
		if (g->values[n->out].loc.buffer == w->buffer) {
			if (*made < progress)
				*made = progress;
			if (first > progress)
				first = progress;
		}
		if (progress == height_of(g, n))
			continue;
		for (j = 0; j < n->in_count; j++)
			if (g->values[n->in[j]].loc.buffer == w->buffer &&
			    first > first_row_read(g, n, progress))
				first = first_row_read(g, n, progress);
	}
	return first;
}

/* Copies rows of a window to its start */
static int copy_rows(struct cascade_run *run, const struct cascade_window *w, uint32_t from,
		     uint32_t rows)
{
	struct ir_shape shape = { .rank = 2, .dim = { rows, w->row } };
	struct ir_loc in = {
		.buffer = w->buffer, .offset = w->row * from, .stride = { w->row, 1 },
	};
	struct ir_loc out = { .buffer = w->buffer, .stride = { w->row, 1 } };
	const struct ir_node node = {
		.kind = IR_SLICE,
		.op = run->l->graph->nodes[w->node].op,
		.main_op = run->l->graph->nodes[w->node].main_op,
	};

	return v3c_lowering_copy(run->l, &node, &shape, &in, &out);
}

static int advance_windows(struct cascade_run *run, bool lower)
{
	int i, ret;

	for (i = 0; i < run->window_count; i++) {
		struct cascade_window *w = &run->windows[i];
		uint32_t made, first = first_row_needed(run, w, &made);

		if (first >= made) {
			w->base = made;
			continue;
		}
		/* A copy must not overlap itself; until it would not, the window grows */
		if (first - w->base < made - first)
			continue;
		ret = lower ? copy_rows(run, w, first - w->base, made - first) : 0;
		if (ret)
			return ret;
		w->base = first;
	}
	return 0;
}

int v3c_cascade_stripe(struct cascade_run *run, uint32_t k, bool lower)
{
	const struct ir_graph *g = run->l->graph;
	const struct cascade *c = run->cascade;
	int i, ret = 0;

	set_targets(run, k);
	for (i = c->first; !ret && i <= c->last; i++) {
		const struct ir_node *n = &g->nodes[i];
		uint32_t *progress = &run->progress[i - c->first];
		uint32_t target = run->target[i - c->first];
		struct cascade_window *w;

		if (n->dead || ir_is_view(n->kind) || target == *progress)
			continue;
		w = window_of(run, g->values[n->out].loc.buffer);
		if (w && w->rows < target - w->base)
			w->rows = target - w->base;
		if (lower)
			ret = lower_rows(run, n, *progress, target);
		*progress = target;
	}
	return ret ? ret : advance_windows(run, lower);
}

uint32_t v3c_cascade_stripes(const struct ir_graph *g, const struct cascade *c)
{
	uint32_t height = height_of(g, &g->nodes[c->last]);

	return (height + c->rows - 1) / c->rows;
}

/* Is every value of the buffer whole rows of it, and are there as many in each? */
static bool is_rows(const struct cascade_run *run, int buffer, uint64_t *row)
{
	const struct ir_graph *g = run->l->graph;
	uint32_t height = 0;
	int i, j, d;

	for (i = run->cascade->first; i <= run->cascade->last; i++) {
		const struct ir_node *n = &g->nodes[i];

		for (j = n->dead ? n->in_count : -1; j < n->in_count; j++) {
			const struct ir_value *v = &g->values[j < 0 ? n->out : n->in[j]];
			uint64_t end = v->loc.offset + 1;

			if (v->loc.buffer != buffer)
				continue;
			if (v->shape.rank != 4 || v->shape.dim[0] != 1 || v->shape.dim[1] < 2)
				return false;
			if (height && (height != v->shape.dim[1] || *row != v->loc.stride[1]))
				return false;
			height = v->shape.dim[1];
			*row = v->loc.stride[1];
			for (d = 2; d < 4; d++)
				end += v->loc.stride[d] * (v->shape.dim[d] - 1);
			if (end > *row || *row > V3NPU_DIM_MAX)
				return false;
		}
	}
	return height;
}

void v3c_cascade_start(struct cascade_run *run, struct lowering *l, const struct cascade *c)
{
	const struct ir_graph *g = l->graph;
	int i;

	run->l = l;
	run->cascade = c;
	run->window_count = 0;
	memset(run->progress, 0, sizeof(run->progress));
	for (i = c->first; i <= c->last; i++) {
		const struct ir_node *n = &g->nodes[i];
		const struct cascade_use *use;
		int buffer;
		uint64_t row;

		if (n->dead || ir_is_view(n->kind))
			continue;
		buffer = g->values[n->out].loc.buffer;
		use = &run->uses[buffer];
		if (g->buffers[buffer].region >= V3C_REGION_IO || use->first < c->first ||
		    use->last > c->last || window_of(run, buffer) || !is_rows(run, buffer, &row))
			continue;
		run->windows[run->window_count++] = (struct cascade_window){
			.buffer = buffer, .node = i, .row = row,
		};
	}
}

int v3c_cascade_run_init(struct cascade_run *run, struct v3c_ctx *ctx, const struct ir_graph *g)
{
	int i, j;

	memset(run, 0, sizeof(*run));
	run->need = v3c_alloc(ctx, g->value_count, sizeof(*run->need));
	run->uses = v3c_alloc(ctx, g->buffer_count, sizeof(*run->uses));
	if (!run->need || !run->uses)
		return v3c_no_memory(ctx);
	for (i = 0; i < g->buffer_count; i++)
		run->uses[i] = (struct cascade_use){ .first = -1, .last = -1 };
	for (i = 0; i < g->node_count; i++) {
		const struct ir_node *n = &g->nodes[i];

		for (j = n->dead ? n->in_count : -1; j < n->in_count; j++) {
			struct cascade_use *u;

			u = &run->uses[g->values[j < 0 ? n->out : n->in[j]].loc.buffer];
			if (u->first < 0)
				u->first = i;
			u->last = i;
		}
	}
	return 0;
}

int v3c_cascade_lower(struct lowering *l, const struct cascades *cascades, const struct cascade *c)
{
	struct cascade_run *run = cascades->run;
	uint32_t stripes = v3c_cascade_stripes(l->graph, c), k;
	int i, ret = 0;

	v3c_cascade_start(run, l, c);
	for (k = 0; !ret && k < stripes; k++)
		ret = v3c_cascade_stripe(run, k, true);
	for (i = 0; i < run->window_count; i++)
		l->graph->buffers[run->windows[i].buffer].size = run->windows[i].row *
								  run->windows[i].rows;
	return ret;
}
