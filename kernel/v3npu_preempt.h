/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_PREEMPT_H__
#define __V3NPU_PREEMPT_H__

#include <linux/sizes.h>
#include <linux/types.h>

#include "v3npu/ipc.h"

struct v3npu_device;

/* Where the save area is in V3NPU_AS_SYSTEM */
#define V3NPU_SAVE_VA		SZ_16M

/**
 * struct v3npu_preempt - where the firmware keeps jobs that it put aside
 * @slot_size: bytes of a save slot
 * @slots: the begin of each, with its header; the NPU can write it
 */
struct v3npu_preempt {
	u32 slot_size;
	struct v3npu_saved_job *slots[V3NPU_NUM_SAVE_SLOTS];
};

int v3npu_preempt_init(struct v3npu_device *vdev);
void v3npu_preempt_set_boot_args(struct v3npu_device *vdev, struct v3npu_boot_args *args);
void v3npu_preempt_reset(struct v3npu_device *vdev);

#endif /* __V3NPU_PREEMPT_H__ */
