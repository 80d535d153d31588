// SPDX-License-Identifier: MIT
/*
 * Finding a V3NPU's device node, and saying why there is none. Everything is
 * read from sysfs, which needs no permission on the node itself.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libv3npu/internal.h"
#include "v3npu/fw.h"
#include "v3npu/regs.h"

#define DRIVER "v3npu"

/* The driver that is bound to a sysfs device: the last part of its "driver" link */
static bool is_bound(const char *device_dir)
{
	char path[PATH_MAX], link[PATH_MAX];
	const char *name;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/driver", device_dir);
	n = readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		return false;
	link[n] = '\0';
	name = strrchr(link, '/');
	return !strcmp(name ? name + 1 : link, DRIVER);
}

static unsigned long read_hex(const char *dir, const char *file)
{
	char path[PATH_MAX], text[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	return strtoul(text, NULL, 16);
}

/* Finds the PCI function; its address in @address, empty if there is none */
static void find_pci(const char *root, char address[NAME_MAX + 1], bool *bound)
{
	char dir[PATH_MAX / 2], path[PATH_MAX];
	struct dirent *e;
	DIR *d;

	address[0] = '\0';
	*bound = false;
	snprintf(dir, sizeof(dir), "%s/sys/bus/pci/devices", root);
	d = opendir(dir);
	if (!d)
		return;
	while ((e = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (read_hex(path, "vendor") != V3NPU_PCI_VENDOR_ID ||
		    read_hex(path, "device") != V3NPU_PCI_DEVICE_ID)
			continue;
		strcpy(address, e->d_name);
		*bound = is_bound(path);
		break;
	}
	closedir(d);
}

static bool exists(const char *root, const char *path)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s%s", root, path);
	return !access(full, F_OK);
}

static int fail_none(const char *root)
{
	char address[NAME_MAX + 1];
	bool bound;

	find_pci(root, address, &bound);
	if (!address[0])
		return v3npu_fail(-ENODEV, "no V3NPU in this machine (PCI %04x:%04x); start QEMU "
				  "with -device v3npu, or use device sim", V3NPU_PCI_VENDOR_ID,
				  V3NPU_PCI_DEVICE_ID);
	if (!exists(root, "/sys/module/" DRIVER))
		return v3npu_fail(-ENODEV, "the V3NPU at %s has no driver: module v3npu is not "
				  "loaded; run: sudo modprobe v3npu", address);
	if (!bound && !exists(root, "/lib/firmware/" V3NPU_FW_NAME))
		return v3npu_fail(-ENODEV, "the firmware /lib/firmware/" V3NPU_FW_NAME " is "
				  "missing; install it, then run: sudo modprobe -r v3npu; "
				  "sudo modprobe v3npu");
	return v3npu_fail(-ENODEV, "module v3npu is loaded but did not start the V3NPU at %s; the "
			  "reason is in: sudo dmesg | grep v3npu", address);
}

int v3npu_find_node(const char *root, unsigned int n, char node[V3NPU_NODE_SIZE])
{
	unsigned int minor, found = 0;
	char path[PATH_MAX];

	/* DRM numbers accel nodes 0..255; asking for each in turn gives a stable order */
	for (minor = 0; minor < 256; minor++) {
		snprintf(path, sizeof(path), "%s/sys/class/accel/accel%u/device", root, minor);
		if (!is_bound(path) || found++ != n)
			continue;
		snprintf(node, V3NPU_NODE_SIZE, "/dev/accel/accel%u", minor);
		return 0;
	}
	if (found)
		return v3npu_fail(-ENODEV, "accel:%u: the last V3NPU is accel:%u; use that or a "
				  "lower number", n, found - 1);
	return fail_none(root);
}

int v3npu_fail_open(const char *node, int err)
{
	switch (err) {
	case EACCES:
	case EPERM:
		return v3npu_fail(-err, "%s: no permission; join its group with: sudo usermod -aG "
				  "render $USER, then log in again", node);
	case ENOENT:
		return v3npu_fail(-err, "%s: no such node; use device accel to take the first "
				  "V3NPU, or check that udev runs", node);
	default:
		return v3npu_fail(-err, "%s: cannot be opened: %s", node, strerror(err));
	}
}
