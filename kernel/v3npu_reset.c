// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recovery: when a job takes too long or the firmware fails, the device is
 * reset and the firmware loaded again. The job that was running fails. Jobs
 * that were put aside go on, and the others that the NPU had start again; they
 * had not started before.
 *
 * The schedulers do not notice: a reset holds v3npu_pm.lock, so that no job is
 * given to the NPU meanwhile, and the jobs keep their hardware fences.
 */

#include <linux/iopoll.h>
#include <linux/minmax.h>

#include <drm/drm_drv.h>
#include <drm/drm_print.h>

#include "v3npu_coredump.h"
#include "v3npu_ctx.h"
#include "v3npu_drv.h"
#include "v3npu_trace.h"

/* A job that saw this many resets without a culprit is taken for it */
#define V3NPU_UNEXPLAINED_RESETS_MAX	2
/* A core that is told to stop does after a few instructions */
#define V3NPU_STOP_TIMEOUT_US		10000

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
	if (!cmpxchg(&vdev->reset.reason, NULL, reason))
		queue_work(vdev->jobs.wq, &vdev->reset.work);
}

/* All but @guilty, which may be NULL, had no part in it */
static void v3npu_reset_count_innocent(struct v3npu_device *vdev, const struct v3npu_ctx *guilty)
{
	struct v3npu_sched_job *job;

	vdev->reset.blamed++;
	list_for_each_entry(job, &vdev->jobs.on_npu, link)
		if (job->ctx != guilty)
			v3npu_ctx_was_reset(job->ctx, vdev->reset.blamed);
}

/**
 * v3npu_reset_blame() - say what happened, and end the job that did it
 * @vdev: device after v3npu_reset_begin()
 * @dump: filled in; may be NULL
 * @reason: for the log
 * @error: negative errno for the job's fence
 * @fault: DRM_V3NPU_FAULT_*
 * @guilty: the job is to blame for it, if there is one
 *
 * If there is no such job the firmware is to blame: its log follows, and the
 * jobs get another chance, but not for ever.
 */
void v3npu_reset_blame(struct v3npu_device *vdev, struct v3npu_coredump *dump, const char *reason,
		       int error, u32 fault, bool guilty)
{
	struct drm_printer p = drm_err_printer(&vdev->drm, "firmware log");
	struct v3npu_sched_job *job, *next;
	struct v3npu_fw_status status;

	trace_v3npu_reset(vdev, reason);
	v3npu_fw_status(vdev, &status);
	job = v3npu_jobs_find(vdev, status.ctx, status.seqno);
	v3npu_coredump_end(dump, reason, &status, job);
	if (job) {
		drm_err(&vdev->drm, "%s: job %llu of context %u, process %s (%d), command %u opcode %u tag %u; resetting\n",
			reason, job->seqno, job->ctx->hw_id, job->comm, job->pid, status.cmd_index,
			status.cmd_opcode, status.cmd_tag);
		v3npu_reset_count_innocent(vdev, guilty ? job->ctx : NULL);
		/* What the firmware says is as old as its last sign of life */
		status.run_us = max(status.run_us, v3npu_watch_seen_us(vdev, &status));
		v3npu_job_fail(job, error, fault, &status, guilty);
		if (fault == DRM_V3NPU_FAULT_TIMEOUT)
			return;
	} else {
		drm_err(&vdev->drm, "%s: no job runs; resetting\n", reason);
		list_for_each_entry_safe(job, next, &vdev->jobs.on_npu, link)
			if (++job->unexplained_resets > V3NPU_UNEXPLAINED_RESETS_MAX)
				v3npu_job_fail(job, -EIO, DRM_V3NPU_FAULT_DEVICE, NULL, false);
		v3npu_reset_count_innocent(vdev, NULL);
	}
	v3npu_fw_print_log(vdev, &p, 4);
}

/**
 * v3npu_reset_give_up() - end all jobs, as none can run any more
 * @vdev: device that does not come back; v3npu_pm.lock is held
 */
void v3npu_reset_give_up(struct v3npu_device *vdev)
{
	WRITE_ONCE(vdev->reset.failed, true);
	v3npu_jobs_fail_all(vdev, -EIO);
}

/**
 * v3npu_reset_boot() - boot the firmware after what it had is lost
 * @vdev: device after v3npu_reset_begin(), or after it was turned on
 *
 * Return: 0, or a negative error, and then no job can run any more.
 */
int v3npu_reset_boot(struct v3npu_device *vdev)
{
	int ret;

	xchg(&vdev->reset.reason, NULL);
	v3npu_preempt_reset(vdev);
	ret = v3npu_fw_boot(vdev);
	/* Twice: a reset that does not end may end the next time */
	if (ret)
		ret = v3npu_fw_boot(vdev);
	if (ret) {
		drm_err(&vdev->drm, "reset failed, no job can run; reset the PCI function, or load the module again\n");
		v3npu_reset_give_up(vdev);
	}

	return ret;
}

/**
 * v3npu_reset_forgive() - forget that a reset failed
 * @vdev: device that was reset by somebody else, or had no power; v3npu_pm.lock is held
 */
void v3npu_reset_forgive(struct v3npu_device *vdev)
{
	if (!v3npu_reset_failed(vdev))
		return;
	WRITE_ONCE(vdev->reset.failed, false);
	v3npu_jobs_clear_error(vdev);
}

/**
 * v3npu_reset_go_on() - give the firmware the jobs that the NPU has
 * @vdev: device after v3npu_reset_boot(), with events held back, which end it
 */
void v3npu_reset_go_on(struct v3npu_device *vdev)
{
	if (!v3npu_jobs_none(vdev)) {
		v3npu_jobs_restart(vdev);
		v3npu_watch_arm(vdev);
	}
	/* Who waits for a pause does not want to wait again for what comes next */
	if (!vdev->pm.pausing && !v3npu_reset_failed(vdev))
		v3npu_fw_go_on(vdev);
	v3npu_ipc_release_irqs(vdev);
}

/**
 * v3npu_reset_begin() - stop everything, so that nobody but the caller ends or starts jobs
 * @vdev: device that is on, within drm_dev_enter(); v3npu_pm.lock is held
 *
 * The core no longer runs after this, and all events that it sent are handled. Nor
 * does the datapath: who waits for a job may use its buffers when that ends. Core
 * memory is as the core left it.
 *
 * Return: as v3npu_fw_stop().
 */
int v3npu_reset_begin(struct v3npu_device *vdev)
{
	u32 status;

	v3npu_ipc_hold_irqs(vdev);
	v3npu_write(vdev, V3NPU_REG_CONTROL, 0);
	/* If it does not stop, or was pulled out, the reset that follows ends it */
	read_poll_timeout(v3npu_read, status, !(status & V3NPU_STATUS_CORE_RUNNING), 10,
			  V3NPU_STOP_TIMEOUT_US, false, vdev, V3NPU_REG_STATUS);
	v3npu_ipc_process_events(vdev);

	return v3npu_fw_stop(vdev);
}

static void v3npu_reset_end(struct v3npu_device *vdev)
{
	int ret = v3npu_reset_boot(vdev);

	if (!ret)
		vdev->reset.count++;
	trace_v3npu_reset_done(vdev, ret);
	v3npu_reset_go_on(vdev);
}

/* A reset that was asked for: the firmware stopped, or does what it must not */
static void v3npu_reset_work(struct work_struct *work)
{
	struct v3npu_reset *reset = container_of(work, struct v3npu_reset, work);
	struct v3npu_device *vdev = container_of(reset, struct v3npu_device, reset);
	struct v3npu_coredump *dump;
	const char *reason;
	char text[128];
	int idx;

	if (!drm_dev_enter(&vdev->drm, &idx))
		return;
	/* The watch's reset came first, or the device was turned off, which resets it, too */
	if (!v3npu_pm_enter(vdev))
		goto out;
	reason = READ_ONCE(reset->reason);
	if (!reason || reset->failed)
		goto out;

	/* Before the reset begins, which changes them */
	dump = v3npu_coredump_begin(vdev);
	snprintf(text, sizeof(text), "%s (status %#x halt code %#x pc %#x)", reason,
		 v3npu_read(vdev, V3NPU_REG_STATUS), v3npu_read(vdev, V3NPU_REG_HALT_CODE),
		 v3npu_read(vdev, V3NPU_REG_CORE_PC));
	v3npu_reset_begin(vdev);
	v3npu_reset_blame(vdev, dump, text, -EIO, DRM_V3NPU_FAULT_DEVICE, true);
	v3npu_reset_end(vdev);
out:
	v3npu_pm_exit(vdev);
	drm_dev_exit(idx);
}

/**
 * v3npu_reset_hung() - reset a device whose job does not end
 * @vdev: device, within drm_dev_enter(), for which v3npu_watch_hung() is true
 *
 * Runs on v3npu_jobs.wq, with v3npu_pm.lock held.
 */
void v3npu_reset_hung(struct v3npu_device *vdev)
{
	struct v3npu_coredump *dump = v3npu_coredump_begin(vdev);
	u32 fault = DRM_V3NPU_FAULT_TIMEOUT;
	int error = -ETIME;
	bool guilty = true;
	char text[64];

	snprintf(text, sizeof(text), "timeout of %u ms", vdev->info.job_timeout_ms);
	v3npu_reset_begin(vdev);
	/* It may have completed at the last moment. Then one that began in its place is lost. */
	if (!v3npu_watch_hung(vdev)) {
		error = -EIO;
		fault = DRM_V3NPU_FAULT_DEVICE;
		guilty = false;
	}
	v3npu_reset_blame(vdev, dump, text, error, fault, guilty);
	v3npu_reset_end(vdev);
}

/**
 * v3npu_reset_init() - prepare for resets
 * @vdev: device
 */
void v3npu_reset_init(struct v3npu_device *vdev)
{
	INIT_WORK(&vdev->reset.work, v3npu_reset_work);
}

/**
 * v3npu_reset_fini() - no reset runs after this
 * @vdev: device that is unplugged, or whose probing failed
 */
void v3npu_reset_fini(struct v3npu_device *vdev)
{
	disable_work_sync(&vdev->reset.work);
}
