/* SPDX-License-Identifier: MIT */
/* Macros of the test programs in assembly; t5 and t6 are theirs */
#include "layout.h"
#include "v3npu/core.h"
#include "v3npu/regs.h"

/* Halts with \code */
	.macro	HALT code
	li	t6, V3NPU_CORE_HALT
	li	t5, \code
	sw	t5, 0(t6)
	.endm

#define PASS		HALT TEST_PASS
#define FAIL		HALT TEST_FAIL + __LINE__

/* Ends the program unless a register holds a value */
	.macro	CHECK_AT line, reg, value
	li	t6, \value
	beq	\reg, t6, .Lok\@
	HALT	TEST_FAIL + \line
.Lok\@:
	.endm

#define CHECK(reg, value)	CHECK_AT __LINE__, reg, value
