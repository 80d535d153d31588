/* SPDX-License-Identifier: MIT */
/*
 * Entry points of the core: reset (address 0) and traps. Nothing else is
 * assembly.
 */
	.section .text.start, "ax"
	.globl	_start
_start:
	/*
	 * Before the stack and .bss exist a trap can only halt; the vector
	 * works all the same, because it uses a stack of its own.
	 */
	la	t0, trap_entry
	csrw	mtvec, t0
	csrw	mie, zero
	csrw	mstatus, zero

	la	t0, __bss_start
	la	t1, __bss_end
1:	bgeu	t0, t1, 2f
	sw	zero, 0(t0)
	addi	t0, t0, 4
	j	1b
2:
	la	sp, __stack_top
	call	main

	/* main() does not return */
3:	wfi
	j	3b

/*
 * Every trap is fatal (interrupts stay disabled, see core.h): save the
 * registers where the stack, which may be what is broken, is not involved, and
 * let trap_handler() tell the host.
 */
	.section .text, "ax"
	.align	2
	.globl	trap_entry
trap_entry:
	csrw	mscratch, t0
	la	t0, trap_regs
	sw	ra, 1 * 4(t0)
	sw	sp, 2 * 4(t0)
	sw	gp, 3 * 4(t0)
	sw	tp, 4 * 4(t0)
	sw	t1, 6 * 4(t0)
	sw	t2, 7 * 4(t0)
	sw	s0, 8 * 4(t0)
	sw	s1, 9 * 4(t0)
	sw	a0, 10 * 4(t0)
	sw	a1, 11 * 4(t0)
	sw	a2, 12 * 4(t0)
	sw	a3, 13 * 4(t0)
	sw	a4, 14 * 4(t0)
	sw	a5, 15 * 4(t0)
	sw	a6, 16 * 4(t0)
	sw	a7, 17 * 4(t0)
	sw	s2, 18 * 4(t0)
	sw	s3, 19 * 4(t0)
	sw	s4, 20 * 4(t0)
	sw	s5, 21 * 4(t0)
	sw	s6, 22 * 4(t0)
	sw	s7, 23 * 4(t0)
	sw	s8, 24 * 4(t0)
	sw	s9, 25 * 4(t0)
	sw	s10, 26 * 4(t0)
	sw	s11, 27 * 4(t0)
	sw	t3, 28 * 4(t0)
	sw	t4, 29 * 4(t0)
	sw	t5, 30 * 4(t0)
	sw	t6, 31 * 4(t0)
	csrr	t1, mscratch
	sw	t1, 5 * 4(t0)

	mv	a0, t0
	csrr	a1, mcause
	csrr	a2, mepc
	csrr	a3, mtval
	la	sp, trap_stack_top
	j	trap_handler

	.section .bss, "aw", @nobits
	.align	4
trap_regs:
	.space	32 * 4
	.space	1024
trap_stack_top:
