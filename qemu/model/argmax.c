// SPDX-License-Identifier: MIT
/* Index of the largest or smallest element along c. */
#include "internal.h"

/* Rows of an item: their best elements and their indices fit a tile each */
#define ROWS		(V3NPU_TILE_BYTES / 8)
/* Elements of a row that are read at a time */
#define COLUMNS		(16u << 10)

struct argmax {
	struct v3npu_run *run;
	const struct v3npu_cmd_argmax *cmd;
	uint32_t rows;
	uint32_t items_per_line;
};

/* The best element of a row so far */
struct best {
	uint32_t index;
	int32_t value;
};

static void search(const struct argmax *a, struct best *best, const int8_t *row, uint32_t first,
		   uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		/* What is in @best before the first element is not a value yet */
		if (!(first + i) || (a->cmd->op == V3NPU_ARGMAX_MAX ? row[i] > best->value :
								       row[i] < best->value))
			*best = (struct best){ first + i, row[i] };
	}
}

static void write_indices(int8_t *to, const struct best *best, uint32_t rows, uint32_t bytes)
{
	uint32_t r, i;

	for (r = 0; r < rows; r++)
		for (i = 0; i < bytes; i++)
			to[(size_t)r * bytes + i] = i < 4 ? best[r].index >> (8 * i) : 0;
}

static void argmax_item(struct v3npu_thread *thread, void *ctx, uint64_t item)
{
	const struct argmax *a = ctx;
	const struct v3npu_tensor *in = &a->cmd->in, *out = &a->cmd->out;
	uint64_t line = item / a->items_per_line;
	uint32_t n = line / in->dim[1], h = line % in->dim[1];
	uint32_t w = item % a->items_per_line * a->rows;
	uint32_t rows = in->dim[2] - w < a->rows ? in->dim[2] - w : a->rows;
	struct best *best = (struct best *)thread->tile[1];
	struct v3npu_tile from = { 0, rows, 0, in->stride[2], in->stride[3] };
	struct v3npu_tile to = { v3npu_tensor_at(out, n, h, w, 0), rows, out->dim[3],
				 out->stride[2], out->stride[3] };
	struct v3npu_view read, write;
	uint32_t most = V3NPU_TILE_BYTES / a->rows, c, r;

	v3npu_view_tensor(&read, a->run, in, false);
	for (c = 0; c < in->dim[3]; c += from.cols) {
		from.cols = in->dim[3] - c < most ? in->dim[3] - c : most;
		from.addr = v3npu_tensor_at(in, n, h, w, c);
		if (v3npu_run_stopped(a->run) ||
		    !v3npu_read_tile(&read, &from, thread->tile[0], from.cols))
			return;
		for (r = 0; r < rows; r++)
			search(a, &best[r], thread->tile[0] + (size_t)r * from.cols, c, from.cols);
	}
	write_indices(thread->tile[2], best, rows, out->dim[3]);
	v3npu_view_tensor(&write, a->run, out, true);
	v3npu_write_tile(&write, &to, thread->tile[2], out->dim[3]);
}

void v3npu_run_argmax(struct v3npu_run *run, const struct v3npu_cmd_argmax *cmd)
{
	const struct v3npu_tensor *in = &cmd->in;
	struct argmax a = { .run = run, .cmd = cmd };

	a.rows = V3NPU_TILE_BYTES / (in->dim[3] < COLUMNS ? in->dim[3] : COLUMNS);
	if (a.rows > ROWS)
		a.rows = ROWS;
	if (a.rows > in->dim[2])
		a.rows = in->dim[2];
	a.items_per_line = (in->dim[2] + a.rows - 1) / a.rows;
	v3npu_parallel(run, (uint64_t)in->dim[0] * in->dim[1] * a.items_per_line,
		       (uint64_t)a.rows * in->dim[3], argmax_item, &a);
}
