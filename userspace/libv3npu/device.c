// SPDX-License-Identifier: MIT
/* Which device a specification means */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "struct_size.h"

int v3npu_device_open(const char *spec, struct v3npu_device **device)
{
	char node[V3NPU_NODE_SIZE];
	unsigned long n = 0;
	int ret;

	*device = NULL;
	if (!strcmp(spec, "sim"))
		return v3npu_device_open_sim(NULL, device);
	if (!strncmp(spec, "sim:", 4))
		return v3npu_device_open_sim(spec + 4, device);
	if (!strcmp(spec, "cpu"))
		return v3npu_device_open_cpu(device);
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

void v3npu_device_close(struct v3npu_device *device)
{
	if (device)
		device->ops->close(device);
}

int v3npu_device_get_info(const struct v3npu_device *device, struct v3npu_device_info *info)
{
	return V3NPU_FILL(v3npu_device_info, fw_version, info, &device->info);
}
