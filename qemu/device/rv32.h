/* SPDX-License-Identifier: MIT */
/*
 * The control core: an RV32IMC_Zicsr_Zifencei hart with machine mode only.
 *
 * Instructions are decoded once and kept in a cache that, as RISC-V has it,
 * need not see later stores: fence.i empties it, and so does a core reset.
 * Data accesses must be aligned.
 */
#ifndef V3NPU_DEVICE_RV32_H
#define V3NPU_DEVICE_RV32_H

#include <stdbool.h>
#include <stdint.h>

#include "v3npu/regs.h"

struct v3npu_hw;

enum rv32_op {
	RV32_NONE,	/* not decoded yet */
	RV32_ILLEGAL,	/* imm: the instruction */
	RV32_LUI, RV32_AUIPC, RV32_JAL, RV32_JALR,
	RV32_BEQ, RV32_BNE, RV32_BLT, RV32_BGE, RV32_BLTU, RV32_BGEU,
	RV32_LB, RV32_LH, RV32_LW, RV32_LBU, RV32_LHU,
	RV32_SB, RV32_SH, RV32_SW,
	RV32_ADDI, RV32_SLTI, RV32_SLTIU, RV32_XORI, RV32_ORI, RV32_ANDI,
	RV32_SLLI, RV32_SRLI, RV32_SRAI,
	RV32_ADD, RV32_SUB, RV32_SLL, RV32_SLT, RV32_SLTU, RV32_XOR, RV32_SRL, RV32_SRA, RV32_OR,
	RV32_AND,
	RV32_MUL, RV32_MULH, RV32_MULHSU, RV32_MULHU, RV32_DIV, RV32_DIVU, RV32_REM, RV32_REMU,
	RV32_FENCE, RV32_FENCE_I,
	RV32_ECALL, RV32_EBREAK, RV32_MRET, RV32_WFI,
	/* imm: the CSR's number; the immediate forms have their immediate in rs1 */
	RV32_CSRRW, RV32_CSRRS, RV32_CSRRC, RV32_CSRRWI, RV32_CSRRSI, RV32_CSRRCI,
};

/* A decoded instruction of @len bytes; compressed ones become what they stand for */
struct rv32_insn {
	uint8_t op;
	uint8_t rd;
	uint8_t rs1;
	uint8_t rs2 : 5;
	uint8_t len : 3;
	int32_t imm;
};

/* mcause; RV32_NO_TRAP is none of them */
#define RV32_CAUSE_FETCH_FAULT		1u
#define RV32_CAUSE_ILLEGAL		2u
#define RV32_CAUSE_BREAKPOINT		3u
#define RV32_CAUSE_LOAD_MISALIGNED	4u
#define RV32_CAUSE_LOAD_FAULT		5u
#define RV32_CAUSE_STORE_MISALIGNED	6u
#define RV32_CAUSE_STORE_FAULT		7u
#define RV32_CAUSE_ECALL_M		11u
#define RV32_CAUSE_INTERRUPT		(1u << 31)
#define RV32_NO_TRAP			0xffu

/* Interrupt numbers, and bits of mie and mip */
#define RV32_IRQ_TIMER			7
#define RV32_IRQ_EXTERNAL		11
#define RV32_MIP_MTIP			(1u << RV32_IRQ_TIMER)
#define RV32_MIP_MEIP			(1u << RV32_IRQ_EXTERNAL)

#define RV32_MSTATUS_MIE		(1u << 3)
#define RV32_MSTATUS_MPIE		(1u << 7)
#define RV32_MSTATUS_MPP		(3u << 11)	/* reads as machine mode, always */

#define RV32_ICACHE_SLOTS		(V3NPU_CORE_MEM_SIZE / 2)
#define RV32_ICACHE_PAGE_SLOTS		2048
#define RV32_ICACHE_PAGES		(RV32_ICACHE_SLOTS / RV32_ICACHE_PAGE_SLOTS)

/**
 * struct v3npu_rv32 - the hart, the core thread's alone
 * @x: registers; x[0] is 0 between instructions
 * @in_exception: from a synchronous trap to the next mret; another such trap
 *	meanwhile halts the core
 * @retired: instructions retired since reset, brought up to date where it is read
 * @mcycle_bias: mcycle - @retired: the core takes one cycle an instruction
 * @minstret_bias: minstret - @retired
 * @hw: the device around it
 * @mem: core memory
 * @icache: decoded instructions, by address / 2
 * @icache_used: pages of @icache that are not all RV32_NONE
 */
struct v3npu_rv32 {
	uint32_t x[32];
	uint32_t pc;
	uint32_t mstatus;
	uint32_t mie;
	uint32_t mtvec;
	uint32_t mscratch;
	uint32_t mepc;
	uint32_t mcause;
	uint32_t mtval;
	bool in_exception;
	uint64_t retired;
	uint64_t mcycle_bias;
	uint64_t minstret_bias;
	struct v3npu_hw *hw;
	uint8_t *mem;
	bool icache_used[RV32_ICACHE_PAGES];
	struct rv32_insn icache[RV32_ICACHE_SLOTS];
};

/* rv32.c */

/* Return: NULL with errno set */
struct v3npu_rv32 *v3npu_rv32_new(struct v3npu_hw *hw, uint8_t *mem);
void v3npu_rv32_free(struct v3npu_rv32 *cpu);

/* Resets the hart and executes from address 0 until the device says stop or it halts */
void v3npu_rv32_run(struct v3npu_rv32 *cpu);

/* rv32_decode.c */

/* Decodes @raw, of which the upper half does not matter if the lower is a compressed instruction */
struct rv32_insn v3npu_rv32_decode(uint32_t raw);

/* rv32_csr.c */

/**
 * v3npu_rv32_csr() - execute a CSR instruction
 * @cpu: hart
 * @insn: the instruction
 * @old: set to the CSR's value before
 *
 * Return: false if it is illegal.
 */
bool v3npu_rv32_csr(struct v3npu_rv32 *cpu, struct rv32_insn insn, uint32_t *old);

#endif /* V3NPU_DEVICE_RV32_H */
