// SPDX-License-Identifier: MIT
/*
 * Running a job: walk its command stream.
 *
 * The owner of a stream can write it while it runs. A command is therefore
 * copied into core memory once, and that copy is what is checked and what the
 * datapath gets.
 */
#include <stdbool.h>

#include "clock.h"
#include "contexts.h"
#include "dma.h"
#include "engine.h"
#include "event.h"
#include "hw.h"
#include "job.h"
#include "log.h"
#include "panic.h"
#include "preempt.h"
#include "sched.h"
#include "string.h"
#include "v3npu/cmd_check.h"

/*
 * What was fetched of the running job's stream: @fill bytes from @buf + @pos.
 * A fetch never crosses a page, so that when one fails nothing before the
 * address that failed is missing. Room for a page and for what is left of the
 * one before, which is less than a command.
 */
static struct {
	__u64 buf[(V3NPU_PAGE_SIZE + V3NPU_CMD_MAX_SIZE) / 8];
	__u32 pos;
	__u32 fill;
} stream;

void job_init(struct job *job, __u32 ctx, __u32 as, __u32 prio, const struct v3npu_job *entry)
{
	__u64 reserved = 0;
	unsigned int i;

	memset(job, 0, sizeof(*job));
	job->as = as;
	job->prio = prio;
	job->next = entry->cmds;
	job->left = entry->cmds_size;
	job->event.type = V3NPU_EVENT_JOB_DONE;
	job->event.ctx = ctx;
	job->event.seqno = entry->seqno;

	for (i = 0; i < sizeof(entry->reserved) / sizeof(entry->reserved[0]); i++)
		reserved |= entry->reserved[i];
	if (entry->flags & ~V3NPU_JOB_FLAG_RESUME || reserved || entry->cmds % 8 || entry->cmds_size % 8 ||
	    !entry->cmds_size || entry->cmds_size > V3NPU_CMDS_MAX)
		job->event.status = V3NPU_JOB_BAD_JOB;
	else if (entry->flags & V3NPU_JOB_FLAG_RESUME && !preempt_load(job))
		job->event.status = V3NPU_JOB_BAD_JOB;
	preempt_release(ctx);
}

/* Makes at least @need bytes of the stream available; the caller knows that there are as many */
static bool fetch(struct job *job, __u32 need)
{
	struct v3npu_event *event = &job->event;
	__u32 i, size;

	for (i = 0; i < stream.fill / 8; i++)
		stream.buf[i] = stream.buf[stream.pos / 8 + i];
	stream.pos = 0;

	while (stream.fill < need) {
		size = V3NPU_PAGE_SIZE - (__u32)job->next % V3NPU_PAGE_SIZE;
		if (size > job->left - stream.fill)
			size = job->left - stream.fill;
		if (dma_read(job->as, (__u8 *)stream.buf + stream.fill, job->next, size,
			     &event->fault_addr)) {
			event->status = V3NPU_JOB_FETCH_FAULT;
			return false;
		}
		stream.fill += size;
		job->next += size;
	}
	return true;
}

/* The next command, all of it that the stream has; NULL if it could not be read */
static const struct v3npu_cmd_hdr *next_command(struct job *job)
{
	struct v3npu_event *event = &job->event;
	const struct v3npu_cmd_hdr *cmd;
	__u32 size;

	if (stream.fill < sizeof(*cmd) && !fetch(job, sizeof(*cmd)))
		return NULL;

	cmd = (const void *)((__u8 *)stream.buf + stream.pos);
	event->cmd_opcode = cmd->opcode;
	event->cmd_tag = cmd->tag;
	size = v3npu_cmd_size(cmd->opcode);
	if (size > job->left)
		size = job->left;
	if (stream.fill < size) {
		if (!fetch(job, size))
			return NULL;
		cmd = (const void *)stream.buf;
	}
	return cmd;
}

/*
 * Runs one command. Between two calls nothing of the job is in the datapath
 * but what it has in SRAM. Return: false if there is none left, or it failed.
 */
static bool step(struct job *job)
{
	struct v3npu_event *event = &job->event;
	const struct v3npu_cmd_hdr *cmd;
	int ret;

	cmd = next_command(job);
	if (!cmd)
		return false;

	ret = v3npu_cmd_check(cmd, job->left, hw_read(V3NPU_CORE_SRAM_SIZE));
	if (ret) {
		event->status = V3NPU_JOB_BAD_CMD;
		event->detail = (__u32)-ret;
		return false;
	}

	if (cmd->opcode != V3NPU_OP_NOP) {
		STATUS->cmd_index = event->cmd_index;
		STATUS->cmd_opcode = event->cmd_opcode;
		STATUS->cmd_tag = event->cmd_tag;
		switch (engine_run(cmd, cmd->size, job->as, &event->counters)) {
		case V3NPU_ENGINE_FAULT:
			event->status = V3NPU_JOB_MMU_FAULT;
			event->fault_addr = engine_fault_addr();
			return false;
		case V3NPU_ENGINE_ILLEGAL:
			event->status = V3NPU_JOB_BAD_CMD;
			return false;
		}
		clock_update();
	}

	/* Those of a failed command only: not of the one before a fetch that fails */
	event->cmd_opcode = 0;
	event->cmd_tag = 0;
	event->cmd_index++;
	event->commands++;
	job->left -= cmd->size;
	stream.pos += cmd->size;
	stream.fill -= cmd->size;
	return job->left;
}

/* Runs the commands that are left. Return: false if a more urgent job is to run before the next */
static bool walk(struct job *job)
{
	stream.pos = 0;
	stream.fill = 0;
	while (!contexts_cancelled(job->event.ctx)) {
		if (!step(job))
			return true;
		if (sched_overtakes(job)) {
			job->next -= stream.fill;
			return false;
		}
	}
	job->event.status = V3NPU_JOB_CANCELLED;
	return true;
}

static void end(struct job *job)
{
	struct v3npu_event *event = &job->event;

	log_debug("job %llx of context %lu: status %lu after %lu commands", event->seqno,
		  event->ctx, event->status, event->commands);
	event->preemptions = STATUS->preemptions;
	event->run_us = job->run_us;
	event_send(event);
}

bool job_run(struct job *job)
{
	struct v3npu_event *event = &job->event;
	bool ended = true;

	if (job->aside)
		preempt_resume(job);
	else if (event->status == V3NPU_JOB_OK)
		engine_scrub();

	STATUS->cmd_index = event->cmd_index;
	STATUS->cmd_opcode = 0;
	STATUS->cmd_tag = 0;
	STATUS->seqno = event->seqno;
	clock_start(job->run_us);
	STATUS->ctx = event->ctx;
	if (event->status == V3NPU_JOB_OK)
		ended = walk(job);
	STATUS->ctx = V3NPU_CTX_NONE;
	job->run_us = clock_stop();

	if (!ended) {
		preempt_put_aside(job);
		return false;
	}
	end(job);
	return true;
}

void job_cancel(struct job *job)
{
	if (job->aside)
		preempt_drop(job);
	if (job->event.status == V3NPU_JOB_OK)
		job->event.status = V3NPU_JOB_CANCELLED;
	end(job);
}
