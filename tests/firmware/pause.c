// SPDX-License-Identifier: MIT
/* The driver wants no job to run for a while: before the device loses what it knows, or the system sleeps */
#include <string.h>

#include "fwtest.h"

#define VA(offset)	(FW_DATA_VA + (offset))
#define SRC		0x8000u
#define DST		0xc000u
#define BLOCK		0x1000u

/* What a job that must not begin would have done by then */
#define NOTHING_MS	200

/* A job that takes BLOCK bytes through SRAM, and stalls while they are there. Return: its bytes. */
static uint32_t sram_job(struct fw *fw, unsigned int as, uint8_t value)
{
	uint8_t *data = fw_space(fw, as);
	uint32_t size;

	memset(data + SRC, value, BLOCK);
	memset(data + DST, 0, BLOCK);
	size = fw_cmd_copy(data, 1, V3NPU_VA_SRAM, VA(SRC), BLOCK);
	size += fw_cmd_stall(data + size, 2, FW_STALL_US);
	return size + fw_cmd_copy(data + size, 3, VA(DST), V3NPU_VA_SRAM, BLOCK);
}

static bool sram_job_good(struct fw *fw, unsigned int as)
{
	return !memcmp(fw_space(fw, as) + DST, fw_space(fw, as) + SRC, BLOCK);
}

static void set_pause(struct fw *fw, uint32_t pause)
{
	npu_core_write32(fw->npu, V3NPU_BOOT_OFFSET + offsetof(struct v3npu_boot_args, pause),
			 pause);
	fw_doorbell(fw, 200);
}

/* Does the status block have this state in time? */
static bool reaches(struct fw *fw, uint32_t state)
{
	unsigned int ms;

	for (ms = 0; ms < FW_TIMEOUT_MS; ms++) {
		if (fw_status(fw).state == state)
			return true;
		npu_sleep_ms(1);
	}
	return false;
}

static bool nothing_runs(struct fw *fw)
{
	struct v3npu_event event;

	return !fw_try_event(fw, &event, NOTHING_MS) && fw_status(fw).ctx == V3NPU_CTX_NONE;
}

static bool is_done(const struct v3npu_event *event, unsigned int ctx, uint64_t seqno)
{
	return event->type == V3NPU_EVENT_JOB_DONE && event->ctx == ctx &&
	       event->seqno == seqno && event->status == V3NPU_JOB_OK;
}

static void test_idle(void)
{
	struct fw *fw = fw_boot();
	struct v3npu_event event;
	uint32_t size;

	fw_context(fw, 0, 1, V3NPU_PRIO_REALTIME, 8);
	size = sram_job(fw, 1, 0x21);
	set_pause(fw, 1);
	tap_ok(reaches(fw, V3NPU_FW_PAUSED), "idle: paused");
	fw_submit(fw, 0, 1, VA(0), size);
	tap_ok(nothing_runs(fw) && fw_status(fw).state == V3NPU_FW_PAUSED,
	       "idle: a job that comes does not run");
	npu_sleep_ms(3 * FW_WATCHDOG_US / 2000);
	tap_equal(npu_read(fw->npu, V3NPU_REG_STATUS), V3NPU_STATUS_CORE_RUNNING,
		  "idle: the watchdog is kept alive");
	set_pause(fw, 0);
	event = fw_event(fw, FW_TIMEOUT_MS);
	tap_ok(is_done(&event, 0, 1) && sram_job_good(fw, 1), "idle: it runs afterwards");
	tap_ok(reaches(fw, V3NPU_FW_READY), "idle: ready again");
	fw_free(fw);
}

/* Pauses while a job of @prio stalls. Return: bytes of its stream. */
static uint32_t pause_running(struct fw *fw, uint32_t prio, uint8_t value)
{
	uint32_t size;

	fw_context(fw, 0, 1, prio, 8);
	size = sram_job(fw, 1, value);
	fw_submit(fw, 0, 7, VA(0), size);
	fw_wait_opcode(fw, V3NPU_OP_STALL);
	set_pause(fw, 1);
	return size;
}

static void test_running(void)
{
	struct fw *fw = fw_boot();
	struct v3npu_event event;

	pause_running(fw, V3NPU_PRIO_HIGH, 0x31);
	tap_ok(reaches(fw, V3NPU_FW_PAUSED), "running: paused");
	tap_ok(nothing_runs(fw) && fw_status(fw).preemptions == 1, "running: it is put aside");
	tap_equal(fw_slot(fw, V3NPU_PRIO_HIGH)->magic, V3NPU_SAVED_MAGIC, "running: in its slot");
	set_pause(fw, 0);
	event = fw_event(fw, FW_TIMEOUT_MS);
	tap_ok(is_done(&event, 0, 7) && event.commands == 3 && sram_job_good(fw, 1),
	       "running: it goes on afterwards");
	fw_free(fw);
}

static void test_reset(void)
{
	struct fw *fw = fw_boot();
	struct v3npu_event event;
	struct v3npu_job job = {
		.seqno = 7, .cmds = VA(0), .flags = V3NPU_JOB_FLAG_RESUME,
	};

	job.cmds_size = pause_running(fw, V3NPU_PRIO_LOW, 0x41);
	tap_ok(reaches(fw, V3NPU_FW_PAUSED), "reset: paused");
	fw_reload(fw);
	/* What ran before must not run again: it would find another source. */
	memset(fw_space(fw, 1) + SRC, 0x42, BLOCK);
	fw->args.pause = 1;
	fw_context(fw, 0, 1, V3NPU_PRIO_LOW, 8);
	fw_start(fw);
	tap_equal(fw_event(fw, FW_TIMEOUT_MS).type, V3NPU_EVENT_READY, "reset: boots");
	fw_queue_job(fw, 0, &job);
	fw_doorbell(fw, 0);
	tap_ok(reaches(fw, V3NPU_FW_PAUSED) && nothing_runs(fw), "reset: paused from the start");
	set_pause(fw, 0);
	event = fw_event(fw, FW_TIMEOUT_MS);
	tap_ok(is_done(&event, 0, 7) && event.commands == 3, "reset: the job goes on");
	memset(fw_space(fw, 1) + SRC, 0x41, BLOCK);
	tap_ok(sram_job_good(fw, 1), "reset: with what it had in SRAM");
	fw_free(fw);
}

/* It has no slot */
static void test_realtime(void)
{
	struct fw *fw = fw_boot();
	struct v3npu_event event;

	pause_running(fw, V3NPU_PRIO_REALTIME, 0x51);
	event = fw_event(fw, FW_TIMEOUT_MS);
	tap_ok(is_done(&event, 0, 7) && sram_job_good(fw, 1), "highest priority: runs to its end");
	tap_ok(reaches(fw, V3NPU_FW_PAUSED), "highest priority: then paused");
	fw_free(fw);
}

int main(void)
{
	test_idle();
	test_running();
	test_reset();
	test_realtime();
	return tap_done();
}
