// SPDX-License-Identifier: MIT
/* See commands.h. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "v3npu/regs.h"

const char *const kernel_names[KERNEL_NAMES] = {
	"c", "avx2", "avx-vnni", "avx512-vnni", "avx512-vbmi", "amx"
};

uint32_t rng_u32(struct rng *rng)
{
	/* splitmix64 */
	uint64_t z = rng->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (z ^ z >> 31) >> 16;
}

int64_t rng_range(struct rng *rng, int64_t low, int64_t high)
{
	return low + (int64_t)(((uint64_t)rng_u32(rng) << 32 | rng_u32(rng)) %
			       (uint64_t)(high - low + 1));
}

bool rng_one_in(struct rng *rng, uint32_t n)
{
	return rng_u32(rng) % n == 0;
}

void space_fill(struct rng *rng, struct space *space)
{
	size_t i, j;

	for (i = 0; i < space->pages - SPACE_BOUNCE_PAGES; i++)
		for (j = 0; j < V3NPU_PAGE_SIZE; j++)
			space->page[i][j] = rng_u32(rng);
	for (i = 0; i < SPACE_SRAM; i++)
		space->sram[i] = rng_u32(rng);
}

static void put32(struct space *space, uint64_t addr, int32_t value)
{
	int i;

	for (i = 0; i < 4; i++)
		space_put(space, addr + i, (uint32_t)value >> (8 * i));
}

static int32_t random_multiplier(struct rng *rng, bool wild)
{
	return wild ? rng_range(rng, 0, INT32_MAX) : rng_range(rng, 1 << 30, INT32_MAX);
}

static int32_t random_shift(struct rng *rng, bool wild, int usual)
{
	return wild ? rng_range(rng, -31, 30) : rng_range(rng, usual - 2, usual + 2);
}

void chan_fill(struct rng *rng, struct space *space, uint64_t addr, uint32_t count, bool wild)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		put32(space, addr + 12ull * i,
		      wild ? (int32_t)rng_u32(rng) : (int32_t)rng_range(rng, -2000, 2000));
		put32(space, addr + 12ull * i + 4, random_multiplier(rng, wild));
		put32(space, addr + 12ull * i + 8, random_shift(rng, wild, -8));
	}
}

static int8_t random_i8(struct rng *rng)
{
	return (int8_t)rng_u32(rng);
}

static void random_clamp(struct rng *rng, __s8 *min, __s8 *max)
{
	*min = -128;
	*max = 127;
	if (rng_one_in(rng, 2)) {
		*min = random_i8(rng);
		*max = rng_range(rng, *min, 127);
	}
}

/* Where region @region starts: in DRAM, or now and then in SRAM */
static uint64_t region_addr(struct rng *rng, const struct space *space, enum region region)
{
	uint64_t offset = (uint64_t)region * REGION_SIZE;

	return (rng_one_in(rng, 4) ? V3NPU_VA_SRAM : space->base) + offset;
}

static uint64_t extent(const struct v3npu_tensor *t)
{
	uint64_t size = 1;
	int i;

	for (i = 0; i < 4; i++)
		size += (uint64_t)(t->dim[i] - 1) * t->stride[i];
	return size;
}

/* Strides in a random order of the dimensions, with gaps if @gaps, so that no element overlaps */
static void layout(struct rng *rng, struct v3npu_tensor *t, bool ordered, bool gaps)
{
	int order[4] = { 3, 2, 1, 0 };
	uint64_t size = 1;
	int i, j, k;

	for (i = 3; i > 0 && !ordered; i--) {
		j = rng_range(rng, 0, i);
		k = order[i];
		order[i] = order[j];
		order[j] = k;
	}
	for (i = 0; i < 4; i++) {
		j = order[i];
		t->stride[j] = size + (gaps && rng_one_in(rng, 2) ? rng_range(rng, 0, 5) : 0);
		size += (uint64_t)(t->dim[j] - 1) * t->stride[j];
	}
}

/*
 * Gives a tensor, whose dimensions are set, a place and strides in its region; mostly without gaps
 * if it is @degenerate, because that is where engines find shortcuts
 */
static void place(struct rng *rng, struct v3npu_tensor *t, uint64_t region, bool result,
		  bool degenerate)
{
	int i;

	if (degenerate && !rng_one_in(rng, 4)) {
		layout(rng, t, true, false);
		t->addr = region + rng_range(rng, 0, REGION_SIZE - extent(t));
		return;
	}
	switch (rng_range(rng, 0, result ? 3 : 4)) {
	case 0:
		layout(rng, t, true, false);
		break;
	case 1:
		layout(rng, t, true, true);
		break;
	case 2:
		layout(rng, t, false, false);
		break;
	case 3:
		layout(rng, t, false, true);
		break;
	case 4:
		for (i = 0; i < 4; i++)
			t->stride[i] = rng_one_in(rng, 3) ? 0 : rng_range(rng, 0, 60);
		break;
	}
	if (extent(t) > REGION_SIZE)
		layout(rng, t, true, false);
	/* Where there is one element the stride means nothing */
	for (i = 0; i < 4; i++)
		if (t->dim[i] == 1 && rng_one_in(rng, 2))
			t->stride[i] = rng_u32(rng);
	t->addr = region + rng_range(rng, 0, REGION_SIZE - extent(t));
}

static void set_dims(struct v3npu_tensor *t, uint32_t n, uint32_t h, uint32_t w, uint32_t c)
{
	t->dim[0] = n;
	t->dim[1] = h;
	t->dim[2] = w;
	t->dim[3] = c;
}

/* 1..high: in a degenerate command every other time 1, or 2 */
static uint32_t random_dim(struct rng *rng, bool degenerate, uint32_t high)
{
	if (degenerate && rng_one_in(rng, 2))
		return rng_range(rng, 1, rng_one_in(rng, 4) && high > 1 ? 2 : 1);
	return rng_range(rng, 1, high);
}

static uint32_t random_channels(struct rng *rng, bool degenerate)
{
	return random_dim(rng, degenerate, rng_one_in(rng, 4) ? 80 : 20);
}

/* In a degenerate command often larger than what it steps or reaches over */
static uint16_t random_step(struct rng *rng, bool degenerate, uint32_t usual, uint32_t size)
{
	if (degenerate && rng_one_in(rng, 2))
		return rng_one_in(rng, 4) ? V3NPU_KERNEL_MAX : size + rng_range(rng, 0, 2);
	return rng_range(rng, 1, usual);
}

/**
 * random_window() - kernel, stride, dilation, padding and the result's size along one dimension
 * @in: size of the operand
 * @usual: most of what @out is if it does not follow from the window
 * @out: set
 * @dilation: NULL if the command has none
 *
 * Of a degenerate command most windows are one element, and most results end where the operand
 * does.
 */
static void random_window(struct rng *rng, bool degenerate, uint32_t in, uint32_t usual,
			  uint32_t *out, __u16 *kernel, __u16 *stride, __u16 *dilation, __u16 *pad)
{
	uint32_t reach;

	if (degenerate && !rng_one_in(rng, 4)) {
		*kernel = 1;
		*pad = 0;
	}
	*stride = random_step(rng, degenerate, 3, in);
	if (degenerate && dilation)
		*dilation = random_step(rng, true, 3, in);
	*out = random_dim(rng, degenerate, usual);
	reach = (*kernel - 1) * (dilation ? *dilation : 1) + 1;
	if (!degenerate || rng_one_in(rng, 4) || in + *pad < reach)
		return;
	*out = (in + *pad - reach) / *stride + 1;
	if (*out > usual)
		*out = usual;
}

static void random_output(struct rng *rng, struct space *space, struct v3npu_output *o,
			  uint32_t channels)
{
	bool wild = rng_one_in(rng, 5);

	if (rng_one_in(rng, 3)) {
		o->flags = V3NPU_OUTPUT_PER_TENSOR;
		channels = 1;
	}
	o->chan = region_addr(rng, space, REGION_CHAN) + 4 * rng_range(rng, 0, 100);
	chan_fill(rng, space, o->chan, channels, wild);
	if (rng_one_in(rng, 3))
		o->table = region_addr(rng, space, REGION_TABLE) + rng_range(rng, 0, 9000);
	o->zero_point = random_i8(rng);
	random_clamp(rng, &o->min, &o->max);
}

static uint64_t random_table(struct rng *rng, struct space *space)
{
	return rng_one_in(rng, 2) ? 0 : region_addr(rng, space, REGION_TABLE) +
					rng_range(rng, 0, 9000);
}

static void random_conv(struct rng *rng, struct space *space, struct v3npu_cmd_conv *c)
{
	bool degenerate = rng_one_in(rng, 3);
	uint32_t in = random_channels(rng, degenerate), out = random_channels(rng, degenerate);
	uint32_t n = rng_range(rng, 1, 2);
	uint64_t room;
	int i;

	c->groups = 1;
	c->weight_format = rng_u32(rng) & 1;
	if (c->weight_format == V3NPU_WEIGHTS_OHWI && rng_one_in(rng, 2)) {
		c->groups = random_dim(rng, degenerate, 24);
		in = c->groups * random_dim(rng, degenerate, 4);
		out = c->groups * random_dim(rng, degenerate, 4);
	}
	set_dims(&c->in, n, random_dim(rng, degenerate, 9), random_dim(rng, degenerate, 15), in);
	set_dims(&c->out, n, 0, 0, out);
	for (i = 0; i < 2; i++) {
		c->kernel[i] = rng_range(rng, 1, 4);
		c->dilation[i] = rng_one_in(rng, 3) ? rng_range(rng, 1, 40) : 1;
		c->pad[i] = rng_one_in(rng, 5) ? rng_range(rng, 0, 50) : rng_range(rng, 0, 3);
		random_window(rng, degenerate, c->in.dim[1 + i], i ? 30 : 7, &c->out.dim[1 + i],
			      &c->kernel[i], &c->stride[i], &c->dilation[i], &c->pad[i]);
	}
	room = (uint64_t)c->kernel[0] * c->kernel[1] * ((in + 3) / 4 * 4) * ((out + 15) / 16 * 16);
	if (room > REGION_SIZE) {
		c->kernel[0] = 1;
		c->kernel[1] = 1;
		room /= 16;
	}
	place(rng, &c->in, region_addr(rng, space, REGION_IN), false, degenerate);
	place(rng, &c->out, region_addr(rng, space, REGION_OUT), true, degenerate);
	c->weights = region_addr(rng, space, REGION_IN2) +
		     rng_range(rng, 0, REGION_SIZE > room ? REGION_SIZE - room : 0);
	random_output(rng, space, &c->output, out);
	c->in_zero_point = random_i8(rng);
	c->pad_value = rng_one_in(rng, 2) ? c->in_zero_point : random_i8(rng);
	c->weight_zero_point = rng_one_in(rng, 3) ? random_i8(rng) : 0;
}

static void random_matmul(struct rng *rng, struct space *space, struct v3npu_cmd_matmul *m)
{
	bool degenerate = rng_one_in(rng, 3);
	uint32_t n = random_dim(rng, degenerate, 2), h = random_dim(rng, degenerate, 3);
	uint32_t rows = random_dim(rng, degenerate, 40), columns = random_dim(rng, degenerate, 40);
	uint32_t depth = random_dim(rng, degenerate, 70);

	set_dims(&m->a, n, h, rows, depth);
	set_dims(&m->b, n, h, columns, depth);
	set_dims(&m->out, n, h, rows, columns);
	place(rng, &m->a, region_addr(rng, space, REGION_IN), false, degenerate);
	place(rng, &m->b, region_addr(rng, space, REGION_IN2), false, degenerate);
	place(rng, &m->out, region_addr(rng, space, REGION_OUT), true, degenerate);
	random_output(rng, space, &m->output, columns);
	m->a_zero_point = random_i8(rng);
	m->b_zero_point = rng_one_in(rng, 3) ? 0 : random_i8(rng);
}

static void random_dims(struct rng *rng, struct v3npu_tensor *t, bool degenerate)
{
	set_dims(t, random_dim(rng, degenerate, 3), random_dim(rng, degenerate, 8),
		 random_dim(rng, degenerate, 24), random_channels(rng, degenerate));
}

static void random_eltwise(struct rng *rng, struct space *space, struct v3npu_cmd_eltwise *e)
{
	bool degenerate = rng_one_in(rng, 3), wild = rng_one_in(rng, 5);
	bool rescales, compares;
	int i;

	e->op = rng_range(rng, V3NPU_ELTWISE_ADD, V3NPU_ELTWISE_PRELU);
	rescales = e->op <= V3NPU_ELTWISE_SUB;
	compares = e->op == V3NPU_ELTWISE_MAX || e->op == V3NPU_ELTWISE_MIN;
	random_dims(rng, &e->out, degenerate);
	place(rng, &e->out, region_addr(rng, space, REGION_OUT), true, degenerate);
	for (i = 0; i < 2; i++) {
		e->in[i] = e->out;
		if (!rng_one_in(rng, 4))
			place(rng, &e->in[i], region_addr(rng, space, REGION_IN + i), false,
			      degenerate);
		/* One element for all */
		if (e->in[i].addr != e->out.addr && rng_one_in(rng, 6))
			memset(e->in[i].stride, 0, sizeof(e->in[i].stride));
		if (rescales || (e->op == V3NPU_ELTWISE_PRELU && !i)) {
			e->operand[i].multiplier = random_multiplier(rng, wild);
			e->operand[i].shift = random_shift(rng, wild, -2);
		}
		if (!compares)
			e->operand[i].zero_point = random_i8(rng);
	}
	if (rescales)
		e->left_shift = wild ? rng_range(rng, 0, V3NPU_ELTWISE_SHIFT_MAX) : 20;
	if (!compares) {
		e->multiplier = random_multiplier(rng, wild);
		e->shift = random_shift(rng, wild, rescales ? -17 : -7);
		e->zero_point = random_i8(rng);
	}
	random_clamp(rng, &e->min, &e->max);
	e->table = random_table(rng, space);
}

static void random_pool(struct rng *rng, struct space *space, struct v3npu_cmd_pool *p)
{
	bool degenerate = rng_one_in(rng, 3);
	uint32_t n = random_dim(rng, degenerate, 2), c = random_channels(rng, degenerate);
	int i;

	p->op = rng_u32(rng) & 1;
	p->flags = p->op == V3NPU_POOL_AVG && rng_one_in(rng, 2) ? V3NPU_POOL_HALF_UP : 0;
	set_dims(&p->in, n, random_dim(rng, degenerate, 9), random_dim(rng, degenerate, 20), c);
	set_dims(&p->out, n, 0, 0, c);
	for (i = 0; i < 2; i++) {
		p->kernel[i] = rng_one_in(rng, 6) ? rng_range(rng, 1, 40) : rng_range(rng, 1, 5);
		p->pad[i] = rng_one_in(rng, 6) ? rng_range(rng, 0, 60) : rng_range(rng, 0, 3);
		random_window(rng, degenerate, p->in.dim[1 + i], i ? 20 : 7, &p->out.dim[1 + i],
			      &p->kernel[i], &p->stride[i], NULL, &p->pad[i]);
	}
	place(rng, &p->in, region_addr(rng, space, REGION_IN), false, degenerate);
	place(rng, &p->out, region_addr(rng, space, REGION_OUT), true, degenerate);
	random_clamp(rng, &p->min, &p->max);
	p->table = random_table(rng, space);
}

static void random_softmax(struct rng *rng, struct space *space, struct v3npu_cmd_softmax *s)
{
	bool degenerate = rng_one_in(rng, 3);

	random_dims(rng, &s->in, degenerate);
	if (rng_one_in(rng, 8))
		set_dims(&s->in, 1, 1, 2, rng_range(rng, 400, 4096));
	s->out = s->in;
	place(rng, &s->out, region_addr(rng, space, REGION_OUT), true, degenerate);
	s->in = s->out;
	if (!rng_one_in(rng, 4))
		place(rng, &s->in, region_addr(rng, space, REGION_IN), false, degenerate);
	s->multiplier = random_multiplier(rng, false);
	s->shift = rng_range(rng, 15, 27);
	s->diff_min = rng_one_in(rng, 3) ? -(int32_t)rng_range(rng, 0, 300) : -255;
	if (rng_one_in(rng, 10)) {
		s->multiplier = random_multiplier(rng, true);
		s->shift = rng_range(rng, 0, 30);
		s->diff_min = -(int32_t)rng_range(rng, 0, INT32_MAX);
	}
}

static void random_resize(struct rng *rng, struct space *space, struct v3npu_cmd_resize *r)
{
	bool degenerate = rng_one_in(rng, 3);
	uint32_t n = random_dim(rng, degenerate, 2), c = random_channels(rng, degenerate);

	set_dims(&r->in, n, random_dim(rng, degenerate, 12), random_dim(rng, degenerate, 12), c);
	set_dims(&r->out, n, random_dim(rng, degenerate, 16), random_dim(rng, degenerate, 16), c);
	place(rng, &r->in, region_addr(rng, space, REGION_IN), false, degenerate);
	place(rng, &r->out, region_addr(rng, space, REGION_OUT), true, degenerate);
	r->flags = rng_range(rng, 0, 2);
	r->mode = rng_range(rng, V3NPU_RESIZE_NEAREST, V3NPU_RESIZE_BILINEAR);
	if (r->mode == V3NPU_RESIZE_BILINEAR && rng_one_in(rng, 2))
		r->flags |= V3NPU_RESIZE_FLOAT;
}

static void random_copy(struct rng *rng, struct space *space, struct v3npu_cmd_copy *c)
{
	bool degenerate = rng_one_in(rng, 3);

	random_dims(rng, &c->out, degenerate);
	place(rng, &c->out, region_addr(rng, space, REGION_OUT), true, degenerate);
	c->in = c->out;
	if (!rng_one_in(rng, 4))
		place(rng, &c->in, region_addr(rng, space, REGION_IN), false, degenerate);
	c->table = random_table(rng, space);
}

static void random_argmax(struct rng *rng, struct space *space, struct v3npu_cmd_argmax *a)
{
	bool degenerate = rng_one_in(rng, 3);

	random_dims(rng, &a->in, degenerate);
	if (rng_one_in(rng, 8))
		set_dims(&a->in, 1, 1, 2, rng_range(rng, 1, 20000));
	a->out = a->in;
	a->out.dim[3] = rng_one_in(rng, 2) ? 4 : 8;
	place(rng, &a->in, region_addr(rng, space, REGION_IN), false, degenerate);
	place(rng, &a->out, region_addr(rng, space, REGION_OUT), true, degenerate);
	a->op = rng_range(rng, V3NPU_ARGMAX_MAX, V3NPU_ARGMAX_MIN);
}

void command_random(struct rng *rng, struct space *space, union command *cmd)
{
	memset(cmd, 0, sizeof(*cmd));
	space_fill(rng, space);
	cmd->hdr.tag = rng_u32(rng);
	cmd->hdr.opcode = rng_range(rng, V3NPU_OP_CONV, V3NPU_OP_COPY);
	/* Half of all are convolutions: there is most to get wrong */
	if (rng_one_in(rng, 3))
		cmd->hdr.opcode = V3NPU_OP_CONV;
	else if (rng_one_in(rng, 8))
		cmd->hdr.opcode = V3NPU_OP_ARGMAX;
	switch (cmd->hdr.opcode) {
	case V3NPU_OP_CONV:
		cmd->hdr.size = sizeof(cmd->conv);
		random_conv(rng, space, &cmd->conv);
		break;
	case V3NPU_OP_MATMUL:
		cmd->hdr.size = sizeof(cmd->matmul);
		random_matmul(rng, space, &cmd->matmul);
		break;
	case V3NPU_OP_ELTWISE:
		cmd->hdr.size = sizeof(cmd->eltwise);
		random_eltwise(rng, space, &cmd->eltwise);
		break;
	case V3NPU_OP_POOL:
		cmd->hdr.size = sizeof(cmd->pool);
		random_pool(rng, space, &cmd->pool);
		break;
	case V3NPU_OP_SOFTMAX:
		cmd->hdr.size = sizeof(cmd->softmax);
		random_softmax(rng, space, &cmd->softmax);
		break;
	case V3NPU_OP_RESIZE:
		cmd->hdr.size = sizeof(cmd->resize);
		random_resize(rng, space, &cmd->resize);
		break;
	case V3NPU_OP_COPY:
		cmd->hdr.size = sizeof(cmd->copy);
		random_copy(rng, space, &cmd->copy);
		break;
	case V3NPU_OP_ARGMAX:
		cmd->hdr.size = sizeof(cmd->argmax);
		random_argmax(rng, space, &cmd->argmax);
		break;
	}
}

const char *command_describe(const union command *cmd)
{
	static const char *const names[] = {
		"nop", "conv", "matmul", "eltwise", "pool", "softmax", "resize", "copy", "stall",
		"argmax"
	};
	/* The first two tensors come at the same place in all */
	const struct v3npu_tensor *a = &cmd->conv.in, *b = &cmd->conv.out;
	static char text[256];

	snprintf(text, sizeof(text),
		 "%s %ux%ux%ux%u stride %u %u %u %u, %ux%ux%ux%u stride %u %u %u %u",
		 cmd->hdr.opcode < V3NPU_NUM_OPCODES ? names[cmd->hdr.opcode] : "?",
		 a->dim[0], a->dim[1], a->dim[2], a->dim[3],
		 a->stride[0], a->stride[1], a->stride[2], a->stride[3],
		 b->dim[0], b->dim[1], b->dim[2], b->dim[3],
		 b->stride[0], b->stride[1], b->stride[2], b->stride[3]);
	return text;
}
