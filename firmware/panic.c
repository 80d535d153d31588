// SPDX-License-Identifier: MIT
/*
 * The ends of the firmware: traps, failed checks, halting. Each leaves its
 * reason in the log and in the halt code before the core stops.
 */
#include "hw.h"
#include "log.h"
#include "panic.h"

#define GUARD_WORD	0x5afe57acu
#define GUARD_WORDS	4

extern __u32 __stack_bottom[];

/* Called by trap_entry (start.S) with x0..x31 */
__attribute__((noreturn)) void trap_handler(const __u32 *regs, __u32 mcause, __u32 mepc,
					    __u32 mtval);

void halt(__u32 code)
{
	hw_write(V3NPU_CORE_HALT, code);
	for (;;)
		__asm__ volatile("wfi");
}

void panic(const char *reason)
{
	log_error("panic: %s", reason);
	STATUS->state = V3NPU_FW_PANIC;
	halt(V3NPU_HALT_PANIC);
}

void trap_handler(const __u32 *regs, __u32 mcause, __u32 mepc, __u32 mtval)
{
	static const char *const names[32] = {
		"zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2",
		"s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5",
		"a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7",
		"s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
	};
	int i;

	log_error("trap: mcause %lx mepc %lx mtval %lx", mcause, mepc, mtval);
	for (i = 1; i < 32; i++)
		log_error("  %s %lx", names[i], regs[i]);
	panic("trap");
}

void stack_guard_init(void)
{
	int i;

	for (i = 0; i < GUARD_WORDS; i++)
		__stack_bottom[i] = GUARD_WORD;
}

void stack_guard_check(void)
{
	int i;

	for (i = 0; i < GUARD_WORDS; i++)
		if (__stack_bottom[i] != GUARD_WORD)
			panic("stack overflow");
}
