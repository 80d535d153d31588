// SPDX-License-Identifier: MIT
/* Faults on demand: each happens once, to the thing it was armed for, and to nothing else */
#include <stddef.h>
#include <string.h>

#include "inject.h"
#include "programs.h"
#include "rv32.h"
#include "tap.h"
#include "v3npu/ipc.h"

#define RING	0x10000ull	/* the event ring in the system address space */
#define LOCAL	0x30000u	/* in core memory: what the core sends */

static void arm(struct npu *npu, enum v3npu_inject fault, uint32_t n)
{
	v3npu_inject_arm(npu_hw(npu), fault, n);
}

static uint32_t left(struct npu *npu, enum v3npu_inject fault)
{
	return v3npu_inject_left(npu_hw(npu), fault);
}

static void test_names(void)
{
	unsigned int i, j, wrong = 0;

	for (i = 0; i < V3NPU_NUM_INJECT; i++) {
		wrong += !v3npu_inject_name(i) || !v3npu_inject_text(i);
		for (j = 0; j < i; j++)
			wrong += !strcmp(v3npu_inject_name(i), v3npu_inject_name(j));
	}
	tap_equal(wrong, 0, "each fault has a name of its own, and a text");
}

static void event(struct npu *npu)
{
	agent_write(npu, V3NPU_CORE_HOST_EVENT, 1);
}

static void test_irqs(struct npu *npu)
{
	npu_write(npu, V3NPU_REG_IRQ_ENABLE, V3NPU_IRQ_EVENT);
	arm(npu, V3NPU_INJECT_IRQ_LOST, 2);
	event(npu);
	tap_ok(npu_wait_vector(npu, V3NPU_VECTOR_EVENT, PATIENCE_MS),
	       "irq-lost: the first one comes");
	tap_equal(left(npu, V3NPU_INJECT_IRQ_LOST), 1, "... and is counted");
	npu_write(npu, V3NPU_REG_IRQ_STATUS, V3NPU_IRQ_EVENT);
	event(npu);
	tap_ok(!npu_wait_vector(npu, V3NPU_VECTOR_EVENT, 20), "... the second one is lost");
	tap_equal(left(npu, V3NPU_INJECT_IRQ_LOST), 0, "... once");
	tap_equal(npu_read(npu, V3NPU_REG_IRQ_STATUS), V3NPU_IRQ_EVENT, "... but its bit is set");
	npu_write(npu, V3NPU_REG_IRQ_STATUS, V3NPU_IRQ_EVENT);
	event(npu);
	tap_ok(npu_wait_vector(npu, V3NPU_VECTOR_EVENT, PATIENCE_MS), "... the third one comes");
	npu_write(npu, V3NPU_REG_IRQ_STATUS, V3NPU_IRQ_EVENT);

	arm(npu, V3NPU_INJECT_IRQ_SPURIOUS, 1);
	npu_write(npu, V3NPU_REG_DOORBELL, 4);
	tap_ok(npu_wait_vector(npu, V3NPU_VECTOR_EVENT, PATIENCE_MS) &&
	       npu_wait_vector(npu, V3NPU_VECTOR_ERROR, PATIENCE_MS), "irq-spurious: all vectors");
	tap_equal(npu_read(npu, V3NPU_REG_IRQ_STATUS), 0, "... for nothing");
	npu_write(npu, V3NPU_REG_DOORBELL, 4);
	tap_ok(!npu_wait_vector(npu, V3NPU_VECTOR_EVENT, 20), "... once");
}

static void start_nop(struct npu *npu)
{
	struct v3npu_cmd_hdr nop = { .opcode = V3NPU_OP_NOP, .size = sizeof(nop) };

	agent_start_command(npu, 0, &nop, sizeof(nop));
}

/* Has the fault come? On a busy machine the core takes its time */
static bool has_come(struct npu *npu, enum v3npu_inject fault)
{
	double end = npu_clock_ms() + PATIENCE_MS;

	while (left(npu, fault)) {
		if (npu_clock_ms() > end)
			return false;
		npu_sleep_ms(1);
	}
	return true;
}

/* The same once more, and does not wait for the core to have done it */
static void start_again(struct npu *npu)
{
	npu_core_write32(npu, TEST_INPUT + 4 * AGENT_ADDR, V3NPU_CORE_ENGINE_CTRL);
	agent_request(npu, AGENT_WRITE, V3NPU_ENGINE_START);
}

static void test_core(struct npu *npu)
{
	arm(npu, V3NPU_INJECT_CORE_HALT, 2);
	start_nop(npu);
	tap_equal(agent_wait_engine(npu, PATIENCE_MS), V3NPU_ENGINE_DONE,
		  "core-halt: one command runs");
	start_again(npu);
	tap_equal(program_wait(npu, PATIENCE_MS), RV32_CAUSE_ILLEGAL,
		  "... the core traps at the next");
	tap_equal(npu_core_read32(npu, V3NPU_STATUS_OFFSET), 0, "... and leaves its memory alone");
	agent_start(npu);

	arm(npu, V3NPU_INJECT_CORE_STATUS, 1);
	agent_write(npu, V3NPU_CORE_HALT, 1);
	tap_ok(npu_core_read32(npu, V3NPU_STATUS_OFFSET) == ~0u &&
	       npu_core_read32(npu, V3NPU_LOG_OFFSET) == ~0u,
	       "core-status: its blocks are all ones when it halts");
	agent_start(npu);

	arm(npu, V3NPU_INJECT_CORE_HANG, 1);
	start_again(npu);
	tap_ok(has_come(npu, V3NPU_INJECT_CORE_HANG) && !agent_wait(npu, 50),
	       "core-hang: it does not answer");
	tap_equal(npu_read(npu, V3NPU_REG_STATUS), V3NPU_STATUS_CORE_RUNNING, "... but runs");
	agent_start(npu);
	tap_equal(agent_read(npu, V3NPU_CORE_ENGINE_STATUS), V3NPU_ENGINE_DONE,
		  "... and does its work when it is started again");

	arm(npu, V3NPU_INJECT_CORE_HANG, 1);
	agent_write(npu, V3NPU_CORE_WATCHDOG, 1000000);
	start_again(npu);
	tap_ok(has_come(npu, V3NPU_INJECT_CORE_HANG) &&
	       npu_wait_reg(npu, V3NPU_REG_STATUS, V3NPU_STATUS_WATCHDOG, V3NPU_STATUS_WATCHDOG,
			    PATIENCE_MS), "... and its watchdog sees it");
	npu_reset(npu);
	agent_start(npu);
}

static void test_engine(struct npu *npu)
{
	arm(npu, V3NPU_INJECT_ENGINE_FAULT, 1);
	start_nop(npu);
	tap_equal(agent_wait_engine(npu, PATIENCE_MS), V3NPU_ENGINE_FAULT,
		  "engine-fault: a command");
	tap_equal(agent_engine_fault(npu), 0, "... faults at address 0");
	start_nop(npu);
	tap_equal(agent_wait_engine(npu, PATIENCE_MS), V3NPU_ENGINE_DONE, "... once");

	arm(npu, V3NPU_INJECT_ENGINE_HANG, 1);
	start_nop(npu);
	tap_equal(agent_wait_engine(npu, 50), V3NPU_ENGINE_BUSY, "engine-hang: it does not end");
	tap_ok(npu_reset(npu) < PATIENCE_MS, "... but by a reset");
	agent_start(npu);
	start_nop(npu);
	tap_equal(agent_wait_engine(npu, PATIENCE_MS), V3NPU_ENGINE_DONE, "... the next one runs");
}

static uint32_t send(struct npu *npu, uint64_t va, uint32_t len)
{
	return agent_dma(npu, V3NPU_DMA_TO_HOST, V3NPU_AS_SYSTEM, va, LOCAL, len);
}

/* The core sends an event with seqno @n, @n times. Return: how often it was sent truly */
static unsigned int send_events(struct npu *npu, const struct v3npu_event_ring *ring, uint64_t n)
{
	struct v3npu_event wanted = {
		.type = V3NPU_EVENT_JOB_DONE, .ctx = 5, .seqno = n, .commands = 3,
	};
	unsigned int i, right = 0;

	npu_core_write(npu, LOCAL, &wanted, sizeof(wanted));
	for (i = 0; i < n; i++) {
		send(npu, RING + sizeof(*ring), sizeof(wanted));
		right += !memcmp(ring->events, &wanted, sizeof(wanted));
	}
	return right;
}

static void test_lies(struct npu *npu, struct v3npu_event_ring *ring)
{
	unsigned int fault;

	v3npu_hw_write(npu_hw(npu), V3NPU_BAR_CORE_MEM,
		       V3NPU_BOOT_OFFSET + offsetof(struct v3npu_boot_args, event_ring), RING, 8);
	npu_set_root(npu, V3NPU_AS_SYSTEM);
	tap_equal(send_events(npu, ring, 3), 3, "events arrive as they are");
	for (fault = V3NPU_INJECT_EVENT_TYPE; fault < V3NPU_INJECT_EVENT_STALE; fault++) {
		arm(npu, fault, 2);
		tap_equal(send_events(npu, ring, 3), 2, "%s: one does not",
			  v3npu_inject_name(fault));
	}
	arm(npu, V3NPU_INJECT_EVENT_STALE, 1);
	send_events(npu, ring, 1);
	tap_equal(ring->events[0].seqno, 3, "event-stale: the one before comes again");
	tap_equal(send_events(npu, ring, 1), 1, "... once");

	npu_core_write32(npu, LOCAL, 7);
	arm(npu, V3NPU_INJECT_EVENT_WPTR, 1);
	arm(npu, V3NPU_INJECT_RING_RPTR, 1);
	send(npu, RING, 4);
	tap_ok(ring->wptr != 7, "event-wptr: it is wrong");
	send(npu, RING, 4);
	tap_equal(ring->wptr, 7, "... once");
	send(npu, RING + 64, 4);
	tap_ok(ring->rptr != 7, "ring-rptr: it is wrong");
	send(npu, RING + 64, 4);
	tap_equal(ring->rptr, 7, "... once");
	tap_equal(npu_core_read32(npu, LOCAL), 7, "the core's own memory stays as it is");

	arm(npu, V3NPU_INJECT_DMA_FAULT, 1);
	tap_equal(send(npu, RING, 4), V3NPU_DMA_FAULT, "dma-fault: a transfer faults");
	tap_equal(agent_dma_fault(npu), RING, "... where it begins");
	tap_equal(send(npu, RING, 4), V3NPU_DMA_OK, "... once");
}

static void test_reset(struct npu *npu)
{
	arm(npu, V3NPU_INJECT_RESET_STUCK, 1);
	npu_write(npu, V3NPU_REG_CONTROL, V3NPU_CONTROL_RESET);
	tap_ok(!npu_wait_reg(npu, V3NPU_REG_STATUS, V3NPU_STATUS_RESETTING, 0, 50),
	       "reset-stuck: it does not end");
	npu_write(npu, V3NPU_REG_CONTROL, V3NPU_CONTROL_RESET);
	tap_ok(npu_wait_reg(npu, V3NPU_REG_STATUS, V3NPU_STATUS_RESETTING, 0, PATIENCE_MS),
	       "... but the next one does");
	arm(npu, V3NPU_INJECT_RESET_STUCK, 1);
	npu_write(npu, V3NPU_REG_CONTROL, V3NPU_CONTROL_RESET);
	v3npu_hw_reset(npu_hw(npu));
	tap_equal(npu_read(npu, V3NPU_REG_STATUS), 0, "... and a bus reset helps, too");
}

static void test_gone(struct npu *npu)
{
	agent_start(npu);
	arm(npu, V3NPU_INJECT_GONE, 1);
	tap_equal(npu_read(npu, V3NPU_REG_STATUS), ~0u, "gone: registers are all ones");
	tap_equal(npu_core_read32(npu, 0), ~0u, "... core memory, too");
	npu_write(npu, V3NPU_REG_IRQ_ENABLE, V3NPU_IRQ_EVENT);
	npu_core_write32(npu, 0, 1234);
	arm(npu, V3NPU_INJECT_GONE, 0);
	tap_ok(npu_wait_reg(npu, V3NPU_REG_STATUS, ~0u, 0, PATIENCE_MS),
	       "... and it lost its state");
	tap_equal(npu_read(npu, V3NPU_REG_IRQ_ENABLE), 0, "... nothing was written meanwhile");
	tap_equal(npu_core_read32(npu, 0), 0, "... and nothing is in its memory");
	agent_start(npu);
	start_nop(npu);
	tap_equal(agent_wait_engine(npu, PATIENCE_MS), V3NPU_ENGINE_DONE,
		  "... then it works again");
}

int main(void)
{
	struct npu *npu = npu_new(NULL);
	struct v3npu_event_ring *ring = npu_alloc(npu, V3NPU_PAGE_SIZE);

	npu_map(npu, V3NPU_AS_SYSTEM, RING, ring, V3NPU_PAGE_SIZE, true);
	test_names();
	agent_start(npu);
	test_irqs(npu);
	test_core(npu);
	test_engine(npu);
	test_lies(npu, ring);
	test_reset(npu);
	test_gone(npu);
	npu_free(npu);
	return tap_done();
}
