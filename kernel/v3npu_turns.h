/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_TURNS_H__
#define __V3NPU_TURNS_H__

#include "v3npu/ipc.h"

struct v3npu_ctx;
struct v3npu_device;

/**
 * struct v3npu_turn_state - who was served when; protected by v3npu_jobs.lock
 * @served: as the firmware wants it
 * @last: the largest number in it
 */
struct v3npu_turn_state {
	struct v3npu_turns served;
	u64 last;
};

void v3npu_turns_served(struct v3npu_ctx *ctx);
void v3npu_turns_write(struct v3npu_device *vdev, struct v3npu_turns *to);

#endif /* __V3NPU_TURNS_H__ */
