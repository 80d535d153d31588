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

/* Gives a tensor, whose dimensions are set, a place and strides in its region */
static void place(struct rng *rng, struct v3npu_tensor *t, uint64_t region, bool result)
{
	int i;

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

static uint32_t random_channels(struct rng *rng)
{
	return rng_one_in(rng, 4) ? rng_range(rng, 1, 80) : rng_range(rng, 1, 20);
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
	uint32_t in = random_channels(rng), out = random_channels(rng), n = rng_range(rng, 1, 2);
	uint64_t room;
	int i;

	c->groups = 1;
	c->weight_format = rng_u32(rng) & 1;
	if (c->weight_format == V3NPU_WEIGHTS_OHWI && rng_one_in(rng, 2)) {
		c->groups = rng_range(rng, 1, 24);
		in = c->groups * rng_range(rng, 1, 4);
		out = c->groups * rng_range(rng, 1, 4);
	}
	for (i = 0; i < 2; i++) {
		c->kernel[i] = rng_range(rng, 1, 4);
		c->stride[i] = rng_range(rng, 1, 3);
		c->dilation[i] = rng_one_in(rng, 3) ? rng_range(rng, 1, 40) : 1;
		c->pad[i] = rng_one_in(rng, 5) ? rng_range(rng, 0, 50) : rng_range(rng, 0, 3);
	}
	set_dims(&c->in, n, rng_range(rng, 1, 9), rng_range(rng, 1, 15), in);
	set_dims(&c->out, n, rng_range(rng, 1, 7), rng_range(rng, 1, 30), out);
	room = (uint64_t)c->kernel[0] * c->kernel[1] * ((in + 3) / 4 * 4) * ((out + 15) / 16 * 16);
	if (room > REGION_SIZE) {
		c->kernel[0] = 1;
		c->kernel[1] = 1;
		room /= 16;
	}
	place(rng, &c->in, region_addr(rng, space, REGION_IN), false);
	place(rng, &c->out, region_addr(rng, space, REGION_OUT), true);
	c->weights = region_addr(rng, space, REGION_IN2) +
		     rng_range(rng, 0, REGION_SIZE > room ? REGION_SIZE - room : 0);
	random_output(rng, space, &c->output, out);
	c->in_zero_point = random_i8(rng);
	c->pad_value = rng_one_in(rng, 2) ? c->in_zero_point : random_i8(rng);
}

static void random_matmul(struct rng *rng, struct space *space, struct v3npu_cmd_matmul *m)
{
	uint32_t n = rng_range(rng, 1, 2), h = rng_range(rng, 1, 3);
	uint32_t rows = rng_range(rng, 1, 40), columns = rng_range(rng, 1, 40);
	uint32_t depth = rng_range(rng, 1, 70);

	set_dims(&m->a, n, h, rows, depth);
	set_dims(&m->b, n, h, columns, depth);
	set_dims(&m->out, n, h, rows, columns);
	place(rng, &m->a, region_addr(rng, space, REGION_IN), false);
	place(rng, &m->b, region_addr(rng, space, REGION_IN2), false);
	place(rng, &m->out, region_addr(rng, space, REGION_OUT), true);
	random_output(rng, space, &m->output, columns);
	m->a_zero_point = random_i8(rng);
	m->b_zero_point = rng_one_in(rng, 3) ? 0 : random_i8(rng);
}

static void random_dims(struct rng *rng, struct v3npu_tensor *t)
{
	set_dims(t, rng_range(rng, 1, 3), rng_range(rng, 1, 8), rng_range(rng, 1, 24),
		 random_channels(rng));
}

static void random_eltwise(struct rng *rng, struct space *space, struct v3npu_cmd_eltwise *e)
{
	bool wild = rng_one_in(rng, 5);
	bool rescales, compares;
	int i;

	e->op = rng_range(rng, V3NPU_ELTWISE_ADD, V3NPU_ELTWISE_PRELU);
	rescales = e->op <= V3NPU_ELTWISE_SUB;
	compares = e->op == V3NPU_ELTWISE_MAX || e->op == V3NPU_ELTWISE_MIN;
	random_dims(rng, &e->out);
	place(rng, &e->out, region_addr(rng, space, REGION_OUT), true);
	for (i = 0; i < 2; i++) {
		e->in[i] = e->out;
		if (!rng_one_in(rng, 4))
			place(rng, &e->in[i], region_addr(rng, space, REGION_IN + i), false);
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
	uint32_t n = rng_range(rng, 1, 2), c = random_channels(rng);
	int i;

	p->op = rng_u32(rng) & 1;
	for (i = 0; i < 2; i++) {
		p->kernel[i] = rng_one_in(rng, 6) ? rng_range(rng, 1, 40) : rng_range(rng, 1, 5);
		p->stride[i] = rng_range(rng, 1, 3);
		p->pad[i] = rng_one_in(rng, 6) ? rng_range(rng, 0, 60) : rng_range(rng, 0, 3);
	}
	set_dims(&p->in, n, rng_range(rng, 1, 9), rng_range(rng, 1, 20), c);
	set_dims(&p->out, n, rng_range(rng, 1, 7), rng_range(rng, 1, 20), c);
	place(rng, &p->in, region_addr(rng, space, REGION_IN), false);
	place(rng, &p->out, region_addr(rng, space, REGION_OUT), true);
	random_clamp(rng, &p->min, &p->max);
	p->table = random_table(rng, space);
}

static void random_softmax(struct rng *rng, struct space *space, struct v3npu_cmd_softmax *s)
{
	random_dims(rng, &s->in);
	if (rng_one_in(rng, 8))
		set_dims(&s->in, 1, 1, 2, rng_range(rng, 400, 4096));
	s->out = s->in;
	place(rng, &s->out, region_addr(rng, space, REGION_OUT), true);
	s->in = s->out;
	if (!rng_one_in(rng, 4))
		place(rng, &s->in, region_addr(rng, space, REGION_IN), false);
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
	uint32_t n = rng_range(rng, 1, 2), c = random_channels(rng);

	set_dims(&r->in, n, rng_range(rng, 1, 12), rng_range(rng, 1, 12), c);
	set_dims(&r->out, n, rng_range(rng, 1, 16), rng_range(rng, 1, 16), c);
	place(rng, &r->in, region_addr(rng, space, REGION_IN), false);
	place(rng, &r->out, region_addr(rng, space, REGION_OUT), true);
	r->flags = rng_range(rng, 0, 2);
	r->mode = rng_range(rng, V3NPU_RESIZE_NEAREST, V3NPU_RESIZE_BILINEAR);
}

static void random_copy(struct rng *rng, struct space *space, struct v3npu_cmd_copy *c)
{
	random_dims(rng, &c->out);
	place(rng, &c->out, region_addr(rng, space, REGION_OUT), true);
	c->in = c->out;
	if (!rng_one_in(rng, 4))
		place(rng, &c->in, region_addr(rng, space, REGION_IN), false);
	c->table = random_table(rng, space);
}

static void random_argmax(struct rng *rng, struct space *space, struct v3npu_cmd_argmax *a)
{
	random_dims(rng, &a->in);
	if (rng_one_in(rng, 8))
		set_dims(&a->in, 1, 1, 2, rng_range(rng, 1, 20000));
	a->out = a->in;
	a->out.dim[3] = rng_one_in(rng, 2) ? 4 : 8;
	place(rng, &a->in, region_addr(rng, space, REGION_IN), false);
	place(rng, &a->out, region_addr(rng, space, REGION_OUT), true);
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
