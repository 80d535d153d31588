// SPDX-License-Identifier: MIT
/*
 * Streams, jobs and rings of random contents. The firmware must report each
 * job once, in a way that makes sense, and run a good one afterwards.
 *
 * V3NPU_FUZZ_RUNS (1500) sets how many of each, V3NPU_FUZZ_SEED (1) where the
 * random numbers start. With V3NPU_FUZZ_MS there is a round with each of the
 * seeds that follow, until that time is over or something is wrong.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "fuzzing.h"
#include "fwtest.h"

#define VA(offset)	(FW_DATA_VA + (offset))

/* Streams start in the first 16 KiB of an address space; fw_check_good() uses its end */
#define STREAM_SIZE	0x4000u
#define SRC		0x10000u
#define DST		0x18000u

static uint64_t state;

static uint32_t random32(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

static uint32_t below(uint32_t limit)
{
	return random32() % limit;
}

/* A good stream of copies and NOPs; return: its bytes */
static uint32_t good_stream(uint8_t *at)
{
	uint32_t commands = 1 + below(60), size = 0, i, n;

	for (i = 0; i < commands; i++) {
		n = 1 + below(256);
		if (below(3))
			size += fw_cmd_copy(at + size, i, VA(DST + below(1024)),
					    VA(SRC + below(1024)), n);
		else
			size += fw_cmd_nop(at + size, i);
	}
	return size;
}

/* Anything from pure noise to one wrong bit */
static uint32_t bad_stream(uint8_t *at)
{
	uint32_t size = good_stream(at), i, n;
	struct v3npu_cmd_hdr hdr;

	switch (below(5)) {
	case 0:
		size = 8 * (1 + below(STREAM_SIZE / 8));
		for (i = 0; i < size; i += 4)
			*(uint32_t *)(at + i) = random32();
		break;
	case 1:
		at[below(size)] ^= 1u << below(8);
		break;
	case 2:
		for (n = 1 + below(8); n; n--)
			at[below(size)] = (uint8_t)random32();
		break;
	case 3:
		size = 8 * (1 + below(size / 8));
		break;
	default:
		/* The right header, noise after it */
		hdr.opcode = (uint16_t)below(V3NPU_OP_STALL);
		hdr.size = (uint16_t)(8 * below(23));
		hdr.tag = random32();
		for (i = 0; i < 256; i += 4)
			*(uint32_t *)(at + i) = below(2) ? random32() : below(4);
		memcpy(at, &hdr, sizeof(hdr));
		size = 8 * (1 + below(32));
	}
	return size;
}

static bool sensible(const struct v3npu_event *event, uint32_t size)
{
	static const struct v3npu_event zero;
	bool ok = event->status == V3NPU_JOB_OK;
	/* Only fuzz_rings() cancels a context, which is this one */
	__u32 last = event->ctx == 1 ? V3NPU_JOB_CANCELLED : V3NPU_JOB_BAD_JOB;

	return event->type == V3NPU_EVENT_JOB_DONE && event->status <= last &&
	       event->commands == event->cmd_index && event->commands <= size / 8 &&
	       event->detail <= 6 && (!event->detail || event->status == V3NPU_JOB_BAD_CMD) &&
	       (!ok || (!event->cmd_opcode && !event->cmd_tag && !event->fault_addr)) &&
	       (!event->fault_addr || event->status == V3NPU_JOB_MMU_FAULT ||
		event->status == V3NPU_JOB_FETCH_FAULT) &&
	       !memcmp(event->reserved, zero.reserved, sizeof(zero.reserved));
}

static void report(const unsigned int *seen)
{
	tap_note("ok %u, MMU fault %u, fetch fault %u, bad command %u, bad job %u, too long %u",
		 seen[0], seen[1], seen[2], seen[3], seen[4], seen[5]);
}

/*
 * Takes the event of a job. A random command can be long; then it resets the NPU, as a driver
 * would. Return: does the event make sense?
 */
static bool finish(struct fw *fw, uint64_t seqno, uint32_t size, unsigned int *seen)
{
	struct v3npu_event event;

	if (fw_try_event(fw, &event, FW_TIMEOUT_MS)) {
		if (event.status <= V3NPU_JOB_BAD_JOB)
			seen[event.status]++;
		return event.ctx == 0 && event.seqno == seqno && sensible(&event, size);
	}
	seen[5]++;
	if (npu_read(fw->npu, V3NPU_REG_STATUS) !=
	    (V3NPU_STATUS_CORE_RUNNING | V3NPU_STATUS_ENGINE_BUSY))
		return false;
	fw_reload(fw);
	fw_start(fw);
	return fw_event(fw, FW_TIMEOUT_MS).type == V3NPU_EVENT_READY;
}

static void fuzz_streams(struct fw *fw, unsigned int runs)
{
	uint8_t *data = fw_space(fw, 1);
	unsigned int run, seen[6] = { 0 };

	for (run = 0; run < runs; run++) {
		uint32_t start = 8 * below(STREAM_SIZE / 8), size = bad_stream(data + start);

		fw_submit(fw, 0, run, VA(start), size);
		if (!finish(fw, run, size, seen))
			break;
	}
	report(seen);
	if (!tap_equal(run, runs, "streams: every event makes sense"))
		fw_log_dump(fw);
	tap_ok(seen[V3NPU_JOB_OK] && seen[V3NPU_JOB_MMU_FAULT] && seen[V3NPU_JOB_BAD_CMD],
	       "streams: good, faulting and bad ones were among them");
	fw_check_good(fw, 0, "after random streams");
}

struct rewriter {
	uint8_t *stream;
	uint32_t size;
	atomic_bool stop;
};

/* Flips one bit of the stream on and off, a different one each time */
static void *rewrite(void *opaque)
{
	struct rewriter *r = opaque;
	uint32_t i = 0;

	while (!atomic_load(&r->stop)) {
		uint8_t *byte = &r->stream[(i += 61) % r->size];

		__atomic_fetch_xor(byte, 1u << i % 8, __ATOMIC_RELAXED);
		__atomic_fetch_xor(byte, 1u << i % 8, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* A stream that its owner changes all the time */
static void fuzz_rewritten(struct fw *fw, unsigned int runs)
{
	struct rewriter r = { .stream = fw_space(fw, 1), .size = 0x3000 };
	unsigned int run, seen[6] = { 0 };
	uint32_t size = 0;
	pthread_t thread;

	while (size + sizeof(struct v3npu_cmd_copy) <= r.size)
		size += fw_cmd_copy(r.stream + size, 0, VA(DST), VA(SRC), 16);
	r.size = size;
	if (pthread_create(&thread, NULL, rewrite, &r))
		tap_bail("no thread");
	for (run = 0; run < runs; run++) {
		fw_submit(fw, 0, run, VA(0), size);
		if (!finish(fw, run, size, seen))
			break;
	}
	atomic_store(&r.stop, true);
	pthread_join(thread, NULL);
	report(seen);
	if (!tap_equal(run, runs, "rewritten streams: every event makes sense"))
		fw_log_dump(fw);
	fw_check_good(fw, 0, "after rewritten streams");
}

static void fuzz_jobs(struct fw *fw, unsigned int runs)
{
	struct v3npu_job_ring *ring = fw->rings[0];
	uint8_t *data = fw_space(fw, 1);
	unsigned int run, seen[6] = { 0 };

	for (run = 0; run < runs; run++) {
		uint32_t size = good_stream(data);
		struct v3npu_job job = { .seqno = run, .cmds = VA(0), .cmds_size = size };
		uint8_t *byte = (uint8_t *)&job + sizeof(job.seqno) +
				below(sizeof(job) - sizeof(job.seqno));

		if (below(2))
			*byte ^= 1u << below(8);
		else
			job.cmds = below(2) ? VA(8 * below(FW_DATA_SIZE / 4)) :
					      (uint64_t)random32() << 32 | random32();
		fw_queue(fw, 0, 0, 0, 0);
		ring->jobs[(ring->wptr - 1) % fw->table[0].ring_entries] = job;
		fw_doorbell(fw, 0);
		if (!finish(fw, run, V3NPU_CMDS_MAX, seen))
			break;
	}
	report(seen);
	if (!tap_equal(run, runs, "jobs: every event makes sense"))
		fw_log_dump(fw);
	tap_ok(seen[V3NPU_JOB_FETCH_FAULT] && seen[V3NPU_JOB_BAD_JOB],
	       "jobs: malformed and unreadable ones were among them");
	fw_check_good(fw, 0, "after random jobs");
}

static struct v3npu_ctx_desc bad_desc(const struct v3npu_ctx_desc *good)
{
	struct v3npu_ctx_desc desc = *good;

	switch (below(7)) {
	case 0:
		desc.ring_entries = below(2) ? 1u << below(10) : random32();
		break;
	case 1:
		desc.ring = below(2) ? desc.ring + below(1024) : 0x7000000 + 8ull * below(1u << 20);
		break;
	case 2:
		desc.as = below(V3NPU_NUM_AS + 16);
		break;
	case 3:
		desc.priority = below(6);
		break;
	case 4:
		*(below(2) ? &desc.user : &desc.reserved) = 1u << below(32);
		break;
	case 5:
		desc.flags = below(4) ? V3NPU_CTX_CANCELLED : random32();
		break;
	}
	return desc;
}

/* Context 1 holds anything in descriptor and ring; context 0 must get its job done */
static void fuzz_rings(struct fw *fw, unsigned int runs)
{
	struct v3npu_ctx_desc good;
	struct v3npu_job_ring *ring;
	unsigned int run, i, others = 0, strange = 0;
	struct v3npu_event event;

	fw_context(fw, 1, 2, V3NPU_PRIO_NORMAL, 256);
	good = fw->table[1];
	ring = fw->rings[1];
	fw_cmd_nop(fw_space(fw, 1), 0);
	for (run = 0; run < runs; run++) {
		fw->table[1] = bad_desc(&good);
		ring->rptr = random32();
		ring->wptr = below(4) ? ring->rptr + below(300) : random32();
		for (i = 0; i < 256; i++) {
			struct v3npu_job job = { .flags = !below(4) };

			job.cmds = VA(8 * below(64));
			job.cmds_size = 8 * below(8);
			ring->jobs[i] = job;
		}
		fw_doorbell(fw, 1);
		fw_submit(fw, 0, 0x600d, VA(0), 8);
		for (;;) {
			event = fw_event(fw, FW_TIMEOUT_MS);
			strange += !sensible(&event, 64) || event.ctx > 1;
			if (event.ctx == 0)
				break;
			others++;
		}
		strange += event.seqno != 0x600d || event.status != V3NPU_JOB_OK;

		/* What is left of context 1 is not to run into the next round */
		memset(&fw->table[1], 0, sizeof(fw->table[1]));
		fw_doorbell(fw, 1);
		fw_submit(fw, 0, 0xe4d, VA(0), 8);
		while ((event = fw_event(fw, FW_TIMEOUT_MS)).ctx)
			others++;
	}
	tap_note("%u jobs of the malformed context ran", others);
	tap_equal(strange, 0, "rings: every event makes sense");
	fw_context(fw, 1, 2, V3NPU_PRIO_NORMAL, 4);
	ring->wptr = ring->rptr;
	fw_check_good(fw, 0, "after random rings");
	fw_check_good(fw, 1, "after random rings");
}

/* Return: whether all is well */
static bool fuzz_all(unsigned int runs, unsigned int seed)
{
	struct fw *fw = fw_boot();
	bool good;

	tap_note("V3NPU_FUZZ_RUNS=%u V3NPU_FUZZ_SEED=%u", runs, seed);
	fuzz_seed(seed);
	state = 0x9e3779b97f4a7c15ull + seed;
	fw_context(fw, 0, 1, V3NPU_PRIO_NORMAL, 16);
	fuzz_streams(fw, runs);
	fuzz_rewritten(fw, runs / 3);
	fuzz_jobs(fw, runs);
	fuzz_rings(fw, runs / 3);
	tap_equal(npu_read(fw->npu, V3NPU_REG_STATUS), V3NPU_STATUS_CORE_RUNNING,
		  "the first firmware, or the last after a reset, still runs");
	good = tap_equal(fw_log_count(fw, "panic"), 0, "no panic") && !tap_failed();
	fw_free(fw);
	return good;
}

int main(void)
{
	double end = npu_clock_ms() + fuzz_setting("V3NPU_FUZZ_MS", 0);
	unsigned int runs = fuzz_setting("V3NPU_FUZZ_RUNS", 1500);
	unsigned int first = fuzz_setting("V3NPU_FUZZ_SEED", 1), seed = first;

	while (fuzz_all(runs, seed++) && npu_clock_ms() < end)
		;
	fuzz_report((uint64_t)(seed - first) * (2 * runs + 2 * (runs / 3)), first, seed - 1);
	return tap_done();
}
