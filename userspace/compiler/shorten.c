// SPDX-License-Identifier: MIT
#include "shorten.h"

#include <stdlib.h>
#include <string.h>

#include "model/engine.h"
#include "place.h"
#include "v3npu/cmd_check.h"

/* Dimensions of struct v3npu_tensor */
enum { N, H, W, C };

struct command {
	_Alignas(8) uint8_t bytes[V3NPU_CMD_MAX_SIZE];
};

/* Leaves @rows of dimension @d in @first, and the others in @second */
static void cut(struct v3npu_tensor *first, struct v3npu_tensor *second, int d, uint32_t rows)
{
	first->dim[d] = rows;
	second->addr += (uint64_t)rows * second->stride[d];
	second->dim[d] -= rows;
}

/*
 * Leaves the input of the first @rows windows in @first, and that of the others in @in; @pad
 * becomes theirs. A window has @span rows. Return: false if the others have nothing but padding.
 */
static bool cut_windows(struct v3npu_tensor *first, struct v3npu_tensor *in, int d, uint32_t rows,
			uint16_t stride, uint32_t span, uint16_t *pad)
{
	uint64_t skip = (uint64_t)rows * stride;
	uint64_t end = skip - stride + span;

	if (end > *pad && end - *pad < first->dim[d])
		first->dim[d] = end - *pad;

	if (skip < *pad) {
		*pad -= skip;
		return true;
	}
	skip -= *pad;
	*pad = 0;
	if (skip >= in->dim[d])
		return false;
	in->addr += skip * in->stride[d];
	in->dim[d] -= skip;
	return true;
}

static bool halve_conv(struct v3npu_cmd_conv *a, struct v3npu_cmd_conv *b, int d)
{
	uint32_t rows = a->out.dim[d] / 2;

	if (d == C)
		return false;
	cut(&a->out, &b->out, d, rows);
	if (d == N) {
		cut(&a->in, &b->in, d, rows);
		return true;
	}
	d -= H;
	return cut_windows(&a->in, &b->in, d + H, rows, b->stride[d],
			   (b->kernel[d] - 1u) * b->dilation[d] + 1, &b->pad[d]);
}

static bool halve_pool(struct v3npu_cmd_pool *a, struct v3npu_cmd_pool *b, int d)
{
	uint32_t rows = a->out.dim[d] / 2;

	cut(&a->out, &b->out, d, rows);
	if (d == N || d == C) {
		cut(&a->in, &b->in, d, rows);
		return true;
	}
	d -= H;
	return cut_windows(&a->in, &b->in, d + H, rows, b->stride[d], b->kernel[d], &b->pad[d]);
}

/* Operands that have the result's dimension @d */
static void cut_all(struct v3npu_tensor *a, struct v3npu_tensor *b, int count, int d)
{
	uint32_t rows = a[0].dim[d] / 2;
	int i;

	for (i = 0; i < count; i++)
		cut(&a[i], &b[i], d, rows);
}

static bool halve_matmul(struct v3npu_cmd_matmul *a, struct v3npu_cmd_matmul *b, int d)
{
	uint32_t rows = a->out.dim[d] / 2;

	if (d == C)
		return false;
	cut(&a->out, &b->out, d, rows);
	cut(&a->a, &b->a, d, rows);
	/* Rows of the product are the first operand's alone */
	if (d != W)
		cut(&a->b, &b->b, d, rows);
	return true;
}

/* Makes two of a command along dimension @d. Return: false if that cannot be. */
static bool halve(const struct command *cmd, int d, struct command *a, struct command *b)
{
	struct v3npu_cmd_hdr hdr;

	*a = *cmd;
	*b = *cmd;
	memcpy(&hdr, cmd, sizeof(hdr));
	switch (hdr.opcode) {
	case V3NPU_OP_CONV:
		return halve_conv((void *)a->bytes, (void *)b->bytes, d);
	case V3NPU_OP_MATMUL:
		return halve_matmul((void *)a->bytes, (void *)b->bytes, d);
	case V3NPU_OP_POOL:
		return halve_pool((void *)a->bytes, (void *)b->bytes, d);
	case V3NPU_OP_ELTWISE:
		cut_all(((struct v3npu_cmd_eltwise *)a->bytes)->in,
			((struct v3npu_cmd_eltwise *)b->bytes)->in, 3, d);
		return true;
	case V3NPU_OP_COPY:
		cut_all(&((struct v3npu_cmd_copy *)a->bytes)->in,
			&((struct v3npu_cmd_copy *)b->bytes)->in, 2, d);
		return true;
	case V3NPU_OP_SOFTMAX:
	case V3NPU_OP_ARGMAX:
		/* Each result is of all elements along c */
		if (d == C)
			return false;
		cut_all(&((struct v3npu_cmd_softmax *)a->bytes)->in,
			&((struct v3npu_cmd_softmax *)b->bytes)->in, 2, d);
		return true;
	case V3NPU_OP_RESIZE:
		/* Where rows and columns come from depends on how many there are */
		if (d == H || d == W)
			return false;
		cut_all(&((struct v3npu_cmd_resize *)a->bytes)->in,
			&((struct v3npu_cmd_resize *)b->bytes)->in, 2, d);
		return true;
	default:
		return false;
	}
}

_Static_assert(offsetof(struct v3npu_cmd_eltwise, out) ==
	       offsetof(struct v3npu_cmd_eltwise, in[2]) &&
	       offsetof(struct v3npu_cmd_copy, out) ==
	       offsetof(struct v3npu_cmd_copy, in) + sizeof(struct v3npu_tensor) &&
	       offsetof(struct v3npu_cmd_softmax, in) == offsetof(struct v3npu_cmd_argmax, in) &&
	       offsetof(struct v3npu_cmd_softmax, out) == offsetof(struct v3npu_cmd_argmax, out),
	       "tensors follow each other");

static const struct v3npu_tensor *output_of(const struct command *cmd)
{
	const struct v3npu_cmd_hdr *hdr = (const void *)cmd->bytes;
	const struct v3npu_tensor *t = (const void *)(hdr + 1);

	/* The output is the last tensor */
	return hdr->opcode == V3NPU_OP_MATMUL || hdr->opcode == V3NPU_OP_ELTWISE ? t + 2 : t + 1;
}

/**
 * struct shortening - a stream that is written anew
 * @from: as it was
 * @to: the new one
 * @config: NPU
 * @max: cycles that a command may take
 */
struct shortening {
	const struct v3c_stream *from;
	struct v3c_stream to;
	const struct v3npu_config *config;
	uint64_t max;
};

/* Appends a command, or two shorter ones in its place, and so on */
static int add(struct shortening *s, const struct command *cmd, const struct v3c_cmd_info *info,
	       const struct v3c_address *addresses, int count)
{
	const struct v3npu_tensor *out = output_of(cmd);
	struct command a, b;
	int d, ret;

	if (v3c_command_cycles(s->from, cmd->bytes, addresses, count, s->config) > s->max) {
		/* Outermost first, where what is read twice is least */
		for (d = N; d <= C; d++) {
			if (out->dim[d] < 2 || !halve(cmd, d, &a, &b))
				continue;
			ret = add(s, &a, info, addresses, count);
			return ret ? ret : add(s, &b, info, addresses, count);
		}
	}
	return v3c_stream_append(&s->to, cmd->bytes, info, addresses, count);
}

/* The command at @at, whose relocations begin with @first; moves both on */
static int add_next(struct shortening *s, uint32_t index, size_t *at, size_t *first)
{
	struct v3c_address addresses[V3C_MAX_ADDRESSES];
	struct command cmd = {};
	struct v3npu_cmd_hdr hdr;
	int count = 0;

	memcpy(&hdr, s->from->cmds + *at, sizeof(hdr));
	memcpy(cmd.bytes, s->from->cmds + *at, hdr.size);
	for (; *first < s->from->reloc_count &&
	     s->from->relocs[*first].offset < *at + hdr.size; ++*first)
		addresses[count++] = (struct v3c_address){
			.field = s->from->relocs[*first].offset - *at,
			.buffer = s->from->relocs[*first].region,
		};
	*at += hdr.size;
	return add(s, &cmd, &s->from->info[index], addresses, count);
}

static void forget_commands(struct ir_graph *g)
{
	int i;

	for (i = 0; i < g->buffer_count; i++)
		g->buffers[i].first = -1;
}

int v3c_shorten(struct v3c_stream *stream, const struct v3npu_config *config, uint32_t us)
{
	struct shortening s = {
		.from = stream,
		.to = {
			.ctx = stream->ctx, .graph = stream->graph,
			.sram_size = stream->sram_size,
		},
		.config = config,
		.max = (uint64_t)(us ? us : V3C_COMMAND_US) * config->clock_mhz,
	};
	size_t at = 0, first = 0;
	uint64_t longest;
	uint32_t i;
	int ret = 0;

	v3c_stream_cycles(stream, config, &longest);
	if (longest <= s.max)
		return 0;
	forget_commands(stream->graph);
	for (i = 0; !ret && i < stream->count; i++)
		ret = add_next(&s, i, &at, &first);
	free(stream->cmds);
	free(stream->info);
	free(stream->relocs);
	*stream = s.to;
	return ret;
}
