// SPDX-License-Identifier: MIT
/*
 * Where neither a convolution's input nor its weights fit the datapath's
 * buffers, one of them is fetched from DRAM again and again. If SRAM has room
 * for the input while it runs, it is copied there first, once. The copies take
 * what intermediate tensors leave, which save more for a byte.
 */
#include "stage.h"

#include "model/engine.h"
#include "place.h"

/* A copy is to save this part of the cycles, since firmware needs time for one more command */
#define WORTH	16

/* Cycles of a node; if its input is staged, with the copy, whose buffer is the one added last */
static int node_cycles(struct lowering *l, struct ir_node *n, const struct v3npu_config *config,
		       bool staged, uint64_t *cycles)
{
	struct ir_graph *g = l->graph;
	int ret;

	n->conv.staged = staged;
	v3c_stream_clear(l->stream);
	ret = v3c_lowering_node(l, n);
	n->conv.staged = false;
	if (ret)
		return ret;
	if (staged)
		g->buffers[g->buffer_count - 1].region = V3C_REGION_NONE;
	*cycles = v3c_stream_cycles(l->stream, config);
	return 0;
}

/* Is there an input that is not in SRAM but could be? */
static bool is_candidate(const struct ir_graph *g, const struct ir_node *n, uint32_t sram_size)
{
	const struct ir_value *in = &g->values[n->in[0]];

	return !n->dead && n->kind == IR_CONV && ir_elements(&in->shape) <= sram_size &&
	       g->buffers[in->loc.buffer].region != V3C_REGION_NONE;
}

int v3c_stage_choose(struct lowering *l, const struct v3npu_config *config,
		     const struct cascades *cascades)
{
	struct ir_graph *g = l->graph;
	int next = 0, i, ret;

	for (i = 0; i < g->node_count; i++) {
		struct ir_node *n = &g->nodes[i];
		uint64_t now, staged;

		if (next < cascades->count && cascades->list[next].first == i) {
			i = cascades->list[next++].last;
			continue;
		}
		if (!is_candidate(g, n, config->sram_size))
			continue;
		ret = node_cycles(l, n, config, false, &now);
		if (!ret)
			ret = node_cycles(l, n, config, true, &staged);
		if (ret)
			return ret;
		n->conv.staged = staged < now - now / WORTH;
	}
	return 0;
}

int v3c_stage_drop_homeless(struct ir_graph *g)
{
	int dropped = 0, i;

	for (i = 0; i < g->buffer_count; i++) {
		const struct ir_buffer *b = &g->buffers[i];

		if (!b->staged || b->first < 0 || b->region == V3C_REGION_NONE)
			continue;
		g->nodes[b->staged - 1].conv.staged = false;
		dropped++;
	}
	return dropped;
}

void v3c_stage_drop_all(struct ir_graph *g)
{
	int i;

	for (i = 0; i < g->node_count; i++)
		if (g->nodes[i].kind == IR_CONV)
			g->nodes[i].conv.staged = false;
}
