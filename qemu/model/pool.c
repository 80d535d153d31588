// SPDX-License-Identifier: MIT
/* Maximum and average over windows; elements outside the input do not count. */
#include <string.h>

#include "fixed.h"
#include "internal.h"
#include "kernels.h"

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

static void reduce_sum(int32_t *restrict acc, const int8_t *restrict in, uint32_t channels)
{
	uint32_t c, i;

	for (c = 0; c + BLOCK <= channels; c += BLOCK)
		for (i = 0; i < BLOCK; i++)
			acc[c + i] += in[c + i];
	for (; c < channels; c++)
		acc[c] += in[c];
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

/*
 * Raises the maxima of the part's windows by an input row, of which @row has columns @first..; this
 * and add_to_sums() return false if the run was aborted
 */
static bool raise_maxima(const struct pool *pool, const struct part *part, int64_t first,
			 const int8_t *row, int8_t *max)
{
	const struct v3npu_cmd_pool *cmd = pool->cmd;
	const struct v3npu_kernels *kernels = pool->run->engine->kernels;
	int64_t end = (int64_t)part->x + part->columns;
	int64_t k, x;

	if (cmd->stride[1] > 1) {
		for (x = part->x; x < end; x++) {
			struct span cols = columns_of(cmd, x);

			if (v3npu_run_stopped(pool->run))
				return false;

			for (k = cols.from; k < cols.until; k++)
				kernels->max(max + (x - part->x) * part->channels,
					     row + (k - first) * part->channels, part->channels);
		}
		return true;
	}
	/* Element k of all windows side by side that have one */
	for (k = 0; k < cmd->kernel[1] && !v3npu_run_stopped(pool->run); k++) {
		int64_t shift = k - cmd->pad[1];
		int64_t from = part->x + shift < 0 ? -shift : part->x;
		int64_t until = end + shift > cmd->in.dim[2] ? cmd->in.dim[2] - shift : end;

		if (from < until)
			kernels->max(max + (from - part->x) * part->channels,
				     row + (from + shift - first) * part->channels,
				     (until - from) * part->channels);
	}
	return k == cmd->kernel[1];
}

static bool add_to_sums(const struct pool *pool, const struct part *part, int64_t first,
			const int8_t *row, int32_t *sums)
{
	uint32_t x;
	int64_t k;

	for (x = 0; x < part->columns && !v3npu_run_stopped(pool->run); x++) {
		struct span cols = columns_of(pool->cmd, part->x + x);

		for (k = cols.from; k < cols.until; k++)
			reduce_sum(sums + (size_t)x * part->channels,
				   row + (k - first) * part->channels, part->channels);
	}
	return x == part->columns;
}

/* Reduces the part's windows into @acc, input row by input row, of which @tile holds one */
static bool accumulate(const struct pool *pool, const struct part *part, int8_t *tile, void *acc)
{
	const struct v3npu_cmd_pool *cmd = pool->cmd;
	const struct v3npu_tensor *in = &cmd->in;
	bool avg = cmd->op == V3NPU_POOL_AVG;
	size_t size = (size_t)part->columns * part->channels;
	struct span rows = rows_of(cmd, part->y);
	int64_t first = columns_of(cmd, part->x).from;
	int64_t until = columns_of(cmd, part->x + part->columns - 1).until;
	struct v3npu_tile from = {
		.rows = until > first ? until - first : 0,
		.cols = part->channels,
		.row_stride = in->stride[2],
		.col_stride = in->stride[3],
	};
	struct v3npu_view view;
	int64_t row;

	memset(acc, avg ? 0 : INT8_MIN, avg ? size * sizeof(int32_t) : size);
	v3npu_view_tensor(&view, pool->run, in, false);
	for (row = rows.from; row < rows.until && from.rows; row++) {
		from.addr = v3npu_tensor_at(in, part->n, row, first, part->c);
		if (v3npu_run_stopped(pool->run) ||
		    !v3npu_read_tile(&view, &from, tile, part->channels))
			return false;
		if (!(avg ? add_to_sums(pool, part, first, tile, acc)
			  : raise_maxima(pool, part, first, tile, acc)))
			return false;
	}
	return true;
}

static int8_t average(int64_t sum, int64_t count, bool half_up)
{
	if (!count)
		return 0;
	/* As uint8 the sum is positive, so that the division rounds down */
	if (half_up)
		return (sum + 128 * count + count / 2) / count - 128;
	return (sum + (sum > 0 ? count / 2 : -(count / 2))) / count;
}

/* Averages of the part's windows from their sums, not yet clamped */
static void divide(const struct pool *pool, const struct part *part, const int32_t *sums,
		   int8_t *out)
{
	struct span rows = rows_of(pool->cmd, part->y);
	uint32_t x, c;

	for (x = 0; x < part->columns; x++) {
		struct span cols = columns_of(pool->cmd, part->x + x);
		int64_t count = (cols.until - cols.from) * (rows.until - rows.from);

		for (c = 0; c < part->channels; c++, sums++) {
			*out++ = average(*sums, count, pool->cmd->flags & V3NPU_POOL_HALF_UP);
		}
	}
}

static void pool_item(struct v3npu_thread *thread, void *ctx, uint64_t item)
{
	const struct pool *pool = ctx;
	const struct v3npu_cmd_pool *cmd = pool->cmd;
	struct part part = part_of_item(pool, item);
	size_t size = (size_t)part.columns * part.channels, i;
	int8_t *results = thread->tile[1];
	struct v3npu_tile to = {
		.addr = v3npu_tensor_at(&cmd->out, part.n, part.y, part.x, part.c),
		.rows = part.columns,
		.cols = part.channels,
		.row_stride = cmd->out.stride[2],
		.col_stride = cmd->out.stride[3],
	};
	struct v3npu_view view;

	if (!accumulate(pool, &part, thread->tile[0], thread->tile[1]))
		return;
	if (cmd->op == V3NPU_POOL_AVG) {
		results = thread->tile[0];
		divide(pool, &part, (const int32_t *)thread->tile[1], results);
	}
	if (cmd->min > INT8_MIN || cmd->max < INT8_MAX)
		for (i = 0; i < size; i++)
			results[i] = v3npu_clamp(results[i], cmd->min, cmd->max);
	v3npu_table_apply(&pool->table, results, size);
	v3npu_view_tensor(&view, pool->run, &cmd->out, true);
	v3npu_write_tile(&view, &to, results, part.channels);
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
