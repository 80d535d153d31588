// SPDX-License-Identifier: MIT
/* See shapes.h. */
#include <string.h>

#include "shapes.h"

struct v3npu_tensor dense(uint64_t addr, uint32_t n, uint32_t h, uint32_t w, uint32_t c)
{
	return (struct v3npu_tensor) { addr, { n, h, w, c }, { h * w * c, w * c, c, 1 } };
}

void start(union command *cmd, enum v3npu_opcode opcode, size_t size)
{
	memset(cmd, 0, sizeof(*cmd));
	cmd->hdr.opcode = opcode;
	cmd->hdr.size = size;
}

void usual_output(struct v3npu_output *o, uint64_t chan)
{
	o->chan = chan;
	o->zero_point = -3;
	o->min = -128;
	o->max = 127;
}

void make_conv(union command *cmd, const uint32_t in[3], const uint32_t out[3],
		      const uint16_t kernel[2], uint16_t dilation, uint32_t groups, bool brick)
{
	struct v3npu_cmd_conv *c = &cmd->conv;
	uint64_t addr = SHAPES_BASE + 12 * out[2];
	int i;

	start(cmd, V3NPU_OP_CONV, sizeof(*c));
	usual_output(&c->output, SHAPES_BASE);
	c->in = dense(addr, 1, in[0], in[1], in[2]);
	addr += (uint64_t)in[0] * in[1] * in[2];
	c->out = dense(addr, 1, out[0], out[1], out[2]);
	addr += (uint64_t)out[0] * out[1] * out[2];
	c->weights = addr;
	for (i = 0; i < 2; i++) {
		c->kernel[i] = kernel[i];
		c->stride[i] = 1;
		c->dilation[i] = dilation;
		c->pad[i] = (kernel[i] - 1) / 2;
	}
	c->groups = groups;
	c->in_zero_point = 5;
	c->pad_value = 5;
	c->weight_format = brick ? V3NPU_WEIGHTS_BRICK : V3NPU_WEIGHTS_OHWI;
}
