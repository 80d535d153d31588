// SPDX-License-Identifier: MIT
/* The core's surroundings: doorbells, timer, waiting for interrupts, watchdog, DMA's limits */
#include <string.h>

#include "programs.h"
#include "rv32.h"
#include "tap.h"

static uint64_t read_mtime(struct npu *npu)
{
	uint64_t low = agent_read(npu, V3NPU_CORE_MTIME_LO);

	return low | (uint64_t)agent_read(npu, V3NPU_CORE_MTIME_HI) << 32;
}

/* Lets the timer's interrupt come @us from now. Return: when that is */
static uint64_t set_timer(struct npu *npu, uint32_t us)
{
	uint64_t at = read_mtime(npu) + us;

	agent_write(npu, V3NPU_CORE_MTIMECMP_LO, ~0u);
	agent_write(npu, V3NPU_CORE_MTIMECMP_HI, at >> 32);
	agent_write(npu, V3NPU_CORE_MTIMECMP_LO, at);
	return at;
}

static void test_doorbells(struct npu *npu)
{
	unsigned int ctx, wrong = 0, word;

	tap_equal(agent_read(npu, V3NPU_CORE_PENDING), 0, "nothing pending at first");
	for (ctx = 0; ctx < V3NPU_NUM_CTX; ctx++) {
		npu_write(npu, V3NPU_REG_DOORBELL, ctx);
		wrong += agent_read(npu, V3NPU_CORE_PENDING) != V3NPU_CORE_PENDING_DOORBELL;
		wrong += agent_read(npu, V3NPU_CORE_DOORBELL(ctx / 32)) != 1u << ctx % 32;
		wrong += agent_read(npu, V3NPU_CORE_PENDING) != 0;
	}
	tap_equal(wrong, 0, "each doorbell is pending until its word is read");
	npu_write(npu, V3NPU_REG_DOORBELL, 3);
	npu_write(npu, V3NPU_REG_DOORBELL, 3);
	npu_write(npu, V3NPU_REG_DOORBELL, 5);
	npu_write(npu, V3NPU_REG_DOORBELL, 255);
	tap_equal(agent_read(npu, V3NPU_CORE_DOORBELL(0)), 1 << 3 | 1 << 5, "doorbells add up");
	tap_equal(agent_read(npu, V3NPU_CORE_PENDING), V3NPU_CORE_PENDING_DOORBELL,
		  "pending until every word was read");
	tap_equal(agent_read(npu, V3NPU_CORE_DOORBELL(7)), 1u << 31, "the last one");
	npu_write(npu, V3NPU_REG_DOORBELL, V3NPU_NUM_CTX);
	npu_write(npu, V3NPU_REG_DOORBELL, ~0u);
	for (word = 0, wrong = 0; word < V3NPU_NUM_CTX / 32; word++)
		wrong += agent_read(npu, V3NPU_CORE_DOORBELL(word)) != 0;
	tap_equal(wrong, 0, "numbers of no context ring nothing");

	npu_write(npu, V3NPU_REG_DOORBELL, 9);
	agent_write(npu, V3NPU_CORE_DOORBELL(0), ~0u);
	agent_write(npu, V3NPU_CORE_PENDING, ~0u);
	tap_equal(agent_read(npu, V3NPU_CORE_DOORBELL(0)), 1 << 9, "the core cannot write them");

	npu_write(npu, V3NPU_REG_DOORBELL, 11);
	agent_start(npu);
	tap_equal(agent_read(npu, V3NPU_CORE_DOORBELL(0)), 1 << 11,
		  "they survive the core's restart");
	npu_write(npu, V3NPU_REG_DOORBELL, 11);
	npu_reset(npu);
	agent_start(npu);
	tap_equal(agent_read(npu, V3NPU_CORE_PENDING), 0, "a reset clears them");
}

static void test_timer(struct npu *npu)
{
	uint64_t start, passed, due;

	tap_equal(agent_read(npu, V3NPU_CORE_MTIMECMP_LO), ~0u, "mtimecmp is all ones at first");
	tap_equal(agent_read(npu, V3NPU_CORE_MTIMECMP_HI), ~0u, "... both words");
	start = read_mtime(npu);
	npu_sleep_ms(20);
	passed = read_mtime(npu) - start;
	tap_ok(passed >= 20000 && passed < 2000000, "mtime counts microseconds");
	tap_note("20 ms are %llu us", (unsigned long long)passed);

	due = set_timer(npu, 100000);
	agent_request(npu, AGENT_WFI, RV32_MIP_MTIP);
	tap_ok(agent_wait(npu, PATIENCE_MS), "the timer ends wfi");
	tap_equal(agent_value(npu), RV32_MIP_MTIP, "... as MTIP");
	tap_ok((int32_t)(agent_time(npu) - (uint32_t)due) >= 0, "... and not before its time");
	agent_request(npu, AGENT_WFI, RV32_MIP_MTIP);
	tap_ok(agent_wait(npu, PATIENCE_MS), "wfi with an interrupt pending goes on at once");
	agent_write(npu, V3NPU_CORE_MTIMECMP_HI, ~0u);

	/* A time that has passed by centuries, and one that never comes */
	agent_write(npu, V3NPU_CORE_MTIMECMP_HI, 0);
	agent_write(npu, V3NPU_CORE_MTIMECMP_LO, 0);
	agent_request(npu, AGENT_WFI, RV32_MIP_MTIP);
	tap_ok(agent_wait(npu, PATIENCE_MS), "time 0 is past");
	agent_write(npu, V3NPU_CORE_MTIMECMP_HI, 0x7fffffff);
	agent_request(npu, AGENT_WFI, RV32_MIP_MTIP | RV32_MIP_MEIP);
	tap_ok(!agent_wait(npu, 30), "a time far away does not come");
	npu_write(npu, V3NPU_REG_DOORBELL, 1);
	tap_ok(agent_wait(npu, PATIENCE_MS), "... but a doorbell ends the wait");
	tap_equal(agent_value(npu), RV32_MIP_MEIP, "... as MEIP");
	agent_read(npu, V3NPU_CORE_DOORBELL(0));
}

static void test_wfi(struct npu *npu)
{
	double cpu, start, worst = 0, sum = 0;
	int i, woken = 0;

	agent_request(npu, AGENT_WFI, 0);
	npu_write(npu, V3NPU_REG_DOORBELL, 1);
	tap_ok(!agent_wait(npu, 30), "an interrupt that is not in mie does not end wfi");
	agent_start(npu);
	agent_read(npu, V3NPU_CORE_DOORBELL(0));

	agent_request(npu, AGENT_WFI, RV32_MIP_MEIP);
	npu_sleep_ms(20);
	cpu = npu_cpu_ms();
	npu_sleep_ms(300);
	cpu = npu_cpu_ms() - cpu;
	tap_ok(cpu < 15, "a waiting core uses no CPU");
	tap_note("%.2f ms in 300 ms", cpu);
	npu_write(npu, V3NPU_REG_DOORBELL, 1);
	agent_wait(npu, PATIENCE_MS);

	for (i = 0; i < 100; i++) {
		double took;

		agent_read(npu, V3NPU_CORE_DOORBELL(0));
		agent_request(npu, AGENT_WFI, RV32_MIP_MEIP);
		npu_sleep_ms(1);
		start = npu_clock_ms();
		npu_write(npu, V3NPU_REG_DOORBELL, 1);
		woken += agent_wait(npu, PATIENCE_MS);
		took = npu_clock_ms() - start;
		sum += took;
		worst = took > worst ? took : worst;
	}
	tap_equal(woken, 100, "each of 100 doorbells wakes the core");
	/* How soon is up to the machine and what else runs there */
	tap_note("after %.3f ms on average, %.3f ms at worst", sum / 100, worst);

	agent_request(npu, AGENT_WFI, 0);
	npu_sleep_ms(5);
	start = npu_clock_ms();
	npu_core_run(npu, false);
	tap_ok(npu_clock_ms() - start < PATIENCE_MS, "a core that waits can be stopped");
	agent_start(npu);
	agent_request(npu, AGENT_WFI, 0);
	npu_sleep_ms(5);
	tap_ok(npu_read(npu, V3NPU_REG_CORE_PC), "... it is somewhere in its program");
	tap_ok(npu_reset(npu) < PATIENCE_MS, "... and reset");
	tap_equal(npu_read(npu, V3NPU_REG_CORE_PC), 0, "... and is at its beginning then");

	cpu = npu_cpu_ms();
	npu_sleep_ms(300);
	cpu = npu_cpu_ms() - cpu;
	tap_ok(cpu < 15, "a device in reset uses no CPU");
	agent_start(npu);
}

/* The core's own registers would be as after a start */
static void test_run_again(struct npu *npu)
{
	agent_start(npu);
	agent_write(npu, V3NPU_CORE_MTIMECMP_LO, 12345);
	npu_write(npu, V3NPU_REG_CONTROL, V3NPU_CONTROL_CORE_RUN);
	npu_sleep_ms(5);
	tap_equal(agent_read(npu, V3NPU_CORE_MTIMECMP_LO), 12345, "a core that runs goes on");
	npu_core_run(npu, false);
	npu_write(npu, V3NPU_REG_CONTROL, 0);
	npu_core_run(npu, true);
	tap_equal(agent_read(npu, V3NPU_CORE_MTIMECMP_LO), ~0u, "one that was stopped starts anew");
}

static void feed_watchdog(struct npu *npu)
{
	int i;

	for (i = 0; i < 10; i++) {
		agent_write(npu, V3NPU_CORE_WATCHDOG, 1000000);
		npu_sleep_ms(120);
	}
}

static void stop_watchdog(struct npu *npu)
{
	agent_write(npu, V3NPU_CORE_WATCHDOG, 400000);
	agent_write(npu, V3NPU_CORE_WATCHDOG, 0);
	npu_sleep_ms(500);
}

/* Does the core run on after @use? A busy machine may be late, but not each time */
static bool survives(struct npu *npu, void (*use)(struct npu *npu))
{
	unsigned int i;

	for (i = 0; i < 10; i++) {
		agent_start(npu);
		use(npu);
		if (npu_read(npu, V3NPU_REG_STATUS) == V3NPU_STATUS_CORE_RUNNING)
			return true;
		npu_write(npu, V3NPU_REG_IRQ_STATUS, ~0u);
	}
	return false;
}

static void test_watchdog(struct npu *npu)
{
	double start;

	npu_write(npu, V3NPU_REG_IRQ_ENABLE, ~0u);
	tap_ok(survives(npu, feed_watchdog), "a watchdog that is fed does not bite");
	tap_ok(survives(npu, stop_watchdog), "nor one that was stopped");
	while (npu_wait_vector(npu, V3NPU_VECTOR_ERROR, 0))
		;

	start = npu_clock_ms();
	agent_write(npu, V3NPU_CORE_WATCHDOG, 50000);
	agent_request(npu, AGENT_SPIN, 0);
	tap_ok(npu_wait_vector(npu, V3NPU_VECTOR_ERROR, PATIENCE_MS),
	       "it interrupts a core that spins");
	tap_ok(npu_clock_ms() - start >= 50, "... not before its time");
	tap_equal(npu_read(npu, V3NPU_REG_STATUS),
		  V3NPU_STATUS_CORE_HALTED | V3NPU_STATUS_WATCHDOG, "... and halts it");
	tap_equal(npu_read(npu, V3NPU_REG_IRQ_STATUS), V3NPU_IRQ_WATCHDOG | V3NPU_IRQ_HALT,
		  "... with both status bits");
	tap_equal(npu_read(npu, V3NPU_REG_HALT_CODE), 0, "... and no code");
	tap_equal(npu_vectors_left(npu, V3NPU_VECTOR_ERROR), 0, "... and one interrupt");
	npu_write(npu, V3NPU_REG_IRQ_STATUS, ~0u);

	agent_start(npu);
	tap_equal(npu_read(npu, V3NPU_REG_STATUS), V3NPU_STATUS_CORE_RUNNING,
		  "a restart clears it");
	agent_write(npu, V3NPU_CORE_WATCHDOG, 20000);
	agent_request(npu, AGENT_WFI, 0);
	tap_ok(npu_wait_vector(npu, V3NPU_VECTOR_ERROR, PATIENCE_MS),
	       "it interrupts a core that waits");
	npu_write(npu, V3NPU_REG_IRQ_STATUS, ~0u);
	agent_start(npu);
	npu_sleep_ms(50);
	tap_equal(npu_read(npu, V3NPU_REG_STATUS), V3NPU_STATUS_CORE_RUNNING,
		  "a restarted core has no watchdog running");
}

/* Registers that keep what is written, and those that read 0 */
static void test_registers(struct npu *npu)
{
	static const uint32_t keep[] = {
		V3NPU_CORE_MTIMECMP_LO, V3NPU_CORE_DMA_AS, V3NPU_CORE_DMA_VA_LO,
		V3NPU_CORE_DMA_VA_HI, V3NPU_CORE_DMA_LOCAL, V3NPU_CORE_DMA_LEN,
		V3NPU_CORE_ENGINE_AS, V3NPU_CORE_ENGINE_DESC(0), V3NPU_CORE_ENGINE_DESC(63),
	};
	static const uint32_t zero[] = {
		V3NPU_CORE_HOST_EVENT, V3NPU_CORE_HALT, V3NPU_CORE_WATCHDOG, V3NPU_CORE_DMA_CTRL,
		V3NPU_CORE_ENGINE_CTRL, V3NPU_CORE_ENGINE_ACK, V3NPU_CORE_PENDING,
		V3NPU_CORE_DMA_STATUS, V3NPU_CORE_DMA_FAULT_LO, V3NPU_CORE_DMA_FAULT_HI,
		V3NPU_CORE_ENGINE_STATUS, V3NPU_CORE_ENGINE_FAULT_LO, V3NPU_CORE_ENGINE_FAULT_HI,
		V3NPU_CORE_ENGINE_COUNTER(0), V3NPU_CORE_ENGINE_COUNTER(11),
	};
	unsigned int wrong = 0;
	size_t i;

	for (i = 0; i < sizeof(keep) / sizeof(keep[0]); i++)
		agent_write(npu, keep[i], 0xfeed0000 + i);
	for (i = 0; i < sizeof(keep) / sizeof(keep[0]); i++)
		wrong += agent_read(npu, keep[i]) != 0xfeed0000 + i;
	tap_equal(wrong, 0, "registers of the core keep what is written");
	for (i = 0, wrong = 0; i < sizeof(zero) / sizeof(zero[0]); i++)
		wrong += agent_read(npu, zero[i]) != 0;
	tap_equal(wrong, 0, "others read 0");
	agent_write(npu, V3NPU_CORE_SRAM_SIZE, 1);
	tap_equal(agent_read(npu, V3NPU_CORE_SRAM_SIZE), 1 << 20, "SRAM_SIZE cannot be written");
	npu_reset(npu);
	agent_start(npu);
	for (i = 0, wrong = 0; i < sizeof(keep) / sizeof(keep[0]); i++)
		wrong += agent_read(npu, keep[i]) == 0xfeed0000 + i;
	tap_equal(wrong, 0, "a reset clears them");
	agent_read(npu, V3NPU_CORE_ENGINE_COUNTER(12));
	tap_equal(program_wait(npu, PATIENCE_MS), RV32_CAUSE_LOAD_FAULT,
		  "behind the counters is nothing");
}

int main(void)
{
	struct npu *npu = npu_new(NULL);

	agent_start(npu);
	test_doorbells(npu);
	test_timer(npu);
	test_wfi(npu);
	test_run_again(npu);
	test_watchdog(npu);
	test_registers(npu);
	npu_free(npu);
	return tap_done();
}
