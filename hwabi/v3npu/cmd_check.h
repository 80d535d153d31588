/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note OR MIT */
/*
 * The check of one command, the single definition of what is valid. What fails
 * it is refused with V3NPU_CMD_E*, negated.
 *
 * The firmware runs it on its own copy of a command before it programs the
 * datapath; the datapath runs it again on what it was programmed with, and
 * the compiler's tests run it on what was emitted. Plain C with no library,
 * no division by anything unchecked, no allocation.
 */
#ifndef _V3NPU_CMD_CHECK_H
#define _V3NPU_CMD_CHECK_H

#include "v3npu/cmd.h"
#include "v3npu/regs.h"

static inline __u32 v3npu_cmd_size(__u32 opcode)
{
	switch (opcode) {
	case V3NPU_OP_NOP:
		return sizeof(struct v3npu_cmd_hdr);
	case V3NPU_OP_CONV:
		return sizeof(struct v3npu_cmd_conv);
	case V3NPU_OP_MATMUL:
		return sizeof(struct v3npu_cmd_matmul);
	case V3NPU_OP_ELTWISE:
		return sizeof(struct v3npu_cmd_eltwise);
	case V3NPU_OP_POOL:
		return sizeof(struct v3npu_cmd_pool);
	case V3NPU_OP_SOFTMAX:
		return sizeof(struct v3npu_cmd_softmax);
	case V3NPU_OP_RESIZE:
		return sizeof(struct v3npu_cmd_resize);
	case V3NPU_OP_COPY:
		return sizeof(struct v3npu_cmd_copy);
	case V3NPU_OP_STALL:
		return sizeof(struct v3npu_cmd_stall);
	case V3NPU_OP_ARGMAX:
		return sizeof(struct v3npu_cmd_argmax);
	default:
		return 0;
	}
}

/* Bytes [addr, addr + size) lie in translated memory or in SRAM; size is below 2^57 */
static inline int v3npu_check_range(__u64 addr, __u64 size, __u32 sram_size)
{
	if (addr < V3NPU_VA_DRAM_END)
		return size <= V3NPU_VA_DRAM_END - addr ? 0 : -V3NPU_CMD_EADDR;
	addr -= V3NPU_VA_SRAM;
	return addr <= sram_size && size <= sram_size - addr ? 0 : -V3NPU_CMD_EADDR;
}

static inline int v3npu_check_tensor(const struct v3npu_tensor *t, int is_output, __u32 sram_size)
{
	__u64 elements = 1, extent = 1;
	int i;

	for (i = 0; i < 4; i++) {
		if (!t->dim[i] || t->dim[i] > V3NPU_DIM_MAX)
			return -V3NPU_CMD_EDIM;
		elements *= t->dim[i];
		if (elements > V3NPU_ELEMENTS_MAX)
			return -V3NPU_CMD_EDIM;
		if (is_output && t->dim[i] > 1 && !t->stride[i])
			return -V3NPU_CMD_EVALUE;
		extent += (__u64)(t->dim[i] - 1) * t->stride[i];
	}
	return v3npu_check_range(t->addr, extent, sram_size);
}

static inline int v3npu_check_same_dims(const struct v3npu_tensor *a, const struct v3npu_tensor *b)
{
	int i;

	for (i = 0; i < 4; i++)
		if (a->dim[i] != b->dim[i])
			return -V3NPU_CMD_EDIM;
	return 0;
}

static inline int v3npu_check_table(__u64 table, __u32 sram_size)
{
	return table ? v3npu_check_range(table, 256, sram_size) : 0;
}

static inline int v3npu_check_scale(__s32 multiplier, __s32 shift)
{
	return multiplier < 0 || shift < -31 || shift > 30 ? -V3NPU_CMD_EVALUE : 0;
}

/* Window parameters, all h, w pairs; dilation may be null */
static inline int v3npu_check_window(const __u16 *kernel, const __u16 *stride,
				     const __u16 *dilation, const __u16 *pad)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (!kernel[i] || kernel[i] > V3NPU_KERNEL_MAX ||
		    !stride[i] || stride[i] > V3NPU_KERNEL_MAX || pad[i] > V3NPU_KERNEL_MAX)
			return -V3NPU_CMD_EVALUE;
		if (dilation && (!dilation[i] || dilation[i] > V3NPU_KERNEL_MAX))
			return -V3NPU_CMD_EVALUE;
	}
	return 0;
}

static inline int v3npu_check_output(const struct v3npu_output *o, __u32 channels, __u32 sram_size)
{
	__u64 entries = o->flags & V3NPU_OUTPUT_PER_TENSOR ? 1 : channels;

	if (o->reserved || o->flags & ~V3NPU_OUTPUT_PER_TENSOR)
		return -V3NPU_CMD_ERESERVED;
	if (o->min > o->max)
		return -V3NPU_CMD_EVALUE;
	if (o->chan & 3 ||
	    v3npu_check_range(o->chan, entries * sizeof(struct v3npu_chan), sram_size))
		return -V3NPU_CMD_EADDR;
	return v3npu_check_table(o->table, sram_size);
}

static inline int v3npu_check_conv(const struct v3npu_cmd_conv *c, __u32 sram_size)
{
	__u32 ic = c->in.dim[3], oc = c->out.dim[3];
	__u64 taps, depth, bytes;
	int ret;

	ret = v3npu_check_tensor(&c->in, 0, sram_size);
	if (!ret)
		ret = v3npu_check_tensor(&c->out, 1, sram_size);
	if (!ret)
		ret = v3npu_check_output(&c->output, oc, sram_size);
	if (!ret)
		ret = v3npu_check_window(c->kernel, c->stride, c->dilation, c->pad);
	if (ret)
		return ret;
	if (c->weight_format > V3NPU_WEIGHTS_BRICK)
		return -V3NPU_CMD_EVALUE;
	if (c->in.dim[0] != c->out.dim[0])
		return -V3NPU_CMD_EDIM;
	if (!c->groups || c->groups > ic || ic % c->groups || oc % c->groups)
		return -V3NPU_CMD_EDIM;
	if (c->weight_format == V3NPU_WEIGHTS_BRICK && c->groups != 1)
		return -V3NPU_CMD_EVALUE;
	taps = (__u64)c->kernel[0] * c->kernel[1];
	depth = taps * (ic / c->groups);
	if (depth > (c->weight_zero_point ? V3NPU_DEPTH_MAX / 2 : V3NPU_DEPTH_MAX))
		return -V3NPU_CMD_EDIM;
	if (c->weight_format == V3NPU_WEIGHTS_BRICK)
		bytes = taps * ((ic + V3NPU_BRICK_I - 1) / V3NPU_BRICK_I) *
			((oc + V3NPU_BRICK_O - 1) / V3NPU_BRICK_O) * V3NPU_BRICK_O * V3NPU_BRICK_I;
	else
		bytes = depth * oc;
	return v3npu_check_range(c->weights, bytes, sram_size);
}

static inline int v3npu_check_matmul(const struct v3npu_cmd_matmul *m, __u32 sram_size)
{
	int i, ret;

	ret = v3npu_check_tensor(&m->a, 0, sram_size);
	if (!ret)
		ret = v3npu_check_tensor(&m->b, 0, sram_size);
	if (!ret)
		ret = v3npu_check_tensor(&m->out, 1, sram_size);
	if (!ret)
		ret = v3npu_check_output(&m->output, m->out.dim[3], sram_size);
	if (ret)
		return ret;
	for (i = 0; i < 6; i++)
		if (m->reserved[i])
			return -V3NPU_CMD_ERESERVED;
	for (i = 0; i < 2; i++)
		if (m->a.dim[i] != m->b.dim[i] || m->a.dim[i] != m->out.dim[i])
			return -V3NPU_CMD_EDIM;
	if (m->a.dim[3] != m->b.dim[3] || m->a.dim[3] > V3NPU_DEPTH_MAX / 2 ||
	    m->out.dim[2] != m->a.dim[2] || m->out.dim[3] != m->b.dim[2])
		return -V3NPU_CMD_EDIM;
	return 0;
}

static inline int v3npu_check_eltwise(const struct v3npu_cmd_eltwise *e, __u32 sram_size)
{
	int rescales = e->op == V3NPU_ELTWISE_ADD || e->op == V3NPU_ELTWISE_SUB;
	int compares = e->op == V3NPU_ELTWISE_MAX || e->op == V3NPU_ELTWISE_MIN;
	int i, ret;

	ret = v3npu_check_tensor(&e->out, 1, sram_size);
	for (i = 0; i < 2 && !ret; i++) {
		const struct v3npu_operand *o = &e->operand[i];

		ret = v3npu_check_tensor(&e->in[i], 0, sram_size);
		if (!ret)
			ret = v3npu_check_same_dims(&e->in[i], &e->out);
		if (!ret)
			ret = v3npu_check_scale(o->multiplier, o->shift);
		if (!ret && (o->reserved[0] || o->reserved[1] || o->reserved[2]))
			ret = -V3NPU_CMD_ERESERVED;
		if (!ret && !rescales && (o->multiplier || o->shift) &&
		    (e->op != V3NPU_ELTWISE_PRELU || i))
			ret = -V3NPU_CMD_EVALUE;
		if (!ret && compares && o->zero_point)
			ret = -V3NPU_CMD_EVALUE;
	}
	if (!ret)
		ret = v3npu_check_scale(e->multiplier, e->shift);
	if (!ret)
		ret = v3npu_check_table(e->table, sram_size);
	if (ret)
		return ret;
	if (e->reserved[0] || e->reserved[1] || e->reserved[2])
		return -V3NPU_CMD_ERESERVED;
	if (e->op > V3NPU_ELTWISE_PRELU || e->min > e->max ||
	    e->left_shift > (rescales ? V3NPU_ELTWISE_SHIFT_MAX : 0))
		return -V3NPU_CMD_EVALUE;
	if (compares && (e->multiplier || e->shift || e->zero_point))
		return -V3NPU_CMD_EVALUE;
	return 0;
}

static inline int v3npu_check_pool(const struct v3npu_cmd_pool *p, __u32 sram_size)
{
	int ret;

	ret = v3npu_check_tensor(&p->in, 0, sram_size);
	if (!ret)
		ret = v3npu_check_tensor(&p->out, 1, sram_size);
	if (!ret)
		ret = v3npu_check_window(p->kernel, p->stride, 0, p->pad);
	if (!ret)
		ret = v3npu_check_table(p->table, sram_size);
	if (ret)
		return ret;
	if (p->flags & ~V3NPU_POOL_HALF_UP)
		return -V3NPU_CMD_ERESERVED;
	if (p->op > V3NPU_POOL_AVG || p->min > p->max || (p->op != V3NPU_POOL_AVG && p->flags))
		return -V3NPU_CMD_EVALUE;
	if (p->in.dim[0] != p->out.dim[0] || p->in.dim[3] != p->out.dim[3])
		return -V3NPU_CMD_EDIM;
	return 0;
}

static inline int v3npu_check_softmax(const struct v3npu_cmd_softmax *s, __u32 sram_size)
{
	int ret;

	ret = v3npu_check_tensor(&s->in, 0, sram_size);
	if (!ret)
		ret = v3npu_check_tensor(&s->out, 1, sram_size);
	if (!ret)
		ret = v3npu_check_same_dims(&s->in, &s->out);
	if (ret)
		return ret;
	if (s->reserved)
		return -V3NPU_CMD_ERESERVED;
	/* 4096 terms of at most 1 fit the 12 integer bits of the sum */
	if (s->in.dim[3] > 4096)
		return -V3NPU_CMD_EDIM;
	if (s->multiplier < 0 || s->shift < 0 || s->shift > 30 || s->diff_min > 0)
		return -V3NPU_CMD_EVALUE;
	return 0;
}

static inline int v3npu_check_resize(const struct v3npu_cmd_resize *r, __u32 sram_size)
{
	int i, ret;

	ret = v3npu_check_tensor(&r->in, 0, sram_size);
	if (!ret)
		ret = v3npu_check_tensor(&r->out, 1, sram_size);
	if (ret)
		return ret;
	for (i = 0; i < 6; i++)
		if (r->reserved[i])
			return -V3NPU_CMD_ERESERVED;
	if (r->mode > V3NPU_RESIZE_BILINEAR)
		return -V3NPU_CMD_EVALUE;
	if ((r->flags & ~V3NPU_RESIZE_FLOAT) > V3NPU_RESIZE_HALF_PIXEL)
		return -V3NPU_CMD_ERESERVED;
	if (r->flags & V3NPU_RESIZE_FLOAT && r->mode != V3NPU_RESIZE_BILINEAR)
		return -V3NPU_CMD_EVALUE;
	if (r->in.dim[0] != r->out.dim[0] || r->in.dim[3] != r->out.dim[3])
		return -V3NPU_CMD_EDIM;
	return 0;
}

static inline int v3npu_check_copy(const struct v3npu_cmd_copy *c, __u32 sram_size)
{
	int ret;

	ret = v3npu_check_tensor(&c->in, 0, sram_size);
	if (!ret)
		ret = v3npu_check_tensor(&c->out, 1, sram_size);
	if (!ret)
		ret = v3npu_check_same_dims(&c->in, &c->out);
	return ret ? ret : v3npu_check_table(c->table, sram_size);
}

static inline int v3npu_check_argmax(const struct v3npu_cmd_argmax *a, __u32 sram_size)
{
	int i, ret;

	ret = v3npu_check_tensor(&a->in, 0, sram_size);
	if (!ret)
		ret = v3npu_check_tensor(&a->out, 1, sram_size);
	if (ret)
		return ret;
	for (i = 0; i < 7; i++)
		if (a->reserved[i])
			return -V3NPU_CMD_ERESERVED;
	if (a->op > V3NPU_ARGMAX_MIN)
		return -V3NPU_CMD_EVALUE;
	for (i = 0; i < 3; i++)
		if (a->in.dim[i] != a->out.dim[i])
			return -V3NPU_CMD_EDIM;
	return a->out.dim[3] == 4 || a->out.dim[3] == 8 ? 0 : -V3NPU_CMD_EDIM;
}

/**
 * v3npu_cmd_check() - decide whether one command is valid
 * @cmd: the command, 8-byte aligned; @avail bytes of it can be read
 * @avail: bytes left in the stream
 * @sram_size: bytes of SRAM of this NPU
 *
 * Return: 0, or a negated V3NPU_CMD_E* reason.
 */
static inline int v3npu_cmd_check(const void *cmd, __u32 avail, __u32 sram_size)
{
	const struct v3npu_cmd_hdr *hdr = cmd;
	__u32 size;

	if (avail < sizeof(*hdr))
		return -V3NPU_CMD_ESIZE;
	size = v3npu_cmd_size(hdr->opcode);
	if (!size)
		return -V3NPU_CMD_EOPCODE;
	if (hdr->size != size || size > avail)
		return -V3NPU_CMD_ESIZE;

	switch (hdr->opcode) {
	case V3NPU_OP_CONV:
		return v3npu_check_conv(cmd, sram_size);
	case V3NPU_OP_MATMUL:
		return v3npu_check_matmul(cmd, sram_size);
	case V3NPU_OP_ELTWISE:
		return v3npu_check_eltwise(cmd, sram_size);
	case V3NPU_OP_POOL:
		return v3npu_check_pool(cmd, sram_size);
	case V3NPU_OP_SOFTMAX:
		return v3npu_check_softmax(cmd, sram_size);
	case V3NPU_OP_RESIZE:
		return v3npu_check_resize(cmd, sram_size);
	case V3NPU_OP_COPY:
		return v3npu_check_copy(cmd, sram_size);
	case V3NPU_OP_STALL: {
		const struct v3npu_cmd_stall *s = cmd;

		if (s->reserved)
			return -V3NPU_CMD_ERESERVED;
		return s->usec > V3NPU_STALL_MAX ? -V3NPU_CMD_EVALUE : 0;
	}
	case V3NPU_OP_ARGMAX:
		return v3npu_check_argmax(cmd, sram_size);
	default:
		return 0;
	}
}

#endif /* _V3NPU_CMD_CHECK_H */
