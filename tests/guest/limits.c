// SPDX-License-Identifier: MIT
/* What a file and a user can have at most, and what they are told then. */
#define _GNU_SOURCE	/* for unshare() */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xf86drm.h>

#include "dmabuf.h"
#include "kselftest_harness.h"
#include "npu.h"

#define PAGE	4096ul

FIXTURE(limits)
{
	int fd;
	struct drm_v3npu_dev_info info;
};

FIXTURE_SETUP(limits)
{
	struct drm_v3npu_dev_query query = {
		.size = sizeof(self->info),
		.pointer = (uintptr_t)&self->info,
	};

	self->fd = npu_open();
	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_DEV_QUERY, &query), 0);
	ASSERT_EQ(query.size, sizeof(self->info));
}

FIXTURE_TEARDOWN(limits)
{
	close(self->fd);
}

static int create_ctx(int fd)
{
	struct drm_v3npu_ctx_create args = { .priority = DRM_V3NPU_PRIORITY_NORMAL };

	return npu_ioctl(fd, DRM_IOCTL_V3NPU_CTX_CREATE, &args);
}

/* Create contexts in new files until that fails; how many there were, @ret is why it failed. */
static uint32_t fill_with_contexts(uint32_t per_file, int *ret)
{
	uint32_t count = 0;

	for (;;) {
		int fd = npu_open();

		for (uint32_t i = 0; i < per_file; i++) {
			*ret = create_ctx(fd);
			if (*ret)
				return count;
			count++;
		}
	}
}

TEST_F(limits, dev_query_tells_them)
{
	EXPECT_EQ(self->info.max_contexts, 64);
	EXPECT_EQ(self->info.max_user_contexts, 128);
	EXPECT_EQ(self->info.max_bos, 65536);
	EXPECT_EQ(self->info.max_jobs, 16384);
	EXPECT_EQ(self->info.max_failed_in_row, 3);
}

TEST_F_TIMEOUT(limits, a_user_leaves_contexts_to_others, 60)
{
	int status, ready[2], done[2];
	char byte;
	pid_t child;

	if (!getgrnam("render"))
		SKIP(return, "there is no group render");
	ASSERT_EQ(pipe(ready), 0);
	ASSERT_EQ(pipe(done), 0);
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		uint32_t count;
		int ret;

		npu_become_user(4711);
		count = fill_with_contexts(self->info.max_contexts, &ret);
		close(done[1]);
		if (ret != -ENOSPC || write(ready[1], "", 1) != 1 || read(done[0], &byte, 1))
			_exit(101);
		_exit(count == self->info.max_user_contexts ? 0 : 102);
	}
	ASSERT_EQ(read(ready[0], &byte, 1), 1);

	/* Another user, while it has all it can get. */
	for (uint32_t i = 0; i < self->info.max_contexts; i++)
		EXPECT_EQ(create_ctx(self->fd), 0);
	EXPECT_EQ(create_ctx(self->fd), -ENOSPC);
	close(done[1]);
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status, 0);

	/* And the same user again, when its process is gone. */
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		npu_become_user(4711);
		_exit(create_ctx(npu_open()) ? 1 : 0);
	}
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status, 0);
}

/*
 * Each takes all it can get, in turn: half of what is left, and so something is left
 * for the next. The counts come through a pipe, and all keep what they have until the end.
 */
TEST_F_TIMEOUT(limits, it_takes_many_users_to_get_all_contexts, 60)
{
	uint32_t wanted = self->info.max_user_contexts, left = 2 * wanted, count;
	int ready[2], done[2];

	if (!getgrnam("render"))
		SKIP(return, "there is no group render");
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(pipe(ready), 0);
	ASSERT_EQ(pipe(done), 0);
	for (uid_t user = 0; left; user++) {
		pid_t child = fork();
		char byte;
		int ret;

		ASSERT_GE(child, 0);
		if (!child) {
			npu_become_user(5000 + user);
			count = fill_with_contexts(self->info.max_contexts, &ret);
			close(done[1]);
			if (write(ready[1], &count, sizeof(count)) != sizeof(count) ||
			    read(done[0], &byte, 1))
				_exit(1);
			_exit(0);
		}
		ASSERT_EQ(read(ready[0], &count, sizeof(count)), sizeof(count));
		EXPECT_EQ(count, wanted);
		left -= count;
		/* The last two get one each. */
		wanted = left > 1 ? left / 2 : 1;
		ASSERT_LT(user, 16);
	}
	close(done[1]);
	while (wait(NULL) > 0)
		;
}

/* A process of user 4711 that has all contexts that it can get, until it is killed. */
static pid_t take_all_contexts(uint32_t per_file)
{
	int ready[2], ret;
	pid_t child;
	char byte;

	if (pipe(ready))
		return -1;
	child = fork();
	if (!child) {
		npu_become_user(4711);
		fill_with_contexts(per_file, &ret);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	if (read(ready[0], &byte, 1) != 1)
		return -1;
	return child;
}

#define NO_NAMESPACE	77

/*
 * Be another user in a name space that user 4711 makes, and create a context. IDs are mapped
 * by the parent, between a byte to @made and one from @mapped. Ends the process.
 */
static void be_user_of_namespace(int made, int mapped)
{
	char byte;

	npu_become_user(4711);
	if (unshare(CLONE_NEWUSER))
		_exit(NO_NAMESPACE);
	if (write(made, "", 1) != 1 || read(mapped, &byte, 1) != 1 || setuid(1))
		_exit(1);
	_exit(create_ctx(npu_open()) == -ENOSPC ? 0 : 2);
}

static bool map_ids(pid_t child)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/uid_map", child);
	f = fopen(path, "w");
	return f && fputs("0 4711 1\n1 6001 1\n", f) >= 0 && !fclose(f);
}

TEST_F_TIMEOUT(limits, users_of_a_name_space_are_who_made_it, 60)
{
	int made[2], mapped[2], status = 0;
	pid_t hog, child;
	char byte;

	if (!getgrnam("render"))
		SKIP(return, "there is no group render");
	hog = take_all_contexts(self->info.max_contexts);
	ASSERT_GT(hog, 0);
	ASSERT_EQ(pipe(made), 0);
	ASSERT_EQ(pipe(mapped), 0);
	child = fork();
	ASSERT_GE(child, 0);
	if (!child)
		be_user_of_namespace(made[1], mapped[0]);
	close(made[1]);
	if (read(made[0], &byte, 1) == 1) {
		EXPECT_TRUE(map_ids(child));
		EXPECT_EQ(write(mapped[1], "", 1), 1);
	}
	EXPECT_EQ(waitpid(child, &status, 0), child);
	kill(hog, SIGKILL);
	waitpid(hog, NULL, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_NAMESPACE)
		SKIP(return, "users cannot make name spaces");
	EXPECT_EQ(status, 0);
}

TEST_F_TIMEOUT(limits, cap_sys_resource_gets_all_contexts, 60)
{
	pid_t child = fork();
	int status;

	ASSERT_GE(child, 0);
	if (!child) {
		int ret;

		_exit(fill_with_contexts(self->info.max_contexts, &ret) == 256 &&
		      ret == -ENOSPC ? 0 : 1);
	}
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status, 0);
	EXPECT_EQ(create_ctx(self->fd), 0);
}

TEST_F_TIMEOUT(limits, jobs_that_are_not_done, 300)
{
	struct npu_bo slow = npu_bo_create(self->fd, PAGE, 0);
	struct npu_bo cmds = npu_bo_create(self->fd, PAGE, 0);
	struct drm_v3npu_ctx_destroy destroy = { .id = npu_ctx_create(self->fd) };
	struct npu_job stall = { .ctx = destroy.id, .cmds = &slow, .out = npu_syncobj(self->fd) };
	struct npu_job job = { .ctx = npu_ctx_create(self->fd), .cmds = &cmds };
	uint32_t first = npu_syncobj(self->fd), count = 0;
	int other = npu_open(), ret;
	struct npu_bo its_cmds = npu_bo_create(other, PAGE, 0);
	struct npu_job its = { .ctx = npu_ctx_create(other), .cmds = &its_cmds };

	/* What the others wait for takes longer than to submit them. */
	stall.cmds_size = npu_cmd_stall(slow.map, 0, 1000000);
	for (; count < 200; count++)
		ASSERT_EQ(npu_submit(self->fd, &stall), 0);
	job.in = stall.out;
	job.cmds_size = npu_cmd_nop(cmds.map, 0);
	job.out = first;
	do {
		ret = npu_submit(self->fd, &job);
		job.out = 0;
		count++;
	} while (!ret);
	count--;
	EXPECT_EQ(ret, -EBUSY);
	EXPECT_LE(count, self->info.max_jobs + npu_ctx_query(self->fd, stall.ctx).jobs_done);
	EXPECT_GE(count, self->info.max_jobs);

	/* It is the file's limit. */
	its.cmds_size = npu_cmd_nop(its_cmds.map, 0);
	EXPECT_EQ(npu_run(other, its, 20), 0);

	/* When a job is done there is room for another. */
	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_CTX_DESTROY, &destroy), 0);
	ASSERT_EQ(npu_wait(self->fd, first, 60), 0);
	EXPECT_EQ(npu_submit(self->fd, &job), 0);
	close(other);
}

TEST_F_TIMEOUT(limits, buffers, 600)
{
	struct drm_v3npu_bo_create args = { .size = PAGE };
	struct dmabuf import = dmabuf_udmabuf(PAGE);
	uint32_t count = 0, last = 0, handle;
	int ret;

	while (!(ret = npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_CREATE, &args))) {
		last = args.handle;
		count++;
	}
	EXPECT_EQ(ret, -ENOSPC);
	EXPECT_EQ(count, self->info.max_bos);
	/* Imported ones count, too. */
	EXPECT_EQ(drmPrimeFDToHandle(self->fd, import.fd, &handle), -1);
	EXPECT_EQ(errno, ENOSPC);
	EXPECT_EQ(drmCloseBufferHandle(self->fd, last), 0);
	EXPECT_EQ(drmPrimeFDToHandle(self->fd, import.fd, &handle), 0);
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_CREATE, &args), -ENOSPC);
	dmabuf_close(&import);
}

TEST_HARNESS_MAIN
