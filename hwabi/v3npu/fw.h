/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note OR MIT */
/*
 * The firmware image: a header, then the bytes that are copied to address 0
 * of core memory. Between: firmware/ (which packs it) and the driver (which
 * checks all of the header before it loads anything).
 */
#ifndef _V3NPU_FW_H
#define _V3NPU_FW_H

#include "v3npu/types.h"

#define V3NPU_FW_NAME		"v3npu/v3npu-fw.bin"	/* below /lib/firmware */
#define V3NPU_FW_MAGIC		0x57463356	/* "V3FW" */
#define V3NPU_FW_HEADER_VERSION	1

/**
 * struct v3npu_fw_header - first bytes of the image
 * @magic: V3NPU_FW_MAGIC
 * @header_version: V3NPU_FW_HEADER_VERSION
 * @header_size: bytes of this header, where the payload starts
 * @payload_size: bytes that follow, a multiple of 4, at most V3NPU_FW_LIMIT
 * @payload_crc: CRC-32 (IEEE 802.3, as zlib's crc32()) of the payload
 * @ipc_version: V3NPU_IPC_VERSION the firmware speaks
 * @fw_version: major << 16 | minor << 8 | patch
 * @header_crc: CRC-32 of all fields before this one
 */
struct v3npu_fw_header {
	__u32 magic;
	__u32 header_version;
	__u32 header_size;
	__u32 payload_size;
	__u32 payload_crc;
	__u32 ipc_version;
	__u32 fw_version;
	__u32 header_crc;
};

_Static_assert(sizeof(struct v3npu_fw_header) == 32, "ABI");

#endif /* _V3NPU_FW_H */
