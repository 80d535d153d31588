// SPDX-License-Identifier: MIT
/*
 * Random jobs of many contexts and priorities, checked against a model: each
 * job must write what it would have written had it been alone, and cost what
 * its commands cost, however often it was put aside and whatever reset came.
 *
 * V3NPU_FUZZ_RUNS sets the number of rounds, V3NPU_FUZZ_SEED where the random
 * numbers start; both are printed.
 */
#include <string.h>

#include "fuzzing.h"
#include "fwtest.h"

#define VA(offset)	(FW_DATA_VA + (offset))

#define CONTEXTS	12u
#define JOBS		5u	/* of a context, at most */
#define COMMANDS	24u	/* of a job, at most */

/* In every address space: a stream and an output for each job, and what all of them read */
#define STREAM(job)	((job) * 0x1000u)
#define SRC		0x8000u
#define SRC_SIZE	0x8000u
#define DST(job)	(0x10000u + (job) * 0x2000u)
#define DST_SIZE	0x2000u

/* SRAM is used at its start and its end, where a save that is too short would show */
#define SRAM_PART	0x3000u

struct job {
	uint32_t size;
	uint8_t dst[DST_SIZE];
	struct v3npu_counters counters;
};

struct context {
	uint32_t prio;
	unsigned int jobs;
	unsigned int queued;
	unsigned int done;
	struct job job[JOBS];
};

static const struct v3npu_config config = V3NPU_CONFIG_DEFAULT;
static struct context contexts[CONTEXTS];
static uint8_t sram[2 * SRAM_PART];
static uint64_t state;
static unsigned int preempted, resumed;	/* jobs, so far */

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

/* Address of byte @offset of the model's SRAM; a run of bytes lies in one of its halves */
static uint64_t sram_va(uint32_t offset)
{
	if (offset >= SRAM_PART)
		offset += config.sram_size - 2 * SRAM_PART;
	return V3NPU_VA_SRAM + offset;
}

static uint32_t random_run(uint32_t *n)
{
	*n = 1 + below(below(4) ? 256 : SRAM_PART);
	return below(2) * SRAM_PART + below(SRAM_PART - *n + 1);
}

/* Writes a random command to @at and does the same in the model; return: its bytes */
static uint32_t make_command(uint8_t *at, const uint8_t *data, struct job *job, unsigned int number)
{
	uint32_t n, run = random_run(&n), from = below(SRC_SIZE - SRAM_PART);
	uint32_t to, size;

	switch (below(8)) {
	case 0:
		return fw_cmd_nop(at, 0);
	case 1:
		return fw_cmd_stall(at, 0, below(8) ? below(200) : below(3000));
	case 2:
	case 3:
	case 4:
		size = fw_cmd_copy(at, 0, sram_va(run), VA(SRC + from), n);
		memcpy(sram + run, data + SRC + from, n);
		break;
	default:
		if (n > DST_SIZE)
			n = DST_SIZE;
		to = below(DST_SIZE - n + 1);
		size = fw_cmd_copy(at, 0, VA(DST(number) + to), sram_va(run), n);
		memcpy(job->dst + to, sram + run, n);
	}
	return size;
}

static void make_job(uint8_t *data, struct job *job, unsigned int number)
{
	_Alignas(8) uint8_t cmd[V3NPU_CMD_MAX_SIZE] = { 0 };
	unsigned int commands = 1 + below(COMMANDS), i;
	uint32_t size;

	memset(job, 0, sizeof(*job));
	memset(sram, 0, sizeof(sram));
	memset(data + DST(number), 0, DST_SIZE);
	for (i = 0; i < commands; i++) {
		struct v3npu_counters cost;
		uint64_t *sum = (uint64_t *)&job->counters;
		size_t k;

		size = make_command(cmd, data, job, number);
		memcpy(data + STREAM(number) + job->size, cmd, size);
		job->size += size;
		v3npu_cost(&config, cmd, &cost);
		for (k = 0; k < sizeof(cost) / sizeof(*sum); k++)
			sum[k] += ((uint64_t *)&cost)[k];
	}
}

/* Context n runs in address space n + 1 */
static void make_round(struct fw *fw)
{
	unsigned int ctx, number, i;

	for (ctx = 0; ctx < CONTEXTS; ctx++) {
		struct context *c = &contexts[ctx];
		uint8_t *data = fw_space(fw, ctx + 1);

		c->prio = below(V3NPU_NUM_PRIO);
		c->jobs = 1 + below(JOBS);
		c->queued = 0;
		c->done = 0;
		fw_context(fw, ctx, ctx + 1, c->prio, 8);
		for (i = 0; i < SRC_SIZE; i += 4)
			*(uint32_t *)(data + SRC + i) = random32();
		for (number = 0; number < c->jobs; number++)
			make_job(data, &c->job[number], number);
	}
}

/* Is the event the one of its context's next job, and did the job do what it should? */
static bool job_good(struct fw *fw, const struct v3npu_event *event)
{
	struct context *c = &contexts[event->ctx % CONTEXTS];
	const struct job *job = &c->job[c->done % JOBS];

	if (event->type != V3NPU_EVENT_JOB_DONE || event->ctx >= CONTEXTS ||
	    c->done >= c->queued || event->seqno != c->done || event->status != V3NPU_JOB_OK) {
		tap_note("type %u context %u seqno %llu status %u", event->type, event->ctx,
			 (unsigned long long)event->seqno, event->status);
		return false;
	}
	c->done++;
	if (memcmp(fw_space(fw, event->ctx + 1) + DST(event->seqno), job->dst, DST_SIZE)) {
		tap_note("context %u job %llu: wrong bytes", event->ctx,
			 (unsigned long long)event->seqno);
		return false;
	}
	if (memcmp(&event->counters, &job->counters, sizeof(job->counters))) {
		tap_note("context %u job %llu: %llu cycles, not %llu", event->ctx,
			 (unsigned long long)event->seqno,
			 (unsigned long long)event->counters.cycles,
			 (unsigned long long)job->counters.cycles);
		return false;
	}
	return true;
}

static void queue(struct fw *fw, unsigned int ctx, unsigned int number, uint32_t flags)
{
	const struct v3npu_job job = {
		.seqno = number, .cmds = VA(STREAM(number)),
		.cmds_size = contexts[ctx].job[number].size, .flags = flags,
	};

	fw_queue_job(fw, ctx, &job);
}

/* Is the next job of this context in the slot of its priority? */
static bool is_aside(struct fw *fw, unsigned int ctx)
{
	const struct context *c = &contexts[ctx];
	const struct v3npu_saved_job *slot;

	if (c->prio >= V3NPU_NUM_SAVE_SLOTS)
		return false;
	slot = fw_slot(fw, c->prio);
	return slot->magic == V3NPU_SAVED_MAGIC && slot->ctx == ctx && slot->seqno == c->done;
}

/*
 * Resets the NPU and gives it everything that did not end again: what is in a slot to go on,
 * what was lost from its start. Return: false if an event was wrong.
 */
static bool reset(struct fw *fw)
{
	unsigned int ctx, number;

	npu_reset(fw->npu);
	preempted += fw_status(fw).preemptions;
	while (fw_event_waiting(fw)) {
		struct v3npu_event event = fw_event(fw, FW_TIMEOUT_MS);

		if (!job_good(fw, &event))
			return false;
	}
	fw_reload(fw);
	fw_start(fw);
	if (fw_event(fw, FW_TIMEOUT_MS).type != V3NPU_EVENT_READY)
		return false;
	for (ctx = 0; ctx < CONTEXTS; ctx++) {
		fw->rings[ctx]->rptr = fw->rings[ctx]->wptr;
		for (number = contexts[ctx].done; number < contexts[ctx].queued; number++) {
			bool aside = number == contexts[ctx].done && is_aside(fw, ctx);

			resumed += aside;
			queue(fw, ctx, number, aside ? V3NPU_JOB_FLAG_RESUME : 0);
		}
		fw_doorbell(fw, ctx);
	}
	return true;
}

static bool run_round(struct fw *fw)
{
	unsigned int left = 0, to_queue, ctx, resets = below(3);
	struct v3npu_event event;

	make_round(fw);
	for (ctx = 0; ctx < CONTEXTS; ctx++)
		left += contexts[ctx].jobs;
	for (to_queue = left; left;) {
		ctx = below(CONTEXTS);
		if (to_queue && contexts[ctx].queued < contexts[ctx].jobs) {
			queue(fw, ctx, contexts[ctx].queued++, 0);
			fw_doorbell(fw, ctx);
			to_queue--;
		}
		if (resets && !below(20)) {
			if (!reset(fw))
				return false;
			resets--;
			for (left = 0, ctx = 0; ctx < CONTEXTS; ctx++)
				left += contexts[ctx].jobs - contexts[ctx].done;
			continue;
		}
		/* Jobs that run for a while meanwhile are what there is to put aside */
		if (!fw_try_event(fw, &event, to_queue ? below(3) : FW_TIMEOUT_MS)) {
			if (to_queue)
				continue;
			tap_note("no event; %u jobs left", left);
			fw_log_dump(fw);
			return false;
		}
		if (!job_good(fw, &event))
			return false;
		left--;
	}
	return !fw_event_waiting(fw);
}

int main(void)
{
	unsigned int rounds = fuzz_setting("V3NPU_FUZZ_RUNS", 1500) / 50 + 1, round;
	unsigned int seed = fuzz_setting("V3NPU_FUZZ_SEED", 1);
	struct fw *fw;

	tap_note("V3NPU_FUZZ_RUNS=%u V3NPU_FUZZ_SEED=%u", rounds * 50, seed);
	state = 0x9e3779b97f4a7c15ull + seed;
	fw = fw_load(64);
	fw->args.starve_us = 5000;
	fw->args.quantum_us = 1000;
	fw_start(fw);
	fw_event(fw, FW_TIMEOUT_MS);
	for (round = 0; round < rounds; round++)
		if (!run_round(fw))
			break;
	preempted += fw_status(fw).preemptions;
	tap_note("%u jobs put aside, %u resumed after resets", preempted, resumed);
	tap_equal(round, rounds, "every job does what it would do alone");
	tap_ok(preempted && resumed, "jobs were put aside, and resumed after resets");
	tap_equal(fw_log_count(fw, "panic") + fw_log_count(fw, "E "), 0, "no error in the log");
	fw_free(fw);
	return tap_done();
}
