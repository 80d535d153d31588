/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_FW_H__
#define __V3NPU_FW_H__

#include <linux/stddef.h>
#include <linux/types.h>

#include "v3npu/ipc.h"

struct drm_printer;
struct v3npu_device;

/* Bytes for v3npu_fw_read_log() */
#define V3NPU_FW_LOG_ROOM	(sizeof_field(struct v3npu_log, text) + 1)

/**
 * struct v3npu_fw - the firmware image
 * @payload: what is loaded into core memory, kept for resets
 * @size: its bytes
 * @version: of the image
 */
struct v3npu_fw {
	const u8 *payload;
	u32 size;
	u32 version;
};

int v3npu_fw_init(struct v3npu_device *vdev);
int v3npu_fw_boot(struct v3npu_device *vdev);
int v3npu_fw_stop(struct v3npu_device *vdev);
void v3npu_fw_status(struct v3npu_device *vdev, struct v3npu_fw_status *status);
bool v3npu_fw_pause(struct v3npu_device *vdev);
void v3npu_fw_go_on(struct v3npu_device *vdev);
int v3npu_fw_read_log(struct v3npu_device *vdev, char *text);
int v3npu_fw_print_log(struct v3npu_device *vdev, struct drm_printer *p, unsigned int max_lines);

#endif /* __V3NPU_FW_H__ */
