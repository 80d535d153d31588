// SPDX-License-Identifier: MIT
/*
 * XNNPACK takes dense tensors, or rows of channels with a stride between them.
 * Where a value is neither, a copy is made before or after the operator.
 */
#include "lower.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/base/program.h"
#include "compiler/graph/layout.h"
#include "compiler/tflite/tflite.h"

bool v3cpu_is_dense(const struct cpu_tensor *t)
{
	uint64_t step = 1;
	int i;

	for (i = t->shape.rank - 1; i >= 0; i--) {
		if (t->shape.dim[i] > 1 && t->stride[i] != step)
			return false;
		step *= t->shape.dim[i];
	}
	return true;
}

bool v3cpu_is_rows(const struct cpu_tensor *t, uint64_t *stride)
{
	uint32_t channels = cpu_channels(&t->shape);
	uint64_t step = 0;
	int i;

	*stride = channels;
	if (channels > 1 && t->stride[t->shape.rank - 1] != 1)
		return false;
	for (i = t->shape.rank - 2; i >= 0; i--) {
		if (t->shape.dim[i] == 1)
			continue;
		if (!step) {
			step = t->stride[i];
			*stride = step;
		}
		if (t->stride[i] != step || step < channels)
			return false;
		step *= t->shape.dim[i];
	}
	return true;
}

/* Is dimension @d next to dimension @outer, all elements of both dense? */
static bool dense_pair(const struct cpu_tensor *t, int outer, int d)
{
	return (t->shape.dim[d] == 1 || t->stride[d] == 1) &&
	       (t->shape.dim[outer] == 1 || t->stride[outer] == t->shape.dim[d]);
}

/* Can the step's operator take operand @k, or its result (-1), as it is? */
static bool fits(enum cpu_kind kind, int k, const struct cpu_tensor *t)
{
	int rows = t->shape.rank - 2, columns = t->shape.rank - 1;
	uint64_t stride;

	switch (kind) {
	case CPU_BINARY:
	case CPU_PRELU:
	case CPU_MEAN:
	case CPU_TO_INDEX:
		return v3cpu_is_dense(t);
	case CPU_ARGMAX:
		return k < 0 ? v3cpu_is_dense(t) : v3cpu_is_rows(t, &stride);
	case CPU_MATMUL:
		/* Matrices anywhere: of operand 1 dense either way, of the others rows */
		if (k == 1)
			return dense_pair(t, rows, columns) || dense_pair(t, columns, rows);
		return (t->shape.dim[columns] == 1 || t->stride[columns] == 1) &&
		       (t->shape.dim[rows] == 1 || t->stride[rows] >= t->shape.dim[columns]);
	case CPU_COPY:
	case CPU_FILL:
	case CPU_NEAREST:
		return true;
	default:
		return v3cpu_is_rows(t, &stride);
	}
}

static struct cpu_tensor tensor_at(const struct ir_shape *shape, const struct ir_loc *loc)
{
	struct cpu_tensor t = { .shape = *shape, .region = loc->buffer, .offset = loc->offset };

	memcpy(t.stride, loc->stride, sizeof(t.stride));
	return t;
}

static struct cpu_tensor tensor_of(const struct cpu_steps *s, int value)
{
	const struct ir_value *v = &s->graph->values[value];

	return tensor_at(&v->shape, &v->loc);
}

static int temporary(struct cpu_steps *s, const struct ir_shape *shape, struct cpu_tensor *t)
{
	int buffer = v3c_ir_add_buffer(s->ctx, s->graph, V3C_REGION_ARENA, ir_elements(shape));
	struct ir_loc loc = { .buffer = buffer };

	if (buffer < 0)
		return buffer;
	v3c_dense(shape, loc.stride);
	*t = tensor_at(shape, &loc);
	return 0;
}

static void touch(struct cpu_steps *s, const struct cpu_tensor *t)
{
	struct ir_buffer *b = &s->graph->buffers[t->region];

	if (b->first < 0)
		b->first = s->count;
	b->last = s->count;
}

static int add(struct cpu_steps *s, const struct cpu_step *step)
{
	int i;

	if (s->count == V3C_MAX_COMMANDS)
		return v3c_fail(s->ctx, ENOTSUP, "the model needs too many steps");
	if (s->count == s->room) {
		size_t room = s->room ? 2 * s->room : 64;
		struct cpu_step *more = realloc(s->step, room * sizeof(*more));

		if (!more)
			return v3c_no_memory(s->ctx);
		s->step = more;
		s->room = room;
	}
	for (i = 0; i < step->in_count; i++)
		touch(s, &step->in[i]);
	touch(s, &step->out);
	s->step[s->count++] = *step;
	return 0;
}

static struct cpu_step step_of(const struct cpu_steps *s, const struct ir_node *n,
			       enum cpu_kind kind)
{
	return (struct cpu_step) {
		.op = { .kind = kind }, .number = n->op, .code = s->graph->op_codes[n->op],
	};
}

static int copy(struct cpu_steps *s, const struct ir_node *n, const struct cpu_tensor *from,
		const struct cpu_tensor *to)
{
	struct cpu_step step = step_of(s, n, CPU_COPY);

	step.in_count = 1;
	step.in[0] = *from;
	step.out = *to;
	return add(s, &step);
}

/* Adds a step, with copies before and after it where it cannot take what is there */
static int add_fitting(struct cpu_steps *s, const struct ir_node *n, struct cpu_step *step)
{
	const struct cpu_tensor out = step->out;
	bool direct = fits(step->op.kind, -1, &out);
	int i, ret = 0;

	for (i = 0; i < step->in_count; i++) {
		const struct cpu_tensor in = step->in[i];

		if (fits(step->op.kind, i, &in))
			continue;
		ret = temporary(s, &in.shape, &step->in[i]);
		if (!ret)
			ret = copy(s, n, &in, &step->in[i]);
		if (ret)
			return ret;
	}
	if (!direct)
		ret = temporary(s, &out.shape, &step->out);
	if (!ret)
		ret = add(s, step);
	if (!ret && !direct)
		ret = copy(s, n, &step->out, &out);
	return ret;
}

/* XNNPACK packs weights for up to 16 output channels at a time */
#define PACKED_CHANNELS	16

static int add_weights(struct cpu_steps *s, struct cpu_step *step)
{
	const struct cpu_op *op = &step->op;
	uint32_t channels = cpu_channels(&step->out.shape), groups = op->groups ? op->groups : 1;
	uint64_t padded;
	int ret = 0;

	if (!op->weights)
		return 0;
	padded = op->depthwise ? 1 : channels / groups;
	padded = op->weight_count / padded * (padded + PACKED_CHANNELS - 1);
	s->packed += (padded + channels) * sizeof(float);
	if (s->packed > V3C_MAX_ARENA)
		return v3c_fail(s->ctx, ENOTSUP, "its weights need more than %llu MiB on the CPU",
				V3C_MAX_ARENA >> 20);
	ret = v3c_consts_add(s->ctx, s->consts, op->weights, op->weight_count * sizeof(float),
			     &step->weights);
	if (!ret && op->bias)
		ret = v3c_consts_add(s->ctx, s->consts, op->bias, channels * sizeof(float),
				     &step->bias);
	return ret;
}

/* The import made sure that one operator's windows are within the bound */
static int count_windows(struct cpu_steps *s, const struct cpu_step *step)
{
	const uint32_t *dim = step->out.shape.dim;

	if (!step->op.kernel[0])
		return 0;
	s->windows += (uint64_t)dim[1] * dim[2] * step->op.kernel[0] * step->op.kernel[1];
	if (s->windows > V3C_MAX_WINDOWS)
		return v3c_fail(s->ctx, ENOTSUP,
				"its convolutions and poolings need more than %u MiB on the CPU",
				V3C_MAX_WINDOWS >> 17);
	return 0;
}

static int lower_host(struct cpu_steps *s, const struct ir_node *n)
{
	struct cpu_step step = step_of(s, n, n->host->kind);
	int i, ret;

	step.op = *n->host;
	step.in_count = n->in_count;
	for (i = 0; i < n->in_count; i++)
		step.in[i] = tensor_of(s, n->in[i]);
	step.out = tensor_of(s, n->out);
	ret = add_weights(s, &step);
	if (!ret)
		ret = count_windows(s, &step);
	return ret ? ret : add_fitting(s, n, &step);
}

static int v3c_lower_matmul(struct cpu_steps *s, const struct ir_node *n)
{
	struct cpu_step step = step_of(s, n, CPU_MATMUL);

	step.in_count = 2;
	step.in[0] = tensor_of(s, n->in[0]);
	step.in[1] = tensor_of(s, n->in[1]);
	step.out = tensor_of(s, n->out);
	return add_fitting(s, n, &step);
}

static int lower_nearest(struct cpu_steps *s, const struct ir_node *n)
{
	struct cpu_step step = step_of(s, n, CPU_NEAREST);

	step.op.align_corners = n->resize_flags & V3NPU_RESIZE_ALIGN_CORNERS;
	step.op.half_pixel_centers = n->resize_flags & V3NPU_RESIZE_HALF_PIXEL;
	step.in_count = 1;
	step.in[0] = tensor_of(s, n->in[0]);
	step.out = tensor_of(s, n->out);
	return add(s, &step);
}

static int lower_pad(struct cpu_steps *s, const struct ir_node *n)
{
	struct cpu_step fill = step_of(s, n, CPU_FILL);
	struct cpu_tensor in = tensor_of(s, n->in[0]), inside;
	int i, ret;

	fill.op.min = n->pad.real;
	fill.out = tensor_of(s, n->out);
	ret = add(s, &fill);
	inside = fill.out;
	inside.shape = in.shape;
	for (i = 0; i < in.shape.rank; i++)
		inside.offset += n->pad.before[i] * inside.stride[i];
	return ret ? ret : copy(s, n, &in, &inside);
}

/* RESHAPE between places neither of which is a view of the other's shape */
static int copy_reshaped(struct cpu_steps *s, const struct ir_node *n, const struct ir_value *in,
			 const struct ir_value *out)
{
	struct cpu_tensor dense, from = tensor_at(&in->shape, &in->loc);
	struct cpu_tensor to = tensor_at(&out->shape, &out->loc);
	int ret = temporary(s, &in->shape, &dense);

	if (!ret)
		ret = copy(s, n, &from, &dense);
	dense.shape = out->shape;
	v3c_dense(&out->shape, dense.stride);
	return ret ? ret : copy(s, n, &dense, &to);
}

static int lower_view(struct cpu_steps *s, const struct ir_node *n)
{
	const struct ir_value *in = &s->graph->values[n->in[0]];
	const struct ir_value *out = &s->graph->values[n->out];
	struct cpu_tensor from, to;
	struct ir_loc loc;

	if (v3c_view_loc(s->graph, n, &loc)) {
		if (v3c_same_loc(&out->shape, &loc, &out->loc))
			return 0;
		from = tensor_at(&out->shape, &loc);
		to = tensor_at(&out->shape, &out->loc);
		return copy(s, n, &from, &to);
	}
	if (!v3c_reshape_loc(&out->shape, &out->loc, &in->shape, &loc))
		return copy_reshaped(s, n, in, out);
	from = tensor_at(&in->shape, &in->loc);
	to = tensor_at(&in->shape, &loc);
	return copy(s, n, &from, &to);
}

static int lower_concat(struct cpu_steps *s, const struct ir_node *n)
{
	uint32_t begin = 0;
	int i, ret = 0;

	for (i = 0; !ret && i < n->in_count; i++) {
		const struct ir_value *in = &s->graph->values[n->in[i]];
		struct ir_loc loc = v3c_concat_loc(s->graph, n, begin);

		if (!v3c_same_loc(&in->shape, &in->loc, &loc)) {
			struct cpu_tensor from = tensor_at(&in->shape, &in->loc);
			struct cpu_tensor to = tensor_at(&in->shape, &loc);

			ret = copy(s, n, &from, &to);
		}
		begin += in->shape.dim[n->axis];
	}
	return ret;
}

int v3cpu_lower(struct cpu_steps *s)
{
	int i, ret = 0;

	for (i = 0; !ret && i < s->graph->node_count; i++) {
		const struct ir_node *n = &s->graph->nodes[i];

		if (n->dead)
			continue;
		switch (n->kind) {
		case IR_HOST:
			ret = lower_host(s, n);
			break;
		case IR_MATMUL:
			ret = v3c_lower_matmul(s, n);
			break;
		case IR_RESIZE:
			ret = lower_nearest(s, n);
			break;
		case IR_PAD:
			ret = lower_pad(s, n);
			break;
		case IR_CONCAT:
			ret = lower_concat(s, n);
			break;
		default:
			ret = lower_view(s, n);
			break;
		}
	}
	return ret;
}

static void finish(const struct ir_graph *g, struct cpu_tensor *t)
{
	const struct ir_buffer *b = &g->buffers[t->region];

	t->region = b->region;
	t->offset += b->offset;
}

void v3cpu_steps_finish(struct cpu_steps *s)
{
	size_t i;
	int k;

	for (i = 0; i < s->count; i++) {
		for (k = 0; k < s->step[i].in_count; k++)
			finish(s->graph, &s->step[i].in[k]);
		finish(s->graph, &s->step[i].out);
	}
}
