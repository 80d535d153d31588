/* SPDX-License-Identifier: MIT */
/* Commands of given shapes. */
#ifndef V3NPU_TESTS_SHAPES_H
#define V3NPU_TESTS_SHAPES_H

#include "commands.h"

#define SHAPES_BASE	0x10000

/* A tensor without gaps */
struct v3npu_tensor dense(uint64_t addr, uint32_t n, uint32_t h, uint32_t w, uint32_t c);

/* Makes @cmd an empty command of that opcode */
void start(union command *cmd, enum v3npu_opcode opcode, size_t size);

/* An output stage that clamps nothing, whose constants are at @chan */
void usual_output(struct v3npu_output *o, uint64_t chan);

/*
 * A convolution whose operands (h, w, c) and results are one after the other from SHAPES_BASE on,
 * constants first
 */
void make_conv(union command *cmd, const uint32_t in[3], const uint32_t out[3],
	       const uint16_t kernel[2], uint16_t dilation, uint32_t groups, bool brick);

#endif /* V3NPU_TESTS_SHAPES_H */
