// SPDX-License-Identifier: MIT
/*
 * Product of two activations: a convolution of one tap whose weights are @b.
 *
 * sum (a - za)(b - zb) = sum (a - za) b - zb sum (a - za): the first is what
 * the array computes, the second is the same for a whole row.
 */
#include <string.h>

#include "mac.h"

/* Rows of an item, at most */
#define ITEM_ROWS	64
/* Depth that is read at a time when bricks are made; no power of two, for the cache's sake */
#define PACK_DEPTH	(V3NPU_TILE_BYTES / V3NPU_BRICK_O - 64)

/**
 * struct matmul - a product in work
 * @cmd: the command
 * @array: MAC array, for the chunk in work
 * @n: batch
 * @h: batch
 * @first: first column of the chunk
 * @columns: of the chunk
 * @quads: quads of the depth
 * @rows: of an item
 */
struct matmul {
	const struct v3npu_cmd_matmul *cmd;
	struct v3npu_array array;
	uint32_t n;
	uint32_t h;
	uint32_t first;
	uint32_t columns;
	uint32_t quads;
	uint32_t rows;
};

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Rows and quads that are packed together, in vectors that any compiler has something for */
#define SIDE	4

typedef uint32_t quad_row __attribute__((vector_size(SIDE * V3NPU_BRICK_I)));

static quad_row interleave_low(quad_row a, quad_row b)
{
	return __builtin_shufflevector(a, b, 0, 4, 1, 5);
}

static quad_row interleave_high(quad_row a, quad_row b)
{
	return __builtin_shufflevector(a, b, 2, 6, 3, 7);
}

/* Packs 4 quads of 4 rows */
static void pack_block(int8_t *to, const int8_t *from, size_t pitch)
{
	quad_row row[SIDE], even[2], odd[2], packed[SIDE];
	int i;

	for (i = 0; i < SIDE; i++)
		memcpy(&row[i], from + i * pitch, sizeof(quad_row));
	/* Interleaving rows 0 and 2, rows 1 and 3, and then what comes of it makes columns */
	even[0] = interleave_low(row[0], row[2]);
	even[1] = interleave_high(row[0], row[2]);
	odd[0] = interleave_low(row[1], row[3]);
	odd[1] = interleave_high(row[1], row[3]);
	for (i = 0; i < 2; i++) {
		packed[2 * i] = interleave_low(even[i], odd[i]);
		packed[2 * i + 1] = interleave_high(even[i], odd[i]);
	}
	for (i = 0; i < SIDE; i++)
		memcpy(to + i * V3NPU_BRICK_BYTES, &packed[i], sizeof(quad_row));
}

/* Puts @depth elements of each of @rows rows into a brick, whose other bytes are 0 */
static void pack_rows(int8_t *brick, const int8_t *from, uint32_t rows, uint32_t depth)
{
	uint32_t block = SIDE * V3NPU_BRICK_I, whole = depth / block * block;
	uint32_t o, i;

	for (o = 0; o < rows; o++, from += PACK_DEPTH) {
		int8_t *to = brick + o * V3NPU_BRICK_I;

		i = 0;
		if (o / SIDE * SIDE + SIDE <= rows) {
			for (; i < whole && o % SIDE == 0; i += block)
				pack_block(to + (size_t)i * V3NPU_BRICK_O, from + i, PACK_DEPTH);
			i = whole;
		}
		for (; i < depth; i++)
			to[(size_t)(i / V3NPU_BRICK_I) * V3NPU_BRICK_BYTES + i % V3NPU_BRICK_I] =
				from[i];
	}
}

/* Makes brick number @item of the chunk from 16 columns of the product, rows of @b */
static void pack_brick(struct v3npu_thread *thread, void *ctx, uint64_t item)
{
	const struct matmul *m = ctx;
	const struct v3npu_tensor *b = &m->cmd->b;
	struct v3npu_run *run = m->array.run;
	size_t brick_bytes = (size_t)m->quads * V3NPU_BRICK_BYTES;
	int8_t *brick = run->engine->weights + item * brick_bytes;
	uint32_t column = m->first + item * V3NPU_BRICK_O;
	struct v3npu_tile tile = {
		.rows = min_u32(V3NPU_BRICK_O, m->first + m->columns - column),
		.row_stride = b->stride[2],
		.col_stride = b->stride[3],
	};
	struct v3npu_view view;
	uint32_t d;

	v3npu_view_tensor(&view, run, b, false);
	memset(brick, 0, brick_bytes);
	for (d = 0; d < b->dim[3]; d += tile.cols) {
		tile.addr = v3npu_tensor_at(b, m->n, m->h, column, d);
		tile.cols = min_u32(PACK_DEPTH, b->dim[3] - d);
		if (!v3npu_read_tile(&view, &tile, thread->tile[0], PACK_DEPTH))
			return;
		pack_rows(brick + (size_t)d * V3NPU_BRICK_O, thread->tile[0], tile.rows, tile.cols);
	}
}

/* 16 elements, in vectors as above */
typedef uint8_t bytes __attribute__((vector_size(16)));
typedef int8_t signed_bytes __attribute__((vector_size(16)));
typedef int32_t numbers __attribute__((vector_size(64)));

/* - zb * sum (a - za) of a gathered row; elements that fill up its last quad count 0 */
static int32_t row_addend(const struct matmul *m, const uint8_t *line)
{
	const struct v3npu_kernels *kernels = m->array.run->engine->kernels;
	uint32_t depth = m->quads * V3NPU_BRICK_I;
	int32_t sum = 0;
	bytes some;
	numbers part = { 0 };
	uint32_t d, i;

	if (kernels->biased) {
		for (d = 0; d + sizeof(some) <= depth; d += sizeof(some)) {
			memcpy(&some, line + d, sizeof(some));
			some -= kernels->offset;
			part += __builtin_convertvector((signed_bytes)some, numbers);
		}
		for (i = 0; i < sizeof(some); i++)
			sum += part[i];
		for (; d < depth; d++)
			sum += (int8_t)(line[d] - kernels->offset);
		sum -= (int32_t)depth * m->cmd->a_zero_point;
	} else {
		const int16_t *operand = (const int16_t *)line;

		for (d = 0; d < depth; d++)
			sum += operand[d];
	}
	return (int32_t)-(int64_t)m->cmd->b_zero_point * sum;
}

static void matmul_item(struct v3npu_thread *thread, void *ctx, uint64_t item)
{
	const struct matmul *m = ctx;
	const struct v3npu_cmd_matmul *cmd = m->cmd;
	struct v3npu_run *run = m->array.run;
	uint32_t row = item * m->rows;
	int32_t addend[ITEM_ROWS];
	struct v3npu_view in, out;
	struct v3npu_source source = {
		.view = &in,
		.addr = v3npu_tensor_at(&cmd->a, m->n, m->h, row, 0),
		.pixel_stride = cmd->a.stride[2],
		.channel_stride = cmd->a.stride[3],
	};
	struct v3npu_pixels pixels = {
		.lines = thread->lines,
		.stride = m->quads * v3npu_quad_bytes(&m->array),
		.num_taps = 1,
		.count = min_u32(m->rows, cmd->out.dim[2] - row),
	};
	struct v3npu_tile tile = {
		.addr = v3npu_tensor_at(&cmd->out, m->n, m->h, row, m->first),
		.rows = pixels.count,
		.cols = m->columns,
		.row_stride = cmd->out.stride[2],
		.col_stride = cmd->out.stride[3],
	};
	uint32_t r;

	v3npu_view_tensor(&in, run, &cmd->a, false);
	v3npu_view_tensor(&out, run, &cmd->out, true);
	if (!v3npu_array_gather(thread, &m->array, &source, pixels.count, cmd->a.dim[3], m->quads,
				thread->lines))
		return;
	if (cmd->b_zero_point) {
		for (r = 0; r < pixels.count; r++)
			addend[r] = row_addend(m, thread->lines + r * pixels.stride);
		pixels.addend = addend;
	}
	v3npu_array_enter(&m->array, pixels.num_taps);
	v3npu_array_apply(thread, &m->array, &pixels, &out, &tile);
	v3npu_array_leave(&m->array);
}

static void run_chunk(struct matmul *m)
{
	const struct v3npu_cmd_matmul *cmd = m->cmd;
	struct v3npu_run *run = m->array.run;
	uint32_t bricks = (m->columns + V3NPU_BRICK_O - 1) / V3NPU_BRICK_O;
	size_t row_bytes = m->quads * v3npu_quad_bytes(&m->array);
	uint32_t rows = ITEM_ROWS;

	v3npu_parallel(run, bricks, (uint64_t)m->quads * V3NPU_BRICK_BYTES, pack_brick, m);
	if (v3npu_run_stopped(run))
		return;
	v3npu_array_chunk(&m->array, m->first, m->columns, m->quads, run->engine->weights);
	rows = min_u32(rows, V3NPU_LINES_BYTES / row_bytes);
	rows = min_u32(rows, V3NPU_TILE_BYTES / v3npu_array_pitch(&m->array));
	m->rows = min_u32(rows, cmd->out.dim[2]);
	v3npu_parallel(run, (cmd->out.dim[2] + m->rows - 1) / m->rows,
		       (uint64_t)m->rows * m->quads * bricks / 2, matmul_item, m);
}

void v3npu_run_matmul(struct v3npu_run *run, const struct v3npu_cmd_matmul *cmd)
{
	uint32_t columns = cmd->out.dim[3], most;
	struct matmul m;

	m.cmd = cmd;
	m.quads = (cmd->a.dim[3] + V3NPU_BRICK_I - 1) / V3NPU_BRICK_I;
	most = v3npu_array_max_bricks(m.quads) * V3NPU_BRICK_O;
	if (!v3npu_array_init(&m.array, run, &cmd->output, columns, cmd->a_zero_point))
		return;
	for (m.n = 0; m.n < cmd->out.dim[0]; m.n++) {
		for (m.h = 0; m.h < cmd->out.dim[1]; m.h++) {
			for (m.first = 0; m.first < columns; m.first += m.columns) {
				m.columns = min_u32(most, columns - m.first);
				run_chunk(&m);
				if (v3npu_run_stopped(run))
					return;
			}
		}
	}
}
