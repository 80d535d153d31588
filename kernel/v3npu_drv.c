// SPDX-License-Identifier: GPL-2.0-only
/* The device's life: probe, the ioctl table, removal. */

#include <linux/dma-mapping.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/pci.h>

#include <drm/drm_accel.h>
#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_gem_shmem_helper.h>
#include <drm/drm_ioctl.h>
#include <drm/drm_managed.h>
#include <drm/drm_print.h>

#include "v3npu/cmd.h"

#include "v3npu_compat.h"
#include "v3npu_coredump.h"
#include "v3npu_ctx.h"
#include "v3npu_debugfs.h"
#include "v3npu_drv.h"
#include "v3npu_gem.h"
#include "v3npu_history.h"
#include "v3npu_query.h"
#include "v3npu_submit.h"
#include "v3npu_sysfs.h"

#define V3NPU_JOB_TIMEOUT_MIN_MS	100
#define V3NPU_JOB_TIMEOUT_MAX_MS	600000

static unsigned int job_timeout_ms = 2000;
module_param(job_timeout_ms, uint, 0444);
MODULE_PARM_DESC(job_timeout_ms, "Milliseconds after which a job is ended, 100 to 600000 (default 2000)");

static const struct drm_ioctl_desc v3npu_ioctls[] = {
	DRM_IOCTL_DEF_DRV(V3NPU_DEV_QUERY, v3npu_dev_query_ioctl, 0),
	DRM_IOCTL_DEF_DRV(V3NPU_BO_CREATE, v3npu_bo_create_ioctl, 0),
	DRM_IOCTL_DEF_DRV(V3NPU_BO_MMAP_OFFSET, v3npu_bo_mmap_offset_ioctl, 0),
	DRM_IOCTL_DEF_DRV(V3NPU_BO_INFO, v3npu_bo_info_ioctl, 0),
	DRM_IOCTL_DEF_DRV(V3NPU_BO_WAIT, v3npu_bo_wait_ioctl, 0),
	DRM_IOCTL_DEF_DRV(V3NPU_CTX_CREATE, v3npu_ctx_create_ioctl, 0),
	DRM_IOCTL_DEF_DRV(V3NPU_CTX_DESTROY, v3npu_ctx_destroy_ioctl, 0),
	DRM_IOCTL_DEF_DRV(V3NPU_CTX_QUERY, v3npu_ctx_query_ioctl, 0),
	DRM_IOCTL_DEF_DRV(V3NPU_SUBMIT, v3npu_submit_ioctl, 0),
	DRM_IOCTL_DEF_DRV(V3NPU_JOB_QUERY, v3npu_job_query_ioctl, 0),
};

/*
 * Files of accelerators have no master, which two of DRM's own ioctls follow
 * without a look (Linux 6.12): anybody could crash the kernel with them. DRM goes
 * by the number alone where it serves 32-bit programs, so the type is looked at here.
 */
static int v3npu_ioctl_check(unsigned int cmd)
{
	if (_IOC_TYPE(cmd) != DRM_IOCTL_BASE)
		return -ENOTTY;
	if (_IOC_NR(cmd) == _IOC_NR(DRM_IOCTL_GET_UNIQUE) ||
	    _IOC_NR(cmd) == _IOC_NR(DRM_IOCTL_GET_MAGIC))
		return -EOPNOTSUPP;

	return 0;
}

static long v3npu_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	int ret = v3npu_ioctl_check(cmd);

	return ret ? ret : drm_ioctl(filp, cmd, arg);
}

#ifdef CONFIG_COMPAT
static long v3npu_compat_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	int ret = v3npu_ioctl_check(cmd);

	return ret ? ret : drm_compat_ioctl(filp, cmd, arg);
}
#else
#define v3npu_compat_ioctl NULL
#endif

/* As DEFINE_DRM_ACCEL_FOPS() has them, but for the ioctls, and with fdinfo */
static const struct file_operations v3npu_fops = {
	.owner = THIS_MODULE,
	.open = accel_open,
	.release = drm_release,
	.unlocked_ioctl = v3npu_ioctl,
	.compat_ioctl = v3npu_compat_ioctl,
	.poll = drm_poll,
	.read = drm_read,
	.llseek = noop_llseek,
	.mmap = drm_gem_mmap,
	.get_unmapped_area = drm_gem_get_unmapped_area,
	.fop_flags = FOP_UNSIGNED_OFFSET,
	.show_fdinfo = drm_show_fdinfo,
};

static const struct drm_driver v3npu_driver = {
	.driver_features = DRIVER_COMPUTE_ACCEL | DRIVER_GEM | DRIVER_GEM_GPUVA | DRIVER_SYNCOBJ |
			   DRIVER_SYNCOBJ_TIMELINE,
	.open = v3npu_file_open,
	.postclose = v3npu_file_postclose,
	.show_fdinfo = v3npu_show_fdinfo,
	.gem_create_object = v3npu_gem_create_object,
	.gem_prime_import = v3npu_gem_prime_import,
	.gem_prime_import_sg_table = drm_gem_shmem_prime_import_sg_table,
	.ioctls = v3npu_ioctls,
	.num_ioctls = ARRAY_SIZE(v3npu_ioctls),
	.fops = &v3npu_fops,
	.name = "v3npu",
	.desc = "V3NPU neural processing unit",
	/* What each of them added: drm/v3npu_accel.h */
	.major = V3NPU_VERSION_MAJOR,
	.minor = V3NPU_VERSION_MINOR,
	.patchlevel = V3NPU_VERSION_PATCH,
};

static void v3npu_wq_release(struct drm_device *drm, void *data)
{
	destroy_workqueue(to_v3npu_device(drm)->wq);
}

static int v3npu_wq_init(struct v3npu_device *vdev)
{
	vdev->wq = alloc_workqueue("v3npu", WQ_UNBOUND, 0);
	if (!vdev->wq)
		return -ENOMEM;

	return drmm_add_action_or_reset(&vdev->drm, v3npu_wq_release, NULL);
}

static int v3npu_map_bars(struct v3npu_device *vdev)
{
	struct pci_dev *pdev = to_pci_dev(vdev->drm.dev);

	if (pci_resource_len(pdev, V3NPU_BAR_REGS) < V3NPU_REGS_SIZE ||
	    pci_resource_len(pdev, V3NPU_BAR_CORE_MEM) < V3NPU_CORE_MEM_SIZE) {
		dev_err(&pdev->dev, "BARs are too small for a V3NPU\n");
		return -ENODEV;
	}

	vdev->regs = pcim_iomap_region(pdev, V3NPU_BAR_REGS, "v3npu");
	if (IS_ERR(vdev->regs))
		return dev_err_probe(&pdev->dev, PTR_ERR(vdev->regs), "cannot map registers\n");

	vdev->core_mem = pcim_iomap_region(pdev, V3NPU_BAR_CORE_MEM, "v3npu");
	if (IS_ERR(vdev->core_mem))
		return dev_err_probe(&pdev->dev, PTR_ERR(vdev->core_mem),
				     "cannot map core memory\n");

	return 0;
}

/*
 * Buffers and page tables are written by processors while the device reads them, with
 * no call in between that would copy or flush anything.
 */
static int v3npu_check_dma(struct v3npu_device *vdev)
{
	struct device *dev = vdev->drm.dev;
	struct page *page;
	dma_addr_t addr;
	int ret = 0;

	page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!page)
		return -ENOMEM;

	addr = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(dev, addr)) {
		ret = dev_err_probe(dev, -EIO, "no memory can be mapped for the device's DMA\n");
	} else {
		if (dma_need_sync(dev, addr))
			ret = dev_err_probe(dev, -EOPNOTSUPP,
					    "the device's DMA is not coherent, or goes through bounce buffers (swiotlb=force?), which this driver does not support\n");
		dma_unmap_page(dev, addr, PAGE_SIZE, DMA_BIDIRECTIONAL);
	}
	__free_page(page);

	return ret;
}

static int v3npu_identify(struct v3npu_device *vdev)
{
	struct drm_v3npu_dev_info *info = &vdev->info;
	u32 id = v3npu_read(vdev, V3NPU_REG_ID);
	u32 version = v3npu_read(vdev, V3NPU_REG_VERSION);

	if (id != V3NPU_ID_MAGIC) {
		dev_err(vdev->drm.dev, "not a V3NPU: identity %#x\n", id);
		return -ENODEV;
	}
	if (V3NPU_HW_VERSION_MAJOR(version) != V3NPU_HW_VERSION_MAJOR(V3NPU_HW_VERSION)) {
		dev_err(vdev->drm.dev, "hardware version %#x is not supported, only major version %u\n",
			version, V3NPU_HW_VERSION_MAJOR(V3NPU_HW_VERSION));
		return -ENODEV;
	}
	if (v3npu_read(vdev, V3NPU_REG_NUM_AS) < V3NPU_NUM_AS) {
		dev_err(vdev->drm.dev, "device has %u address spaces, this driver needs %u\n",
			v3npu_read(vdev, V3NPU_REG_NUM_AS), V3NPU_NUM_AS);
		return -ENODEV;
	}

	info->hw_version = version;
	info->cmd_version = V3NPU_CMD_VERSION;
	info->macs = v3npu_read(vdev, V3NPU_REG_MACS);
	info->sram_size = v3npu_read(vdev, V3NPU_REG_SRAM_SIZE);
	info->dram_mbps = v3npu_read(vdev, V3NPU_REG_DRAM_MBPS);
	info->dram_latency = v3npu_read(vdev, V3NPU_REG_DRAM_LATENCY);
	info->dram_burst = v3npu_read(vdev, V3NPU_REG_DRAM_BURST);
	info->clock_mhz = v3npu_read(vdev, V3NPU_REG_CLOCK_MHZ);
	info->sram_va = V3NPU_VA_SRAM;
	info->va_start = V3NPU_VA_START;
	info->va_end = V3NPU_VA_END;
	info->job_timeout_ms = clamp(job_timeout_ms, V3NPU_JOB_TIMEOUT_MIN_MS,
				     V3NPU_JOB_TIMEOUT_MAX_MS);
	info->max_contexts = V3NPU_FILE_CONTEXTS_MAX;
	info->max_user_contexts = V3NPU_USER_CONTEXTS_MAX;
	info->max_bos = V3NPU_FILE_BOS_MAX;
	info->max_jobs = V3NPU_FILE_JOBS_MAX;
	info->max_failed_in_row = V3NPU_CTX_FAILURES_MAX;
	info->max_submit_jobs = V3NPU_SUBMIT_JOBS_MAX;
	info->job_records = V3NPU_JOB_RECORDS;
	if (info->job_timeout_ms != job_timeout_ms)
		dev_warn(vdev->drm.dev, "job_timeout_ms is out of range, %u is used\n",
			 info->job_timeout_ms);

	return 0;
}

static int v3npu_pci_init(struct v3npu_device *vdev)
{
	struct pci_dev *pdev = to_pci_dev(vdev->drm.dev);
	int ret;

	ret = pcim_enable_device(pdev);
	if (ret)
		return dev_err_probe(&pdev->dev, ret, "cannot enable the device\n");

	ret = v3npu_map_bars(vdev);
	if (ret)
		return ret;

	ret = v3npu_identify(vdev);
	if (ret)
		return ret;

	/* What another kernel left running must neither interrupt this one nor use its memory */
	ret = v3npu_fw_stop(vdev);
	if (ret)
		return ret;

	/* What a page table entry has room for */
	ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(52));
	if (ret)
		return dev_err_probe(&pdev->dev, ret, "no DMA with 52-bit addresses\n");
	dma_set_max_seg_size(&pdev->dev, UINT_MAX);

	return v3npu_check_dma(vdev);
}

static int v3npu_init(struct v3npu_device *vdev)
{
	int ret;

	v3npu_stats_init(vdev);
	ret = v3npu_fw_init(vdev);
	if (ret)
		return ret;
	/* Before the workqueue, as it goes after it */
	ret = v3npu_coredump_init(vdev);
	if (ret)
		return ret;
	ret = v3npu_wq_init(vdev);
	if (ret)
		return ret;
	ret = v3npu_gem_init(vdev);
	if (ret)
		return ret;
	ret = v3npu_mmu_init(vdev);
	if (ret)
		return ret;
	ret = v3npu_ipc_init(vdev);
	if (ret)
		return ret;
	ret = v3npu_preempt_init(vdev);
	if (ret)
		return ret;
	ret = v3npu_users_init(vdev);
	if (ret)
		return ret;
	ret = v3npu_jobs_init(vdev);
	if (ret)
		return ret;
	ret = v3npu_pm_init(vdev);
	if (ret)
		return ret;
	v3npu_reset_init(vdev);
	v3npu_watch_init(vdev);

	return v3npu_ipc_request_irqs(vdev);
}

static int v3npu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct v3npu_device *vdev;
	int ret;

	vdev = devm_drm_dev_alloc(&pdev->dev, &v3npu_driver, struct v3npu_device, drm);
	if (IS_ERR(vdev))
		return PTR_ERR(vdev);
	pci_set_drvdata(pdev, vdev);

	ret = v3npu_pci_init(vdev);
	if (ret)
		return ret;
	ret = v3npu_init(vdev);
	if (ret)
		return ret;
	ret = v3npu_fw_boot(vdev);
	if (ret)
		return ret;
	vdev->info.fw_version = vdev->fw.version;

	v3npu_fw_go_on(vdev);
	/* For the recovery from errors of the bus */
	pci_save_state(pdev);

	v3npu_debugfs_init(vdev);
	ret = drm_dev_register(&vdev->drm, 0);
	if (ret) {
		v3npu_reset_fini(vdev);
		v3npu_fw_stop(vdev);
		return dev_err_probe(&pdev->dev, ret, "cannot register the device\n");
	}
	v3npu_pm_start(vdev);

	return 0;
}

static void v3npu_remove(struct pci_dev *pdev)
{
	struct v3npu_device *vdev = pci_get_drvdata(pdev);

	/* Nobody but this function touches the device after this */
	drm_dev_unplug(&vdev->drm);
	v3npu_pm_fini(vdev);
	v3npu_watch_fini(vdev);
	v3npu_reset_fini(vdev);
	v3npu_fw_stop(vdev);
	pci_clear_master(pdev);
	v3npu_mmu_stop(vdev);
	v3npu_jobs_fini(vdev);
	v3npu_mmu_fini(vdev);
	v3npu_gem_fini(vdev);
	/* Work that is at its end still runs code of this module */
	flush_workqueue(vdev->wq);
}

static void v3npu_shutdown(struct pci_dev *pdev)
{
	v3npu_pm_shutdown(pci_get_drvdata(pdev));
}

static const struct pci_device_id v3npu_pci_ids[] = {
	{ PCI_DEVICE(V3NPU_PCI_VENDOR_ID, V3NPU_PCI_DEVICE_ID) },
	{ }
};
MODULE_DEVICE_TABLE(pci, v3npu_pci_ids);

static struct pci_driver v3npu_pci_driver = {
	.name = "v3npu",
	.id_table = v3npu_pci_ids,
	.probe = v3npu_probe,
	.remove = v3npu_remove,
	.shutdown = v3npu_shutdown,
	.dev_groups = v3npu_dev_groups,
	.driver.pm = pm_ptr(&v3npu_pm_ops),
	.err_handler = &v3npu_pm_error_handlers,
};
module_pci_driver(v3npu_pci_driver);

MODULE_AUTHOR("V3NPU developers");
MODULE_DESCRIPTION("V3NPU neural processing unit");
MODULE_LICENSE("GPL");
MODULE_VERSION(__stringify(V3NPU_VERSION_MAJOR) "." __stringify(V3NPU_VERSION_MINOR) "."
	       __stringify(V3NPU_VERSION_PATCH));
