// SPDX-License-Identifier: MIT
/*
 * The graph is lowered node by node and placed; from what that costs follows
 * what cascades would save. If there are any, it is lowered again with them,
 * and the better of the two is kept. Where SRAM has room then, inputs that are
 * fetched more than once are copied there first.
 */
#include "schedule.h"

#include <string.h>

#include "cascade_plan.h"
#include "compiler/emit/lower.h"
#include "model/engine.h"
#include "place.h"
#include "stage.h"

/* Buffers as they were before lowering; those that a lowering adds are kept, unused */
static void reset(struct lowering *l, const struct ir_buffer *buffers, int count)
{
	struct ir_graph *g = l->graph;
	int i;

	for (i = 0; i < g->buffer_count; i++) {
		if (i < count)
			g->buffers[i] = buffers[i];
		g->buffers[i].first = -1;
	}
	v3c_stream_clear(l->stream);
}

static int lower_and_place(struct lowering *l, const struct cascades *cascades,
			   const struct v3c_target *target)
{
	int ret = v3c_lower(l, cascades);

	return ret ? ret : v3c_place(l->ctx, l->graph, l->stream, target);
}

/* Lowers the graph anew from what its buffers were */
static int relower(struct lowering *l, const struct cascades *cascades,
		   const struct v3c_target *target, const struct ir_buffer *buffers, int count)
{
	reset(l, buffers, count);
	return lower_and_place(l, cascades, target);
}

int v3c_schedule(struct lowering *l, const struct v3c_target *target, bool keep_tensors)
{
	struct cascades none = {}, cascades = {}, *chosen = &none;
	int count = l->graph->buffer_count, ret;
	struct ir_buffer *buffers;
	struct v3npu_config config;
	uint64_t least, cycles;

	if (keep_tensors || !v3c_target_config(target, &config) || !config.sram_size)
		return v3c_lower(l, &none);
	buffers = v3c_alloc(l->ctx, count, sizeof(*buffers));
	if (!buffers)
		return v3c_no_memory(l->ctx);
	memcpy(buffers, l->graph->buffers, count * sizeof(*buffers));
	ret = lower_and_place(l, &none, target);
	if (ret)
		return ret;
	least = v3c_stream_cycles(l->stream, &config);
	ret = v3c_cascade_plan(l, &config, &cascades);
	if (!ret)
		ret = relower(l, &cascades, target, buffers, count);
	if (ret)
		return ret;
	cycles = v3c_stream_cycles(l->stream, &config);
	if (cycles <= least) {
		chosen = &cascades;
		least = cycles;
	}
	ret = v3c_stage_choose(l, &config, chosen);
	do {
		if (!ret)
			ret = relower(l, chosen, target, buffers, count);
		if (ret)
			return ret;
	} while (v3c_stage_drop_homeless(l->graph));
	if (v3c_stream_cycles(l->stream, &config) <= least)
		return 0;
	v3c_stage_drop_all(l->graph);
	return relower(l, chosen, target, buffers, count);
}
