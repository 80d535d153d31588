// SPDX-License-Identifier: MIT
/* The interpreter: fetch, execution, memory accesses and traps */
#include <stdlib.h>
#include <string.h>

#include "core_mem.h"
#include "hw.h"
#include "rv32.h"

/* Instructions between looks at the clock: a few tens of microseconds */
#define SLICE	2048

struct v3npu_rv32 *v3npu_rv32_new(struct v3npu_hw *hw, uint8_t *mem)
{
	struct v3npu_rv32 *cpu = calloc(1, sizeof(*cpu));

	if (!cpu)
		return NULL;
	cpu->hw = hw;
	cpu->mem = mem;
	return cpu;
}

void v3npu_rv32_free(struct v3npu_rv32 *cpu)
{
	free(cpu);
}

static void icache_flush(struct v3npu_rv32 *cpu)
{
	unsigned int page;

	for (page = 0; page < RV32_ICACHE_PAGES; page++) {
		if (!cpu->icache_used[page])
			continue;
		memset(&cpu->icache[page * RV32_ICACHE_PAGE_SLOTS], 0,
		       RV32_ICACHE_PAGE_SLOTS * sizeof(cpu->icache[0]));
		cpu->icache_used[page] = false;
	}
}

static void reset(struct v3npu_rv32 *cpu)
{
	memset(cpu->x, 0, sizeof(cpu->x));
	cpu->pc = 0;
	cpu->mstatus = 0;
	cpu->mie = 0;
	cpu->mtvec = 0;
	cpu->mscratch = 0;
	cpu->mepc = 0;
	cpu->mcause = 0;
	cpu->mtval = 0;
	cpu->in_exception = false;
	cpu->retired = 0;
	cpu->mcycle_bias = 0;
	cpu->minstret_bias = 0;
	icache_flush(cpu);
}

/*
 * Fills the cache's slot for @pc, which lies in core memory. An instruction
 * whose second half does not is left RV32_NONE.
 */
static const struct rv32_insn *fetch_slow(struct v3npu_rv32 *cpu, uint32_t pc)
{
	struct rv32_insn *insn = &cpu->icache[pc / 2];
	uint32_t raw = v3npu_core_mem_load16(cpu->mem, pc);

	if ((raw & 3) == 3) {
		if (pc + 2 >= V3NPU_CORE_MEM_SIZE)
			return insn;
		raw |= (uint32_t)v3npu_core_mem_load16(cpu->mem, pc + 2) << 16;
	}
	*insn = v3npu_rv32_decode(raw);
	cpu->icache_used[pc / 2 / RV32_ICACHE_PAGE_SLOTS] = true;
	return insn;
}

/* Return: RV32_NO_TRAP, or the cause of a trap */
static uint32_t load(struct v3npu_rv32 *cpu, uint32_t addr, uint32_t size, uint32_t *value)
{
	if (addr < V3NPU_CORE_MEM_SIZE) {
		if (addr & (size - 1))
			return RV32_CAUSE_LOAD_MISALIGNED;
		*value = size == 4 ? v3npu_core_mem_load32(cpu->mem, addr) :
			 size == 2 ? v3npu_core_mem_load16(cpu->mem, addr) :
				     v3npu_core_mem_load8(cpu->mem, addr);
		return RV32_NO_TRAP;
	}
	if (size != 4 || addr & 3 || !v3npu_periph_read(cpu->hw, addr, value))
		return RV32_CAUSE_LOAD_FAULT;
	return RV32_NO_TRAP;
}

static uint32_t store(struct v3npu_rv32 *cpu, uint32_t addr, uint32_t size, uint32_t value)
{
	if (addr < V3NPU_CORE_MEM_SIZE) {
		if (addr & (size - 1))
			return RV32_CAUSE_STORE_MISALIGNED;
		if (size == 4)
			v3npu_core_mem_store32(cpu->mem, addr, value);
		else if (size == 2)
			v3npu_core_mem_store16(cpu->mem, addr, value);
		else
			v3npu_core_mem_store8(cpu->mem, addr, value);
		return RV32_NO_TRAP;
	}
	if (size != 4 || addr & 3 || !v3npu_periph_write(cpu->hw, addr, value))
		return RV32_CAUSE_STORE_FAULT;
	return RV32_NO_TRAP;
}

/* Enters the handler, or halts the core where there is none or it trapped itself */
static void take_trap(struct v3npu_rv32 *cpu, uint32_t cause, uint32_t tval)
{
	bool interrupt = cause & RV32_CAUSE_INTERRUPT;
	uint32_t base = cpu->mtvec & ~3u;

	if (!base || (!interrupt && cpu->in_exception)) {
		v3npu_hw_lock(cpu->hw);
		v3npu_core_halt(cpu->hw, cause);
		v3npu_hw_unlock(cpu->hw);
		return;
	}
	if (!interrupt)
		cpu->in_exception = true;
	cpu->mepc = cpu->pc;
	cpu->mcause = cause;
	cpu->mtval = tval;
	cpu->mstatus = (cpu->mstatus & RV32_MSTATUS_MIE) ? RV32_MSTATUS_MPIE : 0;
	cpu->pc = base;
	if (interrupt && cpu->mtvec & 1)
		cpu->pc += 4 * (cause & ~RV32_CAUSE_INTERRUPT);
}

static void take_interrupt(struct v3npu_rv32 *cpu, uint32_t mip)
{
	uint32_t due = mip & cpu->mie;

	if (!due || !(cpu->mstatus & RV32_MSTATUS_MIE))
		return;
	take_trap(cpu, RV32_CAUSE_INTERRUPT |
		  ((due & RV32_MIP_MEIP) ? RV32_IRQ_EXTERNAL : RV32_IRQ_TIMER), 0);
}

static void mret(struct v3npu_rv32 *cpu)
{
	bool enable = cpu->mstatus & RV32_MSTATUS_MPIE;

	cpu->mstatus = RV32_MSTATUS_MPIE | (enable ? RV32_MSTATUS_MIE : 0);
	cpu->in_exception = false;
}

/* Division as RISC-V defines it: by zero, and of the smallest number by -1 */

static uint32_t div_signed(uint32_t a, uint32_t b)
{
	if (!b)
		return UINT32_MAX;
	if (a == 0x80000000u && b == UINT32_MAX)
		return a;
	return (uint32_t)((int32_t)a / (int32_t)b);
}

static uint32_t rem_signed(uint32_t a, uint32_t b)
{
	if (!b)
		return a;
	if (a == 0x80000000u && b == UINT32_MAX)
		return 0;
	return (uint32_t)((int32_t)a % (int32_t)b);
}

enum slice_end {
	SLICE_DONE,	/* look at the registers, then go on */
	SLICE_WFI,
};

/*
 * Executes up to SLICE instructions. Ends early where interrupts may have
 * become due or the device calls for attention.
 */
static enum slice_end run_slice(struct v3npu_rv32 *cpu)
{
	enum slice_end end = SLICE_DONE;
	uint32_t *x = cpu->x;
	uint32_t pc = cpu->pc;
	uint64_t retired = cpu->retired;
	unsigned int left;

	for (left = SLICE; left; left--) {
		const struct rv32_insn *i;
		uint32_t cause = RV32_NO_TRAP, tval = 0;
		uint32_t a, b, next, value;

		if (atomic_load_explicit(&cpu->hw->attention, memory_order_relaxed))
			break;
		if (pc >= V3NPU_CORE_MEM_SIZE) {
			cause = RV32_CAUSE_FETCH_FAULT;
			tval = pc;
			goto trap;
		}
		i = &cpu->icache[pc / 2];
		if (i->op == RV32_NONE) {
			i = fetch_slow(cpu, pc);
			if (i->op == RV32_NONE) {
				cause = RV32_CAUSE_FETCH_FAULT;
				tval = pc + 2;
				goto trap;
			}
		}
		next = pc + i->len;
		a = x[i->rs1];
		b = x[i->rs2];

		switch ((enum rv32_op)i->op) {
		case RV32_NONE:
		case RV32_ILLEGAL:
			cause = RV32_CAUSE_ILLEGAL;
			tval = i->imm;
			goto trap;
		case RV32_LUI:
			x[i->rd] = i->imm;
			break;
		case RV32_AUIPC:
			x[i->rd] = pc + i->imm;
			break;
		case RV32_JAL:
			x[i->rd] = next;
			next = pc + i->imm;
			break;
		case RV32_JALR:
			x[i->rd] = next;
			next = (a + i->imm) & ~1u;
			break;
		case RV32_BEQ:
			if (a == b)
				next = pc + i->imm;
			break;
		case RV32_BNE:
			if (a != b)
				next = pc + i->imm;
			break;
		case RV32_BLT:
			if ((int32_t)a < (int32_t)b)
				next = pc + i->imm;
			break;
		case RV32_BGE:
			if ((int32_t)a >= (int32_t)b)
				next = pc + i->imm;
			break;
		case RV32_BLTU:
			if (a < b)
				next = pc + i->imm;
			break;
		case RV32_BGEU:
			if (a >= b)
				next = pc + i->imm;
			break;
		case RV32_LB:
			tval = a + i->imm;
			cause = load(cpu, tval, 1, &value);
			if (cause != RV32_NO_TRAP)
				goto trap;
			x[i->rd] = (int32_t)(int8_t)value;
			break;
		case RV32_LH:
			tval = a + i->imm;
			cause = load(cpu, tval, 2, &value);
			if (cause != RV32_NO_TRAP)
				goto trap;
			x[i->rd] = (int32_t)(int16_t)value;
			break;
		case RV32_LW:
			tval = a + i->imm;
			cause = load(cpu, tval, 4, &value);
			if (cause != RV32_NO_TRAP)
				goto trap;
			x[i->rd] = value;
			break;
		case RV32_LBU:
			tval = a + i->imm;
			cause = load(cpu, tval, 1, &value);
			if (cause != RV32_NO_TRAP)
				goto trap;
			x[i->rd] = value;
			break;
		case RV32_LHU:
			tval = a + i->imm;
			cause = load(cpu, tval, 2, &value);
			if (cause != RV32_NO_TRAP)
				goto trap;
			x[i->rd] = value;
			break;
		case RV32_SB:
			tval = a + i->imm;
			cause = store(cpu, tval, 1, b);
			if (cause != RV32_NO_TRAP)
				goto trap;
			break;
		case RV32_SH:
			tval = a + i->imm;
			cause = store(cpu, tval, 2, b);
			if (cause != RV32_NO_TRAP)
				goto trap;
			break;
		case RV32_SW:
			tval = a + i->imm;
			cause = store(cpu, tval, 4, b);
			if (cause != RV32_NO_TRAP)
				goto trap;
			break;
		case RV32_ADDI:
			x[i->rd] = a + i->imm;
			break;
		case RV32_SLTI:
			x[i->rd] = (int32_t)a < i->imm;
			break;
		case RV32_SLTIU:
			x[i->rd] = a < (uint32_t)i->imm;
			break;
		case RV32_XORI:
			x[i->rd] = a ^ i->imm;
			break;
		case RV32_ORI:
			x[i->rd] = a | i->imm;
			break;
		case RV32_ANDI:
			x[i->rd] = a & i->imm;
			break;
		case RV32_SLLI:
			x[i->rd] = a << i->imm;
			break;
		case RV32_SRLI:
			x[i->rd] = a >> i->imm;
			break;
		case RV32_SRAI:
			x[i->rd] = (int32_t)a >> i->imm;
			break;
		case RV32_ADD:
			x[i->rd] = a + b;
			break;
		case RV32_SUB:
			x[i->rd] = a - b;
			break;
		case RV32_SLL:
			x[i->rd] = a << (b & 31);
			break;
		case RV32_SLT:
			x[i->rd] = (int32_t)a < (int32_t)b;
			break;
		case RV32_SLTU:
			x[i->rd] = a < b;
			break;
		case RV32_XOR:
			x[i->rd] = a ^ b;
			break;
		case RV32_SRL:
			x[i->rd] = a >> (b & 31);
			break;
		case RV32_SRA:
			x[i->rd] = (int32_t)a >> (b & 31);
			break;
		case RV32_OR:
			x[i->rd] = a | b;
			break;
		case RV32_AND:
			x[i->rd] = a & b;
			break;
		case RV32_MUL:
			x[i->rd] = a * b;
			break;
		case RV32_MULH:
			x[i->rd] = (uint64_t)((int64_t)(int32_t)a * (int32_t)b) >> 32;
			break;
		case RV32_MULHSU:
			x[i->rd] = (uint64_t)((int64_t)(int32_t)a * b) >> 32;
			break;
		case RV32_MULHU:
			x[i->rd] = (uint64_t)a * b >> 32;
			break;
		case RV32_DIV:
			x[i->rd] = div_signed(a, b);
			break;
		case RV32_DIVU:
			x[i->rd] = b ? a / b : UINT32_MAX;
			break;
		case RV32_REM:
			x[i->rd] = rem_signed(a, b);
			break;
		case RV32_REMU:
			x[i->rd] = b ? a % b : a;
			break;
		case RV32_FENCE:
			atomic_thread_fence(memory_order_seq_cst);
			break;
		case RV32_FENCE_I:
			icache_flush(cpu);
			break;
		case RV32_ECALL:
			cause = RV32_CAUSE_ECALL_M;
			goto trap;
		case RV32_EBREAK:
			cause = RV32_CAUSE_BREAKPOINT;
			tval = pc;
			goto trap;
		case RV32_MRET:
			mret(cpu);
			next = cpu->mepc;
			left = 1;
			break;
		case RV32_WFI:
			end = SLICE_WFI;
			left = 1;
			break;
		case RV32_CSRRW:
		case RV32_CSRRS:
		case RV32_CSRRC:
		case RV32_CSRRWI:
		case RV32_CSRRSI:
		case RV32_CSRRCI:
			cpu->retired = retired;
			if (!v3npu_rv32_csr(cpu, *i, &value)) {
				cause = RV32_CAUSE_ILLEGAL;
				tval = v3npu_core_mem_load16(cpu->mem, pc) |
				       (uint32_t)v3npu_core_mem_load16(cpu->mem, pc + 2) << 16;
				goto trap;
			}
			x[i->rd] = value;
			/* It may have enabled an interrupt */
			left = 1;
			break;
		}
		x[0] = 0;
		pc = next;
		retired++;
		continue;
trap:
		cpu->pc = pc;
		take_trap(cpu, cause, tval);
		pc = cpu->pc;
	}
	cpu->pc = pc;
	cpu->retired = retired;
	return end;
}

void v3npu_rv32_run(struct v3npu_rv32 *cpu)
{
	enum slice_end end = SLICE_DONE;
	uint32_t mip;

	reset(cpu);
	for (;;) {
		atomic_store_explicit(&cpu->hw->pc, cpu->pc, memory_order_relaxed);
		if (!v3npu_core_poll(cpu->hw, cpu->mie, end == SLICE_WFI, &mip))
			return;
		take_interrupt(cpu, mip);
		end = run_slice(cpu);
	}
}
