// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers: shmem objects that are mapped into the address space of every file
 * that has a handle of them.
 */

#include <linux/dma-resv.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <drm/drm_utils.h>

#include "v3npu_as.h"
#include "v3npu_drv.h"
#include "v3npu_gem.h"

#define V3NPU_BO_SIZE_MAX	(4ull * SZ_1G)

/* A file got a handle, by BO_CREATE or by importing a dma-buf */
static int v3npu_gem_open(struct drm_gem_object *obj, struct drm_file *file)
{
	struct v3npu_file *vfile = file->driver_priv;

	return v3npu_as_map(vfile->as, obj);
}

static void v3npu_gem_close(struct drm_gem_object *obj, struct drm_file *file)
{
	struct v3npu_file *vfile = file->driver_priv;
	struct v3npu_mapping *mapping = v3npu_mapping_get(vfile->as, obj);

	if (!mapping)
		return;

	v3npu_mapping_put(mapping);
	/* The handle's own reference */
	v3npu_mapping_put(mapping);
}

static void v3npu_gem_free(struct drm_gem_object *obj)
{
	mutex_destroy(&to_v3npu_bo(obj)->gpuva_lock);
	drm_gem_shmem_free(to_drm_gem_shmem_obj(obj));
}

static const struct drm_gem_object_funcs v3npu_gem_funcs = {
	.free = v3npu_gem_free,
	.open = v3npu_gem_open,
	.close = v3npu_gem_close,
	.print_info = drm_gem_shmem_object_print_info,
	.pin = drm_gem_shmem_object_pin,
	.unpin = drm_gem_shmem_object_unpin,
	.get_sg_table = drm_gem_shmem_object_get_sg_table,
	.vmap = drm_gem_shmem_object_vmap,
	.vunmap = drm_gem_shmem_object_vunmap,
	.mmap = drm_gem_shmem_object_mmap,
	.vm_ops = &drm_gem_shmem_vm_ops,
};

/* drm_driver.gem_create_object: the helpers fill in the rest */
struct drm_gem_object *v3npu_gem_create_object(struct drm_device *drm, size_t size)
{
	struct v3npu_bo *bo;

	bo = kzalloc(sizeof(*bo), GFP_KERNEL);
	if (!bo)
		return ERR_PTR(-ENOMEM);

	mutex_init(&bo->gpuva_lock);
	bo->base.base.funcs = &v3npu_gem_funcs;
	drm_gem_gpuva_set_lock(&bo->base.base, &bo->gpuva_lock);

	return &bo->base.base;
}

/* Where the file's address space has the buffer */
static int v3npu_bo_va(struct drm_file *file, struct drm_gem_object *obj, u64 *va)
{
	struct v3npu_file *vfile = file->driver_priv;
	struct v3npu_mapping *mapping = v3npu_mapping_get(vfile->as, obj);

	/* Another thread closed the handle meanwhile */
	if (!mapping)
		return -ENOENT;

	*va = mapping->base.va.addr;
	v3npu_mapping_put(mapping);

	return 0;
}

int v3npu_bo_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_v3npu_bo_create *args = data;
	struct drm_gem_shmem_object *shmem;
	int ret;

	if (args->flags & ~DRM_V3NPU_BO_NPU_READONLY)
		return -EINVAL;
	if (!args->size || args->size > V3NPU_BO_SIZE_MAX)
		return -EINVAL;
	/* What can never fit would push everything else out of memory before it fails */
	if (args->size >> PAGE_SHIFT >= totalram_pages())
		return -ENOMEM;

	shmem = drm_gem_shmem_create(drm, args->size);
	if (IS_ERR(shmem))
		return PTR_ERR(shmem);
	to_v3npu_bo(&shmem->base)->flags = args->flags;

	ret = drm_gem_handle_create(file, &shmem->base, &args->handle);
	if (!ret) {
		args->size = shmem->base.size;
		ret = v3npu_bo_va(file, &shmem->base, &args->va);
	}
	drm_gem_object_put(&shmem->base);

	return ret;
}

int v3npu_bo_mmap_offset_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_v3npu_bo_mmap_offset *args = data;

	if (args->pad)
		return -EINVAL;

	return drm_gem_dumb_map_offset(file, drm, args->handle, &args->offset);
}

int v3npu_bo_info_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_v3npu_bo_info *args = data;
	struct drm_gem_object *obj;
	int ret;

	obj = drm_gem_object_lookup(file, args->handle);
	if (!obj)
		return -ENOENT;

	args->flags = to_v3npu_bo(obj)->flags;
	args->size = obj->size;
	ret = v3npu_bo_va(file, obj, &args->va);
	drm_gem_object_put(obj);

	return ret;
}

int v3npu_bo_wait_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_v3npu_bo_wait *args = data;
	unsigned long timeout = drm_timeout_abs_to_jiffies(args->timeout_ns);
	struct drm_gem_object *obj;
	long ret;

	if (args->pad)
		return -EINVAL;

	obj = drm_gem_object_lookup(file, args->handle);
	if (!obj)
		return -ENOENT;

	if (timeout)
		ret = dma_resv_wait_timeout(obj->resv, DMA_RESV_USAGE_READ, true, timeout);
	else
		ret = dma_resv_test_signaled(obj->resv, DMA_RESV_USAGE_READ);
	drm_gem_object_put(obj);

	if (ret < 0)
		return ret;
	if (!ret)
		return args->timeout_ns ? -ETIMEDOUT : -EBUSY;

	return 0;
}
