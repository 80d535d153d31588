// SPDX-License-Identifier: GPL-2.0-only
/*
 * What no driver can be faster than: ring a doorbell, sleep, be woken by the
 * interrupt that the least possible firmware answers with. Takes the place of
 * v3npu.ko, measures when it is loaded, and says the median in a parameter.
 */

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sort.h>

#include "v3npu/regs.h"

#define FLOOR_ROUNDS	2000

static const u8 floor_firmware[] = {
#include "floor_fw.inc"
};

static u32 median_ns;
module_param(median_ns, uint, 0444);
MODULE_PARM_DESC(median_ns, "time from doorbell to wake-up");

/**
 * struct floor - the device
 * @regs: V3NPU_BAR_REGS
 * @rung: completed by the interrupt
 */
struct floor {
	void __iomem *regs;
	struct completion rung;
};

static irqreturn_t floor_irq(int irq, void *data)
{
	struct floor *f = data;

	writel(V3NPU_IRQ_EVENT, f->regs + V3NPU_REG_IRQ_STATUS);
	complete(&f->rung);

	return IRQ_HANDLED;
}

static int floor_compare(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return (x > y) - (x < y);
}

static int floor_measure(struct floor *f, u32 *ns)
{
	ktime_t start;
	int i;

	for (i = 0; i < FLOOR_ROUNDS; i++) {
		start = ktime_get();
		writel(0, f->regs + V3NPU_REG_DOORBELL);
		if (!wait_for_completion_timeout(&f->rung, HZ))
			return -ETIMEDOUT;
		ns[i] = ktime_to_ns(ktime_sub(ktime_get(), start));
	}
	sort(ns, FLOOR_ROUNDS, sizeof(*ns), floor_compare, NULL);
	median_ns = ns[FLOOR_ROUNDS / 2];

	return 0;
}

static int floor_start(struct pci_dev *pdev, struct floor *f)
{
	void __iomem *core_mem;
	int ret;

	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	f->regs = pcim_iomap(pdev, V3NPU_BAR_REGS, 0);
	core_mem = pcim_iomap(pdev, V3NPU_BAR_CORE_MEM, 0);
	if (!f->regs || !core_mem)
		return -ENOMEM;
	pci_set_master(pdev);
	ret = pci_alloc_irq_vectors(pdev, V3NPU_NUM_VECTORS, V3NPU_NUM_VECTORS, PCI_IRQ_MSIX);
	if (ret < 0)
		return ret;
	ret = devm_request_irq(&pdev->dev, pci_irq_vector(pdev, V3NPU_VECTOR_EVENT), floor_irq, 0,
			       "v3npu-floor", f);
	if (ret)
		return ret;

	writel(V3NPU_CONTROL_RESET, f->regs + V3NPU_REG_CONTROL);
	while (readl(f->regs + V3NPU_REG_STATUS) & V3NPU_STATUS_RESETTING)
		usleep_range(10, 100);
	memcpy_toio(core_mem, floor_firmware, sizeof(floor_firmware));
	writel(V3NPU_IRQ_EVENT, f->regs + V3NPU_REG_IRQ_ENABLE);
	writel(V3NPU_CONTROL_CORE_RUN, f->regs + V3NPU_REG_CONTROL);

	return 0;
}

static int floor_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct floor *f = devm_kzalloc(&pdev->dev, sizeof(*f), GFP_KERNEL);
	u32 *ns = devm_kcalloc(&pdev->dev, FLOOR_ROUNDS, sizeof(*ns), GFP_KERNEL);
	int ret;

	if (!f || !ns)
		return -ENOMEM;
	init_completion(&f->rung);
	ret = floor_start(pdev, f);
	if (!ret)
		ret = floor_measure(f, ns);
	if (f->regs)
		writel(0, f->regs + V3NPU_REG_CONTROL);

	return ret;
}

static const struct pci_device_id floor_ids[] = {
	{ PCI_DEVICE(V3NPU_PCI_VENDOR_ID, V3NPU_PCI_DEVICE_ID) },
	{ }
};
MODULE_DEVICE_TABLE(pci, floor_ids);

static struct pci_driver floor_driver = {
	.name = "v3npu-floor",
	.id_table = floor_ids,
	.probe = floor_probe,
};
module_pci_driver(floor_driver);

MODULE_AUTHOR("V3NPU developers");
MODULE_DESCRIPTION("V3NPU doorbell and interrupt, measured");
MODULE_LICENSE("GPL");
