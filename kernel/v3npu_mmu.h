/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_MMU_H__
#define __V3NPU_MMU_H__

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "v3npu/regs.h"

struct sg_table;
struct v3npu_device;
struct v3npu_pt;

/**
 * struct v3npu_mmu_as - page tables of one address space and its hardware slot
 * @link: in v3npu_mmu.all
 * @root: top table, NULL once the device is gone
 * @slot: hardware address space, 0 while it has none; changed under v3npu_mmu.lock
 * @users: contexts; the slot has the root while it is not 0; protected by v3npu_mmu.lock
 * @holders: contexts, and those that are gone but that the MMU may remember; the slot
 *	stays while it is not 0; protected by v3npu_mmu.lock
 */
struct v3npu_mmu_as {
	struct list_head link;
	struct v3npu_pt *root;
	u32 slot;
	u32 users;
	u32 holders;
};

/**
 * struct v3npu_retired - something to free when the NPU cannot reach it any more
 * @link: in v3npu_mmu.retired or v3npu_mmu.covered
 * @release: frees it; called from a context that can sleep
 */
struct v3npu_retired {
	struct list_head link;
	void (*release)(struct v3npu_device *vdev, struct v3npu_retired *retired);
};

/**
 * struct v3npu_mmu - the NPU's MMU
 * @system: V3NPU_AS_SYSTEM
 * @all: all address spaces
 * @slots: address space that has each slot
 * @on: its registers can be used; written with @lock and @invalidate_lock held
 * @pending: an invalidation has begun and was not seen to end
 * @covered: what waits for the end of the pending invalidation
 * @retired: what waits for one that begins later
 * @work: frees what waits, and invalidates for it
 * @stopped: the device was removed and does no DMA any more
 */
struct v3npu_mmu {
	struct v3npu_mmu_as system;
	/** @lock: protects @all and @slots */
	struct mutex lock;
	struct list_head all;
	struct v3npu_mmu_as *slots[V3NPU_NUM_AS];
	/** @invalidate_lock: protects @pending, @covered and @retired */
	struct mutex invalidate_lock;
	bool on;
	bool pending;
	struct list_head covered;
	struct list_head retired;
	struct delayed_work work;
	struct completion stopped;
};

int v3npu_mmu_init(struct v3npu_device *vdev);
void v3npu_mmu_stop(struct v3npu_device *vdev);
void v3npu_mmu_fini(struct v3npu_device *vdev);
void v3npu_mmu_suspend(struct v3npu_device *vdev);
void v3npu_mmu_reset(struct v3npu_device *vdev);

int v3npu_mmu_as_init(struct v3npu_device *vdev, struct v3npu_mmu_as *as);
void v3npu_mmu_as_fini(struct v3npu_device *vdev, struct v3npu_mmu_as *as);

int v3npu_mmu_map(struct v3npu_device *vdev, struct v3npu_mmu_as *as, u64 va, dma_addr_t addr,
		  u64 size, bool write);
int v3npu_mmu_map_sgt(struct v3npu_device *vdev, struct v3npu_mmu_as *as, u64 va,
		      struct sg_table *sgt, u64 size, bool write);
void v3npu_mmu_unmap(struct v3npu_device *vdev, struct v3npu_mmu_as *as, u64 va, u64 size);

int v3npu_mmu_get_slot(struct v3npu_device *vdev, struct v3npu_mmu_as *as);
void v3npu_mmu_leave_slot(struct v3npu_device *vdev, struct v3npu_mmu_as *as);
void v3npu_mmu_put_slot(struct v3npu_device *vdev, struct v3npu_mmu_as *as);

void v3npu_mmu_retire(struct v3npu_device *vdev, struct v3npu_mmu_as *as,
		      struct v3npu_retired *retired);

#endif /* __V3NPU_MMU_H__ */
