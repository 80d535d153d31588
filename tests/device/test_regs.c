// SPDX-License-Identifier: MIT
/* What the host sees: registers of BAR0, core memory in BAR2, interrupts and reset */
#include <string.h>

#include "programs.h"
#include "tap.h"

static const struct v3npu_config config = {
	.macs = 512,
	.sram_size = 384 << 10,
	.dram_mbps = 3750,
	.dram_latency = 99,
	.dram_burst = 32,
	.clock_mhz = 800,
	.threads = 1,
};

static void test_identity(struct npu *npu)
{
	static const struct {
		uint32_t reg, value;
		const char *name;
	} reg[] = {
		{ V3NPU_REG_ID, V3NPU_ID_MAGIC, "ID" },
		{ V3NPU_REG_VERSION, V3NPU_HW_VERSION, "VERSION" },
		{ V3NPU_REG_MACS, 512, "MACS" },
		{ V3NPU_REG_SRAM_SIZE, 384 << 10, "SRAM_SIZE" },
		{ V3NPU_REG_DRAM_MBPS, 3750, "DRAM_MBPS" },
		{ V3NPU_REG_DRAM_LATENCY, 99, "DRAM_LATENCY" },
		{ V3NPU_REG_DRAM_BURST, 32, "DRAM_BURST" },
		{ V3NPU_REG_CLOCK_MHZ, 800, "CLOCK_MHZ" },
		{ V3NPU_REG_CORE_MEM, V3NPU_CORE_MEM_SIZE, "CORE_MEM" },
		{ V3NPU_REG_NUM_AS, V3NPU_NUM_AS, "NUM_AS" },
		{ V3NPU_REG_CONTROL, 0, "CONTROL" },
		{ V3NPU_REG_STATUS, 0, "STATUS" },
		{ V3NPU_REG_CORE_PC, 0, "CORE_PC" },
		{ V3NPU_REG_HALT_CODE, 0, "HALT_CODE" },
		{ V3NPU_REG_IRQ_STATUS, 0, "IRQ_STATUS" },
		{ V3NPU_REG_IRQ_ENABLE, 0, "IRQ_ENABLE" },
		{ V3NPU_REG_DOORBELL, 0, "DOORBELL" },
		{ V3NPU_REG_MMU_INVALIDATE, 0, "MMU_INVALIDATE" },
		{ V3NPU_REG_MMU_STATUS, 0, "MMU_STATUS" },
	};
	size_t i;

	for (i = 0; i < sizeof(reg) / sizeof(reg[0]); i++) {
		bool writable = reg[i].reg == V3NPU_REG_CONTROL ||
				reg[i].reg == V3NPU_REG_IRQ_ENABLE ||
				reg[i].reg == V3NPU_REG_DOORBELL;

		tap_equal(npu_read(npu, reg[i].reg), reg[i].value, "%s after reset", reg[i].name);
		if (writable)
			continue;
		npu_write(npu, reg[i].reg, ~0u);
		tap_equal(npu_read(npu, reg[i].reg), reg[i].value, "%s ignores writes",
			  reg[i].name);
	}
}

static bool is_named(uint32_t offset)
{
	return offset <= V3NPU_REG_NUM_AS ||
	       (offset >= V3NPU_REG_CONTROL && offset <= V3NPU_REG_HALT_CODE) ||
	       offset == V3NPU_REG_IRQ_STATUS || offset == V3NPU_REG_IRQ_ENABLE ||
	       offset == V3NPU_REG_DOORBELL ||
	       offset == V3NPU_REG_MMU_INVALIDATE || offset == V3NPU_REG_MMU_STATUS ||
	       (offset >= V3NPU_REG_MMU_ROOT_LO(0) && offset < V3NPU_REG_MMU_ROOT_LO(V3NPU_NUM_AS));
}

static void test_unnamed(struct npu *npu)
{
	unsigned int wrong = 0, unknown = 0;
	uint32_t offset;

	for (offset = 0; offset < V3NPU_REGS_SIZE; offset += 4) {
		unknown += is_named(offset) != v3npu_hw_is_reg(offset);
		if (is_named(offset))
			continue;
		npu_write(npu, offset, ~0u);
		wrong += npu_read(npu, offset) != 0;
	}
	tap_equal(unknown + v3npu_hw_is_reg(2) + v3npu_hw_is_reg(V3NPU_REGS_SIZE), 0,
		  "which offsets have a register");
	tap_equal(wrong, 0, "offsets with no register read 0 and ignore writes");
	tap_equal(npu_read(npu, V3NPU_REG_STATUS), 0, "... and nothing has happened");
}

static void test_sizes(struct npu *npu)
{
	struct v3npu_hw *hw = npu_hw(npu);
	unsigned int wrong = 0, size, offset;

	npu_write(npu, V3NPU_REG_IRQ_ENABLE, V3NPU_IRQ_EVENT);
	for (offset = 0; offset < 8; offset++) {
		for (size = 1; size <= 8; size *= 2) {
			uint64_t reg = V3NPU_REG_IRQ_ENABLE + offset;

			if (size == 4 && offset % 4 == 0)
				continue;
			v3npu_hw_write(hw, V3NPU_BAR_REGS, reg, V3NPU_IRQ_HALT, size);
			wrong += v3npu_hw_read(hw, V3NPU_BAR_REGS, reg, size) != 0;
		}
	}
	tap_equal(wrong, 0, "accesses that are no aligned word read 0");
	tap_equal(npu_read(npu, V3NPU_REG_IRQ_ENABLE), V3NPU_IRQ_EVENT, "... and write nothing");
	npu_write(npu, V3NPU_REG_IRQ_ENABLE, 0);
	v3npu_hw_write(hw, V3NPU_BAR_REGS, V3NPU_REGS_SIZE, 1, 4);
	v3npu_hw_write(hw, V3NPU_BAR_REGS, ~3ull, 1, 4);
	v3npu_hw_write(hw, 1, 0, 1, 4);
	tap_ok(!v3npu_hw_read(hw, V3NPU_BAR_REGS, V3NPU_REGS_SIZE, 4) &&
	       !v3npu_hw_read(hw, V3NPU_BAR_REGS, ~3ull, 4) && !v3npu_hw_read(hw, 1, 0, 4),
	       "outside of the BARs there is nothing");
}

static void test_roots(struct npu *npu)
{
	unsigned int wrong = 0, as;

	for (as = 0; as < V3NPU_NUM_AS; as++) {
		npu_write(npu, V3NPU_REG_MMU_ROOT_LO(as), 0xabcd0000 + as);
		npu_write(npu, V3NPU_REG_MMU_ROOT_HI(as), 0x1000 + as);
	}
	for (as = 0; as < V3NPU_NUM_AS; as++)
		wrong += npu_read(npu, V3NPU_REG_MMU_ROOT_LO(as)) != 0xabcd0000 + as ||
			 npu_read(npu, V3NPU_REG_MMU_ROOT_HI(as)) != 0x1000 + as;
	tap_equal(wrong, 0, "each MMU root keeps what is written");
	npu_reset(npu);
	for (as = 0; as < V3NPU_NUM_AS; as++)
		wrong += npu_read(npu, V3NPU_REG_MMU_ROOT_LO(as)) ||
			 npu_read(npu, V3NPU_REG_MMU_ROOT_HI(as));
	tap_equal(wrong, 0, "a reset clears all roots");
}

static void test_core_mem(struct npu *npu)
{
	const uint64_t end = V3NPU_CORE_MEM_SIZE;
	struct v3npu_hw *hw = npu_hw(npu);
	unsigned int wrong = 0, size, offset, i;

	for (size = 1; size <= 8; size *= 2) {
		for (offset = 0; offset < 16; offset++) {
			uint64_t value = 0x8877665544332211ull, got;

			for (i = 0; i < 32; i++)
				v3npu_hw_write(hw, V3NPU_BAR_CORE_MEM, 0x100 + i, 0xee, 1);
			v3npu_hw_write(hw, V3NPU_BAR_CORE_MEM, 0x100 + offset, value, size);
			got = v3npu_hw_read(hw, V3NPU_BAR_CORE_MEM, 0x100 + offset, size);
			if (size < 8)
				value &= (1ull << 8 * size) - 1;
			wrong += got != value;
			for (i = 0; i < 32; i++) {
				bool inside = i >= offset && i < offset + size;
				uint8_t want = inside ? value >> 8 * (i - offset) : 0xee;

				got = v3npu_hw_read(hw, V3NPU_BAR_CORE_MEM, 0x100 + i, 1);
				wrong += got != want;
			}
		}
	}
	tap_equal(wrong, 0, "core memory takes 1, 2, 4 and 8 bytes at any offset");

	v3npu_hw_write(hw, V3NPU_BAR_CORE_MEM, end - 4, 0x12345678, 4);
	v3npu_hw_write(hw, V3NPU_BAR_CORE_MEM, end - 2, ~0ull, 4);
	v3npu_hw_write(hw, V3NPU_BAR_CORE_MEM, end, ~0ull, 4);
	v3npu_hw_write(hw, V3NPU_BAR_CORE_MEM, ~0ull, ~0ull, 1);
	v3npu_hw_write(hw, V3NPU_BAR_CORE_MEM, 0, ~0ull, 16);
	tap_equal(v3npu_hw_read(hw, V3NPU_BAR_CORE_MEM, end - 4, 4), 0x12345678,
		  "the last word of core memory");
	tap_ok(!v3npu_hw_read(hw, V3NPU_BAR_CORE_MEM, end - 2, 4) &&
	       !v3npu_hw_read(hw, V3NPU_BAR_CORE_MEM, end, 1) &&
	       !v3npu_hw_read(hw, V3NPU_BAR_CORE_MEM, ~0ull, 8) &&
	       !v3npu_hw_read(hw, V3NPU_BAR_CORE_MEM, 0, 16), "behind it there is nothing");

	npu_reset(npu);
	tap_equal(npu_core_read32(npu, end - 4), 0x12345678, "CONTROL.RESET keeps core memory");
	v3npu_hw_reset(hw);
	tap_equal(npu_core_read32(npu, end - 4), 0, "a bus reset clears it");
}

/* Interrupts: with agent.c on the core, which halts on request */
static void test_interrupts(struct npu *npu)
{
	agent_start(npu);
	agent_write(npu, V3NPU_CORE_HOST_EVENT, 1);
	tap_equal(npu_read(npu, V3NPU_REG_IRQ_STATUS), V3NPU_IRQ_EVENT, "an event sets its status");
	tap_ok(!npu_wait_vector(npu, V3NPU_VECTOR_EVENT, 20),
	       "... and raises nothing while disabled");
	npu_write(npu, V3NPU_REG_IRQ_ENABLE, ~0u);
	tap_equal(npu_read(npu, V3NPU_REG_IRQ_ENABLE),
		  V3NPU_IRQ_EVENT | V3NPU_IRQ_HALT | V3NPU_IRQ_WATCHDOG,
		  "IRQ_ENABLE keeps the bits there are");
	tap_ok(npu_wait_vector(npu, V3NPU_VECTOR_EVENT, PATIENCE_MS),
	       "enabling it raises vector 0");
	agent_write(npu, V3NPU_CORE_HOST_EVENT, 1);
	tap_ok(!npu_wait_vector(npu, V3NPU_VECTOR_EVENT, 20), "a second event before the first is "
	       "cleared raises nothing");
	npu_write(npu, V3NPU_REG_IRQ_STATUS, V3NPU_IRQ_HALT);
	tap_equal(npu_read(npu, V3NPU_REG_IRQ_STATUS), V3NPU_IRQ_EVENT,
		  "other bits do not clear it");
	npu_write(npu, V3NPU_REG_IRQ_STATUS, V3NPU_IRQ_EVENT);
	tap_equal(npu_read(npu, V3NPU_REG_IRQ_STATUS), 0, "its own bit does");
	agent_write(npu, V3NPU_CORE_HOST_EVENT, 0);
	tap_ok(npu_wait_vector(npu, V3NPU_VECTOR_EVENT, PATIENCE_MS),
	       "the next event raises again");

	agent_write(npu, V3NPU_CORE_HALT, 0x1234);
	tap_ok(npu_wait_vector(npu, V3NPU_VECTOR_ERROR, PATIENCE_MS), "halting raises vector 1");
	tap_equal(npu_read(npu, V3NPU_REG_STATUS), V3NPU_STATUS_CORE_HALTED, "... shows in STATUS");
	tap_equal(npu_read(npu, V3NPU_REG_HALT_CODE), 0x1234, "... with the code");
	tap_equal(npu_read(npu, V3NPU_REG_IRQ_STATUS), V3NPU_IRQ_EVENT | V3NPU_IRQ_HALT,
		  "... and in IRQ_STATUS");
	tap_equal(npu_read(npu, V3NPU_REG_CONTROL), V3NPU_CONTROL_CORE_RUN,
		  "a halted core is still out of reset");
	npu_write(npu, V3NPU_REG_CONTROL, 0);
	tap_equal(npu_read(npu, V3NPU_REG_STATUS), V3NPU_STATUS_CORE_HALTED,
		  "the halt can be seen until the next start");
	agent_start(npu);
	tap_equal(npu_read(npu, V3NPU_REG_STATUS), V3NPU_STATUS_CORE_RUNNING,
		  "... which clears it");
	tap_equal(npu_read(npu, V3NPU_REG_HALT_CODE), 0, "... and its code");

	npu_reset(npu);
	tap_equal(npu_read(npu, V3NPU_REG_IRQ_STATUS), 0, "a reset clears the interrupts");
	tap_equal(npu_read(npu, V3NPU_REG_IRQ_ENABLE), 0, "... and disables them");
	tap_equal(npu_read(npu, V3NPU_REG_CONTROL), 0, "... and holds the core in reset");
	tap_equal(npu_read(npu, V3NPU_REG_STATUS), 0, "... idle");
	tap_equal(npu_vectors_left(npu, 0) + npu_vectors_left(npu, 1), 0,
		  "no vector was raised twice");
}

static void test_restart(struct npu *npu)
{
	unsigned int i, answered = 0;

	/* Stop and start in two writes: the program starts anew every time */
	agent_start(npu);
	for (i = 0; i < 200; i++) {
		agent_request(npu, AGENT_SPIN, 0);
		npu_write(npu, V3NPU_REG_CONTROL, 0);
		npu_core_write32(npu, TEST_INPUT, AGENT_NONE);
		npu_write(npu, V3NPU_REG_CONTROL, V3NPU_CONTROL_CORE_RUN);
		answered += agent_read(npu, V3NPU_CORE_SRAM_SIZE) == config.sram_size;
	}
	tap_equal(answered, 200, "a core that hangs is stopped and started 200 times");
	npu_write(npu, V3NPU_REG_CONTROL, V3NPU_CONTROL_RESET | V3NPU_CONTROL_CORE_RUN);
	tap_ok(npu_wait_reg(npu, V3NPU_REG_STATUS, V3NPU_STATUS_RESETTING, 0, PATIENCE_MS) &&
	       !npu_read(npu, V3NPU_REG_CONTROL), "RESET wins over CORE_RUN");
}

int main(void)
{
	struct npu *npu = npu_new(&config);

	test_identity(npu);
	test_unnamed(npu);
	test_sizes(npu);
	test_roots(npu);
	test_core_mem(npu);
	test_interrupts(npu);
	test_restart(npu);
	npu_free(npu);
	return tap_done();
}
