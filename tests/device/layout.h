/* SPDX-License-Identifier: MIT */
/* Where the test programs and their hosts meet in core memory, and how programs end */
#ifndef V3NPU_TESTS_LAYOUT_H
#define V3NPU_TESTS_LAYOUT_H

#define TEST_INPUT	0x10000
#define TEST_OUTPUT	0x20000
#define TEST_STACK	0x70000

/* Halt codes: all is well; or the number of the source line whose check failed */
#define TEST_PASS	0x600d0000
#define TEST_FAIL	0xbad00000

/* Mailbox of agent.c, words from TEST_INPUT on */
#define AGENT_REQUEST	0	/* AGENT_*; the agent sets it to AGENT_NONE when it is done */
#define AGENT_ADDR	1
#define AGENT_VALUE	2	/* in and out */
#define AGENT_TIME	3	/* out: mtime (low word) when the wfi of AGENT_WFI ended */

#define AGENT_NONE	0
#define AGENT_READ	1	/* VALUE = *ADDR */
#define AGENT_WRITE	2	/* *ADDR = VALUE */
#define AGENT_WFI	3	/* mie = VALUE; wfi; VALUE = mip; mie = 0 */
#define AGENT_SPIN	4	/* never answers */
#define AGENT_COUNT	5	/* VALUE loop turns, then answers: to measure the core's speed */

#endif /* V3NPU_TESTS_LAYOUT_H */
