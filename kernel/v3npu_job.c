// SPDX-License-Identifier: GPL-2.0-only
/*
 * Jobs: from the scheduler to the NPU, and their end.
 *
 * A job is on the NPU from run_job until its fence is signalled, and while it
 * is there it is in v3npu_jobs.on_npu. Whoever takes it off that list, under
 * the lock, ends it: an event, a reset, or the removal of the device. The
 * scheduler frees it afterwards; nobody else may touch it once its fence is
 * signalled.
 */

#include <linux/dma-fence.h>
#include <linux/slab.h>

#include <drm/drm_drv.h>
#include <drm/drm_managed.h>

#include "v3npu_as.h"
#include "v3npu_ctx.h"
#include "v3npu_drv.h"

/**
 * struct v3npu_fence - a job's hardware fence
 * @base: fence
 */
struct v3npu_fence {
	struct dma_fence base;
	/** @lock: for @base */
	spinlock_t lock;
};

static const char *v3npu_fence_driver_name(struct dma_fence *fence)
{
	return "v3npu";
}

static const char *v3npu_fence_timeline_name(struct dma_fence *fence)
{
	return "npu";
}

static const struct dma_fence_ops v3npu_fence_ops = {
	.get_driver_name = v3npu_fence_driver_name,
	.get_timeline_name = v3npu_fence_timeline_name,
};

/**
 * v3npu_job_alloc() - make a job
 * @ctx: context, of which the job takes a reference
 *
 * Return: the job, to be freed with v3npu_job_free() unless it is pushed to
 * the scheduler; NULL when there is no memory.
 */
struct v3npu_sched_job *v3npu_job_alloc(struct v3npu_ctx *ctx)
{
	struct v3npu_sched_job *job;
	struct v3npu_fence *fence;

	job = kzalloc(sizeof(*job), GFP_KERNEL);
	/* Not when it runs: memory reclaim may wait for the job */
	fence = kzalloc(sizeof(*fence), GFP_KERNEL);
	if (!job || !fence) {
		kfree(fence);
		kfree(job);
		return NULL;
	}

	spin_lock_init(&fence->lock);
	job->fence = &fence->base;
	INIT_LIST_HEAD(&job->link);
	kref_get(&ctx->refs);
	job->ctx = ctx;
	get_task_comm(job->comm, current);
	job->pid = task_tgid_nr(current);
	atomic_inc(&ctx->vdev->jobs.count);

	return job;
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

	/* A fence that was never initialized has no reference count */
	if (job->fence->ops)
		dma_fence_put(job->fence);
	else
		kfree(container_of(job->fence, struct v3npu_fence, base));

	v3npu_ctx_put(job->ctx);
	kfree(job);

	if (atomic_dec_and_test(&vdev->jobs.count))
		wake_up_all(&vdev->jobs.idle);
}

static struct v3npu_sched_job *to_v3npu_job(struct drm_sched_job *base)
{
	return container_of(base, struct v3npu_sched_job, base);
}

/* Give a job to the firmware, or leave it to the reset that is coming */
static void v3npu_job_start(struct v3npu_device *vdev, struct v3npu_sched_job *job)
{
	int slot;

	slot = v3npu_mmu_get_slot(vdev, &job->ctx->as->mmu);
	if (slot == -EAGAIN)
		return;
	if (slot < 0) {
		v3npu_reset_request(vdev, "no address space slot is free");
		return;
	}
	job->has_slot = true;
	if (v3npu_ipc_push_job(vdev, job, slot))
		v3npu_reset_request(vdev, "the firmware does not take jobs");
}

static struct dma_fence *v3npu_run_job(struct drm_sched_job *base)
{
	struct v3npu_sched_job *job = to_v3npu_job(base);
	struct v3npu_ctx *ctx = job->ctx;
	struct v3npu_device *vdev = ctx->vdev;
	struct v3npu_jobs *jobs = &vdev->jobs;
	int idx;

	if (READ_ONCE(ctx->cancelled))
		return ERR_PTR(-ECANCELED);
	if (!drm_dev_enter(&vdev->drm, &idx))
		return ERR_PTR(-ENODEV);
	if (v3npu_reset_failed(vdev)) {
		drm_dev_exit(idx);
		return ERR_PTR(-EIO);
	}

	job->seqno = ++jobs->seqno;
	dma_fence_init(job->fence, &v3npu_fence_ops,
		       &container_of(job->fence, struct v3npu_fence, base)->lock,
		       ctx->fence_context, job->seqno);
	/* The scheduler's reference; the job keeps its own until it is freed */
	dma_fence_get(job->fence);

	spin_lock(&jobs->lock);
	if (list_empty(&jobs->on_npu))
		jobs->progress = ktime_get();
	list_add_tail(&job->link, &jobs->on_npu);
	spin_unlock(&jobs->lock);

	v3npu_job_start(vdev, job);
	drm_dev_exit(idx);

	return job->fence;
}

/* The job's context is told why it failed; all zero but @fault when nobody knows where */
static void v3npu_job_account(struct v3npu_sched_job *job, u32 fault,
			      const struct v3npu_event *event)
{
	struct v3npu_ctx *ctx = job->ctx;
	struct drm_v3npu_ctx_query *stats = &ctx->stats;

	spin_lock(&ctx->lock);
	if (fault == DRM_V3NPU_FAULT_NONE) {
		stats->jobs_done++;
	} else {
		stats->jobs_failed++;
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
	spin_unlock(&ctx->lock);
}

/* End a job that was taken off the list; it may be gone after this */
static void v3npu_job_end(struct v3npu_sched_job *job, int error, u32 fault,
			  const struct v3npu_event *event)
{
	v3npu_job_account(job, fault, event);
	if (job->has_slot)
		v3npu_mmu_put_slot(job->ctx->vdev, &job->ctx->as->mmu);
	if (error)
		dma_fence_set_error(job->fence, error);
	dma_fence_signal(job->fence);
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
	struct v3npu_sched_job *job, *found = NULL;

	if (event->status >= ARRAY_SIZE(v3npu_job_status))
		return -ENOENT;

	spin_lock(&jobs->lock);
	list_for_each_entry(job, &jobs->on_npu, link) {
		if (job->ctx->hw_id == event->ctx && job->seqno == event->seqno) {
			list_del_init(&job->link);
			jobs->progress = ktime_get();
			found = job;
			break;
		}
	}
	spin_unlock(&jobs->lock);
	if (!found)
		return -ENOENT;

	v3npu_job_end(found, v3npu_job_status[event->status].error,
		      v3npu_job_status[event->status].fault, event);

	return 0;
}

/**
 * v3npu_job_fail() - end a job that the NPU will not complete
 * @job: job on v3npu_jobs.on_npu of a device that is stopped
 * @error: negative errno for its fence
 * @fault: DRM_V3NPU_FAULT_*
 * @status: what the firmware said it was doing, or NULL
 */
void v3npu_job_fail(struct v3npu_sched_job *job, int error, u32 fault,
		    const struct v3npu_fw_status *status)
{
	struct v3npu_jobs *jobs = &job->ctx->vdev->jobs;
	struct v3npu_event event = {};

	if (status) {
		event.cmd_index = status->cmd_index;
		event.cmd_opcode = status->cmd_opcode;
		event.cmd_tag = status->cmd_tag;
	}

	spin_lock(&jobs->lock);
	list_del_init(&job->link);
	spin_unlock(&jobs->lock);
	v3npu_job_end(job, error, fault, &event);
}

/**
 * v3npu_jobs_fail_all() - end all jobs on the NPU
 * @vdev: device that is stopped or unplugged
 * @error: negative errno for their fences
 */
void v3npu_jobs_fail_all(struct v3npu_device *vdev, int error)
{
	struct v3npu_sched_job *job, *next;

	list_for_each_entry_safe(job, next, &vdev->jobs.on_npu, link)
		v3npu_job_fail(job, error, DRM_V3NPU_FAULT_DEVICE, NULL);
}

/**
 * v3npu_jobs_put_slots() - give up the slots of all jobs on the NPU
 * @vdev: device that is stopped and about to be reset
 */
void v3npu_jobs_put_slots(struct v3npu_device *vdev)
{
	struct v3npu_sched_job *job;

	list_for_each_entry(job, &vdev->jobs.on_npu, link) {
		if (job->has_slot)
			v3npu_mmu_put_slot(vdev, &job->ctx->as->mmu);
		job->has_slot = false;
	}
}

/**
 * v3npu_jobs_restart() - give the NPU all its jobs again
 * @vdev: device after v3npu_fw_boot(), with the scheduler stopped
 */
void v3npu_jobs_restart(struct v3npu_device *vdev)
{
	struct v3npu_jobs *jobs = &vdev->jobs;
	struct v3npu_sched_job *job, *next;

	spin_lock(&jobs->lock);
	jobs->progress = ktime_get();
	spin_unlock(&jobs->lock);

	/* The first may already be done when the last gets there */
	list_for_each_entry_safe(job, next, &jobs->on_npu, link)
		v3npu_job_start(vdev, job);
}

static void v3npu_job_free_work(struct work_struct *work)
{
	v3npu_job_free(container_of(work, struct v3npu_sched_job, free_work));
}

/* Unmapping takes locks under which memory is allocated, so not here, where fences may wait */
static void v3npu_free_job(struct drm_sched_job *base)
{
	struct v3npu_sched_job *job = to_v3npu_job(base);

	drm_sched_job_cleanup(base);
	INIT_WORK(&job->free_work, v3npu_job_free_work);
	queue_work(job->ctx->vdev->wq, &job->free_work);
}

static const struct drm_sched_backend_ops v3npu_sched_ops = {
	.run_job = v3npu_run_job,
	.timedout_job = v3npu_reset_timedout_job,
	.free_job = v3npu_free_job,
};

static void v3npu_jobs_release(struct drm_device *drm, void *data)
{
	struct v3npu_jobs *jobs = &to_v3npu_device(drm)->jobs;

	drm_sched_fini(&jobs->sched);
	xa_destroy(&jobs->ctxs);
}

/**
 * v3npu_jobs_init() - make the scheduler
 * @vdev: device with its reset workqueue
 *
 * It lives as long as the DRM device, since contexts of open files refer to it.
 *
 * Return: 0 or a negative error.
 */
int v3npu_jobs_init(struct v3npu_device *vdev)
{
	struct v3npu_jobs *jobs = &vdev->jobs;
	const struct drm_sched_init_args args = {
		.ops = &v3npu_sched_ops,
		.num_rqs = DRM_SCHED_PRIORITY_COUNT,
		.credit_limit = V3NPU_JOBS_ON_NPU,
		.timeout = msecs_to_jiffies(vdev->info.job_timeout_ms),
		.timeout_wq = vdev->reset.wq,
		.name = "v3npu",
		.dev = vdev->drm.dev,
	};
	int ret;

	xa_init_flags(&jobs->ctxs, XA_FLAGS_ALLOC);
	init_waitqueue_head(&jobs->idle);
	spin_lock_init(&jobs->lock);
	INIT_LIST_HEAD(&jobs->on_npu);

	ret = drm_sched_init(&jobs->sched, &args);
	if (ret)
		return ret;

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
