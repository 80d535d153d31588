// SPDX-License-Identifier: MIT
/* What debugfs says while a job runs. */
#include <err.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "npu.h"

static char text[1 << 16];

/* A file of the device in debugfs. */
static const char *contents(const char *name)
{
	char pattern[128];
	size_t size;
	glob_t path;
	FILE *f;

	snprintf(pattern, sizeof(pattern), "/sys/kernel/debug/accel/*/%s", name);
	if (glob(pattern, 0, NULL, &path))
		errx(1, "there is no %s", pattern);
	f = fopen(path.gl_pathv[0], "r");
	if (!f)
		err(1, "%s", path.gl_pathv[0]);
	globfree(&path);
	size = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[size] = '\0';
	return text;
}

FIXTURE(debugfs)
{
	int fd;
	uint32_t ctx;
	struct npu_bo cmds;
	uint32_t out;
	char process[64];
};

FIXTURE_SETUP(debugfs)
{
	self->fd = npu_open();
	self->ctx = npu_ctx_create(self->fd);
	self->out = npu_stall_running(self->fd, self->ctx, &self->cmds, 4711, 1000);
	snprintf(self->process, sizeof(self->process), "process %d v3npu_debugfs", getpid());
}

FIXTURE_TEARDOWN(debugfs)
{
	npu_wait(self->fd, self->out, 20);
	close(self->fd);
}

TEST_F(debugfs, status)
{
	EXPECT_NE(strstr(contents("status"), "command 1 opcode 8 tag 4711\n"), NULL);
	EXPECT_NE(strstr(text, "usable:           yes\n"), NULL);
	ASSERT_EQ(npu_wait(self->fd, self->out, 20), 0);
	EXPECT_NE(strstr(contents("status"), "running:          nothing\n"), NULL);
}

TEST_F(debugfs, jobs)
{
	char job[128];

	snprintf(job, sizeof(job), "%s commands %#llx size ", self->process,
		 (unsigned long long)self->cmds.va);
	EXPECT_NE(strstr(contents("jobs"), job), NULL);
	ASSERT_EQ(npu_wait(self->fd, self->out, 20), 0);
	EXPECT_STREQ(contents("jobs"), "");
}

TEST_F(debugfs, process_that_calls_itself_something_strange)
{
	struct npu_bo cmds;
	char line[128];
	uint32_t out;

	/* What a terminal would obey, and what is no character of ASCII */
	ASSERT_EQ(prctl(PR_SET_NAME, "a\x1b[2J\n\xfcz"), 0);
	out = npu_stall_running(self->fd, self->ctx, &cmds, 4711, 1000);
	snprintf(line, sizeof(line), "process %d a?[2J??z commands %#llx size ", getpid(),
		 (unsigned long long)cmds.va);
	EXPECT_NE(strstr(contents("jobs"), line), NULL);
	ASSERT_EQ(npu_wait(self->fd, out, 20), 0);
}

TEST_F(debugfs, clients)
{
	const char *client;

	ASSERT_EQ(npu_wait(self->fd, self->out, 20), 0);
	client = strstr(contents("clients"), self->process);
	ASSERT_NE(client, NULL);
	EXPECT_NE(strstr(client, ": 1 jobs done, 0 failed, 2 commands, "), NULL);
	EXPECT_NE(strstr(client, "\n  context 1: number "), NULL);
}

TEST_F(debugfs, mmu)
{
	EXPECT_EQ(strncmp(contents("mmu"), "address space 0: root 0x", 24), 0);
	EXPECT_NE(strstr(text, "\naddress space "), NULL);
	EXPECT_NE(strstr(text, " contexts 1\n"), NULL);
}

TEST_F(debugfs, firmware_log)
{
	EXPECT_NE(strstr(contents("firmware_log"), "firmware "), NULL);
}

TEST_HARNESS_MAIN
