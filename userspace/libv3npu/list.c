// SPDX-License-Identifier: MIT
/* The devices that there are to open */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "struct_size.h"

#define NODES_MAX	256

/* The device's name on its bus: the last part of its "device" link */
static void describe_node(const char *root, const char *node, char text[64])
{
	const char *name = strrchr(node, '/') + 1, *bus;
	char path[PATH_MAX], link[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/sys/class/accel/%s/device", root, name);
	n = readlink(path, link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = '\0';
	bus = strrchr(link, '/');
	snprintf(text, 64, "V3NPU at %.40s", bus ? bus + 1 : link[0] ? link : "an unknown place");
}

int v3npu_list_device(const char *root, size_t k, struct v3npu_device_desc *desc)
{
	struct v3npu_device_desc all = {};
	char node[V3NPU_NODE_SIZE], path[PATH_MAX];
	size_t nodes = 0;

	while (nodes < NODES_MAX && nodes <= k && !v3npu_find_node(root, nodes, node))
		nodes++;
	if (k < nodes) {
		snprintf(all.spec, sizeof(all.spec), "accel:%zu", k);
		all.kind = V3NPU_KIND_ACCEL;
		describe_node(root, node, all.text);
		snprintf(path, sizeof(path), "%s%s", root, node);
		all.status = access(path, R_OK | W_OK) ? -errno : 0;
	} else if (k == nodes) {
		strcpy(all.spec, "sim");
		all.kind = V3NPU_KIND_SIM;
		strcpy(all.text, "simulated V3NPU in this process");
	} else if (k == nodes + 1) {
		strcpy(all.spec, "cpu");
		all.kind = V3NPU_KIND_CPU;
		strcpy(all.text, "no NPU: float32 on the CPU");
	} else {
		return v3npu_fail(-ERANGE, "there are %zu devices; there is no number %zu",
				  nodes + 2, k);
	}
	return V3NPU_FILL(v3npu_device_desc, text, desc, &all);
}

int v3npu_device_list(size_t k, struct v3npu_device_desc *desc)
{
	return v3npu_list_device("", k, desc);
}
