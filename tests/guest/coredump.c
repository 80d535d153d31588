// SPDX-License-Identifier: MIT
/* What /sys/class/devcoredump holds after a hang and after a crash of the firmware. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "npu.h"

#define PAGE	4096ul
#define HANG_MS	500000
#define DUMPS	npu_sysfs("devcoredump/data")
#define STALL_SIZE	sizeof(struct v3npu_cmd_stall)

static char dump[1 << 20];

/* Whether there is a dump, within so many seconds. */
static bool dump_appears(unsigned int seconds)
{
	for (unsigned int i = 0; i < 100 * seconds; i++) {
		if (!access(DUMPS, F_OK))
			return true;
		usleep(10000);
	}
	return false;
}

/* Writing to a dump removes it, soon. */
static void discard_dump(void)
{
	int fd = open(DUMPS, O_WRONLY);

	if (fd < 0)
		return;
	if (write(fd, "1", 1) != 1)
		err(1, "write to a dump");
	close(fd);
	for (unsigned int i = 0; i < 1000 && !access(DUMPS, F_OK); i++)
		usleep(10000);
}

/* Read the dump, which is about to be there, and discard it. */
static bool read_dump(void)
{
	size_t size = 0;
	ssize_t n;
	int fd;

	dump[0] = '\0';
	if (!dump_appears(20))
		return false;
	fd = open(DUMPS, O_RDONLY);
	if (fd < 0)
		err(1, "%s", DUMPS);
	while ((n = read(fd, dump + size, sizeof(dump) - 1 - size)) > 0)
		size += (size_t)n;
	close(fd);
	dump[size] = '\0';
	discard_dump();
	return n == 0 && strlen(dump) == size;
}

/* Where the n-th section of this name begins, or NULL. */
static const char *section(const char *name, unsigned int n)
{
	const char *at = dump;
	char head[64];

	snprintf(head, sizeof(head), "[%s]\n", name);
	while ((at = strstr(at, head))) {
		at += strlen(head);
		if ((at == dump + strlen(head) || at[-strlen(head) - 1] == '\n') && !n--)
			return at;
	}
	return NULL;
}

/* A key's value in the n-th section of this name; "" if it is not there. */
static const char *value(const char *name, unsigned int n, const char *key)
{
	static char text[256];
	const char *line = section(name, n);
	size_t len = strlen(key);

	text[0] = '\0';
	for (; line && *line && *line != '\n' && *line != '['; line = strchr(line, '\n') + 1) {
		if (!strncmp(line, key, len) && !strncmp(line + len, ": ", 2)) {
			line += len + 2;
			snprintf(text, sizeof(text), "%.*s", (int)strcspn(line, "\n"), line);
			break;
		}
	}
	return text;
}

static unsigned long long number(const char *name, unsigned int n, const char *key)
{
	return strtoull(value(name, n, key), NULL, 0);
}

/* The stall of npu_stall_running(), as the dump shows bytes. */
static const char *hex_of_stall(const struct npu_bo *cmds)
{
	static char text[3 * STALL_SIZE + 1];

	for (size_t i = 0; i < STALL_SIZE; i++)
		snprintf(text + 3 * i, 4, "%02x ", cmds->map[sizeof(struct v3npu_cmd_copy) + i]);
	text[3 * STALL_SIZE - 1] = '\0';
	return text;
}

FIXTURE(coredump)
{
	int fd;
	uint32_t ctx;
	unsigned int wait_s;
};

FIXTURE_SETUP(coredump)
{
	self->fd = npu_open();
	self->ctx = npu_ctx_create(self->fd);
	self->wait_s = 4 * (npu_dev_info(self->fd).job_timeout_ms / 1000 + 1) + 20;
	discard_dump();
}

FIXTURE_TEARDOWN(coredump)
{
	close(self->fd);
}

TEST_F_TIMEOUT(coredump, hang, 120)
{
	uint32_t other = npu_ctx_create(self->fd), hung, behind;
	unsigned long long before = npu_sysfs_number("counters/resets");
	struct npu_bo cmds, more;
	struct npu_job job = { .ctx = other, .cmds = &more, .out = npu_syncobj(self->fd) };
	char text[128];

	hung = npu_stall_running(self->fd, self->ctx, &cmds, 4711, HANG_MS);
	more = npu_bo_create(self->fd, PAGE, 0);
	job.cmds_size = npu_cmd_nop(more.map, 1);
	ASSERT_EQ(npu_submit(self->fd, &job), 0);
	behind = job.out;
	EXPECT_EQ(npu_wait(self->fd, hung, self->wait_s), -ETIME);
	EXPECT_EQ(npu_wait(self->fd, behind, 20), 0);
	EXPECT_EQ(npu_sysfs_number("counters/resets"), before + 1);

	ASSERT_TRUE(read_dump());
	EXPECT_EQ(number("v3npu coredump", 0, "format"), 1);
	EXPECT_NE(strstr(value("v3npu coredump", 0, "reason"), "timeout of "), NULL);
	EXPECT_NE(number("v3npu coredump", 0, "time"), 0);
	EXPECT_EQ(number("command", 0, "index"), 1);
	EXPECT_STREQ(value("command", 0, "opcode"), "8 STALL");
	EXPECT_EQ(number("command", 0, "tag"), 4711);
	EXPECT_EQ(number("command", 0, "address"), cmds.va + sizeof(struct v3npu_cmd_copy));
	EXPECT_EQ(number("command", 0, "size"), STALL_SIZE);
	EXPECT_STREQ(value("command", 0, "same"), "yes");
	EXPECT_STREQ(value("command", 0, "bytes 0x000"), hex_of_stall(&cmds));

	EXPECT_STREQ(value("job", 0, "guilty"), "yes");
	snprintf(text, sizeof(text), "%d v3npu_coredump", getpid());
	EXPECT_STREQ(value("job", 0, "process"), text);
	EXPECT_EQ(number("job", 0, "cmds"), cmds.va);
	EXPECT_EQ(number("job", 0, "seqno"), number("firmware status", 0, "seqno"));
	EXPECT_EQ(number("job", 0, "ctx"), number("firmware status", 0, "ctx"));
	snprintf(text, sizeof(text), "seqno %llu cmds %#llx ", number("job", 0, "seqno"),
		 (unsigned long long)cmds.va);
	EXPECT_EQ(strncmp(value("job", 0, "entry"), text, strlen(text)), 0);
	EXPECT_STREQ(value("job", 1, "guilty"), "no");
	EXPECT_EQ(number("job", 1, "cmds"), more.va);
	EXPECT_STREQ(value("job", 2, "guilty"), "");

	EXPECT_STREQ(value("put aside", 0, "slot 0"), "none");
	EXPECT_EQ(number("firmware status", 0, "cmd_tag"), 4711);
	EXPECT_EQ(number("registers", 0, "ID"), 0x504e3356);
	EXPECT_EQ(number("registers", 0, "STATUS") & 1, 1);
	EXPECT_NE(number("registers", 0, "MMU_ROOT 0") & 1, 0);
	EXPECT_EQ(number("events", 0, "wptr"), number("events", 0, "rptr"));
	ASSERT_NE(section("firmware log", 0), NULL);
	EXPECT_EQ(strncmp(section("firmware log", 0), "| ", 2), 0);
	ASSERT_NE(section("end", 0), NULL);
	EXPECT_STREQ(section("end", 0), "");
}

/* A job that was put aside and the one that it made way for. */
TEST_F_TIMEOUT(coredump, hang_of_a_more_urgent_job, 120)
{
	struct drm_v3npu_ctx_create create = { .priority = DRM_V3NPU_PRIORITY_HIGH };
	struct npu_job job = { .ctx = self->ctx, .out = npu_syncobj(self->fd) };
	struct npu_bo cmds, urgent;
	char text[64];
	uint32_t hung;

	/* One that can be put aside at many places, and is far from its own timeout. */
	cmds = npu_bo_create(self->fd, PAGE, 0);
	for (uint32_t i = 0; i < 30; i++)
		job.cmds_size += npu_cmd_stall(cmds.map + job.cmds_size, i, 20000);
	job.cmds = &cmds;
	ASSERT_EQ(npu_submit(self->fd, &job), 0);
	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_CTX_CREATE, &create), 0);
	usleep(100000);
	hung = npu_stall_running(self->fd, create.id, &urgent, 13, HANG_MS);
	EXPECT_EQ(npu_wait(self->fd, hung, self->wait_s), -ETIME);
	EXPECT_EQ(npu_wait(self->fd, job.out, self->wait_s), 0);

	ASSERT_TRUE(read_dump());
	EXPECT_EQ(number("command", 0, "tag"), 13);
	EXPECT_EQ(number("job", 0, "cmds"), urgent.va);
	EXPECT_EQ(number("job", 0, "priority"), DRM_V3NPU_PRIORITY_HIGH);
	EXPECT_EQ(number("job", 1, "cmds"), cmds.va);
	EXPECT_STREQ(value("put aside", 0, "slot 0"), "none");
	snprintf(text, sizeof(text), "ctx %llu ", number("job", 1, "ctx"));
	EXPECT_EQ(strncmp(value("put aside", 0, "slot 1"), text, strlen(text)), 0);
}

TEST_F_TIMEOUT(coredump, firmware_crash_in_a_job, 120)
{
	struct npu_bo cmds;
	uint32_t out = npu_stall_running(self->fd, self->ctx, &cmds, 12, 1000);
	int ret;

	npu_break_firmware(RV32_ILLEGAL);
	/* It stops, or runs wild on what is left of its data, as in the recovery tests. */
	ret = npu_wait(self->fd, out, self->wait_s);
	EXPECT_TRUE(ret == -EIO || ret == -ETIME);

	ASSERT_TRUE(read_dump());
	EXPECT_NE(strstr(value("v3npu coredump", 0, "reason"),
			 ret == -EIO ? "the firmware stopped" : "timeout of "), NULL);
	EXPECT_EQ(number("command", 0, "index"), 1);
	EXPECT_STREQ(value("command", 0, "opcode"), "8 STALL");
	EXPECT_EQ(number("command", 0, "tag"), 12);
	EXPECT_STREQ(value("command", 0, "bytes 0x000"), hex_of_stall(&cmds));
	EXPECT_STREQ(value("job", 0, "guilty"), "yes");
	EXPECT_EQ(number("registers", 0, "STATUS") & 2, ret == -EIO ? 2 : 0);
	ASSERT_NE(section("end", 0), NULL);
}

TEST_F_TIMEOUT(coredump, firmware_crash_without_a_job, 120)
{
	struct npu_bo cmds = npu_bo_create(self->fd, PAGE, 0);
	struct npu_job job = { .ctx = self->ctx, .cmds = &cmds };

	job.cmds_size = npu_cmd_nop(cmds.map, 1);
	npu_break_firmware(RV32_ILLEGAL);
	EXPECT_EQ(npu_run(self->fd, job, self->wait_s), 0);

	ASSERT_TRUE(read_dump());
	EXPECT_EQ(section("command", 0), NULL);
	EXPECT_STREQ(value("firmware status", 0, "ctx"), "none");
	ASSERT_NE(section("end", 0), NULL);
}

TEST_F_TIMEOUT(coredump, commands_of_a_buffer_that_is_not_listed, 120)
{
	struct npu_bo cmds = npu_bo_create(self->fd, PAGE, 0), listed;
	struct drm_v3npu_bo_ref ref;
	uint32_t syncobj = npu_syncobj(self->fd);
	struct drm_v3npu_sync out = { .handle = syncobj };
	struct drm_v3npu_submit submit = {
		.ctx = self->ctx,
		.cmds = cmds.va,
		.cmds_size = npu_cmd_stall(cmds.map, 5, HANG_MS * 1000),
		.out_syncs = (uintptr_t)&out,
		.out_sync_count = 1,
		.bos = (uintptr_t)&ref,
		.bo_count = 1,
	};

	listed = npu_bo_create(self->fd, PAGE, 0);
	ref = (struct drm_v3npu_bo_ref){ .handle = listed.handle };
	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_SUBMIT, &submit), 0);
	EXPECT_EQ(npu_wait(self->fd, syncobj, self->wait_s), -ETIME);

	ASSERT_TRUE(read_dump());
	EXPECT_EQ(number("command", 0, "index"), 0);
	EXPECT_EQ(number("command", 0, "tag"), 5);
	EXPECT_STREQ(value("command", 0, "bytes"),
		     "none, the job did not list the buffer with its commands");
}

TEST_F_TIMEOUT(coredump, commands_that_changed_meanwhile, 120)
{
	struct npu_bo cmds;
	uint32_t out = npu_stall_running(self->fd, self->ctx, &cmds, 6, HANG_MS);

	npu_cmd_nop(cmds.map + sizeof(struct v3npu_cmd_copy), 7);
	EXPECT_EQ(npu_wait(self->fd, out, self->wait_s), -ETIME);
	ASSERT_TRUE(read_dump());
	EXPECT_EQ(number("command", 0, "tag"), 6);
	EXPECT_STREQ(value("command", 0, "same"), "no");

	/* Sizes that lead nowhere. */
	out = npu_stall_running(self->fd, self->ctx, &cmds, 8, HANG_MS);
	((struct v3npu_cmd_hdr *)cmds.map)->size = 0;
	EXPECT_EQ(npu_wait(self->fd, out, self->wait_s), -ETIME);
	ASSERT_TRUE(read_dump());
	EXPECT_EQ(number("command", 0, "index"), 1);
	EXPECT_STREQ(value("command", 0, "bytes"),
		     "none, a command before it, or it, has no valid size");

	out = npu_stall_running(self->fd, self->ctx, &cmds, 9, HANG_MS);
	((struct v3npu_cmd_hdr *)cmds.map)->size = V3NPU_CMD_MAX_SIZE;
	EXPECT_EQ(npu_wait(self->fd, out, self->wait_s), -ETIME);
	ASSERT_TRUE(read_dump());
	EXPECT_STREQ(value("command", 0, "bytes"), "none, the stream ends before it");
}

/* A command that was at the end of its buffer, and has grown out of it. */
TEST_F_TIMEOUT(coredump, command_that_leaves_its_buffer, 120)
{
	const uint32_t before = sizeof(struct v3npu_cmd_copy);
	struct npu_bo cmds = npu_bo_create(self->fd, PAGE, 0);
	struct npu_bo next = npu_bo_create(self->fd, PAGE, 0);
	struct npu_job job = { .ctx = self->ctx, .out = npu_syncobj(self->fd) };
	struct npu_bo stream = cmds;
	volatile uint8_t *started = cmds.map + 1;

	/* The stream goes on in the next buffer. */
	ASSERT_EQ(next.va, cmds.va + PAGE);
	cmds.map[0] = 1;
	stream.va += PAGE - before - STALL_SIZE;
	stream.map += PAGE - before - STALL_SIZE;
	npu_cmd_copy(stream.map, 1, cmds.va, cmds.va + 1, 1);
	npu_cmd_stall(stream.map + before, 10, HANG_MS * 1000);
	npu_cmd_nop(next.map, 11);
	job.cmds = &stream;
	job.cmds_size = before + STALL_SIZE + V3NPU_CMD_MAX_SIZE;
	ASSERT_EQ(npu_submit(self->fd, &job), 0);
	while (!*started)
		usleep(1000);
	((struct v3npu_cmd_hdr *)(stream.map + before))->size = V3NPU_CMD_MAX_SIZE;

	EXPECT_EQ(npu_wait(self->fd, job.out, self->wait_s), -ETIME);
	ASSERT_TRUE(read_dump());
	EXPECT_EQ(number("command", 0, "tag"), 10);
	EXPECT_STREQ(value("command", 0, "bytes"), "none, its buffer ends within it");
}

/* Four of each context are on the NPU, and the dump has room for 64. */
TEST_F_TIMEOUT(coredump, more_jobs_than_it_has_room_for, 120)
{
	struct npu_bo hung, cmds = npu_bo_create(self->fd, PAGE, 0);
	struct npu_job job = { .cmds = &cmds, .cmds_size = npu_cmd_nop(cmds.map, 1) };
	uint32_t out = npu_stall_running(self->fd, self->ctx, &hung, 14, HANG_MS);

	job.out = npu_syncobj(self->fd);
	for (int i = 0; i < 20; i++) {
		job.ctx = npu_ctx_create(self->fd);
		for (int j = 0; j < 4; j++)
			ASSERT_EQ(npu_submit(self->fd, &job), 0);
	}
	EXPECT_EQ(npu_wait(self->fd, out, self->wait_s), -ETIME);
	EXPECT_EQ(npu_wait(self->fd, job.out, 20), 0);

	ASSERT_TRUE(read_dump());
	EXPECT_STREQ(value("job", 0, "guilty"), "yes");
	EXPECT_NE(section("job", 63), NULL);
	EXPECT_EQ(section("job", 64), NULL);
	EXPECT_EQ(number("more jobs", 0, "count"), 1 + 20 * 4 - 64);
}

TEST_F_TIMEOUT(coredump, first_dump_stays_until_it_is_read, 120)
{
	struct npu_bo cmds;
	uint32_t out = npu_stall_running(self->fd, self->ctx, &cmds, 100, HANG_MS);

	EXPECT_EQ(npu_wait(self->fd, out, self->wait_s), -ETIME);
	ASSERT_TRUE(dump_appears(20));
	out = npu_stall_running(self->fd, self->ctx, &cmds, 101, HANG_MS);
	EXPECT_EQ(npu_wait(self->fd, out, self->wait_s), -ETIME);
	/* The job ends before its dump is written, which is what is looked for. */
	sleep(1);
	ASSERT_TRUE(read_dump());
	EXPECT_EQ(number("command", 0, "tag"), 100);
	EXPECT_FALSE(dump_appears(1));
}

TEST_F_TIMEOUT(coredump, faults_of_jobs_leave_none, 120)
{
	struct npu_bo cmds = npu_bo_create(self->fd, PAGE, 0);
	struct npu_job job = { .ctx = self->ctx, .cmds = &cmds };

	job.cmds_size = npu_cmd_copy(cmds.map, 1, cmds.va, 0x3000000000, 16);
	EXPECT_EQ(npu_run(self->fd, job, 20), -EFAULT);
	EXPECT_FALSE(dump_appears(1));
}

TEST_HARNESS_MAIN
