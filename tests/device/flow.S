/* SPDX-License-Identifier: MIT */
/* Branches, jumps, loads, stores, their compressed forms, and fences, checking themselves */
#include "asm.h"

/* A branch that is taken, forwards and back, and one that is not */
	.macro	TAKEN line, op, a, b
	li	a0, \a
	li	a1, \b
	li	a2, 0
	j	2f
1:	addi	a2, a2, 1
	j	3f
	HALT	TEST_FAIL + \line
2:	\op	a0, a1, 1b
	HALT	TEST_FAIL + \line
3:	\op	a0, a1, 4f
	HALT	TEST_FAIL + \line
4:	CHECK_AT \line, a2, 1
	.endm

	.macro	NOT_TAKEN line, op, a, b
	li	a0, \a
	li	a1, \b
	\op	a0, a1, 1f
	j	2f
1:	HALT	TEST_FAIL + \line
2:
	.endm

#define YES(op, a, b)	TAKEN __LINE__, op, a, b
#define NO(op, a, b)	NOT_TAKEN __LINE__, op, a, b

	.text
	.option	norvc
	.globl	_start
_start:
	/* x0 */
	li	a0, 7
	addi	x0, a0, 1
	CHECK(x0, 0)
	lui	x0, 5
	CHECK(x0, 0)
	li	s0, TEST_OUTPUT
	sw	a0, 0(s0)
	lw	x0, 0(s0)
	CHECK(x0, 0)

	/* All registers hold values of their own */
	.irp	r, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, \
		23, 24, 25, 26, 27, 28, 29, 30, 31
	li	x\r, 0x1000 + \r
	.endr
	xor	t5, t5, t6
	CHECK(t5, (0x1000 + 30) ^ (0x1000 + 31))
	.irp	r, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, \
		23, 24, 25, 26, 27, 28, 29
	CHECK(x\r, 0x1000 + \r)
	.endr

	YES(beq, 5, 5)
	NO(beq, 5, -5)
	YES(bne, 5, -5)
	NO(bne, -5, -5)
	YES(blt, -1, 0)
	NO(blt, 0, 0)
	NO(blt, 1, -1)
	YES(blt, 0x80000000, 0x7fffffff)
	YES(bge, 0, 0)
	YES(bge, 1, -1)
	NO(bge, -1, 0)
	YES(bltu, 1, -1)
	NO(bltu, -1, 1)
	NO(bltu, 3, 3)
	YES(bgeu, -1, 1)
	YES(bgeu, 3, 3)
	NO(bgeu, 1, -1)

	/* auipc, and jumps with their links */
	auipc	a0, 0
here:	la	a1, here - 4
	sub	a0, a0, a1
	CHECK(a0, 0)
	jal	a2, 1f
link1:	FAIL
1:	la	a3, link1
	sub	a2, a2, a3
	CHECK(a2, 0)
	la	a0, 2f - 2047
	jalr	a2, a0, 2047
link2:	FAIL
2:	la	a3, link2
	sub	a2, a2, a3
	CHECK(a2, 0)
	/* Bit 0 of the target is dropped; target and link may be the same register */
	la	a0, 3f
	jalr	a0, a0, 1
link3:	FAIL
3:	la	a3, link3
	sub	a0, a0, a3
	CHECK(a0, 0)

	/* Loads extend, stores cut */
	li	s0, TEST_OUTPUT
	li	a0, 0x8182f3f4
	sw	a0, 4(s0)
	lb	a1, 4(s0)
	CHECK(a1, 0xfffffff4)
	lbu	a1, 5(s0)
	CHECK(a1, 0xf3)
	lb	a1, 7(s0)
	CHECK(a1, 0xffffff81)
	lh	a1, 4(s0)
	CHECK(a1, 0xfffff3f4)
	lhu	a1, 6(s0)
	CHECK(a1, 0x8182)
	lh	a1, 6(s0)
	CHECK(a1, 0xffff8182)
	li	a0, 0x12345678
	sb	a0, 5(s0)
	lw	a1, 4(s0)
	CHECK(a1, 0x818278f4)
	sh	a0, 6(s0)
	lw	a1, 4(s0)
	CHECK(a1, 0x567878f4)
	li	s0, TEST_OUTPUT + 2048
	sw	a0, -2048(s0)
	lw	a1, -2048(s0)
	CHECK(a1, 0x12345678)
	li	s0, TEST_OUTPUT - 2047
	sb	a0, 2047(s0)
	lbu	a1, 2047(s0)
	CHECK(a1, 0x78)
	/* The last word of core memory */
	li	s0, V3NPU_CORE_MEM_SIZE
	sw	a0, -4(s0)
	lw	a1, -4(s0)
	CHECK(a1, 0x12345678)

	.option	rvc
	/* Compressed loads and stores; sp, too */
	li	s0, TEST_OUTPUT
	li	s1, 0xcafe0001
	c.sw	s1, 0(s0)
	c.lw	a0, 0(s0)
	CHECK(a0, 0xcafe0001)
	addi	s1, s1, 1
	c.sw	s1, 124(s0)
	c.lw	a0, 124(s0)
	CHECK(a0, 0xcafe0002)
	lw	a0, 124(s0)
	CHECK(a0, 0xcafe0002)
	addi	s1, s1, 1
	c.sw	s1, 68(s0)
	lw	a0, 68(s0)
	CHECK(a0, 0xcafe0003)
	li	sp, TEST_OUTPUT
	addi	s1, s1, 1
	c.swsp	s1, 252(sp)
	c.lwsp	a0, 252(sp)
	CHECK(a0, 0xcafe0004)
	lw	a0, 252(s0)
	CHECK(a0, 0xcafe0004)
	addi	s1, s1, 1
	c.swsp	s1, 100(sp)
	lw	a0, 100(s0)
	CHECK(a0, 0xcafe0005)
	c.addi4spn a0, sp, 4
	CHECK(a0, TEST_OUTPUT + 4)
	c.addi4spn a0, sp, 1020
	CHECK(a0, TEST_OUTPUT + 1020)
	c.addi4spn a0, sp, 680
	CHECK(a0, TEST_OUTPUT + 680)
	c.addi16sp sp, 496
	CHECK(sp, TEST_OUTPUT + 496)
	c.addi16sp sp, -512
	CHECK(sp, TEST_OUTPUT - 16)
	c.addi16sp sp, 336
	CHECK(sp, TEST_OUTPUT + 320)

	/* Compressed jumps and branches, near and far, both ways */
	c.nop
	c.j	1f
	FAIL
1:	c.jal	2f
link4:	FAIL
2:	la	a0, link4
	sub	a0, a0, ra
	CHECK(a0, 0)
	la	a1, 3f
	c.jr	a1
	FAIL
3:	la	a1, 4f
	c.jalr	a1
link5:	FAIL
4:	la	a0, link5
	sub	a0, a0, ra
	CHECK(a0, 0)
	/* A compressed jump through the link register itself */
	la	ra, 5f
	c.jalr	ra
link6:	FAIL
5:	la	a0, link6
	sub	a0, a0, ra
	CHECK(a0, 0)
	li	a0, 0
	li	a1, -1
	c.beqz	a0, 6f
	FAIL
6:	c.bnez	a1, 7f
	FAIL
7:	c.beqz	a1, 8f
	c.bnez	a0, 8f
	c.j	9f
8:	FAIL
9:	c.j	far
back:	c.beqz	a0, near
	FAIL
	.skip	170
near:	c.bnez	a1, done_near
	FAIL
	.skip	120
done_near:
	c.j	over
	.skip	1500
far:	c.j	back
over:

	/* A word that straddles: 4-byte instructions at addresses that are 2 modulo 4 */
	.balign	4
	c.nop
	.option	norvc
	lui	a0, 0x12345
	addi	a0, a0, 0x678
	.option	rvc
	c.nop
	CHECK(a0, 0x12345678)

	/* Code that was written is executed after fence.i */
	fence
	fence	rw, w
	li	a1, 0
	jal	patch
	CHECK(a1, 1)
	la	a0, patch
	li	a2, 0x00258593		/* addi a1, a1, 2 */
	sw	a2, 0(a0)
	fence.i
	jal	patch
	CHECK(a1, 3)
	PASS

	.balign	4
	.option	norvc
patch:	addi	a1, a1, 1
	ret
