// SPDX-License-Identifier: MIT
/* RESIZE, and its nearest-neighbour mode, as TFLite's ResizeNearestNeighbor. */
#include <math.h>
#include <string.h>

#include "internal.h"

/**
 * struct resize - a command in work
 * @run: of the command
 * @cmd: the command
 * @channels: of an item
 * @columns: output columns of an item
 * @channel_items: items along c
 * @column_items: items along w
 */
struct resize {
	struct v3npu_run *run;
	const struct v3npu_cmd_resize *cmd;
	uint32_t channels;
	uint32_t columns;
	uint32_t channel_items;
	uint32_t column_items;
};

/* Index of the input element that output element @index takes, along one dimension */
static uint32_t nearest(uint32_t index, uint32_t in, uint32_t out, uint8_t flags)
{
	bool align = flags & V3NPU_RESIZE_ALIGN_CORNERS;
	float offset = flags & V3NPU_RESIZE_HALF_PIXEL ? 0.5f : 0.0f;
	float scale = (float)in / (float)out, at;
	uint32_t i;

	if (align && out > 1)
		scale = (float)(in - 1) / (float)(out - 1);
	at = ((float)index + offset) * scale;
	i = (uint32_t)(align ? roundf(at) : floorf(at));
	return i < in ? i : in - 1;
}

static void resize_item(struct v3npu_thread *thread, void *ctx, uint64_t item)
{
	const struct resize *r = ctx;
	const struct v3npu_tensor *in = &r->cmd->in, *out = &r->cmd->out;
	uint32_t c = item % r->channel_items * r->channels;
	uint32_t x0 = item / r->channel_items % r->column_items * r->columns;
	uint64_t line = item / r->channel_items / r->column_items;
	uint32_t n = line / out->dim[1], y = line % out->dim[1];
	uint32_t channels = in->dim[3] - c < r->channels ? in->dim[3] - c : r->channels;
	uint32_t columns = out->dim[2] - x0 < r->columns ? out->dim[2] - x0 : r->columns;
	uint32_t row = nearest(y, in->dim[1], out->dim[1], r->cmd->flags);
	struct v3npu_tile to = {
		v3npu_tensor_at(out, n, y, x0, c), columns, channels, out->stride[2], out->stride[3]
	};
	struct v3npu_view read, write;
	uint32_t x, col, last = 0;

	v3npu_view_tensor(&read, r->run, in, false);
	for (x = 0; x < columns; x++) {
		int8_t *pixel = thread->tile[0] + (size_t)x * channels;
		struct v3npu_tile from = { 0, 1, channels, 0, in->stride[3] };

		col = nearest(x0 + x, in->dim[2], out->dim[2], r->cmd->flags);
		from.addr = v3npu_tensor_at(in, n, row, col, c);
		if (x && col == last)
			memcpy(pixel, pixel - channels, channels);
		else if (!v3npu_read_tile(&read, &from, pixel, channels))
			return;
		last = col;
	}
	v3npu_view_tensor(&write, r->run, out, true);
	v3npu_write_tile(&write, &to, thread->tile[0], channels);
}

void v3npu_run_resize(struct v3npu_run *run, const struct v3npu_cmd_resize *cmd)
{
	const struct v3npu_tensor *out = &cmd->out;
	struct resize r = { .run = run, .cmd = cmd };
	uint64_t items;

	if (cmd->mode == V3NPU_RESIZE_BILINEAR)
		return v3npu_run_resize_bilinear(run, cmd);

	r.channels = out->dim[3] < V3NPU_TILE_BYTES ? out->dim[3] : V3NPU_TILE_BYTES;
	r.columns = V3NPU_TILE_BYTES / r.channels;
	if (r.columns > out->dim[2])
		r.columns = out->dim[2];
	r.channel_items = (out->dim[3] + r.channels - 1) / r.channels;
	r.column_items = (out->dim[2] + r.columns - 1) / r.columns;
	items = (uint64_t)out->dim[0] * out->dim[1] * r.column_items * r.channel_items;
	v3npu_parallel(run, items, (uint64_t)r.columns * (r.channels / 8 + 20), resize_item, &r);
}
