/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_RING_H__
#define __V3NPU_RING_H__

#include <linux/types.h>

#include "v3npu/ipc.h"

#define V3NPU_EVENT_ENTRIES	256
/* As many as a context ever has on the NPU: see V3NPU_JOBS_PER_CTX */
#define V3NPU_RING_ENTRIES	4

int v3npu_job_ring_push(struct v3npu_job_ring *ring, u32 *wptr, const struct v3npu_job *job);

int v3npu_event_ring_pending(const struct v3npu_event_ring *ring, u32 rptr);
void v3npu_event_ring_take(const struct v3npu_event_ring *ring, u32 *rptr,
			   struct v3npu_event *event);
void v3npu_event_ring_release(struct v3npu_event_ring *ring, u32 rptr);

#endif /* __V3NPU_RING_H__ */
