// SPDX-License-Identifier: MIT
/* Strided copy, with an optional table on the way. */
#include "walk.h"

struct copy {
	struct v3npu_run *run;
	const struct v3npu_cmd_copy *cmd;
	struct v3npu_walk walk;
	struct v3npu_table table;
};

static void copy_tile(struct v3npu_thread *thread, void *ctx, uint64_t item)
{
	const struct copy *copy = ctx;
	struct v3npu_tile to = v3npu_walk_tile(&copy->walk, 0, item);
	struct v3npu_tile from = v3npu_walk_tile(&copy->walk, 1, item);
	struct v3npu_view read, write;
	uint8_t *rows;

	v3npu_view_tensor(&read, copy->run, &copy->cmd->in, false);
	v3npu_view_tensor(&write, copy->run, &copy->cmd->out, true);
	/* Operands are looked up first, so that their faults are */
	rows = copy->table.used ? NULL : v3npu_view_rows(&read, &from);
	if (rows) {
		uint8_t *results = v3npu_view_rows(&write, &to);

		if (results) {
			v3npu_copy_rows(results, to.row_stride, rows, from.row_stride, to.rows,
					to.cols);
			return;
		}
	}
	if (!v3npu_read_tile(&read, &from, thread->tile[0], from.cols))
		return;
	v3npu_table_apply(&copy->table, thread->tile[0], (size_t)from.rows * from.cols);
	v3npu_write_tile(&write, &to, thread->tile[0], to.cols);
}

void v3npu_run_copy(struct v3npu_run *run, const struct v3npu_cmd_copy *cmd)
{
	const struct v3npu_tensor *tensors[] = { &cmd->out, &cmd->in };
	struct copy copy = { .run = run, .cmd = cmd };

	if (!v3npu_table_load(run, cmd->table, &copy.table))
		return;
	v3npu_walk_init(&copy.walk, tensors, 2);
	v3npu_parallel(run, copy.walk.items, copy.walk.rows * copy.walk.cols, copy_tile, &copy);
}
