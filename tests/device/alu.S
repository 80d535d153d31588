/* SPDX-License-Identifier: MIT */
/*
 * Executes alu_ops.h on pairs of operands. TEST_INPUT: number of pairs, then
 * the pairs; results go to TEST_OUTPUT.
 */
#include "asm.h"

	.macro	EMIT
	sw	a2, 0(s1)
	addi	s1, s1, 4
	.endm

#define R(name, value)		name a2, a0, a1; EMIT
#define I(name, imm, value)	name a2, a0, imm; EMIT
#define CR(name, value)		.option rvc; mv a2, a0; name a2, a1; .option norvc; EMIT
#define CI(name, imm, value)	.option rvc; mv a2, a0; name a2, imm; .option norvc; EMIT
#define U(name, imm, value)	name a2, imm; EMIT

	.text
	.option	norvc		/* only what is written with c. is compressed */
	.globl	_start
_start:
	li	s0, TEST_INPUT
	li	s1, TEST_OUTPUT
	lw	s2, 0(s0)
	addi	s0, s0, 4
pair:
	lw	a0, 0(s0)
	lw	a1, 4(s0)
	addi	s0, s0, 8
#include "alu_ops.h"
	addi	s2, s2, -1
	beqz	s2, 1f
	j	pair
1:
	PASS
