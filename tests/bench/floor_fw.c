// SPDX-License-Identifier: MIT
/* The least firmware that answers: an interrupt of the host for a doorbell of context 0 */
#include "v3npu/core.h"

#define REG(address)	(*(volatile __u32 *)(address))
#define MIE_MEIE	(1u << 11)

void _start(void);

void _start(void)
{
	/* So that a doorbell ends wfi */
	__asm__ volatile("csrw mie, %0" : : "r"(MIE_MEIE));
	for (;;) {
		__asm__ volatile("wfi");
		if (REG(V3NPU_CORE_DOORBELL(0)))
			REG(V3NPU_CORE_HOST_EVENT) = 1;
	}
}
