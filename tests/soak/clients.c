// SPDX-License-Identifier: MIT
/*
 * clients SECONDS: 32 clients of all priorities and kinds of jobs work for
 * SECONDS, and four more hurt themselves: their commands fault or are malformed,
 * they leave with jobs on the NPU, they hang. All bytes of the 32 are looked at,
 * none of their jobs may fail, and none may starve.
 *
 * Runs in the guest as root, with job_timeout_ms=2000.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crew.h"
#include "npu.h"

#define CLIENTS		32
#define FAULTY		4
#define PRIORITIES	4
#define ROUND_S		120
#define PAGE		4096ul
#define HANG_US		500000000u
/* Between two hangs, each of which keeps the NPU for two seconds */
#define HANG_EVERY_MS	20000
/*
 * Between two files that are left with jobs on the NPU. The NPU runs the four at
 * most that it has of each, in turns with those of the others.
 */
#define LEAVE_EVERY_MS	50

/*
 * What no job of the highest priority may wait for: a hang of two seconds, a
 * reset, and seven others like it, twice that on a machine with other work to do.
 */
#define REALTIME_MS	6000
/*
 * How much longer a job of another priority may wait than one of the highest on
 * the same machine did. It is next after 100 ms and then has the NPU for 10 ms;
 * up to 31 others do, too, in turns, and with the job that each of them finds
 * running (5 ms) a turn of all takes half a second. The longest jobs need three of
 * these, and again twice that.
 */
#define TURNS_MS	3000

static void client(struct crew *crew, struct member *member)
{
	struct client *client;
	int ret;

	ret = client_open(member->kind, member->priority, (uint32_t)(member - crew->members),
			  &client);
	if (ret) {
		complain(member, "cannot start: %s", strerror(-ret));
		return;
	}
	while (!crew->stop) {
		uint64_t wrong = member->tally.wrong;

		ret = client_run(client, &member->tally);
		if (member->tally.wrong > wrong)
			complain(member, "wrong bytes");
		if (ret)
			complain(member, "a job failed: %s", strerror(-ret));
		member->rounds++;
	}
	client_close(client);
}

/* What a faulty client does its faulty things with. */
struct bench {
	int fd;
	struct npu_bo bo;
	struct npu_job job;
};

static struct bench bench_open(void)
{
	struct bench bench = { .fd = npu_open() };

	bench.bo = npu_bo_create(bench.fd, PAGE, 0);
	bench.job.ctx = npu_ctx_create(bench.fd);
	return bench;
}

static void bench_close(struct bench *bench)
{
	munmap(bench->bo.map, bench->bo.size);
	close(bench->fd);
}

/* Run the job, which must end with this error. A context is ended when some of its jobs have. */
static void must_fail(struct member *member, struct bench *bench, int error)
{
	struct drm_v3npu_ctx_destroy destroy = { .id = bench->job.ctx };
	int ret;

	bench->job.cmds = &bench->bo;
	ret = npu_run(bench->fd, bench->job, ROUND_S);
	if (ret == -ECANCELED &&
	    npu_ctx_query(bench->fd, destroy.id).state == DRM_V3NPU_CTX_ENDED) {
		npu_ioctl(bench->fd, DRM_IOCTL_V3NPU_CTX_DESTROY, &destroy);
		bench->job.ctx = npu_ctx_create(bench->fd);
		ret = npu_run(bench->fd, bench->job, ROUND_S);
	}
	if (ret == error)
		member->tally.failed++;
	else
		complain(member, "its job ended with %d instead of %d", ret, error);
	member->rounds++;
}

static void faulting_client(struct crew *crew, struct member *member)
{
	const uint64_t nowhere = 0x3000000000;
	struct bench bench = bench_open();

	while (!crew->stop) {
		bench.job.cmds_size = npu_cmd_copy(bench.bo.map, 1, bench.bo.va, nowhere, 16);
		must_fail(member, &bench, -EFAULT);
		usleep(5000);
	}
	bench_close(&bench);
}

static void malformed_client(struct crew *crew, struct member *member)
{
	const struct v3npu_cmd_hdr hdr = { .opcode = V3NPU_NUM_OPCODES, .size = sizeof(hdr) };
	struct bench bench = bench_open();

	memcpy(bench.bo.map, &hdr, sizeof(hdr));
	bench.job.cmds_size = sizeof(hdr);
	while (!crew->stop) {
		must_fail(member, &bench, -EINVAL);
		usleep(5000);
	}
	bench_close(&bench);
}

static void pause_ms(const struct crew *crew, unsigned int ms)
{
	for (uint64_t end = now_us() + ms * 1000ull; now_us() < end && !crew->stop;)
		usleep(20000);
}

static void leaving_client(struct crew *crew, struct member *member)
{
	while (!crew->stop) {
		struct client *client;
		int ret = client_open(CLIENT_DEEP, member->priority, member->rounds, &client);

		if (!ret) {
			ret = client_abandon(client);
			client_close(client);
		}
		/* The NPU has so many contexts, and one is there until its jobs have ended. */
		if (ret && ret != -ENOSPC)
			complain(member, "cannot submit: %s", strerror(-ret));
		member->rounds++;
		pause_ms(crew, LEAVE_EVERY_MS);
	}
}

static void hanging_client(struct crew *crew, struct member *member)
{
	struct bench bench = bench_open();

	while (!crew->stop) {
		bench.job.cmds_size = npu_cmd_stall(bench.bo.map, 1, HANG_US);
		must_fail(member, &bench, -ETIME);
		pause_ms(crew, HANG_EVERY_MS);
	}
	bench_close(&bench);
}

static void start_all(struct crew *crew)
{
	static crew_function *const faulty[FAULTY] = {
		faulting_client, malformed_client, leaving_client, hanging_client,
	};
	static const char *const names[FAULTY] = { "faulting", "malformed", "leaving", "hanging" };

	/* Every kind at every priority, as there are five and four of them */
	for (unsigned int i = 0; i < CLIENTS; i++)
		crew_start(crew, client, "good", (enum client_kind)(i % CLIENT_KINDS),
			   i % PRIORITIES);
	for (unsigned int i = 0; i < FAULTY; i++)
		crew_start(crew, faulty[i], names[i], CLIENT_DEEP, DRM_V3NPU_PRIORITY_NORMAL);
}

static uint64_t longest_us(const struct crew *crew, unsigned int priority)
{
	uint64_t longest = 0;

	for (unsigned int i = priority; i < CLIENTS; i += PRIORITIES)
		if (crew->members[i].tally.longest_us > longest)
			longest = crew->members[i].tally.longest_us;
	return longest;
}

/* Print what the clients of each priority did. Return: how many of them starved. */
static unsigned int report(const struct crew *crew)
{
	static const char *const names[PRIORITIES] = { "low", "normal", "high", "realtime" };
	uint64_t urgent_us = longest_us(crew, DRM_V3NPU_PRIORITY_REALTIME);
	unsigned int starved = 0;

	for (unsigned int p = 0; p < PRIORITIES; p++) {
		uint64_t limit_us = p == DRM_V3NPU_PRIORITY_REALTIME ?
				    REALTIME_MS * 1000ull : urgent_us + TURNS_MS * 1000ull;
		uint64_t jobs = 0;

		for (unsigned int i = p; i < CLIENTS; i += PRIORITIES) {
			const struct tally *tally = &crew->members[i].tally;

			jobs += tally->done;
			starved += !tally->done || tally->longest_us > limit_us;
		}
		printf("# %-8s: %8llu jobs right, a job took at most %llu of %llu ms\n", names[p],
		       (unsigned long long)jobs, (unsigned long long)longest_us(crew, p) / 1000,
		       (unsigned long long)limit_us / 1000);
	}
	return starved;
}

int main(int argc, char **argv)
{
	unsigned int seconds = number_argument(argc, argv, 1), starved, misses;
	struct crew *crew = crew_new();
	struct tally good;
	bool all;

	start_all(crew);
	all = crew_wait_rounds(crew, crew->count, ROUND_S);
	sleep(seconds);
	crew_join(crew);
	good = crew_tally(crew, CLIENTS);
	starved = report(crew);
	misses = crew_misses(crew);
	printf("# %u faulty clients: %llu jobs failed as they must\n", FAULTY,
	       (unsigned long long)(crew_tally(crew, crew->count).failed - good.failed));
	printf("tried %u\nlost %llu wrong, %u starved\n", CLIENTS,
	       (unsigned long long)good.wrong, starved);
	return !all || misses || starved;
}
