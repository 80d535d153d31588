// SPDX-License-Identifier: MIT
/*
 * What a client and its driver can give the firmware, which is the real image
 * on the device library: any contents of a context's descriptor, its ring, its
 * jobs and their streams, doorbells at any time. Each job is reported once, in
 * a way that makes sense, and another context's job runs afterwards.
 */
#include <string.h>

#include "driver.h"
#include "fwtest.h"

const char fuzzer_name[] = "messages";

#define VA(offset)	(FW_DATA_VA + (offset))
#define WILD		1u	/* the context that anything is written to */
#define ENTRIES		16u
/* Where streams are, which may be changed, and where fw_check_good() has its own */
#define STREAMS		0x4000u
/* After this a random command counts as long, and the NPU is reset, as a driver would */
#define LONG_MS		30u

enum op {
	OP_DOORBELL,
	OP_JOB,
	OP_RING_WORD,
	OP_DESC_WORD,
	OP_DESC_BACK,
	OP_STREAM_NOPS,
	OP_STREAM_COPY,
	OP_STREAM_BYTES,
	OP_EVENT,
	OP_GOOD,
	OP_CANCEL,
	NUM_OPS,
};

static struct fw *fw;
static struct v3npu_ctx_desc good_desc;
static unsigned int good_jobs;

static void set_up(void)
{
	fw = fw_boot();
	fw_context(fw, 0, 1, V3NPU_PRIO_NORMAL, ENTRIES);
	fw_context(fw, WILD, 2, V3NPU_PRIO_NORMAL, ENTRIES);
	good_desc = fw->table[WILD];
	fw_cmd_nop(fw_space(fw, 1), 0);
}

static void reset(void)
{
	fw_reload(fw);
	fw_start(fw);
	if (fw_event(fw, 6 * FW_TIMEOUT_MS).type != V3NPU_EVENT_READY)
		tap_bail("the firmware does not start again");
	/* Jobs that were queued went with it */
	fw->rings[0]->rptr = fw->rings[0]->wptr;
	good_jobs = 0;
}

static void check_event(const struct v3npu_event *event)
{
	fuzzer_seen(event->type << 10 ^ event->ctx << 9 ^ event->status << 5 ^ event->detail << 2 ^
		    event->cmd_opcode ^ (event->commands > 1));
	if (event->type != V3NPU_EVENT_JOB_DONE || event->ctx > WILD ||
	    event->status > V3NPU_JOB_CANCELLED || event->detail > 6 ||
	    event->commands != event->cmd_index || event->commands > V3NPU_CMDS_MAX / 8)
		tap_bail("event: type %u, context %u, status %u, detail %u, %u commands",
			 event->type, event->ctx, event->status, event->detail, event->commands);
	if (event->ctx)
		return;
	if (!good_jobs || event->status != V3NPU_JOB_OK || event->seqno != 0x600d)
		tap_bail("a good job: status %u, seqno %#llx", event->status,
			 (unsigned long long)event->seqno);
	good_jobs--;
}

/* Takes events until the good jobs are done, or the NPU was reset */
static void finish(void)
{
	struct v3npu_event event;
	double start = npu_clock_ms();

	while (good_jobs) {
		uint32_t status;

		if (fw_try_event(fw, &event, LONG_MS)) {
			check_event(&event);
			continue;
		}
		status = npu_read(fw->npu, V3NPU_REG_STATUS);
		if (status & V3NPU_STATUS_CORE_HALTED)
			tap_bail("the firmware halted, code %#x",
				 npu_read(fw->npu, V3NPU_REG_HALT_CODE));
		if (status & V3NPU_STATUS_ENGINE_BUSY)
			reset();
		else if (npu_clock_ms() - start > 6 * FW_TIMEOUT_MS)
			tap_bail("a good job is not done");
	}
}

static void good_job(void)
{
	if (good_jobs == ENTRIES / 2)
		return;
	good_jobs++;
	fw_submit(fw, 0, 0x600d, VA(0), sizeof(struct v3npu_cmd_hdr));
}

static void put_word(void *at, uint32_t word, uint32_t value)
{
	__atomic_store_n((uint32_t *)at + word, value, __ATOMIC_RELAXED);
}

static void put_job(struct input *in)
{
	struct v3npu_job_ring *ring = fw->rings[WILD];
	uint8_t kind = input_u8(in);
	struct v3npu_job job = {
		.seqno = input_u8(in),
		.cmds = VA(8 * (input_u32(in) % (STREAMS / 8))),
		.cmds_size = 8 * (1 + input_u8(in)),
	};

	if (kind & 1)
		((uint8_t *)&job)[input_u8(in) % sizeof(job)] ^= input_u8(in);
	ring->jobs[kind >> 4] = job;
	if (kind & 2)
		__atomic_store_n(&ring->wptr, ring->wptr + 1, __ATOMIC_RELEASE);
	if (kind & 4)
		fw_doorbell(fw, WILD);
}

static void do_op(struct input *in)
{
	enum op op = input_u8(in) % NUM_OPS;
	uint8_t *stream = fw_space(fw, 2) + 8 * (input_u8(in) * 8u % (STREAMS / 8));
	struct v3npu_event event;
	uint32_t i, n;

	switch (op) {
	case OP_DOORBELL:
		fw_doorbell(fw, input_u8(in) % 4);
		break;
	case OP_JOB:
		put_job(in);
		break;
	case OP_RING_WORD:
		n = input_u8(in) % (sizeof(struct v3npu_job_ring) / 4 + 8);
		put_word(fw->rings[WILD], n, input_u32(in));
		break;
	case OP_DESC_WORD:
		n = input_u8(in) % (sizeof(struct v3npu_ctx_desc) / 4);
		put_word(&fw->table[WILD], n, input_u32(in));
		break;
	case OP_DESC_BACK:
		fw->table[WILD] = good_desc;
		break;
	case OP_STREAM_NOPS:
		for (n = input_u8(in); n && stream < fw_space(fw, 2) + STREAMS; n--)
			stream += fw_cmd_nop(stream, n);
		break;
	case OP_STREAM_COPY:
		fw_cmd_copy(stream, 1, VA(0x10000 + input_u8(in)), VA(0x18000 + input_u8(in)),
			    1 + input_u8(in));
		break;
	case OP_STREAM_BYTES:
		for (i = 0, n = input_u8(in) % 128; i < n; i++)
			stream[i] = input_u8(in);
		break;
	case OP_EVENT:
		if (fw_try_event(fw, &event, 1))
			check_event(&event);
		break;
	case OP_GOOD:
		good_job();
		break;
	case OP_CANCEL:
		fw->table[WILD].flags ^= V3NPU_CTX_CANCELLED;
		break;
	case NUM_OPS:
		break;
	}
}

void fuzzer_try(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	if (!fw)
		set_up();
	fw->table[WILD] = good_desc;
	fw->rings[WILD]->wptr = fw->rings[WILD]->rptr;
	while (in.size)
		do_op(&in);
	good_job();
	finish();
	/* What is left of the context is not to run into the next input */
	memset(&fw->table[WILD], 0, sizeof(fw->table[WILD]));
	fw_doorbell(fw, WILD);
	good_job();
	finish();
	if (npu_read(fw->npu, V3NPU_REG_STATUS) & V3NPU_STATUS_CORE_HALTED)
		tap_bail("the firmware halted");
	if (fw_log_count(fw, "panic"))
		tap_bail("the firmware panicked");
}
