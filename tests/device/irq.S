/* SPDX-License-Identifier: MIT */
/*
 * Interrupts: vectored and direct handlers, priority, masking and wfi,
 * checking themselves. The host rings doorbell 37 before the program starts.
 */
#include "asm.h"

#define MIE	8
#define MTIE	0x80
#define MEIE	0x800
#define TIMER	0x80000007
#define EXTERNAL 0x8000000b

	.text
	.globl	_start
_start:
	li	s0, V3NPU_CORE_PERIPH
	csrr	a0, mip
	CHECK(a0, MEIE)

	/* Pending and enabled in mie, but mstatus.MIE is 0: wfi goes on, nothing is taken */
	la	a0, unexpected
	csrw	mtvec, a0
	li	a0, MTIE | MEIE
	csrw	mie, a0
	wfi

	/* Both pending: external first, through its entry of the vectored table */
	sw	x0, V3NPU_CORE_MTIMECMP_HI - V3NPU_CORE_PERIPH(s0)
	sw	x0, V3NPU_CORE_MTIMECMP_LO - V3NPU_CORE_PERIPH(s0)
	csrr	a0, mip
	CHECK(a0, MTIE | MEIE)
	la	a0, table + 1
	csrw	mtvec, a0
	li	s2, 0
	li	s3, 0
	csrsi	mstatus, MIE
	nop
	/* The external handler took the doorbell, then the timer's moved the time away */
	CHECK(s2, 1)
	CHECK(s3, 1)
	csrr	a0, mip
	CHECK(a0, 0)

	/* Direct: one entry for all; mepc is the instruction not executed yet */
	la	a0, direct
	csrw	mtvec, a0
	li	s2, 0
	li	a0, 1
	sw	x0, V3NPU_CORE_MTIMECMP_HI - V3NPU_CORE_PERIPH(s0)
	sw	a0, V3NPU_CORE_MTIMECMP_LO - V3NPU_CORE_PERIPH(s0)
	nop
	CHECK(s2, 1)

	/* A time in the future ends wfi, and its interrupt comes before the next instruction */
	li	s2, 0
	lw	a0, V3NPU_CORE_MTIME_LO - V3NPU_CORE_PERIPH(s0)
	lw	a1, V3NPU_CORE_MTIME_HI - V3NPU_CORE_PERIPH(s0)
	li	a2, 3000
	add	a3, a0, a2
	sltu	a2, a3, a0
	add	a1, a1, a2
	li	a2, -1
	sw	a2, V3NPU_CORE_MTIMECMP_LO - V3NPU_CORE_PERIPH(s0)
	sw	a1, V3NPU_CORE_MTIMECMP_HI - V3NPU_CORE_PERIPH(s0)
	sw	a3, V3NPU_CORE_MTIMECMP_LO - V3NPU_CORE_PERIPH(s0)
	mv	s4, a0
	wfi
after:	mv	s5, s2
	CHECK(s5, 1)
	la	a0, after
	sub	s6, s6, a0
	CHECK(s6, 0)
	lw	a0, V3NPU_CORE_MTIME_LO - V3NPU_CORE_PERIPH(s0)
	sub	a0, a0, s4
	li	a1, 3000
	bltu	a0, a1, late
	PASS
late:	FAIL

unexpected:
	FAIL

/* Moves the timer's interrupt away; s2 counts */
	.balign	4
direct:
	csrr	s6, mepc
	csrr	t5, mcause
	li	t6, TIMER
	bne	t5, t6, unexpected
	csrr	t5, mstatus
	li	t6, 0x1880
	bne	t5, t6, unexpected
	li	t5, -1
	sw	t5, V3NPU_CORE_MTIMECMP_HI - V3NPU_CORE_PERIPH(s0)
	addi	s2, s2, 1
	mret

external:
	csrr	t5, mcause
	li	t6, EXTERNAL
	bne	t5, t6, unexpected
	bnez	s3, unexpected			/* before the timer */
	lw	t5, V3NPU_CORE_DOORBELL(1) - V3NPU_CORE_PERIPH(s0)
	li	t6, 1 << (37 - 32)
	bne	t5, t6, unexpected
	addi	s2, s2, 1
	mret

timer:
	csrr	t5, mcause
	li	t6, TIMER
	bne	t5, t6, unexpected
	li	t5, -1
	sw	t5, V3NPU_CORE_MTIMECMP_HI - V3NPU_CORE_PERIPH(s0)
	addi	s3, s3, 1
	mret

	.balign	4
	.option	norvc
table:
	.rept	7
	j	unexpected
	.endr
	j	timer
	.rept	3
	j	unexpected
	.endr
	j	external
