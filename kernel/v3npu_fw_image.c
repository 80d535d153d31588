// SPDX-License-Identifier: GPL-2.0-only
/* The firmware's image file: whether it can be loaded. */

#include <linux/crc32.h>
#include <linux/device.h>

#include <kunit/visibility.h>

#include "v3npu/fw.h"
#include "v3npu/ipc.h"

#include "v3npu_fw_image.h"

static u32 v3npu_crc32(const void *data, size_t size)
{
	return ~crc32_le(~0, data, size);
}

/* How the image is damaged, NULL if it is not; the caller looks at versions */
VISIBLE_IF_KUNIT const char *v3npu_fw_image_damage(const u8 *data, size_t size)
{
	const struct v3npu_fw_header *hdr = (const void *)data;

	if (size < sizeof(*hdr))
		return "it is shorter than its header";
	if (hdr->magic != V3NPU_FW_MAGIC)
		return "it is not a V3NPU firmware image";
	if (hdr->header_version != V3NPU_FW_HEADER_VERSION)
		return NULL;
	if (v3npu_crc32(hdr, offsetof(struct v3npu_fw_header, header_crc)) != hdr->header_crc)
		return "its header's checksum is wrong";
	if (hdr->header_size != sizeof(*hdr))
		return "its header has another size";
	if (!hdr->payload_size || hdr->payload_size % 4 || hdr->payload_size > V3NPU_FW_LIMIT)
		return "its payload does not fit the control core";
	if (size - sizeof(*hdr) != hdr->payload_size)
		return "it is shorter or longer than its header says";
	if (v3npu_crc32(data + sizeof(*hdr), hdr->payload_size) != hdr->payload_crc)
		return "its payload's checksum is wrong";

	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(v3npu_fw_image_damage);

/**
 * v3npu_fw_image_check() - look whether an image can be loaded
 * @dev: device that it is for
 * @data: the file, struct v3npu_fw_header and the payload
 * @size: its bytes
 *
 * Return: 0, or -EINVAL after one line in the log that says what to do.
 */
int v3npu_fw_image_check(struct device *dev, const u8 *data, size_t size)
{
	const struct v3npu_fw_header *hdr = (const void *)data;
	const char *damage = v3npu_fw_image_damage(data, size);

	if (damage) {
		dev_err(dev, "firmware %s is damaged: %s; install it again\n", V3NPU_FW_NAME,
			damage);
		return -EINVAL;
	}
	if (hdr->header_version != V3NPU_FW_HEADER_VERSION) {
		dev_err(dev, "firmware %s has header version %u, this driver needs %u; install the one that belongs to the driver\n",
			V3NPU_FW_NAME, hdr->header_version, V3NPU_FW_HEADER_VERSION);
		return -EINVAL;
	}
	if (hdr->ipc_version != V3NPU_IPC_VERSION) {
		dev_err(dev, "firmware %s speaks interface version %u, this driver needs %u; install the one that belongs to the driver\n",
			V3NPU_FW_NAME, hdr->ipc_version, V3NPU_IPC_VERSION);
		return -EINVAL;
	}

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(v3npu_fw_image_check);
