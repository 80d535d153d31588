/* SPDX-License-Identifier: MIT */
/* Access to peripheral registers and to what the DMA unit moved */
#ifndef FW_HW_H
#define FW_HW_H

#include "v3npu/core.h"

static inline __u32 hw_read(__u32 reg)
{
	return *(volatile __u32 *)reg;
}

static inline void hw_write(__u32 reg, __u32 value)
{
	*(volatile __u32 *)reg = value;
}

/* Memory may have changed, or must be up to date, behind the compiler's back */
#define barrier()	__asm__ volatile("" : : : "memory")

/* The host sees what was written before it if it sees what is written after it */
#define write_fence()	__asm__ volatile("fence w, w" : : : "memory")

#endif /* FW_HW_H */
