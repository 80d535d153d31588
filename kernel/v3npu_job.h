/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_JOB_H__
#define __V3NPU_JOB_H__

#include <linux/list.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <drm/gpu_scheduler.h>

#include "v3npu/ipc.h"
#include "v3npu/regs.h"

#include "v3npu_turns.h"

struct v3npu_ctx;
struct v3npu_device;
struct v3npu_mapping;
struct v3npu_sched;

/* One runs, and the next ones are there for the firmware to go on with */
#define V3NPU_JOBS_PER_CTX	4

/**
 * struct v3npu_jobs - all jobs of the device
 * @wq: ordered; all schedulers, resets and the watch run there, one at a time
 * @scheds: made for the first context of each number, used by the next ones too
 * @ctxs: contexts by their number for the firmware
 * @next_ctx: for xa_alloc_cyclic()
 * @count: jobs that exist
 * @idle: woken when @count becomes 0
 * @on_npu: jobs whose fence is not signalled, in the order in which the NPU got them
 * @progress: when the NPU last completed a job, or got one while it had none
 * @error: when no job can run any more, what they end with; otherwise 0
 * @seqno: last job's
 * @turns: who was served when
 */
struct v3npu_jobs {
	struct workqueue_struct *wq;
	struct v3npu_sched *scheds[V3NPU_NUM_CTX];
	struct xarray ctxs;
	u32 next_ctx;
	atomic_t count;
	wait_queue_head_t idle;
	/** @lock: protects @on_npu, @progress, @error and @turns; taken by interrupts, too */
	spinlock_t lock;
	struct list_head on_npu;
	ktime_t progress;
	int error;
	u64 seqno;
	struct v3npu_turn_state turns;
};

/**
 * struct v3npu_sched_job - a job
 * @base: for the scheduler
 * @ctx: context
 * @fence: signalled when the NPU is done; initialized when it gets the job
 * @link: in v3npu_jobs.on_npu
 * @free_work: frees it away from the scheduler's workqueue
 * @number: its number in its context, for the program
 * @seqno: its number for the firmware, once it was given to the NPU
 * @given: when it was given to the NPU first
 * @cmds: NPU address of the command stream
 * @cmds_size: bytes
 * @cancelled: the NPU does not get it, since its context was destroyed before
 * @done: its fence is signalled, or about to be
 * @resume: a reset found it put aside, and the firmware is to go on with it
 * @unexplained_resets: while it was on the NPU and no job was found guilty
 * @num_mappings: entries of @mappings
 * @mappings: buffers that it listed
 * @comm: name of the process that submitted it; printable
 * @pid: its number
 */
struct v3npu_sched_job {
	struct drm_sched_job base;
	struct v3npu_ctx *ctx;
	struct dma_fence *fence;
	struct list_head link;
	struct work_struct free_work;
	u64 number;
	u64 seqno;
	ktime_t given;
	u64 cmds;
	u32 cmds_size;
	bool cancelled;
	bool done;
	bool resume;
	unsigned int unexplained_resets;
	u32 num_mappings;
	struct v3npu_mapping **mappings;
	char comm[TASK_COMM_LEN];
	pid_t pid;
};

static inline struct v3npu_sched_job *to_v3npu_job(struct drm_sched_job *base)
{
	return container_of(base, struct v3npu_sched_job, base);
}

struct v3npu_sched_job *v3npu_job_alloc(struct v3npu_ctx *ctx);
void v3npu_job_free(struct v3npu_sched_job *job);

int v3npu_jobs_init(struct v3npu_device *vdev);
void v3npu_jobs_fini(struct v3npu_device *vdev);

void v3npu_job_run(struct v3npu_sched_job *job);
int v3npu_job_done(struct v3npu_device *vdev, const struct v3npu_event *event);
void v3npu_job_fail(struct v3npu_sched_job *job, int error, u32 fault,
		    const struct v3npu_fw_status *status, bool guilty);
void v3npu_jobs_fail_all(struct v3npu_device *vdev, int error);
void v3npu_jobs_clear_error(struct v3npu_device *vdev);
void v3npu_jobs_cancel(struct v3npu_ctx *ctx);
struct v3npu_sched_job *v3npu_jobs_find(struct v3npu_device *vdev, u32 hw_id, u64 seqno);
u64 v3npu_jobs_age_ms(struct v3npu_device *vdev, u32 hw_id, u64 seqno);
bool v3npu_jobs_none(struct v3npu_device *vdev);
struct v3npu_sched_job *v3npu_jobs_first(struct v3npu_device *vdev, u32 hw_id);
void v3npu_jobs_restart(struct v3npu_device *vdev);

#endif /* __V3NPU_JOB_H__ */
