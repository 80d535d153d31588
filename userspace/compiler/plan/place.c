// SPDX-License-Identifier: MIT
/*
 * Which buffers are in SRAM. What a buffer in SRAM saves is what the cycle
 * model charges the commands that touch it less for; what it costs is its size
 * for as long as it lives. The ones that save most DRAM bytes for a byte of
 * SRAM and a command choose first, each the lowest gap; what does not fit, or
 * would take more cycles in SRAM, stays in DRAM.
 */
#include "place.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/graph/passes.h"
#include "model/engine.h"
#include "v3npu/regs.h"

/* For the cycle model: an address that is in DRAM and not 0 */
#define SOME_DRAM	64

/* A buffer that might be in SRAM */
struct candidate {
	struct ir_buffer *buffer;
	uint64_t saved_bytes;	/* of DRAM */
	int64_t saved_cycles;
};

struct placing {
	struct ir_graph *graph;
	const struct v3c_stream *stream;
	const struct v3npu_config *config;
	struct candidate *candidates;	/* one for each of the graph's buffers */
};

static void set_address(uint8_t *cmd, uint64_t field, uint64_t address)
{
	memcpy(cmd + field, &address, sizeof(address));
}

/* What one command saves for each buffer; its relocations are [first, end) */
static void add_savings(struct placing *p, size_t at, size_t first, size_t end)
{
	const struct v3c_reloc *relocs = p->stream->relocs;
	_Alignas(8) uint8_t cmd[V3NPU_CMD_MAX_SIZE] = {};
	struct v3npu_cmd_hdr hdr;
	struct v3npu_counters dram, sram;
	size_t i, k;

	memcpy(&hdr, p->stream->cmds + at, sizeof(hdr));
	memcpy(cmd, p->stream->cmds + at, hdr.size);
	for (i = first; i < end; i++)
		set_address(cmd, relocs[i].offset - at, SOME_DRAM);
	v3npu_cost(p->config, cmd, &dram);
	for (i = first; i < end; i++) {
		uint32_t buffer = relocs[i].region;
		struct candidate *c = &p->candidates[buffer];

		/* A buffer that is operand and result of the command counts at the first */
		for (k = first; relocs[k].region != buffer; k++)
			;
		if (k < i || p->graph->buffers[buffer].region != V3C_REGION_ARENA)
			continue;
		for (k = i; k < end; k++)
			if (relocs[k].region == buffer)
				set_address(cmd, relocs[k].offset - at, V3NPU_VA_SRAM);
		v3npu_cost(p->config, cmd, &sram);
		for (k = i; k < end; k++)
			set_address(cmd, relocs[k].offset - at, SOME_DRAM);
		c->saved_bytes += dram.dram_read + dram.dram_write -
				  sram.dram_read - sram.dram_write;
		c->saved_cycles += (int64_t)(dram.cycles - sram.cycles);
	}
}

static void add_all_savings(struct placing *p)
{
	const struct v3c_stream *s = p->stream;
	struct v3npu_cmd_hdr hdr;
	size_t at, first = 0, end;

	for (at = 0; at < s->cmds_size; at += hdr.size, first = end) {
		memcpy(&hdr, s->cmds + at, sizeof(hdr));
		for (end = first; end < s->reloc_count; end++)
			if (s->relocs[end].offset >= at + hdr.size)
				break;
		add_savings(p, at, first, end);
	}
}

uint64_t v3c_command_cycles(const struct v3c_stream *s, const void *bytes,
			    const struct v3c_address *addresses, int count,
			    const struct v3npu_config *config)
{
	_Alignas(8) uint8_t cmd[V3NPU_CMD_MAX_SIZE] = {};
	struct v3npu_counters counters;
	struct v3npu_cmd_hdr hdr;
	int i;

	memcpy(&hdr, bytes, sizeof(hdr));
	memcpy(cmd, bytes, hdr.size);
	for (i = 0; i < count; i++) {
		bool in_sram = s->graph->buffers[addresses[i].buffer].region == V3C_REGION_NONE;

		set_address(cmd, addresses[i].field, in_sram ? V3NPU_VA_SRAM : SOME_DRAM);
	}
	v3npu_cost(config, cmd, &counters);
	return counters.cycles;
}

uint64_t v3c_stream_cycles(const struct v3c_stream *s, const struct v3npu_config *config)
{
	struct v3c_cursor c = {};
	uint64_t cycles = 0;

	while (v3c_stream_next(s, &c))
		cycles += v3c_command_cycles(s, c.cmd, c.addresses, c.count, config);
	return cycles;
}

/* DRAM bytes saved for a byte of SRAM during a command */
static double density(const struct candidate *c)
{
	const struct ir_buffer *b = c->buffer;

	return c->saved_bytes / ((double)b->size * (b->last - b->first + 1));
}

static int densest_first(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	/* They take what others leave */
	if (!x->buffer->staged != !y->buffer->staged)
		return x->buffer->staged ? 1 : -1;
	if (density(x) != density(y))
		return density(x) < density(y) ? 1 : -1;
	return x->buffer < y->buffer ? -1 : 1;
}

bool v3c_target_config(const struct v3c_target *target, struct v3npu_config *config)
{
	*config = (struct v3npu_config){
		.macs = target->macs, .sram_size = target->sram_size,
		.dram_mbps = target->dram_mbps, .dram_latency = target->dram_latency,
		.dram_burst = target->dram_burst, .clock_mhz = target->clock_mhz, .threads = 1,
	};
	return !v3npu_config_check(config);
}

int v3c_place(struct v3c_ctx *ctx, struct ir_graph *g, const struct v3c_stream *stream,
	      const struct v3c_target *target)
{
	struct v3npu_config config;
	struct placing p = { .graph = g, .stream = stream, .config = &config };
	struct ir_buffer **placed = v3c_alloc(ctx, g->buffer_count, sizeof(struct ir_buffer *));
	int count = 0, placed_count = 0, i;

	p.candidates = v3c_alloc(ctx, g->buffer_count, sizeof(*p.candidates));
	if (!placed || !p.candidates)
		return v3c_no_memory(ctx);
	/* Of an NPU that the cycle model does not know it cannot say what pays */
	if (!v3c_target_config(target, &config) || !config.sram_size)
		return 0;
	for (i = 0; i < g->buffer_count; i++)
		p.candidates[i].buffer = &g->buffers[i];
	add_all_savings(&p);
	for (i = 0; i < g->buffer_count; i++) {
		const struct candidate *c = &p.candidates[i];

		if (c->saved_bytes && c->saved_cycles >= 0 && c->buffer->size <= config.sram_size)
			p.candidates[count++] = *c;
	}
	qsort(p.candidates, count, sizeof(*p.candidates), densest_first);
	for (i = 0; i < count; i++) {
		struct ir_buffer *b = p.candidates[i].buffer;
		uint64_t offset;

		v3c_align_buffer(b);
		offset = v3c_lowest_gap(placed, placed_count, b);
		if (offset + b->size > config.sram_size)
			continue;
		b->region = V3C_REGION_NONE;
		b->offset = offset;
		v3c_insert_buffer(placed, placed_count++, b);
	}
	for (i = 0; i < placed_count; i++)
		placed[i]->offset += target->sram_va;
	return 0;
}
