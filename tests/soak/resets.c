// SPDX-License-Identifier: MIT
/*
 * resets COUNT: four clients work while a fifth has the NPU reset COUNT times,
 * by turns with a job that hangs, with firmware that crashes in a job of its
 * own, and with firmware that crashes in whatever runs. None of the clients'
 * bytes may be wrong, and none of their jobs may fail, but for the one that
 * runs when the firmware crashes under it: nobody can know that it was not it.
 *
 * Runs in the guest as root, with iomem=relaxed and a short job timeout.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xf86drm.h>

#include "crew.h"
#include "npu.h"
#include "v3npu/ipc.h"

#define CLIENTS		4
#define PAGE		4096ul
#define ROUND_S		120
#define HANG_US		500000000u
/* A job in which the firmware is overwritten: longer than that takes, shorter than a hang */
#define CRASH_US	600000
#define RV32_ILLEGAL	0xffffffffu

/**
 * struct offender - who causes the resets
 * @fd: its device
 * @ctx: its context, which goes before all others
 * @bo: its commands, and a byte that tells that they run
 * @core: V3NPU_FW_LIMIT bytes of core memory, the firmware
 * @slowest_us: the longest from a fault to the next job that was done
 */
struct offender {
	int fd;
	uint32_t ctx;
	struct npu_bo bo;
	volatile uint32_t *core;
	uint64_t slowest_us;
};

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
		if (ret && ret != -EIO)
			complain(member, "a job failed: %s", strerror(-ret));
		member->rounds++;
	}
	client_close(client);
}

/* How often the driver says that it has reset the device. */
static unsigned long resets_counted(void)
{
	unsigned long count = 0;
	char line[256];
	glob_t found;
	FILE *f;

	if (glob("/sys/kernel/debug/accel/*/status", 0, NULL, &found))
		errx(1, "no file status in debugfs");
	f = fopen(found.gl_pathv[0], "r");
	if (!f)
		err(1, "%s", found.gl_pathv[0]);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "resets:", 7))
			count = strtoul(line + 7, NULL, 10);
	fclose(f);
	globfree(&found);
	return count;
}

static void map_core(struct offender *offender)
{
	int fd = open("/sys/class/accel/accel0/device/resource2", O_RDWR);

	if (fd < 0)
		err(1, "resource2");
	offender->core = mmap(NULL, V3NPU_FW_LIMIT, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (offender->core == MAP_FAILED)
		err(1, "mmap of resource2 (it needs iomem=relaxed)");
	close(fd);
}

static void crash_firmware(struct offender *offender)
{
	/* Its code and its stack, as the core may still know the code */
	for (size_t i = 0; i < V3NPU_FW_LIMIT / 4; i++)
		offender->core[i] = RV32_ILLEGAL;
}

/* Submit a job that keeps the NPU, and wait until it runs. Return: its syncobj. */
static uint32_t hold(struct offender *offender, uint32_t usec)
{
	volatile uint8_t *started = offender->bo.map + 3072;
	struct npu_job job = {
		.ctx = offender->ctx,
		.cmds = &offender->bo,
		.out = npu_syncobj(offender->fd),
	};

	*started = 0;
	offender->bo.map[2048] = 1;
	job.cmds_size = npu_cmd_copy(offender->bo.map, 1, offender->bo.va + 2048,
				     offender->bo.va + 3072, 1);
	job.cmds_size += npu_cmd_stall(offender->bo.map + job.cmds_size, 2, usec);
	if (npu_submit(offender->fd, &job))
		errx(1, "the offender cannot submit");
	while (!*started)
		usleep(500);
	return job.out;
}

/* The job that is to blame must end with @error, or @other. */
static void must_end(struct offender *offender, uint32_t out, int error, int other)
{
	int ret = npu_wait(offender->fd, out, ROUND_S);

	if (ret != error && ret != other)
		errx(1, "the offender's job ended with %d (%s) instead of %d", ret, strerror(-ret),
		     error);
	drmSyncobjDestroy(offender->fd, out);
}

/* Run a job, at most one of which may be the one that the firmware crashes under. */
static void must_work(struct offender *offender, uint64_t since_us)
{
	struct npu_job job = { .ctx = offender->ctx, .cmds = &offender->bo };
	uint64_t us;
	int ret;

	job.cmds_size = npu_cmd_nop(offender->bo.map, 3);
	ret = npu_run(offender->fd, job, ROUND_S);
	if (ret == -EIO)
		ret = npu_run(offender->fd, job, ROUND_S);
	if (ret)
		errx(1, "the job after a reset failed: %s", strerror(-ret));
	us = now_us() - since_us;
	if (us > offender->slowest_us)
		offender->slowest_us = us;
}

static void hang(struct offender *offender)
{
	must_end(offender, hold(offender, HANG_US), -ETIME, -ETIME);
	must_work(offender, now_us());
}

static void crash_in_own_job(struct offender *offender)
{
	uint32_t out = hold(offender, CRASH_US);
	uint64_t start = now_us();

	crash_firmware(offender);
	/* On a machine that is too slow the driver may take it for a hang. */
	must_end(offender, out, -EIO, -ETIME);
	must_work(offender, start);
}

static void crash_in_any_job(struct offender *offender)
{
	uint64_t start = now_us();

	crash_firmware(offender);
	must_work(offender, start);
}

static void cause_resets(struct crew *crew, struct offender *offender, unsigned int count)
{
	static void (*const causes[])(struct offender *offender) = {
		crash_in_any_job, hang, crash_in_own_job,
	};

	for (unsigned int i = 0; i < count; i++) {
		if (!crew_wait_rounds(crew, CLIENTS, ROUND_S))
			errx(1, "after %u resets a client does not get on", i);
		causes[i % 3](offender);
	}
	if (!crew_wait_rounds(crew, CLIENTS, ROUND_S))
		errx(1, "after the last reset a client does not get on");
}

int main(int argc, char **argv)
{
	static const enum client_kind kinds[CLIENTS] = {
		CLIENT_MODEL, CLIENT_SHORT, CLIENT_LARGE, CLIENT_DEEP,
	};
	struct drm_v3npu_ctx_create create = { .priority = DRM_V3NPU_PRIORITY_REALTIME };
	unsigned int count = number_argument(argc, argv, 1), blamed = (count + 2) / 3;
	struct offender offender = { .fd = npu_open() };
	struct crew *crew = crew_new();
	unsigned long before, resets;
	struct tally tally;
	uint64_t lost;

	if (npu_ioctl(offender.fd, DRM_IOCTL_V3NPU_CTX_CREATE, &create))
		errx(1, "CTX_CREATE");
	offender.ctx = create.id;
	offender.bo = npu_bo_create(offender.fd, PAGE, 0);
	map_core(&offender);
	before = resets_counted();
	for (unsigned int i = 0; i < CLIENTS; i++)
		crew_start(crew, client, "innocent", kinds[i], DRM_V3NPU_PRIORITY_NORMAL);
	cause_resets(crew, &offender, count);
	crew_join(crew);
	resets = resets_counted() - before;
	tally = crew_tally(crew, CLIENTS);
	printf("# %u clients: %llu jobs right, %llu wrong, %llu failed (at most %u were running when the firmware crashed); a job was done at most %llu ms after a fault, a client's waited at most %llu ms\n",
	       CLIENTS, (unsigned long long)tally.done, (unsigned long long)tally.wrong,
	       (unsigned long long)tally.failed, blamed,
	       (unsigned long long)offender.slowest_us / 1000,
	       (unsigned long long)tally.longest_us / 1000);
	lost = crew_misses(crew) + (tally.failed > blamed ? tally.failed - blamed : 0);
	printf("tried %lu\nlost %llu wrong bytes, %llu jobs\n", resets,
	       (unsigned long long)tally.wrong, (unsigned long long)lost);
	return resets < count || tally.wrong || lost || !tally.done;
}
