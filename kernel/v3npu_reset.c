// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recovery: when a job takes too long or the firmware fails, the device is
 * reset and the firmware loaded again. The job that was running fails, the
 * other one that the NPU had starts again; it had not started before.
 *
 * The scheduler does not notice: its workqueue stands still meanwhile, and the
 * jobs keep their hardware fences.
 */

#include <linux/interrupt.h>
#include <linux/pci.h>

#include <drm/drm_drv.h>
#include <drm/drm_managed.h>
#include <drm/drm_print.h>

#include "v3npu_ctx.h"
#include "v3npu_drv.h"

/* A job that saw this many resets without a culprit is taken for it */
#define V3NPU_UNEXPLAINED_RESETS_MAX	2

bool v3npu_reset_pending(struct v3npu_device *vdev)
{
	return READ_ONCE(vdev->reset.pending);
}

bool v3npu_reset_failed(struct v3npu_device *vdev)
{
	return READ_ONCE(vdev->reset.failed);
}

/**
 * v3npu_reset_request() - have the device reset soon
 * @vdev: device
 * @reason: for the log, a string that stays; the first one of several counts
 */
void v3npu_reset_request(struct v3npu_device *vdev, const char *reason)
{
	/* In this order, and cleared in the other: @pending never stays without a @reason */
	WRITE_ONCE(vdev->reset.pending, true);
	if (!cmpxchg(&vdev->reset.reason, NULL, reason))
		queue_work(vdev->reset.wq, &vdev->reset.work);
}

/* The job that the firmware says is running, if the NPU has it */
static struct v3npu_sched_job *v3npu_reset_running_job(struct v3npu_device *vdev,
						       const struct v3npu_fw_status *status)
{
	struct v3npu_sched_job *job;

	list_for_each_entry(job, &vdev->jobs.on_npu, link)
		if (job->ctx->hw_id == status->ctx && job->seqno == status->seqno)
			return job;

	return NULL;
}

/*
 * Say what happened, in one line if a job did it, and end that job. Otherwise
 * the firmware is to blame: its log follows, and the jobs get another chance,
 * but not for ever.
 */
static void v3npu_reset_blame(struct v3npu_device *vdev, const char *reason, int error, u32 fault)
{
	struct drm_printer p = drm_err_printer(&vdev->drm, "firmware log");
	struct v3npu_sched_job *job, *next;
	struct v3npu_fw_status status;

	v3npu_fw_status(vdev, &status);
	job = v3npu_reset_running_job(vdev, &status);
	if (job) {
		drm_err(&vdev->drm, "%s: job %llu of context %u, process %s (%d), command %u opcode %u tag %u; resetting\n",
			reason, job->seqno, job->ctx->hw_id, job->comm, job->pid, status.cmd_index,
			status.cmd_opcode, status.cmd_tag);
		v3npu_job_fail(job, error, fault, &status);
		if (fault == DRM_V3NPU_FAULT_TIMEOUT)
			return;
	} else {
		drm_err(&vdev->drm, "%s: no job runs; resetting\n", reason);
		list_for_each_entry_safe(job, next, &vdev->jobs.on_npu, link)
			if (++job->unexplained_resets > V3NPU_UNEXPLAINED_RESETS_MAX)
				v3npu_job_fail(job, -EIO, DRM_V3NPU_FAULT_DEVICE, NULL);
	}
	v3npu_fw_print_log(vdev, &p, 4);
}

static void v3npu_reset_restart(struct v3npu_device *vdev)
{
	xchg(&vdev->reset.reason, NULL);
	WRITE_ONCE(vdev->reset.pending, false);

	v3npu_jobs_put_slots(vdev);
	if (v3npu_fw_boot(vdev)) {
		drm_err(&vdev->drm, "reset failed, no job can run; unload the module and load it again\n");
		WRITE_ONCE(vdev->reset.failed, true);
		v3npu_jobs_fail_all(vdev, -EIO);
		return;
	}
	vdev->reset.count++;
	v3npu_jobs_restart(vdev);
}

/*
 * Stop everything, so that nobody but the caller ends or starts jobs. The
 * core no longer runs then, and all events that it sent are handled.
 */
static void v3npu_reset_begin(struct v3npu_device *vdev)
{
	WRITE_ONCE(vdev->reset.pending, true);
	drm_sched_wqueue_stop(&vdev->jobs.sched);
	disable_irq(pci_irq_vector(to_pci_dev(vdev->drm.dev), V3NPU_VECTOR_EVENT));
	v3npu_write(vdev, V3NPU_REG_CONTROL, 0);
	v3npu_ipc_process_events(vdev);
}

static void v3npu_reset_end(struct v3npu_device *vdev)
{
	enable_irq(pci_irq_vector(to_pci_dev(vdev->drm.dev), V3NPU_VECTOR_EVENT));
	drm_sched_wqueue_start(&vdev->jobs.sched);
}

/* A reset that was asked for: the firmware stopped, or does what it must not */
static void v3npu_reset_work(struct work_struct *work)
{
	struct v3npu_reset *reset = container_of(work, struct v3npu_reset, work);
	struct v3npu_device *vdev = container_of(reset, struct v3npu_device, reset);
	const char *reason;
	char text[128];
	int idx;

	if (!drm_dev_enter(&vdev->drm, &idx))
		return;
	/* A timeout's reset came first */
	reason = READ_ONCE(reset->reason);
	if (!reason || reset->failed)
		goto out;

	/* Before the reset begins, which changes them */
	snprintf(text, sizeof(text), "%s (status %#x halt code %#x pc %#x)", reason,
		 v3npu_read(vdev, V3NPU_REG_STATUS), v3npu_read(vdev, V3NPU_REG_HALT_CODE),
		 v3npu_read(vdev, V3NPU_REG_CORE_PC));
	v3npu_reset_begin(vdev);
	v3npu_reset_blame(vdev, text, -EIO, DRM_V3NPU_FAULT_DEVICE);
	v3npu_reset_restart(vdev);
	v3npu_reset_end(vdev);
out:
	drm_dev_exit(idx);
}

/* Whether the NPU has jobs and has not completed one for a job's time */
static bool v3npu_reset_hung(struct v3npu_device *vdev)
{
	struct v3npu_jobs *jobs = &vdev->jobs;
	/* The scheduler's timer starts a little before the job does */
	u32 timeout_ms = vdev->info.job_timeout_ms - vdev->info.job_timeout_ms / 8;
	bool hung;

	spin_lock(&jobs->lock);
	hung = !list_empty(&jobs->on_npu) &&
	       ktime_ms_delta(ktime_get(), jobs->progress) >= timeout_ms;
	spin_unlock(&jobs->lock);

	return hung;
}

static void v3npu_reset_hang(struct v3npu_device *vdev)
{
	char text[64];

	v3npu_reset_begin(vdev);
	/* The last moment: it may just have completed */
	if (v3npu_reset_hung(vdev)) {
		snprintf(text, sizeof(text), "no job completed for %u ms",
			 vdev->info.job_timeout_ms);
		v3npu_reset_blame(vdev, text, -ETIME, DRM_V3NPU_FAULT_TIMEOUT);
	}
	v3npu_reset_restart(vdev);
	v3npu_reset_end(vdev);
}

/* Give a job back that the scheduler has taken off its list for the timeout */
static enum drm_gpu_sched_stat v3npu_reset_keep_job(struct drm_sched_job *job)
{
	spin_lock(&job->sched->job_list_lock);
	list_add(&job->list, &job->sched->pending_list);
	spin_unlock(&job->sched->job_list_lock);
	/* It may have ended meanwhile, when it was not on the list to be freed */
	drm_sched_wqueue_start(job->sched);

	return DRM_GPU_SCHED_STAT_NOMINAL;
}

/**
 * v3npu_reset_timedout_job() - drm_sched_backend_ops.timedout_job
 * @base: the first job that the scheduler waits for, not necessarily the one that runs
 *
 * Return: DRM_GPU_SCHED_STAT_*.
 */
enum drm_gpu_sched_stat v3npu_reset_timedout_job(struct drm_sched_job *base)
{
	struct v3npu_device *vdev = container_of(base->sched, struct v3npu_device, jobs.sched);
	int idx;

	/* v3npu_jobs_fini() ends the jobs of an unplugged device */
	if (drm_dev_enter(&vdev->drm, &idx)) {
		/* An interrupt may have been lost */
		v3npu_ipc_process_events(vdev);
		if (v3npu_reset_hung(vdev))
			v3npu_reset_hang(vdev);
		drm_dev_exit(idx);
	}

	return v3npu_reset_keep_job(base);
}

static void v3npu_reset_release(struct drm_device *drm, void *data)
{
	destroy_workqueue(to_v3npu_device(drm)->reset.wq);
}

/**
 * v3npu_reset_init() - make the workqueue for resets
 * @vdev: device
 *
 * Return: 0 or -ENOMEM.
 */
int v3npu_reset_init(struct v3npu_device *vdev)
{
	struct v3npu_reset *reset = &vdev->reset;

	INIT_WORK(&reset->work, v3npu_reset_work);
	reset->wq = alloc_ordered_workqueue("v3npu-reset", WQ_MEM_RECLAIM);
	if (!reset->wq)
		return -ENOMEM;

	return drmm_add_action_or_reset(&vdev->drm, v3npu_reset_release, NULL);
}

/**
 * v3npu_reset_fini() - no reset runs after this
 * @vdev: device that is unplugged, or whose probing failed
 */
void v3npu_reset_fini(struct v3npu_device *vdev)
{
	disable_work_sync(&vdev->reset.work);
}
