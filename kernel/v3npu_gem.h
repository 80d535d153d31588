/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_GEM_H__
#define __V3NPU_GEM_H__

#include <linux/list.h>
#include <linux/mutex.h>

#include <drm/drm_gem_shmem_helper.h>

struct dma_buf;
struct v3npu_device;
struct vfsmount;

/**
 * struct v3npu_bos - a device's buffers
 * @list: of struct v3npu_bo: those that are mapped for its DMA
 * @huge_mnt: what they are made in, where DRM does not keep it, or NULL
 */
struct v3npu_bos {
	/** @lock: protects @list, and the end of these mappings */
	struct mutex lock;
	struct list_head list;
	struct vfsmount *huge_mnt;
};

/**
 * struct v3npu_bo - a buffer
 * @base: its memory
 * @flags: DRM_V3NPU_BO_*
 * @dma_buf: what it was imported from, with a reference; otherwise NULL
 */
struct v3npu_bo {
	struct drm_gem_shmem_object base;
	u32 flags;
	struct dma_buf *dma_buf;
	/** @link: in v3npu_bos.list */
	struct list_head link;
};

static inline struct v3npu_bo *to_v3npu_bo(struct drm_gem_object *obj)
{
	return container_of(to_drm_gem_shmem_obj(obj), struct v3npu_bo, base);
}

int v3npu_gem_init(struct v3npu_device *vdev);
void v3npu_gem_fini(struct v3npu_device *vdev);

struct sg_table *v3npu_gem_map_dma(struct drm_gem_object *obj);
struct drm_gem_object *v3npu_gem_create_object(struct drm_device *drm, size_t size);
struct drm_gem_object *v3npu_gem_prime_import(struct drm_device *drm, struct dma_buf *dma_buf);

int v3npu_bo_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int v3npu_bo_mmap_offset_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int v3npu_bo_info_ioctl(struct drm_device *drm, void *data, struct drm_file *file);
int v3npu_bo_wait_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* __V3NPU_GEM_H__ */
