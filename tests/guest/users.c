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
#include <unistd.h>

#include "kselftest_harness.h"
#include "npu.h"

#define PAGE		4096ul
#define HANG_MS		500000
#define TRIES		3

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
		struct npu_bo cmds = npu_bo_create(self->fd, PAGE, 0);
		struct npu_job job = { .cmds = &cmds };

		kill(self->other, SIGKILL);
		waitpid(self->other, NULL, 0);
		/* What still runs of it would count as the next test's */
		job.cmds_size = npu_cmd_nop(cmds.map, 1);
		job.ctx = create_ctx(self->fd);
		EXPECT_EQ(npu_run(self->fd, job, 600), 0);
	}
	close(self->fd);
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

/* Run a job that takes no time. Return: what @name counted more meanwhile, ~0 if it failed. */
static uint64_t run_nop(int fd, uint32_t priority, const char *name, unsigned int timeout_ms)
{
	struct drm_v3npu_ctx_create create = { .priority = priority };
	struct npu_bo cmds = npu_bo_create(fd, PAGE, 0);
	struct npu_job job = { .cmds = &cmds };
	uint64_t before;
	int64_t start;
	int ret;

	job.cmds_size = npu_cmd_nop(cmds.map, 1);
	if (npu_ioctl(fd, DRM_IOCTL_V3NPU_CTX_CREATE, &create))
		errx(1, "CTX_CREATE");
	job.ctx = create.id;
	before = npu_sysfs_number(name);
	start = npu_time(0);
	ret = npu_run(fd, job, 600);
	printf("# it took %.2f limits\n", (double)(npu_time(0) - start) / 1e6 / timeout_ms);
	return ret ? UINT64_MAX : npu_sysfs_number(name) - before;
}

/* The most that @name counted during one of some such jobs. */
static uint64_t run_nops(int fd, uint32_t priority, const char *name, unsigned int timeout_ms)
{
	uint64_t count, most = 0;

	for (int i = 0; i < TRIES; i++) {
		count = run_nop(fd, priority, name, timeout_ms);
		if (count > most)
			most = count;
	}
	return most;
}

#define RESETS		"counters/resets"
#define JOBS_DONE	"counters/jobs_done"

TEST_F_TIMEOUT(users, hangs_delay_an_urgent_job_of_another_by_one, 120)
{
	self->other = other_user(1, 16, 4, HANG_MS);
	/* One that was over anyway, and the one that came before it was told */
	EXPECT_LE(run_nops(self->fd, DRM_V3NPU_PRIORITY_REALTIME, RESETS, self->timeout_ms), 2);
}

TEST_F_TIMEOUT(users, hangs_delay_a_job_of_another_by_one, 120)
{
	self->other = other_user(1, 16, 4, HANG_MS);
	EXPECT_LE(run_nops(self->fd, DRM_V3NPU_PRIORITY_NORMAL, RESETS, self->timeout_ms), 2);
}

TEST_F_TIMEOUT(users, hangs_of_one_context, 120)
{
	self->other = other_user(1, 1, 100, HANG_MS);
	EXPECT_LE(run_nop(self->fd, DRM_V3NPU_PRIORITY_NORMAL, RESETS, self->timeout_ms), 2);
	/* It is ended after three, and what is left of it takes no time. */
	EXPECT_LE(run_nop(self->fd, DRM_V3NPU_PRIORITY_LOW, RESETS, self->timeout_ms), 3);
}

TEST_F_TIMEOUT(users, many_contexts_delay_a_job_of_another_by_one, 120)
{
	self->other = other_user(2, 64, 4, self->timeout_ms * 9 / 10);
	/* Its own, the one that ran, and one that had begun before the job was there */
	EXPECT_LE(run_nops(self->fd, DRM_V3NPU_PRIORITY_NORMAL, JOBS_DONE, self->timeout_ms), 3);
}

/* Nor do many files of a user, with a context each. */
TEST_F_TIMEOUT(users, many_files_delay_a_job_of_another_by_one, 120)
{
	self->other = other_user(60, 1, 4, self->timeout_ms / 2);
	EXPECT_LE(run_nops(self->fd, DRM_V3NPU_PRIORITY_NORMAL, JOBS_DONE, self->timeout_ms), 3);
}

TEST_HARNESS_MAIN
