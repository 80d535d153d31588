// SPDX-License-Identifier: MIT
/*
 * Instruction decoder: RV32I, M, C, Zicsr and Zifencei, as in "The RISC-V
 * Instruction Set Manual, Volume I". What is reserved there is illegal here.
 */
#include "rv32.h"

#define ILLEGAL(raw)	((struct rv32_insn){ .op = RV32_ILLEGAL, .imm = (int32_t)(raw) })

/* Bits [hi:lo] of @v */
static uint32_t bits(uint32_t v, int hi, int lo)
{
	return v >> lo & ((2u << (hi - lo)) - 1);
}

/* Bits [hi:lo] of @v, moved to start at bit @to */
static uint32_t move(uint32_t v, int hi, int lo, int to)
{
	return bits(v, hi, lo) << to;
}

/* The low @width bits of @v as a signed number */
static int32_t sign_extend(uint32_t v, int width)
{
	uint32_t sign = 1u << (width - 1);

	return (int32_t)(((v & ((sign << 1) - 1)) ^ sign) - sign);
}

static int32_t imm_i(uint32_t raw)
{
	return sign_extend(raw >> 20, 12);
}

static int32_t imm_s(uint32_t raw)
{
	return sign_extend(move(raw, 31, 25, 5) | bits(raw, 11, 7), 12);
}

static int32_t imm_b(uint32_t raw)
{
	return sign_extend(move(raw, 31, 31, 12) | move(raw, 7, 7, 11) | move(raw, 30, 25, 5) |
			   move(raw, 11, 8, 1), 13);
}

static int32_t imm_j(uint32_t raw)
{
	return sign_extend(move(raw, 31, 31, 20) | move(raw, 19, 12, 12) | move(raw, 20, 20, 11) |
			   move(raw, 30, 21, 1), 21);
}

static uint8_t decode_op(uint32_t funct3, uint32_t funct7)
{
	static const uint8_t base[8] = {
		RV32_ADD, RV32_SLL, RV32_SLT, RV32_SLTU, RV32_XOR, RV32_SRL, RV32_OR, RV32_AND,
	};
	static const uint8_t mul[8] = {
		RV32_MUL, RV32_MULH, RV32_MULHSU, RV32_MULHU,
		RV32_DIV, RV32_DIVU, RV32_REM, RV32_REMU,
	};

	if (funct7 == 0)
		return base[funct3];
	if (funct7 == 1)
		return mul[funct3];
	if (funct7 == 0x20 && funct3 == 0)
		return RV32_SUB;
	if (funct7 == 0x20 && funct3 == 5)
		return RV32_SRA;
	return RV32_ILLEGAL;
}

static uint8_t decode_op_imm(uint32_t funct3, uint32_t funct7)
{
	static const uint8_t op[8] = {
		RV32_ADDI, RV32_ILLEGAL, RV32_SLTI, RV32_SLTIU,
		RV32_XORI, RV32_ILLEGAL, RV32_ORI, RV32_ANDI,
	};

	if (funct3 == 1)
		return funct7 == 0 ? RV32_SLLI : RV32_ILLEGAL;
	if (funct3 == 5)
		return funct7 == 0 ? RV32_SRLI : funct7 == 0x20 ? RV32_SRAI : RV32_ILLEGAL;
	return op[funct3];
}

static uint8_t decode_system(uint32_t raw)
{
	static const uint8_t csr[8] = {
		RV32_ILLEGAL, RV32_CSRRW, RV32_CSRRS, RV32_CSRRC,
		RV32_ILLEGAL, RV32_CSRRWI, RV32_CSRRSI, RV32_CSRRCI,
	};

	switch (raw) {
	case 0x00000073:
		return RV32_ECALL;
	case 0x00100073:
		return RV32_EBREAK;
	case 0x30200073:
		return RV32_MRET;
	case 0x10500073:
		return RV32_WFI;
	default:
		return csr[bits(raw, 14, 12)];
	}
}

static struct rv32_insn decode32(uint32_t raw)
{
	static const uint8_t branch[8] = {
		RV32_BEQ, RV32_BNE, RV32_ILLEGAL, RV32_ILLEGAL,
		RV32_BLT, RV32_BGE, RV32_BLTU, RV32_BGEU,
	};
	static const uint8_t load[8] = {
		RV32_LB, RV32_LH, RV32_LW, RV32_ILLEGAL,
		RV32_LBU, RV32_LHU, RV32_ILLEGAL, RV32_ILLEGAL,
	};
	static const uint8_t store[8] = {
		RV32_SB, RV32_SH, RV32_SW, RV32_ILLEGAL,
		RV32_ILLEGAL, RV32_ILLEGAL, RV32_ILLEGAL, RV32_ILLEGAL,
	};
	uint32_t funct3 = bits(raw, 14, 12), funct7 = bits(raw, 31, 25);
	struct rv32_insn i = {
		.op = RV32_ILLEGAL,
		.rd = bits(raw, 11, 7),
		.rs1 = bits(raw, 19, 15),
		.rs2 = bits(raw, 24, 20),
		.len = 4,
	};

	switch (bits(raw, 6, 0)) {
	case 0x37:
		i.op = RV32_LUI;
		i.imm = (int32_t)(raw & 0xfffff000);
		break;
	case 0x17:
		i.op = RV32_AUIPC;
		i.imm = (int32_t)(raw & 0xfffff000);
		break;
	case 0x6f:
		i.op = RV32_JAL;
		i.imm = imm_j(raw);
		break;
	case 0x67:
		i.op = funct3 == 0 ? RV32_JALR : RV32_ILLEGAL;
		i.imm = imm_i(raw);
		break;
	case 0x63:
		i.op = branch[funct3];
		i.imm = imm_b(raw);
		break;
	case 0x03:
		i.op = load[funct3];
		i.imm = imm_i(raw);
		break;
	case 0x23:
		i.op = store[funct3];
		i.imm = imm_s(raw);
		break;
	case 0x13:
		i.op = decode_op_imm(funct3, funct7);
		i.imm = funct3 == 1 || funct3 == 5 ? (int32_t)i.rs2 : imm_i(raw);
		break;
	case 0x33:
		i.op = decode_op(funct3, funct7);
		break;
	case 0x0f:
		/* The fields of a fence that are not used are to be ignored */
		i.op = funct3 == 0 ? RV32_FENCE : funct3 == 1 ? RV32_FENCE_I : RV32_ILLEGAL;
		break;
	case 0x73:
		i.op = decode_system(raw);
		i.imm = (int32_t)bits(raw, 31, 20);
		break;
	}
	return i.op == RV32_ILLEGAL ? ILLEGAL(raw) : i;
}

static struct rv32_insn compressed(enum rv32_op op, uint32_t rd, uint32_t rs1, uint32_t rs2,
				   int32_t imm)
{
	return (struct rv32_insn){
		.op = op, .rd = rd, .rs1 = rs1, .rs2 = rs2, .len = 2, .imm = imm,
	};
}

static struct rv32_insn decode_q0(uint32_t raw)
{
	uint32_t rd = 8 + bits(raw, 4, 2), rs1 = 8 + bits(raw, 9, 7);
	uint32_t word = move(raw, 5, 5, 6) | move(raw, 12, 10, 3) | move(raw, 6, 6, 2);
	uint32_t imm;

	switch (bits(raw, 15, 13)) {
	case 0:	/* c.addi4spn */
		imm = move(raw, 10, 7, 6) | move(raw, 12, 11, 4) | move(raw, 5, 5, 3) |
		      move(raw, 6, 6, 2);
		return imm ? compressed(RV32_ADDI, rd, 2, 0, (int32_t)imm) : ILLEGAL(raw);
	case 2:	/* c.lw */
		return compressed(RV32_LW, rd, rs1, 0, (int32_t)word);
	case 6:	/* c.sw */
		return compressed(RV32_SW, 0, rs1, rd, (int32_t)word);
	default:
		return ILLEGAL(raw);
	}
}

/* Quadrant 1, funct3 4: arithmetic on x8..x15 */
static struct rv32_insn decode_q1_alu(uint32_t raw)
{
	static const uint8_t op[4] = { RV32_SUB, RV32_XOR, RV32_OR, RV32_AND };
	uint32_t rd = 8 + bits(raw, 9, 7), rs2 = 8 + bits(raw, 4, 2);
	uint32_t imm = move(raw, 12, 12, 5) | bits(raw, 6, 2);
	uint32_t funct2 = bits(raw, 11, 10);

	if (funct2 == 2)
		return compressed(RV32_ANDI, rd, rd, 0, sign_extend(imm, 6));
	if (bits(raw, 12, 12))	/* RV64's */
		return ILLEGAL(raw);
	if (funct2 == 3)
		return compressed(op[bits(raw, 6, 5)], rd, rd, rs2, 0);
	return compressed(funct2 ? RV32_SRAI : RV32_SRLI, rd, rd, 0, (int32_t)imm);
}

static struct rv32_insn decode_q1(uint32_t raw)
{
	uint32_t rd = bits(raw, 11, 7);
	int32_t imm = sign_extend(move(raw, 12, 12, 5) | bits(raw, 6, 2), 6);
	int32_t jump = sign_extend(move(raw, 12, 12, 11) | move(raw, 8, 8, 10) |
				   move(raw, 10, 9, 8) | move(raw, 6, 6, 7) |
				   move(raw, 7, 7, 6) | move(raw, 2, 2, 5) |
				   move(raw, 11, 11, 4) | move(raw, 5, 3, 1), 12);
	int32_t branch = sign_extend(move(raw, 12, 12, 8) | move(raw, 6, 5, 6) |
				     move(raw, 2, 2, 5) | move(raw, 11, 10, 3) |
				     move(raw, 4, 3, 1), 9);

	switch (bits(raw, 15, 13)) {
	case 0:	/* c.addi, c.nop */
		return compressed(RV32_ADDI, rd, rd, 0, imm);
	case 1:	/* c.jal */
		return compressed(RV32_JAL, 1, 0, 0, jump);
	case 2:	/* c.li */
		return compressed(RV32_ADDI, rd, 0, 0, imm);
	case 3:
		if (!imm)
			return ILLEGAL(raw);
		if (rd != 2)	/* c.lui */
			return compressed(RV32_LUI, rd, 0, 0, imm * 4096);
		/* c.addi16sp */
		imm = sign_extend(move(raw, 12, 12, 9) | move(raw, 4, 3, 7) | move(raw, 5, 5, 6) |
				  move(raw, 2, 2, 5) | move(raw, 6, 6, 4), 10);
		return compressed(RV32_ADDI, 2, 2, 0, imm);
	case 4:
		return decode_q1_alu(raw);
	case 5:	/* c.j */
		return compressed(RV32_JAL, 0, 0, 0, jump);
	case 6:	/* c.beqz */
		return compressed(RV32_BEQ, 0, 8 + bits(raw, 9, 7), 0, branch);
	default:	/* c.bnez */
		return compressed(RV32_BNE, 0, 8 + bits(raw, 9, 7), 0, branch);
	}
}

/* Quadrant 2, funct3 4: jumps, moves and additions of full registers */
static struct rv32_insn decode_q2_register(uint32_t raw)
{
	uint32_t rd = bits(raw, 11, 7), rs2 = bits(raw, 6, 2);

	if (!bits(raw, 12, 12)) {
		if (rs2)	/* c.mv */
			return compressed(RV32_ADD, rd, 0, rs2, 0);
		return rd ? compressed(RV32_JALR, 0, rd, 0, 0) : ILLEGAL(raw);	/* c.jr */
	}
	if (rs2)	/* c.add */
		return compressed(RV32_ADD, rd, rd, rs2, 0);
	return rd ? compressed(RV32_JALR, 1, rd, 0, 0) :	/* c.jalr */
		    compressed(RV32_EBREAK, 0, 0, 0, 0);
}

static struct rv32_insn decode_q2(uint32_t raw)
{
	uint32_t rd = bits(raw, 11, 7), rs2 = bits(raw, 6, 2);
	uint32_t imm;

	switch (bits(raw, 15, 13)) {
	case 0:	/* c.slli; a shift by 32 or more is RV64's */
		return bits(raw, 12, 12) ? ILLEGAL(raw) :
					   compressed(RV32_SLLI, rd, rd, 0, (int32_t)rs2);
	case 2:	/* c.lwsp */
		imm = move(raw, 3, 2, 6) | move(raw, 12, 12, 5) | move(raw, 6, 4, 2);
		return rd ? compressed(RV32_LW, rd, 2, 0, (int32_t)imm) : ILLEGAL(raw);
	case 4:
		return decode_q2_register(raw);
	case 6:	/* c.swsp */
		imm = move(raw, 8, 7, 6) | move(raw, 12, 9, 2);
		return compressed(RV32_SW, 0, 2, rs2, (int32_t)imm);
	default:
		return ILLEGAL(raw);
	}
}

struct rv32_insn v3npu_rv32_decode(uint32_t raw)
{
	switch (raw & 3) {
	case 0:
		return decode_q0(raw & 0xffff);
	case 1:
		return decode_q1(raw & 0xffff);
	case 2:
		return decode_q2(raw & 0xffff);
	default:
		return decode32(raw);
	}
}
