// SPDX-License-Identifier: MIT
/*
 * A program for the core that does single accesses at the host's request, so
 * that tests of the core's registers are written on the host. See layout.h.
 */
#include <stdint.h>

#include "layout.h"
#include "v3npu/core.h"

static volatile uint32_t *const mailbox = (volatile uint32_t *)TEST_INPUT;

static uint32_t read_word(uint32_t addr)
{
	return *(volatile uint32_t *)addr;
}

static void write_word(uint32_t addr, uint32_t value)
{
	*(volatile uint32_t *)addr = value;
}

static void wait_for_interrupt(void)
{
	uint32_t mip;

	__asm__ volatile("csrw mie, %1\n\twfi\n\tcsrr %0, mip\n\tcsrw mie, zero"
			 : "=r"(mip) : "r"(mailbox[AGENT_VALUE]) : "memory");
	mailbox[AGENT_TIME] = read_word(V3NPU_CORE_MTIME_LO);
	mailbox[AGENT_VALUE] = mip;
}

static void count(uint32_t turns)
{
	__asm__ volatile("1:\taddi %0, %0, -1\n\tbnez %0, 1b" : "+r"(turns));
}

int main(void)
{
	for (;;) {
		switch (mailbox[AGENT_REQUEST]) {
		case AGENT_NONE:
			continue;
		case AGENT_READ:
			mailbox[AGENT_VALUE] = read_word(mailbox[AGENT_ADDR]);
			break;
		case AGENT_WRITE:
			write_word(mailbox[AGENT_ADDR], mailbox[AGENT_VALUE]);
			break;
		case AGENT_WFI:
			wait_for_interrupt();
			break;
		case AGENT_SPIN:
			for (;;)
				;
		case AGENT_COUNT:
			count(mailbox[AGENT_VALUE]);
			break;
		}
		__asm__ volatile("fence" ::: "memory");
		mailbox[AGENT_REQUEST] = AGENT_NONE;
	}
}
