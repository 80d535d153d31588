/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note OR MIT */
/*
 * Registers that the host sees: PCI identity, BAR0, and the MMU's tables.
 *
 * Between: the driver and the device. All registers are 32 bits wide and are
 * accessed as aligned 32-bit words; other accesses read 0 and are ignored on
 * write. Offsets that are not named here read 0 and ignore writes.
 */
#ifndef _V3NPU_REGS_H
#define _V3NPU_REGS_H

#include "v3npu/types.h"

/* PCI function */
#define V3NPU_PCI_VENDOR_ID		0x1234
#define V3NPU_PCI_DEVICE_ID		0x5633
#define V3NPU_PCI_REVISION		1
#define V3NPU_PCI_CLASS			0x1200	/* processing accelerator */
#define V3NPU_BAR_REGS			0
#define V3NPU_BAR_CORE_MEM		2
#define V3NPU_BAR_MSIX			4
#define V3NPU_REGS_SIZE			0x10000
#define V3NPU_CORE_MEM_SIZE		0x80000

/* MSI-X vectors */
#define V3NPU_VECTOR_EVENT		0	/* the firmware has written events */
#define V3NPU_VECTOR_ERROR		1	/* watchdog, core trap: see V3NPU_IRQ_* */
#define V3NPU_NUM_VECTORS		2

/* Identity and configuration, read only, valid at any time */
#define V3NPU_REG_ID			0x0000
#define   V3NPU_ID_MAGIC		0x504e3356	/* "V3NP" */
#define V3NPU_REG_VERSION		0x0004	/* major << 16 | minor */
#define   V3NPU_HW_VERSION		0x00010000
#define   V3NPU_HW_VERSION_MAJOR(v)	((v) >> 16)
#define V3NPU_REG_MACS			0x0008	/* int8 multiply-accumulates a cycle */
#define V3NPU_REG_SRAM_SIZE		0x000c	/* bytes */
#define V3NPU_REG_DRAM_MBPS		0x0010	/* DRAM bandwidth, 10^6 bytes a second */
#define V3NPU_REG_DRAM_LATENCY		0x0014	/* NPU cycles from request to first byte */
#define V3NPU_REG_DRAM_BURST		0x0018	/* bytes of a full-speed DRAM burst */
#define V3NPU_REG_CLOCK_MHZ		0x001c
#define V3NPU_REG_CORE_MEM		0x0020	/* bytes of BAR2 */
#define V3NPU_REG_NUM_AS		0x0024	/* address spaces, V3NPU_NUM_AS */

/* Control and status */
#define V3NPU_REG_CONTROL		0x0100	/* read/write */
/* 0 holds the core in reset; 1 starts it at address 0 */
#define   V3NPU_CONTROL_CORE_RUN	(1u << 0)
/*
 * Write 1: reset core, engines, IRQs, doorbells, MMU roots and SRAM; CORE_RUN
 * becomes 0. Core memory stays. Poll V3NPU_STATUS_RESETTING until it reads 0.
 */
#define   V3NPU_CONTROL_RESET		(1u << 1)
#define V3NPU_REG_STATUS		0x0104	/* read only */
#define   V3NPU_STATUS_CORE_RUNNING	(1u << 0)
/* Trapped with no handler, halted itself, or watchdog */
#define   V3NPU_STATUS_CORE_HALTED	(1u << 1)
#define   V3NPU_STATUS_ENGINE_BUSY	(1u << 2)
#define   V3NPU_STATUS_RESETTING	(1u << 3)
/* The core stopped feeding its watchdog; halted */
#define   V3NPU_STATUS_WATCHDOG		(1u << 4)
#define V3NPU_REG_CORE_PC		0x0108	/* read only: program counter, a snapshot */
/* Read only: mcause of the halting trap, or the firmware's own code */
#define V3NPU_REG_HALT_CODE		0x010c

/* Interrupts: a set status bit whose enable bit is set raises its vector (edge, on 0 -> 1) */
#define V3NPU_REG_IRQ_STATUS		0x0200	/* read; write 1 to clear */
#define V3NPU_REG_IRQ_ENABLE		0x0204	/* read/write */
#define   V3NPU_IRQ_EVENT		(1u << 0)	/* vector 0 */
#define   V3NPU_IRQ_HALT		(1u << 1)	/* vector 1: the core halted */
#define   V3NPU_IRQ_WATCHDOG		(1u << 2)	/* vector 1 */

/* Write a context's number: sets its bit in the core's pending words and interrupts the core */
#define V3NPU_REG_DOORBELL		0x0300
#define V3NPU_NUM_CTX			256

/*
 * MMU. An address space is a three-level table of 512 64-bit entries a level,
 * for 39-bit addresses of which the device's SRAM window takes the upper half.
 * Changing a present entry needs an invalidation before its page is reused:
 * write the address space's number to MMU_INVALIDATE and poll MMU_STATUS until
 * INVALIDATING reads 0. A running command finishes with the old translations
 * first, so this can take as long as a command does.
 */
#define V3NPU_REG_MMU_INVALIDATE	0x0400
#define   V3NPU_MMU_INVALIDATE_ALL	0xffffffffu
#define V3NPU_REG_MMU_STATUS		0x0404
#define   V3NPU_MMU_STATUS_INVALIDATING	(1u << 0)
#define V3NPU_NUM_AS			257	/* the system's, and one for each context */
#define V3NPU_AS_SYSTEM			0	/* rings and tables of driver and firmware */
/* Physical address of the top table | V3NPU_MMU_ROOT_ENABLE */
#define V3NPU_REG_MMU_ROOT_LO(as)	(0x1000 + 8 * (as))
#define   V3NPU_MMU_ROOT_ENABLE		(1u << 0)
#define V3NPU_REG_MMU_ROOT_HI(as)	(0x1004 + 8 * (as))

#define V3NPU_PTE_VALID			(1ull << 0)
#define V3NPU_PTE_WRITE			(1ull << 1)	/* leaves only */
#define V3NPU_PTE_LARGE			(1ull << 2)	/* middle level only: a 2 MiB leaf */
#define V3NPU_PTE_ADDR			0x000ffffffffff000ull	/* other bits must be 0 */
#define V3NPU_PT_ENTRIES		512
/* Level 0 holds 4 KiB leaves, 2 is the top */
#define V3NPU_PT_SHIFT(level)		(12 + 9 * (level))
#define V3NPU_PAGE_SIZE			4096
#define V3NPU_LARGE_PAGE_SIZE		0x200000
#define V3NPU_VA_BITS			39
#define V3NPU_VA_DRAM_END		(1ull << 38)	/* translated addresses are below */
#define V3NPU_VA_SRAM			(1ull << 38)	/* SRAM, byte 0; never translated */

#endif /* _V3NPU_REGS_H */
