// SPDX-License-Identifier: MIT
/* The control core's instructions, registers and traps */
#include <string.h>

#include "programs.h"
#include "rv32.h"
#include "tap.h"

static const char *const op_name[] = {
#define R(name, value)		#name,
#define I(name, imm, value)	#name " " #imm,
#define CR(name, value)		#name,
#define CI(name, imm, value)	#name " " #imm,
#define U(name, imm, value)	#name " " #imm,
#include "alu_ops.h"
#undef R
#undef I
#undef CR
#undef CI
#undef U
};

#define NUM_OPS	(sizeof(op_name) / sizeof(op_name[0]))

static void expect(uint32_t a, uint32_t b, uint32_t *result)
{
	int64_t sa = (int32_t)a, sb = (int32_t)b;

#define R(name, value)		*result++ = (uint32_t)(value);
#define I(name, imm, value)	*result++ = (uint32_t)(value);
#define CR(name, value)		*result++ = (uint32_t)(value);
#define CI(name, imm, value)	*result++ = (uint32_t)(value);
#define U(name, imm, value)	*result++ = (uint32_t)(value);
#include "alu_ops.h"
}

/* xorshift32 */
static uint32_t random32(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Every operation on all pairs of edge values and on random ones, against alu_ops.h in C */
static void test_arithmetic(struct npu *npu)
{
	static const uint32_t edge[] = {
		0, 1, 2, 31, 32, 33, 0x7f, 0x80, 0x7ff, 0x7fff, 0x8000, 0xffff, 0x10000,
		0x12345678, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001, 0xaaaaaaaa,
		0xdeadbeef, 0xffff8000, 0xfffffffe, 0xffffffff,
	};
	enum { EDGES = sizeof(edge) / sizeof(edge[0]), PAIRS = EDGES * EDGES + 200 };
	static uint32_t pair[PAIRS][2], got[PAIRS][NUM_OPS], want[NUM_OPS];
	unsigned int wrong[NUM_OPS] = { 0 };
	uint32_t seed = 1;
	size_t i, op;

	for (i = 0; i < PAIRS; i++) {
		bool random = i >= EDGES * EDGES;

		pair[i][0] = random ? random32(&seed) : edge[i / EDGES];
		pair[i][1] = random ? random32(&seed) : edge[i % EDGES];
	}
	program_load(npu, "alu");
	npu_core_write32(npu, TEST_INPUT, PAIRS);
	npu_core_write(npu, TEST_INPUT + 4, pair, sizeof(pair));
	tap_equal(program_run(npu), TEST_PASS, "arithmetic program ends");
	npu_core_read(npu, TEST_OUTPUT, got, sizeof(got));

	for (i = 0; i < PAIRS; i++) {
		expect(pair[i][0], pair[i][1], want);
		for (op = 0; op < NUM_OPS; op++) {
			if (got[i][op] != want[op] && !wrong[op]++)
				tap_note("%s of %#x, %#x: got %#x, want %#x", op_name[op],
					 pair[i][0], pair[i][1], got[i][op], want[op]);
		}
	}
	for (op = 0; op < NUM_OPS; op++)
		tap_equal(wrong[op], 0, "%s on %u pairs", op_name[op], (unsigned int)PAIRS);
}

static void test_program(struct npu *npu, const char *name, const char *what)
{
	uint32_t code;

	npu_core_run(npu, false);
	program_load(npu, name);
	code = program_run(npu);
	tap_equal(code, TEST_PASS, "%s", what);
	if ((code & 0xffff0000) == TEST_FAIL)
		tap_note("the check in line %u of %s.S failed", code & 0xffff, name);
	else if (code != TEST_PASS)
		tap_note("pc %#x", npu_read(npu, V3NPU_REG_CORE_PC));
}

/* A trap halts the core where it has no handler, and where the handler traps */
static void test_halts(struct npu *npu)
{
	static const uint32_t ecall[] = { 0x00000013, 0x00000073 };
	static const uint32_t illegal[] = { 0xffffffff };
	static const uint32_t load[] = { 0xffc02503 };			/* lw a0, -4(x0) */
	static const uint32_t store[] = { 0xfea02e23 };			/* sw a0, -4(x0) */
	static const uint32_t jump[] = { 0xff1ff06f };			/* j .-16: outside */
	static const uint32_t twice[] = {
		0x00c00513,	/* li a0, 12 */
		0x30551073,	/* csrw mtvec, a0 */
		0x00000073,	/* ecall */
		0x00100073,	/* the handler: ebreak */
	};
	static const uint32_t nowhere[] = {
		0x80000537,	/* lui a0, 0x80000 */
		0x30551073,	/* csrw mtvec, a0 */
		0x00000073,	/* ecall */
	};
	static const uint32_t after_mret[] = {
		0x01000513,	/* 0: li a0, 16 */
		0x30551073,	/* 4: csrw mtvec, a0 */
		0x00000073,	/* 8: ecall */
		0x00100073,	/* c: ebreak, not in a handler */
		0x342025f3,	/* 10: csrr a1, mcause */
		0x00300613,	/* 14: li a2, 3 */
		0x00c58863,	/* 18: beq a1, a2, 28 */
		0x00c00513,	/* 1c: li a0, 12 */
		0x34151073,	/* 20: csrw mepc, a0 */
		0x30200073,	/* 24: mret */
		0x10000537,	/* 28: lui a0, %hi(V3NPU_CORE_HALT) */
		0x04d00593,	/* 2c: li a1, 77 */
		0x00b52423,	/* 30: sw a1, 8(a0) */
	};

#define RUN(words)	program_run_words(npu, words, sizeof(words) / 4)
	tap_equal(RUN(ecall), RV32_CAUSE_ECALL_M, "ecall without a handler halts");
	tap_equal(npu_read(npu, V3NPU_REG_CORE_PC), 4, "... and CORE_PC is its address");
	tap_equal(RUN(illegal), RV32_CAUSE_ILLEGAL, "illegal instruction without a handler halts");
	tap_equal(RUN(load), RV32_CAUSE_LOAD_FAULT, "load fault without a handler halts");
	tap_equal(RUN(store), RV32_CAUSE_STORE_FAULT, "store fault without a handler halts");
	tap_equal(RUN(jump), RV32_CAUSE_FETCH_FAULT, "jump out of memory without a handler halts");
	tap_equal(RUN(twice), RV32_CAUSE_BREAKPOINT, "trap in a handler halts");
	tap_equal(RUN(nowhere), RV32_CAUSE_FETCH_FAULT, "handler outside of memory halts");
	tap_equal(RUN(after_mret), 77, "trap after mret is handled");
#undef RUN
}

/*
 * Encodings that are reserved or of extensions the core has not. Each traps
 * as illegal, with the instruction in mtval.
 */
static void test_illegal(struct npu *npu)
{
	static const uint32_t insn[] = {
		0x00000000,		/* defined to be illegal */
		0x0000ffff, 0xffffffff,
		0x00001067,		/* jalr with funct3 1 */
		0x00002063, 0x00003063,	/* branch with funct3 2, 3 */
		0x00003003, 0x00006003, 0x00007003,	/* ld, lwu, - */
		0x00003023, 0x00004023,	/* sd, - */
		0x02001013,		/* slli by 32 */
		0x02005013,		/* srli by 32 */
		0x42005013,		/* srai by 32 */
		0x20000033,		/* add with a funct7 of another extension */
		0x40001033, 0x40007033,	/* sll, and with sub's funct7 */
		0x04000033,
		0x0000200f,		/* misc-mem with funct3 2 */
		0x0000001b, 0x0000003b,	/* addiw, addw */
		0x00002007, 0x00002027, 0x00000053,	/* flw, fsw, fadd.s */
		0x1000202f, 0x0000202f,	/* lr.w, amoadd.w */
		0x00004073,		/* system with funct3 4 */
		0x00200073,		/* uret */
		0x10200073,		/* sret */
		0x7b200073,		/* dret */
		0x12000073,		/* sfence.vma */
		0x00000173,		/* ecall with rd */
		0x7c002573,		/* csrr of a custom CSR */
		0x30202573,		/* medeleg: no other mode to delegate to */
		0x3a002573,		/* pmpcfg0 */
		0x2000,			/* c.fld */
		0x6000,			/* c.flw */
		0x8000,			/* reserved */
		0xa000, 0xe000,		/* c.fsd, c.fsw */
		0x0004,			/* c.addi4spn with 0 */
		0x6101,			/* c.addi16sp with 0 */
		0x6501,			/* c.lui with 0 */
		0x9001, 0x9401,		/* c.srli, c.srai by 32 or more */
		0x9c01, 0x9c21, 0x9c41, 0x9c61,	/* c.subw, c.addw, reserved */
		0x1502,			/* c.slli by 32 */
		0x2002, 0x6002, 0xa002, 0xe002,	/* c.fldsp, c.flwsp, c.fsdsp, c.fswsp */
		0x4002,			/* c.lwsp to x0 */
		0x8002,			/* c.jr x0 */
	};
	enum { COUNT = sizeof(insn) / sizeof(insn[0]) };
	uint32_t got[COUNT][2];
	unsigned int i;

	npu_core_run(npu, false);
	program_load(npu, "illegal");
	npu_core_write32(npu, TEST_INPUT, COUNT);
	for (i = 0; i < COUNT; i++)
		/* A breakpoint follows what is compressed */
		npu_core_write32(npu, TEST_INPUT + 4 + 4 * i,
				 (insn[i] & 3) == 3 ? insn[i] : insn[i] | 0x90020000);
	tap_equal(program_run(npu), TEST_PASS, "illegal instructions' program ends");
	npu_core_read(npu, TEST_OUTPUT, got, sizeof(got));
	for (i = 0; i < COUNT; i++)
		if (!tap_ok(got[i][0] == RV32_CAUSE_ILLEGAL && got[i][1] == insn[i],
			    "%#x is illegal", insn[i]))
			tap_note("mcause %u, mtval %#x", got[i][0], got[i][1]);
}

/* How fast the core is; a slow machine is no failure */
static void test_speed(struct npu *npu)
{
	const uint32_t turns = 10000000;
	double start;

	agent_start(npu);
	agent_request(npu, AGENT_COUNT, turns);
	start = npu_clock_ms();
	tap_ok(agent_wait(npu, 60000), "counting loop of %u turns", turns);
	tap_note("%.0f million instructions a second", 2 * turns / (npu_clock_ms() - start) / 1e3);
	npu_core_run(npu, false);
}

int main(void)
{
	struct npu *npu = npu_new(NULL);

	test_arithmetic(npu);
	test_program(npu, "flow", "branches, jumps, loads, stores, fence.i");
	test_program(npu, "csr", "control and status registers");
	test_program(npu, "trap", "synchronous traps");
	npu_write(npu, V3NPU_REG_DOORBELL, 37);
	test_program(npu, "irq", "interrupts and wfi");
	test_halts(npu);
	test_illegal(npu);
	test_speed(npu);
	npu_free(npu);
	return tap_done();
}
