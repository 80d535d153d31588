// SPDX-License-Identifier: MIT
/* The datapath behind its registers: runs, faults, SRAM, invalidation, reset, removal */
#include <malloc.h>
#include <string.h>
#include <time.h>

#include "programs.h"
#include "rv32.h"
#include "tap.h"

#define AS	3
#define SRC	0x100000000ull
#define DST	0x200000000ull
#define RO	0x210000000ull
#define LEN	20000u
/* A busy machine can look several times before it ends */
#define LONG_STALL_US	1500000u

static struct v3npu_cmd_copy copy_cmd(uint64_t in, uint64_t out, uint32_t len)
{
	return (struct v3npu_cmd_copy){
		.hdr = { .opcode = V3NPU_OP_COPY, .size = sizeof(struct v3npu_cmd_copy) },
		.in = { .addr = in, .dim = { 1, 1, 1, len }, .stride = { len, len, len, 1 } },
		.out = { .addr = out, .dim = { 1, 1, 1, len }, .stride = { len, len, len, 1 } },
	};
}

static uint32_t run_copy(struct npu *npu, uint32_t as, uint64_t in, uint64_t out, uint32_t len)
{
	struct v3npu_cmd_copy cmd = copy_cmd(in, out, len);

	agent_start_command(npu, as, &cmd, sizeof(cmd));
	return agent_wait_engine(npu, PATIENCE_MS);
}

static void start_stall(struct npu *npu, uint32_t as, uint32_t usec)
{
	struct v3npu_cmd_stall cmd = {
		.hdr = { .opcode = V3NPU_OP_STALL, .size = sizeof(cmd) },
		.usec = usec,
	};

	agent_start_command(npu, as, &cmd, sizeof(cmd));
}

static uint32_t scrub(struct npu *npu)
{
	agent_write(npu, V3NPU_CORE_ENGINE_CTRL, V3NPU_ENGINE_SCRUB);
	return agent_wait_engine(npu, PATIENCE_MS);
}

static uint64_t counter(struct npu *npu, size_t offset)
{
	return agent_read(npu, V3NPU_CORE_ENGINE_COUNTER(offset / 4)) |
	       (uint64_t)agent_read(npu, V3NPU_CORE_ENGINE_COUNTER(offset / 4 + 1)) << 32;
}

static void test_run(struct npu *npu, uint8_t *src, uint8_t *dst)
{
	unsigned int i, wrong = 0;

	tap_equal(agent_read(npu, V3NPU_CORE_ENGINE_STATUS), V3NPU_ENGINE_IDLE, "idle at first");
	for (i = 0; i < LEN; i++)
		src[i] = i * 11 + (i >> 8);
	tap_equal(run_copy(npu, AS, SRC + 5, DST + 3, LEN - 5), V3NPU_ENGINE_DONE,
		  "a copy is done");
	for (i = 0; i < LEN - 5; i++)
		wrong += dst[i + 3] != src[i + 5];
	tap_equal(wrong, 0, "... with the right bytes");
	tap_equal(dst[2] | dst[LEN - 2], 0, "... and none around them");
	tap_ok(counter(npu, offsetof(struct v3npu_counters, cycles)) > 0, "... and counted cycles");
	tap_ok(counter(npu, offsetof(struct v3npu_counters, dram_read)) >= LEN - 5,
	       "... and bytes read from DRAM");
	tap_equal(agent_read(npu, V3NPU_CORE_PENDING), V3NPU_CORE_PENDING_ENGINE,
		  "its end is pending");
	agent_write(npu, V3NPU_CORE_ENGINE_ACK, 1);
	tap_equal(agent_read(npu, V3NPU_CORE_PENDING), 0, "... until acknowledged");

	start_stall(npu, AS, LONG_STALL_US);
	tap_equal(agent_read(npu, V3NPU_CORE_ENGINE_STATUS), V3NPU_ENGINE_BUSY, "a stall is busy");
	tap_ok(npu_read(npu, V3NPU_REG_STATUS) & V3NPU_STATUS_ENGINE_BUSY, "... in STATUS too");
	agent_write(npu, V3NPU_CORE_ENGINE_DESC(0), ~0u);
	agent_write(npu, V3NPU_CORE_ENGINE_CTRL, V3NPU_ENGINE_START);
	agent_request(npu, AGENT_WFI, RV32_MIP_MEIP);
	tap_ok(agent_wait(npu, PATIENCE_MS), "its end ends wfi");
	tap_equal(agent_read(npu, V3NPU_CORE_ENGINE_STATUS), V3NPU_ENGINE_DONE,
		  "descriptor and START are free to write meanwhile, and ignored");
	agent_write(npu, V3NPU_CORE_ENGINE_ACK, 1);
	agent_write(npu, V3NPU_CORE_ENGINE_CTRL, 0);
	agent_write(npu, V3NPU_CORE_ENGINE_CTRL, V3NPU_ENGINE_START | V3NPU_ENGINE_SCRUB);
	agent_write(npu, V3NPU_CORE_ENGINE_CTRL, 4);
	npu_sleep_ms(5);
	tap_equal(agent_read(npu, V3NPU_CORE_PENDING), 0, "CTRL values with no meaning do nothing");
}

static void test_bad(struct npu *npu, uint8_t *dst)
{
	struct v3npu_cmd_copy cmd = copy_cmd(SRC, DST, LEN);

	cmd.in.dim[0] = 0;
	agent_start_command(npu, AS, &cmd, sizeof(cmd));
	tap_equal(agent_wait_engine(npu, PATIENCE_MS), V3NPU_ENGINE_ILLEGAL,
		  "a command that is not valid");
	cmd = copy_cmd(SRC, DST, LEN);
	cmd.hdr.opcode = V3NPU_NUM_OPCODES;
	agent_start_command(npu, AS, &cmd, sizeof(cmd));
	tap_equal(agent_wait_engine(npu, PATIENCE_MS), V3NPU_ENGINE_ILLEGAL, "an unknown opcode");

	tap_equal(run_copy(npu, AS, SRC + 4 * V3NPU_PAGE_SIZE, DST, LEN), V3NPU_ENGINE_FAULT,
		  "an operand that ends in no mapping");
	tap_equal(agent_engine_fault(npu), SRC + 5 * V3NPU_PAGE_SIZE, "... faults where it does");
	tap_equal(counter(npu, offsetof(struct v3npu_counters, cycles)), 0,
		  "... and counts nothing");
	tap_equal(run_copy(npu, AS, SRC, DST + V3NPU_LARGE_PAGE_SIZE, 16), V3NPU_ENGINE_FAULT,
		  "a result with no mapping");
	tap_equal(agent_engine_fault(npu), DST + V3NPU_LARGE_PAGE_SIZE,
		  "... faults at its address");
	memset(dst, 0x33, 16);
	tap_equal(run_copy(npu, AS, SRC, RO, 16), V3NPU_ENGINE_FAULT,
		  "a result on a read-only page");
	tap_equal(agent_engine_fault(npu), RO, "... faults at its address");
	tap_equal(dst[0], 0x33, "... and is not written");
	tap_equal(run_copy(npu, AS, RO, DST, 16), V3NPU_ENGINE_DONE, "an operand on one is fine");
	tap_equal(run_copy(npu, AS + 1, SRC, DST, 16), V3NPU_ENGINE_FAULT, "another address space");
	tap_equal(run_copy(npu, V3NPU_NUM_AS, SRC, DST, 16), V3NPU_ENGINE_FAULT,
		  "an address space that does not exist");
	tap_equal(run_copy(npu, ~0u, SRC, DST, 16), V3NPU_ENGINE_FAULT, "... or another");
	tap_equal(run_copy(npu, AS, SRC, DST, LEN), V3NPU_ENGINE_DONE,
		  "the next good command runs");
}

/* Does SRAM hold the first byte of @src everywhere in [0, LEN)? */
static void test_sram(struct npu *npu, uint8_t *src, uint8_t *dst)
{
	unsigned int i, wrong = 0;

	memset(src, 0x42, LEN);
	tap_equal(run_copy(npu, AS, SRC, V3NPU_VA_SRAM, LEN), V3NPU_ENGINE_DONE, "a copy to SRAM");
	memset(dst, 0, LEN);
	tap_equal(run_copy(npu, AS, V3NPU_VA_SRAM, DST, LEN), V3NPU_ENGINE_DONE, "... and back");
	tap_ok(!memcmp(src, dst, LEN), "... has the bytes");
	agent_write(npu, V3NPU_CORE_ENGINE_ACK, 1);
	tap_equal(scrub(npu), V3NPU_ENGINE_DONE, "a scrub ends");
	tap_equal(agent_read(npu, V3NPU_CORE_PENDING), V3NPU_CORE_PENDING_ENGINE,
		  "... as a command does");
	tap_equal(run_copy(npu, AS, V3NPU_VA_SRAM, DST, LEN), V3NPU_ENGINE_DONE,
		  "a copy from SRAM");
	for (i = 0; i < LEN; i++)
		wrong += dst[i] != 0;
	tap_equal(wrong, 0, "... finds nothing left");
	run_copy(npu, AS, SRC, V3NPU_VA_SRAM, LEN);
	npu_reset(npu);
	npu_set_root(npu, AS);
	agent_start(npu);
	run_copy(npu, AS, V3NPU_VA_SRAM, DST, LEN);
	for (i = 0; i < LEN; i++)
		wrong += dst[i] != 0;
	tap_equal(wrong, 0, "a reset clears SRAM too");
}

static void test_invalidate(struct npu *npu, uint8_t *src, uint8_t *dst)
{
	uint8_t *other = npu_alloc(npu, LEN);
	double start;

	tap_ok(npu_invalidate(npu, AS, 0), "an invalidation with nothing running is done at once");
	memset(other, 0x99, LEN);
	memset(src, 0x11, LEN);
	run_copy(npu, AS, SRC, DST, LEN);
	npu_map(npu, AS, SRC, other, LEN, false);
	tap_ok(npu_invalidate(npu, AS, PATIENCE_MS), "a mapping is replaced and invalidated");
	run_copy(npu, AS, SRC, DST, LEN);
	tap_equal(dst[0] | dst[LEN - 1] << 8, 0x9999, "... and the next command sees the new one");
	npu_map(npu, AS, SRC, src, LEN, false);

	start_stall(npu, AS, LONG_STALL_US);
	npu_write(npu, V3NPU_REG_MMU_INVALIDATE, AS + 1);
	tap_equal(npu_read(npu, V3NPU_REG_MMU_STATUS), 0,
		  "another address space's waits for nothing");
	npu_write(npu, V3NPU_REG_MMU_INVALIDATE, V3NPU_NUM_AS);
	tap_equal(npu_read(npu, V3NPU_REG_MMU_STATUS), 0, "nor one that does not exist");
	npu_write(npu, V3NPU_REG_MMU_INVALIDATE, AS);
	tap_equal(npu_read(npu, V3NPU_REG_MMU_STATUS), V3NPU_MMU_STATUS_INVALIDATING,
		  "its own waits for the running command");
	start = npu_clock_ms();
	tap_ok(npu_wait_reg(npu, V3NPU_REG_MMU_STATUS, ~0u, 0, PATIENCE_MS), "... and ends");
	tap_ok(!(npu_read(npu, V3NPU_REG_STATUS) & V3NPU_STATUS_ENGINE_BUSY),
	       "... with the command");
	tap_note("after %.0f ms", npu_clock_ms() - start);

	start_stall(npu, AS, LONG_STALL_US);
	npu_write(npu, V3NPU_REG_MMU_INVALIDATE, V3NPU_MMU_INVALIDATE_ALL);
	tap_equal(npu_read(npu, V3NPU_REG_MMU_STATUS), V3NPU_MMU_STATUS_INVALIDATING,
		  "one of all address spaces waits too");
	tap_ok(npu_wait_reg(npu, V3NPU_REG_MMU_STATUS, ~0u, 0, PATIENCE_MS), "... and ends");

	start_stall(npu, AS, 600000000);
	npu_write(npu, V3NPU_REG_MMU_INVALIDATE, AS);
	npu_reset(npu);
	tap_equal(npu_read(npu, V3NPU_REG_MMU_STATUS), 0, "a reset ends it");
}

static void test_reset_busy(struct npu *npu, uint8_t *src, uint8_t *dst)
{
	double best = 1e9, took, start;
	unsigned int i;

	/* A busy machine needs some tries to show how quick it can be */
	for (i = 0; i < 5 || (best >= 100 && i < 50); i++) {
		agent_start(npu);
		npu_set_root(npu, AS);
		start_stall(npu, AS, 600000000);
		agent_request(npu, i & 1 ? AGENT_SPIN : AGENT_WFI, 0);
		npu_sleep_ms(2);
		start = npu_clock_ms();
		npu_write(npu, V3NPU_REG_CONTROL, V3NPU_CONTROL_RESET);
		npu_write(npu, V3NPU_REG_IRQ_ENABLE, ~0u);
		npu_write(npu, V3NPU_REG_DOORBELL, 0);
		npu_wait_reg(npu, V3NPU_REG_STATUS, V3NPU_STATUS_RESETTING, 0, PATIENCE_MS);
		took = npu_clock_ms() - start;
		best = took < best ? took : best;
		if (npu_read(npu, V3NPU_REG_STATUS))
			break;
	}
	tap_equal(npu_read(npu, V3NPU_REG_STATUS), 0,
		  "a reset stops a command and a core that hang");
	tap_ok(best < 100, "... within tens of milliseconds");
	tap_note("%.2f ms at best", best);

	agent_start(npu);
	npu_set_root(npu, AS);
	start_stall(npu, AS, 600000000);
	agent_request(npu, AGENT_SPIN, 0);
	v3npu_hw_reset(npu_hw(npu));
	tap_equal(npu_read(npu, V3NPU_REG_STATUS), 0, "so does a bus reset");

	agent_start(npu);
	tap_equal(agent_read(npu, V3NPU_CORE_ENGINE_STATUS), V3NPU_ENGINE_IDLE, "idle afterwards");
	tap_equal(agent_read(npu, V3NPU_CORE_PENDING), 0, "nothing pending");
	npu_set_root(npu, AS);
	memset(src, 0x66, LEN);
	tap_equal(run_copy(npu, AS, SRC, DST, LEN), V3NPU_ENGINE_DONE, "and it works");
	tap_equal(dst[LEN - 1], 0x66, "... with the right bytes");

	/* The core's own reset leaves the datapath alone */
	agent_write(npu, V3NPU_CORE_ENGINE_ACK, 1);
	start_stall(npu, AS, 100000);
	agent_start(npu);
	tap_equal(agent_wait_engine(npu, PATIENCE_MS), V3NPU_ENGINE_DONE,
		  "a command outlives its core");
}

/* Memory is taken away from what runs, as when bus mastering is disabled */
static void test_stop_dma(struct npu *npu)
{
	double start;

	agent_start(npu);
	npu_set_root(npu, AS);
	start_stall(npu, AS, 600000000);
	start = npu_clock_ms();
	v3npu_hw_stop_dma(npu_hw(npu), true);
	tap_ok(npu_clock_ms() - start < PATIENCE_MS, "the running command is cut off from memory");
	tap_equal(agent_read(npu, V3NPU_CORE_ENGINE_STATUS), V3NPU_ENGINE_FAULT,
		  "... and ends as a fault");
	tap_equal(agent_engine_fault(npu), 0, "... of address 0");
	tap_equal(run_copy(npu, AS, SRC, DST, LEN), V3NPU_ENGINE_DONE, "... the next one runs");
	v3npu_hw_stop_dma(npu_hw(npu), true);
	tap_equal(agent_read(npu, V3NPU_CORE_ENGINE_STATUS), V3NPU_ENGINE_DONE,
		  "one that has ended stays as it is");
	start_stall(npu, AS, 600000000);
	npu_write(npu, V3NPU_REG_CONTROL, V3NPU_CONTROL_RESET);
	v3npu_hw_stop_dma(npu_hw(npu), true);
	v3npu_hw_reset(npu_hw(npu));
	agent_start(npu);
	npu_set_root(npu, AS);
	tap_equal(run_copy(npu, AS, SRC, DST, LEN), V3NPU_ENGINE_DONE,
		  "a reset at the same time");
	agent_write(npu, V3NPU_CORE_ENGINE_ACK, 1);
}

/* Some twelve look-ups of 100 ms each, with a watchdog of 1 s. Return: how the command ended */
static uint32_t run_past_watchdog(struct npu *npu)
{
	struct v3npu_cmd_copy cmd = copy_cmd(SRC, DST, LEN);
	uint32_t status;

	agent_start(npu);
	npu_set_root(npu, AS);
	agent_prepare_command(npu, AS, &cmd, sizeof(cmd));
	npu_delay_map(npu, 100000);
	agent_write(npu, V3NPU_CORE_WATCHDOG, 1000000);
	agent_write(npu, V3NPU_CORE_ENGINE_CTRL, V3NPU_ENGINE_START);
	status = agent_wait_engine(npu, PATIENCE_MS);
	npu_delay_map(npu, 0);
	return status;
}

/* Of a command that turns out to take long the core's thread is not back in time */
static void test_watchdog(struct npu *npu)
{
	uint32_t status = V3NPU_ENGINE_IDLE;
	bool bitten = true;
	unsigned int i;

	/* On a busy machine it may bite before the command begins, or later, but not each time */
	for (i = 0; i < 10 && bitten; i++) {
		status = run_past_watchdog(npu);
		bitten = npu_read(npu, V3NPU_REG_STATUS) & V3NPU_STATUS_WATCHDOG;
	}
	tap_equal(status, V3NPU_ENGINE_DONE, "a command that takes longer than it seemed to");
	tap_ok(!bitten, "... is none of the watchdog's business");
	tap_ok(npu_wait_reg(npu, V3NPU_REG_STATUS, V3NPU_STATUS_WATCHDOG, V3NPU_STATUS_WATCHDOG,
			    PATIENCE_MS), "... which goes on then");
	agent_start(npu);
	agent_write(npu, V3NPU_CORE_ENGINE_ACK, 1);
}

/* A second reset begins while the first one clears SRAM, which takes milliseconds of 64 MiB */
static void test_reset_twice(void)
{
	struct v3npu_config config = V3NPU_CONFIG_DEFAULT;
	unsigned int i, wrong = 0;
	struct npu *npu;
	uint8_t *data;

	config.sram_size = 64u << 20;
	config.threads = 2;
	npu = npu_new(&config);
	data = npu_alloc(npu, LEN);
	npu_map(npu, AS, DST, data, LEN, true);
	for (i = 0; i < 10; i++) {
		npu_write(npu, V3NPU_REG_CONTROL, V3NPU_CONTROL_RESET);
		nanosleep(&(struct timespec){ .tv_nsec = 100000 * i }, NULL);
		v3npu_hw_reset(npu_hw(npu));
		agent_start(npu);
		npu_set_root(npu, AS);
		wrong += run_copy(npu, AS, DST, DST + LEN / 2, 16) != V3NPU_ENGINE_DONE;
	}
	tap_equal(wrong, 0, "commands run after a reset during a reset");
	npu_free(npu);
}

static void test_free_busy(void)
{
	double start = npu_clock_ms();
	unsigned int i;

	for (i = 0; i < 4; i++) {
		struct npu *npu = npu_new(NULL);

		agent_start(npu);
		if (i & 1)
			start_stall(npu, AS, 600000000);
		if (i & 2)
			agent_request(npu, AGENT_SPIN, 0);
		else
			agent_request(npu, AGENT_WFI, 0);
		if (i == 3)
			npu_write(npu, V3NPU_REG_CONTROL, V3NPU_CONTROL_RESET);
		npu_free(npu);
	}
	tap_ok(npu_clock_ms() - start < PATIENCE_MS, "a busy device can be removed");
	npu_free(npu_new(NULL));
}

/* Return: bytes that the program has of the C library */
static size_t allocated(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static void test_free_all(void)
{
	size_t before = allocated(), after = SIZE_MAX;
	unsigned int i;

	/* Once would not show what is kept for the next one */
	for (i = 0; i < 3; i++) {
		struct npu *npu = npu_new(NULL);

		agent_start(npu);
		npu_free(npu);
		if (!i)
			before = allocated();
		after = allocated();
	}
	tap_ok(after < before + 4096, "a device that was removed leaves no memory behind");
}

/* Two devices at once, each with data of its own at the same addresses */
static void test_two(void)
{
	struct npu *npu[2];
	uint8_t *src[2], *dst[2];
	unsigned int i, round, wrong = 0;

	for (i = 0; i < 2; i++) {
		npu[i] = npu_new(NULL);
		src[i] = npu_alloc(npu[i], LEN);
		dst[i] = npu_alloc(npu[i], LEN);
		npu_map(npu[i], AS, SRC, src[i], LEN, false);
		npu_map(npu[i], AS, DST, dst[i], LEN, true);
		agent_start(npu[i]);
	}
	for (round = 0; round < 5; round++) {
		struct v3npu_cmd_copy cmd = copy_cmd(SRC, DST, LEN);

		for (i = 0; i < 2; i++) {
			memset(src[i], 0x10 * (i + 1) + round, LEN);
			agent_start_command(npu[i], AS, &cmd, sizeof(cmd));
		}
		for (i = 0; i < 2; i++)
			wrong += agent_wait_engine(npu[i], PATIENCE_MS) != V3NPU_ENGINE_DONE ||
				 memcmp(src[i], dst[i], LEN);
	}
	tap_equal(wrong, 0, "two devices work side by side");
	start_stall(npu[0], AS, 600000000);
	npu_free(npu[0]);
	tap_equal(run_copy(npu[1], AS, SRC, DST, LEN), V3NPU_ENGINE_DONE,
		  "removing one leaves the other working");
	npu_free(npu[1]);
}

int main(void)
{
	struct npu *npu = npu_new(NULL);
	uint8_t *src = npu_alloc(npu, LEN), *dst = npu_alloc(npu, LEN);

	npu_map(npu, AS, SRC, src, LEN, false);
	npu_map(npu, AS, DST, dst, LEN, true);
	npu_map(npu, AS, RO, dst, V3NPU_PAGE_SIZE, false);
	agent_start(npu);
	test_run(npu, src, dst);
	test_bad(npu, dst);
	test_sram(npu, src, dst);
	test_invalidate(npu, src, dst);
	test_reset_busy(npu, src, dst);
	test_stop_dma(npu);
	test_watchdog(npu);
	npu_free(npu);
	test_reset_twice();
	test_free_busy();
	test_free_all();
	test_two();
	return tap_done();
}
