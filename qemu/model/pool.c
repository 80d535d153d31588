// SPDX-License-Identifier: MIT
/* Maximum and average over windows; elements outside the input do not count. */
#include <string.h>

#include "fixed.h"
#include "internal.h"

/* Channels of an item times its output columns: what the accumulators hold */
#define ACC_MAX		(V3NPU_TILE_BYTES / sizeof(int32_t))

/**
 * struct pool - a command in work
 * @run: of the command
 * @cmd: the command
 * @table: its table
 * @channels: of an item
 * @columns: output columns of an item
 * @channel_items: items along c
 * @column_items: items along w
 */
struct pool {
	struct v3npu_run *run;
	const struct v3npu_cmd_pool *cmd;
	struct v3npu_table table;
	uint32_t channels;
	uint32_t columns;
	uint32_t channel_items;
	uint32_t column_items;
};

/* Part of a window along one dimension that lies inside an input of @size, or an empty span */
struct span {
	int64_t from;
	int64_t until;
};

static struct span window_span(uint32_t index, uint16_t kernel, uint16_t stride, uint16_t pad,
			       uint32_t size)
{
	struct span s = { (int64_t)index * stride - pad, (int64_t)index * stride - pad + kernel };

	s.from = s.from < 0 ? 0 : s.from > size ? size : s.from;
	s.until = s.until > size ? size : s.until < s.from ? s.from : s.until;
	return s;
}

static void reduce(const struct pool *pool, int32_t *acc, const int8_t *in, uint32_t channels)
{
	uint32_t c;

	if (pool->cmd->op == V3NPU_POOL_AVG)
		for (c = 0; c < channels; c++)
			acc[c] += in[c];
	else
		for (c = 0; c < channels; c++)
			acc[c] = acc[c] > in[c] ? acc[c] : in[c];
}

static void finish(const struct pool *pool, const int32_t *acc, int8_t *out, uint32_t channels,
		   int64_t count)
{
	bool avg = pool->cmd->op == V3NPU_POOL_AVG && count;
	uint32_t c;

	for (c = 0; c < channels; c++) {
		int32_t x = acc[c];

		if (avg)
			x = (x + (x > 0 ? count / 2 : -(count / 2))) / count;
		out[c] = v3npu_clamp(x, pool->cmd->min, pool->cmd->max);
	}
}

static void pool_item(struct v3npu_thread *thread, void *ctx, uint64_t item)
{
	const struct pool *pool = ctx;
	const struct v3npu_cmd_pool *cmd = pool->cmd;
	const struct v3npu_tensor *in = &cmd->in, *out = &cmd->out;
	uint32_t c = item % pool->channel_items * pool->channels;
	uint32_t x0 = item / pool->channel_items % pool->column_items * pool->columns;
	uint64_t line = item / pool->channel_items / pool->column_items;
	uint32_t n = line / out->dim[1], y = line % out->dim[1];
	uint32_t channels = in->dim[3] - c < pool->channels ? in->dim[3] - c : pool->channels;
	uint32_t columns = out->dim[2] - x0 < pool->columns ? out->dim[2] - x0 : pool->columns;
	int32_t *acc = (int32_t *)thread->tile[1];
	int32_t start = cmd->op == V3NPU_POOL_AVG ? 0 : INT8_MIN;
	struct span rows = window_span(y, cmd->kernel[0], cmd->stride[0], cmd->pad[0], in->dim[1]);
	struct span first = window_span(x0, cmd->kernel[1], cmd->stride[1], cmd->pad[1],
					in->dim[2]);
	struct span last = window_span(x0 + columns - 1, cmd->kernel[1], cmd->stride[1],
				       cmd->pad[1], in->dim[2]);
	struct v3npu_tile from = {
		.rows = last.until > first.from ? last.until - first.from : 0,
		.cols = channels,
		.row_stride = in->stride[2],
		.col_stride = in->stride[3],
	};
	struct v3npu_tile to = {
		v3npu_tensor_at(out, n, y, x0, c), columns, channels, out->stride[2], out->stride[3]
	};
	struct v3npu_view read, write;
	struct span cols;
	uint32_t i, x;
	int64_t row, col;

	for (i = 0; i < columns * channels; i++)
		acc[i] = start;
	v3npu_view_tensor(&read, pool->run, in, false);
	for (row = rows.from; row < rows.until && from.rows; row++) {
		from.addr = v3npu_tensor_at(in, n, row, first.from, c);
		if (v3npu_run_stopped(pool->run) ||
		    !v3npu_read_tile(&read, &from, thread->tile[0], channels))
			return;
		for (x = 0; x < columns; x++) {
			cols = window_span(x0 + x, cmd->kernel[1], cmd->stride[1], cmd->pad[1],
					   in->dim[2]);
			for (col = cols.from; col < cols.until; col++)
				reduce(pool, acc + (size_t)x * channels,
				       thread->tile[0] + (col - first.from) * channels, channels);
		}
	}
	for (x = 0; x < columns; x++) {
		cols = window_span(x0 + x, cmd->kernel[1], cmd->stride[1], cmd->pad[1],
				   in->dim[2]);
		finish(pool, acc + (size_t)x * channels, thread->tile[0] + (size_t)x * channels,
		       channels, (cols.until - cols.from) * (rows.until - rows.from));
	}
	v3npu_table_apply(&pool->table, thread->tile[0], (size_t)columns * channels);
	v3npu_view_tensor(&write, pool->run, out, true);
	v3npu_write_tile(&write, &to, thread->tile[0], channels);
}

void v3npu_run_pool(struct v3npu_run *run, const struct v3npu_cmd_pool *cmd)
{
	const struct v3npu_tensor *out = &cmd->out;
	struct pool pool = { .run = run, .cmd = cmd };
	uint64_t items, work;
	uint32_t fit;

	if (!v3npu_table_load(run, cmd->table, &pool.table))
		return;
	/* A window's columns fit a tile, then as many windows as do, up to what fits @acc */
	pool.channels = V3NPU_TILE_BYTES / cmd->kernel[1];
	if (pool.channels > ACC_MAX)
		pool.channels = ACC_MAX;
	if (pool.channels > out->dim[3])
		pool.channels = out->dim[3];
	pool.columns = (V3NPU_TILE_BYTES / pool.channels - cmd->kernel[1]) / cmd->stride[1] + 1;
	fit = ACC_MAX / pool.channels;
	if (pool.columns > fit)
		pool.columns = fit;
	if (pool.columns > out->dim[2])
		pool.columns = out->dim[2];
	pool.channel_items = (out->dim[3] + pool.channels - 1) / pool.channels;
	pool.column_items = (out->dim[2] + pool.columns - 1) / pool.columns;
	items = (uint64_t)out->dim[0] * out->dim[1] * pool.column_items * pool.channel_items;
	work = (uint64_t)pool.columns * pool.channels * cmd->kernel[0] * cmd->kernel[1];
	v3npu_parallel(run, items, work, pool_item, &pool);
}
