// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NPU's MMU: hardware address-space slots, invalidation, and the page tables
 * (v3npu_pt.c) of a device that may be gone.
 *
 * An address space has a slot while it has a context, and there are as many
 * slots as contexts. So whoever submits jobs always has one.
 *
 * Two rules keep memory safe from the NPU. An entry that becomes present is
 * complete before it is written, and needs no invalidation. What an entry
 * pointed to before it was cleared is freed only by v3npu_mmu_retire(), after
 * an invalidation that began later has finished.
 */

#include <linux/device.h>
#include <linux/iopoll.h>

#include <drm/drm_drv.h>
#include <drm/drm_print.h>

#include "v3npu_drv.h"
#include "v3npu_pt.h"

/* An idle MMU is done in microseconds; a busy one waits for a whole command */
#define V3NPU_INVALIDATE_FAST_US	1000
#define V3NPU_INVALIDATE_RETRY_MS	10

/**
 * v3npu_mmu_map() - map contiguous memory where nothing is mapped
 * @vdev: device
 * @as: address space; its user's lock is held
 * @va: NPU address, a multiple of V3NPU_PAGE_SIZE
 * @addr: bus address, a multiple of V3NPU_PAGE_SIZE
 * @size: bytes, a multiple of V3NPU_PAGE_SIZE
 * @write: the NPU can write it
 *
 * Return: as v3npu_pt_map().
 */
int v3npu_mmu_map(struct v3npu_device *vdev, struct v3npu_mmu_as *as, u64 va, dma_addr_t addr,
		  u64 size, bool write)
{
	return v3npu_pt_map(vdev->drm.dev, as->root, va, addr, size, write);
}

/**
 * v3npu_mmu_map_sgt() - map a buffer where nothing is mapped
 * @vdev: device
 * @as: address space; its user's lock is held
 * @va: NPU address, a multiple of V3NPU_PAGE_SIZE
 * @sgt: the buffer's memory, mapped for DMA
 * @size: bytes of the buffer, a multiple of V3NPU_PAGE_SIZE
 * @write: the NPU can write it
 *
 * Return: as v3npu_pt_map_sgt(), or -ENODEV when the device is gone.
 */
int v3npu_mmu_map_sgt(struct v3npu_device *vdev, struct v3npu_mmu_as *as, u64 va,
		      struct sg_table *sgt, u64 size, bool write)
{
	int idx, ret;

	if (!drm_dev_enter(&vdev->drm, &idx))
		return -ENODEV;
	ret = v3npu_pt_map_sgt(vdev->drm.dev, as->root, va, sgt, size, write);
	drm_dev_exit(idx);

	return ret;
}

/**
 * v3npu_mmu_unmap() - clear the entries of a mapping
 * @vdev: device
 * @as: address space; its user's lock is held
 * @va: NPU address of the mapping
 * @size: its bytes
 *
 * The NPU can use the memory until v3npu_mmu_retire() releases what is retired after this.
 */
void v3npu_mmu_unmap(struct v3npu_device *vdev, struct v3npu_mmu_as *as, u64 va, u64 size)
{
	int idx;

	/* The tables go with the device */
	if (!drm_dev_enter(&vdev->drm, &idx))
		return;

	v3npu_pt_unmap(as->root, va, size);
	drm_dev_exit(idx);
}

/*
 * Whether the NPU may still use old translations. During a reset it may, and
 * knows nothing of invalidations.
 */
static bool v3npu_mmu_invalidating(struct v3npu_device *vdev)
{
	return v3npu_read(vdev, V3NPU_REG_MMU_STATUS) & V3NPU_MMU_STATUS_INVALIDATING ||
	       v3npu_read(vdev, V3NPU_REG_STATUS) & V3NPU_STATUS_RESETTING;
}

/* Whether the pending invalidation has ended, after a short wait */
static bool v3npu_mmu_wait(struct v3npu_device *vdev)
{
	struct v3npu_mmu *mmu = &vdev->mmu;
	bool invalidating;

	/* One that is off knows no translations */
	if (mmu->pending && mmu->on &&
	    read_poll_timeout(v3npu_mmu_invalidating, invalidating, !invalidating, 20,
			      V3NPU_INVALIDATE_FAST_US, false, vdev))
		return false;
	mmu->pending = false;

	return true;
}

/*
 * Begin to invalidate @slot, or all with V3NPU_MMU_INVALIDATE_ALL; none is
 * pending. Return: as v3npu_mmu_wait(); if not, a command that runs takes longer.
 */
static bool v3npu_mmu_invalidate(struct v3npu_device *vdev, u32 slot)
{
	lockdep_assert_held(&vdev->mmu.invalidate_lock);
	if (!vdev->mmu.on)
		return true;
	v3npu_write(vdev, V3NPU_REG_MMU_INVALIDATE, slot);
	vdev->mmu.pending = true;

	return v3npu_mmu_wait(vdev);
}

/* v3npu_mmu.lock is held; one that is off gets all roots in v3npu_mmu_reset() */
static void v3npu_mmu_write_root(struct v3npu_device *vdev, u32 slot, u64 root)
{
	if (!vdev->mmu.on)
		return;
	/* Disabled while its halves are of different tables */
	v3npu_write(vdev, V3NPU_REG_MMU_ROOT_LO(slot), 0);
	v3npu_write(vdev, V3NPU_REG_MMU_ROOT_HI(slot), upper_32_bits(root));
	v3npu_write(vdev, V3NPU_REG_MMU_ROOT_LO(slot), lower_32_bits(root));
}

/**
 * v3npu_mmu_get_slot() - give an address space a hardware slot for a context
 * @vdev: device
 * @as: address space, which has the slot until v3npu_mmu_put_slot() was called
 *	for its last context
 *
 * There are as many slots as contexts.
 *
 * Return: 0, or -ENODEV when the device is gone.
 */
int v3npu_mmu_get_slot(struct v3npu_device *vdev, struct v3npu_mmu_as *as)
{
	struct v3npu_mmu *mmu = &vdev->mmu;
	u32 slot;
	int idx;

	if (!drm_dev_enter(&vdev->drm, &idx))
		return -ENODEV;

	mutex_lock(&mmu->lock);
	if (!as->holders++) {
		for (slot = V3NPU_AS_SYSTEM + 1; mmu->slots[slot]; slot++)
			;
		mmu->slots[slot] = as;
		as->slot = slot;
	}
	if (!as->users++)
		v3npu_mmu_write_root(vdev, as->slot, as->root->dma | V3NPU_MMU_ROOT_ENABLE);
	mutex_unlock(&mmu->lock);
	drm_dev_exit(idx);

	return 0;
}

/**
 * v3npu_mmu_leave_slot() - a context of the address space has no jobs any more
 * @vdev: device
 * @as: address space; v3npu_mmu_put_slot() must follow, when what jobs of the context
 *	used was retired
 */
void v3npu_mmu_leave_slot(struct v3npu_device *vdev, struct v3npu_mmu_as *as)
{
	struct v3npu_mmu *mmu = &vdev->mmu;
	bool present;
	int idx;

	present = drm_dev_enter(&vdev->drm, &idx);
	mutex_lock(&mmu->lock);
	if (!--as->users && present)
		v3npu_mmu_write_root(vdev, as->slot, 0);
	mutex_unlock(&mmu->lock);
	if (present)
		drm_dev_exit(idx);
}

/**
 * v3npu_mmu_put_slot() - the MMU has forgotten a context
 * @vdev: device
 * @as: its address space
 */
void v3npu_mmu_put_slot(struct v3npu_device *vdev, struct v3npu_mmu_as *as)
{
	struct v3npu_mmu *mmu = &vdev->mmu;

	mutex_lock(&mmu->lock);
	if (!--as->holders) {
		mmu->slots[as->slot] = NULL;
		as->slot = 0;
	}
	mutex_unlock(&mmu->lock);
}

/* Whether the NPU may still reach what @slot translated; then @retired waits on a list */
static bool v3npu_mmu_reachable(struct v3npu_device *vdev, u32 slot,
				struct v3npu_retired *retired)
{
	struct v3npu_mmu *mmu = &vdev->mmu;
	bool reachable = true;

	mutex_lock(&mmu->invalidate_lock);
	/* Without another look at one that is pending, so that nobody's wait adds up */
	if (mmu->pending)
		list_add_tail(&retired->link, &mmu->retired);
	else if (v3npu_mmu_invalidate(vdev, slot))
		reachable = false;
	else
		list_add_tail(&retired->link, &mmu->covered);
	mutex_unlock(&mmu->invalidate_lock);

	return reachable;
}

/**
 * v3npu_mmu_retire() - free something when the NPU cannot reach it any more
 * @vdev: device
 * @as: address space whose entries or root were cleared before
 * @retired: its release function is called before this returns unless the NPU
 *	runs a command, otherwise later
 */
void v3npu_mmu_retire(struct v3npu_device *vdev, struct v3npu_mmu_as *as,
		      struct v3npu_retired *retired)
{
	struct v3npu_mmu *mmu = &vdev->mmu;
	bool reachable;
	u32 slot;
	int idx;

	if (drm_dev_enter(&vdev->drm, &idx)) {
		mutex_lock(&mmu->lock);
		slot = as->slot;
		mutex_unlock(&mmu->lock);

		reachable = slot && v3npu_mmu_reachable(vdev, slot, retired);
		/* While the device is there, so that v3npu_mmu_fini() finds it */
		if (reachable)
			queue_delayed_work(vdev->wq, &mmu->work, 0);
		drm_dev_exit(idx);
		if (reachable)
			return;
	} else {
		wait_for_completion(&mmu->stopped);
	}

	/* Outside of drm_dev_enter(): it may retire more, and that may wait for the removal */
	retired->release(vdev, retired);
}

/*
 * Move what the NPU cannot reach any more to @list. An invalidation is not begun
 * again before it has ended: a client whose commands are long would make it wait
 * for one after the other. So nobody waits for more than two commands.
 */
static void v3npu_mmu_collect(struct v3npu_device *vdev, struct list_head *list)
{
	struct v3npu_mmu *mmu = &vdev->mmu;

	mutex_lock(&mmu->invalidate_lock);
	if (v3npu_mmu_wait(vdev)) {
		list_splice_tail_init(&mmu->covered, list);
		list_splice_tail_init(&mmu->retired, &mmu->covered);
		if (!list_empty(&mmu->covered) &&
		    v3npu_mmu_invalidate(vdev, V3NPU_MMU_INVALIDATE_ALL))
			list_splice_tail_init(&mmu->covered, list);
	}
	/* Short waits, so that unplugging does not wait for this */
	if (mmu->pending)
		queue_delayed_work(vdev->wq, &mmu->work,
				   msecs_to_jiffies(V3NPU_INVALIDATE_RETRY_MS));
	mutex_unlock(&mmu->invalidate_lock);
}

static void v3npu_mmu_work(struct work_struct *work)
{
	struct v3npu_mmu *mmu = container_of(work, struct v3npu_mmu, work.work);
	struct v3npu_device *vdev = container_of(mmu, struct v3npu_device, mmu);
	struct v3npu_retired *retired, *next;
	LIST_HEAD(list);
	int idx;

	if (drm_dev_enter(&vdev->drm, &idx)) {
		v3npu_mmu_collect(vdev, &list);
		drm_dev_exit(idx);
	} else {
		wait_for_completion(&mmu->stopped);
		mutex_lock(&mmu->invalidate_lock);
		list_splice_init(&mmu->covered, &list);
		list_splice_init(&mmu->retired, &list);
		mutex_unlock(&mmu->invalidate_lock);
	}

	/* As in v3npu_mmu_retire() */
	list_for_each_entry_safe(retired, next, &list, link)
		retired->release(vdev, retired);
}

/**
 * v3npu_mmu_as_init() - make an empty address space without a slot
 * @vdev: device
 * @as: zeroed
 *
 * Return: 0, -ENOMEM, or -ENODEV when the device is gone.
 */
int v3npu_mmu_as_init(struct v3npu_device *vdev, struct v3npu_mmu_as *as)
{
	int idx;

	if (!drm_dev_enter(&vdev->drm, &idx))
		return -ENODEV;

	as->root = v3npu_pt_create(vdev->drm.dev);
	if (as->root) {
		mutex_lock(&vdev->mmu.lock);
		list_add(&as->link, &vdev->mmu.all);
		mutex_unlock(&vdev->mmu.lock);
	}
	drm_dev_exit(idx);

	return as->root ? 0 : -ENOMEM;
}

/**
 * v3npu_mmu_as_fini() - free page tables
 * @vdev: device
 * @as: address space without a slot
 */
void v3npu_mmu_as_fini(struct v3npu_device *vdev, struct v3npu_mmu_as *as)
{
	mutex_lock(&vdev->mmu.lock);
	list_del(&as->link);
	/* Under the lock, as v3npu_mmu_release() takes away what is left at the end */
	v3npu_pt_destroy(vdev->drm.dev, as->root);
	as->root = NULL;
	mutex_unlock(&vdev->mmu.lock);
}

static void v3npu_mmu_set_on(struct v3npu_mmu *mmu, bool on)
{
	lockdep_assert_held(&mmu->lock);
	mutex_lock(&mmu->invalidate_lock);
	mmu->on = on;
	mutex_unlock(&mmu->invalidate_lock);
}

/**
 * v3npu_mmu_suspend() - leave the MMU alone until v3npu_mmu_reset()
 * @vdev: device that was reset and is about to be turned off
 */
void v3npu_mmu_suspend(struct v3npu_device *vdev)
{
	mutex_lock(&vdev->mmu.lock);
	v3npu_mmu_set_on(&vdev->mmu, false);
	mutex_unlock(&vdev->mmu.lock);
}

/**
 * v3npu_mmu_reset() - set the MMU up after the device was reset
 * @vdev: device, within drm_dev_enter(); its core is not running
 */
void v3npu_mmu_reset(struct v3npu_device *vdev)
{
	struct v3npu_mmu *mmu = &vdev->mmu;
	u32 slot;

	mutex_lock(&mmu->lock);
	v3npu_mmu_set_on(mmu, true);
	for (slot = 0; slot < V3NPU_NUM_AS; slot++)
		if (mmu->slots[slot] && mmu->slots[slot]->users)
			v3npu_mmu_write_root(vdev, slot,
					     mmu->slots[slot]->root->dma | V3NPU_MMU_ROOT_ENABLE);
	mutex_unlock(&mmu->lock);
}

/* The driver is unbound; address spaces of files that are still open live on without tables */
static void v3npu_mmu_release(void *data)
{
	struct v3npu_device *vdev = data;
	struct v3npu_mmu_as *as;

	mutex_lock(&vdev->mmu.lock);
	list_for_each_entry(as, &vdev->mmu.all, link) {
		v3npu_pt_destroy(vdev->drm.dev, as->root);
		as->root = NULL;
	}
	mutex_unlock(&vdev->mmu.lock);
}

/**
 * v3npu_mmu_init() - make the system address space
 * @vdev: device
 *
 * Its root is written by v3npu_mmu_reset().
 *
 * Return: 0 or -ENOMEM.
 */
int v3npu_mmu_init(struct v3npu_device *vdev)
{
	struct v3npu_mmu *mmu = &vdev->mmu;
	int ret;

	mutex_init(&mmu->lock);
	mutex_init(&mmu->invalidate_lock);
	init_completion(&mmu->stopped);
	INIT_LIST_HEAD(&mmu->all);
	INIT_LIST_HEAD(&mmu->covered);
	INIT_LIST_HEAD(&mmu->retired);
	INIT_DELAYED_WORK(&mmu->work, v3npu_mmu_work);

	ret = devm_add_action_or_reset(vdev->drm.dev, v3npu_mmu_release, vdev);
	if (ret)
		return ret;

	ret = v3npu_mmu_as_init(vdev, &mmu->system);
	if (ret)
		return ret;
	mmu->system.users = 1;
	mmu->slots[V3NPU_AS_SYSTEM] = &mmu->system;

	return 0;
}

/**
 * v3npu_mmu_stop() - let go of memory without asking the device
 * @vdev: unplugged device that does no DMA any more
 */
void v3npu_mmu_stop(struct v3npu_device *vdev)
{
	complete_all(&vdev->mmu.stopped);
}

/**
 * v3npu_mmu_fini() - free all that waits for an invalidation
 * @vdev: unplugged device
 */
void v3npu_mmu_fini(struct v3npu_device *vdev)
{
	flush_delayed_work(&vdev->mmu.work);
}
