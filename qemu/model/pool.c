// SPDX-License-Identifier: MIT
/* Maximum and average over windows; elements outside the input do not count. */
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

/* Channels that are reduced by a loop of fixed length, which compilers vectorize */
#define BLOCK	16

static void reduce_max(int32_t *restrict acc, const int8_t *restrict in, uint32_t channels)
{
	uint32_t c, i;

	for (c = 0; c + BLOCK <= channels; c += BLOCK)
		for (i = 0; i < BLOCK; i++)
			acc[c + i] = acc[c + i] > in[c + i] ? acc[c + i] : in[c + i];
	for (; c < channels; c++)
		acc[c] = acc[c] > in[c] ? acc[c] : in[c];
}

static void reduce_sum(int32_t *restrict acc, const int8_t *restrict in, uint32_t channels)
{
	uint32_t c, i;

	for (c = 0; c + BLOCK <= channels; c += BLOCK)
		for (i = 0; i < BLOCK; i++)
			acc[c + i] += in[c + i];
	for (; c < channels; c++)
		acc[c] += in[c];
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

/**
 * struct part - what an item is about
 * @n: image
 * @y: output row
 * @x: first output column
 * @columns: output columns
 * @c: first channel
 * @channels: channels
 */
struct part {
	uint32_t n;
	uint32_t y;
	uint32_t x;
	uint32_t columns;
	uint32_t c;
	uint32_t channels;
};

static struct part part_of_item(const struct pool *pool, uint64_t item)
{
	const struct v3npu_tensor *out = &pool->cmd->out;
	uint64_t line = item / pool->channel_items / pool->column_items;
	struct part part = {
		.n = line / out->dim[1],
		.y = line % out->dim[1],
		.x = item / pool->channel_items % pool->column_items * pool->columns,
		.c = item % pool->channel_items * pool->channels,
	};

	part.columns = out->dim[2] - part.x;
	if (part.columns > pool->columns)
		part.columns = pool->columns;
	part.channels = out->dim[3] - part.c;
	if (part.channels > pool->channels)
		part.channels = pool->channels;
	return part;
}

static struct span rows_of(const struct v3npu_cmd_pool *cmd, uint32_t y)
{
	return window_span(y, cmd->kernel[0], cmd->stride[0], cmd->pad[0], cmd->in.dim[1]);
}

static struct span columns_of(const struct v3npu_cmd_pool *cmd, uint32_t x)
{
	return window_span(x, cmd->kernel[1], cmd->stride[1], cmd->pad[1], cmd->in.dim[2]);
}

/* Reduces the part's windows into @acc, input row by input row, of which @tile holds one */
static bool accumulate(const struct pool *pool, const struct part *part, int8_t *tile, int32_t *acc)
{
	const struct v3npu_cmd_pool *cmd = pool->cmd;
	const struct v3npu_tensor *in = &cmd->in;
	bool avg = cmd->op == V3NPU_POOL_AVG;
	void (*reduce)(int32_t *acc, const int8_t *in, uint32_t channels) =
		avg ? reduce_sum : reduce_max;
	struct span rows = rows_of(cmd, part->y), cols;
	int64_t first = columns_of(cmd, part->x).from;
	int64_t until = columns_of(cmd, part->x + part->columns - 1).until;
	struct v3npu_tile from = {
		.rows = until > first ? until - first : 0,
		.cols = part->channels,
		.row_stride = in->stride[2],
		.col_stride = in->stride[3],
	};
	struct v3npu_view view;
	int64_t row, col;
	uint32_t i, x;

	for (i = 0; i < part->columns * part->channels; i++)
		acc[i] = avg ? 0 : INT8_MIN;
	v3npu_view_tensor(&view, pool->run, in, false);
	for (row = rows.from; row < rows.until && from.rows; row++) {
		from.addr = v3npu_tensor_at(in, part->n, row, first, part->c);
		if (v3npu_run_stopped(pool->run) ||
		    !v3npu_read_tile(&view, &from, tile, part->channels))
			return false;
		for (x = 0; x < part->columns; x++) {
			cols = columns_of(cmd, part->x + x);
			for (col = cols.from; col < cols.until; col++)
				reduce(acc + (size_t)x * part->channels,
				       tile + (col - first) * part->channels, part->channels);
		}
	}
	return true;
}

static void pool_item(struct v3npu_thread *thread, void *ctx, uint64_t item)
{
	const struct pool *pool = ctx;
	const struct v3npu_cmd_pool *cmd = pool->cmd;
	struct part part = part_of_item(pool, item);
	struct span rows = rows_of(cmd, part.y), cols;
	int32_t *acc = (int32_t *)thread->tile[1];
	int8_t *tile = thread->tile[0];
	struct v3npu_tile to = {
		.addr = v3npu_tensor_at(&cmd->out, part.n, part.y, part.x, part.c),
		.rows = part.columns,
		.cols = part.channels,
		.row_stride = cmd->out.stride[2],
		.col_stride = cmd->out.stride[3],
	};
	struct v3npu_view view;
	uint32_t x;

	if (!accumulate(pool, &part, tile, acc))
		return;
	for (x = 0; x < part.columns; x++) {
		cols = columns_of(cmd, part.x + x);
		finish(pool, acc + (size_t)x * part.channels, tile + (size_t)x * part.channels,
		       part.channels, (cols.until - cols.from) * (rows.until - rows.from));
	}
	v3npu_table_apply(&pool->table, tile, (size_t)part.columns * part.channels);
	v3npu_view_tensor(&view, pool->run, &cmd->out, true);
	v3npu_write_tile(&view, &to, tile, part.channels);
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
