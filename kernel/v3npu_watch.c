// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watch: while the NPU has jobs, it looks every now and then whether one
 * runs for too long, and whether an interrupt was lost.
 *
 * Time on the NPU counts, not time since a job was given to it: it may wait
 * for others, and be put aside for more urgent ones. What the firmware says of
 * that time is believed only if it makes things worse for it.
 */

#include <linux/minmax.h>

#include <drm/drm_drv.h>

#include "v3npu_drv.h"

/* What a lost interrupt costs at most */
#define V3NPU_WATCH_MS		100
/* A job may run for longer than its timeout by two looks: not by much of it */
#define V3NPU_WATCH_LOOKS	8

static u64 v3npu_ms_since(ktime_t then)
{
	return ktime_ms_delta(ktime_get(), then);
}

/**
 * v3npu_watch_hung() - whether the NPU has jobs and is stuck
 * @vdev: device, within drm_dev_enter()
 *
 * Runs on v3npu_jobs.wq.
 *
 * Return: true if it needs a reset.
 */
bool v3npu_watch_hung(struct v3npu_device *vdev)
{
	struct v3npu_watch *watch = &vdev->watch;
	struct v3npu_jobs *jobs = &vdev->jobs;
	u64 timeout_ms = vdev->info.job_timeout_ms;
	u64 idle_ms, running_ms;
	struct v3npu_fw_status status;
	bool none;

	v3npu_fw_status(vdev, &status);
	if (status.ctx != watch->ctx || status.seqno != watch->seqno) {
		watch->ctx = status.ctx;
		watch->seqno = status.seqno;
		watch->since = ktime_get();
	} else if (status.run_us / USEC_PER_MSEC >= timeout_ms &&
		   v3npu_jobs_age_ms(vdev, status.ctx, status.seqno) >= timeout_ms) {
		/* A firmware that is about to crash may say anything, so both clocks must agree */
		return true;
	}

	spin_lock_irq(&jobs->lock);
	none = list_empty(&jobs->on_npu);
	idle_ms = v3npu_ms_since(jobs->progress);
	spin_unlock_irq(&jobs->lock);
	running_ms = min(v3npu_ms_since(watch->since), idle_ms);

	/*
	 * The same job all the time, or none. Or the firmware goes from one to
	 * another and completes none: each priority has one that has begun.
	 */
	return !none && (running_ms >= timeout_ms || idle_ms >= V3NPU_NUM_PRIO * timeout_ms);
}

/**
 * v3npu_watch_seen_us() - how long the watch has seen a job run
 * @vdev: device; only for what runs on v3npu_jobs.wq, or holds v3npu_pm.lock
 * @status: what the firmware says it is doing
 *
 * Return: microseconds, 0 when it has not seen the job.
 */
u32 v3npu_watch_seen_us(struct v3npu_device *vdev, const struct v3npu_fw_status *status)
{
	struct v3npu_watch *watch = &vdev->watch;

	if (status->ctx != watch->ctx || status->seqno != watch->seqno)
		return 0;

	return min_t(u64, ktime_us_delta(ktime_get(), watch->since), U32_MAX);
}

static void v3npu_watch_look(struct v3npu_device *vdev)
{
	/* One that is off is watched again when it is on */
	if (v3npu_pm_enter(vdev)) {
		vdev->watch.found += v3npu_ipc_poll(vdev);
		if (v3npu_watch_hung(vdev))
			v3npu_reset_hung(vdev);
		if (!v3npu_jobs_none(vdev))
			v3npu_watch_arm(vdev);
	}
	v3npu_pm_exit(vdev);
}

static void v3npu_watch_work(struct work_struct *work)
{
	struct v3npu_device *vdev = container_of(work, struct v3npu_device, watch.work.work);
	int idx;

	/* v3npu_jobs_fini() ends the jobs of an unplugged device */
	if (!drm_dev_enter(&vdev->drm, &idx))
		return;
	v3npu_watch_look(vdev);
	drm_dev_exit(idx);
}

/**
 * v3npu_watch_arm() - watch the NPU until it has no jobs
 * @vdev: device that is on; v3npu_pm.lock is held, so that it never meets a watch
 *	that is about to stop
 */
void v3npu_watch_arm(struct v3npu_device *vdev)
{
	unsigned int ms = min(V3NPU_WATCH_MS, vdev->info.job_timeout_ms / V3NPU_WATCH_LOOKS);

	queue_delayed_work(vdev->jobs.wq, &vdev->watch.work, msecs_to_jiffies(ms));
}

/**
 * v3npu_watch_init() - prepare the watch
 * @vdev: device
 */
void v3npu_watch_init(struct v3npu_device *vdev)
{
	INIT_DELAYED_WORK(&vdev->watch.work, v3npu_watch_work);
	vdev->watch.ctx = V3NPU_CTX_NONE;
}

/**
 * v3npu_watch_fini() - the watch does not look after this
 * @vdev: device that is unplugged, or whose probing failed
 */
void v3npu_watch_fini(struct v3npu_device *vdev)
{
	disable_delayed_work_sync(&vdev->watch.work);
}
