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

_Static_assert(offsetof(struct v3npu_cmd_conv, in) == sizeof(struct v3npu_cmd_hdr) &&
	       offsetof(struct v3npu_cmd_matmul, a) == sizeof(struct v3npu_cmd_hdr) &&
	       offsetof(struct v3npu_cmd_eltwise, in) == sizeof(struct v3npu_cmd_hdr) &&
	       offsetof(struct v3npu_cmd_pool, in) == sizeof(struct v3npu_cmd_hdr) &&
	       offsetof(struct v3npu_cmd_softmax, in) == sizeof(struct v3npu_cmd_hdr) &&
	       offsetof(struct v3npu_cmd_resize, in) == sizeof(struct v3npu_cmd_hdr) &&
	       offsetof(struct v3npu_cmd_copy, in) == sizeof(struct v3npu_cmd_hdr) &&
	       offsetof(struct v3npu_cmd_argmax, in) == sizeof(struct v3npu_cmd_hdr),
	       "tensors follow the header");

/* The tensors of a command, @count of them; the output is the last */
static struct v3npu_tensor *tensors_of(struct command *cmd, int *count)
{
	struct v3npu_cmd_hdr *hdr = (void *)cmd->bytes;

	*count = hdr->opcode == V3NPU_OP_MATMUL || hdr->opcode == V3NPU_OP_ELTWISE ? 3 : 2;
	return (void *)(hdr + 1);
}

/* Cuts all tensors of commands that work along @d element by element */
static bool halve_all(struct command *a, struct command *b, int d)
{
	struct v3npu_tensor *first, *second;
	int count, i;

	first = tensors_of(a, &count);
	second = tensors_of(b, &count);
	for (i = 0; i < count; i++)
		cut(&first[i], &second[i], d, first[i].dim[d] / 2);
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
	case V3NPU_OP_COPY:
		return halve_all(a, b, d);
	case V3NPU_OP_SOFTMAX:
	case V3NPU_OP_ARGMAX:
		/* Each result is of all elements along c */
		return d != C && halve_all(a, b, d);
	case V3NPU_OP_RESIZE:
		/* Where rows and columns come from depends on how many there are */
		return d != H && d != W && halve_all(a, b, d);
	default:
		return false;
	}
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

/* Appends a command, or two shorter ones in its place, and so on; @at says what it is made of */
static int add(struct shortening *s, struct command *cmd, const struct v3c_cursor *at,
	       const struct v3c_cmd_info *info)
{
	struct command a, b;
	int count, d, ret;
	const struct v3npu_tensor *out = tensors_of(cmd, &count);

	out += count - 1;
	if (v3c_command_cycles(s->from, cmd->bytes, at->addresses, at->count, s->config) > s->max) {
		/* Outermost first, where what is read twice is least */
		for (d = N; d <= C; d++) {
			if (out->dim[d] < 2 || !halve(cmd, d, &a, &b))
				continue;
			ret = add(s, &a, at, info);
			return ret ? ret : add(s, &b, at, info);
		}
	}
	return v3c_stream_append(&s->to, cmd->bytes, info, at->addresses, at->count);
}

static bool has_long_one(const struct shortening *s)
{
	struct v3c_cursor c = {};

	while (v3c_stream_next(s->from, &c))
		if (v3c_command_cycles(s->from, c.cmd, c.addresses, c.count, s->config) > s->max)
			return true;
	return false;
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
	const struct v3c_cmd_info *info = stream->info;
	struct v3c_cursor c = {};
	struct command cmd;
	int ret = 0;

	if (!has_long_one(&s))
		return 0;
	forget_commands(stream->graph);
	while (!ret && v3c_stream_next(stream, &c)) {
		memcpy(cmd.bytes, c.cmd, sizeof(cmd.bytes));
		ret = add(&s, &cmd, &c, info++);
	}
	free(stream->cmds);
	free(stream->info);
	free(stream->relocs);
	*stream = s.to;
	return ret;
}
