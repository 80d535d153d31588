/* SPDX-License-Identifier: MIT */
/*
 * Executes instructions that must trap. TEST_INPUT: their number, then a word
 * each; TEST_OUTPUT: mcause and mtval of each. One that does not trap runs
 * into a breakpoint, whose cause is then in its place.
 */
#include "asm.h"

	.text
	.option	norvc
	.globl	_start
_start:
	la	a0, handler
	csrw	mtvec, a0
	li	s0, TEST_INPUT
	li	s1, TEST_OUTPUT
	lw	s2, 0(s0)
	la	s3, slot
next:
	addi	s0, s0, 4
	lw	a0, 0(s0)
	sw	a0, 0(s3)
	fence.i
slot:	.word	0
	ebreak
	.balign	4
handler:
	csrr	a0, mcause
	sw	a0, 0(s1)
	csrr	a0, mtval
	sw	a0, 4(s1)
	addi	s1, s1, 8
	la	a0, 1f
	csrw	mepc, a0
	mret
1:	addi	s2, s2, -1
	bnez	s2, next
	PASS
