/* SPDX-License-Identifier: MIT */
/* Control and status registers, checking themselves */
#include "asm.h"

/* Reads a register and checks its value */
	.macro	CSR_AT line, csr, value
	csrr	a0, \csr
	CHECK_AT \line, a0, \value
	.endm

#define CSR(csr, value)	CSR_AT __LINE__, csr, value

/* Registers with no name in the assembler's version of the specification */
#define mstatush	0x310
#define mconfigptr	0xf15

	.text
	.globl	_start
_start:
	/* After reset */
	CSR(mstatus, 0x1800)
	CSR(mie, 0)
	CSR(mtvec, 0)
	CSR(mcause, 0)
	CSR(mip, 0)
	CSR(misa, 0x40001104)
	CSR(mhartid, 0)
	CSR(mvendorid, 0)
	CSR(marchid, 0)
	CSR(mimpid, 0)
	CSR(mconfigptr, 0)
	CSR(mstatush, 0)

	/* Every form of access */
	li	a1, 0x12345678
	csrw	mscratch, a1
	CSR(mscratch, 0x12345678)
	li	a1, 0xf0
	csrrs	a2, mscratch, a1
	CHECK(a2, 0x12345678)
	CSR(mscratch, 0x123456f8)
	li	a1, 0xff
	csrrc	a2, mscratch, a1
	CHECK(a2, 0x123456f8)
	CSR(mscratch, 0x12345600)
	csrrwi	a2, mscratch, 31
	CHECK(a2, 0x12345600)
	csrrci	a2, mscratch, 5
	CHECK(a2, 31)
	csrrsi	a2, mscratch, 1
	CHECK(a2, 26)
	CSR(mscratch, 27)
	/* The same register as source and destination */
	li	a1, 99
	csrrw	a1, mscratch, a1
	CHECK(a1, 27)
	CSR(mscratch, 99)
	csrrw	x0, mscratch, a1
	CSR(mscratch, 27)

	/* Bits that exist keep what is written, others do not */
	li	a1, -1
	csrw	mtvec, a1
	CSR(mtvec, 0xfffffffd)
	csrw	mepc, a1
	CSR(mepc, 0xfffffffe)
	csrw	mcause, a1
	CSR(mcause, 0xffffffff)
	csrw	mtval, a1
	CSR(mtval, 0xffffffff)
	csrw	mie, a1
	CSR(mie, 0x880)
	csrw	mip, a1
	CSR(mip, 0)
	csrw	misa, x0
	CSR(misa, 0x40001104)
	csrw	mhpmcounter3, a1
	CSR(mhpmcounter3, 0)
	CSR(mhpmcounter31h, 0)
	CSR(mhpmevent3, 0)
	csrw	mie, x0
	csrw	mstatus, a1
	CSR(mstatus, 0x1888)
	csrci	mstatus, 8
	CSR(mstatus, 0x1880)

	/* Counters count instructions, can be written, and carry into their upper halves */
	csrr	a0, minstret
	nop
	nop
	csrr	a1, minstret
	sub	a1, a1, a0
	CHECK(a1, 3)
	csrwi	minstret, 0
	csrr	a0, minstret
	CHECK(a0, 0)
	li	a1, -2
	csrwi	mcycleh, 7
	csrw	mcycle, a1
	csrr	a0, mcycle
	csrr	a2, mcycleh
	csrr	a3, mcycle
	csrr	a4, mcycleh
	CHECK(a0, 0xfffffffe)
	CHECK(a2, 7)
	CHECK(a3, 0)
	CHECK(a4, 8)
	csrwi	minstreth, 3
	CSR(minstreth, 3)
	CSR(mcycleh, 8)
	PASS
