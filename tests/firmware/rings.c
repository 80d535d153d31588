// SPDX-License-Identifier: MIT
/* Rings: order of jobs, wrap-around, a full event ring, and hosts that get it wrong */
#include <string.h>
#include <unistd.h>

#include "fwtest.h"

#define VA(offset)	(FW_DATA_VA + (offset))

/* Where the streams of the tests are, in every address space */
#define NOP		0u
#define STALL		64u

static void streams(struct fw *fw, unsigned int as, uint32_t stall_us)
{
	uint8_t *data = fw_space(fw, as);

	fw_cmd_nop(data + NOP, 0);
	fw_cmd_stall(data + STALL, 0, stall_us);
}

/* Occupies the datapath, so that what is queued next is there when the choice is made */
static void occupy(struct fw *fw, unsigned int ctx)
{
	fw_submit(fw, ctx, 0, VA(STALL), 16);
	fw_wait_opcode(fw, V3NPU_OP_STALL);
}

static void test_order(void)
{
	static const uint32_t prio[] = {
		V3NPU_PRIO_NORMAL, V3NPU_PRIO_LOW, V3NPU_PRIO_REALTIME, V3NPU_PRIO_HIGH,
		V3NPU_PRIO_NORMAL, V3NPU_PRIO_NORMAL,
	};
	struct fw *fw = fw_boot();
	unsigned int ctx, job;
	bool in_order = true;

	for (ctx = 0; ctx < 6; ctx++) {
		fw_context(fw, ctx, ctx + 1, prio[ctx], 16);
		streams(fw, ctx + 1, FW_STALL_US);
	}
	occupy(fw, 0);
	for (job = 0; job < 2; job++)
		for (ctx = 0; ctx < 6; ctx++)
			fw_submit(fw, ctx, job, VA(NOP), 8);
	fw_expect_order(fw, 'a', "accddefaefabb",
		     "highest priority first, round-robin within one");

	occupy(fw, 0);
	for (job = 0; job < 15; job++)
		fw_submit(fw, 5, job, VA(NOP), 8);
	fw_event(fw, FW_TIMEOUT_MS);
	for (job = 0; job < 15; job++)
		in_order = in_order && fw_event(fw, FW_TIMEOUT_MS).seqno == job;
	tap_ok(in_order, "jobs of one context in ring order, one doorbell or many");

	/* A change of priority counts from the next doorbell on */
	occupy(fw, 0);
	fw_context(fw, 1, 2, V3NPU_PRIO_REALTIME, 16);
	fw_submit(fw, 3, 0, VA(NOP), 8);
	fw_submit(fw, 1, 0, VA(NOP), 8);
	fw_expect_order(fw, 'a', "abd", "new priority");

	fw_context(fw, V3NPU_NUM_CTX - 1, V3NPU_NUM_AS - 1, V3NPU_PRIO_NORMAL, 2);
	fw_check_good(fw, V3NPU_NUM_CTX - 1, "last context, last address space");
	fw_free(fw);
}

static void test_job_ring_wrap(void)
{
	struct fw *fw = fw_boot();
	struct v3npu_event event;
	unsigned int ctx, i, n;
	bool good = true;

	for (ctx = 0; ctx < 2; ctx++) {
		uint32_t entries = ctx ? 256 : 2;

		fw_context(fw, ctx, 1, V3NPU_PRIO_NORMAL, entries);
		streams(fw, 1, 0);
		fw->rings[ctx]->wptr = 0u - 7;
		fw->rings[ctx]->rptr = 0u - 7;
		for (i = 0; i < 600; i += n) {
			/* At times as many as fit, never more than the event ring holds */
			n = 1 + i % (entries < 60 ? entries : 60);
			for (uint32_t k = 0; k < n; k++)
				fw_queue(fw, ctx, i + k, VA(NOP), 8);
			fw_doorbell(fw, ctx);
			for (uint32_t k = 0; k < n; k++) {
				event = fw_event(fw, FW_TIMEOUT_MS);
				good = good && event.seqno == i + k && event.ctx == ctx &&
				       event.status == V3NPU_JOB_OK;
			}
		}
		tap_ok(good, "job ring of %u entries wraps, its counters too", entries);
		tap_equal(fw->rings[ctx]->rptr, fw->rings[ctx]->wptr,
			  "job ring of %u entries: all taken", entries);
	}
	fw_free(fw);
}

static void test_event_ring(void)
{
	struct fw *fw = fw_load(16);
	uint32_t taken, i, heartbeat;
	double end;
	bool good = true;

	fw->events->wptr = 0u - 20;
	fw->events->rptr = 0u - 20;
	fw->args.watchdog_us = FW_WATCHDOG_US;
	fw_context(fw, 0, 1, V3NPU_PRIO_NORMAL, 64);
	streams(fw, 1, 0);
	fw_start(fw);
	fw_event(fw, FW_TIMEOUT_MS);
	for (i = 0; i < 50; i++)
		good = good && fw_run(fw, 0, i, VA(NOP), 8).status == V3NPU_JOB_OK;
	tap_ok(good, "event ring wraps, its counters too");

	/* 40 jobs, of which nobody takes an event: 16 fit, the 17th waits */
	for (i = 0; i < 40; i++)
		fw_queue(fw, 0, i, VA(NOP), 8);
	fw_doorbell(fw, 0);
	npu_sleep_ms(FW_WATCHDOG_US / 1000);
	heartbeat = fw_status(fw).heartbeat;
	npu_sleep_ms(FW_WATCHDOG_US / 2000);
	tap_equal(fw->events->wptr - fw->events->rptr, 16, "full event ring: no event too many");
	tap_equal(fw->rings[0]->wptr - fw->rings[0]->rptr, 40 - 17, "full event ring: jobs wait");
	tap_ok(fw_status(fw).heartbeat > heartbeat, "full event ring: heartbeat moves");
	tap_equal(npu_read(fw->npu, V3NPU_REG_STATUS), V3NPU_STATUS_CORE_RUNNING,
		  "full event ring: watchdog is kept alive");
	for (i = 0; i < 40; i++)
		good = good && fw_event(fw, FW_TIMEOUT_MS).seqno == i;
	tap_ok(good, "full event ring: no event is lost");

	/* Doorbells while it waits must keep neither it nor the watchdog from their work */
	for (i = 0; i < 20; i++)
		fw_queue(fw, 0, i, VA(NOP), 8);
	end = npu_clock_ms() + 3 * FW_WATCHDOG_US / 2000;
	while (npu_clock_ms() < end) {
		fw_doorbell(fw, 0);
		usleep(200);
	}
	for (i = 0; i < 20; i++)
		good = good && fw_event(fw, FW_TIMEOUT_MS).seqno == i;
	tap_ok(good, "full event ring: a storm of doorbells");
	tap_equal(npu_read(fw->npu, V3NPU_REG_STATUS), V3NPU_STATUS_CORE_RUNNING,
		  "storm of doorbells: watchdog is kept alive");

	/* A host's rptr ahead of wptr: nothing is written until it is right again */
	for (i = 0; i < 16; i++)
		fw_run(fw, 0, i, VA(NOP), 8);
	taken = fw->events->rptr;
	__atomic_store_n(&fw->events->rptr, taken + 1000, __ATOMIC_RELEASE);
	for (i = 0; i < 20; i++)
		fw_queue(fw, 0, i, VA(NOP), 8);
	fw_doorbell(fw, 0);
	npu_sleep_ms(200);
	tap_ok(fw->events->wptr - taken <= 16, "bad rptr: nothing is overwritten");
	__atomic_store_n(&fw->events->rptr, taken, __ATOMIC_RELEASE);
	for (i = 0; i < 20; i++)
		good = good && fw_event(fw, FW_TIMEOUT_MS).seqno == i;
	tap_ok(good, "bad rptr: no event is lost once it is right again");
	fw_free(fw);
}

/* Rings a malformed context twice: one line in the log, and the others go on */
static void malformed(struct fw *fw, struct v3npu_ctx_desc desc, const char *log, const char *what)
{
	unsigned int before = fw_log_count(fw, log), i;

	fw->table[1] = desc;
	for (i = 0; i < 2; i++) {
		fw_doorbell(fw, 1);
		fw_check_good(fw, 0, what);
	}
	tap_equal(fw_log_count(fw, log), before + 1, "%s: one line in the log", what);

	fw_context(fw, 1, 2, V3NPU_PRIO_NORMAL, 4);
	fw->rings[1]->wptr = fw->rings[1]->rptr;
	fw_check_good(fw, 1, what);
	tap_ok(!fw_event_waiting(fw), "%s: no event of its own", what);
}

static void test_malformed(void)
{
	struct fw *fw = fw_boot();
	const char *log = "E context 1: bad descriptor";
	struct v3npu_ctx_desc good, desc;

	fw_context(fw, 0, 1, V3NPU_PRIO_NORMAL, 4);
	fw_context(fw, 1, 2, V3NPU_PRIO_NORMAL, 4);
	streams(fw, 1, 0);
	streams(fw, 2, 0);
	good = fw->table[1];

	desc = good;
	desc.ring_entries = 1;
	malformed(fw, desc, log, "ring of 1 entry");
	desc.ring_entries = 512;
	malformed(fw, desc, log, "ring of 512 entries");
	desc.ring_entries = 24;
	malformed(fw, desc, log, "ring of 24 entries");
	desc = good;
	desc.as = V3NPU_AS_SYSTEM;
	malformed(fw, desc, log, "the system address space");
	desc.as = V3NPU_NUM_AS;
	malformed(fw, desc, log, "an address space too many");
	desc = good;
	desc.priority = V3NPU_NUM_PRIO;
	malformed(fw, desc, log, "priority 4");
	desc = good;
	desc.user = V3NPU_NUM_CTX;
	malformed(fw, desc, log, "a user too many");
	desc = good;
	desc.reserved = 1;
	malformed(fw, desc, log, "reserved field");
	desc = good;
	desc.flags = ~V3NPU_CTX_CANCELLED;
	malformed(fw, desc, log, "unknown flags");
	desc = good;
	desc.ring = ~0ull - 63;
	malformed(fw, desc, log, "ring at the end of 64 bits");
	desc.ring = V3NPU_VA_SRAM;
	malformed(fw, desc, log, "ring in SRAM");
	desc = good;
	desc.ring = 0x7000000;
	malformed(fw, desc, "E context 1: ring at 0000000007000000: no access", "ring unmapped");

	fw->rings[1]->wptr = fw->rings[1]->rptr + 5;
	malformed(fw, good, "E context 1: bad ring", "wptr too far");
	fw->rings[1]->wptr = fw->rings[1]->rptr - 1;
	malformed(fw, good, "E context 1: bad ring", "wptr behind");

	/* A context that does not exist is no error */
	memset(&fw->table[1], 0, sizeof(fw->table[1]));
	fw_doorbell(fw, 1);
	fw_doorbell(fw, 200);
	npu_write(fw->npu, V3NPU_REG_DOORBELL, V3NPU_NUM_CTX);
	npu_write(fw->npu, V3NPU_REG_DOORBELL, ~0u);
	fw_check_good(fw, 0, "doorbells of contexts that do not exist");
	tap_equal(fw_log_count(fw, "context 200"), 0, "contexts that do not exist: no error");
	fw_free(fw);
}

/* A ring that the NPU can read but not write: a job must not be taken over and over */
static void test_readonly_ring(void)
{
	struct fw *fw = fw_boot();

	fw_context(fw, 0, 1, V3NPU_PRIO_NORMAL, 4);
	fw_context(fw, 1, 2, V3NPU_PRIO_NORMAL, 4);
	streams(fw, 2, 0);
	npu_unmap(fw->npu, V3NPU_AS_SYSTEM, FW_JOB_RING_VA(1), 4096);
	npu_map(fw->npu, V3NPU_AS_SYSTEM, FW_JOB_RING_VA(1), fw->rings[1], 4096, false);
	if (!npu_invalidate(fw->npu, V3NPU_AS_SYSTEM, FW_TIMEOUT_MS))
		tap_bail("MMU invalidation does not end");
	fw_submit(fw, 1, 1, VA(NOP), 8);
	/* The first may be done before context 1 is looked at */
	fw_check_good(fw, 0, "read-only ring");
	fw_check_good(fw, 0, "read-only ring");
	tap_ok(!fw_event_waiting(fw), "read-only ring: its job is not run");
	tap_equal(fw_log_count(fw, "E context 1: ring at "), 1, "read-only ring: log says so");
	fw_free(fw);
}

/* A job runs where the descriptor says when it is taken, not where it said at a doorbell */
static void test_new_space(void)
{
	struct fw *fw = fw_boot();
	struct v3npu_event event;
	uint8_t *before, *now;

	fw_context(fw, 0, 1, V3NPU_PRIO_HIGH, 4);
	fw_context(fw, 1, 2, V3NPU_PRIO_LOW, 4);
	streams(fw, 1, FW_STALL_US);
	before = fw_space(fw, 2);
	now = fw_space(fw, 3);
	fw_cmd_copy(before, 0, VA(0x2000), VA(0x1000), 16);
	memcpy(now, before, V3NPU_CMD_MAX_SIZE);
	memset(now + 0x1000, 0x5a, 16);

	/* The doorbell is collected between the stalls; the context waits for the second */
	fw_submit(fw, 0, 1, VA(STALL), 16);
	fw_submit(fw, 0, 2, VA(STALL), 16);
	fw_submit(fw, 1, 3, VA(0), sizeof(struct v3npu_cmd_copy));
	fw_event(fw, FW_TIMEOUT_MS);
	fw_wait_opcode(fw, V3NPU_OP_STALL);
	fw->table[1].as = 3;
	fw_event(fw, FW_TIMEOUT_MS);
	event = fw_event(fw, FW_TIMEOUT_MS);
	tap_ok(event.seqno == 3 && event.status == V3NPU_JOB_OK && now[0x2000] == 0x5a &&
	       before[0x2000] != 0x5a, "a job runs in the address space its descriptor has now");
	fw_free(fw);
}

/* Of a descriptor that is another one when its job is to be taken nothing is run */
static void changed(const char *what, uint64_t ring, uint32_t entries, uint32_t as)
{
	struct fw *fw = fw_boot();
	uint8_t *data[2];
	unsigned int i;

	fw_context(fw, 0, 1, V3NPU_PRIO_HIGH, 4);
	fw_context(fw, 1, 2, V3NPU_PRIO_LOW, 4);
	fw_context(fw, 2, 3, V3NPU_PRIO_LOW, 4);
	streams(fw, 1, FW_STALL_US);
	for (i = 0; i < 2; i++) {
		data[i] = fw_space(fw, 2 + i);
		fw_cmd_copy(data[i], 0, VA(0x2000), VA(0x1000), 16);
		memset(data[i] + 0x1000, 0x5a, 16);
	}

	/* The doorbell is collected between the stalls; the context waits for the second */
	fw_submit(fw, 0, 1, VA(STALL), 16);
	fw_submit(fw, 0, 2, VA(STALL), 16);
	for (i = 0; i < 3; i++)
		fw_queue(fw, 1, 3 + i, VA(0), sizeof(struct v3npu_cmd_copy));
	fw_doorbell(fw, 1);
	fw_event(fw, FW_TIMEOUT_MS);
	fw_wait_opcode(fw, V3NPU_OP_STALL);
	fw->table[1].ring = ring;
	fw->table[1].ring_entries = entries;
	fw->table[1].as = as;
	fw_event(fw, FW_TIMEOUT_MS);
	fw_check_good(fw, 0, what);
	fw_check_good(fw, 0, what);
	tap_ok(!fw_event_waiting(fw) && data[0][0x2000] != 0x5a && data[1][0x2000] != 0x5a,
	       "%s: its old jobs are not run", what);
	fw_free(fw);
}

static void test_changed(void)
{
	changed("a ring that moved", FW_JOB_RING_VA(2), 4, 3);
	changed("a ring that shrank", FW_JOB_RING_VA(1), 2, 3);
	changed("an address space that there is not", FW_JOB_RING_VA(1), 4, V3NPU_NUM_AS);
}

static void test_log_levels(void)
{
	struct fw *fw = fw_load(64);
	unsigned int i;

	fw->args.log_level = V3NPU_LOG_DEBUG;
	fw_context(fw, 0, 1, V3NPU_PRIO_NORMAL, 4);
	streams(fw, 1, 0);
	fw_start(fw);
	fw_event(fw, FW_TIMEOUT_MS);
	fw_run(fw, 0, 0x1234567890, VA(NOP), 8);
	tap_equal(fw_log_count(fw, "D job 0000001234567890 of context 0: status 0 after 1 comm"), 1,
		  "log: a line for each job at debug level");
	for (i = 0; i < 1000; i++)
		fw_run(fw, 0, i, VA(NOP), 8);
	tap_equal(fw_log_count(fw, "D job 00000000000003e7 of context 0"), 1, "log: wraps");
	tap_equal(fw_log_count(fw, "I firmware"), 0, "log: the oldest lines are gone");
	fw_free(fw);
}

int main(void)
{
	test_order();
	test_job_ring_wrap();
	test_event_ring();
	test_malformed();
	test_readonly_ring();
	test_new_space();
	test_changed();
	test_log_levels();
	return tap_done();
}
