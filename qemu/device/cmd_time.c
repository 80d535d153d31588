// SPDX-License-Identifier: MIT
/* How long a command takes, roughly and rather too long */
#include <stddef.h>

#include "hw.h"
#include "v3npu/cmd_check.h"

/* A page that is met for the first time is looked up in the tables */
#define PAGE_NS		200

static uint64_t elements(const struct v3npu_tensor *t)
{
	return (uint64_t)t->dim[0] * t->dim[1] * t->dim[2] * t->dim[3];
}

static uint64_t pages(const struct v3npu_tensor *t)
{
	uint64_t extent = 0, n = elements(t);
	int i;

	for (i = 0; i < 4; i++)
		extent += (uint64_t)(t->dim[i] - 1) * t->stride[i];
	extent /= V3NPU_PAGE_SIZE;
	return 1 + (extent < n ? extent : n);
}

/* Nanoseconds for each element of the output, with the slowest of the kernels */
static uint64_t output_ns(const struct v3npu_cmd_hdr *hdr, const struct v3npu_tensor *in)
{
	const struct v3npu_cmd_conv *conv = (const void *)hdr;
	const struct v3npu_cmd_pool *pool = (const void *)hdr;

	switch (hdr->opcode) {
	case V3NPU_OP_CONV:
		return 4 + (uint64_t)conv->kernel[0] * conv->kernel[1] *
			   (in->dim[3] / conv->groups) / 2;
	case V3NPU_OP_MATMUL:
		return 4 + in->dim[3] / 2;
	case V3NPU_OP_POOL:
		return 4 + (uint64_t)pool->kernel[0] * pool->kernel[1];
	case V3NPU_OP_SOFTMAX:
		return 64;
	case V3NPU_OP_ELTWISE:
	case V3NPU_OP_RESIZE:
		return 16;
	case V3NPU_OP_ARGMAX:
		return 4 + 2 * (uint64_t)in->dim[3];
	default:
		return 4;
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
	unsigned int i, n;
	uint64_t ns;

	/* One that is refused ends at once, and of the others the products do not overflow */
	if (v3npu_cmd_check(cmd, V3NPU_CMD_MAX_SIZE, sram_size) || hdr->opcode == V3NPU_OP_NOP)
		return 0;
	if (hdr->opcode == V3NPU_OP_STALL)
		return UINT64_MAX;

	n = hdr->opcode == V3NPU_OP_MATMUL || hdr->opcode == V3NPU_OP_ELTWISE ? 3 : 2;
	ns = elements(&t[n - 1]) * output_ns(hdr, &t[0]);
	for (i = 0; i < n; i++)
		ns += pages(&t[i]) * PAGE_NS;
	return ns;
}
