// SPDX-License-Identifier: MIT
#include "evaluate.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* An axis that may count from the end, of @rank dimensions; -1 if there is no such one */
static int find_axis(int64_t axis, uint32_t rank)
{
	if (axis < 0)
		axis += rank;
	return axis >= 0 && axis < rank ? axis : -1;
}

/* The shape that two operands have together; false if they do not fit */
static bool broadcast(const struct known *a, const struct known *b, struct known *out)
{
	uint32_t i;

	out->rank = a->rank > b->rank ? a->rank : b->rank;
	for (i = 0; i < out->rank; i++) {
		int32_t x = i < a->rank ? a->dim[a->rank - 1 - i] : 1;
		int32_t y = i < b->rank ? b->dim[b->rank - 1 - i] : 1;

		if (x != y && x != 1 && y != 1)
			return false;
		out->dim[out->rank - 1 - i] = x == 1 ? y : x;
	}
	return true;
}

/* The element of @k that stands at element @i of a result of the shape of @out */
static uint32_t broadcast_index(const struct known *k, const struct known *out, uint32_t i)
{
	uint32_t index = 0, step = 1, d;

	for (d = 0; d < out->rank; d++) {
		uint32_t size = out->dim[out->rank - 1 - d];

		if (d < k->rank && k->dim[k->rank - 1 - d] != 1) {
			index += i % size * step;
			step *= size;
		}
		i /= size;
	}
	return index;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b && (a < 0) != (b < 0));
}

/* Both are of 32 bits, or small enough: nothing wraps around */
static bool whole_number(int32_t code, int64_t a, int64_t b, int64_t *y)
{
	bool divides = code == TFL_DIV || code == TFL_FLOOR_DIV || code == TFL_FLOOR_MOD;

	if (divides && (!b || (a == INT64_MIN && b == -1)))
		return false;
	switch (code) {
	case TFL_ADD:
		return !__builtin_add_overflow(a, b, y);
	case TFL_SUB:
		return !__builtin_sub_overflow(a, b, y);
	case TFL_MUL:
		return !__builtin_mul_overflow(a, b, y);
	case TFL_DIV:
		*y = a / b;
		return true;
	case TFL_FLOOR_DIV:
		*y = floor_div(a, b);
		return true;
	case TFL_FLOOR_MOD:
		*y = a - floor_div(a, b) * b;
		return true;
	case TFL_MINIMUM:
		*y = a < b ? a : b;
		return true;
	case TFL_MAXIMUM:
		*y = a > b ? a : b;
		return true;
	case TFL_EQUAL:
		*y = a == b;
		return true;
	case TFL_NOT_EQUAL:
		*y = a != b;
		return true;
	case TFL_LESS:
		*y = a < b;
		return true;
	case TFL_LESS_EQUAL:
		*y = a <= b;
		return true;
	case TFL_GREATER:
		*y = a > b;
		return true;
	case TFL_GREATER_EQUAL:
		*y = a >= b;
		return true;
	case TFL_LOGICAL_AND:
		*y = a && b;
		return true;
	case TFL_LOGICAL_OR:
		*y = a || b;
		return true;
	default:
		return false;
	}
}

static bool real_number(int32_t code, float a, float b, float *y)
{
	switch (code) {
	case TFL_ADD:
		*y = a + b;
		return true;
	case TFL_SUB:
		*y = a - b;
		return true;
	case TFL_MUL:
		*y = a * b;
		return true;
	case TFL_DIV:
		*y = a / b;
		return b != 0;
	case TFL_MINIMUM:
		*y = a < b ? a : b;
		return true;
	case TFL_MAXIMUM:
		*y = a > b ? a : b;
		return true;
	default:
		return false;
	}
}

static int binary(struct v3c_ctx *ctx, const struct tfl_op *op, const struct known *in,
		  uint32_t count, struct known *out)
{
	uint32_t i;
	int ret;

	if (count != 2 || in[0].type != in[1].type || op->activation != TFL_ACT_NONE ||
	    !broadcast(&in[0], &in[1], out))
		return 0;
	ret = v3c_known_new(ctx, out);
	for (i = 0; ret > 0 && i < out->count; i++) {
		const union known_number *a = &in[0].v[broadcast_index(&in[0], out, i)];
		const union known_number *b = &in[1].v[broadcast_index(&in[1], out, i)];

		if (in[0].type == TFL_FLOAT32 ? !real_number(op->code, a->f, b->f, &out->v[i].f) :
		    !whole_number(op->code, a->i, b->i, &out->v[i].i))
			return 0;
	}
	return ret;
}

/* The same shape, element for element */
static int unary(struct v3c_ctx *ctx, const struct tfl_op *op, const struct known *in,
		 struct known *out)
{
	bool real = in->type == TFL_FLOAT32;
	uint32_t i;
	int ret;

	out->rank = in->rank;
	memcpy(out->dim, in->dim, sizeof(out->dim));
	ret = v3c_known_new(ctx, out);
	for (i = 0; ret > 0 && i < out->count; i++) {
		union known_number x = in->v[i], *y = &out->v[i];

		switch (op->code) {
		case TFL_CAST:
			if (real && out->type == TFL_FLOAT32)
				y->f = x.f;
			else if (!real && out->type == TFL_FLOAT32)
				y->f = x.i;
			else if (!real)
				y->i = out->type == TFL_BOOL ? x.i != 0 : x.i;
			else if (!(fabsf(x.f) < 0x1p62f))	/* nor what is no number */
				return 0;
			else
				y->i = out->type == TFL_BOOL ? x.f != 0 : (int64_t)x.f;
			break;
		case TFL_FLOOR:
			y->f = floorf(x.f);
			break;
		case TFL_CEIL:
			y->f = ceilf(x.f);
			break;
		case TFL_NEG:
			if (real)
				y->f = -x.f;
			else if (__builtin_sub_overflow(0, x.i, &y->i))
				return 0;
			break;
		default:
			return 0;
		}
	}
	return ret;
}

/* What only gets another shape: that of operand 1, or the one that its output declares */
static int copy(struct v3c_ctx *ctx, const struct known *in, struct known *out)
{
	int ret = v3c_known_new(ctx, out);

	if (ret <= 0 || out->count != in->count)
		return ret < 0 ? ret : 0;
	memcpy(out->v, in->v, in->count * sizeof(*in->v));
	return 1;
}

static int reshape(struct v3c_ctx *ctx, const struct known *in, uint32_t count, struct known *out)
{
	int64_t rest = 1, numbers[V3C_MAX_RANK];
	uint32_t i, open = V3C_MAX_RANK;

	if (count != 2 || in[1].count > V3C_MAX_RANK || in[1].type == TFL_FLOAT32)
		return 0;
	out->rank = in[1].count;
	for (i = 0; i < out->rank; i++) {
		numbers[i] = in[1].v[i].i;
		if (numbers[i] < -1 || numbers[i] > KNOWN_MAX || (numbers[i] < 0 && open < V3C_MAX_RANK))
			return 0;
		if (numbers[i] < 0)
			open = i;
		else if (numbers[i] && rest > KNOWN_MAX / numbers[i])
			return 0;
		else
			rest *= numbers[i];
		out->dim[i] = numbers[i];
	}
	if (open < V3C_MAX_RANK && (!rest || in->count % rest))
		return 0;
	if (open < V3C_MAX_RANK)
		out->dim[open] = in->count / rest;
	return copy(ctx, in, out);
}

static int expand_dims(struct v3c_ctx *ctx, const struct known *in, uint32_t count,
		       struct known *out)
{
	uint32_t i;
	int axis;

	if (count != 2 || in[1].count != 1 || in->rank == V3C_MAX_RANK)
		return 0;
	axis = find_axis(in[1].v[0].i, in->rank + 1);
	if (axis < 0)
		return 0;
	out->rank = in->rank + 1;
	for (i = 0; i < out->rank; i++)
		out->dim[i] = i == (uint32_t)axis ? 1 : in->dim[i - (i > (uint32_t)axis)];
	return copy(ctx, in, out);
}

/* All operands one after another along an axis: @fresh, a new one that each has one of */
static int join(struct v3c_ctx *ctx, const struct tfl_op *op, const struct known *in, uint32_t count,
		bool fresh, struct known *out)
{
	uint32_t i, k, outer = 1, inner = 1, at = 0;
	int axis = find_axis(op->axis, in->rank + fresh), ret;

	if (axis < 0 || in->rank + fresh > V3C_MAX_RANK || op->activation != TFL_ACT_NONE)
		return 0;
	out->rank = in->rank + fresh;
	for (i = 0; i < out->rank; i++)
		out->dim[i] = i == (uint32_t)axis ? 0 : in->dim[i - (fresh && i > (uint32_t)axis)];
	for (k = 0; k < count; k++) {
		if (in[k].rank != in->rank || in[k].type != in->type)
			return 0;
		for (i = 0; i < in->rank; i++)
			if (in[k].dim[i] != in->dim[i] && (fresh || i != (uint32_t)axis))
				return 0;
		out->dim[axis] += fresh ? 1 : in[k].dim[axis];
	}
	ret = v3c_known_new(ctx, out);
	for (i = 0; i < out->rank; i++) {
		outer *= i < (uint32_t)axis ? out->dim[i] : 1;
		inner *= i > (uint32_t)axis ? out->dim[i] : 1;
	}
	/* Nothing is as long as one likes */
	for (i = 0; ret > 0 && out->count && i < outer; i++) {
		for (k = 0; k < count; k++) {
			uint32_t part = (fresh ? 1 : in[k].dim[axis]) * inner;

			memcpy(out->v + at, in[k].v + i * part, part * sizeof(*out->v));
			at += part;
		}
	}
	return ret;
}

static int gather(struct v3c_ctx *ctx, const struct tfl_op *op, const struct known *in,
		  uint32_t count, struct known *out)
{
	uint32_t i, k, inner = 1, outer = 1, rank = 0;
	int axis = find_axis(op->axis, in->rank), ret;

	if (count != 2 || axis < 0 || op->batch_dims || in[1].type == TFL_FLOAT32 ||
	    in[0].rank + in[1].rank - 1 > V3C_MAX_RANK)
		return 0;
	for (i = 0; i < in->rank; i++) {
		for (k = 0; i == (uint32_t)axis && k < in[1].rank; k++)
			out->dim[rank++] = in[1].dim[k];
		if (i != (uint32_t)axis)
			out->dim[rank++] = in->dim[i];
		outer *= i < (uint32_t)axis ? in->dim[i] : 1;
		inner *= i > (uint32_t)axis ? in->dim[i] : 1;
	}
	out->rank = rank;
	ret = v3c_known_new(ctx, out);
	for (i = 0; ret > 0 && out->count && i < outer * in[1].count; i++) {
		int64_t index = in[1].v[i % in[1].count].i;

		if (index < 0 || index >= in->dim[axis])
			return 0;
		memcpy(out->v + i * inner,
		       in->v + (i / in[1].count * in->dim[axis] + index) * inner,
		       inner * sizeof(*out->v));
	}
	return ret;
}

/* Of one dimension, which is what shapes have */
static int strided_slice(struct v3c_ctx *ctx, const struct tfl_op *op, const struct known *in,
			 uint32_t count, struct known *out)
{
	uint32_t first, n, i;
	int ret;

	if (count != 4 || in->rank != 1 || in[1].count != 1 || in[2].count != 1 ||
	    in[3].count != 1 || op->mask[2] || op->mask[3])
		return 0;
	if (!v3c_tfl_slice_dim(op, 0, in->dim[0], in[1].v[0].i, in[2].v[0].i, in[3].v[0].i,
			       &first, &n))
		return 0;
	out->rank = op->mask[4] & 1 ? 0 : 1;
	out->dim[0] = n;
	ret = v3c_known_new(ctx, out);
	for (i = 0; ret > 0 && i < out->count; i++)
		out->v[i] = in->v[first + i * in[3].v[0].i];
	return ret;
}

static int slice(struct v3c_ctx *ctx, const struct known *in, uint32_t count, struct known *out)
{
	int64_t begin, size;
	int ret;

	if (count != 3 || in->rank != 1 || in[1].count != 1 || in[2].count != 1)
		return 0;
	begin = in[1].v[0].i;
	size = in[2].v[0].i;
	if (begin < 0 || begin > in->dim[0])
		return 0;
	if (size == -1)
		size = in->dim[0] - begin;
	if (size < 0 || size > in->dim[0] - begin)
		return 0;
	out->rank = 1;
	out->dim[0] = size;
	ret = v3c_known_new(ctx, out);
	if (ret > 0)
		memcpy(out->v, in->v + begin, size * sizeof(*out->v));
	return ret;
}

/* All elements along its only dimension */
static int reduce(struct v3c_ctx *ctx, const struct tfl_op *op, const struct known *in,
		  uint32_t count, struct known *out)
{
	int32_t step = op->code == TFL_SUM ? TFL_ADD : op->code == TFL_REDUCE_PROD ? TFL_MUL :
		       op->code == TFL_REDUCE_MAX ? TFL_MAXIMUM : TFL_MINIMUM;
	uint32_t i;
	int ret;

	if (count != 2 || in->rank != 1 || !in->count || in->type == TFL_FLOAT32 ||
	    in[1].count != 1 || find_axis(in[1].v[0].i, 1) < 0)
		return 0;
	out->rank = op->keep_dims;
	out->dim[0] = 1;
	ret = v3c_known_new(ctx, out);
	if (ret > 0)
		out->v[0] = in->v[0];
	for (i = 1; ret > 0 && i < in->count; i++)
		if (!whole_number(step, out->v[0].i, in->v[i].i, &out->v[0].i))
			return 0;
	return ret;
}

static int range(struct v3c_ctx *ctx, const struct known *in, uint32_t count, struct known *out)
{
	int64_t start, limit, delta, n;
	uint32_t i;
	int ret;

	if (count != 3 || in[0].count != 1 || in[1].count != 1 || in[2].count != 1 ||
	    in->type == TFL_FLOAT32)
		return 0;
	start = in[0].v[0].i;
	limit = in[1].v[0].i;
	delta = in[2].v[0].i;
	if (start < INT32_MIN || start > INT32_MAX || limit < INT32_MIN || limit > INT32_MAX ||
	    delta < INT32_MIN || delta > INT32_MAX || !delta)
		return 0;
	n = delta > 0 ? (limit - start + delta - 1) / delta : (start - limit - delta - 1) / -delta;
	out->rank = 1;
	out->dim[0] = n < 0 ? 0 : n > KNOWN_MAX ? -1 : n;
	ret = v3c_known_new(ctx, out);
	for (i = 0; ret > 0 && i < out->count; i++)
		out->v[i].i = start + i * delta;
	return ret;
}

/* A shape from an operand's numbers */
static bool take_shape(const struct known *numbers, struct known *out)
{
	uint32_t i;

	if (numbers->count > V3C_MAX_RANK || numbers->type == TFL_FLOAT32)
		return false;
	out->rank = numbers->count;
	for (i = 0; i < out->rank; i++) {
		if (numbers->v[i].i < 0 || numbers->v[i].i > KNOWN_MAX)
			return false;
		out->dim[i] = numbers->v[i].i;
	}
	return true;
}

/* FILL: operand 0 is the shape; BROADCAST_TO: operand 1 is */
static int spread(struct v3c_ctx *ctx, const struct known *value, const struct known *numbers,
		  struct known *out)
{
	struct known together = {};
	uint32_t i;
	int ret;

	if (!take_shape(numbers, out) || !broadcast(value, out, &together) ||
	    together.rank != out->rank || memcmp(together.dim, out->dim, out->rank * sizeof(out->dim[0])))
		return 0;
	ret = v3c_known_new(ctx, out);
	for (i = 0; ret > 0 && i < out->count; i++)
		out->v[i] = value->v[broadcast_index(value, out, i)];
	return ret;
}

/* The shape that two shapes have together */
static int broadcast_args(struct v3c_ctx *ctx, const struct known *in, uint32_t count,
			  struct known *out)
{
	struct known a = {}, b = {}, both = {};
	uint32_t i;
	int ret;

	if (count != 2 || !take_shape(&in[0], &a) || !take_shape(&in[1], &b) ||
	    !broadcast(&a, &b, &both))
		return 0;
	out->rank = 1;
	out->dim[0] = both.rank;
	ret = v3c_known_new(ctx, out);
	for (i = 0; ret > 0 && i < both.rank; i++)
		out->v[i].i = both.dim[i];
	return ret;
}

static int select_either(struct v3c_ctx *ctx, const struct known *in, uint32_t count,
			 struct known *out)
{
	struct known values = {};
	uint32_t i;
	int ret;

	if (count != 3 || in[0].type != TFL_BOOL || in[1].type != in[2].type ||
	    !broadcast(&in[1], &in[2], &values) || !broadcast(&in[0], &values, out))
		return 0;
	ret = v3c_known_new(ctx, out);
	for (i = 0; ret > 0 && i < out->count; i++) {
		const struct known *from = in[0].v[broadcast_index(&in[0], out, i)].i ? &in[1] :
					   &in[2];

		out->v[i] = from->v[broadcast_index(from, out, i)];
	}
	return ret;
}

bool v3c_can_evaluate(int32_t code)
{
	static const int32_t codes[] = {
		TFL_ADD, TFL_SUB, TFL_MUL, TFL_DIV, TFL_FLOOR_DIV, TFL_FLOOR_MOD, TFL_MINIMUM,
		TFL_MAXIMUM, TFL_EQUAL, TFL_NOT_EQUAL, TFL_LESS, TFL_LESS_EQUAL, TFL_GREATER,
		TFL_GREATER_EQUAL, TFL_LOGICAL_AND, TFL_LOGICAL_OR, TFL_CAST, TFL_FLOOR, TFL_CEIL,
		TFL_NEG, TFL_RESHAPE, TFL_EXPAND_DIMS, TFL_CONCATENATION, TFL_PACK, TFL_GATHER,
		TFL_STRIDED_SLICE, TFL_SLICE, TFL_SUM, TFL_REDUCE_PROD, TFL_REDUCE_MAX,
		TFL_REDUCE_MIN, TFL_RANGE, TFL_FILL, TFL_BROADCAST_TO, TFL_BROADCAST_ARGS,
		TFL_SELECT, TFL_SELECT_V2,
	};
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i] == code)
			return true;
	return false;
}

/* The type that an operator's result has, which the file must agree on */
static int result_type(const struct tfl_op *op, const struct known *in, uint32_t count, int declared)
{
	switch (op->code) {
	case TFL_CAST:
		return declared;
	case TFL_EQUAL:
	case TFL_NOT_EQUAL:
	case TFL_LESS:
	case TFL_LESS_EQUAL:
	case TFL_GREATER:
	case TFL_GREATER_EQUAL:
	case TFL_LOGICAL_AND:
	case TFL_LOGICAL_OR:
		return TFL_BOOL;
	case TFL_FLOOR:
	case TFL_CEIL:
		return TFL_FLOAT32;
	case TFL_FILL:
	case TFL_SELECT:
	case TFL_SELECT_V2:
		return count > 1 ? in[1].type : -1;
	default:
		return in->type;
	}
}

int v3c_evaluate(struct v3c_ctx *ctx, const struct tfl_op *op, const struct known *in,
		 uint32_t count, struct known *out)
{
	if (out->type != result_type(op, in, count, out->type))
		return 0;
	switch (op->code) {
	case TFL_FLOOR:
	case TFL_CEIL:
		return count == 1 && in->type == TFL_FLOAT32 ? unary(ctx, op, in, out) : 0;
	case TFL_CAST:
	case TFL_NEG:
		return count == 1 ? unary(ctx, op, in, out) : 0;
	case TFL_RESHAPE:
		return reshape(ctx, in, count, out);
	case TFL_EXPAND_DIMS:
		return expand_dims(ctx, in, count, out);
	case TFL_CONCATENATION:
		return join(ctx, op, in, count, false, out);
	case TFL_PACK:
		return join(ctx, op, in, count, true, out);
	case TFL_GATHER:
		return gather(ctx, op, in, count, out);
	case TFL_STRIDED_SLICE:
		return strided_slice(ctx, op, in, count, out);
	case TFL_SLICE:
		return slice(ctx, in, count, out);
	case TFL_SUM:
	case TFL_REDUCE_PROD:
	case TFL_REDUCE_MAX:
	case TFL_REDUCE_MIN:
		return reduce(ctx, op, in, count, out);
	case TFL_RANGE:
		return range(ctx, in, count, out);
	case TFL_FILL:
		return count == 2 && !in[1].rank ? spread(ctx, &in[1], &in[0], out) : 0;
	case TFL_BROADCAST_TO:
		return count == 2 ? spread(ctx, &in[0], &in[1], out) : 0;
	case TFL_BROADCAST_ARGS:
		return broadcast_args(ctx, in, count, out);
	case TFL_SELECT:
	case TFL_SELECT_V2:
		return select_either(ctx, in, count, out);
	default:
		return binary(ctx, op, in, count, out);
	}
}
