// SPDX-License-Identifier: MIT
/* Jobs that are put aside for more urgent ones, and go on as if nothing had been */
#include <string.h>

#include "fwtest.h"

#define VA(offset)	(FW_DATA_VA + (offset))

/* In every address space: the stream of the tests, what they read, and what they write */
#define STREAM		0u
#define SRC		0x8000u
#define DST		0xc000u
#define BLOCK		0x1000u	/* bytes at each end of SRAM that a job uses */
#define SRAM_JOB_CMDS	5u

static uint64_t sram_end(struct fw *fw)
{
	return V3NPU_VA_SRAM + npu_read(fw->npu, V3NPU_REG_SRAM_SIZE) - BLOCK;
}

/*
 * A job that leaves @value's pattern at both ends of SRAM, stalls, and copies both ends to DST.
 * Return: bytes of its stream, SRAM_JOB_CMDS commands.
 */
static uint32_t sram_job(struct fw *fw, unsigned int as, uint8_t value, uint32_t stall_us)
{
	uint8_t *data = fw_space(fw, as);
	uint32_t size, i;

	for (i = 0; i < 2 * BLOCK; i++)
		data[SRC + i] = (uint8_t)(value + i * 7 + i / 256);
	memset(data + DST, 0xee, 2 * BLOCK);
	size = fw_cmd_copy(data, 1, V3NPU_VA_SRAM, VA(SRC), BLOCK);
	size += fw_cmd_copy(data + size, 2, sram_end(fw), VA(SRC + BLOCK), BLOCK);
	size += fw_cmd_stall(data + size, 3, stall_us);
	size += fw_cmd_copy(data + size, 4, VA(DST), V3NPU_VA_SRAM, BLOCK);
	return size + fw_cmd_copy(data + size, 5, VA(DST + BLOCK), sram_end(fw), BLOCK);
}

static bool sram_job_good(struct fw *fw, unsigned int as)
{
	uint8_t *data = fw_space(fw, as);

	return !memcmp(data + DST, data + SRC, 2 * BLOCK);
}

/* A job that copies both ends of SRAM to DST, then leaves its own pattern there, and stalls */
static uint32_t spy_job(struct fw *fw, unsigned int as, uint32_t stall_us)
{
	uint8_t *data = fw_space(fw, as);
	uint32_t size;

	memset(data + SRC, 0x3c, 2 * BLOCK);
	memset(data + DST, 0xee, 2 * BLOCK);
	size = fw_cmd_copy(data, 1, VA(DST), V3NPU_VA_SRAM, BLOCK);
	size += fw_cmd_copy(data + size, 2, VA(DST + BLOCK), sram_end(fw), BLOCK);
	size += fw_cmd_copy(data + size, 3, V3NPU_VA_SRAM, VA(SRC), BLOCK);
	size += fw_cmd_copy(data + size, 4, sram_end(fw), VA(SRC), BLOCK);
	return size + fw_cmd_stall(data + size, 5, stall_us);
}

static bool spy_saw_zero(struct fw *fw, unsigned int as)
{
	static const uint8_t zero[2 * BLOCK];

	return !memcmp(fw_space(fw, as) + DST, zero, sizeof(zero));
}

static bool is_done(const struct v3npu_event *event, unsigned int ctx, uint64_t seqno)
{
	return event->type == V3NPU_EVENT_JOB_DONE && event->ctx == ctx &&
	       event->seqno == seqno && event->status == V3NPU_JOB_OK;
}

/* Context n has priority n and address space n + 1 */
static void four_contexts(struct fw *fw)
{
	unsigned int ctx;

	for (ctx = 0; ctx < V3NPU_NUM_PRIO; ctx++)
		fw_context(fw, ctx, ctx + 1, ctx, 8);
}

static void check_slot(struct fw *fw, uint64_t next, uint32_t left, uint32_t run_us)
{
	struct v3npu_saved_job *slot = fw_slot(fw, V3NPU_PRIO_LOW);

	tap_equal(slot->magic, V3NPU_SAVED_MAGIC, "slot: magic");
	tap_ok(slot->ctx == 0 && slot->seqno == 7 && slot->sram_saved == 1, "slot: whose it is");
	tap_ok(slot->next == next && slot->left == left, "slot: the command that is next");
	tap_ok(slot->run_us >= run_us && slot->run_us < FW_TIMEOUT_MS * 1000, "slot: time");
	tap_ok(slot->event.type == V3NPU_EVENT_JOB_DONE && slot->event.ctx == 0 &&
	       slot->event.seqno == 7 && slot->event.status == V3NPU_JOB_OK &&
	       slot->event.commands == 3 && slot->event.counters.cycles, "slot: event so far");
	tap_ok(!memcmp((uint8_t *)slot + V3NPU_SAVE_HEADER_SIZE, fw_space(fw, 1) + SRC, BLOCK),
	       "slot: SRAM");
}

static void test_overtake(void)
{
	struct fw *fw = fw_boot();
	struct v3npu_event alone, event;
	struct v3npu_fw_status status;
	uint32_t size, spy;

	four_contexts(fw);
	size = sram_job(fw, 1, 0x11, FW_STALL_US);
	alone = fw_run(fw, 0, 7, VA(STREAM), size);
	status = fw_status(fw);
	tap_ok(is_done(&alone, 0, 7) && sram_job_good(fw, 1) && !status.preemptions &&
	       !status.preempt_cycles, "alone: runs through");
	tap_ok(status.run_us >= FW_STALL_US, "alone: its time is in the status block");

	size = sram_job(fw, 1, 0x22, FW_STALL_US);
	spy = spy_job(fw, 3, FW_STALL_US);
	fw_submit(fw, 0, 7, VA(STREAM), size);
	fw_wait_opcode(fw, V3NPU_OP_STALL);
	fw_submit(fw, 2, 8, VA(STREAM), spy);
	fw_wait_running(fw, 2, V3NPU_OP_STALL);
	status = fw_status(fw);
	tap_ok(status.ctx == 2 && status.seqno == 8 && status.cmd_index == 4 &&
	       status.preemptions == 1 && status.preempt_cycles, "overtaken: status block");
	check_slot(fw, VA(STREAM) + 2 * sizeof(struct v3npu_cmd_copy) +
		   sizeof(struct v3npu_cmd_stall), 2 * sizeof(struct v3npu_cmd_copy), FW_STALL_US);
	event = fw_event(fw, FW_TIMEOUT_MS);
	tap_ok(is_done(&event, 2, 8), "overtaken: the more urgent job ends first");
	tap_ok(spy_saw_zero(fw, 3), "overtaken: it does not see the other's SRAM");
	event = fw_event(fw, FW_TIMEOUT_MS);
	tap_ok(is_done(&event, 0, 7) && event.commands == SRAM_JOB_CMDS,
	       "overtaken: the other goes on to its end");
	tap_ok(sram_job_good(fw, 1), "overtaken: and finds its SRAM as it was");
	tap_ok(!memcmp(&event.counters, &alone.counters, sizeof(event.counters)),
	       "overtaken: its counters are those of a job that was alone");
	tap_equal(fw_slot(fw, V3NPU_PRIO_LOW)->magic, 0, "overtaken: it has left its slot");
	status = fw_status(fw);
	tap_ok(status.preemptions == 1 && status.run_us >= FW_STALL_US,
	       "overtaken: its time does not begin again");
	fw_free(fw);
}

/* SRAM that a job did not use is not saved, and is zero to it all the same */
static void test_without_sram(void)
{
	struct fw *fw = fw_boot();
	struct v3npu_event event;
	uint8_t *data = fw_space(fw, 1);
	uint32_t size, spy;

	four_contexts(fw);
	spy = spy_job(fw, 4, 0);
	memset(data + DST, 0xee, 2 * BLOCK);
	size = fw_cmd_stall(data, 1, FW_STALL_US);
	size += fw_cmd_copy(data + size, 2, VA(DST), V3NPU_VA_SRAM, BLOCK);
	size += fw_cmd_copy(data + size, 3, VA(DST + BLOCK), sram_end(fw), BLOCK);
	fw_submit(fw, 0, 1, VA(STREAM), size);
	fw_wait_opcode(fw, V3NPU_OP_STALL);
	fw_submit(fw, 3, 2, VA(STREAM), spy);
	event = fw_event(fw, FW_TIMEOUT_MS);
	tap_ok(is_done(&event, 3, 2), "no SRAM: the more urgent job ends first");
	tap_equal(fw_slot(fw, V3NPU_PRIO_LOW)->sram_saved, 0, "no SRAM: none is saved");
	tap_equal(fw_status(fw).preempt_cycles, 0, "no SRAM: costs no cycles");
	event = fw_event(fw, FW_TIMEOUT_MS);
	tap_ok(is_done(&event, 0, 1) && spy_saw_zero(fw, 1), "no SRAM: and is zero afterwards");
	fw_free(fw);
}

static void test_nested(void)
{
	struct fw *fw = fw_boot();
	unsigned int ctx, good = 0, i;
	struct v3npu_event event;
	char order[16];
	uint32_t size;

	four_contexts(fw);
	fw_context(fw, 4, 5, V3NPU_PRIO_LOW, 8);
	fw_cmd_nop(fw_space(fw, 5), 0);
	for (ctx = 0; ctx < V3NPU_NUM_PRIO; ctx++) {
		size = sram_job(fw, ctx + 1, (uint8_t)(0x31 * ctx), FW_STALL_US);
		fw_submit(fw, ctx, ctx, VA(STREAM), size);
		fw_wait_running(fw, ctx, V3NPU_OP_STALL);
		/* Others of its priority, of its own context or another, wait for it */
		if (ctx == 0) {
			fw_submit(fw, 4, 100, VA(STREAM), 8);
			fw_submit(fw, 0, 101, VA(STREAM), size);
		}
	}
	tap_equal(fw_status(fw).preemptions, 3, "nested: each puts the one below aside");
	for (i = 0; i < 6; i++) {
		event = fw_event(fw, FW_TIMEOUT_MS);
		good += event.status == V3NPU_JOB_OK;
		order[i] = (char)('0' + event.ctx);
	}
	order[i] = 0;
	tap_equal(good, 6, "nested: all end well");
	if (!tap_ok(!strcmp(order, "321040"), "nested: in the order of their priorities"))
		tap_note("got %s", order);
	for (ctx = 0; ctx < V3NPU_NUM_PRIO; ctx++)
		tap_ok(sram_job_good(fw, ctx + 1), "nested: SRAM of priority %u", ctx);
	fw_free(fw);
}

/* The same priority, a lower one, or no save area: whole jobs */
static void test_not_overtaken(void)
{
	struct fw *fw = fw_load(64);
	struct v3npu_event event;
	uint32_t size, spy;

	fw->args.save_area = 0;
	fw->args.save_slot_size = 0;
	four_contexts(fw);
	fw_start(fw);
	fw_event(fw, FW_TIMEOUT_MS);
	size = sram_job(fw, 1, 0x44, FW_STALL_US);
	spy = spy_job(fw, 4, 0);
	fw_submit(fw, 0, 1, VA(STREAM), size);
	fw_wait_opcode(fw, V3NPU_OP_STALL);
	fw_submit(fw, 3, 2, VA(STREAM), spy);
	event = fw_event(fw, FW_TIMEOUT_MS);
	tap_ok(is_done(&event, 0, 1), "no save area: the job that runs ends first");
	event = fw_event(fw, FW_TIMEOUT_MS);
	tap_ok(is_done(&event, 3, 2), "no save area: then the other");
	fw_free(fw);

	fw = fw_boot();
	four_contexts(fw);
	fw_context(fw, 5, 6, V3NPU_PRIO_NORMAL, 8);
	size = sram_job(fw, 2, 0x55, FW_STALL_US);
	fw_cmd_nop(fw_space(fw, 1), 0);
	fw_cmd_nop(fw_space(fw, 6), 0);
	fw_submit(fw, 1, 1, VA(STREAM), size);
	fw_wait_opcode(fw, V3NPU_OP_STALL);
	fw_submit(fw, 0, 2, VA(STREAM), 8);
	fw_submit(fw, 5, 3, VA(STREAM), 8);
	/* A doorbell with no job to it is no reason either */
	fw_doorbell(fw, 3);
	event = fw_event(fw, FW_TIMEOUT_MS);
	tap_ok(is_done(&event, 1, 1), "not more urgent: the job that runs ends first");
	event = fw_event(fw, FW_TIMEOUT_MS);
	tap_ok(is_done(&event, 5, 3), "not more urgent: then the one of its priority");
	event = fw_event(fw, FW_TIMEOUT_MS);
	tap_ok(is_done(&event, 0, 2), "not more urgent: then the lower one");
	tap_equal(fw_status(fw).preemptions, 0, "not more urgent: nothing is put aside");
	fw_free(fw);
}

/* Leaves job 7 of context 0 put aside in its slot and the NPU reset, with new firmware started */
static uint32_t reset_while_aside(struct fw *fw, uint8_t value)
{
	uint32_t size = sram_job(fw, 1, value, FW_STALL_US);
	uint32_t stall = fw_cmd_stall(fw_space(fw, 3), 0, 600000000);

	fw_submit(fw, 0, 7, VA(STREAM), size);
	fw_wait_opcode(fw, V3NPU_OP_STALL);
	fw_submit(fw, 2, 8, VA(STREAM), stall);
	fw_wait_running(fw, 2, V3NPU_OP_STALL);
	fw_reload(fw);
	fw_start(fw);
	if (fw_event(fw, FW_TIMEOUT_MS).type != V3NPU_EVENT_READY)
		tap_bail("not READY after a reset");
	return size;
}

static struct v3npu_event resume(struct fw *fw, unsigned int ctx, uint64_t seqno, uint32_t size)
{
	const struct v3npu_job job = {
		.seqno = seqno, .cmds = VA(STREAM), .cmds_size = size,
		.flags = V3NPU_JOB_FLAG_RESUME,
	};

	fw_queue_job(fw, ctx, &job);
	fw_doorbell(fw, ctx);
	return fw_event(fw, FW_TIMEOUT_MS);
}

static void test_reset(void)
{
	struct fw *fw = fw_boot();
	struct v3npu_event alone, event;
	struct v3npu_fw_status status;
	uint32_t size, spy;

	four_contexts(fw);
	size = sram_job(fw, 1, 0x66, 0);
	alone = fw_run(fw, 0, 1, VA(STREAM), size);

	size = reset_while_aside(fw, 0x77);
	/* Others of its priority may come first; they are not to spoil it */
	fw_context(fw, 4, 5, V3NPU_PRIO_LOW, 8);
	spy = spy_job(fw, 5, 0);
	event = fw_run(fw, 4, 9, VA(STREAM), spy);
	tap_ok(is_done(&event, 4, 9) && spy_saw_zero(fw, 5), "reset: another job sees no SRAM");
	event = resume(fw, 0, 7, size);
	status = fw_status(fw);
	tap_ok(is_done(&event, 0, 7) && event.commands == SRAM_JOB_CMDS && sram_job_good(fw, 1),
	       "reset: the job goes on and finds its SRAM as it was");
	tap_ok(!memcmp(&event.counters, &alone.counters, sizeof(event.counters)),
	       "reset: its counters are those of a job that was alone");
	tap_ok(status.run_us >= FW_STALL_US && status.preempt_cycles, "reset: its time too");
	tap_equal(resume(fw, 0, 7, size).status, V3NPU_JOB_BAD_JOB, "reset: it goes on only once");
	fw_free(fw);
}

/* What is in a slot from before a reset stays there until its job goes on, or never will */
static void test_slot_kept(void)
{
	struct fw *fw = fw_boot();
	struct v3npu_event event;
	uint32_t size, low, spy;

	four_contexts(fw);
	fw_context(fw, 4, 5, V3NPU_PRIO_LOW, 8);
	size = reset_while_aside(fw, 0x13);
	low = sram_job(fw, 5, 0x31, FW_STALL_US);
	spy = spy_job(fw, 3, 0);
	fw_submit(fw, 4, 1, VA(STREAM), low);
	fw_wait_running(fw, 4, V3NPU_OP_STALL);
	fw_submit(fw, 2, 2, VA(STREAM), spy);
	event = fw_event(fw, FW_TIMEOUT_MS);
	tap_ok(is_done(&event, 4, 1), "slot taken: another job of its priority is not put aside");
	event = fw_event(fw, FW_TIMEOUT_MS);
	tap_ok(is_done(&event, 2, 2), "slot taken: the more urgent one waits");
	event = resume(fw, 0, 7, size);
	tap_ok(is_done(&event, 0, 7) && sram_job_good(fw, 1), "slot taken: until its job goes on");

	reset_while_aside(fw, 0x14);
	memset(&fw->table[0], 0, sizeof(fw->table[0]));
	fw_submit(fw, 4, 3, VA(STREAM), low);
	fw_wait_running(fw, 4, V3NPU_OP_STALL);
	fw_submit(fw, 2, 4, VA(STREAM), spy_job(fw, 3, 0));
	event = fw_event(fw, FW_TIMEOUT_MS);
	tap_ok(is_done(&event, 2, 4), "slot of a context that is gone: is free");
	event = fw_event(fw, FW_TIMEOUT_MS);
	tap_ok(is_done(&event, 4, 3) && sram_job_good(fw, 5), "slot of a context that is gone: used");
	fw_free(fw);
}

static void test_aside_again(void)
{
	struct fw *fw = fw_boot();
	uint8_t *data = fw_space(fw, 1);
	struct v3npu_event event;
	uint32_t size, spy, i;

	four_contexts(fw);
	size = sram_job(fw, 1, 0x88, FW_STALL_US);
	/* The two stalls' jobs in one: after the first one's output, the second stalls again */
	size += fw_cmd_stall(data + size, 6, FW_STALL_US);
	size += fw_cmd_copy(data + size, 7, VA(DST), V3NPU_VA_SRAM, BLOCK);
	spy = spy_job(fw, 3, 0);
	fw_submit(fw, 0, 1, VA(STREAM), size);
	for (i = 0; i < 2; i++) {
		fw_wait_running(fw, 0, V3NPU_OP_STALL);
		fw_submit(fw, 2, 2 + i, VA(STREAM), spy);
		event = fw_event(fw, FW_TIMEOUT_MS);
		tap_ok(is_done(&event, 2, 2 + i), "twice: put aside, time %u", i + 1);
	}
	event = fw_event(fw, FW_TIMEOUT_MS);
	tap_ok(is_done(&event, 0, 1) && sram_job_good(fw, 1), "twice: SRAM as it was");
	tap_ok(event.run_us >= 2 * FW_STALL_US, "twice: the event has both times");
	tap_ok(fw_status(fw).run_us >= 2 * FW_STALL_US && fw_status(fw).preemptions == 2,
	       "twice: both times count");
	fw_free(fw);
}

static void damaged(struct fw *fw, const struct v3npu_saved_job *slot, uint32_t size,
		    const char *what)
{
	struct v3npu_saved_job *at = fw_slot(fw, V3NPU_PRIO_LOW), good = *at;
	struct v3npu_event event, want = {
		.type = V3NPU_EVENT_JOB_DONE, .seqno = 7, .status = V3NPU_JOB_BAD_JOB,
	};

	*at = *slot;
	event = resume(fw, 0, 7, size);
	/* To find that out may take a microsecond */
	event.run_us = 0;
	tap_ok(!memcmp(&event, &want, sizeof(event)), "damaged slot: %s", what);
	*at = good;
}

static void test_damaged(void)
{
	struct fw *fw = fw_boot();
	struct v3npu_saved_job good, s;
	struct v3npu_event event;
	uint32_t size;

	four_contexts(fw);
	size = reset_while_aside(fw, 0x99);
	good = *fw_slot(fw, V3NPU_PRIO_LOW);
#define DAMAGED(change, what) do { s = good; change; damaged(fw, &s, size, what); } while (0)
	DAMAGED(s.magic = 0, "no magic");
	DAMAGED(s.ctx = 1, "another context");
	DAMAGED(s.seqno++, "another number");
	DAMAGED(s.next += 8, "next command further on");
	DAMAGED(s.next = V3NPU_VA_SRAM, "next command in SRAM");
	DAMAGED(s.next += 4, "next command misaligned");
	DAMAGED(s.left += 8, "more left");
	DAMAGED(s.left = 0, "nothing left");
	DAMAGED((s.left -= 4, s.next += 4), "left misaligned");
	DAMAGED((s.left = size, s.next = VA(STREAM)), "all left, but commands counted");
	DAMAGED((s.left = size + 8, s.next = VA(STREAM) - 8), "more than all left");
	DAMAGED((s.left = ~7u, s.next = VA(STREAM) + size + 8), "left at the end of 32 bits");
	DAMAGED(s.sram_saved = 2, "sram_saved");
	DAMAGED(s.reserved[6] = 1, "reserved field");
	DAMAGED(s.event.type = V3NPU_EVENT_READY, "event: type");
	DAMAGED(s.event.ctx = 1, "event: context");
	DAMAGED(s.event.seqno++, "event: number");
	DAMAGED(s.event.status = V3NPU_JOB_MMU_FAULT, "event: status");
	DAMAGED(s.event.cmd_index++, "event: cmd_index is not commands");
	DAMAGED((s.event.cmd_index = 1000, s.event.commands = 1000), "event: too many commands");
	DAMAGED((s.event.cmd_index = 0, s.event.commands = 0), "event: no commands");
	DAMAGED(s.event.cmd_opcode = 1, "event: cmd_opcode");
	DAMAGED(s.event.cmd_tag = 1, "event: cmd_tag");
	DAMAGED(s.event.fault_addr = 1, "event: fault_addr");
	DAMAGED(s.event.detail = 1, "event: detail");
	DAMAGED(s.event.run_us = 1, "event: run_us");
	DAMAGED(s.event.reserved[2] = 1ull << 63, "event: reserved field");
#undef DAMAGED
	tap_equal(resume(fw, 0, 7, size - 8).status, V3NPU_JOB_BAD_JOB, "slot: of a longer job");
	fw_cmd_nop(fw_space(fw, 2), 0);
	tap_equal(resume(fw, 1, 7, size).status, V3NPU_JOB_BAD_JOB, "slot: of another priority");
	tap_equal(resume(fw, 3, 7, size).status, V3NPU_JOB_BAD_JOB,
		  "slot: the highest priority has none");
	event = resume(fw, 0, 7, size);
	tap_ok(is_done(&event, 0, 7) && sram_job_good(fw, 1), "slot: good after all of these");
	fw_free(fw);

	fw = fw_load(64);
	fw->args.save_area = 0;
	four_contexts(fw);
	fw_cmd_nop(fw_space(fw, 1), 0);
	fw_start(fw);
	fw_event(fw, FW_TIMEOUT_MS);
	tap_equal(resume(fw, 0, 7, 8).status, V3NPU_JOB_BAD_JOB, "no save area: no slot");
	fw_free(fw);
}

/* A save area of which a part is not mapped */
static void test_no_access(void)
{
	struct fw *fw = fw_boot();
	uint32_t size, spy;

	four_contexts(fw);
	npu_unmap(fw->npu, V3NPU_AS_SYSTEM, FW_SAVE_AREA_VA + V3NPU_SAVE_HEADER_SIZE, 4096);
	size = sram_job(fw, 1, 0xaa, FW_STALL_US);
	spy = spy_job(fw, 3, 0);
	fw_submit(fw, 0, 1, VA(STREAM), size);
	fw_wait_opcode(fw, V3NPU_OP_STALL);
	fw_submit(fw, 2, 2, VA(STREAM), spy);
	tap_equal(fw_wait_halt(fw), V3NPU_HALT_SYSTEM_DMA, "save area unmapped: halts");
	tap_equal(fw_log_count(fw, "E save area at 0000000000200000: no access"), 1,
		  "save area unmapped: log says so");
	tap_equal(fw_slot(fw, V3NPU_PRIO_LOW)->magic, 0, "save area unmapped: no slot is valid");

	fw_reload(fw);
	npu_unmap(fw->npu, V3NPU_AS_SYSTEM, FW_SAVE_AREA_VA, 4096);
	fw_start(fw);
	tap_equal(fw_wait_halt(fw), V3NPU_HALT_SYSTEM_DMA, "save area unmapped: halts at boot");
	fw_free(fw);
}

/* How many events come until that of @ctx, which is included */
static unsigned int events_until(struct fw *fw, unsigned int ctx)
{
	unsigned int n = 1;

	while (fw_event(fw, FW_TIMEOUT_MS).ctx != ctx)
		n++;
	return n;
}

#define STREAM_JOBS	40u
#define STREAM_JOB_US	10000u

/* A stream of urgent jobs, and one that is not; return: whose turn it was to end */
static unsigned int run_stream(struct fw *fw, uint32_t low_us)
{
	uint8_t *data = fw_space(fw, 1);
	uint32_t size = 0, i, us;

	for (us = 0; us < low_us; us += 1000)
		size += fw_cmd_stall(data + size, 0, 1000);
	fw_cmd_stall(fw_space(fw, 3), 0, STREAM_JOB_US);
	for (i = 0; i < STREAM_JOBS; i++)
		fw_queue(fw, 2, i, VA(STREAM), sizeof(struct v3npu_cmd_stall));
	fw_queue(fw, 0, 0, VA(STREAM), size);
	fw_doorbell(fw, 2);
	fw_doorbell(fw, 0);
	return events_until(fw, 0);
}

static void test_starvation(void)
{
	struct fw *fw = fw_load(64);
	unsigned int n;
	double start;

	fw_context(fw, 0, 1, V3NPU_PRIO_LOW, 8);
	fw_context(fw, 2, 3, V3NPU_PRIO_HIGH, 64);
	fw_start(fw);
	fw_event(fw, FW_TIMEOUT_MS);
	n = run_stream(fw, 1000);
	tap_equal(n, STREAM_JOBS + 1, "starve_us 0: a low job waits for all that are above it");

	fw_reload(fw);
	fw->args.starve_us = 10 * STREAM_JOB_US;
	fw->args.quantum_us = FW_TIMEOUT_MS * 1000;
	fw_start(fw);
	fw_event(fw, FW_TIMEOUT_MS);
	n = run_stream(fw, 5000);
	tap_ok(n >= 2 && n <= 12, "starve_us: a low job is next when it has waited that long");
	if (n < 2 || n > 12)
		tap_note("it was job %u", n);
	tap_equal(fw_status(fw).preemptions, 0, "quantum_us: it is not put aside");
	for (n = STREAM_JOBS + 1 - n; n; n--)
		fw_event(fw, FW_TIMEOUT_MS);

	/* With no quantum it runs one command in every 10 jobs */
	fw_reload(fw);
	fw->args.quantum_us = 0;
	fw_start(fw);
	fw_event(fw, FW_TIMEOUT_MS);
	start = npu_clock_ms();
	n = run_stream(fw, 50000);
	tap_equal(n, STREAM_JOBS + 1, "quantum_us 0: it is put aside at its next command");
	tap_ok(fw_status(fw).preemptions >= 2 &&
	       fw_status(fw).preemptions <= 1 + (npu_clock_ms() - start) * 1000 /
	       fw->args.starve_us, "quantum_us 0: once each time it was next");

	/* A quantum that is less than it needs; the slot tells its time when it was last put aside */
	fw_reload(fw);
	fw->args.quantum_us = 30000;
	fw_start(fw);
	fw_event(fw, FW_TIMEOUT_MS);
	run_stream(fw, 50000);
	n = fw_status(fw).preemptions;
	tap_ok(n && fw_slot(fw, V3NPU_PRIO_LOW)->run_us >= n * fw->args.quantum_us,
	       "quantum_us: it runs so long each time");
	fw_free(fw);
}

int main(void)
{
	test_overtake();
	test_without_sram();
	test_nested();
	test_not_overtaken();
	test_reset();
	test_slot_kept();
	test_aside_again();
	test_damaged();
	test_no_access();
	test_starvation();
	return tap_done();
}
