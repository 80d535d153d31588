/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between the kernels that the driver builds for: Linux 6.12 and later */
#ifndef __V3NPU_COMPAT_H__
#define __V3NPU_COMPAT_H__

#include <linux/version.h>

#include <drm/gpu_scheduler.h>

/**
 * v3npu_sched_keep_job() - give a job back to the scheduler
 * @job: argument of drm_sched_backend_ops.timedout_job, which the scheduler
 *	has taken off its list and which is not to be freed by that callback
 *
 * Return: what timedout_job returns then.
 */
static inline enum drm_gpu_sched_stat v3npu_sched_keep_job(struct drm_sched_job *job)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
	return DRM_GPU_SCHED_STAT_NO_HANG;
#else
	spin_lock(&job->sched->job_list_lock);
	list_add(&job->list, &job->sched->pending_list);
	spin_unlock(&job->sched->job_list_lock);
	/* It may have ended meanwhile, and was not on the list when it did */
	drm_sched_wqueue_start(job->sched);

	return DRM_GPU_SCHED_STAT_NOMINAL;
#endif
}

#endif /* __V3NPU_COMPAT_H__ */
