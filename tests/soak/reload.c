// SPDX-License-Identifier: MIT
/*
 * reload COUNT: unload and load the module COUNT times, and after each load run
 * jobs of one of the kinds and look at their bytes. Two of five times more jobs
 * are on the NPU when the file is closed; then the driver is unbound first.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crew.h"
#include "npu.h"

#define NODE_S		60
#define UNLOAD_S	60
#define UNBIND		"echo $(basename $(readlink -f /sys/class/accel/accel0/device))" \
			" >/sys/bus/pci/drivers/v3npu/unbind"

static void must(const char *command)
{
	if (system(command))
		errx(1, "%s failed", command);
}

/* Jobs keep the module until they are freed, which may be just after their process has ended */
static void unload(void)
{
	uint64_t end = now_us() + UNLOAD_S * 1000000ull;

	while (system("rmmod v3npu 2>/dev/null")) {
		if (now_us() > end)
			errx(1, "the module is in use %u s after the last file was closed",
			     UNLOAD_S);
		usleep(2000);
	}
}

static void wait_for_node(void)
{
	uint64_t end = now_us() + NODE_S * 1000000ull;
	int fd;

	while ((fd = client_open_node()) < 0) {
		if (now_us() > end)
			errx(1, "there is no device after modprobe");
		usleep(2000);
	}
	close(fd);
}

static void use(enum client_kind kind, bool abandon, uint32_t seed, struct tally *tally)
{
	struct client *client;
	int ret;

	ret = client_open(kind, DRM_V3NPU_PRIORITY_NORMAL, seed, &client);
	if (ret)
		errx(1, "the device cannot be used: %s", strerror(-ret));
	ret = client_run(client, tally);
	if (!ret && abandon)
		ret = client_abandon(client);
	if (ret)
		errx(1, "a job failed: %s", strerror(-ret));
	client_close(client);
}

int main(int argc, char **argv)
{
	unsigned int count = number_argument(argc, argv, 1);
	struct tally tally = {};
	bool abandon = false;

	for (unsigned int i = 0; i < count; i++) {
		enum client_kind kind = (enum client_kind)(i % CLIENT_KINDS);

		if (abandon)
			must(UNBIND);
		unload();
		must("modprobe v3npu");
		wait_for_node();
		abandon = kind == CLIENT_DEEP || kind == CLIENT_SHORT;
		use(kind, abandon, i, &tally);
	}
	printf("# %llu jobs right, %llu wrong\n", (unsigned long long)tally.done,
	       (unsigned long long)tally.wrong);
	printf("tried %u\nlost %llu\n", count, (unsigned long long)tally.wrong);
	return tally.wrong > 0;
}
