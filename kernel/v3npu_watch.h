/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_WATCH_H__
#define __V3NPU_WATCH_H__

#include <linux/ktime.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct v3npu_device;
struct v3npu_fw_status;

/**
 * struct v3npu_watch - looks after the NPU while it has jobs; all but @found
 *	is only for what runs on v3npu_jobs.wq
 * @work: looks
 * @ctx: context of the job that ran when it last looked, V3NPU_CTX_NONE for none
 * @seqno: that job's number
 * @since: when it first saw it
 * @found: jobs that completed without their interrupt, or before it was handled
 */
struct v3npu_watch {
	struct delayed_work work;
	u32 ctx;
	u64 seqno;
	ktime_t since;
	u64 found;
};

void v3npu_watch_init(struct v3npu_device *vdev);
void v3npu_watch_fini(struct v3npu_device *vdev);
void v3npu_watch_arm(struct v3npu_device *vdev);
bool v3npu_watch_hung(struct v3npu_device *vdev);
u32 v3npu_watch_seen_us(struct v3npu_device *vdev, const struct v3npu_fw_status *status);

#endif /* __V3NPU_WATCH_H__ */
