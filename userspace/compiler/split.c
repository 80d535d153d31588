// SPDX-License-Identifier: MIT
/*
 * Pieces are made by turns: all that one processor can compute of what is ready,
 * then all that the other one can. No order of the operators has fewer pieces
 * for a given first processor, so trying both finds the fewest. Operators that
 * only move elements give the same bytes on either, and go along with whoever
 * has the turn, if the NPU's is not the next.
 */
#include "split.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/import/import.h"
#include "compiler/read_model.h"
#include "compiler/tflite/metadata.h"

/* Times that an operator which the NPU cannot run after all moves to the CPU, one each */
#define MAX_TRIES	256

enum place {
	ON_NPU,
	ON_CPU,
	ON_EITHER,
};

/**
 * struct splitter - a split in progress
 * @ctx: memory until the end of it
 * @split: the result
 * @model: the file
 * @data: its bytes
 * @size: how many
 * @writer: operator that writes each tensor, -1 for none
 * @place: who can run each operator
 * @turn: piece of each operator, -1 before it has one
 * @first: who has turn 0
 * @turns: how many
 */
struct splitter {
	struct v3c_ctx *ctx;
	struct v3c_split *split;
	struct tfl_model model;
	const void *data;
	size_t size;
	int *writer;
	enum place *place;
	int *turn;
	enum place first;
	int turns;
};

static bool is_input(const struct tfl_model *m, int32_t tensor)
{
	uint32_t i;

	for (i = 0; i < m->inputs.count; i++)
		if (v3c_fb_vector_i32(&m->inputs, i) == tensor)
			return true;
	return false;
}

/* Who writes what, once each, and before it is read: then taking turns comes to an end */
static int find_writers(struct splitter *s)
{
	const struct tfl_model *m = &s->model;
	uint32_t i, k;
	int32_t t;

	s->writer = v3c_alloc(s->ctx, m->tensor_count, sizeof(*s->writer));
	s->place = v3c_alloc(s->ctx, m->op_count, sizeof(*s->place));
	s->turn = v3c_alloc(s->ctx, m->op_count, sizeof(*s->turn));
	if (!s->writer || !s->place || !s->turn)
		return v3c_no_memory(s->ctx);
	memset(s->writer, -1, m->tensor_count * sizeof(*s->writer));
	for (i = 0; i < m->op_count; i++) {
		const struct tfl_op *op = &m->ops[i];

		for (k = 0; k < op->inputs.count; k++) {
			t = v3c_fb_vector_i32(&op->inputs, k);
			if (t >= 0 && m->tensors[t].variable)
				return v3c_fail(s->ctx, ENOTSUP,
						"operator %u (%s): it keeps tensor %d from one run to "
						"the next, which neither the NPU nor the CPU backend "
						"does; export the model with its state as an input "
						"and an output",
						op->tag, m->file_names[op->tag],
						t);
			if (t >= 0 && s->writer[t] < 0 && !m->tensors[t].data && !is_input(m, t))
				return v3c_fail(s->ctx, EINVAL,
						"damaged: operator %u (%s): it reads tensor %d, "
						"which nothing before it writes",
						op->tag, m->file_names[op->tag],
						t);
		}
		for (k = 0; k < op->outputs.count; k++) {
			t = v3c_fb_vector_i32(&op->outputs, k);
			if (s->writer[t] >= 0 || m->tensors[t].data || is_input(m, t))
				return v3c_fail(s->ctx, EINVAL,
						"damaged: operator %u (%s): it writes tensor %d, "
						"which is an input, a constant, or another's",
						op->tag, m->file_names[op->tag],
						t);
			s->writer[t] = i;
		}
	}
	return 0;
}

static int find_places(struct splitter *s, bool npu)
{
	bool *known = v3c_alloc(s->ctx, s->model.op_count, sizeof(*known));
	uint32_t i;
	int ret;

	if (!known)
		return v3c_no_memory(s->ctx);
	if (npu) {
		ret = v3c_import_try(s->ctx, &v3c_import_npu, &s->model, known);
		if (ret)
			return ret;
	}
	for (i = 0; i < s->model.op_count; i++) {
		int32_t code = s->model.ops[i].code;

		if (!known[i])
			s->place[i] = ON_CPU;
		else if (v3c_import_view(code) || code == TFL_RESIZE_NEAREST_NEIGHBOR)
			s->place[i] = ON_EITHER;
		else
			s->place[i] = ON_NPU;
	}
	return 0;
}

static bool is_ready(const struct splitter *s, const struct tfl_op *op)
{
	uint32_t k;

	for (k = 0; k < op->inputs.count; k++) {
		int32_t t = v3c_fb_vector_i32(&op->inputs, k);

		if (t >= 0 && s->writer[t] >= 0 && s->turn[s->writer[t]] < 0)
			return false;
	}
	return true;
}

/* Takes turns until all operators have one */
static void take_turns(struct splitter *s, enum place first)
{
	uint32_t left = s->model.op_count, i, taken;
	enum place who = first;

	memset(s->turn, -1, s->model.op_count * sizeof(*s->turn));
	s->first = first;
	for (s->turns = 0; left; who = who == ON_NPU ? ON_CPU : ON_NPU) {
		for (i = 0, taken = 0; i < s->model.op_count; i++) {
			if (s->turn[i] >= 0 || !is_ready(s, &s->model.ops[i]) ||
			    (s->place[i] != who && s->place[i] != ON_EITHER))
				continue;
			s->turn[i] = s->turns;
			taken++;
		}
		left -= taken;
		if (taken)
			s->turns++;
		else if (!s->turns)
			s->first = who == ON_NPU ? ON_CPU : ON_NPU;
	}
}

/* Adds a tensor to a list, once; false if the list is full */
static bool add_tensor(int32_t *list, size_t *count, int32_t tensor)
{
	size_t i;

	for (i = 0; i < *count; i++)
		if (list[i] == tensor)
			return true;
	if (*count == V3C_MAX_BORDERS)
		return false;
	list[(*count)++] = tensor;
	return true;
}

static int turn_of(const struct splitter *s, int32_t tensor)
{
	return s->writer[tensor] < 0 ? -1 : s->turn[s->writer[tensor]];
}

/* Which tensors leave the piece that writes them */
static bool *find_borders(const struct splitter *s)
{
	const struct tfl_model *m = &s->model;
	bool *border = v3c_alloc(s->ctx, m->tensor_count, sizeof(*border));
	uint32_t i, k;

	if (!border)
		return NULL;
	for (i = 0; i < m->op_count; i++) {
		for (k = 0; k < m->ops[i].inputs.count; k++) {
			int32_t t = v3c_fb_vector_i32(&m->ops[i].inputs, k);

			if (t >= 0 && turn_of(s, t) != s->turn[i])
				border[t] = true;
		}
	}
	for (i = 0; i < m->outputs.count; i++)
		border[v3c_fb_vector_i32(&m->outputs, i)] = true;
	return border;
}

/* The operators of a turn, what they read of others, what others read of them */
static bool fill_part(const struct splitter *s, int turn, const bool *border,
		      struct v3c_part *part)
{
	const struct tfl_model *m = &s->model;
	uint32_t i, k;
	bool fits = true;

	for (i = 0; i < m->op_count; i++) {
		const struct tfl_op *op = &m->ops[i];

		if (s->turn[i] != turn)
			continue;
		part->ops[part->op_count++] = i;
		for (k = 0; k < op->inputs.count; k++) {
			int32_t t = v3c_fb_vector_i32(&op->inputs, k);

			if (t >= 0 && !m->tensors[t].data && turn_of(s, t) != turn)
				fits &= add_tensor(part->inputs, &part->input_count, t);
		}
		for (k = 0; k < op->outputs.count; k++) {
			int32_t t = v3c_fb_vector_i32(&op->outputs, k);

			if (border[t])
				fits &= add_tensor(part->outputs, &part->output_count, t);
		}
	}
	/* Inputs go to the first piece also if nothing reads them, as outputs to the last */
	for (i = 0; turn == 0 && i < m->inputs.count; i++)
		fits &= add_tensor(part->inputs, &part->input_count,
				   v3c_fb_vector_i32(&m->inputs, i));
	for (i = 0; turn == s->turns - 1 && i < m->outputs.count; i++) {
		int32_t t = v3c_fb_vector_i32(&m->outputs, i);

		if (s->writer[t] >= 0)
			continue;
		fits &= add_tensor(part->outputs, &part->output_count, t);
		if (!m->tensors[t].data)
			fits &= add_tensor(part->inputs, &part->input_count, t);
	}
	return fits;
}

static struct v3c_part *make_part(struct splitter *s, int turn, const bool *border, bool *fits)
{
	struct v3c_ctx *ctx = &s->split->ctx;
	struct v3c_part *part = v3c_alloc(ctx, 1, sizeof(*part));
	uint32_t i, ops = 0;

	if (!part)
		return NULL;
	for (i = 0; i < s->model.op_count; i++)
		ops += s->turn[i] == turn;
	part->ops = v3c_alloc(ctx, ops, sizeof(*part->ops));
	part->inputs = v3c_alloc(ctx, V3C_MAX_BORDERS, sizeof(*part->inputs));
	part->outputs = v3c_alloc(ctx, V3C_MAX_BORDERS, sizeof(*part->outputs));
	if (!part->ops || !part->inputs || !part->outputs)
		return NULL;
	*fits &= fill_part(s, turn, border, part);
	return part;
}

/* The whole model as one piece, which owns @program */
static int make_whole(struct v3c_split *split, struct v3c_program *program, struct v3c_ctx *ctx)
{
	size_t count = split->input_count + split->output_count;
	uint32_t *slots = v3c_alloc(&split->ctx, count, sizeof(*slots)), i;

	split->pieces = v3c_alloc(&split->ctx, 1, sizeof(*split->pieces));
	if (!slots || !split->pieces) {
		v3c_program_free(program);
		return v3c_no_memory(ctx);
	}
	for (i = 0; i < count; i++)
		slots[i] = i;
	split->piece_count = 1;
	split->slot_count = count;
	split->output_slots = slots + split->input_count;
	split->pieces[0] = (struct v3c_piece) {
		.program = program, .input_slots = slots, .output_slots = split->output_slots,
	};
	return 0;
}

/* A slot for each tensor that is between pieces or the user's; an input's own are apart */
static int assign_slots(struct splitter *s)
{
	const struct tfl_model *m = &s->model;
	struct v3c_split *split = s->split;
	uint32_t *in = v3c_alloc(s->ctx, m->tensor_count, sizeof(*in));
	uint32_t *out = v3c_alloc(s->ctx, m->tensor_count, sizeof(*out));
	uint32_t *slots, i;
	size_t p, k;

	if (!in || !out)
		return v3c_no_memory(s->ctx);
	for (i = 0; i < m->inputs.count; i++)
		in[v3c_fb_vector_i32(&m->inputs, i)] = split->slot_count++;
	for (p = 0; p < split->piece_count; p++) {
		const struct v3c_part *part = split->pieces[p].part;

		slots = v3c_alloc(&split->ctx, part->input_count + part->output_count,
				  sizeof(*slots));
		if (!slots)
			return v3c_no_memory(s->ctx);
		split->pieces[p].input_slots = slots;
		split->pieces[p].output_slots = slots + part->input_count;
		for (k = 0; k < part->input_count; k++) {
			int32_t t = part->inputs[k];

			*slots++ = s->writer[t] < 0 ? in[t] : out[t];
		}
		for (k = 0; k < part->output_count; k++) {
			out[part->outputs[k]] = split->slot_count++;
			*slots++ = out[part->outputs[k]];
		}
	}
	slots = v3c_alloc(&split->ctx, m->outputs.count, sizeof(*slots));
	if (!slots)
		return v3c_no_memory(s->ctx);
	for (i = 0; i < m->outputs.count; i++)
		slots[i] = out[v3c_fb_vector_i32(&m->outputs, i)];
	split->output_slots = slots;
	return 0;
}

/* Pieces of the turns; @fits: false if a piece has more borders than a program can have */
static int make_pieces(struct splitter *s, bool *fits)
{
	struct v3c_split *split = s->split;
	bool *border = find_borders(s);
	int i;

	*fits = true;
	split->slot_count = 0;
	split->pieces = v3c_alloc(&split->ctx, s->turns, sizeof(*split->pieces));
	if (!border || !split->pieces)
		return v3c_no_memory(s->ctx);
	split->piece_count = s->turns;
	for (i = 0; i < s->turns; i++) {
		split->pieces[i].part = make_part(s, i, border, fits);
		if (!split->pieces[i].part)
			return v3c_no_memory(s->ctx);
	}
	return *fits ? assign_slots(s) : 0;
}

/* What the operator with this number in the file became goes to the CPU */
static void blame(struct splitter *s, int number)
{
	uint32_t i;

	for (i = 0; i < s->model.op_count; i++)
		if (s->model.ops[i].tag == (uint32_t)number)
			s->place[i] = ON_CPU;
}

/*
 * Compiles the NPU's pieces. Return: 0; -EAGAIN if an operator cannot be on the
 * NPU after all, which is then in place; or the error.
 */
static int compile_pieces(struct splitter *s, const struct v3c_target *target,
			  const struct v3c_options *options)
{
	int op, i, who = s->first;

	for (i = 0; i < s->turns; i++, who = who == ON_NPU ? ON_CPU : ON_NPU) {
		struct v3c_piece *piece = &s->split->pieces[i];

		if (who == ON_CPU)
			continue;
		piece->program = v3c_compile_part(s->data, s->size, target, options, piece->part,
						  &op, s->ctx->error);
		if (piece->program)
			continue;
		if (errno == ENOMEM || op < 0)
			return -errno;
		blame(s, op);
		return -EAGAIN;
	}
	return 0;
}

static void drop_programs(struct v3c_split *split)
{
	size_t i;

	for (i = 0; i < split->piece_count; i++)
		v3c_program_free(split->pieces[i].program);
	split->piece_count = 0;
}

static int earlier(int a, int b)
{
	return a < b ? a : b;
}

/*
 * What only moves elements and is next needed on the NPU waits for it, where a
 * PAD or a SLICE often costs nothing.
 */
static int leave_to_npu(struct splitter *s)
{
	const struct tfl_model *m = &s->model;
	int *first_use = v3c_alloc(s->ctx, m->tensor_count, sizeof(*first_use));
	uint32_t i, k;

	if (!first_use)
		return v3c_no_memory(s->ctx);
	for (i = 0; i < m->tensor_count; i++)
		first_use[i] = INT_MAX;
	for (i = 0; i < m->outputs.count; i++)
		first_use[v3c_fb_vector_i32(&m->outputs, i)] = -1;
	for (i = m->op_count; i-- > 0;) {
		const struct tfl_op *op = &m->ops[i];
		bool on_npu = (s->first == ON_NPU) == !(s->turn[i] & 1);
		int used = INT_MAX;

		for (k = 0; k < op->outputs.count; k++)
			used = earlier(used, first_use[v3c_fb_vector_i32(&op->outputs, k)]);
		if (s->place[i] == ON_EITHER && !on_npu && used == s->turn[i] + 1)
			s->turn[i]++;
		for (k = 0; k < op->inputs.count; k++) {
			int32_t t = v3c_fb_vector_i32(&op->inputs, k);

			if (t >= 0)
				first_use[t] = earlier(first_use[t], s->turn[i]);
		}
	}
	return 0;
}

/* The fewest turns; one piece on the CPU if there are too many */
static bool plan_turns(struct splitter *s)
{
	int fewest;

	take_turns(s, ON_NPU);
	fewest = s->turns;
	take_turns(s, ON_CPU);
	if (s->turns > fewest)
		take_turns(s, ON_NPU);
	return s->turns > 1 && s->turns <= V3C_MAX_PARTS;
}

/* @refused: number in the file of an operator that the NPU cannot run, -1 if none is known */
static int split_model(struct splitter *s, const struct v3c_target *target,
		       const struct v3c_options *options, int refused)
{
	int tries, ret = find_writers(s);
	bool fits;

	if (!ret)
		ret = find_places(s, target);
	if (!ret && refused >= 0)
		blame(s, refused);
	for (tries = 0; !ret && tries < MAX_TRIES && plan_turns(s); tries++) {
		ret = leave_to_npu(s);
		if (!ret)
			ret = make_pieces(s, &fits);
		if (ret || !fits)
			break;
		ret = compile_pieces(s, target, options);
		if (ret != -EAGAIN)
			return ret;
		drop_programs(s->split);
		ret = 0;
	}
	return ret ? ret : make_whole(s->split, NULL, s->ctx);
}

static int list_cpu_ops(struct splitter *s)
{
	struct v3c_split *split = s->split;
	uint32_t i;

	split->on_cpu = v3c_alloc(&split->ctx, s->model.file_op_count, sizeof(*split->on_cpu));
	if (!split->on_cpu)
		return v3c_no_memory(s->ctx);
	for (i = 0; i < s->model.op_count; i++) {
		size_t piece = split->piece_count > 1 ? s->turn[i] : 0;

		split->on_cpu[s->model.ops[i].tag] = !split->pieces[piece].program;
	}
	return 0;
}

static int split(struct v3c_ctx *ctx, struct v3c_split *split, const void *data, size_t size,
		 const struct v3c_target *target, const struct v3c_options *options)
{
	struct splitter s = { .ctx = ctx, .split = split, .data = data, .size = size };
	struct v3c_program *program = NULL;
	int op = -1, ret = v3c_read_model(ctx, &s.model, data, size);

	if (ret)
		return ret;
	split->input_count = s.model.inputs.count;
	split->output_count = s.model.outputs.count;
	split->op_count = s.model.op_count;
	if (target) {
		program = v3c_compile_part(data, size, target, options, NULL, &op, ctx->error);
		if (!program && errno != ENOTSUP)
			return -errno;
	}
	if (program)
		ret = make_whole(split, program, ctx);
	else
		ret = split_model(&s, target, options, op);
	return ret ? ret : list_cpu_ops(&s);
}

struct v3c_split *v3c_split(const void *model, size_t size, const struct v3c_target *target,
			    const struct v3c_options *options, char error[V3C_ERROR_SIZE])
{
	struct v3c_ctx ctx = { .left = v3c_max_memory(size), .op = -1, .error = error };
	struct v3c_split *result = calloc(1, sizeof(*result));
	int ret;

	error[0] = '\0';
	if (result) {
		result->ctx.left = v3c_max_memory(size);
		result->ctx.error = error;
	}
	ret = result ? split(&ctx, result, model, size, target, options) : v3c_no_memory(&ctx);
	if (!ret && v3c_metadata(model, size, &result->metadata))
		ret = v3c_no_memory(&ctx);
	v3c_release(&ctx);
	if (ret) {
		v3c_split_free(result);
		errno = -ret;
		return NULL;
	}
	result->ctx.error = NULL;
	return result;
}

struct v3c_split *v3c_split_program(struct v3c_program *program)
{
	char error[V3C_ERROR_SIZE];
	struct v3c_ctx ctx = { .error = error };
	struct v3c_split *split = calloc(1, sizeof(*split));

	if (!split) {
		v3c_program_free(program);
		return NULL;
	}
	split->ctx.left = v3c_max_memory(0);
	split->input_count = program->input_count;
	split->output_count = program->output_count;
	split->op_count = program->op_count;
	if (make_whole(split, program, &ctx)) {
		free(split);
		return NULL;
	}
	split->metadata = program->metadata;
	program->metadata = NULL;
	return split;
}

void v3c_split_free(struct v3c_split *split)
{
	if (!split)
		return;
	drop_programs(split);
	free(split->metadata);
	v3c_release(&split->ctx);
	free(split);
}
