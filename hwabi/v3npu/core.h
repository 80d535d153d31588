/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note OR MIT */
/*
 * What the control core sees.
 *
 * Between: the firmware and the device. RV32IMC, machine mode only, little
 * endian. Core memory (BAR2) is at 0 and execution starts there. Peripherals
 * are 32-bit registers, accessed as aligned words; any other access, and any
 * address not named here, traps (load or store access fault).
 *
 * Interrupts, levels in mip/mie: MEIP (11) while V3NPU_CORE_PENDING is not 0
 * (a doorbell, or the engine became idle); MTIP (7) while mtime >= mtimecmp.
 * wfi waits until an interrupt enabled in mie is pending, whatever
 * mstatus.MIE says.
 */
#ifndef _V3NPU_CORE_H
#define _V3NPU_CORE_H

#include "v3npu/types.h"

#define V3NPU_CORE_PERIPH		0x10000000u

/* System */
#define V3NPU_CORE_PENDING		0x10000000u	/* read only: reasons for MEIP */
#define   V3NPU_CORE_PENDING_DOORBELL	(1u << 0)	/* until every doorbell word was read */
#define   V3NPU_CORE_PENDING_ENGINE	(1u << 1)	/* until V3NPU_CORE_ENGINE_ACK is written */
#define V3NPU_CORE_HOST_EVENT		0x10000004u	/* write: raise V3NPU_IRQ_EVENT */
/* Write a code: halt and raise V3NPU_IRQ_HALT */
#define V3NPU_CORE_HALT			0x10000008u
#define V3NPU_CORE_SRAM_SIZE		0x1000000cu	/* read only: bytes */
/* 8 words, a bit a context; reading clears */
#define V3NPU_CORE_DOORBELL(word)	(0x10000020u + 4 * (word))

/* Timer and watchdog, in microseconds of real time */
#define V3NPU_CORE_MTIME_LO		0x10000100u	/* read only; reading LO latches HI */
#define V3NPU_CORE_MTIME_HI		0x10000104u
#define V3NPU_CORE_MTIMECMP_LO		0x10000108u	/* at reset: all ones */
#define V3NPU_CORE_MTIMECMP_HI		0x1000010cu
/* Write n: halt the core in n us unless written again; 0 stops it */
#define V3NPU_CORE_WATCHDOG		0x10000110u

/*
 * DMA between core memory and an address space. Writing DMA_CTRL does the
 * transfer before the store completes; DMA_STATUS then tells how it went.
 * SRAM addresses are refused (V3NPU_DMA_FAULT).
 */
#define V3NPU_CORE_DMA_AS		0x10000200u
#define V3NPU_CORE_DMA_VA_LO		0x10000204u
#define V3NPU_CORE_DMA_VA_HI		0x10000208u
#define V3NPU_CORE_DMA_LOCAL		0x1000020cu	/* offset in core memory */
#define V3NPU_CORE_DMA_LEN		0x10000210u	/* bytes, 1..V3NPU_DMA_LEN_MAX */
#define   V3NPU_DMA_LEN_MAX		65536u
#define V3NPU_CORE_DMA_CTRL		0x10000214u
#define   V3NPU_DMA_FROM_HOST		1u
#define   V3NPU_DMA_TO_HOST		2u
#define V3NPU_CORE_DMA_STATUS		0x10000218u	/* read only: enum below */
#define   V3NPU_DMA_OK			0u
#define   V3NPU_DMA_FAULT		1u	/* no mapping, or not writable: see FAULT_VA */
/* LOCAL, LEN, AS or CTRL out of range; nothing was done */
#define   V3NPU_DMA_BAD			2u
#define V3NPU_CORE_DMA_FAULT_LO		0x1000021cu	/* read only */
#define V3NPU_CORE_DMA_FAULT_HI		0x10000220u

/*
 * Datapath. The descriptor words hold one command (cmd.h), exactly as in the
 * command stream. Writing START while the engine is idle runs it; the engine
 * checks the command itself too and ends with ILLEGAL if it is wrong. The
 * counters are of the last command, valid when the status is not BUSY.
 */
#define V3NPU_CORE_ENGINE_CTRL		0x10000300u
#define   V3NPU_ENGINE_START		1u
/* Clear SRAM: before another address space's job; runs and ends as a command does, with DONE */
#define   V3NPU_ENGINE_SCRUB		2u
#define V3NPU_CORE_ENGINE_STATUS	0x10000304u	/* read only */
#define   V3NPU_ENGINE_IDLE		0u	/* since reset */
#define   V3NPU_ENGINE_BUSY		1u
#define   V3NPU_ENGINE_DONE		2u
#define   V3NPU_ENGINE_FAULT		3u	/* no mapping or not writable: see FAULT_VA */
#define   V3NPU_ENGINE_ILLEGAL		4u	/* the command failed v3npu_cmd_check() */
#define V3NPU_CORE_ENGINE_ACK		0x10000308u	/* write: drop V3NPU_CORE_PENDING_ENGINE */
#define V3NPU_CORE_ENGINE_AS		0x1000030cu
#define V3NPU_CORE_ENGINE_FAULT_LO	0x10000310u	/* read only */
#define V3NPU_CORE_ENGINE_FAULT_HI	0x10000314u
/* Read only: struct v3npu_counters as words */
#define V3NPU_CORE_ENGINE_COUNTER(n)	(0x10000320u + 4 * (n))
/* Read/write: V3NPU_CMD_MAX_SIZE / 4 words */
#define V3NPU_CORE_ENGINE_DESC(word)	(0x10000400u + 4 * (word))

#endif /* _V3NPU_CORE_H */
