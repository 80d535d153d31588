/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_DRV_H__
#define __V3NPU_DRV_H__

#include <linux/io.h>
#include <linux/sizes.h>

#include <drm/drm_device.h>
#include <drm/drm_file.h>

#include "drm/v3npu_accel.h"
#include "v3npu/regs.h"

#include "v3npu_file.h"
#include "v3npu_fw.h"
#include "v3npu_gem.h"
#include "v3npu_ipc.h"
#include "v3npu_job.h"
#include "v3npu_mmu.h"
#include "v3npu_pm.h"
#include "v3npu_preempt.h"
#include "v3npu_reset.h"
#include "v3npu_stats.h"
#include "v3npu_watch.h"

/* Address 0 stays unmapped: it means "none" in command streams */
#define V3NPU_VA_START		SZ_1M
#define V3NPU_VA_END		V3NPU_VA_DRAM_END

struct v3npu_coredump;

/**
 * struct v3npu_device - one NPU
 * @drm: DRM device
 * @regs: V3NPU_BAR_REGS
 * @core_mem: V3NPU_BAR_CORE_MEM
 * @info: what DEV_QUERY returns
 * @wq: for work that waits for the NPU or must leave a DMA fence's signalling path
 * @fw: firmware image
 * @bos: buffers
 * @mmu: address spaces and invalidation
 * @ipc: rings and tables shared with the firmware
 * @users: who has files
 * @preempt: what the firmware put aside
 * @jobs: schedulers and jobs that the NPU has
 * @reset: recovery
 * @watch: notices that it is needed
 * @stats: what jobs have cost
 * @coredump: room for what is kept of a failure
 * @pm: power management
 */
struct v3npu_device {
	struct drm_device drm;
	void __iomem *regs;
	void __iomem *core_mem;
	struct drm_v3npu_dev_info info;
	struct workqueue_struct *wq;

	struct v3npu_fw fw;
	struct v3npu_bos bos;
	struct v3npu_mmu mmu;
	struct v3npu_ipc ipc;
	struct v3npu_users users;
	struct v3npu_preempt preempt;
	struct v3npu_jobs jobs;
	struct v3npu_reset reset;
	struct v3npu_watch watch;
	struct v3npu_stats stats;
	struct v3npu_coredump *coredump;
	struct v3npu_pm pm;
};

static inline struct v3npu_device *to_v3npu_device(struct drm_device *drm)
{
	return container_of(drm, struct v3npu_device, drm);
}

static inline u32 v3npu_read(struct v3npu_device *vdev, u32 reg)
{
	return readl(vdev->regs + reg);
}

static inline void v3npu_write(struct v3npu_device *vdev, u32 reg, u32 value)
{
	writel(value, vdev->regs + reg);
}

#endif /* __V3NPU_DRV_H__ */
