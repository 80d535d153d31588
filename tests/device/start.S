/* SPDX-License-Identifier: MIT */
/* Entry of test programs in C: a stack, then main(); no trap handler, so a trap halts the core */
#include "asm.h"

	.section .text.start, "ax"
	.globl	_start
_start:
	li	sp, TEST_STACK
	call	main
	PASS
