// SPDX-License-Identifier: GPL-2.0-only
/* Files for people who look into the NPU: the firmware's log and state. */

#include <linux/seq_file.h>

#include <drm/drm_debugfs.h>
#include <drm/drm_drv.h>
#include <drm/drm_print.h>

#include "v3npu_debugfs.h"
#include "v3npu_drv.h"

static struct v3npu_device *v3npu_from_seq(struct seq_file *s)
{
	struct drm_debugfs_entry *entry = s->private;

	return to_v3npu_device(entry->dev);
}

static int v3npu_firmware_log_show(struct seq_file *s, void *data)
{
	struct v3npu_device *vdev = v3npu_from_seq(s);
	struct drm_printer p = drm_seq_file_printer(s);
	int idx, ret;

	if (!drm_dev_enter(&vdev->drm, &idx))
		return -ENODEV;
	ret = v3npu_fw_print_log(vdev, &p, UINT_MAX);
	drm_dev_exit(idx);

	/* No log yet is an empty one */
	return ret == -ENODATA ? 0 : ret;
}

static int v3npu_status_show(struct seq_file *s, void *data)
{
	struct v3npu_device *vdev = v3npu_from_seq(s);
	struct v3npu_fw_status status;
	int idx;

	if (!drm_dev_enter(&vdev->drm, &idx))
		return -ENODEV;
	v3npu_fw_status(vdev, &status);
	seq_printf(s, "device status:    %#x\n", v3npu_read(vdev, V3NPU_REG_STATUS));
	seq_printf(s, "core pc:          %#x\n", v3npu_read(vdev, V3NPU_REG_CORE_PC));
	seq_printf(s, "firmware:         %u.%u.%u, state %u, heartbeat %u\n",
		   status.fw_version >> 16, status.fw_version >> 8 & 0xff,
		   status.fw_version & 0xff, status.state, status.heartbeat);
	if (status.ctx == V3NPU_CTX_NONE)
		seq_puts(s, "running:          nothing\n");
	else
		seq_printf(s, "running:          job %llu of context %u: command %u opcode %u tag %u\n",
			   status.seqno, status.ctx, status.cmd_index, status.cmd_opcode,
			   status.cmd_tag);
	seq_printf(s, "jobs not freed:   %d\n", atomic_read(&vdev->jobs.count));
	seq_printf(s, "resets:           %llu\n", vdev->reset.count);
	seq_printf(s, "jobs found late:  %llu\n", vdev->watch.found);
	seq_printf(s, "usable:           %s\n", v3npu_reset_failed(vdev) ? "no" : "yes");
	drm_dev_exit(idx);

	return 0;
}

static const struct drm_debugfs_info v3npu_debugfs_files[] = {
	{ "firmware_log", v3npu_firmware_log_show, 0 },
	{ "status", v3npu_status_show, 0 },
};

/**
 * v3npu_debugfs_init() - add the files, before the DRM device is registered
 * @vdev: device
 */
void v3npu_debugfs_init(struct v3npu_device *vdev)
{
	drm_debugfs_add_files(&vdev->drm, v3npu_debugfs_files, ARRAY_SIZE(v3npu_debugfs_files));
}
