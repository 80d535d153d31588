// SPDX-License-Identifier: MIT
/*
 * The graph is lowered node by node and placed; from what that costs follows
 * what cascades would save. If there are any, it is lowered again with them,
 * and the better of the two is kept.
 */
#include "schedule.h"

#include <string.h>

#include "lower.h"
#include "model/engine.h"
#include "place.h"

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

int v3c_schedule(struct lowering *l, const struct v3c_target *target, bool keep_tensors)
{
	struct cascades none = {}, cascades = {};
	int count = l->graph->buffer_count, ret;
	struct ir_buffer *buffers;
	struct v3npu_config config;
	uint64_t plain;

	if (keep_tensors || !v3c_target_config(target, &config) || !config.sram_size)
		return v3c_lower(l, &none);
	buffers = v3c_alloc(l->ctx, count, sizeof(*buffers));
	if (!buffers)
		return v3c_no_memory(l->ctx);
	memcpy(buffers, l->graph->buffers, count * sizeof(*buffers));
	ret = lower_and_place(l, &none, target);
	if (ret)
		return ret;
	plain = v3c_stream_cycles(l->stream, &config);
	ret = cascade_plan(l, &config, &cascades);
	if (ret)
		return ret;
	reset(l, buffers, count);
	ret = lower_and_place(l, &cascades, target);
	if (ret || v3c_stream_cycles(l->stream, &config) <= plain)
		return ret;
	reset(l, buffers, count);
	return lower_and_place(l, &none, target);
}
