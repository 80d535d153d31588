// SPDX-License-Identifier: GPL-2.0-only
/*
 * Jobs: from the scheduler to the NPU, and their end.
 *
 * A job is on the NPU from v3npu_job_run() until its fence is signalled, and
 * while it is there it is in v3npu_jobs.on_npu. Whoever takes it off that list,
 * under the lock, ends it: an event, a reset, or the removal of the device. The
 * scheduler frees it afterwards; nobody else may touch it once its fence is
 * signalled.
 */

#include <linux/ctype.h>
#include <linux/dma-fence.h>
#include <linux/slab.h>

#include <drm/drm_drv.h>
#include <drm/drm_managed.h>

#include "v3npu_as.h"
#include "v3npu_ctx.h"
#include "v3npu_drv.h"
#include "v3npu_sched.h"
#include "v3npu_trace.h"

static void v3npu_jobs_uncount(struct v3npu_jobs *jobs)
{
	if (atomic_dec_and_test(&jobs->count))
		wake_up_all(&jobs->idle);
}

/* For logs, so nothing that a terminal obeys: processes can call themselves anything */
static void v3npu_job_set_owner(struct v3npu_sched_job *job)
{
	char *c;

	get_task_comm(job->comm, current);
	for (c = job->comm; *c; c++)
		if (!isascii(*c) || !isprint(*c))
			*c = '?';
	job->pid = task_tgid_nr(current);
}

/**
 * v3npu_job_alloc() - make a job
 * @ctx: context, of which the job takes a reference
 *
 * The device is on until the job is freed: nothing has to turn it on when the
 * job is about to run.
 *
 * Return: the job, to be freed with v3npu_job_free() unless it is pushed to
 * the scheduler; -EBUSY when the file has too many that are not done; -ENOMEM;
 * -ENODEV when the device is gone.
 */
struct v3npu_sched_job *v3npu_job_alloc(struct v3npu_ctx *ctx)
{
	atomic_t *num_jobs = &ctx->file->num_jobs;
	struct v3npu_sched_job *job;
	int ret = -ENOMEM;

	if (!atomic_add_unless(num_jobs, 1, V3NPU_FILE_JOBS_MAX))
		return ERR_PTR(-EBUSY);

	job = kzalloc(sizeof(*job), GFP_KERNEL_ACCOUNT);
	if (!job)
		goto err_uncharge;
	/* Not when it runs: memory reclaim may wait for the job */
	job->fence = v3npu_fence_alloc();
	if (!job->fence)
		goto err_free;
	/* Before it is known whether the device is there: v3npu_jobs_fini() waits for it */
	atomic_inc(&ctx->vdev->jobs.count);
	ret = v3npu_pm_get(ctx->vdev);
	if (ret)
		goto err_uncount;

	INIT_LIST_HEAD(&job->link);
	kref_get(&ctx->refs);
	job->ctx = ctx;
	v3npu_job_set_owner(job);

	return job;

err_uncount:
	v3npu_jobs_uncount(&ctx->vdev->jobs);
	v3npu_fence_free(job->fence);
err_free:
	kfree(job);
err_uncharge:
	atomic_dec(num_jobs);
	return ERR_PTR(ret);
}

/**
 * v3npu_job_free() - free a job and what it holds
 * @job: job without its scheduler part; can sleep
 */
void v3npu_job_free(struct v3npu_sched_job *job)
{
	struct v3npu_device *vdev = job->ctx->vdev;
	u32 i;

	for (i = 0; i < job->num_mappings; i++)
		v3npu_mapping_put(job->mappings[i]);
	kvfree(job->mappings);

	v3npu_fence_free(job->fence);
	if (!job->done)
		atomic_dec(&job->ctx->file->num_jobs);
	v3npu_ctx_put(job->ctx);
	kfree(job);

	v3npu_pm_put(vdev);
	v3npu_jobs_uncount(&vdev->jobs);
}

static struct v3npu_sched_job *v3npu_jobs_find_locked(struct v3npu_jobs *jobs, u32 hw_id,
						      u64 seqno)
{
	struct v3npu_sched_job *job;

	list_for_each_entry(job, &jobs->on_npu, link)
		if (job->ctx->hw_id == hw_id && job->seqno == seqno)
			return job;

	return NULL;
}

/**
 * v3npu_jobs_find() - find a job on the NPU
 * @vdev: device
 * @hw_id: its context's number
 * @seqno: its number
 *
 * Return: the job, which may end at any time unless the device is stopped; NULL
 * when the NPU has no such job.
 */
struct v3npu_sched_job *v3npu_jobs_find(struct v3npu_device *vdev, u32 hw_id, u64 seqno)
{
	struct v3npu_sched_job *job;

	spin_lock_irq(&vdev->jobs.lock);
	job = v3npu_jobs_find_locked(&vdev->jobs, hw_id, seqno);
	spin_unlock_irq(&vdev->jobs.lock);

	return job;
}

/**
 * v3npu_jobs_age_ms() - how long the NPU has had a job
 * @vdev: device
 * @hw_id: its context's number
 * @seqno: its number
 *
 * Return: milliseconds; 0 when the NPU has no such job.
 */
u64 v3npu_jobs_age_ms(struct v3npu_device *vdev, u32 hw_id, u64 seqno)
{
	struct v3npu_sched_job *job;
	u64 age = 0;

	spin_lock_irq(&vdev->jobs.lock);
	job = v3npu_jobs_find_locked(&vdev->jobs, hw_id, seqno);
	if (job)
		age = ktime_ms_delta(ktime_get(), job->given);
	spin_unlock_irq(&vdev->jobs.lock);

	return age;
}

/* Give a job to the firmware, or leave it to the reset that is coming */
static void v3npu_job_start(struct v3npu_device *vdev, struct v3npu_sched_job *job)
{
	lockdep_assert_held(&vdev->pm.lock);
	trace_v3npu_job_run(job);
	if (v3npu_ipc_push_job(vdev, job))
		v3npu_reset_request(vdev, "the firmware does not take jobs");
}

/* The job may be gone after this */
static void v3npu_job_signal(struct v3npu_sched_job *job, int error)
{
	/* First, so that who waited for it can submit another */
	job->done = true;
	atomic_dec(&job->ctx->file->num_jobs);

	if (error)
		dma_fence_set_error(job->fence, error);
	dma_fence_signal(job->fence);
}

/* End a job that the NPU never got; it may be gone after this */
static void v3npu_job_refuse(struct v3npu_sched_job *job, int error)
{
	struct v3npu_ctx *ctx = job->ctx;

	spin_lock_irq(&ctx->lock);
	v3npu_history_add(&ctx->history, job->number, error, DRM_V3NPU_FAULT_NONE, NULL);
	spin_unlock_irq(&ctx->lock);
	v3npu_job_signal(job, error);
}

/* Put the job on the list, or say why it cannot run */
static int v3npu_job_enlist(struct v3npu_jobs *jobs, struct v3npu_sched_job *job)
{
	int ret;

	if (job->cancelled)
		return -ECANCELED;

	spin_lock_irq(&jobs->lock);
	ret = jobs->error;
	if (!ret) {
		job->given = ktime_get();
		if (list_empty(&jobs->on_npu))
			jobs->progress = job->given;
		v3npu_stats_job_begins(job->ctx->vdev);
		list_add_tail(&job->link, &jobs->on_npu);
	}
	spin_unlock_irq(&jobs->lock);

	return ret;
}

/**
 * v3npu_job_run() - give a job to the NPU, or end it if that cannot be
 * @job: job with its fence initialized; it may be gone after this
 *
 * Runs on v3npu_jobs.wq, like resets.
 */
void v3npu_job_run(struct v3npu_sched_job *job)
{
	struct v3npu_device *vdev = job->ctx->vdev;
	int idx, ret;
	bool on;

	on = v3npu_pm_enter(vdev);
	ret = v3npu_job_enlist(&vdev->jobs, job);
	if (ret) {
		v3npu_job_refuse(job, ret);
	} else if (on && drm_dev_enter(&vdev->drm, &idx)) {
		v3npu_watch_arm(vdev);
		v3npu_job_start(vdev, job);
		drm_dev_exit(idx);
	}
	/* Else the NPU gets it when it is on again, or v3npu_jobs_fini() ends it */
	v3npu_pm_exit(vdev);
}

/* The job's context is told why it failed; all zero but @fault when nobody knows where */
static void v3npu_job_account(struct v3npu_sched_job *job, int error, u32 fault,
			      const struct v3npu_event *event)
{
	struct v3npu_ctx *ctx = job->ctx;
	struct drm_v3npu_ctx_query *stats = &ctx->stats;
	unsigned long flags;

	spin_lock_irqsave(&ctx->lock, flags);
	v3npu_history_add(&ctx->history, job->number, error, fault, event);
	if (error)
		stats->jobs_failed++;
	else
		stats->jobs_done++;
	if (fault != DRM_V3NPU_FAULT_NONE) {
		stats->fault = fault;
		stats->fault_va = event->fault_addr;
		stats->fault_cmd_index = event->cmd_index;
		stats->fault_cmd_opcode = event->cmd_opcode;
		stats->fault_cmd_tag = event->cmd_tag;
		stats->fault_detail = event->detail;
	}
	stats->commands += event->commands;
	stats->cycles += event->counters.cycles;
	stats->macs += event->counters.macs;
	stats->dram_read += event->counters.dram_read;
	stats->dram_write += event->counters.dram_write;
	stats->sram_read += event->counters.sram_read;
	stats->sram_write += event->counters.sram_write;
	spin_unlock_irqrestore(&ctx->lock, flags);
}

/* Microseconds for which the NPU ran a job; the firmware may say anything */
static u32 v3npu_job_run_us(const struct v3npu_sched_job *job, const struct v3npu_event *event)
{
	return min_t(u64, event->run_us, ktime_us_delta(ktime_get(), job->given));
}

/* End a job that was taken off the list; it may be gone after this */
static void v3npu_job_end(struct v3npu_sched_job *job, int error, u32 fault, bool guilty,
			  const struct v3npu_event *event)
{
	v3npu_job_account(job, error, fault, event);
	v3npu_stats_job_ends(job->ctx->file, error, event, v3npu_job_run_us(job, event));
	if (guilty)
		v3npu_ctx_failed(job->ctx, fault);
	else if (!error)
		v3npu_ctx_succeeded(job->ctx);
	if (fault != DRM_V3NPU_FAULT_NONE)
		trace_v3npu_job_fault(job, fault, event);
	trace_v3npu_job_done(job, error, event);
	v3npu_job_signal(job, error);
}

/* errno of the fence and DRM_V3NPU_FAULT_* for each V3NPU_JOB_* */
static const struct {
	int error;
	u32 fault;
} v3npu_job_status[] = {
	[V3NPU_JOB_OK] = { 0, DRM_V3NPU_FAULT_NONE },
	[V3NPU_JOB_MMU_FAULT] = { -EFAULT, DRM_V3NPU_FAULT_MMU },
	[V3NPU_JOB_FETCH_FAULT] = { -EFAULT, DRM_V3NPU_FAULT_FETCH },
	[V3NPU_JOB_BAD_CMD] = { -EINVAL, DRM_V3NPU_FAULT_CMD },
	[V3NPU_JOB_BAD_JOB] = { -EIO, DRM_V3NPU_FAULT_DEVICE },
	[V3NPU_JOB_CANCELLED] = { -ECANCELED, DRM_V3NPU_FAULT_NONE },
};

/**
 * v3npu_job_done() - end the job that an event names
 * @vdev: device
 * @event: copy of an event of type V3NPU_EVENT_JOB_DONE, not to be trusted
 *
 * Return: 0, or -ENOENT when the NPU has no such job or the status is unknown.
 */
int v3npu_job_done(struct v3npu_device *vdev, const struct v3npu_event *event)
{
	struct v3npu_jobs *jobs = &vdev->jobs;
	struct v3npu_sched_job *job;
	unsigned long flags;
	u32 fault;

	if (event->status >= ARRAY_SIZE(v3npu_job_status))
		return -ENOENT;

	spin_lock_irqsave(&jobs->lock, flags);
	job = v3npu_jobs_find_locked(jobs, event->ctx, event->seqno);
	if (job) {
		list_del_init(&job->link);
		jobs->progress = ktime_get();
		v3npu_turns_served(job->ctx);
	}
	spin_unlock_irqrestore(&jobs->lock, flags);
	if (!job)
		return -ENOENT;

	/* What ends with DEVICE is the driver's or the firmware's fault */
	fault = v3npu_job_status[event->status].fault;
	v3npu_job_end(job, v3npu_job_status[event->status].error, fault,
		      fault != DRM_V3NPU_FAULT_NONE && fault != DRM_V3NPU_FAULT_DEVICE, event);

	return 0;
}

/**
 * v3npu_job_fail() - end a job that the NPU will not complete
 * @job: job on v3npu_jobs.on_npu of a device that is stopped
 * @error: negative errno for its fence
 * @fault: DRM_V3NPU_FAULT_*
 * @status: what the firmware said it was doing, or NULL
 * @guilty: it is the job's own fault
 */
void v3npu_job_fail(struct v3npu_sched_job *job, int error, u32 fault,
		    const struct v3npu_fw_status *status, bool guilty)
{
	struct v3npu_jobs *jobs = &job->ctx->vdev->jobs;
	struct v3npu_event event = {};

	if (status) {
		event.cmd_index = status->cmd_index;
		event.cmd_opcode = status->cmd_opcode;
		event.cmd_tag = status->cmd_tag;
		event.run_us = status->run_us;
	}

	spin_lock_irq(&jobs->lock);
	list_del_init(&job->link);
	v3npu_turns_served(job->ctx);
	spin_unlock_irq(&jobs->lock);
	v3npu_job_end(job, error, fault, guilty, &event);
}

/**
 * v3npu_jobs_fail_all() - end all jobs on the NPU, and from now on those that come
 * @vdev: device that is stopped or unplugged
 * @error: negative errno for their fences
 */
void v3npu_jobs_fail_all(struct v3npu_device *vdev, int error)
{
	struct v3npu_jobs *jobs = &vdev->jobs;
	struct v3npu_sched_job *job;

	for (;;) {
		spin_lock_irq(&jobs->lock);
		job = list_first_entry_or_null(&jobs->on_npu, struct v3npu_sched_job, link);
		/* Those that come end after those that were there */
		if (!job)
			jobs->error = error;
		spin_unlock_irq(&jobs->lock);
		if (!job)
			break;
		v3npu_job_fail(job, error, DRM_V3NPU_FAULT_DEVICE, NULL, false);
	}
}

/**
 * v3npu_jobs_clear_error() - let jobs run again after v3npu_jobs_fail_all()
 * @vdev: device that gets another chance
 */
void v3npu_jobs_clear_error(struct v3npu_device *vdev)
{
	spin_lock_irq(&vdev->jobs.lock);
	vdev->jobs.error = 0;
	spin_unlock_irq(&vdev->jobs.lock);
}

/**
 * v3npu_jobs_cancel() - have the NPU end the jobs that it has of a context
 * @ctx: context that is cancelled; the caller has a reference, and may sleep
 *
 * The job that runs ends after the command that does.
 */
void v3npu_jobs_cancel(struct v3npu_ctx *ctx)
{
	struct v3npu_device *vdev = ctx->vdev;
	int idx;

	/* If it is gone v3npu_jobs_fini() ends them */
	if (!drm_dev_enter(&vdev->drm, &idx))
		return;
	/* One that is off is told when it is on, and gets them again */
	if (v3npu_pm_enter(vdev))
		v3npu_ipc_cancel(vdev, ctx);
	v3npu_pm_exit(vdev);
	drm_dev_exit(idx);
}

/**
 * v3npu_jobs_none() - whether the NPU has no jobs
 * @vdev: device; v3npu_pm.lock is held, and so it gets none
 *
 * Return: true if it has none.
 */
bool v3npu_jobs_none(struct v3npu_device *vdev)
{
	bool none;

	spin_lock_irq(&vdev->jobs.lock);
	none = list_empty(&vdev->jobs.on_npu);
	spin_unlock_irq(&vdev->jobs.lock);

	return none;
}

/**
 * v3npu_jobs_first() - the job of a context that the NPU got first
 * @vdev: device that is stopped
 * @hw_id: the context's number
 *
 * Return: the job, or NULL when the NPU has none of the context.
 */
struct v3npu_sched_job *v3npu_jobs_first(struct v3npu_device *vdev, u32 hw_id)
{
	struct v3npu_sched_job *job;

	list_for_each_entry(job, &vdev->jobs.on_npu, link)
		if (job->ctx->hw_id == hw_id)
			return job;

	return NULL;
}

/**
 * v3npu_jobs_restart() - give the NPU all its jobs again
 * @vdev: device after v3npu_fw_boot(), with events held back
 *
 * The firmware is paused until it has all, so that it is by their turns that they
 * run, and not by who comes first here.
 */
void v3npu_jobs_restart(struct v3npu_device *vdev)
{
	struct v3npu_jobs *jobs = &vdev->jobs;
	struct v3npu_sched_job *job;

	spin_lock_irq(&jobs->lock);
	jobs->progress = ktime_get();
	spin_unlock_irq(&jobs->lock);

	list_for_each_entry(job, &jobs->on_npu, link)
		v3npu_job_start(vdev, job);
}

static void v3npu_jobs_release(struct drm_device *drm, void *data)
{
	struct v3npu_device *vdev = to_v3npu_device(drm);

	v3npu_sched_release(vdev);
	destroy_workqueue(vdev->jobs.wq);
	xa_destroy(&vdev->jobs.ctxs);
}

/**
 * v3npu_jobs_init() - make the workqueue of schedulers and resets
 * @vdev: device
 *
 * It lives as long as the DRM device, since contexts of open files refer to it.
 *
 * Return: 0 or a negative error.
 */
int v3npu_jobs_init(struct v3npu_device *vdev)
{
	struct v3npu_jobs *jobs = &vdev->jobs;

	xa_init_flags(&jobs->ctxs, XA_FLAGS_ALLOC);
	init_waitqueue_head(&jobs->idle);
	spin_lock_init(&jobs->lock);
	INIT_LIST_HEAD(&jobs->on_npu);

	/* Memory reclaim may wait for jobs, so what runs there must not wait for memory */
	jobs->wq = alloc_ordered_workqueue("v3npu-jobs", WQ_MEM_RECLAIM);
	if (!jobs->wq)
		return -ENOMEM;

	return drmm_add_action_or_reset(&vdev->drm, v3npu_jobs_release, NULL);
}

/**
 * v3npu_jobs_fini() - end all jobs
 * @vdev: unplugged device
 *
 * The jobs on the NPU fail; the others do when the scheduler comes to them,
 * which is when what they wait for has signalled.
 */
void v3npu_jobs_fini(struct v3npu_device *vdev)
{
	v3npu_jobs_fail_all(vdev, -ENODEV);
	wait_event(vdev->jobs.idle, !atomic_read(&vdev->jobs.count));
}
