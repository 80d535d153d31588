/* SPDX-License-Identifier: MIT */
/* Counts in core memory and writes the count to the start of address space 1, for ever */
#include "v3npu/core.h"

#define COUNT	0x1000

	.section .text.start, "ax"
	.globl	_start
_start:
	li	s0, V3NPU_CORE_PERIPH
	li	s1, COUNT
	sw	zero, 0(s1)
	li	t0, 1
	sw	t0, %lo(V3NPU_CORE_DMA_AS)(s0)
	sw	zero, %lo(V3NPU_CORE_DMA_VA_LO)(s0)
	sw	zero, %lo(V3NPU_CORE_DMA_VA_HI)(s0)
	sw	s1, %lo(V3NPU_CORE_DMA_LOCAL)(s0)
	li	t0, 4
	sw	t0, %lo(V3NPU_CORE_DMA_LEN)(s0)
	li	t2, V3NPU_DMA_TO_HOST
1:	lw	t1, 0(s1)
	addi	t1, t1, 1
	sw	t1, 0(s1)
	sw	t2, %lo(V3NPU_CORE_DMA_CTRL)(s0)
	j	1b
