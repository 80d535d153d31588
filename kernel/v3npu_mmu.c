// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NPU's MMU: page tables, hardware address-space slots, invalidation.
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
#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/iopoll.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include <drm/drm_drv.h>
#include <drm/drm_print.h>

#include "v3npu_drv.h"

/* An idle MMU is done in microseconds; a busy one waits for a whole command */
#define V3NPU_INVALIDATE_FAST_US	1000
#define V3NPU_INVALIDATE_RETRY_MS	10

/**
 * struct v3npu_pt - one table
 * @entries: what the NPU reads
 * @dma: address of @entries for the NPU
 * @child: tables below, for levels 1 and 2
 */
struct v3npu_pt {
	u64 *entries;
	dma_addr_t dma;
	struct v3npu_pt *child[];
};

static struct v3npu_pt *v3npu_pt_alloc(struct v3npu_device *vdev, unsigned int level)
{
	struct v3npu_pt *pt;

	pt = kzalloc(struct_size(pt, child, level ? V3NPU_PT_ENTRIES : 0), GFP_KERNEL_ACCOUNT);
	if (!pt)
		return NULL;

	pt->entries = dma_pool_zalloc(vdev->mmu.pool, GFP_KERNEL_ACCOUNT, &pt->dma);
	if (!pt->entries) {
		kfree(pt);
		return NULL;
	}

	return pt;
}

static void v3npu_pt_free(struct v3npu_device *vdev, struct v3npu_pt *pt, unsigned int level)
{
	unsigned int i;

	if (!pt)
		return;

	for (i = 0; level && i < V3NPU_PT_ENTRIES; i++)
		v3npu_pt_free(vdev, pt->child[i], level - 1);
	dma_pool_free(vdev->mmu.pool, pt->entries, pt->dma);
	kfree(pt);
}

static unsigned int v3npu_pt_index(u64 va, unsigned int level)
{
	return (va >> V3NPU_PT_SHIFT(level)) % V3NPU_PT_ENTRIES;
}

/* The table of @level that holds the entry of @va, NULL if there is none */
static struct v3npu_pt *v3npu_pt_find(struct v3npu_mmu_as *as, u64 va, unsigned int level)
{
	struct v3npu_pt *pt = as->root;
	unsigned int l;

	for (l = 2; pt && l > level; l--)
		pt = pt->child[v3npu_pt_index(va, l)];

	return pt;
}

/* As v3npu_pt_find(), but makes the tables that are missing */
static struct v3npu_pt *v3npu_pt_make(struct v3npu_device *vdev, struct v3npu_mmu_as *as, u64 va,
				      unsigned int level)
{
	struct v3npu_pt *pt = as->root;
	unsigned int l, i;

	for (l = 2; l > level; l--) {
		i = v3npu_pt_index(va, l);
		if (!pt->child[i]) {
			pt->child[i] = v3npu_pt_alloc(vdev, l - 1);
			if (!pt->child[i])
				return NULL;
			/* The NPU must not see the table before its cleared entries */
			dma_wmb();
			WRITE_ONCE(pt->entries[i], pt->child[i]->dma | V3NPU_PTE_VALID);
		}
		pt = pt->child[i];
	}

	return pt;
}

/* Level and bytes of the leaf for @va; a 4 KiB table, once made, stays for the tables' life */
static u64 v3npu_leaf(struct v3npu_mmu_as *as, u64 va, dma_addr_t addr, u64 size,
		      unsigned int *level)
{
	if (IS_ALIGNED(va | addr, V3NPU_LARGE_PAGE_SIZE) && size >= V3NPU_LARGE_PAGE_SIZE &&
	    !v3npu_pt_find(as, va, 0)) {
		*level = 1;
		return V3NPU_LARGE_PAGE_SIZE;
	}
	*level = 0;
	return V3NPU_PAGE_SIZE;
}

/* Make all tables that v3npu_mmu_fill() with the same arguments needs */
static int v3npu_mmu_prepare(struct v3npu_device *vdev, struct v3npu_mmu_as *as, u64 va,
			     dma_addr_t addr, u64 size)
{
	unsigned int level;
	u64 step;

	for (; size; va += step, addr += step, size -= step) {
		step = v3npu_leaf(as, va, addr, size, &level);
		if (!v3npu_pt_make(vdev, as, va, level))
			return -ENOMEM;
	}

	return 0;
}

static void v3npu_mmu_fill(struct v3npu_mmu_as *as, u64 va, dma_addr_t addr, u64 size, bool write)
{
	u64 step, flags = V3NPU_PTE_VALID | (write ? V3NPU_PTE_WRITE : 0);
	struct v3npu_pt *pt;
	unsigned int level;

	for (; size; va += step, addr += step, size -= step) {
		step = v3npu_leaf(as, va, addr, size, &level);
		pt = v3npu_pt_find(as, va, level);
		WRITE_ONCE(pt->entries[v3npu_pt_index(va, level)],
			   addr | flags | (level ? V3NPU_PTE_LARGE : 0));
	}
}

/**
 * v3npu_mmu_map() - map contiguous memory where nothing is mapped
 * @vdev: device
 * @as: address space; its user's lock is held
 * @va: NPU address, a multiple of V3NPU_PAGE_SIZE
 * @addr: bus address, a multiple of V3NPU_PAGE_SIZE
 * @size: bytes, a multiple of V3NPU_PAGE_SIZE
 * @write: the NPU can write it
 *
 * Return: 0, or -ENOMEM, and then no entry was written.
 */
int v3npu_mmu_map(struct v3npu_device *vdev, struct v3npu_mmu_as *as, u64 va, dma_addr_t addr,
		  u64 size, bool write)
{
	int ret;

	ret = v3npu_mmu_prepare(vdev, as, va, addr, size);
	if (!ret)
		v3npu_mmu_fill(as, va, addr, size, write);

	return ret;
}

static int v3npu_mmu_map_segments(struct v3npu_device *vdev, struct v3npu_mmu_as *as, u64 va,
				  struct sg_table *sgt, u64 size, bool write)
{
	struct scatterlist *sg;
	u64 offset = 0;
	int i, ret;

	for_each_sgtable_dma_sg(sgt, sg, i) {
		u64 len = min_t(u64, sg_dma_len(sg), size - offset);

		if (!IS_ALIGNED(sg_dma_address(sg) | len, V3NPU_PAGE_SIZE))
			return -EINVAL;
		ret = v3npu_mmu_prepare(vdev, as, va + offset, sg_dma_address(sg), len);
		if (ret)
			return ret;
		offset += len;
	}
	if (offset != size)
		return -EINVAL;

	offset = 0;
	for_each_sgtable_dma_sg(sgt, sg, i) {
		u64 len = min_t(u64, sg_dma_len(sg), size - offset);

		v3npu_mmu_fill(as, va + offset, sg_dma_address(sg), len, write);
		offset += len;
	}

	return 0;
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
 * Return: 0; -ENODEV when the device is gone; -ENOMEM; -EINVAL when @sgt is
 * smaller than @size or not made of whole pages. After an error no entry was
 * written.
 */
int v3npu_mmu_map_sgt(struct v3npu_device *vdev, struct v3npu_mmu_as *as, u64 va,
		      struct sg_table *sgt, u64 size, bool write)
{
	int idx, ret;

	if (!drm_dev_enter(&vdev->drm, &idx))
		return -ENODEV;
	ret = v3npu_mmu_map_segments(vdev, as, va, sgt, size, write);
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
	u64 end = va + size;
	int idx;

	/* The tables go with the device */
	if (!drm_dev_enter(&vdev->drm, &idx))
		return;

	while (va < end) {
		struct v3npu_pt *pt = v3npu_pt_find(as, va, 0);

		if (pt) {
			WRITE_ONCE(pt->entries[v3npu_pt_index(va, 0)], 0);
			va += V3NPU_PAGE_SIZE;
		} else {
			pt = v3npu_pt_find(as, va, 1);
			WRITE_ONCE(pt->entries[v3npu_pt_index(va, 1)], 0);
			va += V3NPU_LARGE_PAGE_SIZE;
		}
	}
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

/*
 * Invalidate @slot, or all with V3NPU_MMU_INVALIDATE_ALL, and wait a little.
 * Returns -ETIMEDOUT when a command that runs takes longer.
 */
static int v3npu_mmu_invalidate(struct v3npu_device *vdev, u32 slot)
{
	bool invalidating;
	int ret;

	mutex_lock(&vdev->mmu.invalidate_lock);
	v3npu_write(vdev, V3NPU_REG_MMU_INVALIDATE, slot);
	ret = read_poll_timeout(v3npu_mmu_invalidating, invalidating, !invalidating, 20,
				V3NPU_INVALIDATE_FAST_US, false, vdev);
	mutex_unlock(&vdev->mmu.invalidate_lock);

	return ret;
}

static void v3npu_mmu_write_root(struct v3npu_device *vdev, u32 slot, u64 root)
{
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
	if (!as->users++) {
		for (slot = V3NPU_AS_SYSTEM + 1; mmu->slots[slot]; slot++)
			;
		v3npu_mmu_write_root(vdev, slot, as->root->dma | V3NPU_MMU_ROOT_ENABLE);
		mmu->slots[slot] = as;
		as->slot = slot;
	}
	mutex_unlock(&mmu->lock);
	drm_dev_exit(idx);

	return 0;
}

/**
 * v3npu_mmu_put_slot() - a context of the address space is gone
 * @vdev: device
 * @as: address space; translations that jobs of the context used are invalidated
 */
void v3npu_mmu_put_slot(struct v3npu_device *vdev, struct v3npu_mmu_as *as)
{
	struct v3npu_mmu *mmu = &vdev->mmu;
	bool present;
	int idx;

	present = drm_dev_enter(&vdev->drm, &idx);
	mutex_lock(&mmu->lock);
	if (!--as->users) {
		if (present)
			v3npu_mmu_write_root(vdev, as->slot, 0);
		mmu->slots[as->slot] = NULL;
		as->slot = 0;
	}
	mutex_unlock(&mmu->lock);
	if (present)
		drm_dev_exit(idx);
}

/**
 * v3npu_mmu_retire() - free something when the NPU cannot reach it any more
 * @vdev: device
 * @as: address space whose entries were cleared before
 * @retired: its release function is called before this returns unless the NPU
 *	runs a command of @as, otherwise later
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

		reachable = slot && v3npu_mmu_invalidate(vdev, slot);
		if (reachable) {
			spin_lock(&mmu->retired_lock);
			list_add_tail(&retired->link, &mmu->retired);
			spin_unlock(&mmu->retired_lock);
			/* While the device is there, so that v3npu_mmu_fini() finds it */
			queue_delayed_work(vdev->wq, &mmu->work, 0);
		}
		drm_dev_exit(idx);
		if (reachable)
			return;
	} else {
		wait_for_completion(&mmu->stopped);
	}

	/* Outside of drm_dev_enter(): it may retire more, and that may wait for the removal */
	retired->release(vdev, retired);
}

static void v3npu_mmu_work(struct work_struct *work)
{
	struct v3npu_mmu *mmu = container_of(work, struct v3npu_mmu, work.work);
	struct v3npu_device *vdev = container_of(mmu, struct v3npu_device, mmu);
	struct v3npu_retired *retired, *next;
	LIST_HEAD(list);
	int idx, ret;

	spin_lock(&mmu->retired_lock);
	list_splice_init(&mmu->retired, &list);
	spin_unlock(&mmu->retired_lock);

	if (drm_dev_enter(&vdev->drm, &idx)) {
		/* Short waits, so that unplugging does not wait for this */
		ret = v3npu_mmu_invalidate(vdev, V3NPU_MMU_INVALIDATE_ALL);
		if (ret) {
			spin_lock(&mmu->retired_lock);
			list_splice(&list, &mmu->retired);
			spin_unlock(&mmu->retired_lock);
			queue_delayed_work(vdev->wq, &mmu->work,
					   msecs_to_jiffies(V3NPU_INVALIDATE_RETRY_MS));
		}
		drm_dev_exit(idx);
		if (ret)
			return;
	} else {
		wait_for_completion(&mmu->stopped);
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

	as->root = v3npu_pt_alloc(vdev, 2);
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
	v3npu_pt_free(vdev, as->root, 2);
	as->root = NULL;
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
	for (slot = 0; slot < V3NPU_NUM_AS; slot++)
		if (mmu->slots[slot])
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
		v3npu_pt_free(vdev, as->root, 2);
		as->root = NULL;
	}
	mutex_unlock(&vdev->mmu.lock);
	dma_pool_destroy(vdev->mmu.pool);
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
	spin_lock_init(&mmu->retired_lock);
	INIT_LIST_HEAD(&mmu->all);
	INIT_LIST_HEAD(&mmu->retired);
	INIT_DELAYED_WORK(&mmu->work, v3npu_mmu_work);

	mmu->pool = dma_pool_create("v3npu page tables", vdev->drm.dev, V3NPU_PAGE_SIZE,
				    V3NPU_PAGE_SIZE, 0);
	if (!mmu->pool)
		return -ENOMEM;
	ret = devm_add_action_or_reset(vdev->drm.dev, v3npu_mmu_release, vdev);
	if (ret)
		return ret;

	ret = v3npu_mmu_as_init(vdev, &mmu->system);
	if (ret)
		return ret;
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
