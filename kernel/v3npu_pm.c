// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power: the device is off when nobody uses it, while the system sleeps, and
 * while PCI resets it. It knows nothing when it is on again, so its firmware
 * boots as after a reset, and gets the jobs that the NPU has. Page tables,
 * rings and what is to be written to registers are kept by the driver.
 *
 * Each job keeps the device on from its submission until it is freed. Some time
 * after the last one the device is turned off. Nothing else turns it on: who
 * wants to look at it has to take it as it is.
 *
 * When the system goes to sleep there may be jobs. The firmware puts aside the
 * one that runs, and goes on with it afterwards, so that no command runs twice. One
 * that takes too long for that is ended: nobody's job keeps a machine awake.
 */

#include <linux/delay.h>
#include <linux/dma-fence.h>
#include <linux/ktime.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>

#include <drm/drm_drv.h>
#include <drm/drm_managed.h>
#include <drm/drm_print.h>

#include "v3npu_drv.h"

/* Long enough for who computes every now and then, such as a picture a second */
#define V3NPU_AUTOSUSPEND_MS	2000
/* For a job that runs to be put aside: a command, or all of a job of the highest priority */
#define V3NPU_SLEEP_WAIT_MS	10000
/* The same; who resets a device may do so because a job hangs */
#define V3NPU_RESET_WAIT_MS	1000

/**
 * v3npu_pm_get() - turn the device on and keep it on
 * @vdev: device
 *
 * Return: 0, and v3npu_pm_put() must follow; -ENODEV when the device is gone; or
 * another negative error.
 */
int v3npu_pm_get(struct v3npu_device *vdev)
{
	int idx, ret;

	if (!drm_dev_enter(&vdev->drm, &idx))
		return -ENODEV;
	ret = pm_runtime_resume_and_get(vdev->drm.dev);
	drm_dev_exit(idx);

	return ret;
}

/**
 * v3npu_pm_put() - the device may be turned off in a while
 * @vdev: device
 */
void v3npu_pm_put(struct v3npu_device *vdev)
{
	pm_runtime_mark_last_busy(vdev->drm.dev);
	pm_runtime_put_autosuspend(vdev->drm.dev);
}

/**
 * v3npu_pm_enter() - keep the device as it is, on or off
 * @vdev: device; v3npu_pm_exit() must follow, and soon
 *
 * Return: whether it is on, and its registers and core memory can be used.
 */
bool v3npu_pm_enter(struct v3npu_device *vdev)
{
	/* So that lockdep knows what must not be done, whether or not a fence is signalled */
	bool cookie = dma_fence_begin_signalling();

	mutex_lock(&vdev->pm.lock);
	vdev->pm.cookie = cookie;

	return vdev->pm.on;
}

/**
 * v3npu_pm_exit() - the end of what v3npu_pm_enter() began
 * @vdev: device
 */
void v3npu_pm_exit(struct v3npu_device *vdev)
{
	bool cookie = vdev->pm.cookie;

	mutex_unlock(&vdev->pm.lock);
	dma_fence_end_signalling(cookie);
}

/* Whether nothing is lost if the device is turned off now */
static bool v3npu_pm_quiet(struct v3npu_device *vdev)
{
	/* For the boot after a reset that comes meanwhile, too */
	vdev->pm.pausing = true;
	return !vdev->pm.on || v3npu_jobs_none(vdev) ||
	       !pci_device_is_present(to_pci_dev(vdev->drm.dev)) || v3npu_fw_pause(vdev);
}

/* As v3npu_pm_enter(), when the device is quiet, and then return true, or after @wait_ms */
static bool v3npu_pm_enter_quiet(struct v3npu_device *vdev, unsigned int wait_ms)
{
	ktime_t end = ktime_add_ms(ktime_get(), wait_ms);

	for (;;) {
		v3npu_pm_enter(vdev);
		if (v3npu_pm_quiet(vdev))
			return true;
		if (ktime_after(ktime_get(), end))
			return false;
		v3npu_pm_exit(vdev);
		usleep_range(100, 500);
	}
}

/*
 * The cores of PM and PCI call what follows only while the driver is bound:
 * nothing of it meets v3npu_remove().
 */

/* What runs is lost to @reason if the device is not quiet; v3npu_pm_exit() is called */
static void v3npu_pm_turn_off(struct v3npu_device *vdev, bool quiet, const char *reason)
{
	int ret;

	if (vdev->pm.on) {
		ret = v3npu_reset_begin(vdev);
		if (!quiet)
			v3npu_reset_blame(vdev, NULL, reason, -EIO, DRM_V3NPU_FAULT_DEVICE,
					  false);
		vdev->pm.on = false;
		/* If it does not end its reset the MMU may still be in use */
		if (!ret)
			v3npu_mmu_suspend(vdev);
		v3npu_ipc_release_irqs(vdev);
	}
	v3npu_pm_exit(vdev);

	/* Both look at registers */
	v3npu_ipc_synchronize_irqs(vdev);
}

/* A reset that failed before is forgiven if the device was reset, or without power, since */
static void v3npu_pm_turn_on(struct v3npu_device *vdev, bool forgive)
{
	v3npu_pm_enter(vdev);
	if (forgive)
		v3npu_reset_forgive(vdev);
	if (!pci_device_is_present(to_pci_dev(vdev->drm.dev))) {
		/* Pulled out meanwhile: nobody else would end them before the driver is unbound */
		v3npu_jobs_fail_all(vdev, -ENODEV);
	} else if (!vdev->pm.on && !v3npu_reset_failed(vdev)) {
		vdev->pm.on = true;
		vdev->pm.pausing = false;
		v3npu_ipc_hold_irqs(vdev);
		v3npu_reset_boot(vdev);
		v3npu_reset_go_on(vdev);
	}
	v3npu_pm_exit(vdev);
}

static int v3npu_pm_runtime_suspend(struct device *dev)
{
	struct v3npu_device *vdev = dev_get_drvdata(dev);

	/* Without jobs it is quiet */
	v3npu_pm_enter(vdev);
	v3npu_pm_turn_off(vdev, true, NULL);

	return 0;
}

static int v3npu_pm_suspend(struct device *dev)
{
	struct v3npu_device *vdev = dev_get_drvdata(dev);

	v3npu_pm_turn_off(vdev, v3npu_pm_enter_quiet(vdev, V3NPU_SLEEP_WAIT_MS),
			  "the system goes to sleep");

	return 0;
}

static int v3npu_pm_runtime_resume(struct device *dev)
{
	v3npu_pm_turn_on(dev_get_drvdata(dev), false);

	return 0;
}

/* Nothing of the device is left, be it a state that no reset ended */
static int v3npu_pm_resume(struct device *dev)
{
	v3npu_pm_turn_on(dev_get_drvdata(dev), true);

	return 0;
}

const struct dev_pm_ops v3npu_pm_ops = {
	SYSTEM_SLEEP_PM_OPS(v3npu_pm_suspend, v3npu_pm_resume)
	RUNTIME_PM_OPS(v3npu_pm_runtime_suspend, v3npu_pm_runtime_resume, NULL)
};

static void v3npu_pm_reset_prepare(struct pci_dev *pdev)
{
	struct v3npu_device *vdev = pci_get_drvdata(pdev);

	v3npu_pm_turn_off(vdev, v3npu_pm_enter_quiet(vdev, V3NPU_RESET_WAIT_MS), "reset by PCI");
}

static void v3npu_pm_reset_done(struct pci_dev *pdev)
{
	v3npu_pm_turn_on(pci_get_drvdata(pdev), true);
}

/* The bus reported an error: the device may be out of reach until it was reset */
static pci_ers_result_t v3npu_pm_error_detected(struct pci_dev *pdev, pci_channel_state_t state)
{
	struct v3npu_device *vdev = pci_get_drvdata(pdev);

	/* Not quietly: the job that runs may be why */
	v3npu_pm_enter(vdev);
	v3npu_pm_turn_off(vdev, false, "bus error");
	if (state != pci_channel_io_perm_failure)
		return PCI_ERS_RESULT_NEED_RESET;

	/* Nothing comes after this but the removal, perhaps */
	v3npu_pm_enter(vdev);
	v3npu_reset_give_up(vdev);
	v3npu_pm_exit(vdev);

	return PCI_ERS_RESULT_DISCONNECT;
}

static pci_ers_result_t v3npu_pm_slot_reset(struct pci_dev *pdev)
{
	pci_restore_state(pdev);
	/* For the next time */
	pci_save_state(pdev);

	return PCI_ERS_RESULT_RECOVERED;
}

const struct pci_error_handlers v3npu_pm_error_handlers = {
	.error_detected = v3npu_pm_error_detected,
	.slot_reset = v3npu_pm_slot_reset,
	.resume = v3npu_pm_reset_done,
	.reset_prepare = v3npu_pm_reset_prepare,
	.reset_done = v3npu_pm_reset_done,
};

/**
 * v3npu_pm_shutdown() - leave a device behind that does no DMA
 * @vdev: device of a system that shuts down, or is about to start another kernel
 */
void v3npu_pm_shutdown(struct v3npu_device *vdev)
{
	v3npu_pm_enter(vdev);
	v3npu_pm_turn_off(vdev, true, NULL);
	pci_clear_master(to_pci_dev(vdev->drm.dev));
}

/**
 * v3npu_pm_init() - prepare power management
 * @vdev: device that is on
 *
 * Return: 0 or -ENOMEM.
 */
int v3npu_pm_init(struct v3npu_device *vdev)
{
	vdev->pm.on = true;

	return drmm_mutex_init(&vdev->drm, &vdev->pm.lock);
}

/**
 * v3npu_pm_start() - let the device be turned off when it is not used
 * @vdev: device that works
 */
void v3npu_pm_start(struct v3npu_device *vdev)
{
	struct device *dev = vdev->drm.dev;

	pm_runtime_set_autosuspend_delay(dev, V3NPU_AUTOSUSPEND_MS);
	pm_runtime_use_autosuspend(dev);
	/* PCI devices are kept on unless somebody says otherwise */
	pm_runtime_allow(dev);
	v3npu_pm_put(vdev);
}

/**
 * v3npu_pm_fini() - undo v3npu_pm_start()
 * @vdev: unplugged device, which PCI's core has turned on
 */
void v3npu_pm_fini(struct v3npu_device *vdev)
{
	struct device *dev = vdev->drm.dev;

	pm_runtime_get_noresume(dev);
	pm_runtime_forbid(dev);
	pm_runtime_dont_use_autosuspend(dev);
}
