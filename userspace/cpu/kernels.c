// SPDX-License-Identifier: MIT
#include "kernels.h"

#include <math.h>
#include <string.h>

#include "compiler/tflite/tflite.h"

#define CHUNK	16384	/* elements that are worth another thread's attention */

/* A copy of @rank nested loops, the innermost last; strides count elements */
struct copy {
	int rank;
	size_t dim[V3C_MAX_RANK];
	size_t from_stride[V3C_MAX_RANK];
	size_t to_stride[V3C_MAX_RANK];
	const float *from;
	float *to;
};

/* Loops over dimensions of one element are dropped, loops that continue one another are one */
static void make_copy(struct copy *c, const struct cpu_tensor *from, const struct cpu_tensor *to)
{
	int i;

	c->rank = 0;
	for (i = 0; i < to->shape.rank; i++) {
		size_t n = to->shape.dim[i];
		int last = c->rank - 1;

		if (n == 1)
			continue;
		if (c->rank && c->from_stride[last] == n * from->stride[i] &&
		    c->to_stride[last] == n * to->stride[i]) {
			c->dim[last] *= n;
			c->from_stride[last] = from->stride[i];
			c->to_stride[last] = to->stride[i];
			continue;
		}
		c->dim[c->rank] = n;
		c->from_stride[c->rank] = from->stride[i];
		c->to_stride[c->rank] = to->stride[i];
		c->rank++;
	}
	if (!c->rank) {
		c->rank = 1;
		c->dim[0] = 1;
		c->from_stride[0] = 1;
		c->to_stride[0] = 1;
	}
}

static void copy_from(const struct copy *c, int d, const float *from, float *to)
{
	size_t i, n = c->dim[d], from_stride = c->from_stride[d], to_stride = c->to_stride[d];

	if (d < c->rank - 1) {
		for (i = 0; i < n; i++)
			copy_from(c, d + 1, from + i * from_stride, to + i * to_stride);
	} else if (from_stride == 1 && to_stride == 1) {
		memcpy(to, from, n * sizeof(*to));
	} else {
		for (i = 0; i < n; i++)
			to[i * to_stride] = from[i * from_stride];
	}
}

static void copy_one(void *arg, size_t i)
{
	const struct copy *c = arg;

	copy_from(c, 1, c->from + i * c->from_stride[0], c->to + i * c->to_stride[0]);
}

void v3cpu_copy(const struct cpu_step *step, const float *in, float *out, pthreadpool_t threads)
{
	struct copy c = { .from = in, .to = out };

	make_copy(&c, &step->in[0], &step->out);
	if (c.rank > 1 && ir_elements(&step->out.shape) > CHUNK)
		pthreadpool_parallelize_1d(threads, copy_one, &c, c.dim[0], 0);
	else
		copy_from(&c, 0, in, out);
}

static void fill(const struct copy *c, int d, float value, float *to)
{
	size_t i;

	for (i = 0; i < c->dim[d]; i++)
		if (d < c->rank - 1)
			fill(c, d + 1, value, to + i * c->to_stride[d]);
		else
			to[i * c->to_stride[d]] = value;
}

void v3cpu_fill(const struct cpu_step *step, float *out)
{
	struct copy c = {};

	make_copy(&c, &step->out, &step->out);
	fill(&c, 0, step->op.min, out);
}

struct nearest {
	const struct cpu_step *step;
	const float *in;
	float *out;
};

/* As TFLite's GetNearestNeighbor(), in its float arithmetic */
static uint32_t nearest(const struct cpu_op *op, uint32_t i, uint32_t in, uint32_t out)
{
	float scale = op->align_corners && out > 1 ? (in - 1) / (float)(out - 1) :
		      in / (float)out;
	float at = (i + (op->half_pixel_centers ? 0.5f : 0)) * scale;
	uint32_t n = op->align_corners ? roundf(at) : floorf(at);

	return n < in ? n : in - 1;
}

static void nearest_row(void *arg, size_t row)
{
	const struct nearest *n = arg;
	const struct cpu_tensor *in = &n->step->in[0], *out = &n->step->out;
	size_t b = row / out->shape.dim[1], y = row % out->shape.dim[1], x, c;
	const float *from = n->in + b * in->stride[0] + in->stride[1] *
			    nearest(&n->step->op, y, in->shape.dim[1], out->shape.dim[1]);
	float *to = n->out + b * out->stride[0] + y * out->stride[1];

	for (x = 0; x < out->shape.dim[2]; x++) {
		const float *pixel = from + in->stride[2] *
				     nearest(&n->step->op, x, in->shape.dim[2], out->shape.dim[2]);
		float *copy = to + x * out->stride[2];

		for (c = 0; c < out->shape.dim[3]; c++)
			copy[c * out->stride[3]] = pixel[c * in->stride[3]];
	}
}

void v3cpu_nearest(const struct cpu_step *step, const float *in, float *out,
		   pthreadpool_t threads)
{
	struct nearest n = { step, in, out };

	pthreadpool_parallelize_1d(threads, nearest_row, &n,
				   (size_t)step->out.shape.dim[0] * step->out.shape.dim[1], 0);
}

struct argmax {
	const float *in;
	float *out;
	size_t count;
	size_t stride;
	bool min;
};

/* As TFLite's ArgMinMax(): the first of equals */
static void argmax_rows(void *arg, size_t first, size_t rows)
{
	const struct argmax *a = arg;
	size_t row, i;

	for (row = first; row < first + rows; row++) {
		const float *in = a->in + row * a->stride;
		size_t best = 0;

		for (i = 1; i < a->count; i++)
			if (a->min ? in[i] < in[best] : in[i] > in[best])
				best = i;
		a->out[row] = best;
	}
}

void v3cpu_argmax(const struct cpu_step *step, const float *in, float *out,
		  pthreadpool_t threads)
{
	struct argmax a = {
		.in = in, .out = out, .count = cpu_channels(&step->in[0].shape),
		.min = step->op.code == TFL_ARG_MIN,
	};
	uint64_t stride;

	v3cpu_is_rows(&step->in[0], &stride);
	a.stride = stride;
	pthreadpool_parallelize_1d_tile_1d(threads, argmax_rows, &a,
					   ir_elements(&step->out.shape),
					   1 + CHUNK / a.count, 0);
}

void v3cpu_to_index(const struct cpu_step *step, const float *in, void *out)
{
	size_t i, n = ir_elements(&step->in[0].shape);
	int32_t *narrow = out;
	int64_t *wide = out;

	if (cpu_channels(&step->out.shape) == sizeof(*narrow))
		for (i = 0; i < n; i++)
			narrow[i] = in[i];
	else
		for (i = 0; i < n; i++)
			wide[i] = in[i];
}

/* Rows of @count elements; strides are in elements */
struct map {
	const struct cpu_op *op;
	const char *in;
	char *out;
	size_t in_size;		/* bytes of an element */
	size_t out_size;
	size_t count;
	size_t in_stride;
	size_t out_stride;
	size_t total;
};

/*
 * As TFLite's AffineQuantize(): round(x / scale) + zero_point, halves away from
 * zero, clamped. What is far out of range is clamped first, so that it is an
 * int.
 */
static inline float quantized(float x, const struct v3c_quant *quant)
{
	float q = x / quant->scale, whole, rest;

	q = q > 1000 ? 1000 : q > -1000 ? q : -1000;
	whole = (int)q;
	rest = q - whole;
	whole += (rest >= 0.5f) - (rest <= -0.5f) + quant->zero_point;
	return whole > INT8_MAX ? INT8_MAX : whole < INT8_MIN ? INT8_MIN : whole;
}

/* Half of x (1 + erf(x / sqrt 2)); erf by tanh as in the paper where @approximate */
static float gelu(float x, bool approximate)
{
	float inner = approximate ? tanhf(sqrtf(2 / (float)M_PI) * (x + 0.044715f * x * x * x)) :
		      erff(x * sqrtf(0.5f));

	return 0.5f * x * (1 + inner);
}

static void map_numbers(const struct cpu_op *op, const float *in, float *out, size_t n)
{
	size_t i;

	switch (op->code) {
	case TFL_GELU:
		for (i = 0; i < n; i++)
			out[i] = gelu(in[i], op->approximate);
		break;
	case TFL_TANH:
		for (i = 0; i < n; i++)
			out[i] = tanhf(in[i]);
		break;
	case TFL_EXP:
		for (i = 0; i < n; i++)
			out[i] = expf(in[i]);
		break;
	case TFL_LOG:
		for (i = 0; i < n; i++)
			out[i] = logf(in[i]);
		break;
	default:
		for (i = 0; i < n; i++)
			out[i] = 1 / sqrtf(in[i]);
		break;
	}
}

static void map_row(const struct map *m, const void *in, void *out, size_t n)
{
	const struct v3c_quant quant = m->op->quant;
	const float *reals = in;
	const int8_t *bytes = in;
	const uint8_t flip = m->op->flip;
	float *real_out = out;
	int8_t *byte_out = out;
	size_t i;

	switch (m->op->kind) {
	case CPU_FROM_INT8:
		for (i = 0; i < n; i++)
			real_out[i] = quant.scale * ((int8_t)(bytes[i] ^ flip) - quant.zero_point);
		break;
	case CPU_TO_INT8:
		for (i = 0; i < n; i++)
			byte_out[i] = (int8_t)quantized(reals[i], &quant) ^ flip;
		break;
	case CPU_ROUND_TO_INT8:
		for (i = 0; i < n; i++)
			real_out[i] = quant.scale *
				      (quantized(reals[i], &quant) - quant.zero_point);
		break;
	default:
		map_numbers(m->op, in, out, n);
		break;
	}
}

static void map_rows(void *arg, size_t first, size_t rows)
{
	const struct map *m = arg;
	size_t row, begin;

	for (row = first; row < first + rows; row++) {
		begin = row * m->count;
		map_row(m, m->in + row * m->in_stride * m->in_size,
			m->out + row * m->out_stride * m->out_size,
			m->total - begin < m->count ? m->total - begin : m->count);
	}
}

void v3cpu_map(const struct cpu_step *step, const void *in, void *out, pthreadpool_t threads)
{
	struct map m = {
		.op = &step->op, .in = in, .out = out,
		.in_size = step->op.kind == CPU_FROM_INT8 ? 1 : sizeof(float),
		.out_size = step->op.kind == CPU_TO_INT8 ? 1 : sizeof(float),
		.count = cpu_channels(&step->out.shape), .total = ir_elements(&step->out.shape),
	};
	uint64_t in_stride, out_stride;

	v3cpu_is_rows(&step->in[0], &in_stride);
	v3cpu_is_rows(&step->out, &out_stride);
	if (v3cpu_is_dense(&step->in[0]) && v3cpu_is_dense(&step->out))
		m.count = in_stride = out_stride = CHUNK;
	m.in_stride = in_stride;
	m.out_stride = out_stride;
	pthreadpool_parallelize_1d_tile_1d(threads, map_rows, &m,
					   (m.total + m.count - 1) / m.count,
					   1 + CHUNK / 2 / m.count, 0);
}
