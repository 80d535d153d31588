// SPDX-License-Identifier: MIT
/*
 * How long a command takes, roughly and rather too long: a command that is thought to be long only
 * waits for a thread to wake up, one that is thought to be short keeps the core from its work.
 */
#include <stddef.h>

#include "hw.h"
#include "v3npu/cmd_check.h"

/* Nanoseconds of a multiply-accumulate, with the slowest of the kernels */
#define MAC_NS		0.5
/* A run of elements is found among the translations that are in use */
#define RUN_NS		50
/* A page that is met for the first time is looked up in the tables */
#define PAGE_NS		1000
/* More pages than this do not stay in the cache of translations; each run may be such a look-up */
#define CACHED_PAGES	8192
/* Runs are cut into tiles; few are cut into shorter ones than this */
#define RUN_MAX		64
/* A chunk of output channels is at most so many, and so many bytes of weights */
#define CHUNK_CHANNELS	1024
#define CHUNK_BYTES	(4 << 20)

/* Of numbers up to 2^28, and products of them: as double they do not overflow */
static double elements(const struct v3npu_tensor *t)
{
	return (double)t->dim[0] * t->dim[1] * t->dim[2] * t->dim[3];
}

static double pages(const struct v3npu_tensor *t)
{
	double extent = 0, n = elements(t);
	int i;

	for (i = 0; i < 4; i++)
		extent += (double)(t->dim[i] - 1) * t->stride[i];
	extent /= V3NPU_PAGE_SIZE;
	return 1 + (extent < n ? extent : n);
}

/* Runs that a tensor is read or written in, once; by columns if they are contiguous */
static double runs(const struct v3npu_tensor *t)
{
	uint32_t run = 1;
	int i;

	for (i = 0; i < 4; i++)
		if (t->stride[i] == 1 && t->dim[i] > run)
			run = t->dim[i];
	return elements(t) / (run < RUN_MAX ? run : RUN_MAX);
}

/* Runs that @channels channels of a pixel are read in */
static double pixel_runs(const struct v3npu_tensor *t, double channels)
{
	return t->stride[3] == 1 ? 1 + channels / RUN_MAX : channels;
}

/* How often operands are gathered for so many output channels of so many weights each */
static double chunks(double channels, double depth)
{
	return 1 + channels / CHUNK_CHANNELS + channels * depth / CHUNK_BYTES;
}

/* Sets *@looked_up to the runs of the input. Return: nanoseconds of the arithmetic */
static double conv_time(const struct v3npu_cmd_conv *c, double *looked_up)
{
	const struct v3npu_tensor *in = &c->in, *out = &c->out;
	uint32_t group_in = in->dim[3] / c->groups, group_out = out->dim[3] / c->groups;
	double taps = (double)c->kernel[0] * c->kernel[1];
	/* Columns between dilated taps are gathered, too, unless windows are gathered tap by tap */
	double window = c->kernel[0] * ((c->kernel[1] - 1.0) * c->dilation[1] + 1);
	double block = V3NPU_BRICK_O / group_out, depth, blocks;

	/* Groups are done a block at a time, which is computed as if it were one group */
	if (block > V3NPU_DEPTH_MAX / (taps * group_in))
		block = V3NPU_DEPTH_MAX / (taps * group_in);
	if (block > c->groups)
		block = c->groups;
	if (block < 1)
		block = 1;
	blocks = 1 + c->groups / block;
	depth = taps * (block * group_in + V3NPU_BRICK_I);
	*looked_up = elements(out) / out->dim[3] * window * pixel_runs(in, block * group_in) *
		     blocks * chunks(block * group_out, depth);
	return elements(out) * (4 + depth * MAC_NS);
}

static double matmul_time(const struct v3npu_cmd_matmul *m, double *looked_up)
{
	uint32_t columns = m->out.dim[3], depth = m->a.dim[3];

	*looked_up = elements(&m->a) / depth * pixel_runs(&m->a, depth) * chunks(columns, depth) +
		     elements(&m->b) / depth * pixel_runs(&m->b, depth);
	return elements(&m->out) * (4 + (depth + V3NPU_BRICK_I) * MAC_NS);
}

static double pool_time(const struct v3npu_cmd_pool *p, double *looked_up)
{
	double taps = (double)p->kernel[0] * p->kernel[1];

	*looked_up = elements(&p->out) / p->out.dim[3] * taps * pixel_runs(&p->in, p->in.dim[3]);
	return elements(&p->out) * (4 + taps);
}

static double resize_time(const struct v3npu_cmd_resize *r, double *looked_up)
{
	*looked_up = elements(&r->out) / r->out.dim[3] * 4 * pixel_runs(&r->in, r->in.dim[3]);
	return elements(&r->out) * 16;
}

/* A command that reads its operands once */
static double stream_time(const struct v3npu_cmd_hdr *hdr, const struct v3npu_tensor *in,
			  double *looked_up)
{
	*looked_up = runs(in);
	switch (hdr->opcode) {
	case V3NPU_OP_ELTWISE:
		*looked_up += runs(in + 1);
		return elements(in) * 16;
	case V3NPU_OP_SOFTMAX:
		return elements(in) * 64;
	default:
		return elements(in) * 4;
	}
}

static double compute_time(const struct v3npu_cmd_hdr *hdr, const struct v3npu_tensor *in,
			   double *looked_up)
{
	const void *cmd = hdr;

	switch (hdr->opcode) {
	case V3NPU_OP_CONV:
		return conv_time(cmd, looked_up);
	case V3NPU_OP_MATMUL:
		return matmul_time(cmd, looked_up);
	case V3NPU_OP_POOL:
		return pool_time(cmd, looked_up);
	case V3NPU_OP_RESIZE:
		return resize_time(cmd, looked_up);
	default:
		return stream_time(hdr, in, looked_up);
	}
}

/* Tensors follow the header, the output last */
_Static_assert(offsetof(struct v3npu_cmd_conv, in) == sizeof(struct v3npu_cmd_hdr) &&
	       offsetof(struct v3npu_cmd_matmul, a) == sizeof(struct v3npu_cmd_hdr) &&
	       offsetof(struct v3npu_cmd_eltwise, in) == sizeof(struct v3npu_cmd_hdr) &&
	       offsetof(struct v3npu_cmd_pool, in) == sizeof(struct v3npu_cmd_hdr) &&
	       offsetof(struct v3npu_cmd_softmax, in) == sizeof(struct v3npu_cmd_hdr) &&
	       offsetof(struct v3npu_cmd_resize, in) == sizeof(struct v3npu_cmd_hdr) &&
	       offsetof(struct v3npu_cmd_copy, in) == sizeof(struct v3npu_cmd_hdr) &&
	       offsetof(struct v3npu_cmd_argmax, in) == sizeof(struct v3npu_cmd_hdr), "layout");

uint64_t v3npu_cmd_time(const void *cmd, uint32_t sram_size)
{
	const struct v3npu_cmd_hdr *hdr = cmd;
	const struct v3npu_tensor *t = (const void *)(hdr + 1);
	double ns, looked_up, all_pages = 0;
	unsigned int i, n;

	/* One that is refused ends at once */
	if (v3npu_cmd_check(cmd, V3NPU_CMD_MAX_SIZE, sram_size) || hdr->opcode == V3NPU_OP_NOP)
		return 0;
	if (hdr->opcode == V3NPU_OP_STALL)
		return UINT64_MAX;

	n = hdr->opcode == V3NPU_OP_MATMUL || hdr->opcode == V3NPU_OP_ELTWISE ? 3 : 2;
	ns = compute_time(hdr, t, &looked_up);
	looked_up += runs(&t[n - 1]);
	for (i = 0; i < n; i++)
		all_pages += pages(&t[i]);
	ns += looked_up * (all_pages > CACHED_PAGES ? PAGE_NS : RUN_NS) + all_pages * PAGE_NS;
	return ns < (double)INT64_MAX ? (uint64_t)ns : INT64_MAX;
}
