// SPDX-License-Identifier: MIT
/* What jobs do: bytes, faults, counters, and files that cannot reach each other. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xf86drm.h>

#include "kselftest_harness.h"
#include "npu.h"
#include "v3npu/cmd_check.h"

#define PAGE	4096ul
#define MIB	(1ul << 20)

FIXTURE(jobs)
{
	int fd;
	struct npu_bo cmds;
	struct npu_job job;
};

FIXTURE_SETUP(jobs)
{
	self->fd = npu_open();
	self->cmds = npu_bo_create(self->fd, PAGE, 0);
	self->job = (struct npu_job){
		.ctx = npu_ctx_create(self->fd),
		.cmds = &self->cmds,
	};
}

FIXTURE_TEARDOWN(jobs)
{
	close(self->fd);
}

/* Bytes that differ from place to place and from seed to seed. */
static void fill(uint8_t *bytes, size_t size, uint32_t seed)
{
	for (size_t i = 0; i < size; i++) {
		seed = seed * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(seed >> 24);
	}
}

TEST_F(jobs, nop)
{
	struct drm_v3npu_ctx_query query;
	uint32_t size = 0;

	for (uint32_t i = 0; i < 10; i++)
		size += npu_cmd_nop(self->cmds.map + size, i);
	self->job.cmds_size = size;
	ASSERT_EQ(npu_run(self->fd, self->job, 10), 0);
	query = npu_ctx_query(self->fd, self->job.ctx);
	EXPECT_EQ(query.jobs_done, 1);
	EXPECT_EQ(query.jobs_failed, 0);
	EXPECT_EQ(query.commands, 10);
	EXPECT_EQ(query.fault, DRM_V3NPU_FAULT_NONE);
}

TEST_F(jobs, copy_across_pages)
{
	/* Large enough for 2 MiB pages where the kernel has them, and not a whole number of pages. */
	const uint32_t bytes = MIB - 123;
	struct npu_bo from = npu_bo_create(self->fd, 3 * MIB, DRM_V3NPU_BO_NPU_READONLY);
	struct npu_bo to = npu_bo_create(self->fd, 3 * MIB, 0);
	struct drm_v3npu_ctx_query query;
	uint32_t size = 0;

	fill(from.map, from.size, 1);
	for (uint32_t i = 0; i < 3; i++)
		size += npu_cmd_copy(self->cmds.map + size, i, from.va + i * MIB + 5,
				     to.va + i * MIB + 77, bytes);
	self->job.cmds_size = size;
	self->job.read = &from;
	self->job.write = &to;
	ASSERT_EQ(npu_run(self->fd, self->job, 20), 0);
	for (uint32_t i = 0; i < 3; i++) {
		EXPECT_EQ(memcmp(from.map + i * MIB + 5, to.map + i * MIB + 77, bytes), 0);
		EXPECT_EQ(to.map[i * MIB + 77 + bytes], 0);
	}
	EXPECT_EQ(to.map[76], 0);
	query = npu_ctx_query(self->fd, self->job.ctx);
	EXPECT_NE(query.cycles, 0);
	EXPECT_GE(query.dram_read, 3 * bytes);
	EXPECT_GE(query.dram_write, 3 * bytes);
}

TEST_F(jobs, many_in_order)
{
	struct npu_bo bytes = npu_bo_create(self->fd, PAGE, 0);

	/* Each job moves the byte on by one place, which needs all before it. */
	bytes.map[0] = 123;
	for (uint32_t i = 0; i < 30; i++) {
		struct npu_bo cmds = npu_bo_create(self->fd, PAGE, 0);

		self->job.cmds = &cmds;
		self->job.cmds_size = npu_cmd_copy(cmds.map, i, bytes.va + i, bytes.va + i + 1, 1);
		ASSERT_EQ(npu_submit(self->fd, &self->job), 0);
	}
	self->job.cmds = &self->cmds;
	self->job.cmds_size = npu_cmd_nop(self->cmds.map, 0);
	ASSERT_EQ(npu_run(self->fd, self->job, 20), 0);
	EXPECT_EQ(bytes.map[30], 123);
	EXPECT_EQ(npu_ctx_query(self->fd, self->job.ctx).jobs_done, 31);
}

TEST_F(jobs, write_to_unmapped_address_faults)
{
	const uint64_t nowhere = 0x3000000000;
	struct drm_v3npu_ctx_query query;
	uint32_t size = npu_cmd_nop(self->cmds.map, 1);

	size += npu_cmd_copy(self->cmds.map + size, 77, self->cmds.va, nowhere, 16);
	self->job.cmds_size = size;
	EXPECT_EQ(npu_run(self->fd, self->job, 10), -EFAULT);
	query = npu_ctx_query(self->fd, self->job.ctx);
	EXPECT_EQ(query.fault, DRM_V3NPU_FAULT_MMU);
	EXPECT_EQ(query.fault_va, nowhere);
	EXPECT_EQ(query.fault_cmd_index, 1);
	EXPECT_EQ(query.fault_cmd_opcode, V3NPU_OP_COPY);
	EXPECT_EQ(query.fault_cmd_tag, 77);
	EXPECT_EQ(query.jobs_failed, 1);
	EXPECT_EQ(query.jobs_done, 0);

	/* The context goes on. */
	self->job.cmds_size = npu_cmd_nop(self->cmds.map, 1);
	EXPECT_EQ(npu_run(self->fd, self->job, 10), 0);
	EXPECT_EQ(npu_ctx_query(self->fd, self->job.ctx).jobs_done, 1);
}

TEST_F(jobs, write_to_readonly_buffer_faults)
{
	struct npu_bo to = npu_bo_create(self->fd, PAGE, DRM_V3NPU_BO_NPU_READONLY);

	self->job.cmds_size = npu_cmd_copy(self->cmds.map, 1, self->cmds.va, to.va, 16);
	self->job.write = &to;
	EXPECT_EQ(npu_run(self->fd, self->job, 10), -EFAULT);
	EXPECT_EQ(npu_ctx_query(self->fd, self->job.ctx).fault, DRM_V3NPU_FAULT_MMU);
	EXPECT_EQ(npu_ctx_query(self->fd, self->job.ctx).fault_va, to.va);
	EXPECT_EQ(to.map[0], 0);
}

TEST_F(jobs, closed_buffer_faults)
{
	/* The last one is large enough for pages of 2 MiB */
	const uint64_t sizes[] = { PAGE, 64 * PAGE, 6 * MIB };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct npu_bo to = npu_bo_create(self->fd, sizes[i], 0);
		uint64_t end = to.size - 16;

		/* So that its translation is known to the MMU. */
		self->job.cmds_size = npu_cmd_copy(self->cmds.map, 1, self->cmds.va, to.va + end,
						   16);
		ASSERT_EQ(npu_run(self->fd, self->job, 10), 0);
		ASSERT_EQ(drmCloseBufferHandle(self->fd, to.handle), 0);
		memset(to.map + end, 0, 16);
		EXPECT_EQ(npu_run(self->fd, self->job, 10), -EFAULT);
		EXPECT_EQ(npu_ctx_query(self->fd, self->job.ctx).fault_va, to.va + end);
		EXPECT_EQ(to.map[end], 0);
	}
}

TEST_F(jobs, listed_buffer_stays_until_the_job_is_done)
{
	struct npu_bo to = npu_bo_create(self->fd, PAGE, 0);
	uint32_t size = npu_cmd_stall(self->cmds.map, 1, 1000000);

	size += npu_cmd_copy(self->cmds.map + size, 2, self->cmds.va, to.va, 16);
	self->job.cmds_size = size;
	self->job.write = &to;
	self->job.out = npu_syncobj(self->fd);
	ASSERT_EQ(npu_submit(self->fd, &self->job), 0);
	ASSERT_EQ(drmCloseBufferHandle(self->fd, to.handle), 0);
	EXPECT_EQ(npu_wait(self->fd, self->job.out, 10), 0);
	EXPECT_EQ(memcmp(to.map, self->cmds.map, 16), 0);
}

TEST_F(jobs, unreadable_stream_faults)
{
	struct npu_bo gone = npu_bo_create(self->fd, PAGE, 0);
	struct drm_v3npu_submit args = {
		.ctx = self->job.ctx,
		.cmds = gone.va,
		.cmds_size = npu_cmd_nop(gone.map, 1),
	};
	struct drm_v3npu_sync out = { .handle = npu_syncobj(self->fd) };
	struct drm_v3npu_ctx_query query;

	args.out_syncs = (uintptr_t)&out;
	args.out_sync_count = 1;
	npu_bo_destroy(self->fd, &gone);
	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_SUBMIT, &args), 0);
	EXPECT_EQ(npu_wait(self->fd, out.handle, 10), -EFAULT);
	query = npu_ctx_query(self->fd, self->job.ctx);
	EXPECT_EQ(query.fault, DRM_V3NPU_FAULT_FETCH);
	EXPECT_EQ(query.fault_va, args.cmds);
}

TEST_F(jobs, malformed_command_fails)
{
	struct v3npu_cmd_hdr hdr = { .opcode = V3NPU_NUM_OPCODES, .size = 8, .tag = 5 };
	struct drm_v3npu_ctx_query query;

	memcpy(self->cmds.map, &hdr, sizeof(hdr));
	self->job.cmds_size = sizeof(hdr);
	EXPECT_EQ(npu_run(self->fd, self->job, 10), -EINVAL);
	query = npu_ctx_query(self->fd, self->job.ctx);
	EXPECT_EQ(query.fault, DRM_V3NPU_FAULT_CMD);
	EXPECT_EQ(query.fault_detail, V3NPU_CMD_EOPCODE);
	EXPECT_EQ(query.fault_cmd_index, 0);
	EXPECT_EQ(query.fault_cmd_tag, 5);
}

TEST_F(jobs, command_past_the_stream_fails)
{
	npu_cmd_copy(self->cmds.map, 1, self->cmds.va, self->cmds.va + 1024, 16);
	self->job.cmds_size = 8;
	EXPECT_EQ(npu_run(self->fd, self->job, 10), -EINVAL);
	EXPECT_EQ(npu_ctx_query(self->fd, self->job.ctx).fault_detail, V3NPU_CMD_ESIZE);
}

TEST_F(jobs, two_files_have_their_own_addresses)
{
	int fds[2] = { self->fd, npu_open() };
	struct npu_bo from[2], to[2], cmds[2];
	struct npu_job jobs[2];

	for (int i = 0; i < 2; i++) {
		from[i] = npu_bo_create(fds[i], PAGE, 0);
		to[i] = npu_bo_create(fds[i], PAGE, 0);
		cmds[i] = npu_bo_create(fds[i], PAGE, 0);
		fill(from[i].map, PAGE, 10 + i);
	}
	/* The fixture's file has one buffer more. */
	npu_bo_create(fds[1], PAGE, 0);
	from[1] = npu_bo_create(fds[1], PAGE, 0);
	fill(from[1].map, PAGE, 11);
	for (int i = 0; i < 2; i++) {
		jobs[i] = (struct npu_job){
			.ctx = npu_ctx_create(fds[i]),
			.cmds = &cmds[i],
			.cmds_size = npu_cmd_copy(cmds[i].map, 1, from[i].va, to[i].va, PAGE),
			.out = npu_syncobj(fds[i]),
		};
		ASSERT_EQ(npu_submit(fds[i], &jobs[i]), 0);
	}
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(npu_wait(fds[i], jobs[i].out, 10), 0);
		EXPECT_EQ(memcmp(from[i].map, to[i].map, PAGE), 0);
	}
	close(fds[1]);
}

TEST_F(jobs, address_of_another_file_faults)
{
	int other = npu_open();
	struct npu_bo secret = {};

	/* An address that this file has nothing at. */
	for (int i = 0; i < 100; i++)
		secret = npu_bo_create(other, PAGE, 0);
	memset(secret.map, 0x5a, PAGE);
	self->job.cmds_size = npu_cmd_copy(self->cmds.map, 1, secret.va, self->cmds.va + 2048, 16);
	EXPECT_EQ(npu_run(self->fd, self->job, 10), -EFAULT);
	EXPECT_EQ(self->cmds.map[2048], 0);
	self->job.cmds_size = npu_cmd_copy(self->cmds.map, 1, self->cmds.va, secret.va, 16);
	EXPECT_EQ(npu_run(self->fd, self->job, 10), -EFAULT);
	EXPECT_EQ(secret.map[0], 0x5a);
	close(other);
}

TEST_F(jobs, same_address_different_bytes)
{
	int other = npu_open();
	struct npu_bo mine = npu_bo_create(self->fd, PAGE, 0);
	struct npu_bo its = npu_bo_create(other, PAGE, 0);

	/* Buffers come in the same order in both, so the addresses can be made to meet. */
	while (its.va != mine.va)
		its = npu_bo_create(other, PAGE, 0);
	memset(mine.map, 1, PAGE);
	memset(its.map, 2, PAGE);
	self->job.cmds_size = npu_cmd_copy(self->cmds.map, 1, mine.va, self->cmds.va + 2048, 16);
	EXPECT_EQ(npu_run(self->fd, self->job, 10), 0);
	EXPECT_EQ(self->cmds.map[2048], 1);
	close(other);
}

TEST_F(jobs, many_files_at_once)
{
	enum { FILES = 200 };
	struct npu_bo cmds[FILES];
	struct npu_job jobs[FILES];
	int fds[FILES];

	for (int i = 0; i < FILES; i++) {
		fds[i] = npu_open();
		cmds[i] = npu_bo_create(fds[i], PAGE, 0);
		cmds[i].map[1024] = (uint8_t)(i + 1);
		jobs[i] = (struct npu_job){
			.ctx = npu_ctx_create(fds[i]),
			.cmds = &cmds[i],
			.cmds_size = npu_cmd_copy(cmds[i].map, 1, cmds[i].va + 1024,
						  cmds[i].va + 2048, 1),
		};
	}
	/* Each in its own address space, all the time. */
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < FILES; i++) {
			cmds[i].map[2048] = 0;
			ASSERT_EQ(npu_run(fds[i], jobs[i], 10), 0);
			ASSERT_EQ(cmds[i].map[2048], i + 1);
		}
	}
	for (int i = 0; i < FILES; i++)
		close(fds[i]);
}

TEST_F(jobs, four_processes_at_once)
{
	enum { PROCESSES = 4, ROUNDS = 20 };
	pid_t children[PROCESSES];

	for (int p = 0; p < PROCESSES; p++) {
		children[p] = fork();
		ASSERT_GE(children[p], 0);
		if (children[p])
			continue;

		int fd = npu_open();
		struct npu_bo cmds = npu_bo_create(fd, PAGE, 0);
		struct npu_bo from = npu_bo_create(fd, 64 * PAGE, 0);
		struct npu_bo to = npu_bo_create(fd, 64 * PAGE, 0);
		struct npu_job job = {
			.ctx = npu_ctx_create(fd),
			.cmds = &cmds,
			.cmds_size = npu_cmd_copy(cmds.map, 1, from.va, to.va, from.size),
			.read = &from,
			.write = &to,
		};

		for (int r = 0; r < ROUNDS; r++) {
			fill(from.map, from.size, p * ROUNDS + r);
			if (npu_run(fd, job, 20) || memcmp(from.map, to.map, from.size))
				_exit(1);
		}
		_exit(0);
	}
	for (int p = 0; p < PROCESSES; p++) {
		int status;

		ASSERT_EQ(waitpid(children[p], &status, 0), children[p]);
		EXPECT_EQ(status, 0);
	}
}

#define BURST	4
#define BURSTS	20

/*
 * They end one shortly after the other, and then nothing happens that would tell of an event
 * whose interrupt was lost: tests/probe looks how many were.
 */
TEST_F(jobs, bursts_of_jobs)
{
	uint32_t ctxs[BURST], outs[BURST];

	for (int i = 0; i < BURST; i++) {
		ctxs[i] = npu_ctx_create(self->fd);
		outs[i] = npu_syncobj(self->fd);
	}
	self->job.cmds_size = npu_cmd_stall(self->cmds.map, 1, 400);
	for (int n = 0; n < BURSTS; n++) {
		for (int i = 0; i < BURST; i++) {
			self->job.ctx = ctxs[i];
			self->job.out = outs[i];
			ASSERT_EQ(npu_submit(self->fd, &self->job), 0);
		}
		for (int i = 0; i < BURST; i++)
			ASSERT_EQ(npu_wait(self->fd, outs[i], 20), 0);
	}
}

TEST_HARNESS_MAIN
