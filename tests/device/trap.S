/* SPDX-License-Identifier: MIT */
/* Synchronous traps: cause, address, value and state of each, checking themselves */
#include "asm.h"

#define MIE	8
#define MPIE	0x80
#define MPP	0x1800
#define HANDLER_INSNS	6

/*
 * One instruction that traps. The handler leaves the trap's registers in
 * s2..s5 and returns to s6. The numeric label is where mepc must point.
 */
	.macro	TRAP_AT line, cause, tval, op:vararg
	li	s2, -1
	la	s6, 2f
1:	\op
	HALT	TEST_FAIL + \line
2:	la	a0, 1b
	CHECK_AT \line, s2, \cause
	sub	s3, s3, a0
	CHECK_AT \line, s3, 0
	CHECK_AT \line, s4, \tval
	CHECK_AT \line, s5, MPP | MPIE
	csrr	a0, mstatus
	CHECK_AT \line, a0, MPP | MPIE | MIE
	.endm

#define TRAP(cause, tval, ...)	TRAP_AT __LINE__, cause, tval, __VA_ARGS__

	.text
	.globl	_start
_start:
	la	a0, handler
	csrw	mtvec, a0
	csrsi	mstatus, MIE
	.option	norvc
	.option	norelax

	TRAP(11, 0, ecall)
	/* Breakpoints, long and short: mtval is their address */
	li	s2, -1
	la	s6, 2f
1:	.word	0x00100073
	FAIL
2:	CHECK(s2, 3)
	la	a0, 1b
	sub	s3, s3, a0
	CHECK(s3, 0)
	sub	s4, s4, a0
	CHECK(s4, 0)
	li	s2, -1
	la	s6, 2f
1:	.2byte	0x9002
	FAIL
2:	CHECK(s2, 3)
	la	a0, 1b
	sub	s4, s4, a0
	CHECK(s4, 0)

	/* Illegal: mtval is the instruction */
	TRAP(2, 0x00000000, .2byte 0)
	TRAP(2, 0xffffffff, .word 0xffffffff)
	TRAP(2, 0xf1401073, .word 0xf1401073)		/* csrrw x0, mhartid, x0: read only */
	TRAP(2, 0xf1446073, .word 0xf1446073)		/* csrrsi x0, mhartid, 8 */
	TRAP(2, 0x10002573, .word 0x10002573)		/* csrr a0, sstatus: no such mode */
	TRAP(2, 0xc0002573, .word 0xc0002573)		/* csrr a0, cycle: no user mode */

	/* Misaligned in core memory */
	li	s0, TEST_OUTPUT
	TRAP(4, TEST_OUTPUT + 1, lh a1, 1(s0))
	TRAP(4, TEST_OUTPUT + 3, lhu a1, 3(s0))
	TRAP(4, TEST_OUTPUT + 2, lw a1, 2(s0))
	TRAP(6, TEST_OUTPUT + 1, sh a1, 1(s0))
	TRAP(6, TEST_OUTPUT + 1, sw a1, 1(s0))

	/* Nothing there; the destination keeps its value */
	li	s0, V3NPU_CORE_MEM_SIZE
	li	a1, 77
	TRAP(5, V3NPU_CORE_MEM_SIZE, lb a1, 0(s0))
	TRAP(5, V3NPU_CORE_MEM_SIZE, lw a1, 0(s0))
	TRAP(7, V3NPU_CORE_MEM_SIZE, sb a1, 0(s0))
	TRAP(7, V3NPU_CORE_MEM_SIZE + 2, sh a1, 2(s0))
	CHECK(a1, 77)
	li	s0, -1
	TRAP(5, 0xffffffff, lw a1, 0(s0))
	TRAP(7, 0xffffffff, sb a1, 0(s0))
	li	s0, -4
	TRAP(5, 0xfffffffc, lw a1, 0(s0))

	/* Registers are words */
	li	s0, V3NPU_CORE_PENDING
	TRAP(5, V3NPU_CORE_PENDING, lb a1, 0(s0))
	TRAP(5, V3NPU_CORE_PENDING, lhu a1, 0(s0))
	TRAP(5, V3NPU_CORE_PENDING + 2, lw a1, 2(s0))
	TRAP(7, V3NPU_CORE_PENDING, sb a1, 0(s0))
	TRAP(7, V3NPU_CORE_PENDING, sh a1, 0(s0))
	TRAP(7, V3NPU_CORE_PENDING + 1, sw a1, 1(s0))
	/* Between and behind the named ones there are none */
	TRAP(5, V3NPU_CORE_PENDING + 0x10, lw a1, 0x10(s0))
	TRAP(7, V3NPU_CORE_PENDING + 0x10, sw a1, 0x10(s0))
	li	s0, V3NPU_CORE_ENGINE_DESC(64)
	TRAP(5, V3NPU_CORE_ENGINE_DESC(64), lw a1, 0(s0))
	li	s0, V3NPU_CORE_PERIPH
	TRAP(5, V3NPU_CORE_PERIPH - 4, lw a1, -4(s0))

	/* Execution where there is no memory: the jump is done, so mepc is its target */
	la	s6, 1f
	li	a0, V3NPU_CORE_MEM_SIZE
	jalr	a1, a0
2:	FAIL
1:	CHECK(s2, 1)
	CHECK(s3, V3NPU_CORE_MEM_SIZE)
	CHECK(s4, V3NPU_CORE_MEM_SIZE)
	la	a0, 2b
	sub	a1, a1, a0
	CHECK(a1, 0)
	/* An instruction whose second half is outside */
	li	a0, V3NPU_CORE_MEM_SIZE - 2
	li	a1, 0x0013
	sh	a1, 0(a0)
	la	s6, 1f
	jr	a0
	FAIL
1:	CHECK(s2, 1)
	CHECK(s3, V3NPU_CORE_MEM_SIZE - 2)
	CHECK(s4, V3NPU_CORE_MEM_SIZE)

	/* An instruction that traps does not retire */
	la	s6, 1f
	csrr	s8, minstret
	ecall
1:	csrr	s9, minstret
	sub	s9, s9, s8
	CHECK(s9, 1 + HANDLER_INSNS)

	/* A vectored table is not for synchronous traps */
	la	a0, handler + 1
	csrw	mtvec, a0
	TRAP(11, 0, ecall)
	PASS

	.balign	4
handler:		/* of HANDLER_INSNS instructions */
	csrr	s2, mcause
	csrr	s3, mepc
	csrr	s4, mtval
	csrr	s5, mstatus
	csrw	mepc, s6
	mret
