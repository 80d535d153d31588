// SPDX-License-Identifier: MIT
/*
 * unplug COUNT: four clients work while the NPU is unplugged and plugged in
 * again COUNT times by the host (unplug.py), which this program tells "busy"
 * when all of them work and "gone" when they have noticed. A job may fail
 * because the device is gone; one that ends well has the right bytes.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crew.h"
#include "npu.h"

#define CLIENTS		4
#define ROUND_S		120

/* What a job or a call may say of a device that is gone. */
static bool is_gone(int error)
{
	return error == -ENODEV || error == -ECANCELED;
}

/* Run jobs until the device is gone. */
static void use(struct crew *crew, struct member *member, struct client *client)
{
	int ret = 0;

	while (!crew->stop && !ret) {
		uint64_t wrong = member->tally.wrong;

		ret = client_run(client, &member->tally);
		if (member->tally.wrong > wrong)
			complain(member, "wrong bytes");
		if (!ret)
			member->rounds++;
		else if (!is_gone(ret))
			complain(member, "a job failed: %s", strerror(-ret));
	}
	/* It stays so, however often one asks, also when another one is plugged in. */
	if (ret && !is_gone(client_run(client, &member->tally)))
		complain(member, "a device that is gone does a job");
}

static void client(struct crew *crew, struct member *member)
{
	uint32_t seed = (uint32_t)(member - crew->members);
	struct client *client;

	while (!crew->stop) {
		/* Anything may be missing of a device that comes or goes. */
		if (client_open(member->kind, member->priority, seed++, &client)) {
			usleep(2000);
			continue;
		}
		use(crew, member, client);
		client_close(client);
	}
}

static void wait_until_gone(void)
{
	uint64_t end = now_us() + ROUND_S * 1000000ull;

	for (int fd; (fd = client_open_node()) >= 0; usleep(2000)) {
		close(fd);
		if (now_us() > end)
			errx(1, "the device is not unplugged");
	}
}

int main(int argc, char **argv)
{
	static const enum client_kind kinds[CLIENTS] = {
		CLIENT_MODEL, CLIENT_SHORT, CLIENT_LARGE, CLIENT_DEEP,
	};
	unsigned int count = number_argument(argc, argv, 1), done;
	struct crew *crew = crew_new();
	struct tally tally;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (unsigned int i = 0; i < CLIENTS; i++)
		crew_start(crew, client, "client", kinds[i], DRM_V3NPU_PRIORITY_NORMAL);
	for (done = 0; done < count; done++) {
		if (!crew_wait_rounds(crew, CLIENTS, ROUND_S))
			errx(1, "after %u rounds a client does not get on", done);
		puts("busy");
		wait_until_gone();
		puts("gone");
	}
	if (!crew_wait_rounds(crew, CLIENTS, ROUND_S))
		errx(1, "after the last round a client does not get on");
	crew_join(crew);
	tally = crew_tally(crew, CLIENTS);
	printf("# %u clients: %llu jobs right, %llu wrong, %llu ended because the device was gone\n",
	       CLIENTS, (unsigned long long)tally.done, (unsigned long long)tally.wrong,
	       (unsigned long long)tally.failed);
	printf("tried %u\nlost %llu\n", done,
	       (unsigned long long)tally.wrong + crew_misses(crew));
	return crew_misses(crew) || tally.wrong || !tally.failed;
}
