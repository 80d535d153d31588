// SPDX-License-Identifier: MIT
/*
 * image KIND IN OUT: write a firmware image that differs from a good one in
 * one way, with checksums that are right for it.
 */
#include <err.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "v3npu/fw.h"

/* CRC-32 of IEEE 802.3, bit by bit. */
static __u32 crc32(const __u8 *data, size_t size)
{
	__u32 crc = ~0u;

	for (; size--; data++) {
		crc ^= *data;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

int main(int argc, char **argv)
{
	static union {
		struct v3npu_fw_header hdr;
		__u8 bytes[1 << 20];
	} image;
	struct v3npu_fw_header *hdr = &image.hdr;
	const char *kind;
	size_t size;
	FILE *f;

	if (argc != 4)
		errx(2, "usage: image KIND IN OUT");
	kind = argv[1];
	f = fopen(argv[2], "rb");
	if (!f)
		err(1, "%s", argv[2]);
	size = fread(image.bytes, 1, sizeof(image), f);
	fclose(f);
	if (size <= sizeof(*hdr))
		errx(1, "%s is too short", argv[2]);

	if (!strcmp(kind, "interface"))
		hdr->ipc_version++;
	else if (!strcmp(kind, "header-version"))
		hdr->header_version++;
	else if (!strcmp(kind, "header-size"))
		hdr->header_size += 4;
	else if (!strcmp(kind, "version"))
		hdr->fw_version++;
	else if (!strcmp(kind, "payload-size"))
		hdr->payload_size -= 4;
	else if (!strcmp(kind, "huge-payload"))
		hdr->payload_size = 0xfffffffc;
	else if (!strcmp(kind, "trap"))
		/* Two zero bytes are an illegal instruction. */
		memset(image.bytes + sizeof(*hdr), 0, size - sizeof(*hdr));
	else
		errx(2, "unknown kind %s", kind);
	hdr->payload_crc = crc32(image.bytes + sizeof(*hdr), size - sizeof(*hdr));
	hdr->header_crc = crc32(image.bytes, offsetof(struct v3npu_fw_header, header_crc));

	f = fopen(argv[3], "wb");
	if (!f || fwrite(image.bytes, 1, size, f) != size || fclose(f))
		err(1, "%s", argv[3]);
	return 0;
}
