// SPDX-License-Identifier: MIT
/* Which device a specification means */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "log.h"
#include "struct_size.h"

static int open_device(const char *spec, struct v3npu_device **device)
{
	char node[V3NPU_NODE_SIZE];
	unsigned long n = 0;
	int ret;

	if (!strcmp(spec, "sim"))
		return v3npu_device_open_sim(NULL, device);
	if (!strncmp(spec, "sim:", 4))
		return v3npu_device_open_sim(spec + 4, device);
	if (!strcmp(spec, "cpu"))
		return v3npu_device_open_cpu(NULL, device);
	if (!strncmp(spec, "cpu:", 4))
		return v3npu_device_open_cpu(spec + 4, device);
	if (spec[0] == '/')
		return v3npu_device_open_accel(spec, device);

	if (!strncmp(spec, "accel:", 6)) {
		char *end;

		n = strtoul(spec + 6, &end, 10);
		if (!isdigit((unsigned char)spec[6]) || *end || n > 255)
			return v3npu_fail(-EINVAL, "%s: no such device number; use accel:N with N "
					  "from 0 to 255", spec);
	} else if (strcmp(spec, "accel")) {
		return v3npu_fail(-EINVAL, "%s: no such device; use accel, accel:N, "
				  "/dev/accel/accelN, sim or cpu", spec);
	}
	ret = v3npu_find_node("", n, node);
	return ret ? ret : v3npu_device_open_accel(node, device);
}

int v3npu_device_open(const char *spec, struct v3npu_device **device)
{
	const struct v3npu_device_info *info;
	int ret;

	*device = NULL;
	ret = open_device(spec, device);
	if (ret)
		return v3npu_log_failure(ret, "no device");
	info = &(*device)->info;
	v3npu_log(V3NPU_LOG_LEVEL_INFO, "libv3npu %s opened %s: %u MACs a cycle, %u KiB of SRAM, "
		  "%u MHz", v3npu_version(), info->name, info->macs, info->sram_size >> 10,
		  info->clock_mhz);
	return 0;
}

void v3npu_device_close(struct v3npu_device *device)
{
	if (device)
		device->ops->close(device);
}

int v3npu_device_get_info(const struct v3npu_device *device, struct v3npu_device_info *info)
{
	return V3NPU_FILL(v3npu_device_info, fw_version, info, &device->info);
}
