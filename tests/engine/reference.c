// SPDX-License-Identifier: MIT
/*
 * Straight from the definitions and slow: no tiles, no tables, no threads, and
 * none of the engine's code.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"
#include "tap.h"

struct index {
	uint32_t n, h, w, c;
};

static uint64_t at(const struct v3npu_tensor *t, struct index i)
{
	return t->addr + (uint64_t)i.n * t->stride[0] + (uint64_t)i.h * t->stride[1] +
	       (uint64_t)i.w * t->stride[2] + (uint64_t)i.c * t->stride[3];
}

static int get(const struct space *s, const struct v3npu_tensor *t, struct index i)
{
	return (int8_t)space_get(s, at(t, i));
}

/* Steps through all elements of a tensor; false after the last */
static bool next(const struct v3npu_tensor *t, struct index *i)
{
	if (++i->c < t->dim[3])
		return true;
	i->c = 0;
	if (++i->w < t->dim[2])
		return true;
	i->w = 0;
	if (++i->h < t->dim[1])
		return true;
	i->h = 0;
	return ++i->n < t->dim[0];
}

static int32_t wrap(int64_t x)
{
	return (int32_t)(uint32_t)(uint64_t)x;
}

/* gemmlowp's wording: a nudge by sign, then division that truncates */
static int32_t doubling_high_mul(int32_t a, int32_t b)
{
	int64_t ab = (int64_t)a * b;
	int64_t nudge = ab >= 0 ? 1 << 30 : 1 - (1 << 30);

	if (a == INT32_MIN && b == INT32_MIN)
		return INT32_MAX;
	return (int32_t)((ab + nudge) / ((int64_t)1 << 31));
}

/* x / 2^n to nearest, halves away from zero */
static int32_t divide_by_pot(int32_t x, int n)
{
	int64_t magnitude = llabs((int64_t)x);
	int64_t rounded = n ? (magnitude + ((int64_t)1 << (n - 1))) >> n : magnitude;

	return (int32_t)(x < 0 ? -rounded : rounded);
}

static int32_t mbqm(int32_t x, int32_t multiplier, int shift)
{
	if (shift > 0)
		return doubling_high_mul(wrap((int64_t)x * ((int64_t)1 << shift)), multiplier);
	return divide_by_pot(doubling_high_mul(x, multiplier), -shift);
}

static int clamp(int32_t x, int min, int max)
{
	return x < min ? min : x > max ? max : x;
}

static int through_table(const struct space *s, uint64_t table, int q)
{
	return table ? (int8_t)space_get(s, table + q + 128) : q;
}

static int32_t get32(const struct space *s, uint64_t addr)
{
	uint32_t x = 0;
	int i;

	for (i = 0; i < 4; i++)
		x |= (uint32_t)space_get(s, addr + i) << (8 * i);
	return (int32_t)x;
}

static int output_stage(const struct space *s, const struct v3npu_output *o, uint32_t channel,
			int64_t acc)
{
	uint64_t chan = o->chan + (o->flags & V3NPU_OUTPUT_PER_TENSOR ? 0 : 12 * (uint64_t)channel);
	int32_t x = mbqm(wrap(acc + get32(s, chan)), get32(s, chan + 4), get32(s, chan + 8));

	return through_table(s, o->table, clamp(wrap((int64_t)x + o->zero_point), o->min, o->max));
}

static uint64_t weight_at(const struct v3npu_cmd_conv *c, uint32_t o, uint32_t ky, uint32_t kx,
			  uint32_t i)
{
	uint64_t kh = c->kernel[0], kw = c->kernel[1], ic = c->in.dim[3] / c->groups;
	uint64_t iq = (ic + 3) / 4;

	if (c->weight_format == V3NPU_WEIGHTS_OHWI)
		return c->weights + ((o * kh + ky) * kw + kx) * ic + i;
	return c->weights + ((((o / 16 * kh + ky) * kw + kx) * iq + i / 4) * 16 + o % 16) * 4 +
	       i % 4;
}

/* What one tap of the window adds to output element @o */
static int64_t conv_tap(const struct space *s, const struct v3npu_cmd_conv *c, struct index o,
			uint32_t ky, uint32_t kx)
{
	uint32_t ic = c->in.dim[3] / c->groups, oc = c->out.dim[3] / c->groups;
	int64_t y = (int64_t)o.h * c->stride[0] + ky * c->dilation[0] - c->pad[0];
	int64_t x = (int64_t)o.w * c->stride[1] + kx * c->dilation[1] - c->pad[1];
	bool inside = y >= 0 && y < c->in.dim[1] && x >= 0 && x < c->in.dim[2];
	int64_t acc = 0;
	uint32_t i;

	for (i = 0; i < ic; i++) {
		struct index in = { o.n, y, x, o.c / oc * ic + i };
		int v = inside ? get(s, &c->in, in) : c->pad_value;

		acc += (v - c->in_zero_point) *
		       ((int8_t)space_get(s, weight_at(c, o.c, ky, kx, i)) - c->weight_zero_point);
	}
	return acc;
}

static void run_conv(struct space *s, const struct v3npu_cmd_conv *c)
{
	struct index o = { 0 };
	uint32_t ky, kx;

	do {
		int64_t acc = 0;

		for (ky = 0; ky < c->kernel[0]; ky++)
			for (kx = 0; kx < c->kernel[1]; kx++)
				acc += conv_tap(s, c, o, ky, kx);
		space_put(s, at(&c->out, o), output_stage(s, &c->output, o.c, acc));
	} while (next(&c->out, &o));
}

static void run_matmul(struct space *s, const struct v3npu_cmd_matmul *m)
{
	struct index o = { 0 };
	uint32_t d;

	do {
		int64_t acc = 0;

		for (d = 0; d < m->a.dim[3]; d++) {
			int a = get(s, &m->a, (struct index) { o.n, o.h, o.w, d });
			int b = get(s, &m->b, (struct index) { o.n, o.h, o.c, d });

			acc += (a - m->a_zero_point) * (b - m->b_zero_point);
		}
		space_put(s, at(&m->out, o), output_stage(s, &m->output, o.c, acc));
	} while (next(&m->out, &o));
}

static void run_eltwise(struct space *s, const struct v3npu_cmd_eltwise *e)
{
	struct index o = { 0 };

	do {
		int64_t v[2];
		int32_t x = 0;
		int i;

		for (i = 0; i < 2; i++) {
			v[i] = get(s, &e->in[i], o) - e->operand[i].zero_point;
			if (e->op <= V3NPU_ELTWISE_SUB)
				v[i] = mbqm(wrap(v[i] * ((int64_t)1 << e->left_shift)),
					    e->operand[i].multiplier, e->operand[i].shift);
		}
		switch (e->op) {
		case V3NPU_ELTWISE_ADD:
			x = wrap(v[0] + v[1]);
			break;
		case V3NPU_ELTWISE_SUB:
			x = wrap(v[0] - v[1]);
			break;
		case V3NPU_ELTWISE_MUL:
			x = v[0] * v[1];
			break;
		case V3NPU_ELTWISE_MAX:
			x = v[0] > v[1] ? v[0] : v[1];
			break;
		case V3NPU_ELTWISE_MIN:
			x = v[0] < v[1] ? v[0] : v[1];
			break;
		}
		if (e->op == V3NPU_ELTWISE_PRELU && v[0] < 0)
			x = wrap((int64_t)mbqm(v[0] * v[1], e->multiplier, e->shift) +
				 e->zero_point);
		else if (e->op == V3NPU_ELTWISE_PRELU)
			x = wrap((int64_t)mbqm(v[0], e->operand[0].multiplier,
					       e->operand[0].shift) + e->zero_point);
		else if (e->op <= V3NPU_ELTWISE_MUL)
			x = wrap((int64_t)mbqm(x, e->multiplier, e->shift) + e->zero_point);
		space_put(s, at(&e->out, o), through_table(s, e->table, clamp(x, e->min, e->max)));
	} while (next(&e->out, &o));
}

/* Rounded to the nearest integer; halves up, or else away from zero */
static int average(int64_t sum, int64_t count, bool half_up)
{
	double mean = (double)sum / count;

	return half_up ? floor(mean + 0.5) : round(mean);
}

static void run_pool(struct space *s, const struct v3npu_cmd_pool *p)
{
	struct index o = { 0 };
	uint32_t ky, kx;

	do {
		int64_t sum = 0, count = 0;
		int max = INT8_MIN, x;

		for (ky = 0; ky < p->kernel[0]; ky++) {
			for (kx = 0; kx < p->kernel[1]; kx++) {
				int64_t y = (int64_t)o.h * p->stride[0] + ky - p->pad[0];
				int64_t col = (int64_t)o.w * p->stride[1] + kx - p->pad[1];
				int v;

				if (y < 0 || y >= p->in.dim[1] || col < 0 || col >= p->in.dim[2])
					continue;
				v = get(s, &p->in, (struct index) { o.n, y, col, o.c });
				sum += v;
				count++;
				max = v > max ? v : max;
			}
		}
		if (p->op == V3NPU_POOL_MAX)
			x = max;
		else
			x = count ? average(sum, count, p->flags & V3NPU_POOL_HALF_UP) : 0;
		space_put(s, at(&p->out, o), through_table(s, p->table, clamp(x, p->min, p->max)));
	} while (next(&p->out, &o));
}

/* A fixed-point number with @bits integer bits, as gemmlowp::FixedPoint<int32_t, bits> */
struct fixed {
	int32_t raw;
	int bits;
};

static struct fixed fx(int32_t raw, int bits)
{
	return (struct fixed) { raw, bits };
}

static struct fixed fx_const(double value, int bits)
{
	return fx((int32_t)llround(value * exp2(31 - bits)), bits);
}

static struct fixed fx_mul(struct fixed a, struct fixed b)
{
	return fx(doubling_high_mul(a.raw, b.raw), a.bits + b.bits);
}

static struct fixed fx_add(struct fixed a, struct fixed b)
{
	return fx(wrap((int64_t)a.raw + b.raw), a.bits);
}

static struct fixed fx_sub(struct fixed a, struct fixed b)
{
	return fx(wrap((int64_t)a.raw - b.raw), a.bits);
}

/* The same number with other integer bits: saturates to fewer, rounds to more */
static struct fixed fx_rescale(struct fixed a, int bits)
{
	double scaled = a.raw * exp2(a.bits - bits);

	if (bits > a.bits)
		return fx(divide_by_pot(a.raw, bits - a.bits), bits);
	return fx(scaled > INT32_MAX ? INT32_MAX : scaled < INT32_MIN ? INT32_MIN : (int32_t)scaled,
		  bits);
}

/* exp of a number in Q5.26 that is not positive */
static struct fixed fx_exp(struct fixed a)
{
	int32_t quarter = 1 << 24;
	struct fixed mod = fx((a.raw & (quarter - 1)) - quarter, 5);
	struct fixed eighth = fx_const(exp(-0.125), 0);
	struct fixed x = fx_add(fx_rescale(mod, 0), fx_const(0.125, 0));
	struct fixed x2 = fx_mul(x, x), x3 = fx_mul(x2, x), x4 = fx_mul(x2, x2), series;
	int32_t rest = wrap((int64_t)mod.raw - a.raw);
	int k;

	/* x^4/24 + x^3/6 + x^2/2 = (((x^4/4 + x^3) / 3) + x^2) / 2 */
	series = fx_add(fx(divide_by_pot(x4.raw, 2), 0), x3);
	series = fx_add(fx_mul(series, fx_const(1.0 / 3, 0)), x2);
	series = fx(divide_by_pot(series.raw, 1), 0);
	series = fx_add(eighth, fx_mul(eighth, fx_add(x, series)));
	for (k = -2; k <= 4; k++)
		if (rest & (1 << (26 + k)))
			series = fx_mul(series, fx_const(exp(-exp2(k)), 0));
	return a.raw ? series : fx(INT32_MAX, 0);
}

static struct fixed fx_one_over_one_plus(struct fixed a)
{
	int64_t sum = (int64_t)a.raw + INT32_MAX;
	struct fixed half = fx((sum + (sum >= 0 ? 1 : -1)) / 2, 0);
	struct fixed x = fx_add(fx_const(48.0 / 17, 2), fx_mul(half, fx_const(-32.0 / 17, 2)));
	int i;

	for (i = 0; i < 3; i++) {
		struct fixed error = fx_sub(fx(1 << 29, 2), fx_mul(half, x));

		x = fx_add(x, fx_rescale(fx_mul(x, error), 2));
	}
	return fx_rescale(fx(x.raw, 1), 0);
}

static void softmax_row(struct space *s, const struct v3npu_cmd_softmax *m, struct index i)
{
	uint32_t depth = m->in.dim[3], headroom = 0;
	struct fixed *e = calloc(depth, sizeof(*e));
	struct fixed scale;
	uint32_t sum = 0;
	int max = INT8_MIN;

	for (i.c = 0; i.c < depth; i.c++)
		max = get(s, &m->in, i) > max ? get(s, &m->in, i) : max;
	for (i.c = 0; i.c < depth; i.c++) {
		int diff = get(s, &m->in, i) - max;

		if (diff < m->diff_min)
			continue;
		e[i.c] = fx_exp(fx(mbqm(diff, m->multiplier, m->shift), 5));
		sum += fx_rescale(e[i.c], 12).raw;
	}
	while (!(sum << headroom >> 31))
		headroom++;
	scale = fx_one_over_one_plus(fx(wrap((int64_t)(sum << headroom) - 0x80000000ll), 0));
	for (i.c = 0; i.c < depth; i.c++) {
		int shift = 12 - (int)headroom + 31 - 8;
		int32_t q = divide_by_pot(fx_mul(scale, e[i.c]).raw, shift);

		if (get(s, &m->in, i) - max < m->diff_min)
			q = 0;
		e[i.c].raw = clamp(q - 128, -128, 127);
	}
	for (i.c = 0; i.c < depth; i.c++)
		space_put(s, at(&m->out, i), e[i.c].raw);
	free(e);
}

static void run_softmax(struct space *s, const struct v3npu_cmd_softmax *m)
{
	struct index i = { 0 };

	for (i.n = 0; i.n < m->in.dim[0]; i.n++)
		for (i.h = 0; i.h < m->in.dim[1]; i.h++)
			for (i.w = 0; i.w < m->in.dim[2]; i.w++)
				softmax_row(s, m, i);
}

static uint32_t nearest(uint32_t i, uint32_t in, uint32_t out, int flags)
{
	bool align = flags & V3NPU_RESIZE_ALIGN_CORNERS;
	float scale = align && out > 1 ? (in - 1) / (float)(out - 1) : in / (float)out;
	float x = (i + (flags & V3NPU_RESIZE_HALF_PIXEL ? 0.5f : 0.0f)) * scale;
	int32_t j = align ? (int32_t)roundf(x) : (int32_t)floorf(x);

	return j >= (int32_t)in ? in - 1 : (uint32_t)j;
}

/* Lower index, upper index and the upper one's weight in 1024ths */
struct between {
	int32_t lower, upper, weight;
};

static struct between between(int32_t i, int32_t in, int32_t out, int flags)
{
	int32_t scale = (1024 * in + out / 2) / out, at;
	struct between b;

	if (flags & V3NPU_RESIZE_ALIGN_CORNERS && out > 1)
		scale = (1024 * (in - 1) + (out - 1) / 2) / (out - 1);
	at = i * scale + (flags & V3NPU_RESIZE_HALF_PIXEL ? scale / 2 - 512 : 0);
	b.lower = clamp(at / 1024, 0, in - 1);
	b.upper = clamp((at + 1023) / 1024, 0, in - 1);
	b.weight = at - 1024 * b.lower;
	return b;
}

static void run_resize_bilinear(struct space *s, const struct v3npu_cmd_resize *r)
{
	struct index o = { 0 };

	do {
		struct between y = between(o.h, r->in.dim[1], r->out.dim[1], r->flags);
		struct between x = between(o.w, r->in.dim[2], r->out.dim[2], r->flags);
		int64_t sum = 0;
		int i;

		for (i = 0; i < 4; i++) {
			struct index in = { o.n, i & 1 ? y.upper : y.lower,
					    i & 2 ? x.upper : x.lower, o.c };

			sum += (int64_t)get(s, &r->in, in) * (i & 1 ? y.weight : 1024 - y.weight) *
			       (i & 2 ? x.weight : 1024 - x.weight);
		}
		space_put(s, at(&r->out, o), (sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));
	} while (next(&r->out, &o));
}

/* TFLite's float kernel on the elements as uint8, in the order of its operations */
static void run_resize_float(struct space *s, const struct v3npu_cmd_resize *r)
{
	struct index o = { 0 };

	do {
		float part[2], sum = 0;
		int32_t corner[2][2];
		int d, i;

		for (d = 0; d < 2; d++) {
			int32_t in = r->in.dim[1 + d], out = r->out.dim[1 + d];
			int32_t index = d ? o.w : o.h;
			bool align = r->flags & V3NPU_RESIZE_ALIGN_CORNERS && out > 1;
			volatile float scale = (float)in / out, at;

			if (align)
				scale = (float)(in - 1) / (out - 1);
			at = index * scale;
			if (r->flags & V3NPU_RESIZE_HALF_PIXEL) {
				at = (index + 0.5f) * scale;
				at = at - 0.5f;
			}
			corner[d][0] = clamp(floorf(at), 0, in - 1);
			corner[d][1] = clamp(ceilf(at), 0, in - 1);
			part[d] = at - corner[d][0];
		}
		for (i = 0; i < 4; i++) {
			struct index in = { o.n, corner[0][i & 1], corner[1][i >> 1], o.c };
			volatile float v = get(s, &r->in, in) + 128;

			v = v * (i & 1 ? part[0] : 1 - part[0]);
			v = v * (i & 2 ? part[1] : 1 - part[1]);
			sum = i ? sum + v : v;
		}
		space_put(s, at(&r->out, o), (int)(sum + 0.5f) - 128);
	} while (next(&r->out, &o));
}

static void run_argmax(struct space *s, const struct v3npu_cmd_argmax *a)
{
	struct v3npu_tensor pixels = a->out;
	struct index o = { 0 };

	pixels.dim[3] = 1;
	do {
		struct index i = o;
		uint64_t best = 0;
		int value = get(s, &a->in, o);

		for (i.c = 1; i.c < a->in.dim[3]; i.c++) {
			int v = get(s, &a->in, i);

			if (a->op == V3NPU_ARGMAX_MAX ? v > value : v < value) {
				value = v;
				best = i.c;
			}
		}
		for (i.c = 0; i.c < a->out.dim[3]; i.c++)
			space_put(s, at(&a->out, i), best >> (8 * i.c));
	} while (next(&pixels, &o));
}

static void run_resize(struct space *s, const struct v3npu_cmd_resize *r)
{
	struct index o = { 0 };

	if (r->mode == V3NPU_RESIZE_BILINEAR)
		return r->flags & V3NPU_RESIZE_FLOAT ? run_resize_float(s, r) :
						       run_resize_bilinear(s, r);

	do {
		struct index i = o;

		i.h = nearest(o.h, r->in.dim[1], r->out.dim[1], r->flags);
		i.w = nearest(o.w, r->in.dim[2], r->out.dim[2], r->flags);
		space_put(s, at(&r->out, o), get(s, &r->in, i));
	} while (next(&r->out, &o));
}

static void run_copy(struct space *s, const struct v3npu_cmd_copy *c)
{
	struct index o = { 0 };

	do {
		space_put(s, at(&c->out, o), through_table(s, c->table, get(s, &c->in, o)));
	} while (next(&c->out, &o));
}

void reference_run(struct space *space, const void *cmd)
{
	switch (((const struct v3npu_cmd_hdr *)cmd)->opcode) {
	case V3NPU_OP_CONV:
		return run_conv(space, cmd);
	case V3NPU_OP_MATMUL:
		return run_matmul(space, cmd);
	case V3NPU_OP_ELTWISE:
		return run_eltwise(space, cmd);
	case V3NPU_OP_POOL:
		return run_pool(space, cmd);
	case V3NPU_OP_SOFTMAX:
		return run_softmax(space, cmd);
	case V3NPU_OP_RESIZE:
		return run_resize(space, cmd);
	case V3NPU_OP_COPY:
		return run_copy(space, cmd);
	case V3NPU_OP_ARGMAX:
		return run_argmax(space, cmd);
	}
}

static uint64_t elements(const struct v3npu_tensor *t)
{
	return (uint64_t)t->dim[0] * t->dim[1] * t->dim[2] * t->dim[3];
}

uint64_t reference_macs(const void *cmd)
{
	const struct v3npu_cmd_conv *c = cmd;
	const struct v3npu_cmd_matmul *m = cmd;

	if (c->hdr.opcode == V3NPU_OP_CONV)
		return elements(&c->out) * c->kernel[0] * c->kernel[1] * (c->in.dim[3] / c->groups);
	if (c->hdr.opcode == V3NPU_OP_MATMUL)
		return elements(&m->out) * m->a.dim[3];
	return 0;
}
