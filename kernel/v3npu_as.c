// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address spaces: which buffer is where.
 *
 * References: a mapping holds its buffer and its address space; a context
 * holds its address space; a job holds its context and the mappings of the
 * buffers that it listed. So a job that outlives its file keeps running in
 * valid tables, and what it did not list is unmapped before it is freed.
 *
 * Lock order: v3npu_as.lock, the buffers' reservations, which protect the lists
 * of their mappings, too.
 */

#include <linux/dma-resv.h>
#include <linux/slab.h>

#include "v3npu_as.h"
#include "v3npu_compat.h"
#include "v3npu_drv.h"
#include "v3npu_gem.h"

static struct v3npu_as *to_v3npu_as(struct drm_gpuvm *vm)
{
	return container_of(vm, struct v3npu_as, base);
}

/* The last reference is gone: no file, context, job or mapping, so no slot either */
static void v3npu_as_free(struct drm_gpuvm *vm)
{
	struct v3npu_as *as = to_v3npu_as(vm);

	v3npu_mmu_as_fini(as->vdev, &as->mmu);
	drm_mm_takedown(&as->mm);
	mutex_destroy(&as->lock);
	kfree(as);
}

static const struct drm_gpuvm_ops v3npu_gpuvm_ops = {
	.vm_free = v3npu_as_free,
};

/**
 * v3npu_as_create() - make an empty address space
 * @vdev: device
 *
 * Return: the address space, to be given up with v3npu_as_put(), or an error pointer.
 */
struct v3npu_as *v3npu_as_create(struct v3npu_device *vdev)
{
	struct drm_gem_object *resv;
	struct v3npu_as *as;
	int ret;

	as = kzalloc(sizeof(*as), GFP_KERNEL_ACCOUNT);
	if (!as)
		return ERR_PTR(-ENOMEM);

	resv = drm_gpuvm_resv_object_alloc(&vdev->drm);
	if (!resv) {
		ret = -ENOMEM;
		goto err_free;
	}

	ret = v3npu_mmu_as_init(vdev, &as->mmu);
	if (ret)
		goto err_put_resv;

	as->vdev = vdev;
	mutex_init(&as->lock);
	drm_mm_init(&as->mm, V3NPU_VA_START, V3NPU_VA_END - V3NPU_VA_START);
	drm_gpuvm_init(&as->base, "v3npu", 0, &vdev->drm, resv, V3NPU_VA_START,
		       V3NPU_VA_END - V3NPU_VA_START, 0, 0, &v3npu_gpuvm_ops);
	drm_gem_object_put(resv);

	return as;

err_put_resv:
	drm_gem_object_put(resv);
err_free:
	kfree(as);
	return ERR_PTR(ret);
}

static void v3npu_mapping_release(struct v3npu_device *vdev, struct v3npu_retired *retired)
{
	struct v3npu_mapping *mapping = container_of(retired, struct v3npu_mapping, retired);
	struct drm_gem_object *obj = mapping->base.gem.obj;
	struct v3npu_as *as = to_v3npu_as(mapping->base.vm);

	mutex_lock(&as->lock);
	drm_mm_remove_node(&mapping->node);
	mutex_unlock(&as->lock);

	drm_gem_object_put(obj);
	v3npu_as_put(as);
	kfree(mapping);
}

/* Clear the entries and forget the mapping; as->lock is held, the caller retires it */
static void v3npu_mapping_remove(struct v3npu_mapping *mapping)
{
	struct v3npu_as *as = to_v3npu_as(mapping->base.vm);
	struct drm_gem_object *obj = mapping->base.gem.obj;

	v3npu_mmu_unmap(as->vdev, &as->mmu, mapping->base.va.addr, mapping->base.va.range);

	/* Unlinking drops references of both; they are kept until the mapping is released */
	drm_gem_object_get(obj);
	v3npu_as_get(as);
	dma_resv_lock(obj->resv, NULL);
	drm_gpuva_unlink(&mapping->base);
	dma_resv_unlock(obj->resv);
	drm_gpuva_remove(&mapping->base);
}

static void v3npu_mapping_retire(struct v3npu_mapping *mapping)
{
	struct v3npu_as *as = to_v3npu_as(mapping->base.vm);

	mapping->retired.release = v3npu_mapping_release;
	v3npu_mmu_retire(as->vdev, &as->mmu, &mapping->retired);
}

static void v3npu_mapping_free(struct kref *refs)
{
	struct v3npu_mapping *mapping = container_of(refs, struct v3npu_mapping, refs);
	struct v3npu_as *as = to_v3npu_as(mapping->base.vm);

	v3npu_mapping_remove(mapping);
	mutex_unlock(&as->lock);
	v3npu_mapping_retire(mapping);
}

/**
 * v3npu_mapping_put() - give up a reference
 * @mapping: unmapped with its last reference; can sleep
 */
void v3npu_mapping_put(struct v3npu_mapping *mapping)
{
	kref_put_mutex(&mapping->refs, v3npu_mapping_free,
		       &to_v3npu_as(mapping->base.vm)->lock);
}

/* as->lock is held, so the mapping found is not on its way out */
static struct v3npu_mapping *v3npu_mapping_find(struct v3npu_as *as, struct drm_gem_object *obj)
{
	struct v3npu_mapping *mapping = NULL;
	struct drm_gpuvm_bo *vm_bo;

	dma_resv_lock(obj->resv, NULL);
	vm_bo = drm_gpuvm_bo_find(&as->base, obj);
	if (vm_bo) {
		mapping = list_first_entry(&vm_bo->list.gpuva, struct v3npu_mapping,
					   base.gem.entry);
		drm_gpuvm_bo_put(vm_bo);
	}
	dma_resv_unlock(obj->resv);

	return mapping;
}

/**
 * v3npu_mapping_get() - find a buffer in an address space
 * @as: address space
 * @obj: buffer
 *
 * Return: its mapping with a reference for the caller, or NULL.
 */
struct v3npu_mapping *v3npu_mapping_get(struct v3npu_as *as, struct drm_gem_object *obj)
{
	struct v3npu_mapping *mapping;

	mutex_lock(&as->lock);
	mapping = v3npu_mapping_find(as, obj);
	if (mapping)
		kref_get(&mapping->refs);
	mutex_unlock(&as->lock);

	return mapping;
}

/* Enter the buffer into gpuvm's tree and list; as->lock is held */
static int v3npu_mapping_insert(struct v3npu_as *as, struct v3npu_mapping *mapping)
{
	struct drm_gem_object *obj = mapping->base.gem.obj;
	struct drm_gpuvm_bo *vm_bo;
	int ret;

	ret = drm_gpuva_insert(&as->base, &mapping->base);
	if (ret)
		return ret;

	dma_resv_lock(obj->resv, NULL);
	vm_bo = drm_gpuvm_bo_obtain_locked(&as->base, obj);
	if (!IS_ERR(vm_bo)) {
		drm_gpuva_link(&mapping->base, vm_bo);
		drm_gpuvm_bo_put(vm_bo);
	}
	dma_resv_unlock(obj->resv);

	if (IS_ERR(vm_bo)) {
		drm_gpuva_remove(&mapping->base);
		return PTR_ERR(vm_bo);
	}

	return 0;
}

static int v3npu_mapping_create(struct v3npu_as *as, struct drm_gem_object *obj,
				struct sg_table *sgt)
{
	bool write = !(to_v3npu_bo(obj)->flags & DRM_V3NPU_BO_NPU_READONLY);
	bool large = obj->size >= V3NPU_LARGE_PAGE_SIZE;
	struct drm_gpuva_op_map op = {
		.va.range = obj->size,
		.gem.obj = obj,
	};
	struct v3npu_mapping *mapping;
	int ret;

	mapping = kzalloc(sizeof(*mapping), GFP_KERNEL_ACCOUNT);
	if (!mapping)
		return -ENOMEM;
	kref_init(&mapping->refs);

	/* Small buffers from below and large ones from above: 2 MiB pages need whole tables */
	ret = drm_mm_insert_node_generic(&as->mm, &mapping->node, obj->size,
					 large ? V3NPU_LARGE_PAGE_SIZE : V3NPU_PAGE_SIZE, 0,
					 large ? DRM_MM_INSERT_HIGH : DRM_MM_INSERT_LOW);
	if (ret)
		goto err_free;

	op.va.addr = mapping->node.start;
	drm_gpuva_init_from_op(&mapping->base, &op);
	ret = v3npu_mapping_insert(as, mapping);
	if (ret)
		goto err_remove_node;

	ret = v3npu_mmu_map_sgt(as->vdev, &as->mmu, mapping->node.start, sgt, obj->size, write);
	if (ret)
		goto err_remove;

	return 0;

err_remove:
	dma_resv_lock(obj->resv, NULL);
	drm_gpuva_unlink(&mapping->base);
	dma_resv_unlock(obj->resv);
	drm_gpuva_remove(&mapping->base);
err_remove_node:
	drm_mm_remove_node(&mapping->node);
err_free:
	kfree(mapping);
	return ret;
}

/**
 * v3npu_as_map() - map a buffer, or add a reference to its mapping
 * @as: address space
 * @obj: buffer; its memory is allocated and stays
 *
 * Return: 0, and the caller owns a reference of the mapping; -ENOSPC when no
 * address is left; or another negative error.
 */
int v3npu_as_map(struct v3npu_as *as, struct drm_gem_object *obj)
{
	struct v3npu_mapping *mapping;
	struct sg_table *sgt;
	int ret = 0;

	sgt = v3npu_gem_map_dma(obj);
	if (IS_ERR(sgt))
		return PTR_ERR(sgt);

	mutex_lock(&as->lock);
	mapping = v3npu_mapping_find(as, obj);
	if (mapping)
		kref_get(&mapping->refs);
	else
		ret = v3npu_mapping_create(as, obj, sgt);
	mutex_unlock(&as->lock);

	return ret;
}
