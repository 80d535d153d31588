// SPDX-License-Identifier: MIT
#include "anomaly.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/roll/roll.h"

/* Fewer products than this side by side may be what the model means */
#define UNROLLED_MIN		8
/* Bytes of equal constants that are worth a word */
#define DUPLICATES_MIN		1024
/* A graph, its names and its metadata take no more than this beside the parameters ... */
#define OVERHEAD_MIN		(256u << 10)
/* ... or, in a large model, no more than this part of their bytes */
#define OVERHEAD_PART		2
/* Scales that differ by more cost two bits of the smaller one's precision */
#define SCALE_RATIO_MAX		4
/* Views between an operator and the one whose values it sees */
#define HOPS_MAX		8

/**
 * struct search - looking for anomalies
 * @ctx: owns the result
 * @model: the file
 * @analysis: where anomalies go; @room fit
 * @producer: operator that writes each tensor, -1 for none
 * @budget: bytes of constants that may still be read: tensors may share them
 */
struct search {
	struct v3c_ctx *ctx;
	const struct tfl_model *model;
	struct v3c_analysis *analysis;
	size_t room;
	int32_t *producer;
	uint64_t budget;
};

static int report(struct search *s, const char *kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int report(struct search *s, const char *kind, const char *format, ...)
{
	struct v3c_analysis *a = s->analysis;
	char text[2 * V3C_ERROR_SIZE], *copy;
	va_list args;

	if (a->anomaly_count == s->room) {
		struct v3c_anomaly *more = v3c_alloc(s->ctx, 2 * s->room + 16, sizeof(*more));

		if (!more)
			return v3c_no_memory(s->ctx);
		if (s->room)
			memcpy(more, a->anomalies, s->room * sizeof(*more));
		a->anomalies = more;
		s->room = 2 * s->room + 16;
	}
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	copy = v3c_alloc(s->ctx, 1, strlen(text) + 1);
	if (!copy)
		return v3c_no_memory(s->ctx);
	strcpy(copy, text);
	a->anomalies[a->anomaly_count++] = (struct v3c_anomaly){ .kind = kind, .text = copy };
	return 0;
}

static bool spend(struct search *s, uint64_t bytes)
{
	if (bytes > s->budget)
		return false;
	s->budget -= bytes;
	return true;
}

static int32_t input(const struct tfl_op *op, uint32_t k)
{
	return k < op->inputs.count ? v3c_fb_vector_i32(&op->inputs, k) : -1;
}

static const struct tfl_tensor *tensor(const struct search *s, int32_t number)
{
	return number < 0 ? NULL : &s->model->tensors[number];
}

/* The operator whose values a tensor has, seen through changes of shape; NULL for none */
static const struct tfl_op *source(const struct search *s, int32_t number)
{
	int hop;

	for (hop = 0; number >= 0 && hop < HOPS_MAX; hop++) {
		const struct tfl_op *op;

		if (s->producer[number] < 0)
			return NULL;
		op = &s->model->ops[s->producer[number]];
		if (op->code != TFL_RESHAPE && op->code != TFL_TRANSPOSE &&
		    op->code != TFL_SQUEEZE && op->code != TFL_EXPAND_DIMS)
			return op;
		number = input(op, 0);
	}
	return NULL;
}

static bool is_slice(const struct tfl_op *op)
{
	return op && (op->code == TFL_SPLIT || op->code == TFL_SPLIT_V ||
		      op->code == TFL_UNPACK || op->code == TFL_SLICE ||
		      op->code == TFL_STRIDED_SLICE);
}

/* A product of two activations, one of which at least is a slice */
static bool is_sliced_product(const struct search *s, const struct tfl_op *op)
{
	const struct tfl_tensor *b;

	if (!op || (op->code != TFL_FULLY_CONNECTED && op->code != TFL_BATCH_MATMUL))
		return false;
	b = tensor(s, input(op, 1));
	return b && !b->data && (is_slice(source(s, input(op, 0))) ||
				 is_slice(source(s, input(op, 1))));
}

/* What to do about the unrolled product that operator @gather puts together */
static const char *unrolled_advice(const struct tfl_model *rolled, uint32_t gather)
{
	uint32_t i;

	for (i = 0; i < rolled->rolled_count; i++)
		if (rolled->rolled[i].gather == gather)
			return "the compiler puts it together again, but the file is larger for it";
	return "export it as one BATCH_MATMUL";
}

static int find_unrolled(struct search *s)
{
	const struct tfl_model *m = s->model;
	struct tfl_model rolled = *m;
	uint32_t i, k;
	int ret;

	ret = v3c_roll(s->ctx, &rolled);
	for (i = 0; !ret && i < m->op_count; i++) {
		const struct tfl_op *op = &m->ops[i], *first = NULL, *last = NULL;
		uint32_t products = 0;

		if (op->code != TFL_PACK && op->code != TFL_CONCATENATION)
			continue;
		for (k = 0; k < op->inputs.count; k++) {
			const struct tfl_op *from = source(s, input(op, k));

			if (!is_sliced_product(s, from))
				continue;
			first = first && first < from ? first : from;
			last = last && last > from ? last : from;
			products++;
		}
		if (products >= UNROLLED_MIN)
			ret = report(s, "unrolled product",
				     "operators %u to %u: %u %s on slices, put together by "
				     "operator %u (%s), are one product taken apart; %s",
				     (unsigned int)(first - m->ops), (unsigned int)(last - m->ops),
				     products, v3c_tfl_op_name(first->code), i,
				     v3c_tfl_op_name(op->code), unrolled_advice(&rolled, i));
	}
	return ret;
}

static uint64_t hash_of(const uint8_t *data, size_t size)
{
	uint64_t hash = 0xcbf29ce484222325ull, word;

	for (; size >= sizeof(word); size -= sizeof(word), data += sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		hash = (hash ^ word) * 0x100000001b3ull;
		hash ^= hash >> 32;
	}
	while (size--)
		hash = (hash ^ *data++) * 0x100000001b3ull;
	return hash;
}

struct hashed {
	const struct v3c_constant *constant;
	uint64_t hash;
};

static int by_content(const void *x, const void *y)
{
	const struct hashed *a = x, *b = y;

	if (a->constant->size != b->constant->size)
		return a->constant->size < b->constant->size ? -1 : 1;
	return (a->hash > b->hash) - (a->hash < b->hash);
}

static int find_duplicates(struct search *s, const struct v3c_constant *constants, size_t count)
{
	struct hashed *list = v3c_alloc(s->ctx, count, sizeof(*list));
	uint64_t bytes = 0, copies = 0;
	size_t i;

	if (!list)
		return v3c_no_memory(s->ctx);
	for (i = 0; i < count; i++) {
		if (!spend(s, constants[i].size))
			return 0;
		list[i].constant = &constants[i];
		list[i].hash = hash_of(constants[i].data, constants[i].size);
	}
	qsort(list, count, sizeof(*list), by_content);
	for (i = 1; i < count; i++) {
		const struct v3c_constant *a = list[i - 1].constant, *b = list[i].constant;

		if (by_content(&list[i - 1], &list[i]) || !spend(s, b->size) ||
		    memcmp(a->data, b->data, b->size))
			continue;
		bytes += b->size;
		copies++;
	}
	if (bytes < DUPLICATES_MIN)
		return 0;
	return report(s, "duplicated constants", "%llu constants, %llu bytes, are copies of "
		      "others; let the tensors share one buffer", (unsigned long long)copies,
		      (unsigned long long)bytes);
}

static int check_size(struct search *s, uint64_t parameter_bytes)
{
	uint64_t size = s->model->fb.size;

	if (size < parameter_bytes + OVERHEAD_MIN ||
	    size < parameter_bytes + parameter_bytes / OVERHEAD_PART)
		return 0;
	return report(s, "large file", "the file has %llu bytes for %llu bytes of parameters; the "
		      "rest is its graph of %u operators and %u tensors, other constants, and what "
		      "was appended", (unsigned long long)size,
		      (unsigned long long)parameter_bytes, s->model->op_count,
		      s->model->tensor_count);
}

/* One of a tensor's scales, 0 if it has none */
static float scale(const struct tfl_tensor *t, uint32_t channel)
{
	if (!t || !t->scale.count)
		return 0;
	return v3c_fb_vector_float(&t->scale, t->scale.count == 1 ? 0 : channel);
}

/* Real values that a tensor is thought to have */
struct range {
	double min;
	double max;
};

/*
 * What a convolution's results are before they are rounded to the scale that
 * the file gives them: three standard deviations about each channel's bias, if
 * inputs have a sixth of their range as standard deviation, and do not depend
 * on each other.
 */
static bool estimate(struct search *s, const struct tfl_op *op, struct range *r)
{
	const struct tfl_tensor *in = tensor(s, input(op, 0)), *w = tensor(s, input(op, 1));
	const struct tfl_tensor *bias = tensor(s, input(op, 2));
	double spread = 255 * scale(in, 0) / 2;
	uint32_t channels, c;
	size_t each, k;

	if (!w || !w->data || w->type != TFL_INT8 || w->rank < 2 || w->dim[0] <= 0 ||
	    !bias || !bias->data || bias->type != TFL_INT32)
		return false;
	channels = w->dim[0];
	each = w->data_size / channels;
	if (w->data_size % channels || bias->data_size != channels * sizeof(int32_t) ||
	    (w->scale.count != 1 && w->scale.count != channels) || !spend(s, w->data_size))
		return false;
	*r = (struct range){ .min = INFINITY, .max = -INFINITY };
	for (c = 0; c < channels; c++) {
		const int8_t *row = (const int8_t *)w->data + c * each;
		double norm = 0, center;
		int32_t b;

		for (k = 0; k < each; k++)
			norm += row[k] * row[k];
		norm = sqrt(norm) * scale(w, c) * spread;
		memcpy(&b, bias->data + c * sizeof(b), sizeof(b));
		center = (double)b * scale(in, 0) * scale(w, c);
		r->min = fmin(r->min, center - norm);
		r->max = fmax(r->max, center + norm);
	}
	if (op->activation == TFL_ACT_RELU || op->activation == TFL_ACT_RELU6)
		r->min = fmax(r->min, 0);
	if (op->activation == TFL_ACT_RELU6)
		r->max = fmin(r->max, 6);
	if (op->activation == TFL_ACT_RELU_N1_TO_1)
		*r = (struct range){ .min = fmax(r->min, -1), .max = fmin(r->max, 1) };
	return r->max > r->min;
}

/* The scale that an input of a concatenation would have on its own; 0: not known */
static double own_scale(struct search *s, int32_t number, const struct tfl_op **from,
			struct range *r)
{
	const struct tfl_op *op = source(s, number);

	*from = op;
	*r = (struct range){};
	if (!op)
		return 0;
	if (op->code == TFL_QUANTIZE && tensor(s, input(op, 0)) &&
	    tensor(s, input(op, 0))->type == TFL_INT8)
		return scale(tensor(s, input(op, 0)), 0);
	if ((op->code == TFL_CONV_2D || op->code == TFL_FULLY_CONNECTED) && estimate(s, op, r))
		return (r->max - r->min) / 255;
	return 0;
}

static int report_concat(struct search *s, uint32_t i, uint32_t k, double shared, double own,
			 const struct tfl_op *from, const struct range *r)
{
	char range[80] = "";

	if (r->max > r->min)
		snprintf(range, sizeof(range), ", %.3g to %.3g as its weights and biases suggest",
			 r->min, r->max);
	return report(s, "concatenation scales", "operator %u (CONCATENATION): its inputs share "
		      "scale %.4g, %.1f times what input %u (operator %u, %s%s) needs; concatenate "
		      "after the functions that read them, or not at all", i, shared, shared / own,
		      k, (unsigned int)(from - s->model->ops), v3c_tfl_op_name(from->code), range);
}

/* Concatenations whose scale is far from what one input needs; the worst input each */
static int find_concatenations(struct search *s)
{
	const struct tfl_model *m = s->model;
	uint32_t i, k;
	int ret = 0;

	for (i = 0; !ret && i < m->op_count; i++) {
		const struct tfl_op *op = &m->ops[i], *worst_from = NULL;
		double shared, worst = INFINITY;
		struct range worst_range = {};
		uint32_t worst_input = 0;

		if (op->code != TFL_CONCATENATION || !op->outputs.count)
			continue;
		shared = scale(&m->tensors[v3c_fb_vector_i32(&op->outputs, 0)], 0);
		for (k = 0; k < op->inputs.count; k++) {
			const struct tfl_op *from;
			struct range r;
			double own = own_scale(s, input(op, k), &from, &r);

			if (!(own > 0) || own >= worst)
				continue;
			worst = own;
			worst_from = from;
			worst_input = k;
			worst_range = r;
		}
		if (worst_from && isfinite(shared) && shared > SCALE_RATIO_MAX * worst)
			ret = report_concat(s, i, worst_input, shared, worst, worst_from,
					    &worst_range);
	}
	return ret;
}

int v3c_find_anomalies(struct v3c_ctx *ctx, const struct tfl_model *model,
		       const struct v3c_constant *constants, size_t count,
		       uint64_t parameter_bytes,
		       struct v3c_analysis *analysis)
{
	struct search s = {
		.ctx = ctx, .model = model, .analysis = analysis,
		.producer = v3c_alloc(ctx, model->tensor_count, sizeof(*s.producer)),
		.budget = 4 * (uint64_t)model->fb.size,
	};
	uint32_t i, k;
	int ret;

	if (!s.producer)
		return v3c_no_memory(ctx);
	for (i = 0; i < model->tensor_count; i++)
		s.producer[i] = -1;
	for (i = 0; i < model->op_count; i++)
		for (k = 0; k < model->ops[i].outputs.count; k++)
			s.producer[v3c_fb_vector_i32(&model->ops[i].outputs, k)] = i;
	ret = find_unrolled(&s);
	if (!ret)
		ret = find_duplicates(&s, constants, count);
	if (!ret)
		ret = check_size(&s, parameter_bytes);
	if (!ret)
		ret = find_concatenations(&s);
	return ret;
}
