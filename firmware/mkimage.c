// SPDX-License-Identifier: MIT
/* Packs a flat binary of the firmware into an image: mkimage IN.bin OUT.bin */
#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "v3npu/fw.h"
#include "v3npu/ipc.h"
#include "version.h"

static void die(const char *name, const char *what)
{
	fprintf(stderr, "mkimage: %s: %s\n", name, what);
	exit(1);
}

int main(int argc, char **argv)
{
	/* One byte more than fits, to see what does not */
	static unsigned char payload[V3NPU_FW_LIMIT + 1];
	struct v3npu_fw_header header = { 0 };
	size_t size;
	FILE *f;

	if (argc != 3) {
		fprintf(stderr, "usage: mkimage IN.bin OUT.bin\n");
		return 2;
	}

	f = fopen(argv[1], "rb");
	if (!f)
		die(argv[1], strerror(errno));
	size = fread(payload, 1, sizeof(payload), f);
	if (ferror(f))
		die(argv[1], strerror(errno));
	fclose(f);
	if (!size)
		die(argv[1], "empty");
	if (size > V3NPU_FW_LIMIT)
		die(argv[1], "larger than V3NPU_FW_LIMIT");
	size = (size + 3) & ~(size_t)3;

	header.magic = htole32(V3NPU_FW_MAGIC);
	header.header_version = htole32(V3NPU_FW_HEADER_VERSION);
	header.header_size = htole32(sizeof(header));
	header.payload_size = htole32((uint32_t)size);
	header.payload_crc = htole32((uint32_t)crc32(0, payload, (uInt)size));
	header.ipc_version = htole32(V3NPU_IPC_VERSION);
	header.fw_version = htole32(FW_VERSION);
	header.header_crc = htole32((uint32_t)crc32(0, (unsigned char *)&header,
						    offsetof(struct v3npu_fw_header, header_crc)));

	f = fopen(argv[2], "wb");
	if (!f)
		die(argv[2], strerror(errno));
	if (fwrite(&header, sizeof(header), 1, f) != 1 || fwrite(payload, size, 1, f) != 1 ||
	    fclose(f))
		die(argv[2], strerror(errno));
	printf("%s: version %d.%d.%d, interface %d, %zu bytes of %d\n", argv[2],
	       FW_VERSION_MAJOR, FW_VERSION_MINOR, FW_VERSION_PATCH, V3NPU_IPC_VERSION, size,
	       V3NPU_FW_LIMIT);
	return 0;
}
