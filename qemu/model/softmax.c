// SPDX-License-Identifier: MIT
/*
 * Softmax along c: TFLite's reference integer softmax, whose exponential and
 * reciprocal are gemmlowp's fixed-point ones. Qn.m below has n integer bits.
 */
#include "fixed.h"
#include "internal.h"
#include "kernels.h"

/* Bytes that are worked on at a time: they stay in the first-level cache */
#define TILE_BYTES	(32u << 10)

_Static_assert(V3NPU_SOFTMAX_DEPTH * V3NPU_SOFTMAX_ROWS <= V3NPU_LINES_BYTES, "a tile fits");

/* exp(a) for -1/4 <= a < 0 in Q0.31: the Taylor series around -1/8, four terms */
static int32_t exp_quarter(int32_t a)
{
	const int32_t exp_minus_eighth = 1895147668;
	const int32_t third = 715827883;
	int32_t x = v3npu_wrap_add(a, 1 << 28);
	int32_t x2 = v3npu_srdhm(x, x);
	int32_t x3 = v3npu_srdhm(x2, x);
	int32_t x4 = v3npu_srdhm(x2, x2);
	int32_t x4_4 = v3npu_rounding_shift(x4, 2);
	int32_t tail = v3npu_rounding_shift(v3npu_wrap_add(v3npu_srdhm(v3npu_wrap_add(x4_4, x3),
								       third), x2), 1);

	return v3npu_wrap_add(exp_minus_eighth,
			      v3npu_srdhm(exp_minus_eighth, v3npu_wrap_add(x, tail)));
}

/* exp(a) in Q0.31 of a <= 0 in Q5.26: gemmlowp's exp_on_negative_values */
static int32_t exp_negative(int32_t a)
{
	/* exp(-2^k) for k = -2..4 */
	static const int32_t factor[] = {
		1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242
	};
	const int32_t quarter = 1 << 24;
	int32_t mod = (a & (quarter - 1)) - quarter;
	int32_t result = exp_quarter(v3npu_saturating_shl(mod, 5));
	int32_t remainder = v3npu_wrap_sub(mod, a);
	unsigned int k;

	if (!a)
		return INT32_MAX;
	for (k = 0; k < 7; k++)
		if (remainder & (1 << (24 + k)))
			result = v3npu_srdhm(result, factor[k]);
	return result;
}

/**
 * struct softmax - a softmax command in work
 * @run: of the command
 * @cmd: the command
 * @tile_rows: rows of a tile
 * @tiles_per_line: tiles along w
 * @table: exponentials
 */
struct softmax {
	struct v3npu_run *run;
	const struct v3npu_cmd_softmax *cmd;
	uint32_t tile_rows;
	uint32_t tiles_per_line;
	struct v3npu_softmax_table table;
};

static void softmax_tile(struct v3npu_thread *thread, void *ctx, uint64_t item)
{
	const struct softmax *s = ctx;
	const struct v3npu_kernels *kernels = s->run->engine->kernels;
	const struct v3npu_tensor *in = &s->cmd->in, *out = &s->cmd->out;
	uint64_t line = item / s->tiles_per_line;
	uint32_t n = line / in->dim[1], h = line % in->dim[1];
	uint32_t w = item % s->tiles_per_line * s->tile_rows;
	uint32_t rows = in->dim[2] - w < s->tile_rows ? in->dim[2] - w : s->tile_rows;
	uint32_t depth = in->dim[3];
	/* The kernels want a row's elements below each other */
	struct v3npu_tile from = { v3npu_tensor_at(in, n, h, w, 0), depth, rows,
				   in->stride[3], in->stride[2] };
	struct v3npu_tile to = { v3npu_tensor_at(out, n, h, w, 0), depth, rows,
				 out->stride[3], out->stride[2] };
	int8_t *data = (int8_t *)thread->lines;
	struct v3npu_view read, write;

	v3npu_view_tensor(&read, s->run, in, false);
	v3npu_view_tensor(&write, s->run, out, true);
	if (!v3npu_read_tile(&read, &from, data, s->tile_rows))
		return;
	kernels->softmax(&s->table, data, depth, s->tile_rows, rows);
	v3npu_write_tile(&write, &to, data, s->tile_rows);
}

void v3npu_run_softmax(struct v3npu_run *run, const struct v3npu_cmd_softmax *cmd)
{
	const struct v3npu_tensor *in = &cmd->in;
	struct softmax s = { .run = run, .cmd = cmd };
	uint64_t lines = (uint64_t)in->dim[0] * in->dim[1];
	int d;

	s.tile_rows = TILE_BYTES / in->dim[3] / V3NPU_SOFTMAX_ROWS * V3NPU_SOFTMAX_ROWS;
	if (!s.tile_rows)
		s.tile_rows = V3NPU_SOFTMAX_ROWS;
	s.tiles_per_line = (in->dim[2] + s.tile_rows - 1) / s.tile_rows;
	for (d = 0; d < 256 && d <= -(int64_t)cmd->diff_min; d++) {
		s.table.exponential[d] = exp_negative(v3npu_mbqm(-d, cmd->multiplier, cmd->shift));
		s.table.term[d] = v3npu_rounding_shift(s.table.exponential[d], 12);
	}
	v3npu_parallel(run, lines * s.tiles_per_line,
		       (uint64_t)(in->dim[2] < s.tile_rows ? in->dim[2] : s.tile_rows) *
		       in->dim[3], softmax_tile, &s);
}
