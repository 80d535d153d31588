// SPDX-License-Identifier: MIT
/*
 * Control and status registers, as in "The RISC-V Instruction Set Manual,
 * Volume II: Privileged Architecture", for a hart with machine mode only.
 */
#include "hw.h"
#include "rv32.h"

#define CSR_MSTATUS		0x300
#define CSR_MISA		0x301
#define CSR_MIE			0x304
#define CSR_MTVEC		0x305
#define CSR_MSTATUSH		0x310
#define CSR_MHPMEVENT3		0x323
#define CSR_MHPMEVENT31		0x33f
#define CSR_MSCRATCH		0x340
#define CSR_MEPC		0x341
#define CSR_MCAUSE		0x342
#define CSR_MTVAL		0x343
#define CSR_MIP			0x344
#define CSR_MCYCLE		0xb00
#define CSR_MINSTRET		0xb02
#define CSR_MHPMCOUNTER3	0xb03
#define CSR_MHPMCOUNTER31	0xb1f
#define CSR_MCYCLEH		0xb80
#define CSR_MINSTRETH		0xb82
#define CSR_MHPMCOUNTER3H	0xb83
#define CSR_MHPMCOUNTER31H	0xb9f
#define CSR_MVENDORID		0xf11
#define CSR_MARCHID		0xf12
#define CSR_MIMPID		0xf13
#define CSR_MHARTID		0xf14
#define CSR_MCONFIGPTR		0xf15

#define CSR_IS_READ_ONLY(csr)	(((csr) >> 10 & 3) == 3)

/* MXL 1 (32 bits), extensions C, I and M */
#define MISA	(1u << 30 | 1u << ('C' - 'A') | 1u << ('I' - 'A') | 1u << ('M' - 'A'))

static bool csr_read(struct v3npu_rv32 *cpu, uint32_t csr, uint32_t *value)
{
	uint64_t mcycle = cpu->retired + cpu->mcycle_bias;
	uint64_t minstret = cpu->retired + cpu->minstret_bias;

	switch (csr) {
	case CSR_MSTATUS:
		*value = cpu->mstatus | RV32_MSTATUS_MPP;
		return true;
	case CSR_MISA:
		*value = MISA;
		return true;
	case CSR_MIE:
		*value = cpu->mie;
		return true;
	case CSR_MTVEC:
		*value = cpu->mtvec;
		return true;
	case CSR_MSCRATCH:
		*value = cpu->mscratch;
		return true;
	case CSR_MEPC:
		*value = cpu->mepc;
		return true;
	case CSR_MCAUSE:
		*value = cpu->mcause;
		return true;
	case CSR_MTVAL:
		*value = cpu->mtval;
		return true;
	case CSR_MIP:
		v3npu_hw_lock(cpu->hw);
		*value = v3npu_periph_lines(cpu->hw);
		v3npu_hw_unlock(cpu->hw);
		return true;
	case CSR_MCYCLE:
		*value = mcycle;
		return true;
	case CSR_MCYCLEH:
		*value = mcycle >> 32;
		return true;
	case CSR_MINSTRET:
		*value = minstret;
		return true;
	case CSR_MINSTRETH:
		*value = minstret >> 32;
		return true;
	case CSR_MSTATUSH:
	case CSR_MHPMEVENT3 ... CSR_MHPMEVENT31:
	case CSR_MHPMCOUNTER3 ... CSR_MHPMCOUNTER31:
	case CSR_MHPMCOUNTER3H ... CSR_MHPMCOUNTER31H:
	case CSR_MVENDORID:
	case CSR_MARCHID:
	case CSR_MIMPID:
	case CSR_MHARTID:
	case CSR_MCONFIGPTR:
		*value = 0;
		return true;
	default:
		return false;
	}
}

/* The bias that makes a counter read as @value after the instruction that writes it */
static uint64_t counter_bias(const struct v3npu_rv32 *cpu, uint64_t value)
{
	return value - (cpu->retired + 1);
}

static uint64_t with_low(uint64_t counter, uint32_t value)
{
	return (counter & ~(uint64_t)UINT32_MAX) | value;
}

static uint64_t with_high(uint64_t counter, uint32_t value)
{
	return (uint64_t)value << 32 | (uint32_t)counter;
}

/* Writes what can be written; the rest of a register that exists ignores it */
static void csr_write(struct v3npu_rv32 *cpu, uint32_t csr, uint32_t value)
{
	uint64_t mcycle = cpu->retired + cpu->mcycle_bias;
	uint64_t minstret = cpu->retired + cpu->minstret_bias;

	switch (csr) {
	case CSR_MSTATUS:
		cpu->mstatus = value & (RV32_MSTATUS_MIE | RV32_MSTATUS_MPIE);
		break;
	case CSR_MIE:
		cpu->mie = value & (RV32_MIP_MTIP | RV32_MIP_MEIP);
		break;
	case CSR_MTVEC:
		/* Mode is direct (0) or vectored (1) */
		cpu->mtvec = value & ~2u;
		break;
	case CSR_MSCRATCH:
		cpu->mscratch = value;
		break;
	case CSR_MEPC:
		cpu->mepc = value & ~1u;
		break;
	case CSR_MCAUSE:
		cpu->mcause = value;
		break;
	case CSR_MTVAL:
		cpu->mtval = value;
		break;
	case CSR_MCYCLE:
		cpu->mcycle_bias = counter_bias(cpu, with_low(mcycle, value));
		break;
	case CSR_MCYCLEH:
		cpu->mcycle_bias = counter_bias(cpu, with_high(mcycle, value));
		break;
	case CSR_MINSTRET:
		cpu->minstret_bias = counter_bias(cpu, with_low(minstret, value));
		break;
	case CSR_MINSTRETH:
		cpu->minstret_bias = counter_bias(cpu, with_high(minstret, value));
		break;
	}
}

bool v3npu_rv32_csr(struct v3npu_rv32 *cpu, struct rv32_insn insn, uint32_t *old)
{
	bool immediate = insn.op >= RV32_CSRRWI;
	uint32_t operand = immediate ? insn.rs1 : cpu->x[insn.rs1];
	uint32_t csr = insn.imm;
	uint32_t value;
	bool writes;

	switch (insn.op) {
	case RV32_CSRRW:
	case RV32_CSRRWI:
		writes = true;
		break;
	default:
		/* Setting or clearing the bits of x0, or of 0, is no write */
		writes = insn.rs1;
		break;
	}
	if (!csr_read(cpu, csr, old) || (writes && CSR_IS_READ_ONLY(csr)))
		return false;
	if (!writes)
		return true;

	switch (insn.op) {
	case RV32_CSRRW:
	case RV32_CSRRWI:
		value = operand;
		break;
	case RV32_CSRRS:
	case RV32_CSRRSI:
		value = *old | operand;
		break;
	default:
		value = *old & ~operand;
		break;
	}
	csr_write(cpu, csr, value);
	return true;
}
