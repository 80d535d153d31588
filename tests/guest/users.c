// SPDX-License-Identifier: MIT
/*
 * Two users: whatever one does with the NPU, the other's jobs have their turns. What is
 * judged is what happened meanwhile, and not how long it took: the machine may be slow.
 * The times are told.
 */
#include <err.h>
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "npu.h"

#define PAGE		4096ul
#define HANG_MS		500000
#define TRIES		3

FIXTURE(users)
{
	int fd;
	unsigned int timeout_ms;
	pid_t other;
};

FIXTURE_SETUP(users)
{
	if (!getgrnam("render"))
		npu_skip("there is no group render");
	self->fd = npu_open();
	self->timeout_ms = npu_dev_info(self->fd).job_timeout_ms;
	self->other = 0;
}

FIXTURE_TEARDOWN(users)
{
	if (self->other) {
		kill(self->other, SIGKILL);
		waitpid(self->other, NULL, 0);
	}
	close(self->fd);
}

/* Those of a test before may not all be gone: the command that runs ends first */
static uint32_t create_ctx(int fd)
{
	struct drm_v3npu_ctx_create create = { .priority = DRM_V3NPU_PRIORITY_NORMAL };
	int ret;

	while ((ret = npu_ioctl(fd, DRM_IOCTL_V3NPU_CTX_CREATE, &create)) == -ENOSPC)
		usleep(20000);
	if (ret)
		_exit(1);
	return create.id;
}

/* Another user, with as many files and contexts and jobs of a command of @ms */
static void be_other_user(int files, int ctxs, int jobs, unsigned int ms, int ready)
{
	npu_become_user(4711);
	for (int f = 0; f < files; f++) {
		int fd = npu_open();
		struct npu_bo cmds = npu_bo_create(fd, PAGE, 0);
		struct npu_job job = { .cmds = &cmds };

		job.cmds_size = npu_cmd_stall(cmds.map, 1, ms * 1000);
		for (int c = 0; c < ctxs; c++) {
			job.ctx = create_ctx(fd);
			for (int j = 0; j < jobs; j++)
				if (npu_submit(fd, &job))
					_exit(1);
		}
	}
	if (write(ready, "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static pid_t other_user(int files, int ctxs, int jobs, unsigned int ms)
{
	int ready[2];
	pid_t child;
	char byte;

	if (pipe(ready))
		err(1, "pipe");
	child = fork();
	if (!child)
		be_other_user(files, ctxs, jobs, ms, ready[1]);
	close(ready[1]);
	if (child < 0 || read(ready[0], &byte, 1) != 1)
		errx(1, "the other user cannot submit");
	close(ready[0]);
	return child;
}

static unsigned long long counter(const char *name)
{
	unsigned long long value;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "counters/%s", name);
	f = fopen(npu_sysfs(path), "r");
	if (!f || fscanf(f, "%llu", &value) != 1)
		err(1, "%s", path);
	fclose(f);
	return value;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Run a job that takes no time. Return: what @name counted more meanwhile, ~0 if it failed. */
static unsigned long long run_nop(int fd, uint32_t priority, const char *name, double *seconds)
{
	struct drm_v3npu_ctx_create create = { .priority = priority };
	struct npu_bo cmds = npu_bo_create(fd, PAGE, 0);
	struct npu_job job = { .cmds = &cmds };
	unsigned long long before;
	int ret;

	job.cmds_size = npu_cmd_nop(cmds.map, 1);
	if (npu_ioctl(fd, DRM_IOCTL_V3NPU_CTX_CREATE, &create))
		errx(1, "CTX_CREATE");
	job.ctx = create.id;
	before = counter(name);
	*seconds = now();
	ret = npu_run(fd, job, 600);
	*seconds = now() - *seconds;
	return ret ? ~0ull : counter(name) - before;
}

TEST_F_TIMEOUT(users, hangs_delay_an_urgent_job_of_another_by_one, 120)
{
	double seconds;

	self->other = other_user(1, 16, 4, HANG_MS);
	for (int i = 0; i < TRIES; i++) {
		/* One that was over anyway, and the one that came before it was told */
		EXPECT_LE(run_nop(self->fd, DRM_V3NPU_PRIORITY_REALTIME, "resets", &seconds), 2);
		TH_LOG("it took %.2f limits", seconds * 1000 / self->timeout_ms);
	}
}

TEST_F_TIMEOUT(users, hangs_delay_a_job_of_another_by_one, 120)
{
	double seconds;

	self->other = other_user(1, 16, 4, HANG_MS);
	for (int i = 0; i < TRIES; i++) {
		EXPECT_LE(run_nop(self->fd, DRM_V3NPU_PRIORITY_NORMAL, "resets", &seconds), 2);
		TH_LOG("it took %.2f limits", seconds * 1000 / self->timeout_ms);
	}
}

TEST_F_TIMEOUT(users, hangs_of_one_context, 120)
{
	double seconds;

	self->other = other_user(1, 1, 100, HANG_MS);
	EXPECT_LE(run_nop(self->fd, DRM_V3NPU_PRIORITY_NORMAL, "resets", &seconds), 2);
	/* It is ended after three, and what is left of it takes no time. */
	EXPECT_LE(run_nop(self->fd, DRM_V3NPU_PRIORITY_LOW, "resets", &seconds), 3);
}

TEST_F_TIMEOUT(users, many_contexts_delay_a_job_of_another_by_one, 120)
{
	double seconds;

	self->other = other_user(2, 64, 4, self->timeout_ms * 9 / 10);
	for (int i = 0; i < TRIES; i++) {
		/* Its own, the one that ran, and one that had begun before the job was there */
		EXPECT_LE(run_nop(self->fd, DRM_V3NPU_PRIORITY_NORMAL, "jobs_done", &seconds), 3);
		TH_LOG("it took %.2f limits", seconds * 1000 / self->timeout_ms);
	}
}

/* Nor do many files of a user, with a context each. */
TEST_F_TIMEOUT(users, many_files_delay_a_job_of_another_by_one, 120)
{
	double seconds;

	self->other = other_user(60, 1, 4, self->timeout_ms / 2);
	for (int i = 0; i < TRIES; i++) {
		EXPECT_LE(run_nop(self->fd, DRM_V3NPU_PRIORITY_NORMAL, "jobs_done", &seconds), 3);
		TH_LOG("it took %.2f limits", seconds * 1000 / self->timeout_ms);
	}
}

TEST_HARNESS_MAIN
