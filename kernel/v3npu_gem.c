// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers: shmem objects that are mapped into the address space of every file
 * that has a handle of them.
 */

#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <drm/drm_drv.h>
#include <drm/drm_managed.h>
#include <drm/drm_prime.h>
#include <drm/drm_print.h>
#include <drm/drm_utils.h>

#include "v3npu_as.h"
#include "v3npu_compat.h"
#include "v3npu_drv.h"
#include "v3npu_gem.h"

#define V3NPU_BO_SIZE_MAX	(4ull * SZ_1G)

MODULE_IMPORT_NS("DMA_BUF");

/* A file got a handle, by BO_CREATE or by importing a dma-buf */
static int v3npu_gem_open(struct drm_gem_object *obj, struct drm_file *file)
{
	struct v3npu_file *vfile = file->driver_priv;
	int ret;

	if (!atomic_add_unless(&vfile->num_bos, 1, V3NPU_FILE_BOS_MAX))
		return -ENOSPC;
	ret = v3npu_as_map(vfile->as, obj);
	if (ret)
		atomic_dec(&vfile->num_bos);

	return ret;
}

static void v3npu_gem_close(struct drm_gem_object *obj, struct drm_file *file)
{
	struct v3npu_file *vfile = file->driver_priv;
	struct v3npu_mapping *mapping = v3npu_mapping_get(vfile->as, obj);

	atomic_dec(&vfile->num_bos);
	if (!mapping)
		return;

	v3npu_mapping_put(mapping);
	/* The handle's own reference */
	v3npu_mapping_put(mapping);
}

static void v3npu_bo_add(struct v3npu_bo *bo)
{
	struct v3npu_bos *bos = &to_v3npu_device(bo->base.base.dev)->bos;

	mutex_lock(&bos->lock);
	if (list_empty(&bo->link))
		list_add(&bo->link, &bos->list);
	mutex_unlock(&bos->lock);
}

/**
 * v3npu_gem_map_dma() - map a buffer for the device's DMA, unless it is already
 * @obj: buffer; its memory is allocated
 *
 * It stays mapped until the buffer is freed or the device removed.
 *
 * Return: the buffer's memory, or an error pointer; -ENODEV when the device is gone.
 */
struct sg_table *v3npu_gem_map_dma(struct drm_gem_object *obj)
{
	struct sg_table *sgt;
	int idx;

	if (!drm_dev_enter(obj->dev, &idx))
		return ERR_PTR(-ENODEV);
	sgt = drm_gem_shmem_get_pages_sgt(to_drm_gem_shmem_obj(obj));
	if (!IS_ERR(sgt))
		v3npu_bo_add(to_v3npu_bo(obj));
	drm_dev_exit(idx);

	return sgt;
}

/* drm_driver.gem_prime_import: the dma-buf is mapped for DMA at once */
struct drm_gem_object *v3npu_gem_prime_import(struct drm_device *drm, struct dma_buf *dma_buf)
{
	struct drm_gem_object *obj;
	int idx;

	if (!drm_dev_enter(drm, &idx))
		return ERR_PTR(-ENODEV);
	obj = drm_gem_prime_import(drm, dma_buf);
	if (!IS_ERR(obj)) {
		/* Unless it is one of ours that comes back; the reference is the import's */
		if (obj->import_attach)
			to_v3npu_bo(obj)->dma_buf = dma_buf;
		v3npu_bo_add(to_v3npu_bo(obj));
	}
	drm_dev_exit(idx);

	return obj;
}

/* Take a buffer off the list and undo its mapping; its pages stay */
static void v3npu_bo_unmap_dma(struct v3npu_bo *bo)
{
	struct drm_gem_object *obj = &bo->base.base;
	struct sg_table *sgt = bo->base.sgt;

	list_del_init(&bo->link);
	if (!sgt)
		return;

	bo->base.sgt = NULL;
	if (obj->import_attach) {
		dma_buf_unmap_attachment_unlocked(obj->import_attach, sgt, DMA_BIDIRECTIONAL);
		/* The exporter may keep the mapping as long as something is attached */
		dma_buf_detach(bo->dma_buf, obj->import_attach);
		obj->import_attach = NULL;
	} else {
		dma_unmap_sgtable(obj->dev->dev, sgt, DMA_BIDIRECTIONAL, 0);
		sg_free_table(sgt);
		kfree(sgt);
	}
}

static void v3npu_gem_free(struct drm_gem_object *obj)
{
	struct v3npu_bos *bos = &to_v3npu_device(obj->dev)->bos;
	struct v3npu_bo *bo = to_v3npu_bo(obj);
	struct dma_buf *dma_buf = bo->dma_buf;

	/* Here and not in the helper, so that the device's removal waits for it */
	mutex_lock(&bos->lock);
	v3npu_bo_unmap_dma(bo);
	mutex_unlock(&bos->lock);

	drm_gem_shmem_free(&bo->base);
	/* Last, as the buffer's reservation is the dma-buf's */
	if (dma_buf)
		dma_buf_put(dma_buf);
}

/* All memory of a mapped buffer is there; it goes with the last mapping's buffer */
static enum drm_gem_object_status v3npu_gem_status(struct drm_gem_object *obj)
{
	return to_drm_gem_shmem_obj(obj)->sgt ? DRM_GEM_OBJECT_RESIDENT : 0;
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
	.status = v3npu_gem_status,
};

/* drm_driver.gem_create_object: the helpers fill in the rest */
struct drm_gem_object *v3npu_gem_create_object(struct drm_device *drm, size_t size)
{
	struct v3npu_bo *bo;

	bo = kzalloc(sizeof(*bo), GFP_KERNEL_ACCOUNT);
	if (!bo)
		return ERR_PTR(-ENOMEM);

	INIT_LIST_HEAD(&bo->link);
	bo->base.base.funcs = &v3npu_gem_funcs;

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

static void v3npu_gem_release(struct drm_device *drm, void *data)
{
	mutex_destroy(&to_v3npu_device(drm)->bos.lock);
}

/**
 * v3npu_gem_init() - make what buffers need, which lives as long as the DRM device
 * @vdev: device
 *
 * Return: 0 or -ENOMEM.
 */
int v3npu_gem_init(struct v3npu_device *vdev)
{
	int ret;

	mutex_init(&vdev->bos.lock);
	INIT_LIST_HEAD(&vdev->bos.list);
	ret = drmm_add_action_or_reset(&vdev->drm, v3npu_gem_release, NULL);
	if (ret)
		return ret;

	/* The NPU's MMU has large pages, too; but small ones do as well */
	ret = drm_gem_huge_mnt_create(&vdev->drm, "within_size");
	if (ret)
		drm_info(&vdev->drm, "no huge pages for buffers: error %d\n", ret);

	return 0;
}

/**
 * v3npu_gem_fini() - undo all mappings for DMA, which must not outlive the device
 * @vdev: unplugged device that does no DMA any more
 *
 * Open files and dma-bufs keep their buffers, and programs can still read them.
 */
void v3npu_gem_fini(struct v3npu_device *vdev)
{
	struct v3npu_bo *bo, *next;

	/* An ioctl that began before may be exporting what was imported, by its attachment */
	mutex_lock(&vdev->drm.object_name_lock);
	mutex_lock(&vdev->bos.lock);
	list_for_each_entry_safe(bo, next, &vdev->bos.list, link)
		v3npu_bo_unmap_dma(bo);
	mutex_unlock(&vdev->bos.lock);
	mutex_unlock(&vdev->drm.object_name_lock);
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
