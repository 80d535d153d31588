// SPDX-License-Identifier: MIT
/* What monitors see: /proc/PID/fdinfo of open files, and the device's counters in sysfs. */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <xf86drm.h>

#include "kselftest_harness.h"
#include "npu.h"
#include "v3npu/regs.h"

#define PAGE	4096ul
#define KIB	1024ul
#define MIB	(1024 * KIB)

FIXTURE(fdinfo)
{
	int fd;
	struct npu_bo cmds;
	struct npu_job job;
	unsigned int clock_mhz;
};

FIXTURE_SETUP(fdinfo)
{
	self->fd = npu_open();
	self->cmds = npu_bo_create(self->fd, PAGE, 0);
	self->job = (struct npu_job){
		.ctx = npu_ctx_create(self->fd),
		.cmds = &self->cmds,
	};
	self->job.cmds_size = npu_cmd_copy(self->cmds.map, 1, self->cmds.va + 1024,
					   self->cmds.va + 2048, 512);
	self->clock_mhz = npu_dev_info(self->fd).clock_mhz;
}

FIXTURE_TEARDOWN(fdinfo)
{
	close(self->fd);
}

/* The value of a key in an open file's fdinfo; false if it is not there exactly once. */
static bool fdinfo(int fd, const char *key, char value[128])
{
	char path[64], line[256];
	size_t len = strlen(key);
	unsigned int found = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	if (!f)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, key, len) || line[len] != ':')
			continue;
		found++;
		line[strcspn(line, "\n")] = '\0';
		snprintf(value, 128, "%s", line + len + 1 + strspn(line + len + 1, " \t"));
	}
	fclose(f);
	return found == 1;
}

/* A number there, in bytes if it has a unit of bytes, else as it is if its unit is @unit. */
static uint64_t fdinfo_number(int fd, const char *key, const char *unit)
{
	char value[128], *end;
	uint64_t number;

	if (!fdinfo(fd, key, value))
		errx(1, "fdinfo has not one %s", key);
	number = strtoull(value, &end, 10);
	if (end == value)
		errx(1, "%s is no number: %s", key, value);
	if (!strcmp(end, " KiB"))
		return number * KIB;
	if (!strcmp(end, " MiB"))
		return number * MIB;
	if (strcmp(end, unit))
		errx(1, "%s has another unit: %s", key, value);
	return number;
}

static uint64_t cycles(int fd)
{
	return fdinfo_number(fd, "drm-cycles-npu", "");
}

static uint64_t memory(int fd, const char *what)
{
	char key[64];

	snprintf(key, sizeof(key), "drm-%s-memory", what);
	return fdinfo_number(fd, key, "");
}

static void destroy_ctx(int fd, uint32_t id)
{
	struct drm_v3npu_ctx_destroy destroy = { .id = id };

	if (npu_ioctl(fd, DRM_IOCTL_V3NPU_CTX_DESTROY, &destroy))
		errx(1, "CTX_DESTROY");
}

TEST_F(fdinfo, says_who_it_is)
{
	int other = npu_open(), copy = dup(self->fd);
	unsigned int domain, bus, slot, function;
	char value[128];

	ASSERT_TRUE(fdinfo(self->fd, "drm-driver", value));
	EXPECT_STREQ(value, "v3npu");
	ASSERT_TRUE(fdinfo(self->fd, "drm-pdev", value));
	EXPECT_EQ(sscanf(value, "%4x:%2x:%2x.%u", &domain, &bus, &slot, &function), 4);
	EXPECT_NE(fdinfo_number(self->fd, "drm-client-id", ""),
		  fdinfo_number(other, "drm-client-id", ""));
	EXPECT_EQ(fdinfo_number(self->fd, "drm-client-id", ""),
		  fdinfo_number(copy, "drm-client-id", ""));
	EXPECT_EQ(fdinfo_number(self->fd, "drm-maxfreq-npu", " MHz"), self->clock_mhz);
	close(copy);
	close(other);
}

static uint64_t engine_ns(int fd)
{
	return fdinfo_number(fd, "drm-engine-npu", " ns");
}

/* How long the NPU was busy with them, until they ended or were ended. */
TEST_F(fdinfo, engine_time_is_that_of_the_files_jobs)
{
	int other = npu_open();
	struct npu_bo cmds = npu_bo_create(self->fd, PAGE, 0);
	struct npu_job stall = { .ctx = self->job.ctx, .cmds = &cmds };
	uint64_t before, begin = (uint64_t)npu_time(0);

	EXPECT_EQ(engine_ns(self->fd), 0);
	stall.cmds_size = npu_cmd_stall(cmds.map, 1, 50000);
	for (int i = 0; i < 3; i++) {
		before = engine_ns(self->fd);
		ASSERT_EQ(npu_run(self->fd, stall, 20), 0);
		EXPECT_GE(engine_ns(self->fd), before + 50000000);
	}
	EXPECT_LE(engine_ns(self->fd), (uint64_t)npu_time(0) - begin);
	EXPECT_EQ(engine_ns(other), 0);
	close(other);
}

TEST_F_TIMEOUT(fdinfo, engine_time_counts_jobs_that_are_ended, 120)
{
	uint64_t timeout_ns = npu_dev_info(self->fd).job_timeout_ms * 1000000ull;
	struct npu_bo cmds = npu_bo_create(self->fd, PAGE, 0);
	struct npu_job hang = { .ctx = self->job.ctx, .cmds = &cmds };

	hang.cmds_size = npu_cmd_stall(cmds.map, 1, 500000000);
	ASSERT_EQ(npu_run(self->fd, hang, 60), -ETIME);
	/* The firmware says the time a few times a second. */
	EXPECT_GE(engine_ns(self->fd), timeout_ns / 4);
}

TEST_F(fdinfo, cycles_are_those_of_the_files_jobs)
{
	int other = npu_open();
	uint64_t before = 0;

	EXPECT_EQ(cycles(self->fd), 0);
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(npu_run(self->fd, self->job, 20), 0);
		EXPECT_GT(cycles(self->fd), before);
		before = cycles(self->fd);
		EXPECT_EQ(before, npu_ctx_query(self->fd, self->job.ctx).cycles);
	}
	EXPECT_EQ(cycles(other), 0);
	close(other);
}

TEST_F(fdinfo, destroyed_contexts_still_count)
{
	uint64_t first;

	ASSERT_EQ(npu_run(self->fd, self->job, 20), 0);
	first = cycles(self->fd);
	EXPECT_GT(first, 0);
	destroy_ctx(self->fd, self->job.ctx);
	EXPECT_EQ(cycles(self->fd), first);
	self->job.ctx = npu_ctx_create(self->fd);
	ASSERT_EQ(npu_run(self->fd, self->job, 20), 0);
	EXPECT_EQ(cycles(self->fd), first + npu_ctx_query(self->fd, self->job.ctx).cycles);
}

TEST_F(fdinfo, memory_is_that_of_the_files_buffers)
{
	uint64_t total = memory(self->fd, "total"), resident = memory(self->fd, "resident");
	int other = npu_open(), dmabuf;
	struct npu_bo bo;
	uint32_t handle;

	EXPECT_EQ(total, PAGE);
	EXPECT_EQ(resident, PAGE);
	EXPECT_EQ(memory(self->fd, "shared"), 0);
	EXPECT_EQ(memory(other, "total"), 0);

	bo = npu_bo_create(self->fd, 3 * MIB, 0);
	EXPECT_EQ(memory(self->fd, "total"), total + 3 * MIB);
	EXPECT_EQ(memory(self->fd, "resident"), resident + 3 * MIB);
	ASSERT_EQ(drmPrimeHandleToFD(self->fd, bo.handle, DRM_CLOEXEC, &dmabuf), 0);
	ASSERT_EQ(drmPrimeFDToHandle(other, dmabuf, &handle), 0);
	close(dmabuf);
	EXPECT_EQ(memory(self->fd, "shared"), 3 * MIB);
	EXPECT_EQ(memory(other, "total"), 3 * MIB);
	ASSERT_EQ(drmCloseBufferHandle(other, handle), 0);
	EXPECT_EQ(memory(other, "total"), 0);
	npu_bo_destroy(self->fd, &bo);
	EXPECT_EQ(memory(self->fd, "total"), total);
	close(other);
}

/* Linux 7.3 leaves the key out when nothing is active. */
static uint64_t active_memory(int fd)
{
	char value[128];

	return fdinfo(fd, "drm-active-memory", value) ? memory(fd, "active") : 0;
}

TEST_F(fdinfo, memory_is_active_while_a_job_has_it)
{
	struct npu_job job = { .ctx = self->job.ctx, .cmds = &self->cmds };

	EXPECT_EQ(active_memory(self->fd), 0);
	job.cmds_size = npu_cmd_stall(self->cmds.map, 1, 1000000);
	job.out = npu_syncobj(self->fd);
	ASSERT_EQ(npu_submit(self->fd, &job), 0);
	EXPECT_EQ(active_memory(self->fd), PAGE);
	ASSERT_EQ(npu_wait(self->fd, job.out, 20), 0);
	EXPECT_EQ(active_memory(self->fd), 0);
}

TEST_F(fdinfo, device_counts_jobs)
{
	const uint64_t done = npu_sysfs_number("counters/jobs_done"), failed = npu_sysfs_number("counters/jobs_failed");
	const uint64_t commands = npu_sysfs_number("counters/commands"), before = npu_sysfs_number("counters/cycles");
	const uint64_t read = npu_sysfs_number("counters/dram_read_bytes");
	const uint64_t written = npu_sysfs_number("counters/dram_write_bytes");
	const uint64_t sram_read = npu_sysfs_number("counters/sram_read_bytes");
	const uint64_t sram_written = npu_sysfs_number("counters/sram_write_bytes");
	const uint64_t macs = npu_sysfs_number("counters/macs");
	struct drm_v3npu_ctx_query query;

	for (int i = 0; i < 5; i++)
		ASSERT_EQ(npu_run(self->fd, self->job, 20), 0);
	npu_cmd_copy(self->cmds.map, 1, self->cmds.va, V3NPU_VA_SRAM, 16);
	ASSERT_EQ(npu_run(self->fd, self->job, 20), 0);
	npu_cmd_copy(self->cmds.map, 1, V3NPU_VA_SRAM, 0x3000000000, 16);
	ASSERT_EQ(npu_run(self->fd, self->job, 20), -EFAULT);

	query = npu_ctx_query(self->fd, self->job.ctx);
	EXPECT_EQ(npu_sysfs_number("counters/jobs_done"), done + 6);
	EXPECT_EQ(npu_sysfs_number("counters/jobs_failed"), failed + 1);
	EXPECT_EQ(npu_sysfs_number("counters/commands"), commands + query.commands);
	EXPECT_EQ(npu_sysfs_number("counters/cycles"), before + query.cycles);
	EXPECT_EQ(npu_sysfs_number("counters/dram_read_bytes"), read + query.dram_read);
	EXPECT_EQ(npu_sysfs_number("counters/dram_write_bytes"), written + query.dram_write);
	EXPECT_EQ(npu_sysfs_number("counters/sram_read_bytes"), sram_read + query.sram_read);
	EXPECT_EQ(npu_sysfs_number("counters/sram_write_bytes"), sram_written + query.sram_write);
	EXPECT_EQ(npu_sysfs_number("counters/macs"), macs + query.macs);
	EXPECT_GE(query.dram_write, 5 * 512);
	EXPECT_EQ(query.sram_write, 16);
}

TEST_F(fdinfo, device_counts_preemptions)
{
	struct drm_v3npu_ctx_create create = { .priority = DRM_V3NPU_PRIORITY_HIGH };
	const uint64_t before = npu_sysfs_number("counters/preemptions");
	struct npu_bo urgent = npu_bo_create(self->fd, PAGE, 0);
	struct npu_job job = { .cmds = &urgent };

	/* It can be put aside between its commands. */
	self->job.cmds_size = 0;
	for (uint32_t i = 0; i < 50; i++)
		self->job.cmds_size += npu_cmd_stall(self->cmds.map + self->job.cmds_size, i, 20000);
	self->job.out = npu_syncobj(self->fd);
	ASSERT_EQ(npu_submit(self->fd, &self->job), 0);
	usleep(200000);

	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_CTX_CREATE, &create), 0);
	job.ctx = create.id;
	job.cmds_size = npu_cmd_nop(urgent.map, 1);
	ASSERT_EQ(npu_run(self->fd, job, 20), 0);
	EXPECT_EQ(npu_sysfs_number("counters/preemptions"), before + 1);
	ASSERT_EQ(npu_wait(self->fd, self->job.out, 20), 0);
	EXPECT_EQ(npu_sysfs_number("counters/preemptions"), before + 1);
}

TEST_F(fdinfo, device_counts_the_time_with_jobs)
{
	struct npu_job job = { .ctx = self->job.ctx, .cmds = &self->cmds };
	uint64_t idle = npu_sysfs_number("npu_busy_time_us"), before, during;

	usleep(300000);
	EXPECT_EQ(npu_sysfs_number("npu_busy_time_us"), idle);

	job.cmds_size = npu_cmd_stall(self->cmds.map, 1, 1000000);
	job.out = npu_syncobj(self->fd);
	ASSERT_EQ(npu_submit(self->fd, &job), 0);
	/* It counts while the job runs, not only at its end. */
	before = npu_sysfs_number("npu_busy_time_us");
	usleep(300000);
	during = npu_sysfs_number("npu_busy_time_us");
	EXPECT_GE(during, before + 200000);
	ASSERT_EQ(npu_wait(self->fd, job.out, 20), 0);
	EXPECT_GE(npu_sysfs_number("npu_busy_time_us"), idle + 1000000);
	idle = npu_sysfs_number("npu_busy_time_us");
	usleep(300000);
	EXPECT_EQ(npu_sysfs_number("npu_busy_time_us"), idle);
}

TEST_HARNESS_MAIN
