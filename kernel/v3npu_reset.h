/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_RESET_H__
#define __V3NPU_RESET_H__

#include <linux/types.h>
#include <linux/workqueue.h>

struct v3npu_coredump;
struct v3npu_device;

/**
 * struct v3npu_reset - recovery of the device
 * @work: reset that was asked for
 * @reason: why
 * @failed: the device did not come back; no job runs any more
 * @count: resets done
 * @blamed: how often somebody was looked for who is to blame
 */
struct v3npu_reset {
	struct work_struct work;
	const char *reason;
	bool failed;
	u64 count;
	u64 blamed;
};

void v3npu_reset_init(struct v3npu_device *vdev);
void v3npu_reset_fini(struct v3npu_device *vdev);
void v3npu_reset_request(struct v3npu_device *vdev, const char *reason);
int v3npu_reset_begin(struct v3npu_device *vdev);
void v3npu_reset_blame(struct v3npu_device *vdev, struct v3npu_coredump *dump, const char *reason,
		       int error, u32 fault, bool guilty);
int v3npu_reset_boot(struct v3npu_device *vdev);
void v3npu_reset_give_up(struct v3npu_device *vdev);
void v3npu_reset_forgive(struct v3npu_device *vdev);
void v3npu_reset_go_on(struct v3npu_device *vdev);
bool v3npu_reset_failed(struct v3npu_device *vdev);
void v3npu_reset_hung(struct v3npu_device *vdev);

#endif /* __V3NPU_RESET_H__ */
