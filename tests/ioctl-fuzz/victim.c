// SPDX-License-Identifier: MIT
/* Somebody who uses the device as one should, while the fuzzer does not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "npu.h"

#define BYTES		256
#define SECRET		0xa5
/* A slow machine with a long queue */
#define SECONDS		300
#define PAUSE_USEC	20000

struct victim {
	int fd;
	uint32_t ctx;
	struct npu_bo cmds, in, out, secret;
};

static void victim_open(struct victim *v)
{
	v->fd = npu_open();
	v->ctx = npu_ctx_create(v->fd);
	v->cmds = npu_bo_create(v->fd, PAGE, 0);
	v->in = npu_bo_create(v->fd, PAGE, DRM_V3NPU_BO_NPU_READONLY);
	v->out = npu_bo_create(v->fd, PAGE, 0);
	v->secret = npu_bo_create(v->fd, PAGE, 0);
	memset(v->secret.map, SECRET, PAGE);
}

static void victim_close(struct victim *v)
{
	npu_bo_destroy(v->fd, &v->cmds);
	npu_bo_destroy(v->fd, &v->in);
	npu_bo_destroy(v->fd, &v->out);
	npu_bo_destroy(v->fd, &v->secret);
	close(v->fd);
}

/* Return NULL, or what went wrong. */
static const char *victim_job(struct victim *v, uint8_t seed)
{
	struct npu_job job = { .ctx = v->ctx, .cmds = &v->cmds, .read = &v->in, .write = &v->out };
	static char why[64];
	int ret;

	for (unsigned int i = 0; i < BYTES; i++)
		v->in.map[i] = (uint8_t)(seed + 7 * i);
	memset(v->out.map, 0, PAGE);
	job.cmds_size = npu_cmd_copy(v->cmds.map, seed, v->in.va, v->out.va, BYTES);
	ret = npu_run(v->fd, job, SECONDS);
	if (ret) {
		snprintf(why, sizeof(why), "its job failed: %s", strerror(-ret));
		return why;
	}
	if (memcmp(v->in.map, v->out.map, BYTES))
		return "its job computed something else";
	for (unsigned int i = 0; i < PAGE; i++)
		if (v->secret.map[i] != SECRET || (i >= BYTES && v->out.map[i]))
			return "somebody wrote its memory";
	return NULL;
}

void victim_run(struct shared *shared)
{
	const char *why = NULL;
	struct victim v;

	victim_open(&v);
	for (unsigned int i = 0; !why && !shared->stop; i++) {
		why = victim_job(&v, (uint8_t)i);
		if (!why)
			shared->victim_jobs++;
		usleep(PAUSE_USEC);
	}
	if (why)
		snprintf(shared->victim_failed, sizeof(shared->victim_failed), "%s", why);
	victim_close(&v);
	exit(0);
}

const char *victim_once(void)
{
	struct victim v;
	const char *why;

	victim_open(&v);
	why = victim_job(&v, 1);
	victim_close(&v);
	return why;
}
