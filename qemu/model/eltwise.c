// SPDX-License-Identifier: MIT
/*
 * Two operands, element by element. What ADD and SUB do to one operand is a
 * function of one int8, so it is computed once for all 256 values. So is what
 * PRELU makes of an operand that is not negative; the rest is a product.
 */
#include <stdlib.h>
#include <string.h>

#include "eltwise.h"
#include "kernels.h"
#include "walk.h"

/* Elements that go through the output stage at a time */
#define BATCH	(V3NPU_MAC_PIXELS * V3NPU_ACC_PITCH)

/**
 * struct eltwise - a command in work
 * @run: of the command
 * @cmd: the command
 * @walk: result, operands
 * @table: its table
 * @product: MUL or PRELU
 * @scaled: each operand's contribution, indexed by its byte
 * @positive: PRELU: results of the first operand where it is not negative
 * @bias: 0, for the output stage
 * @multiplier: of the result, for each of the output stage's channels
 * @left: the same
 * @right: the same
 * @scale: output stage
 * @variable: the operand that is not one element for all; -1 if neither is such
 * @result: then the results, by that operand's byte, which @table has been applied to
 */
struct eltwise {
	struct v3npu_run *run;
	const struct v3npu_cmd_eltwise *cmd;
	struct v3npu_walk walk;
	struct v3npu_table table;
	bool product;
	struct v3npu_addend scaled[2];
	int8_t positive[256];
	int32_t bias[V3NPU_ACC_PITCH];
	int32_t multiplier[V3NPU_ACC_PITCH];
	int32_t left[V3NPU_ACC_PITCH];
	int32_t right[V3NPU_ACC_PITCH];
	struct v3npu_scale scale;
	int variable;
	struct v3npu_table result;
};

/* MAX and MIN; @a is replaced */
static void compare(const struct eltwise *e, int8_t *a, const int8_t *b, size_t size)
{
	/* A copy, which what is written cannot change */
	const struct v3npu_cmd_eltwise cmd = *e->cmd;
	size_t i;

	for (i = 0; i < size; i++)
		a[i] = v3npu_eltwise_compare(&cmd, a[i], b[i]);
}

/*
 * ADD, SUB, MUL and the product of PRELU; @a is replaced, up to a whole number of the output
 * stage's rows
 */
static void compute(const struct eltwise *e, int32_t *acc, int8_t *a, const int8_t *b, size_t size)
{
	const struct v3npu_kernels *kernels = e->run->engine->kernels;
	const int32_t *s0 = e->scaled[0].value, *s1 = e->scaled[1].value;
	unsigned int pixels;
	size_t i, n;

	for (; size; size -= n, a += n, b += n) {
		n = size < BATCH ? size : BATCH;
		if (e->product)
			for (i = 0; i < n; i++)
				acc[i] = s0[(uint8_t)a[i]] * s1[(uint8_t)b[i]];
		else
			kernels->add(e->scaled, a, b, acc, n);
		pixels = (n + V3NPU_ACC_PITCH - 1) / V3NPU_ACC_PITCH;
		for (i = n; i < (size_t)pixels * V3NPU_ACC_PITCH; i++)
			acc[i] = 0;
		kernels->output(&e->scale, acc, pixels, V3NPU_MAC_BRICKS, a, V3NPU_ACC_PITCH);
	}
}

/* PRELU; @a is replaced as by compute(), @copy has room for it */
static void prelu(const struct eltwise *e, int32_t *acc, int8_t *a, const int8_t *b, int8_t *copy,
		  size_t size)
{
	size_t i;

	memcpy(copy, a, size);
	compute(e, acc, a, b, size);
	for (i = 0; i < size; i++)
		if (e->scaled[0].value[(uint8_t)copy[i]] >= 0)
			a[i] = e->positive[(uint8_t)copy[i]];
}

/* Of one operand that varies each result is a function */
static void look_up_tile(struct v3npu_thread *thread, void *ctx, uint64_t item)
{
	const struct eltwise *e = ctx;
	struct v3npu_tile from = v3npu_walk_tile(&e->walk, 1, item);
	struct v3npu_tile to = v3npu_walk_tile(&e->walk, 0, item);
	struct v3npu_view read, write;

	v3npu_view_tensor(&read, e->run, &e->cmd->in[e->variable], false);
	v3npu_view_tensor(&write, e->run, &e->cmd->out, true);
	if (!v3npu_read_tile(&read, &from, thread->tile[0], from.cols))
		return;
	v3npu_table_apply(&e->result, thread->tile[0], (size_t)to.rows * to.cols);
	v3npu_write_tile(&write, &to, thread->tile[0], to.cols);
}

static void eltwise_tile(struct v3npu_thread *thread, void *ctx, uint64_t item)
{
	const struct eltwise *e = ctx;
	const struct v3npu_cmd_eltwise *cmd = e->cmd;
	struct v3npu_tile to = v3npu_walk_tile(&e->walk, 0, item);
	size_t size = (size_t)to.rows * to.cols;
	struct v3npu_view write;
	int i;

	for (i = 0; i < 2; i++) {
		struct v3npu_tile from = v3npu_walk_tile(&e->walk, 1 + i, item);
		struct v3npu_view read;

		v3npu_view_tensor(&read, e->run, &cmd->in[i], false);
		if (!v3npu_read_tile(&read, &from, thread->tile[i], from.cols))
			return;
	}
	if (cmd->op == V3NPU_ELTWISE_MAX || cmd->op == V3NPU_ELTWISE_MIN)
		compare(e, thread->tile[0], thread->tile[1], size);
	else if (cmd->op == V3NPU_ELTWISE_PRELU)
		prelu(e, thread->acc[0], thread->tile[0], thread->tile[1], thread->tile[2], size);
	else
		compute(e, thread->acc[0], thread->tile[0], thread->tile[1], size);
	v3npu_table_apply(&e->table, thread->tile[0], size);
	v3npu_view_tensor(&write, e->run, &cmd->out, true);
	v3npu_write_tile(&write, &to, thread->tile[0], to.cols);
}

/* What operand @index contributes for each of its values */
static void scale_operand(struct eltwise *e, int index)
{
	const struct v3npu_cmd_eltwise *cmd = e->cmd;
	int q, i;

	for (q = INT8_MIN; q <= INT8_MAX; q++) {
		int32_t x = v3npu_eltwise_term(cmd, index, q);

		if (cmd->op == V3NPU_ELTWISE_PRELU && !index)
			e->positive[(uint8_t)q] = v3npu_eltwise_positive(cmd, x);
		e->scaled[index].value[(uint8_t)q] = x;
		for (i = 0; i < 4; i++)
			e->scaled[index].byte[i][(uint8_t)q] = (uint32_t)x >> (8 * i);
	}
}

/* The largest magnitude that a sum or product of the operands can have */
static int64_t most_of_sums(const struct eltwise *e)
{
	int64_t most[2] = { 0 };
	int i, q;

	for (i = 0; i < 2; i++)
		for (q = 0; q < 256; q++)
			if (llabs((int64_t)e->scaled[i].value[q]) > most[i])
				most[i] = llabs((int64_t)e->scaled[i].value[q]);
	return e->product ? most[0] * most[1] : most[0] + most[1];
}

/* Is it one element for all? */
static bool is_constant(const struct v3npu_tensor *t)
{
	int i;

	for (i = 0; i < 4; i++)
		if (t->dim[i] > 1 && t->stride[i])
			return false;
	return true;
}

/* Makes the table of results by the operand that varies; false when the run has failed */
static bool make_result(struct eltwise *e)
{
	const struct v3npu_tensor *constant = &e->cmd->in[!e->variable];
	struct v3npu_view view;
	int8_t value;
	int q;

	v3npu_view_tensor(&view, e->run, constant, false);
	if (!v3npu_read(&view, constant->addr, &value, 1))
		return false;
	for (q = INT8_MIN; q <= INT8_MAX; q++)
		e->result.entry[(uint8_t)q] = e->variable ? v3npu_eltwise(e->cmd, value, q) :
							    v3npu_eltwise(e->cmd, q, value);
	v3npu_table_apply(&e->table, e->result.entry, 256);
	e->result.used = true;
	e->result.kernels = e->run->engine->kernels;
	return true;
}

void v3npu_run_eltwise(struct v3npu_run *run, const struct v3npu_cmd_eltwise *cmd)
{
	const struct v3npu_tensor *tensors[] = { &cmd->out, &cmd->in[0], &cmd->in[1] };
	struct eltwise e = { .run = run, .cmd = cmd };
	int i;

	if (!v3npu_table_load(run, cmd->table, &e.table))
		return;
	e.product = v3npu_eltwise_is_product(cmd);
	scale_operand(&e, 0);
	scale_operand(&e, 1);
	for (i = 0; i < V3NPU_ACC_PITCH; i++) {
		e.multiplier[i] = cmd->multiplier;
		e.left[i] = cmd->shift > 0 ? cmd->shift : 0;
		e.right[i] = cmd->shift > 0 ? 0 : -cmd->shift;
	}
	e.scale = (struct v3npu_scale) {
		e.bias, e.multiplier, e.left, e.right, cmd->zero_point, cmd->min, cmd->max,
		v3npu_is_narrow(most_of_sums(&e), cmd->shift)
	};
	e.variable = is_constant(&cmd->in[1]) ? 0 : is_constant(&cmd->in[0]) ? 1 : -1;
	if (e.variable >= 0) {
		tensors[1] = &cmd->in[e.variable];
		v3npu_walk_init(&e.walk, tensors, 2);
		if (make_result(&e))
			v3npu_parallel(run, e.walk.items, e.walk.rows * e.walk.cols, look_up_tile,
				       &e);
		return;
	}
	v3npu_walk_init(&e.walk, tensors, 3);
	v3npu_parallel(run, e.walk.items, e.walk.rows * e.walk.cols * 2, eltwise_tile, &e);
}
