/* SPDX-License-Identifier: MIT */
#ifndef FW_JOB_H
#define FW_JOB_H

#include "v3npu/ipc.h"

/**
 * struct job - a job being run
 * @as: address space of its context
 * @next: address of the first byte of its stream that was not fetched yet
 * @left: bytes of the stream from the next command on, fetched or not
 * @event: what the driver will be told; counters and indices grow as it runs
 */
struct job {
	__u32 as;
	__u64 next;
	__u32 left;
	struct v3npu_event event;
};

/**
 * job_init() - check a ring entry and prepare to run it
 * @job: filled in
 * @ctx: its context
 * @as: that context's address space
 * @entry: as read from the ring
 */
void job_init(struct job *job, __u32 ctx, __u32 as, const struct v3npu_job *entry);

/* Runs the job to its end, good or bad, and sends its event */
void job_run(struct job *job);

#endif /* FW_JOB_H */
