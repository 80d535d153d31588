/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that the driver is built for, Linux 6.12 to
 * 7.3. The driver is written for the newest; older ones get its names here.
 */
#ifndef __V3NPU_COMPAT_H__
#define __V3NPU_COMPAT_H__

#include <linux/module.h>
#include <linux/version.h>

#include "v3npu_drv.h"

#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 3, 0)
/* 7.3 keeps lists of mappings for the buffers of every driver, without asking */
#define DRIVER_GEM_GPUVA	0
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
/* 7.0 added to its name that the buffer's reservation is held */
#define drm_gpuvm_bo_obtain_locked	drm_gpuvm_bo_obtain
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
/*
 * 7.0 mounts a file system of huge pages for a device, and makes new buffers in
 * it; before, the driver keeps it in v3npu_bos.huge_mnt.
 */
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>

#include <drm/drm_managed.h>

static inline void v3npu_compat_huge_mnt_free(struct drm_device *drm, void *mnt)
{
	kern_unmount(mnt);
}

static inline int drm_gem_huge_mnt_create(struct drm_device *drm, const char *value)
{
	struct file_system_type *type;
	struct vfsmount *mnt;
	char options[32];
	int ret;

	if (!IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE))
		return 0;

	/* The kernel itself has it, so that there is no reference to drop */
	type = get_fs_type("tmpfs");
	snprintf(options, sizeof(options), "huge=%s", value);
	mnt = vfs_kern_mount(type, SB_KERNMOUNT, "tmpfs", options);
	if (IS_ERR(mnt))
		return PTR_ERR(mnt);

	ret = drmm_add_action_or_reset(drm, v3npu_compat_huge_mnt_free, mnt);
	if (!ret)
		to_v3npu_device(drm)->bos.huge_mnt = mnt;

	return ret;
}

static inline struct drm_gem_shmem_object *
v3npu_compat_gem_shmem_create(struct drm_device *drm, size_t size)
{
	struct drm_gem_shmem_object *shmem = drm_gem_shmem_create(drm, size);
	struct vfsmount *mnt = to_v3npu_device(drm)->bos.huge_mnt;
	struct file *filp;

	if (IS_ERR(shmem) || !mnt)
		return shmem;

	filp = shmem_file_setup_with_mnt(mnt, "drm mm object", shmem->base.size, VM_NORESERVE);
	if (IS_ERR(filp)) {
		drm_gem_object_put(&shmem->base);
		return ERR_CAST(filp);
	}
	mapping_set_gfp_mask(filp->f_mapping, mapping_gfp_mask(shmem->base.filp->f_mapping));
	/* Nobody else knows the buffer yet, and it has no pages */
	fput(shmem->base.filp);
	shmem->base.filp = filp;

	return shmem;
}

#define drm_gem_shmem_create	v3npu_compat_gem_shmem_create

/* Nor does it map such pages for the CPU in one piece */
#define drm_gem_get_unmapped_area	NULL
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
/* 6.13 wants the name space as a string */
#undef MODULE_IMPORT_NS
#define MODULE_IMPORT_NS(ns)		MODULE_INFO(import_ns, ns)
#endif

#endif /* __V3NPU_COMPAT_H__ */
