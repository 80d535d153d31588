/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_PM_H__
#define __V3NPU_PM_H__

#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/types.h>

struct v3npu_device;

/**
 * struct v3npu_pm - power management
 * @pausing: the firmware is to be paused, also when it boots; with @lock held
 * @cookie: of dma_fence_begin_signalling(), of who has @lock
 * @on: the firmware runs, and registers and core memory can be used; changed only
 *	with @lock held
 */
struct v3npu_pm {
	/**
	 * @lock: held by whoever gives jobs to the NPU, resets it, turns it on or off, or
	 * needs it to stay as it is. Fences may wait for it, so nothing that waits for
	 * memory is done while it is held.
	 */
	struct mutex lock;
	bool cookie;
	bool pausing;
	bool on;
};

extern const struct dev_pm_ops v3npu_pm_ops;
extern const struct pci_error_handlers v3npu_pm_error_handlers;

int v3npu_pm_init(struct v3npu_device *vdev);
void v3npu_pm_start(struct v3npu_device *vdev);
void v3npu_pm_fini(struct v3npu_device *vdev);

int v3npu_pm_get(struct v3npu_device *vdev);
void v3npu_pm_put(struct v3npu_device *vdev);
void v3npu_pm_shutdown(struct v3npu_device *vdev);
bool v3npu_pm_enter(struct v3npu_device *vdev);
void v3npu_pm_exit(struct v3npu_device *vdev);

#endif /* __V3NPU_PM_H__ */
