// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables, as hwabi/v3npu/regs.h describes them: three levels, with pages of
 * 4 KiB and 2 MiB.
 *
 * An entry that becomes present is complete before it is written, so the NPU
 * may walk the tables meanwhile. A table, once made, stays until all are freed.
 */

#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include <kunit/visibility.h>

#include "v3npu_pt.h"

/* A page of its own for each, which whoever maps a buffer is charged for, and gets back */
static struct v3npu_pt *v3npu_pt_alloc(struct device *dev, unsigned int level)
{
	struct v3npu_pt *pt;

	static_assert(PAGE_SIZE >= V3NPU_PAGE_SIZE);
	pt = kzalloc(struct_size(pt, child, level ? V3NPU_PT_ENTRIES : 0), GFP_KERNEL_ACCOUNT);
	if (!pt)
		return NULL;

	pt->entries = (u64 *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!pt->entries)
		goto err_free;
	/* Written while it is mapped: v3npu_check_dma() made sure that this works */
	pt->dma = dma_map_single(dev, pt->entries, V3NPU_PAGE_SIZE, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, pt->dma))
		goto err_free_page;

	return pt;

err_free_page:
	free_page((unsigned long)pt->entries);
err_free:
	kfree(pt);
	return NULL;
}

static void v3npu_pt_free(struct device *dev, struct v3npu_pt *pt, unsigned int level)
{
	unsigned int i;

	if (!pt)
		return;

	for (i = 0; level && i < V3NPU_PT_ENTRIES; i++)
		v3npu_pt_free(dev, pt->child[i], level - 1);
	dma_unmap_single(dev, pt->dma, V3NPU_PAGE_SIZE, DMA_TO_DEVICE);
	free_page((unsigned long)pt->entries);
	kfree(pt);
}

/**
 * v3npu_pt_create() - make tables that map nothing
 * @dev: who reads them, by DMA that is coherent and direct
 *
 * Return: the root, or NULL when there is no memory.
 */
struct v3npu_pt *v3npu_pt_create(struct device *dev)
{
	return v3npu_pt_alloc(dev, V3NPU_PT_ROOT_LEVEL);
}
EXPORT_SYMBOL_IF_KUNIT(v3npu_pt_create);

/**
 * v3npu_pt_destroy() - free all tables
 * @dev: as for v3npu_pt_create()
 * @root: the root, which the NPU does not use any more, or NULL
 */
void v3npu_pt_destroy(struct device *dev, struct v3npu_pt *root)
{
	v3npu_pt_free(dev, root, V3NPU_PT_ROOT_LEVEL);
}
EXPORT_SYMBOL_IF_KUNIT(v3npu_pt_destroy);

static unsigned int v3npu_pt_index(u64 va, unsigned int level)
{
	return (va >> V3NPU_PT_SHIFT(level)) % V3NPU_PT_ENTRIES;
}

/* The table of @level that holds the entry of @va, NULL if there is none */
static struct v3npu_pt *v3npu_pt_find(struct v3npu_pt *root, u64 va, unsigned int level)
{
	struct v3npu_pt *pt = root;
	unsigned int l;

	for (l = V3NPU_PT_ROOT_LEVEL; pt && l > level; l--)
		pt = pt->child[v3npu_pt_index(va, l)];

	return pt;
}

/* As v3npu_pt_find(), but makes the tables that are missing */
static struct v3npu_pt *v3npu_pt_make(struct device *dev, struct v3npu_pt *root, u64 va,
				      unsigned int level)
{
	struct v3npu_pt *pt = root;
	unsigned int l, i;

	for (l = V3NPU_PT_ROOT_LEVEL; l > level; l--) {
		i = v3npu_pt_index(va, l);
		if (!pt->child[i]) {
			pt->child[i] = v3npu_pt_alloc(dev, l - 1);
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
static u64 v3npu_pt_leaf(struct v3npu_pt *root, u64 va, dma_addr_t addr, u64 size,
			 unsigned int *level)
{
	if (IS_ALIGNED(va | addr, V3NPU_LARGE_PAGE_SIZE) && size >= V3NPU_LARGE_PAGE_SIZE &&
	    !v3npu_pt_find(root, va, 0)) {
		*level = 1;
		return V3NPU_LARGE_PAGE_SIZE;
	}
	*level = 0;
	return V3NPU_PAGE_SIZE;
}

/* Whether entries have room for these addresses, and tables for these pages */
static bool v3npu_pt_fits(u64 va, dma_addr_t addr, u64 size)
{
	return IS_ALIGNED(va | addr | size, V3NPU_PAGE_SIZE) &&
	       size <= V3NPU_VA_DRAM_END && va <= V3NPU_VA_DRAM_END - size &&
	       addr <= V3NPU_PTE_ADDR && size <= V3NPU_PTE_ADDR + V3NPU_PAGE_SIZE - addr;
}

/* Make all tables that v3npu_pt_fill() with the same arguments needs */
static int v3npu_pt_prepare(struct device *dev, struct v3npu_pt *root, u64 va, dma_addr_t addr,
			    u64 size)
{
	unsigned int level;
	u64 step;

	if (!v3npu_pt_fits(va, addr, size))
		return -EINVAL;

	for (; size; va += step, addr += step, size -= step) {
		step = v3npu_pt_leaf(root, va, addr, size, &level);
		if (!v3npu_pt_make(dev, root, va, level))
			return -ENOMEM;
	}

	return 0;
}

static void v3npu_pt_fill(struct v3npu_pt *root, u64 va, dma_addr_t addr, u64 size, bool write)
{
	u64 step, flags = V3NPU_PTE_VALID | (write ? V3NPU_PTE_WRITE : 0);
	struct v3npu_pt *pt;
	unsigned int level;

	for (; size; va += step, addr += step, size -= step) {
		step = v3npu_pt_leaf(root, va, addr, size, &level);
		pt = v3npu_pt_find(root, va, level);
		WRITE_ONCE(pt->entries[v3npu_pt_index(va, level)],
			   addr | flags | (level ? V3NPU_PTE_LARGE : 0));
	}
}

/**
 * v3npu_pt_map() - map contiguous memory where nothing is mapped
 * @dev: for tables
 * @root: the root; calls for one root must not overlap
 * @va: NPU address, a multiple of V3NPU_PAGE_SIZE
 * @addr: bus address, a multiple of V3NPU_PAGE_SIZE
 * @size: bytes, a multiple of V3NPU_PAGE_SIZE
 * @write: the NPU can write it
 *
 * Return: 0; -ENOMEM; -EINVAL when an address or the size is not such a multiple or
 * does not fit. After an error no memory is mapped.
 */
int v3npu_pt_map(struct device *dev, struct v3npu_pt *root, u64 va, dma_addr_t addr, u64 size,
		 bool write)
{
	int ret;

	ret = v3npu_pt_prepare(dev, root, va, addr, size);
	if (!ret)
		v3npu_pt_fill(root, va, addr, size, write);

	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(v3npu_pt_map);

/**
 * v3npu_pt_map_sgt() - map a buffer where nothing is mapped
 * @dev: for tables
 * @root: the root; calls for one root must not overlap
 * @va: NPU address, a multiple of V3NPU_PAGE_SIZE
 * @sgt: the buffer's memory, mapped for DMA
 * @size: bytes of the buffer, a multiple of V3NPU_PAGE_SIZE
 * @write: the NPU can write it
 *
 * Return: 0; -ENOMEM; -EINVAL when @sgt is smaller than @size or not made of whole
 * pages, or an address does not fit. After an error no memory is mapped.
 */
int v3npu_pt_map_sgt(struct device *dev, struct v3npu_pt *root, u64 va, struct sg_table *sgt,
		     u64 size, bool write)
{
	struct scatterlist *sg;
	u64 offset = 0;
	int i, ret;

	for_each_sgtable_dma_sg(sgt, sg, i) {
		u64 len = min_t(u64, sg_dma_len(sg), size - offset);

		ret = v3npu_pt_prepare(dev, root, va + offset, sg_dma_address(sg), len);
		if (ret)
			return ret;
		offset += len;
	}
	if (offset != size)
		return -EINVAL;

	offset = 0;
	for_each_sgtable_dma_sg(sgt, sg, i) {
		u64 len = min_t(u64, sg_dma_len(sg), size - offset);

		v3npu_pt_fill(root, va + offset, sg_dma_address(sg), len, write);
		offset += len;
	}

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(v3npu_pt_map_sgt);

/**
 * v3npu_pt_unmap() - clear the entries of a mapping
 * @root: the root; calls for one root must not overlap
 * @va: NPU address of a whole mapping
 * @size: its bytes
 */
void v3npu_pt_unmap(struct v3npu_pt *root, u64 va, u64 size)
{
	u64 end = va + size;

	while (va < end) {
		struct v3npu_pt *pt = v3npu_pt_find(root, va, 0);

		if (pt) {
			WRITE_ONCE(pt->entries[v3npu_pt_index(va, 0)], 0);
			va += V3NPU_PAGE_SIZE;
		} else {
			pt = v3npu_pt_find(root, va, 1);
			WRITE_ONCE(pt->entries[v3npu_pt_index(va, 1)], 0);
			va += V3NPU_LARGE_PAGE_SIZE;
		}
	}
}
EXPORT_SYMBOL_IF_KUNIT(v3npu_pt_unmap);
