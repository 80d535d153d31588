// SPDX-License-Identifier: GPL-2.0-only
/*
 * The firmware: loading it into core memory, boot, its log.
 */

#include <linux/device.h>
#include <linux/firmware.h>
#include <linux/iopoll.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include <drm/drm_print.h>

#include "v3npu/fw.h"

#include "v3npu_drv.h"
#include "v3npu_fw_image.h"
#include "v3npu_ring.h"

#define V3NPU_RESET_TIMEOUT_US	1000000
/* Real time, so these have to cover a control core that gets little of a busy host */
#define V3NPU_BOOT_TIMEOUT_US	10000000
#define V3NPU_GO_ON_TIMEOUT_US	5000000
#define V3NPU_WATCHDOG_US	5000000

MODULE_FIRMWARE(V3NPU_FW_NAME);

static void v3npu_fw_release(void *image)
{
	release_firmware(image);
}

/**
 * v3npu_fw_init() - read the image and check it
 * @vdev: device
 *
 * Return: 0, or a negative error after one line in the log that says what to do.
 */
int v3npu_fw_init(struct v3npu_device *vdev)
{
	struct device *dev = vdev->drm.dev;
	const struct v3npu_fw_header *hdr;
	const struct firmware *image;
	int ret;

	ret = firmware_request_nowarn(&image, V3NPU_FW_NAME, dev);
	if (ret == -ENOENT)
		dev_err(dev, "firmware %s not found; put it below /lib/firmware and load the module again\n",
			V3NPU_FW_NAME);
	else if (ret)
		dev_err(dev, "firmware %s cannot be read (%d); install it again\n", V3NPU_FW_NAME,
			ret);
	if (ret)
		return ret;

	ret = v3npu_fw_image_check(dev, image->data, image->size);
	if (ret) {
		release_firmware(image);
		return ret;
	}

	ret = devm_add_action_or_reset(dev, v3npu_fw_release, (void *)image);
	if (ret)
		return ret;

	hdr = (const void *)image->data;
	vdev->fw.payload = image->data + sizeof(*hdr);
	vdev->fw.size = hdr->payload_size;
	vdev->fw.version = hdr->fw_version;

	return 0;
}

/**
 * v3npu_fw_status() - read what the firmware says of itself
 * @vdev: device, within drm_dev_enter()
 * @status: filled in; not to be trusted
 */
void v3npu_fw_status(struct v3npu_device *vdev, struct v3npu_fw_status *status)
{
	memcpy_fromio(status, vdev->core_mem + V3NPU_STATUS_OFFSET, sizeof(*status));
}

/* The doorbell is any: it wakes the firmware */
static void v3npu_fw_set_pause(struct v3npu_device *vdev, bool pause)
{
	writel(pause, vdev->core_mem + V3NPU_BOOT_OFFSET +
	       offsetof(struct v3npu_boot_args, pause));
	v3npu_write(vdev, V3NPU_REG_DOORBELL, 0);
}

static bool v3npu_fw_paused(struct v3npu_device *vdev)
{
	return readl(vdev->core_mem + V3NPU_STATUS_OFFSET +
		     offsetof(struct v3npu_fw_status, state)) == V3NPU_FW_PAUSED;
}

/**
 * v3npu_fw_pause() - tell the firmware to leave jobs alone, and see whether it does
 * @vdev: device that is on; v3npu_pm.lock is held
 *
 * Does not wait. The running job is put aside at its next command if possible,
 * else it ends first.
 *
 * Return: whether no job runs, and none will before the firmware boots again, or
 * is told to go on.
 */
bool v3npu_fw_pause(struct v3npu_device *vdev)
{
	v3npu_fw_set_pause(vdev, true);

	return v3npu_fw_paused(vdev);
}

/**
 * v3npu_fw_go_on() - undo v3npu_fw_pause()
 * @vdev: device that is on; v3npu_pm.lock is held
 */
void v3npu_fw_go_on(struct v3npu_device *vdev)
{
	bool paused;

	v3npu_fw_set_pause(vdev, false);
	/* Else the next pause might see the end of this one */
	if (read_poll_timeout(v3npu_fw_paused, paused, !paused, 10, V3NPU_GO_ON_TIMEOUT_US, false,
			      vdev))
		v3npu_reset_request(vdev, "the firmware stays paused");
}

static void v3npu_fw_load(struct v3npu_device *vdev)
{
	struct v3npu_boot_args args = {
		.magic = V3NPU_BOOT_MAGIC,
		.ipc_version = V3NPU_IPC_VERSION,
		.ctx_table = v3npu_ipc_ctx_table_va(),
		.event_ring = v3npu_ipc_event_ring_va(),
		.event_entries = V3NPU_EVENT_ENTRIES,
		.watchdog_us = V3NPU_WATCHDOG_US,
		.log_level = V3NPU_LOG_INFO,
		/* Until it has all jobs that there are */
		.pause = true,
	};

	v3npu_preempt_set_boot_args(vdev, &args);
	if (vdev->fw.version >= V3NPU_FW_VERSION_TURNS)
		args.turns = v3npu_ipc_turns_va();

	memcpy_toio(vdev->core_mem, vdev->fw.payload, vdev->fw.size);
	/* What a former boot left must not be taken for this one's */
	memset_io(vdev->core_mem + V3NPU_LOG_OFFSET, 0, offsetof(struct v3npu_log, text));
	memset_io(vdev->core_mem + V3NPU_STATUS_OFFSET, 0, sizeof(struct v3npu_fw_status));
	memcpy_toio(vdev->core_mem + V3NPU_BOOT_OFFSET, &args, sizeof(args));
}

static bool v3npu_fw_settled(struct v3npu_device *vdev)
{
	return readl(vdev->core_mem + V3NPU_STATUS_OFFSET +
		     offsetof(struct v3npu_fw_status, state)) >= V3NPU_FW_READY ||
	       v3npu_read(vdev, V3NPU_REG_STATUS) & V3NPU_STATUS_CORE_HALTED;
}

static int v3npu_fw_wait_ready(struct v3npu_device *vdev)
{
	struct drm_printer p = drm_err_printer(&vdev->drm, "firmware log");
	struct v3npu_fw_status status;
	bool settled;
	int ret;

	ret = read_poll_timeout(v3npu_fw_settled, settled, settled, 1000, V3NPU_BOOT_TIMEOUT_US,
				false, vdev);
	v3npu_fw_status(vdev, &status);
	if (ret || status.magic != V3NPU_STATUS_MAGIC ||
	    (status.state != V3NPU_FW_READY && status.state != V3NPU_FW_PAUSED)) {
		drm_err(&vdev->drm, "firmware %s did not boot: state %u status %#x halt code %#x pc %#x\n",
			V3NPU_FW_NAME, status.state, v3npu_read(vdev, V3NPU_REG_STATUS),
			v3npu_read(vdev, V3NPU_REG_HALT_CODE), v3npu_read(vdev, V3NPU_REG_CORE_PC));
		v3npu_fw_print_log(vdev, &p, 8);
		return -EIO;
	}
	if (status.ipc_version != V3NPU_IPC_VERSION || status.fw_version != vdev->fw.version) {
		drm_err(&vdev->drm, "firmware %s says that it is version %#x interface %u, its header %#x and %u; install it again\n",
			V3NPU_FW_NAME, status.fw_version, status.ipc_version, vdev->fw.version,
			V3NPU_IPC_VERSION);
		return -EIO;
	}
	vdev->info.fw_features = status.features;

	return 0;
}

/**
 * v3npu_fw_stop() - stop the core and reset the device
 * @vdev: device, within drm_dev_enter() or being removed
 *
 * The device does no DMA and raises no interrupt after this: one that does not end
 * its reset is cut off from the bus.
 *
 * Return: 0, or -ETIMEDOUT after a line in the log.
 */
int v3npu_fw_stop(struct v3npu_device *vdev)
{
	struct pci_dev *pdev = to_pci_dev(vdev->drm.dev);
	u32 status;
	int ret;

	v3npu_write(vdev, V3NPU_REG_CONTROL, V3NPU_CONTROL_RESET);
	/* All ones: the device was pulled out */
	ret = read_poll_timeout(v3npu_read, status,
				status == ~0u || !(status & V3NPU_STATUS_RESETTING), 100,
				V3NPU_RESET_TIMEOUT_US, false, vdev, V3NPU_REG_STATUS);
	if (ret) {
		drm_err(&vdev->drm, "device does not end its reset: status %#x\n", status);
		pci_clear_master(pdev);
	}

	return ret;
}

/**
 * v3npu_fw_boot() - reset the device and start the firmware
 * @vdev: device, within drm_dev_enter() or being probed; no job is on it
 *
 * Allocates no memory. Rings are empty after this, and the firmware is paused.
 *
 * Return: 0, or a negative error after a line in the log.
 */
int v3npu_fw_boot(struct v3npu_device *vdev)
{
	int ret;

	ret = v3npu_fw_stop(vdev);
	if (ret)
		return ret;
	/* Not before: what it did until its reset is nobody's will any more */
	pci_set_master(to_pci_dev(vdev->drm.dev));
	v3npu_mmu_reset(vdev);
	v3npu_ipc_reset(vdev);
	v3npu_stats_booting(vdev);
	v3npu_fw_load(vdev);

	v3npu_write(vdev, V3NPU_REG_CONTROL, V3NPU_CONTROL_CORE_RUN);
	ret = v3npu_fw_wait_ready(vdev);
	if (ret) {
		v3npu_fw_stop(vdev);
		return ret;
	}

	/* Not before: a boot that fails is reported by this function alone */
	v3npu_ipc_enable_irqs(vdev);

	return 0;
}

static char v3npu_fw_printable(u8 c)
{
	return c == '\n' || (c >= ' ' && c <= '~') ? c : '?';
}

/**
 * v3npu_fw_read_log() - read the firmware's log
 * @vdev: device, within drm_dev_enter() or being probed
 * @text: room for V3NPU_FW_LOG_ROOM bytes; filled in with what the ring has, from
 *	the oldest byte on: printable lines, and a terminating 0 in place of the last
 *	newline
 *
 * Return: 0, or -ENODATA when there is no log.
 */
int v3npu_fw_read_log(struct v3npu_device *vdev, char *text)
{
	void __iomem *log = vdev->core_mem + V3NPU_LOG_OFFSET;
	u32 size = readl(log + offsetof(struct v3npu_log, size));
	u32 written = readl(log + offsetof(struct v3npu_log, written));
	u32 len = min(written, size), first, i;

	if (readl(log + offsetof(struct v3npu_log, magic)) != V3NPU_LOG_MAGIC ||
	    !is_power_of_2(size) || size > sizeof_field(struct v3npu_log, text) || !len)
		return -ENODATA;

	/* From the oldest byte to the end of the ring, and from its start */
	first = min(len, size - (written - len) % size);
	log += offsetof(struct v3npu_log, text);
	memcpy_fromio(text, log + (written - len) % size, first);
	memcpy_fromio(text + first, log, len - first);
	for (i = 0; i < len; i++)
		text[i] = v3npu_fw_printable(text[i]);
	if (text[len - 1] == '\n')
		len--;
	text[len] = '\0';

	return 0;
}

/**
 * v3npu_fw_print_log() - print the end of the firmware's log, a line at a time
 * @vdev: device, within drm_dev_enter() or being probed
 * @p: where to
 * @max_lines: the last lines, at most this many
 *
 * Return: 0; -ENODATA when there is no log; -ENOMEM (it does not try hard,
 * since jobs may wait for a reset that prints the log).
 */
int v3npu_fw_print_log(struct v3npu_device *vdev, struct drm_printer *p, unsigned int max_lines)
{
	unsigned int lines = 0;
	char *text, *line;
	size_t i;
	int ret;

	text = kmalloc(V3NPU_FW_LOG_ROOM, GFP_NOWAIT | __GFP_NOWARN);
	if (!text)
		return -ENOMEM;

	ret = v3npu_fw_read_log(vdev, text);
	if (!ret) {
		for (i = strlen(text); i > 0; i--)
			if (text[i - 1] == '\n' && ++lines == max_lines)
				break;
		for (line = text + i; line;)
			drm_printf(p, "%s\n", strsep(&line, "\n"));
	}
	kfree(text);

	return ret;
}
