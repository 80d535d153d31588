/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_RESET_H__
#define __V3NPU_RESET_H__

#include <linux/types.h>
#include <linux/workqueue.h>

#include <drm/gpu_scheduler.h>

struct v3npu_device;

/**
 * struct v3npu_reset - recovery of the device
 * @wq: ordered; resets and job timeouts run there, one at a time
 * @work: reset that was asked for
 * @reason: why
 * @pending: a reset is wanted; waits for the NPU end early
 * @failed: the device did not come back; no job runs any more
 * @count: resets done
 */
struct v3npu_reset {
	struct workqueue_struct *wq;
	struct work_struct work;
	const char *reason;
	bool pending;
	bool failed;
	u64 count;
};

int v3npu_reset_init(struct v3npu_device *vdev);
void v3npu_reset_fini(struct v3npu_device *vdev);
void v3npu_reset_request(struct v3npu_device *vdev, const char *reason);
bool v3npu_reset_pending(struct v3npu_device *vdev);
bool v3npu_reset_failed(struct v3npu_device *vdev);
enum drm_gpu_sched_stat v3npu_reset_timedout_job(struct drm_sched_job *base);

#endif /* __V3NPU_RESET_H__ */
