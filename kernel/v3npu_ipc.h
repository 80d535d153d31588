/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_IPC_H__
#define __V3NPU_IPC_H__

#include <linux/spinlock.h>
#include <linux/types.h>

#include "v3npu/ipc.h"
#include "v3npu/regs.h"

struct v3npu_ctx;
struct v3npu_device;
struct v3npu_sched_job;

/**
 * struct v3npu_ipc - memory shared with the firmware, in V3NPU_AS_SYSTEM
 * @mem: context table, event ring and a job ring for each context
 * @dma: its bus address
 * @wptr: jobs written to each ring; only read from here, as the NPU can write @mem
 * @event_rptr: events taken
 * @irqs: interrupt of each V3NPU_VECTOR_*; kept, since to ask for them takes a lock under
 *	which memory is allocated
 */
struct v3npu_ipc {
	void *mem;
	dma_addr_t dma;
	u32 wptr[V3NPU_NUM_CTX];
	/** @event_lock: one reader of the event ring at a time; taken by interrupts, too */
	spinlock_t event_lock;
	u32 event_rptr;
	unsigned int irqs[V3NPU_NUM_VECTORS];
};

int v3npu_ipc_init(struct v3npu_device *vdev);
int v3npu_ipc_request_irqs(struct v3npu_device *vdev);
void v3npu_ipc_enable_irqs(struct v3npu_device *vdev);
void v3npu_ipc_reset(struct v3npu_device *vdev);

u64 v3npu_ipc_ctx_table_va(void);
u64 v3npu_ipc_event_ring_va(void);
u32 v3npu_ipc_turns_va(void);

int v3npu_ipc_push_job(struct v3npu_device *vdev, const struct v3npu_sched_job *job);
void v3npu_ipc_cancel(struct v3npu_device *vdev, struct v3npu_ctx *ctx);
void v3npu_ipc_hold_irqs(struct v3npu_device *vdev);
void v3npu_ipc_release_irqs(struct v3npu_device *vdev);
void v3npu_ipc_synchronize_irqs(struct v3npu_device *vdev);
unsigned int v3npu_ipc_process_events(struct v3npu_device *vdev);
unsigned int v3npu_ipc_poll(struct v3npu_device *vdev);

void v3npu_ipc_read_ctx(struct v3npu_device *vdev, u32 hw_id, struct v3npu_ctx_desc *desc,
			u32 *wptr, u32 *rptr);
bool v3npu_ipc_read_job(struct v3npu_device *vdev, u32 hw_id, u64 seqno, struct v3npu_job *job);
void v3npu_ipc_read_events(struct v3npu_device *vdev, u32 *wptr, u32 *rptr,
			   struct v3npu_event *events, unsigned int count);

#endif /* __V3NPU_IPC_H__ */
