// SPDX-License-Identifier: MIT
#include "emit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/tflite/tflite.h"
#include "v3npu/cmd_check.h"

static int refused(struct v3c_stream *s, const struct ir_node *node, const char *why)
{
	int ret = v3c_fail(s->ctx, ENOTSUP, "operator %u (%s): %s", node->op,
			   v3c_tfl_op_name(s->graph->op_codes[node->op]), why);

	s->ctx->op = node->op;
	return ret;
}

#define TOO_LARGE_WINDOW	"a window, stride, dilation or padding is beyond the NPU's limit"

int v3c_too_large_window(struct v3c_stream *s, const struct ir_node *node)
{
	return refused(s, node, TOO_LARGE_WINDOW);
}

static const char *reason(int code)
{
	switch (code) {
	case -V3NPU_CMD_EDIM:
		return "a dimension or the depth of a sum is beyond the NPU's limit";
	case -V3NPU_CMD_EADDR:
		return "a tensor is larger than the NPU's address space";
	default:
		return TOO_LARGE_WINDOW;
	}
}

/* The array with room for @more bytes beyond @size, or NULL */
static void *reserve(void *array, size_t size, size_t *room, size_t more)
{
	size_t want = *room ? *room : 4096;
	void *bigger;

	if (size + more <= *room)
		return array;
	while (want < size + more)
		want *= 2;
	bigger = realloc(array, want);
	if (bigger)
		*room = want;
	return bigger;
}

static void touch(struct ir_buffer *b, int command)
{
	if (b->first < 0)
		b->first = command;
	b->last = command;
}

int v3c_stream_append(struct v3c_stream *s, const void *cmd, const struct v3c_cmd_info *what,
		      const struct v3c_address *addresses, int count)
{
	struct v3npu_cmd_hdr hdr;
	uint8_t *cmds;
	struct v3c_reloc *relocs;
	struct v3c_cmd_info *info;
	int i;

	if (s->count == V3C_MAX_COMMANDS)
		return v3c_fail(s->ctx, ENOTSUP, "the model needs too many commands");
	memcpy(&hdr, cmd, sizeof(hdr));
	cmds = reserve(s->cmds, s->cmds_size, &s->cmds_room, hdr.size);
	if (!cmds)
		return v3c_no_memory(s->ctx);
	s->cmds = cmds;
	info = reserve(s->info, s->count * sizeof(*info), &s->info_room, sizeof(*info));
	if (!info)
		return v3c_no_memory(s->ctx);
	s->info = info;
	relocs = reserve(s->relocs, s->reloc_count * sizeof(*relocs), &s->reloc_room,
			 count * sizeof(*relocs));
	if (!relocs)
		return v3c_no_memory(s->ctx);
	s->relocs = relocs;
	for (i = 0; i < count; i++) {
		s->relocs[s->reloc_count++] = (struct v3c_reloc){
			.offset = s->cmds_size + addresses[i].field,
			.region = addresses[i].buffer,
		};
		touch(&s->graph->buffers[addresses[i].buffer], s->count);
	}
	memcpy(s->cmds + s->cmds_size, cmd, hdr.size);
	s->cmds_size += hdr.size;
	s->info[s->count++] = *what;
	return 0;
}

int v3c_stream_add(struct v3c_stream *s, const struct ir_node *node, enum v3npu_opcode opcode,
		   void *cmd, const struct v3c_address *addresses, int count)
{
	const struct v3npu_cmd_hdr hdr = {
		.opcode = opcode, .size = v3npu_cmd_size(opcode), .tag = node->op,
	};
	const struct v3c_cmd_info info = { .op = node->main_op };
	int ret;

	memcpy(cmd, &hdr, sizeof(hdr));
	ret = v3npu_cmd_check(cmd, hdr.size, s->sram_size);
	if (ret)
		return refused(s, node, reason(ret));
	ret = v3c_stream_append(s, cmd, &info, addresses, count);
	if (ret == -ENOTSUP)
		s->ctx->op = node->op;
	return ret;
}

bool v3c_stream_next(const struct v3c_stream *s, struct v3c_cursor *c)
{
	const size_t start = c->at;
	struct v3npu_cmd_hdr hdr;

	if (start == s->cmds_size)
		return false;
	memcpy(&hdr, s->cmds + start, sizeof(hdr));
	memset(c->cmd, 0, sizeof(c->cmd));
	memcpy(c->cmd, s->cmds + start, hdr.size);
	c->at += hdr.size;
	for (c->count = 0; c->reloc < s->reloc_count && s->relocs[c->reloc].offset < c->at;
	     c->reloc++)
		c->addresses[c->count++] = (struct v3c_address){
			.field = s->relocs[c->reloc].offset - start,
			.buffer = s->relocs[c->reloc].region,
		};
	return true;
}

void v3c_stream_clear(struct v3c_stream *s)
{
	s->cmds_size = 0;
	s->count = 0;
	s->reloc_count = 0;
}

/* A buffer takes its place from the first command that touches it to the last */
static void count_memory(struct v3c_stream *s)
{
	const struct ir_buffer *b = s->graph->buffers;
	int i, k;

	for (i = 0; i < s->graph->buffer_count; i++, b++) {
		for (k = b->first; k >= 0 && k <= b->last; k++) {
			if (b->region == V3C_REGION_NONE)
				s->info[k].sram_used += b->size;
			else if (b->region == V3C_REGION_ARENA)
				s->info[k].arena_used += b->size;
		}
	}
}

void v3c_stream_finish(struct v3c_stream *s)
{
	size_t count = 0, i;

	count_memory(s);

	for (i = 0; i < s->reloc_count; i++) {
		struct v3c_reloc r = s->relocs[i];
		const struct ir_buffer *b = &s->graph->buffers[r.region];
		uint64_t address;

		memcpy(&address, s->cmds + r.offset, sizeof(address));
		address += b->offset;
		memcpy(s->cmds + r.offset, &address, sizeof(address));
		r.region = b->region;
		/* An address in SRAM is final */
		if (r.region != V3C_REGION_NONE)
			s->relocs[count++] = r;
	}
	s->reloc_count = count;
}
