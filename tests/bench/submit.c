// SPDX-License-Identifier: MIT
/*
 * What a job costs that does nothing: the ioctl, the way to the NPU and back,
 * and how many go through in a second. Prints one JSON object.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <xf86drm.h>

#include "npu.h"

#define ROUNDS		2000
#define STREAM_JOBS	4000
/* Jobs of a client that are under way: enough that the NPU never waits for it */
#define STREAM_DEPTH	32
#define CLIENTS		4

struct client {
	int fd;
	struct npu_bo cmds;
	struct npu_job job;
};

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *us, int count)
{
	qsort(us, count, sizeof(*us), compare);
	return us[count / 2];
}

static void client_open(struct client *c)
{
	c->fd = npu_open();
	c->cmds = npu_bo_create(c->fd, 4096, 0);
	c->job = (struct npu_job){
		.ctx = npu_ctx_create(c->fd), .cmds = &c->cmds,
		.cmds_size = npu_cmd_nop(c->cmds.map, 0),
	};
}

static void submit(struct client *c)
{
	if (npu_submit(c->fd, &c->job))
		errx(1, "SUBMIT failed");
}

static void wait_for(struct client *c, uint32_t syncobj)
{
	if (drmSyncobjWait(c->fd, &syncobj, 1, npu_time(60), 0, NULL))
		errx(1, "a job was not done in a minute");
}

static void measure_round_trip(void)
{
	static double submit_us[ROUNDS], round_us[ROUNDS];
	struct client c;
	double start;
	int i;

	client_open(&c);
	c.job.out = npu_syncobj(c.fd);
	for (i = 0; i < ROUNDS; i++) {
		start = now_us();
		submit(&c);
		submit_us[i] = now_us() - start;
		wait_for(&c, c.job.out);
		round_us[i] = now_us() - start;
		drmSyncobjReset(c.fd, &c.job.out, 1);
	}
	close(c.fd);
	printf("{\"submit_us\": %.2f, \"round_trip_us\": %.2f", median(submit_us, ROUNDS),
	       median(round_us, ROUNDS));
}

static void stream(void)
{
	uint32_t syncobjs[STREAM_DEPTH];
	struct client c;
	int i;

	client_open(&c);
	for (i = 0; i < STREAM_DEPTH; i++)
		syncobjs[i] = npu_syncobj(c.fd);
	for (i = 0; i < STREAM_JOBS; i++) {
		c.job.out = syncobjs[i % STREAM_DEPTH];
		if (i >= STREAM_DEPTH)
			wait_for(&c, c.job.out);
		submit(&c);
	}
	wait_for(&c, c.job.out);
	close(c.fd);
}

static void measure_streams(int clients)
{
	double start = now_us();
	int i, status;

	fflush(stdout);
	for (i = 0; i < clients; i++) {
		switch (fork()) {
		case -1:
			err(1, "fork");
		case 0:
			stream();
			_exit(0);
		}
	}
	for (i = 0; i < clients; i++)
		if (wait(&status) < 0 || status)
			errx(1, "a client failed");
	printf(", \"jobs_per_s_%d\": %.0f", clients,
	       clients * STREAM_JOBS / (now_us() - start) * 1e6);
}

int main(void)
{
	measure_round_trip();
	measure_streams(1);
	measure_streams(CLIENTS);
	puts("}");
	return 0;
}
