// SPDX-License-Identifier: MIT
/*
 * Random accesses by the host, from two threads, to registers, core memory,
 * page tables and the faults on demand, while random code on the core writes
 * random values to its own registers, page tables and command descriptors.
 * Built with sanitizers: nothing may crash, hang or be accessed out of bounds.
 * V3NPU_FUZZ_MS (4000) and V3NPU_FUZZ_SEED (1) set its length and its start.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "fuzzing.h"
#include "harness.h"
#include "inject.h"
#include "tap.h"

#define CODE_WORDS	4096u
#define HANDLER		0x8000u		/* behind the code */
#define SPACES		4u
#define VA_DATA		0x10000000ull
#define TABLES_AS	2u
#define VA_TABLES	0x20000000ull	/* in TABLES_AS: all tables, writable */
#define VA_LARGE	0x40000000ull
#define VA_CHAN		(VA_LARGE + V3NPU_LARGE_PAGE_SIZE / 2)
#define DATA_SIZE	(64u * V3NPU_PAGE_SIZE)

struct rng {
	uint64_t state;
};

/* Of the machine that runs: the entries of VA_DATA's pages, where no walk leads any more */
static uint64_t *leaves[SPACES];

/* xorshift64* */
static uint32_t rnd(struct rng *r)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return r->state * 0x2545f4914f6cdd1dull >> 32;
}

static uint32_t below(struct rng *r, uint32_t n)
{
	return rnd(r) % n;
}

static bool one_in(struct rng *r, uint32_t n)
{
	return below(r, n) == 0;
}

/* A number that is more likely than others to be at some limit */
static uint32_t interesting(struct rng *r)
{
	static const uint32_t edge[] = {
		0, 1, 2, 3, 4, 7, 63, 64, 255, 256, 4095, 4096, 65536, 65537, 0x7fffc, 0x7ffff,
		0x80000, 0x10000000, 0x20000000, 0x40000000, 0x7fffffff, 0x80000000, 0xfffffffc,
		0xffffffff,
	};

	switch (below(r, 4)) {
	case 0:
		return edge[below(r, sizeof(edge) / sizeof(edge[0]))];
	case 1:
		return edge[below(r, sizeof(edge) / sizeof(edge[0]))] + below(r, 9) - 4;
	case 2:
		return below(r, 300);
	default:
		return rnd(r);
	}
}

/* A register of the core, or something near one */
static uint32_t core_register(struct rng *r)
{
	static const uint32_t reg[] = {
		V3NPU_CORE_PENDING, V3NPU_CORE_HOST_EVENT, V3NPU_CORE_DOORBELL(0),
		V3NPU_CORE_DOORBELL(7), V3NPU_CORE_MTIME_LO, V3NPU_CORE_MTIMECMP_LO,
		V3NPU_CORE_MTIMECMP_HI, V3NPU_CORE_WATCHDOG, V3NPU_CORE_DMA_AS,
		V3NPU_CORE_DMA_VA_LO, V3NPU_CORE_DMA_VA_HI, V3NPU_CORE_DMA_LOCAL,
		V3NPU_CORE_DMA_LEN, V3NPU_CORE_DMA_CTRL, V3NPU_CORE_DMA_CTRL,
		V3NPU_CORE_ENGINE_CTRL, V3NPU_CORE_ENGINE_CTRL, V3NPU_CORE_ENGINE_STATUS,
		V3NPU_CORE_ENGINE_ACK, V3NPU_CORE_ENGINE_AS,
	};

	if (one_in(r, 200))
		return V3NPU_CORE_HALT;
	if (one_in(r, 3))
		return V3NPU_CORE_ENGINE_DESC(below(r, 64));
	if (one_in(r, 20))
		return V3NPU_CORE_PERIPH + below(r, 0x600);
	return reg[below(r, sizeof(reg) / sizeof(reg[0]))];
}

/* What a core might plausibly write to @reg */
static uint32_t core_value(struct rng *r, uint32_t reg)
{
	static const uint32_t va[] = { VA_DATA, VA_TABLES, VA_LARGE };

	if (one_in(r, 20))
		return interesting(r);
	switch (reg) {
	case V3NPU_CORE_DMA_AS:
	case V3NPU_CORE_ENGINE_AS:
		return below(r, SPACES + 1);
	case V3NPU_CORE_DMA_VA_LO:
		return va[below(r, 3)] + below(r, 2 * DATA_SIZE);
	case V3NPU_CORE_DMA_VA_HI:
		return 0;
	case V3NPU_CORE_DMA_LOCAL:
		/* Away from the code: it would soon be gone */
		return HANDLER + 4096 + below(r, V3NPU_CORE_MEM_SIZE - HANDLER - 4096);
	case V3NPU_CORE_DMA_LEN:
		return below(r, 5000);
	case V3NPU_CORE_DMA_CTRL:
	case V3NPU_CORE_ENGINE_CTRL:
		return 1 + below(r, 2);
	default:
		return interesting(r);
	}
}

/* Instructions, for readability of what follows; registers are numbers */
static uint32_t insn_lui(uint32_t rd, uint32_t value)
{
	return (value & 0xfffff000) | rd << 7 | 0x37;
}

static uint32_t insn_addi(uint32_t rd, uint32_t rs, uint32_t imm)
{
	return (imm & 0xfff) << 20 | rs << 15 | rd << 7 | 0x13;
}

static uint32_t insn_sw(uint32_t base, uint32_t rs, uint32_t imm)
{
	return (imm & 0xfe0) << 20 | rs << 20 | base << 15 | 2 << 12 | (imm & 0x1f) << 7 | 0x23;
}

static uint32_t insn_lw(uint32_t rd, uint32_t base, uint32_t imm)
{
	return (imm & 0xfff) << 20 | base << 15 | 2 << 12 | rd << 7 | 3;
}

/* One that is probably valid, and does whatever it does */
static uint32_t random_insn(struct rng *r)
{
	static const uint8_t opcode[] = { 0x03, 0x13, 0x13, 0x17, 0x23, 0x33, 0x33, 0x37, 0x63 };
	uint32_t insn = (rnd(r) & ~0x7fu) | opcode[below(r, sizeof(opcode))];

	if ((insn & 0x7f) == 0x33)
		insn = (insn & 0x01ffffff) | (uint32_t)(below(r, 2) ? 1 : 0x20 * below(r, 2)) << 25;
	return insn;
}

struct code {
	uint32_t word[CODE_WORDS];
	unsigned int used;
};

static void emit(struct code *c, uint32_t insn)
{
	if (c->used < CODE_WORDS)
		c->word[c->used++] = insn;
}

static void emit_li(struct code *c, uint32_t rd, uint32_t value)
{
	emit(c, insn_lui(rd, value + 0x800));
	emit(c, insn_addi(rd, rd, value));
}

static void emit_write(struct code *c, uint32_t reg, uint32_t value)
{
	emit_li(c, 10, reg);
	emit_li(c, 11, value);
	emit(c, insn_sw(10, 11, 0));
}

/* Random instructions may have left the trap vector somewhere */
static void emit_handler(struct code *c, struct rng *r)
{
	emit_li(c, 10, HANDLER | below(r, 2));
	emit(c, 0x30551073);		/* csrw mtvec, a0 */
	if (one_in(r, 4)) {
		emit_li(c, 11, ~0u);
		emit(c, 0x30459073);	/* csrw mie, a1 */
		emit(c, 0x30046073);	/* csrsi mstatus, MIE */
	}
}

/* A transfer that is valid but for what chance changes */
static void emit_dma(struct code *c, struct rng *r)
{
	static const uint32_t reg[] = {
		V3NPU_CORE_DMA_AS, V3NPU_CORE_DMA_VA_LO, V3NPU_CORE_DMA_VA_HI,
		V3NPU_CORE_DMA_LOCAL, V3NPU_CORE_DMA_LEN, V3NPU_CORE_DMA_CTRL,
	};
	size_t i;

	for (i = 0; i < sizeof(reg) / sizeof(reg[0]); i++)
		emit_write(c, reg[i], core_value(r, reg[i]));
}

static void emit_start(struct code *c, struct rng *r, uint32_t *word, size_t size)
{
	size_t i;

	if (one_in(r, 3))
		word[below(r, size / 4)] = interesting(r);
	for (i = 0; i < size / 4; i++)
		emit_write(c, V3NPU_CORE_ENGINE_DESC(i), word[i]);
	emit_write(c, V3NPU_CORE_ENGINE_AS, below(r, SPACES));
	emit_write(c, V3NPU_CORE_ENGINE_CTRL, V3NPU_ENGINE_START);
}

/* A product that all of the engine's threads work at, valid but for what chance changes */
static void emit_matmul(struct code *c, struct rng *r)
{
	uint32_t rows = 1 + below(r, 60), columns = 1 + below(r, 60), depth = 1 + below(r, 500);
	union {
		struct v3npu_cmd_matmul matmul;
		uint32_t word[sizeof(struct v3npu_cmd_matmul) / 4];
	} u = { .matmul = {
		.hdr = { .opcode = V3NPU_OP_MATMUL, .size = sizeof(u.matmul) },
		.a = { VA_DATA + below(r, DATA_SIZE), { 1, 1, rows, depth },
		       { rows * depth, rows * depth, depth, 1 } },
		.b = { VA_DATA + below(r, DATA_SIZE), { 1, 1, columns, depth },
		       { columns * depth, columns * depth, depth, 1 } },
		.out = { VA_LARGE + below(r, DATA_SIZE), { 1, 1, rows, columns },
			 { rows * columns, rows * columns, columns, 1 } },
		.output = { .chan = VA_CHAN, .min = -128, .max = 127,
			    .flags = V3NPU_OUTPUT_PER_TENSOR },
	} };

	emit_start(c, r, u.word, sizeof(u));
}

/* A command that is valid but for what chance changes, started */
static void emit_command(struct code *c, struct rng *r)
{
	uint64_t va = (one_in(r, 3) ? VA_TABLES : VA_DATA) + below(r, DATA_SIZE);
	uint32_t len = 1 + below(r, 20000);
	union {
		struct v3npu_cmd_copy copy;
		struct v3npu_cmd_stall stall;
		uint32_t word[sizeof(struct v3npu_cmd_copy) / 4];
	} u = { .copy = {
		.hdr = { .opcode = V3NPU_OP_COPY, .size = sizeof(u.copy) },
		.in = { one_in(r, 4) ? V3NPU_VA_SRAM : VA_DATA + below(r, DATA_SIZE),
			{ 1, 1, 1, len }, { len, len, len, 1 } },
		.out = { one_in(r, 4) ? V3NPU_VA_SRAM : va,
			 { 1, 1, 1, len }, { len, len, len, 1 } },
	} };

	if (one_in(r, 4)) {
		memset(&u, 0, sizeof(u));
		u.stall.hdr.opcode = V3NPU_OP_STALL;
		u.stall.hdr.size = sizeof(u.stall);
		u.stall.usec = one_in(r, 10) ? 500000000 : below(r, 3000);
	}
	emit_start(c, r, u.word, sizeof(u));
}

static void load_code(struct npu *npu, struct rng *r)
{
	static const uint32_t handler[] = {
		0x341022f3,	/* csrr t0, mepc */
		0x00428293,	/* addi t0, t0, 4 */
		0x01229293,	/* slli t0, t0, 18: back into the code, wherever it was */
		0x0122d293,	/* srli t0, t0, 18 */
		0x34129073,	/* csrw mepc, t0 */
		0x30401073,	/* csrw mie, x0: so that the code gets on */
		0x30200073,	/* mret */
		0xfe5ff06f,	/* entry 7 of the vectored table: j handler */
		0, 0, 0,
		0xfd5ff06f,	/* entry 11: j handler */
	};
	static const uint32_t wfi = 0x10500073, fence_i = 0x0000100f;
	static const uint32_t jump_to_start = 0x00000067;	/* jr x0 */
	struct code c = { .used = 0 };

	emit_handler(&c, r);
	while (c.used < CODE_WORDS - 8) {
		uint32_t reg = core_register(r);

		switch (below(r, 16)) {
		case 0 ... 5:
			emit_write(&c, reg, core_value(r, reg));
			break;
		case 6:
			emit_handler(&c, r);
			break;
		case 7 ... 8:
			emit_dma(&c, r);
			break;
		case 9:
			emit_li(&c, 10, reg);
			emit(&c, insn_lw(below(r, 32), 10, 0));
			break;
		case 10 ... 11:
			if (one_in(r, 4))
				emit_matmul(&c, r);
			else
				emit_command(&c, r);
			break;
		case 12:
			/* A CSR instruction, often on one that exists */
			emit(&c, (one_in(r, 2) ? 0x300 + below(r, 0x50) : rnd(r)) << 20 |
				 (rnd(r) & 0x000fff80) | 0x73);
			break;
		case 13:
			emit(&c, one_in(r, 30) ? wfi : one_in(r, 4) ? fence_i : random_insn(r));
			break;
		case 14:
			emit(&c, random_insn(r));
			break;
		default:
			emit(&c, rnd(r));
			break;
		}
	}
	/* Back to the start */
	while (c.used < CODE_WORDS)
		emit(&c, jump_to_start);
	npu_core_write(npu, 0, c.word, sizeof(c.word));
	npu_core_write(npu, HANDLER, handler, sizeof(handler));
	if (one_in(r, 10)) {
		uint32_t i;

		/* Nothing but noise */
		for (i = 0; i < V3NPU_CORE_MEM_SIZE; i += 4)
			npu_core_write32(npu, i, rnd(r));
	}
}

static struct npu *make_machine(void)
{
	static const struct v3npu_config config = { 64, 64 << 10, 1000, 10, 64, 1000, 2, NULL };
	struct npu *npu = npu_new(&config);
	uint8_t *data = npu_alloc(npu, DATA_SIZE);
	uint8_t *large = npu_alloc_large(npu);
	const struct v3npu_chan chan = { .multiplier = 1 << 30 };
	unsigned int as, level;

	memcpy(large + (VA_CHAN - VA_LARGE), &chan, sizeof(chan));
	for (as = 0; as < SPACES; as++) {
		npu_map(npu, as, VA_DATA, data, DATA_SIZE, as != 1);
		npu_map_large(npu, as, VA_LARGE, large, true);
		leaves[as] = npu_pte(npu, as, VA_DATA, 0);
		/* One address space's commands can change all tables */
		for (level = 0; level < 3; level++) {
			uint64_t *table = npu_pte(npu, as, VA_DATA & ~(uint64_t)0x1fffff, level);

			table = (uint64_t *)((uintptr_t)table & ~(uintptr_t)(V3NPU_PAGE_SIZE - 1));
			npu_map(npu, TABLES_AS, VA_TABLES + (3 * as + level) * V3NPU_PAGE_SIZE,
				table, V3NPU_PAGE_SIZE, true);
		}
	}
	return npu;
}

/* A page's entry becomes that of another page, or noise */
static void change_table(struct rng *r)
{
	uint64_t *from = &leaves[below(r, SPACES)][below(r, DATA_SIZE / V3NPU_PAGE_SIZE)];
	uint64_t *to = &leaves[below(r, SPACES)][below(r, DATA_SIZE / V3NPU_PAGE_SIZE)];
	uint64_t value = __atomic_load_n(from, __ATOMIC_RELAXED);

	if (one_in(r, 8))
		value ^= 1ull << below(r, 64);
	__atomic_store_n(to, value, __ATOMIC_RELAXED);
}

/* A fault on demand, now and then; never all too long out of its slot */
static void change_fault(struct npu *npu, struct rng *r)
{
	v3npu_inject_arm(npu_hw(npu), V3NPU_INJECT_GONE, 0);
	if (one_in(r, 20))
		v3npu_inject_arm(npu_hw(npu), below(r, V3NPU_NUM_INJECT), below(r, 20));
}

static void disarm_faults(struct npu *npu)
{
	unsigned int fault;

	for (fault = 0; fault < V3NPU_NUM_INJECT; fault++)
		v3npu_inject_arm(npu_hw(npu), fault, 0);
	/* A reset that got stuck: while it lasts the register takes no other, but the bus does */
	if (npu_read(npu, V3NPU_REG_STATUS) & V3NPU_STATUS_RESETTING)
		v3npu_hw_reset(npu_hw(npu));
}

/* One access by the host */
static void host_access(struct npu *npu, struct rng *r)
{
	static const uint32_t reg[] = {
		V3NPU_REG_IRQ_STATUS, V3NPU_REG_IRQ_ENABLE, V3NPU_REG_DOORBELL,
		V3NPU_REG_MMU_INVALIDATE, V3NPU_REG_MMU_STATUS, V3NPU_REG_STATUS,
		V3NPU_REG_CORE_PC, V3NPU_REG_HALT_CODE,
	};
	struct v3npu_hw *hw = npu_hw(npu);
	uint64_t value = interesting(r);
	unsigned int size = 1u << below(r, 4);

	switch (below(r, 16)) {
	case 0 ... 6:
		v3npu_hw_write(hw, V3NPU_BAR_REGS, reg[below(r, 8)], value, 4);
		break;
	case 7 ... 9:
		v3npu_hw_read(hw, V3NPU_BAR_REGS, reg[below(r, 8)], 4);
		break;
	case 10:
		v3npu_hw_write(hw, V3NPU_BAR_REGS, below(r, V3NPU_REGS_SIZE + 16), value, size);
		break;
	case 11:
		v3npu_hw_read(hw, below(r, 8), interesting(r), size);
		break;
	case 12:
		v3npu_hw_write(hw, V3NPU_BAR_CORE_MEM, interesting(r) % (V3NPU_CORE_MEM_SIZE + 16),
			       value, size);
		break;
	case 13:
		v3npu_hw_read(hw, V3NPU_BAR_CORE_MEM, interesting(r) % (V3NPU_CORE_MEM_SIZE + 16),
			      size);
		break;
	case 14:
		/* Keep the core running, mostly */
		v3npu_hw_write(hw, V3NPU_BAR_REGS, V3NPU_REG_CONTROL,
			       one_in(r, 50) ? interesting(r) : V3NPU_CONTROL_CORE_RUN, 4);
		break;
	default:
		if (one_in(r, 200))
			v3npu_hw_reset(hw);
		else if (one_in(r, 20))
			change_fault(npu, r);
		else if (one_in(r, 4))
			change_table(r);
		else if (one_in(r, 10))
			v3npu_hw_write(hw, V3NPU_BAR_REGS, V3NPU_REG_CONTROL, 0, 4);
		break;
	}
}

struct second_host {
	struct npu *npu;
	struct rng rng;
	atomic_bool stop;
	unsigned long accesses;
};

static void *second_host(void *opaque)
{
	struct second_host *h = opaque;

	while (!atomic_load(&h->stop)) {
		host_access(h->npu, &h->rng);
		h->accesses++;
	}
	return NULL;
}

/**
 * struct tally - what was done so far
 * @programs: programs of the core
 * @accesses: accesses by the host
 * @resets: machines that were reset before they were removed
 * @idle: those that were idle then
 */
struct tally {
	unsigned long programs;
	unsigned long accesses;
	unsigned long resets;
	unsigned long idle;
};

static void run_program(struct npu *npu, struct rng *rng, struct tally *tally)
{
	struct second_host other = { .npu = npu, .rng = { rnd(rng) | 1 } };
	pthread_t thread;
	unsigned int i;

	disarm_faults(npu);
	npu_reset(npu);
	load_code(npu, rng);
	for (i = 0; i < SPACES; i++)
		npu_set_root(npu, i);
	npu_core_run(npu, true);
	tally->programs++;
	if (pthread_create(&thread, NULL, second_host, &other))
		tap_bail("pthread_create");
	for (i = 0; i < 3000; i++)
		host_access(npu, rng);
	atomic_store(&other.stop, true);
	pthread_join(thread, NULL);
	tally->accesses += i + other.accesses;
}

static void fuzz_machine(uint64_t seed, struct tally *tally)
{
	struct rng rng = { seed * 0x9e3779b97f4a7c15ull | 1 };
	struct npu *npu = make_machine();
	unsigned int round;

	fuzz_seed(seed);
	for (round = 0; round < 8; round++)
		run_program(npu, &rng, tally);
	/* Half of them are removed at work; the others have to be idle after a reset */
	if (one_in(&rng, 2)) {
		disarm_faults(npu);
		npu_reset(npu);
		tally->idle += npu_read(npu, V3NPU_REG_STATUS) == 0;
		tally->resets++;
	}
	npu_free(npu);
}

int main(void)
{
	double end = npu_clock_ms() + fuzz_setting("V3NPU_FUZZ_MS", 4000);
	uint64_t first = fuzz_setting("V3NPU_FUZZ_SEED", 1), seed = first;
	struct tally tally = { 0 };

	while (npu_clock_ms() < end)
		fuzz_machine(seed++, &tally);
	tap_ok(tally.accesses > 0, "random registers and random code: no crash, no hang");
	tap_equal(tally.idle, tally.resets, "idle after a reset");
	tap_note("%lu programs of the core", tally.programs);
	fuzz_report(tally.accesses, first, seed - 1);
	return tap_done();
}
