/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_AS_H__
#define __V3NPU_AS_H__

#include <linux/kref.h>
#include <linux/mutex.h>

#include <drm/drm_gpuvm.h>
#include <drm/drm_mm.h>

#include "v3npu_mmu.h"

struct v3npu_device;

/**
 * struct v3npu_as - the address space of one open file
 * @base: its mappings; contexts and mappings hold references
 * @vdev: device
 * @mm: which addresses are taken
 * @mmu: page tables
 */
struct v3npu_as {
	struct drm_gpuvm base;
	struct v3npu_device *vdev;
	/**
	 * @lock: protects @base's tree, @mm and the tables of @mmu; memory is allocated
	 * while it is held, so it is not for the path that signals fences
	 */
	struct mutex lock;
	struct drm_mm mm;
	struct v3npu_mmu_as mmu;
};

/**
 * struct v3npu_mapping - a buffer in an address space
 * @base: what is mapped where
 * @node: its addresses in v3npu_as.mm
 * @refs: one for each handle of the file and one for each job that listed the
 *	buffer; it is unmapped with the last
 * @retired: to give up buffer and addresses when the NPU cannot reach it
 */
struct v3npu_mapping {
	struct drm_gpuva base;
	struct drm_mm_node node;
	struct kref refs;
	struct v3npu_retired retired;
};

struct v3npu_as *v3npu_as_create(struct v3npu_device *vdev);

static inline struct v3npu_as *v3npu_as_get(struct v3npu_as *as)
{
	drm_gpuvm_get(&as->base);
	return as;
}

static inline void v3npu_as_put(struct v3npu_as *as)
{
	drm_gpuvm_put(&as->base);
}

int v3npu_as_map(struct v3npu_as *as, struct drm_gem_object *obj);
struct v3npu_mapping *v3npu_mapping_get(struct v3npu_as *as, struct drm_gem_object *obj);
void v3npu_mapping_put(struct v3npu_mapping *mapping);

#endif /* __V3NPU_AS_H__ */
