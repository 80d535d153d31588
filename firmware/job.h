/* SPDX-License-Identifier: MIT */
#ifndef FW_JOB_H
#define FW_JOB_H

#include <stdbool.h>

#include "v3npu/ipc.h"

/**
 * struct job - a job on its way
 * @as: address space of its context
 * @prio: priority at which it was taken
 * @next: address of the first byte of its stream that was not fetched yet
 * @left: bytes of the stream from the next command on, fetched or not
 * @run_us: how long it had run when it was put aside
 * @aside: it is in the save slot of its priority
 * @sram_saved: and so is its SRAM, in which it had written
 * @event: what the driver will be told; counters and indices grow as it runs
 */
struct job {
	__u32 as;
	__u32 prio;
	__u64 next;
	__u32 left;
	__u32 run_us;
	bool aside;
	bool sram_saved;
	struct v3npu_event event;
};

/**
 * job_init() - check a ring entry and prepare to run it
 * @job: filled in
 * @ctx: its context
 * @as: that context's address space
 * @prio: and priority
 * @entry: as read from the ring
 */
void job_init(struct job *job, __u32 ctx, __u32 as, __u32 prio, const struct v3npu_job *entry);

/**
 * job_run() - run a job, from its start or from where it was put aside
 *
 * Return: true if it ended, good or bad, and its event is sent; false if it
 * was put aside.
 */
bool job_run(struct job *job);

/* Ends a job that does not run, since its context is cancelled; its event is sent. */
void job_cancel(struct job *job);

#endif /* FW_JOB_H */
