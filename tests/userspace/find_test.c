// SPDX-License-Identifier: MIT
/* Finding the NPU, and what is said where there is none, on made-up machines */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libv3npu/internal.h"
#include "tap.h"

static char root[] = "/tmp/v3npu-find-test.XXXXXX";
static char node[V3NPU_NODE_SIZE];

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void run(const char *format, ...)
{
	char command[2 * PATH_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command)) {
		printf("Bail out! %s\n", command);
		exit(1);
	}
}

/* An accel node of a driver, as in sysfs */
static void add_node(int minor, const char *driver)
{
	run("cd %s && mkdir -p sys/class/accel/accel%d/device sys/drivers/%s && "
	    "ln -s ../../../../drivers/%s sys/class/accel/accel%d/device/driver", root, minor,
	    driver, driver, minor);
}

static void check(unsigned int n, const char *words, const char *what)
{
	int ret = v3npu_find_node(root, n, node);

	ok(ret == -ENODEV && strstr(v3npu_error(), words), "%s: '%s'", what, v3npu_error());
}

static void test_causes(void)
{
	run("mkdir -p %s/sys/bus/pci/devices/0000:00:01.0 %s/lib/firmware/v3npu", root, root);
	run("cd %s/sys/bus/pci/devices/0000:00:01.0 && echo 0x1234 >vendor && echo 0x1111 >device",
	    root);
	check(0, "no V3NPU in this machine", "no device");

	run("mkdir -p %s/sys/bus/pci/devices/0000:00:05.0", root);
	run("cd %s/sys/bus/pci/devices/0000:00:05.0 && echo 0x1234 >vendor && echo 0x5633 >device",
	    root);
	check(0, "sudo modprobe v3npu", "module not loaded");
	ok(strstr(v3npu_error(), "0000:00:05.0"), "the message names the PCI function");

	run("mkdir -p %s/sys/module/v3npu", root);
	check(0, "/lib/firmware/v3npu/v3npu-fw.bin is missing", "no firmware");

	run("touch %s/lib/firmware/v3npu/v3npu-fw.bin", root);
	check(0, "sudo dmesg | grep v3npu", "driver refused the device");

	run("cd %s && mkdir -p sys/drivers/v3npu && "
	    "ln -s ../../../../drivers/v3npu sys/bus/pci/devices/0000:00:05.0/driver && "
	    "rm lib/firmware/v3npu/v3npu-fw.bin", root);
	check(0, "sudo dmesg | grep v3npu", "driver bound, no node");
}

static void test_nodes(void)
{
	add_node(0, "ivpu");
	check(0, "sudo dmesg", "another driver's node is not taken");
	add_node(10, "v3npu");
	add_node(9, "v3npu");
	ok(!v3npu_find_node(root, 0, node) && !strcmp(node, "/dev/accel/accel9"),
	   "the first V3NPU is the one of lowest number: %s", node);
	ok(!v3npu_find_node(root, 1, node) && !strcmp(node, "/dev/accel/accel10"),
	   "then the next: %s", node);
	check(2, "the last V3NPU is accel:1", "a number too high");
}

static void test_list(void)
{
	struct v3npu_device_desc desc = { .struct_size = sizeof(desc) };

	run("mkdir -p %s/dev/accel && touch %s/dev/accel/accel10", root, root);
	run("cd %s/sys/class/accel/accel10 && mv device ../../../0000:00:06.0 && "
	    "ln -s ../../../0000:00:06.0 device", root);
	ok(!v3npu_list_device(root, 0, &desc) && desc.kind == V3NPU_KIND_ACCEL &&
	   !strcmp(desc.spec, "accel:0") && desc.status == -ENOENT,
	   "the first V3NPU is listed, without its node: '%s'", desc.text);
	ok(!v3npu_list_device(root, 1, &desc) && !strcmp(desc.spec, "accel:1") && !desc.status &&
	   !strcmp(desc.text, "V3NPU at 0000:00:06.0"), "so is the next, as '%s'", desc.text);
	ok(!v3npu_list_device(root, 2, &desc) && desc.kind == V3NPU_KIND_SIM &&
	   !v3npu_list_device(root, 3, &desc) && desc.kind == V3NPU_KIND_CPU &&
	   v3npu_list_device(root, 4, &desc) == -ERANGE, "then what every machine has");
}

static void test_open(void)
{
	struct v3npu_device *device;

	ok(v3npu_fail_open("/dev/accel/accel0", EACCES) == -EACCES &&
	   strstr(v3npu_error(), "usermod -aG render"), "no permission: '%s'", v3npu_error());
	ok(v3npu_device_open("/dev/accel/accel99", &device) == -ENOENT && !device &&
	   strstr(v3npu_error(), "no such node"), "no such node: '%s'", v3npu_error());
	ok(v3npu_device_open("/dev/null", &device) == -ENODEV && !device &&
	   strstr(v3npu_error(), "not a DRM device"), "not a DRM device: '%s'", v3npu_error());
	ok(v3npu_device_open("gpu", &device) == -EINVAL && !device, "no such kind: '%s'",
	   v3npu_error());
	ok(v3npu_device_open("accel:", &device) == -EINVAL && !device, "no number: '%s'",
	   v3npu_error());
	ok(v3npu_device_open("accel:1x", &device) == -EINVAL && !device, "a wrong number: '%s'",
	   v3npu_error());
}

int main(void)
{
	if (!mkdtemp(root)) {
		perror(root);
		return 1;
	}
	test_causes();
	test_nodes();
	test_list();
	test_open();
	run("rm -r %s", root);
	return done();
}
