// SPDX-License-Identifier: MIT
/*
 * Softmax along c: TFLite's reference integer softmax, whose exponential and
 * reciprocal are gemmlowp's fixed-point ones. Qn.m below has n integer bits.
 */
#include "fixed.h"
#include "internal.h"

/* (a + b) / 2, halves away from zero: gemmlowp's RoundingHalfSum */
static int32_t rounding_half_sum(int32_t a, int32_t b)
{
	int64_t sum = (int64_t)a + b;

	return (int32_t)((sum + (sum >= 0 ? 1 : -1)) / 2);
}

/* x * 2^bits, saturated: gemmlowp's SaturatingRoundingMultiplyByPOT for bits > 0 */
static int32_t saturating_shl(int32_t x, unsigned int bits)
{
	int64_t y = (int64_t)x * ((int64_t)1 << bits);

	return y > INT32_MAX ? INT32_MAX : y < INT32_MIN ? INT32_MIN : (int32_t)y;
}

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
	int32_t result = exp_quarter(saturating_shl(mod, 5));
	int32_t remainder = v3npu_wrap_sub(mod, a);
	unsigned int k;

	if (!a)
		return INT32_MAX;
	for (k = 0; k < 7; k++)
		if (remainder & (1 << (24 + k)))
			result = v3npu_srdhm(result, factor[k]);
	return result;
}

/* 1 / (1 + a) in Q0.31 for 0 <= a < 1 in Q0.31, by three Newton-Raphson steps */
static int32_t one_over_one_plus(int32_t a)
{
	const int32_t k48_17 = 1515870810;	/* 48/17 in Q2.29 */
	const int32_t k32_17 = -1010580540;	/* -32/17 in Q2.29 */
	int32_t half = rounding_half_sum(a, INT32_MAX);
	int32_t x = v3npu_wrap_add(k48_17, v3npu_srdhm(half, k32_17));
	int i;

	for (i = 0; i < 3; i++) {
		int32_t rest = v3npu_wrap_sub(1 << 29, v3npu_srdhm(half, x));

		x = v3npu_wrap_add(x, saturating_shl(v3npu_srdhm(x, rest), 2));
	}
	return saturating_shl(x, 1);
}

/**
 * struct softmax - a softmax command in work
 * @run: of the command
 * @cmd: the command
 * @tile_rows: rows of a tile
 * @tiles_per_line: tiles along w
 * @exponential: exp of a difference to the maximum, Q0.31, by its absolute value; 0 for
 *	those that do not count
 * @term: the same in Q12.19, for the sum
 */
struct softmax {
	struct v3npu_run *run;
	const struct v3npu_cmd_softmax *cmd;
	uint32_t tile_rows;
	uint32_t tiles_per_line;
	int32_t exponential[256];
	uint32_t term[256];
};

static void softmax_row(const struct softmax *s, int8_t *row, uint32_t size)
{
	int32_t scale;
	uint32_t sum = 0;
	unsigned int headroom, shift;
	int max = INT8_MIN;
	uint32_t i;

	for (i = 0; i < size; i++)
		if (row[i] > max)
			max = row[i];
	/* 4096 terms of 1 are just 2^31 */
	for (i = 0; i < size; i++)
		sum += s->term[max - row[i]];
	headroom = __builtin_clz(sum);
	scale = one_over_one_plus((int32_t)((sum << headroom) - (1u << 31)));
	shift = 12 - headroom + 31 - 8;
	for (i = 0; i < size; i++) {
		int32_t e = v3npu_srdhm(scale, s->exponential[max - row[i]]);

		row[i] = v3npu_clamp(v3npu_rounding_shift(e, shift) - 128, -128, 127);
	}
}

static void softmax_tile(struct v3npu_thread *thread, void *ctx, uint64_t item)
{
	struct softmax *s = ctx;
	const struct v3npu_tensor *in = &s->cmd->in, *out = &s->cmd->out;
	uint64_t line = item / s->tiles_per_line;
	uint32_t n = line / in->dim[1], h = line % in->dim[1];
	uint32_t w = item % s->tiles_per_line * s->tile_rows;
	uint32_t rows = in->dim[2] - w < s->tile_rows ? in->dim[2] - w : s->tile_rows;
	uint32_t depth = in->dim[3];
	struct v3npu_tile from = { v3npu_tensor_at(in, n, h, w, 0), rows, depth,
				   in->stride[2], in->stride[3] };
	struct v3npu_tile to = { v3npu_tensor_at(out, n, h, w, 0), rows, depth,
				 out->stride[2], out->stride[3] };
	struct v3npu_view read, write;
	uint32_t r;

	v3npu_view_tensor(&read, s->run, in, false);
	v3npu_view_tensor(&write, s->run, out, true);
	if (!v3npu_read_tile(&read, &from, thread->tile[0], depth))
		return;
	for (r = 0; r < rows; r++)
		softmax_row(s, thread->tile[0] + (size_t)r * depth, depth);
	v3npu_write_tile(&write, &to, thread->tile[0], depth);
}

void v3npu_run_softmax(struct v3npu_run *run, const struct v3npu_cmd_softmax *cmd)
{
	const struct v3npu_tensor *in = &cmd->in;
	struct softmax s = { .run = run, .cmd = cmd };
	uint64_t lines = (uint64_t)in->dim[0] * in->dim[1];
	int d;

	/* v3npu_cmd_check() bounds the depth, so that a tile holds several rows */
	s.tile_rows = V3NPU_TILE_BYTES / 4 / in->dim[3];
	s.tiles_per_line = (in->dim[2] + s.tile_rows - 1) / s.tile_rows;
	for (d = 0; d < 256 && d <= -(int64_t)cmd->diff_min; d++) {
		s.exponential[d] = exp_negative(v3npu_mbqm(-d, cmd->multiplier, cmd->shift));
		s.term[d] = v3npu_rounding_shift(s.exponential[d], 12);
	}
	v3npu_parallel(run, lines * s.tiles_per_line,
		       (uint64_t)(in->dim[2] < s.tile_rows ? in->dim[2] : s.tile_rows) *
		       in->dim[3] * 4, softmax_tile, &s);
}
