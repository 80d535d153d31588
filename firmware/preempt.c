// SPDX-License-Identifier: MIT
/*
 * The save area: a slot for each priority but the highest, and in it what a job
 * needs to go on.
 *
 * The firmware goes on from struct job in core memory, which nobody else
 * writes; of the slot it only needs SRAM then. The slot's header is for the
 * firmware that runs after a reset.
 */
#include <stddef.h>

#include "contexts.h"
#include "dma.h"
#include "engine.h"
#include "hw.h"
#include "log.h"
#include "panic.h"
#include "preempt.h"
#include "string.h"
#include "v3npu/cmd.h"
#include "v3npu/regs.h"

static __u64 area;
static __u32 slot_bytes;
/* Whose job a slot holds from before a reset; V3NPU_CTX_NONE if it may be overwritten */
static __u32 claimed_by[V3NPU_NUM_SAVE_SLOTS];

static __u32 sram_size(void)
{
	return hw_read(V3NPU_CORE_SRAM_SIZE);
}

__u64 preempt_slot_size(void)
{
	return V3NPU_SAVE_HEADER_SIZE + (__u64)sram_size();
}

__attribute__((noreturn)) static void no_access(void)
{
	log_error("save area at %llx: no access", area);
	halt(V3NPU_HALT_SYSTEM_DMA);
}

static __u64 slot_of(__u32 prio)
{
	return area + (__u64)prio * slot_bytes;
}

static void read_slot(__u32 prio, void *to, __u32 size)
{
	if (dma_read(V3NPU_AS_SYSTEM, to, slot_of(prio), size, NULL))
		no_access();
}

static void write_slot(__u32 prio, const void *from, __u32 size)
{
	if (dma_write(V3NPU_AS_SYSTEM, slot_of(prio), from, size))
		no_access();
}

void preempt_init(__u64 save_area, __u32 slot_size)
{
	struct v3npu_saved_job saved;
	__u32 prio;

	area = save_area;
	slot_bytes = slot_size;
	for (prio = 0; area && prio < V3NPU_NUM_SAVE_SLOTS; prio++) {
		read_slot(prio, &saved, sizeof(saved));
		claimed_by[prio] = saved.magic == V3NPU_SAVED_MAGIC && saved.ctx < V3NPU_NUM_CTX ?
				   saved.ctx : V3NPU_CTX_NONE;
	}
}

bool preempt_possible(const struct job *job)
{
	if (!area || job->prio >= V3NPU_NUM_SAVE_SLOTS)
		return false;
	return claimed_by[job->prio] == V3NPU_CTX_NONE || !contexts_exists(claimed_by[job->prio]);
}

void preempt_release(__u32 ctx)
{
	__u32 prio;

	for (prio = 0; prio < V3NPU_NUM_SAVE_SLOTS; prio++)
		if (claimed_by[prio] == ctx)
			claimed_by[prio] = V3NPU_CTX_NONE;
}

/* All of SRAM goes through the datapath: the DMA unit does not reach it, and would take longer */
static void copy_sram(__u64 to, __u64 from)
{
	__u32 page = V3NPU_PAGE_SIZE, size = sram_size();
	const struct v3npu_cmd_copy cmd = {
		.hdr = { .opcode = V3NPU_OP_COPY, .size = sizeof(cmd) },
		.in = { from, { 1, size / page, 1, page }, { size, page, page, 1 } },
		.out = { to, { 1, size / page, 1, page }, { size, page, page, 1 } },
	};
	struct v3npu_counters cost = { 0 };

	if (engine_run(&cmd, sizeof(cmd), V3NPU_AS_SYSTEM, &cost) != V3NPU_ENGINE_DONE)
		no_access();
	STATUS->preempt_cycles += cost.cycles;
}

void preempt_put_aside(struct job *job)
{
	struct v3npu_saved_job saved = {
		.ctx = job->event.ctx,
		.seqno = job->event.seqno,
		.next = job->next,
		.left = job->left,
		.sram_saved = engine_sram_used(),
		.run_us = job->run_us,
		.event = job->event,
	};

	/* Without the magic first: what the slot may hold of an earlier job ends here */
	write_slot(job->prio, &saved, sizeof(saved));
	if (saved.sram_saved)
		copy_sram(slot_of(job->prio) + V3NPU_SAVE_HEADER_SIZE, V3NPU_VA_SRAM);
	saved.magic = V3NPU_SAVED_MAGIC;
	write_slot(job->prio, &saved.magic, sizeof(saved.magic));

	job->aside = true;
	job->sram_saved = saved.sram_saved;
	STATUS->preemptions++;
	log_debug("job %llx of context %lu: put aside after %lu commands", job->event.seqno,
		  job->event.ctx, job->event.commands);
}

void preempt_drop(struct job *job)
{
	const __u32 no_magic = 0;

	write_slot(job->prio, &no_magic, sizeof(no_magic));
	job->aside = false;
	job->sram_saved = false;
}

void preempt_resume(struct job *job)
{
	if (job->sram_saved)
		copy_sram(V3NPU_VA_SRAM, slot_of(job->prio) + V3NPU_SAVE_HEADER_SIZE);
	else
		engine_scrub();
	preempt_drop(job);
}

/* Is @saved the rest of @job, all of which is still to be run? */
static bool is_rest_of(const struct v3npu_saved_job *saved, const struct job *job)
{
	const struct v3npu_event *event = &saved->event;
	__u32 reserved = 0, done = job->left - saved->left;
	unsigned int i;

	for (i = 0; i < sizeof(saved->reserved) / sizeof(saved->reserved[0]); i++)
		reserved |= saved->reserved[i];
	for (i = 0; i < sizeof(event->reserved) / sizeof(event->reserved[0]); i++)
		reserved |= event->reserved[i] || 0;
	reserved |= event->preemptions | event->run_us;

	return saved->magic == V3NPU_SAVED_MAGIC && saved->ctx == job->event.ctx &&
	       saved->seqno == job->event.seqno && saved->sram_saved <= 1 && !reserved &&
	       saved->left && saved->left < job->left && saved->left % 8 == 0 &&
	       saved->next == job->next + done &&
	       event->type == V3NPU_EVENT_JOB_DONE && event->ctx == saved->ctx &&
	       event->seqno == saved->seqno && event->status == V3NPU_JOB_OK &&
	       event->commands == event->cmd_index && event->commands &&
	       event->commands <= done / 8 && !event->cmd_opcode && !event->cmd_tag &&
	       !event->fault_addr && !event->detail;
}

bool preempt_load(struct job *job)
{
	struct v3npu_saved_job saved;

	if (!area || job->prio >= V3NPU_NUM_SAVE_SLOTS)
		return false;
	read_slot(job->prio, &saved, sizeof(saved));
	if (!is_rest_of(&saved, job))
		return false;
	job->next = saved.next;
	job->left = saved.left;
	job->run_us = saved.run_us;
	job->aside = true;
	job->sram_saved = saved.sram_saved;
	job->event = saved.event;
	return true;
}
