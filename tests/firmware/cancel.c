// SPDX-License-Identifier: MIT
/* Contexts whose jobs nobody wants any more: they end before their next command */
#include <string.h>

#include "fwtest.h"

#define VA(offset)	(FW_DATA_VA + (offset))
#define SRC		0x8000u
#define DST		0xc000u
#define BLOCK		0x1000u

/* A job that stalls and then copies BLOCK bytes to DST. Return: its bytes. */
static uint32_t late_copy(struct fw *fw, unsigned int as)
{
	uint8_t *data = fw_space(fw, as);
	uint32_t size;

	memset(data + SRC, 0x77, BLOCK);
	memset(data + DST, 0, BLOCK);
	size = fw_cmd_stall(data, 1, FW_STALL_US);
	return size + fw_cmd_copy(data + size, 2, VA(DST), VA(SRC), BLOCK);
}

static bool copied(struct fw *fw, unsigned int as)
{
	return fw_space(fw, as)[DST] == 0x77;
}

static void cancel(struct fw *fw, unsigned int ctx)
{
	__atomic_store_n(&fw->table[ctx].flags, V3NPU_CTX_CANCELLED, __ATOMIC_RELEASE);
	fw_doorbell(fw, ctx);
}

/* The event of the next job that ends is of this one, cancelled after so many commands */
static void check_cancelled(struct fw *fw, unsigned int ctx, uint64_t seqno, uint32_t commands,
			    const char *what)
{
	struct v3npu_event event = fw_event(fw, FW_TIMEOUT_MS);

	tap_ok(event.type == V3NPU_EVENT_JOB_DONE && event.ctx == ctx && event.seqno == seqno &&
	       event.status == V3NPU_JOB_CANCELLED && event.commands == commands &&
	       event.cmd_index == commands && !event.cmd_opcode && !event.fault_addr,
	       "%s: status %u after %u commands", what, event.status, event.commands);
}

static void test_running_and_queued(void)
{
	struct fw *fw = fw_boot();
	uint32_t size = late_copy(fw, 1);

	tap_ok(fw_status(fw).features & V3NPU_FEATURE_CANCEL, "the firmware says that it can");
	fw_context(fw, 0, 1, V3NPU_PRIO_NORMAL, 8);
	fw_context(fw, 1, 2, V3NPU_PRIO_NORMAL, 8);
	fw_submit(fw, 0, 7, VA(0), size);
	fw_wait_opcode(fw, V3NPU_OP_STALL);
	fw_submit(fw, 0, 8, VA(0), size);
	fw_submit(fw, 0, 9, VA(0), size);
	cancel(fw, 0);
	check_cancelled(fw, 0, 7, 1, "running job");
	check_cancelled(fw, 0, 8, 0, "queued job");
	check_cancelled(fw, 0, 9, 0, "another queued job");
	tap_ok(!copied(fw, 1), "no command runs after it");
	fw_check_good(fw, 1, "another context");

	/* The number's next owner */
	fw->table[0].flags = 0;
	fw_check_good(fw, 0, "the same number again");
	fw_free(fw);
}

/* Jobs that wait for another context's end before it does, in their order */
static void test_waiting(void)
{
	struct fw *fw = fw_boot();
	uint32_t size = late_copy(fw, 1);
	struct v3npu_event event;

	fw_context(fw, 0, 1, V3NPU_PRIO_NORMAL, 8);
	fw_context(fw, 1, 2, V3NPU_PRIO_NORMAL, 8);
	fw_context(fw, 2, 3, V3NPU_PRIO_LOW, 8);
	fw_submit(fw, 0, 7, VA(0), size);
	fw_wait_opcode(fw, V3NPU_OP_STALL);
	fw_submit(fw, 1, 8, VA(0), size);
	fw_submit(fw, 1, 9, VA(0), size);
	fw_submit(fw, 2, 10, VA(0), size);
	cancel(fw, 1);
	cancel(fw, 2);
	check_cancelled(fw, 1, 8, 0, "waiting job");
	check_cancelled(fw, 1, 9, 0, "another waiting job");
	check_cancelled(fw, 2, 10, 0, "waiting job of a lower priority");
	event = fw_event(fw, FW_TIMEOUT_MS);
	tap_ok(event.ctx == 0 && event.seqno == 7 && event.status == V3NPU_JOB_OK && copied(fw, 1),
	       "waiting: the job that runs is not concerned");

	/* The driver pushes one that was on its way to the ring */
	fw_submit(fw, 0, 11, VA(0), size);
	fw_wait_running(fw, 0, V3NPU_OP_STALL);
	fw_submit(fw, 1, 12, VA(0), size);
	check_cancelled(fw, 1, 12, 0, "job that comes after the cancellation");
	tap_equal(fw_event(fw, FW_TIMEOUT_MS).seqno, 11, "the job that runs ends after it");
	fw_free(fw);
}

/* A job that was put aside ends, too; the one that overtook it is not concerned */
static void test_put_aside(void)
{
	struct fw *fw = fw_boot();
	uint32_t size = late_copy(fw, 1), urgent = late_copy(fw, 2);
	struct v3npu_event event;

	fw_context(fw, 0, 1, V3NPU_PRIO_LOW, 8);
	fw_context(fw, 1, 2, V3NPU_PRIO_HIGH, 8);
	fw_submit(fw, 0, 7, VA(0), size);
	fw_wait_opcode(fw, V3NPU_OP_STALL);
	fw_submit(fw, 1, 8, VA(0), urgent);
	fw_wait_running(fw, 1, V3NPU_OP_STALL);
	cancel(fw, 0);
	check_cancelled(fw, 0, 7, 1, "put aside");
	event = fw_event(fw, FW_TIMEOUT_MS);
	tap_ok(event.ctx == 1 && event.seqno == 8 && event.status == V3NPU_JOB_OK && copied(fw, 2),
	       "put aside: the more urgent job runs to its end");
	tap_ok(!copied(fw, 1), "put aside: no command runs after it");
	tap_equal(fw_slot(fw, V3NPU_PRIO_LOW)->magic, 0, "put aside: it has left its slot");
	fw_check_good(fw, 1, "put aside: another job");
	fw_free(fw);
}

int main(void)
{
	test_running_and_queued();
	test_waiting();
	test_put_aside();
	return tap_done();
}
