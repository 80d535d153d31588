// SPDX-License-Identifier: MIT
/*
 * Which nodes are cascaded. For every run of nodes that can be, the cycle model
 * says what one stripe costs, with as few stripes as the windows need to be in
 * SRAM together; then the runs are chosen that make the sum of all nodes least.
 */
#include "cascade_plan.h"

#include <string.h>

#include "compiler/emit/cascade_run.h"
#include "compiler/graph/passes.h"
#include "model/engine.h"
#include "place.h"

/* Nodes of a cascade that compute */
#define MAX_COMPUTING	12
/* Stripes of one, to try; each is a command for each node */
static const uint32_t stripe_counts[] = {
	2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128,
};
/* After that many, the ones that follow are alike but for the last */
#define DIFFERENT_STRIPES	4

/**
 * struct plan - planning in progress
 * @l: lowering; its stream is for trying
 * @config: NPU
 * @run: of the cascade that is tried
 * @in_sram: bytes of SRAM in use at each node without cascades
 * @starts: bytes of SRAM in use from that node on
 * @best: least cycles from each node to the end
 * @choice: the cascade that begins there, with @rows 0 if none does
 */
struct plan {
	struct lowering *l;
	const struct v3npu_config *config;
	struct cascade_run *run;
	uint64_t *in_sram;
	uint64_t *starts;
	uint64_t *best;
	struct cascade *choice;
};

static bool is_rows(const struct ir_value *v)
{
	return v->shape.rank == 4 && v->shape.dim[0] == 1;
}

/* Can some rows of a node's result be made of some rows of its operands? */
static bool can_be_cascaded(const struct ir_graph *g, const struct ir_node *n)
{
	const struct ir_value *out = &g->values[n->out];
	const uint32_t height = out->shape.dim[1];
	struct cascade_window_shape w;
	int i;

	if (!is_rows(out) || height < 2)
		return false;
	for (i = 0; i < n->in_count; i++)
		if (!is_rows(&g->values[n->in[i]]))
			return false;
	switch (n->kind) {
	case IR_CONV:
	case IR_POOL:
		/* Every window must have a row of the operand */
		v3c_cascade_window_shape(n, &w);
		return w.span > w.pad && (uint64_t)(height - 1) * w.stride <
		       (uint64_t)w.pad + g->values[n->in[0]].shape.dim[1];
	case IR_RESIZE:
		return v3c_cascade_row_repeat(g, n);
	case IR_SLICE:
		if (n->slice.step[1] != 1)
			return false;
		break;
	case IR_CONCAT:
		if (n->axis == 1)
			return false;
		break;
	case IR_ELTWISE:
	case IR_TABLE:
	case IR_SOFTMAX:
		break;
	default:
		return false;
	}
	for (i = 0; i < n->in_count; i++)
		if (g->values[n->in[i]].shape.dim[1] != height)
			return false;
	return !ir_is_view(n->kind) || v3c_lowering_is_free(g, n);
}

/* Bytes of SRAM that the windows of the cascade that is run take; with @before, their buffers' */
static uint64_t window_bytes(const struct plan *p, bool before)
{
	uint64_t bytes = 0;
	int i;

	for (i = 0; i < p->run->window_count; i++) {
		const struct cascade_window *w = &p->run->windows[i];
		struct ir_buffer b = p->l->graph->buffers[w->buffer];

		if (!before)
			b.size = w->row * w->rows;
		else if (b.region != V3C_REGION_NONE)
			continue;
		v3c_align_buffer(&b);
		bytes += b.size;
	}
	return bytes;
}

static int run_stripes(struct plan *p, const struct cascade *c, uint32_t count)
{
	uint32_t k;
	int ret = 0;

	v3c_cascade_start(p->run, p->l, c);
	for (k = 0; !ret && k < count; k++)
		ret = v3c_cascade_stripe(p->run, k, false);
	return ret;
}

/* Bytes of SRAM that the cascade's windows take if it has that many stripes; sets @c->rows */
static uint64_t bytes_of_stripes(struct plan *p, struct cascade *c, uint32_t stripes)
{
	const struct ir_graph *g = p->l->graph;
	uint32_t height = g->values[g->nodes[c->last].out].shape.dim[1];

	c->rows = (height + stripes - 1) / stripes;
	run_stripes(p, c, DIFFERENT_STRIPES);
	return window_bytes(p, false);
}

/* Sets the rows of a stripe, as many as fit SRAM; false if no stripe does or none is needed */
static bool choose_rows(struct plan *p, struct cascade *c)
{
	int low = 0, high = sizeof(stripe_counts) / sizeof(stripe_counts[0]) - 1, i;
	const struct ir_graph *g = p->l->graph;
	uint64_t used = p->in_sram[c->first], before;
	bool needed = false;

	v3c_cascade_start(p->run, p->l, c);
	for (i = 0; i < p->run->window_count; i++)
		needed |= g->buffers[p->run->windows[i].buffer].region != V3C_REGION_NONE;
	if (!needed)
		return false;
	for (i = c->first + 1; i <= c->last; i++)
		used += p->starts[i];
	before = window_bytes(p, true);
	while (low < high) {
		i = (low + high) / 2;
		if (used - before + bytes_of_stripes(p, c, stripe_counts[i]) <=
		    p->config->sram_size)
			high = i;
		else
			low = i + 1;
	}
	return used - before + bytes_of_stripes(p, c, stripe_counts[low]) <= p->config->sram_size;
}

/* Cycles of a cascade whose windows are in SRAM */
static int cascade_cycles(struct plan *p, struct cascade *c, uint64_t *cycles)
{
	struct ir_buffer *buffers = p->l->graph->buffers;
	uint32_t stripes = v3c_cascade_stripes(p->l->graph, c);
	uint32_t typical = stripes / 2 < DIFFERENT_STRIPES ? stripes / 2 : DIFFERENT_STRIPES - 1;
	uint32_t regions[CASCADE_MAX_NODES];
	int i, ret;

	run_stripes(p, c, typical);
	v3c_stream_clear(p->l->stream);
	ret = v3c_cascade_stripe(p->run, typical, true);
	for (i = 0; i < p->run->window_count; i++) {
		regions[i] = buffers[p->run->windows[i].buffer].region;
		buffers[p->run->windows[i].buffer].region = V3C_REGION_NONE;
	}
	*cycles = v3c_stream_cycles(p->l->stream, p->config) * stripes;
	c->commands = p->l->stream->count * stripes;
	for (i = 0; i < p->run->window_count; i++)
		buffers[p->run->windows[i].buffer].region = regions[i];
	return ret;
}

/* The cheapest way from node @first to the end, if that of all later ones is known */
static int choose(struct plan *p, int first)
{
	const struct ir_graph *g = p->l->graph;
	int computing = 1, i, ret;

	p->best[first] = p->best[first + 1];
	if (g->nodes[first].dead)
		return 0;
	v3c_stream_clear(p->l->stream);
	ret = v3c_lowering_node(p->l, &g->nodes[first]);
	if (ret)
		return ret;
	p->best[first] += v3c_stream_cycles(p->l->stream, p->config);
	if (ir_is_view(g->nodes[first].kind) || !can_be_cascaded(g, &g->nodes[first]))
		return 0;
	for (i = first + 1; i < g->node_count && i < first + CASCADE_MAX_NODES; i++) {
		const struct ir_node *n = &g->nodes[i];
		struct cascade c = { .first = first, .last = i };
		uint64_t cycles;

		if (n->dead)
			continue;
		if (!can_be_cascaded(g, n))
			break;
		if (ir_is_view(n->kind))
			continue;
		if (++computing > MAX_COMPUTING)
			break;
		if (!choose_rows(p, &c))
			continue;
		ret = cascade_cycles(p, &c, &cycles);
		if (ret)
			return ret;
		if (cycles + p->best[i + 1] < p->best[first]) {
			p->best[first] = cycles + p->best[i + 1];
			p->choice[first] = c;
		}
	}
	return 0;
}

static void measure_sram(struct plan *p)
{
	const struct ir_graph *g = p->l->graph;
	uint64_t used = 0;
	int i;

	for (i = 0; i < g->buffer_count; i++) {
		const struct cascade_use *u = &p->run->uses[i];

		if (g->buffers[i].region != V3C_REGION_NONE || u->first < 0)
			continue;
		p->starts[u->first] += g->buffers[i].size;
		/* For now, what ends there */
		p->in_sram[u->last] += g->buffers[i].size;
	}
	for (i = 0; i < g->node_count; i++) {
		uint64_t ends = p->in_sram[i];

		used += p->starts[i];
		p->in_sram[i] = used;
		used -= ends;
	}
}

int v3c_cascade_plan(struct lowering *l, const struct v3npu_config *config,
		     struct cascades *cascades)
{
	struct v3c_ctx *ctx = l->ctx;
	int nodes = l->graph->node_count, i, ret = 0;
	uint32_t commands = l->stream->count;
	struct plan p = {
		.l = l, .config = config,
		.run = v3c_alloc(ctx, 1, sizeof(*p.run)),
		.in_sram = v3c_alloc(ctx, nodes, sizeof(*p.in_sram)),
		.starts = v3c_alloc(ctx, nodes, sizeof(*p.starts)),
		.best = v3c_alloc(ctx, nodes + 1, sizeof(*p.best)),
		.choice = v3c_alloc(ctx, nodes, sizeof(*p.choice)),
	};

	if (!p.run || !p.in_sram || !p.starts || !p.best || !p.choice)
		return v3c_no_memory(ctx);
	ret = v3c_cascade_run_init(p.run, ctx, l->graph);
	if (!ret)
		measure_sram(&p);
	for (i = nodes - 1; !ret && i >= 0; i--)
		ret = choose(&p, i);
	*cascades = (struct cascades){ .list = p.choice, .run = p.run };
	for (i = 0; !ret && i < nodes; i++) {
		struct cascade c = p.choice[i];

		if (!c.rows)
			continue;
		/* Far from the limit: first stripes have other copies than typical ones */
		commands += c.commands;
		if (commands > V3C_MAX_COMMANDS / 2)
			break;
		cascades->list[cascades->count++] = c;
		i = c.last;
	}
	return ret;
}
