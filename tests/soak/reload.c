// SPDX-License-Identifier: MIT
/*
 * reload COUNT: unload and load the module COUNT times, and after each load run
 * jobs of one of the kinds and look at their bytes. Two of five times more jobs
 * are on the NPU when the file is closed and the module unloaded.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crew.h"
#include "npu.h"

#define NODE_S	60

static void must(const char *command)
{
	if (system(command))
		errx(1, "%s failed", command);
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

	for (unsigned int i = 0; i < count; i++) {
		enum client_kind kind = (enum client_kind)(i % CLIENT_KINDS);

		must("rmmod v3npu");
		must("modprobe v3npu");
		wait_for_node();
		use(kind, kind == CLIENT_DEEP || kind == CLIENT_SHORT, i, &tally);
	}
	printf("# %llu jobs right, %llu wrong\n", (unsigned long long)tally.done,
	       (unsigned long long)tally.wrong);
	printf("tried %u\nlost %llu\n", count, (unsigned long long)tally.wrong);
	return tally.wrong > 0;
}
