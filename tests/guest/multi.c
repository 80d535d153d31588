// SPDX-License-Identifier: MIT
/* SUBMIT with several jobs, with entries of other sizes, and as programs of version 1.0 call it. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xf86drm.h>

#include "kselftest_harness.h"
#include "npu.h"

#define PAGE		4096ul
#define JOBS		64	/* drm_v3npu_dev_info.max_submit_jobs */
#define CMD_SPACE	128	/* of a job's stream in the buffer of all */
#define NOWHERE		0x3000000000ull
/* Bytes of struct drm_v3npu_submit in version 1.0, and its request */
#define OLD_SIZE	56
#define OLD_SUBMIT	_IOC(_IOC_WRITE, DRM_IOCTL_BASE, DRM_COMMAND_BASE + DRM_V3NPU_SUBMIT, \
			     OLD_SIZE)

_Static_assert(offsetof(struct drm_v3npu_submit, in_sync_stride) == OLD_SIZE, "ABI");

FIXTURE(multi)
{
	int fd;
	uint32_t ctx;
	struct npu_bo cmds;	/* a stream for each job */
	struct npu_bo bytes;
	struct drm_v3npu_bo_ref refs[2];
	struct drm_v3npu_job jobs[JOBS + 1];
	struct drm_v3npu_sync out;
	struct drm_v3npu_submit args;	/* all jobs but the last */
};

/* Each job moves a byte on by one place, which needs all before it; the last one signals. */
FIXTURE_SETUP(multi)
{
	self->fd = npu_open();
	self->ctx = npu_ctx_create(self->fd);
	self->cmds = npu_bo_create(self->fd, (JOBS + 1) * CMD_SPACE, 0);
	self->bytes = npu_bo_create(self->fd, PAGE, 0);
	self->bytes.map[0] = 123;
	self->refs[0].handle = self->cmds.handle;
	self->refs[1].handle = self->bytes.handle;
	self->refs[1].flags = DRM_V3NPU_BO_REF_WRITE;
	self->out.handle = npu_syncobj(self->fd);
	for (unsigned int i = 0; i < JOBS + 1; i++)
		self->jobs[i] = (struct drm_v3npu_job){
			.cmds = self->cmds.va + i * CMD_SPACE,
			.cmds_size = npu_cmd_copy(self->cmds.map + i * CMD_SPACE, i,
						  self->bytes.va + i, self->bytes.va + i + 1, 1),
			.bos = (uintptr_t)self->refs,
			.bo_count = 2,
		};
	self->jobs[JOBS - 1].out_syncs = (uintptr_t)&self->out;
	self->jobs[JOBS - 1].out_sync_count = 1;
	self->args = (struct drm_v3npu_submit){
		.ctx = self->ctx,
		.jobs = (uintptr_t)self->jobs,
		.job_count = JOBS,
	};
}

FIXTURE_TEARDOWN(multi)
{
	close(self->fd);
}

static int submit(int fd, struct drm_v3npu_submit args)
{
	return npu_ioctl(fd, DRM_IOCTL_V3NPU_SUBMIT, &args);
}

/* A job as SUBMIT's own fields have it */
static struct drm_v3npu_submit single(uint32_t ctx, const struct drm_v3npu_job *job)
{
	return (struct drm_v3npu_submit){
		.ctx = ctx,
		.cmds = job->cmds,
		.cmds_size = job->cmds_size,
		.in_syncs = job->in_syncs,
		.in_sync_count = job->in_sync_count,
		.out_syncs = job->out_syncs,
		.out_sync_count = job->out_sync_count,
		.bos = job->bos,
		.bo_count = job->bo_count,
	};
}

/* The number of a job that does nothing; all before it are done afterwards. */
static uint64_t next_number(int fd, uint32_t ctx)
{
	struct npu_bo cmds = npu_bo_create(fd, PAGE, 0);
	struct drm_v3npu_sync out = { .handle = npu_syncobj(fd) };
	struct drm_v3npu_submit args = {
		.ctx = ctx,
		.cmds = cmds.va,
		.cmds_size = npu_cmd_nop(cmds.map, 0),
		.out_syncs = (uintptr_t)&out,
		.out_sync_count = 1,
	};

	if (npu_ioctl(fd, DRM_IOCTL_V3NPU_SUBMIT, &args) || npu_wait(fd, out.handle, 20))
		return 0;
	return args.number;
}

TEST_F(multi, run_in_order)
{
	ASSERT_EQ(npu_dev_info(self->fd).max_submit_jobs, JOBS);
	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_SUBMIT, &self->args), 0);
	EXPECT_EQ(self->args.number, 1);
	EXPECT_EQ(npu_wait(self->fd, self->out.handle, 20), 0);
	EXPECT_EQ(self->bytes.map[JOBS], 123);
	EXPECT_EQ(self->bytes.map[JOBS + 1], 0);
	EXPECT_EQ(npu_ctx_query(self->fd, self->ctx).jobs_done, JOBS);

	/* Numbers go on, however jobs come. */
	self->args.job_count = 3;
	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_SUBMIT, &self->args), 0);
	EXPECT_EQ(self->args.number, JOBS + 1);
	EXPECT_EQ(next_number(self->fd, self->ctx), JOBS + 4);
	EXPECT_EQ(next_number(self->fd, npu_ctx_create(self->fd)), 1);
}

TEST_F(multi, one_alone_is_as_good)
{
	struct drm_v3npu_submit args = single(self->ctx, &self->jobs[JOBS - 1]);

	self->bytes.map[JOBS - 1] = 7;
	self->args.jobs = (uintptr_t)&self->jobs[JOBS - 1];
	self->args.job_count = 1;
	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_SUBMIT, &self->args), 0);
	EXPECT_EQ(npu_wait(self->fd, self->out.handle, 20), 0);
	EXPECT_EQ(self->bytes.map[JOBS], 7);
	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_SUBMIT, &args), 0);
	EXPECT_EQ(args.number, 2);
}

TEST_F(multi, one_that_fails_leaves_the_others)
{
	struct drm_v3npu_ctx_query query;

	self->jobs[20].cmds_size = npu_cmd_copy(self->cmds.map + 20 * CMD_SPACE, 77,
						self->bytes.va + 20, NOWHERE, 1);
	ASSERT_EQ(submit(self->fd, self->args), 0);
	EXPECT_EQ(npu_wait(self->fd, self->out.handle, 20), 0);
	query = npu_ctx_query(self->fd, self->ctx);
	EXPECT_EQ(query.jobs_done, JOBS - 1);
	EXPECT_EQ(query.jobs_failed, 1);
	EXPECT_EQ(query.fault_cmd_tag, 77);
	EXPECT_EQ(self->bytes.map[20], 123);
	EXPECT_EQ(self->bytes.map[JOBS], 0);
}

/* Whatever is wrong with the last one, none runs, has a number, or signals. */
TEST_F(multi, all_or_none)
{
	const struct drm_v3npu_job good = self->jobs[JOBS - 1];
	struct drm_v3npu_job *last = &self->jobs[JOBS - 1];
	struct drm_v3npu_sync sync = { .handle = npu_syncobj(self->fd) };
	struct drm_v3npu_bo_ref ref = { .handle = 4711 };

#define WITH(ret, ...)	do {					\
		__VA_ARGS__;					\
		EXPECT_EQ(submit(self->fd, self->args), ret);	\
		*last = good;					\
	} while (0)
	/* The first one's would be signalled before the last one is looked at. */
	self->jobs[0].out_syncs = good.out_syncs;
	self->jobs[0].out_sync_count = 1;
	WITH(-EINVAL, last->cmds = 8);
	WITH(-EINVAL, last->cmds_size = 0);
	WITH(-EINVAL, last->flags = 1);
	WITH(-EINVAL, last->flags = 1u << 31);
	WITH(-EINVAL, last->pad = 1);
	WITH(-EFAULT, last->bos = 8);
	WITH(-ENOENT, last->bos = (uintptr_t)&ref; last->bo_count = 1);
	WITH(-EFAULT, last->in_syncs = 8; last->in_sync_count = 1);
	/* Nothing was submitted to signal it. */
	WITH(-EINVAL, last->in_syncs = (uintptr_t)&sync; last->in_sync_count = 1);
	/* Nor by a job of the same call. */
	WITH(-EINVAL, last->in_syncs = (uintptr_t)&self->out; last->in_sync_count = 1);
	WITH(-EFAULT, last->out_syncs = ~7ull);
	sync.handle = 0;
	WITH(-ENOENT, last->out_syncs = (uintptr_t)&sync);
#undef WITH
	EXPECT_EQ(npu_wait(self->fd, self->out.handle, 0), -EINVAL);
	EXPECT_EQ(next_number(self->fd, self->ctx), 1);
	EXPECT_EQ(npu_ctx_query(self->fd, self->ctx).jobs_done, 1);
	EXPECT_EQ(self->bytes.map[1], 0);
	EXPECT_EQ(submit(self->fd, self->args), 0);
	EXPECT_EQ(npu_wait(self->fd, self->out.handle, 20), 0);
}

TEST_F(multi, bad_arguments)
{
	struct drm_v3npu_submit args;

#define WITH(ret, ...)	do {				\
		args = self->args;			\
		__VA_ARGS__;				\
		EXPECT_EQ(submit(self->fd, args), ret);	\
	} while (0)
	WITH(-EINVAL, args.job_count = JOBS + 1);
	WITH(-EINVAL, args.job_count = 0x10000001);
	WITH(-EINVAL, args.job_count = ~0u);
	WITH(-EINVAL, args.pad = 1);
	WITH(-EINVAL, args.flags = 1);
	WITH(-EFAULT, args.jobs = 0);
	WITH(-EFAULT, args.jobs = 8);
	WITH(-EFAULT, args.jobs = ~7ull);
	WITH(-ENOENT, args.ctx = 0);
	/* A job is described in one place. */
	WITH(-EINVAL, args.cmds = self->cmds.va);
	WITH(-EINVAL, args.cmds_size = 8);
	WITH(-EINVAL, args.bo_count = 1);
	WITH(-EINVAL, args.bos = (uintptr_t)self->refs);
	WITH(-EINVAL, args.in_sync_count = 1);
	WITH(-EINVAL, args.in_syncs = 8);
	WITH(-EINVAL, args.out_sync_count = 1);
	WITH(-EINVAL, args.out_syncs = 8);
	WITH(-EINVAL, args = single(self->ctx, self->jobs); args.jobs = 8);
	WITH(-EINVAL, args = single(self->ctx, self->jobs); args.job_stride = 56);
	WITH(0, args = single(self->ctx, self->jobs));
#undef WITH
	EXPECT_EQ(next_number(self->fd, self->ctx), 2);
}

TEST_F(multi, together_no_more_entries_than_one)
{
	static struct drm_v3npu_bo_ref refs[DRM_V3NPU_SUBMIT_MAX];
	static struct drm_v3npu_sync syncs[DRM_V3NPU_SUBMIT_MAX];

	for (unsigned int i = 0; i < DRM_V3NPU_SUBMIT_MAX; i++) {
		refs[i] = self->refs[i % 2];
		syncs[i] = self->out;
	}
	for (unsigned int i = 0; i < 2; i++) {
		self->jobs[i].bos = (uintptr_t)refs;
		self->jobs[i].bo_count = DRM_V3NPU_SUBMIT_MAX / 2 + i;
	}
	self->args.job_count = 2;
	EXPECT_EQ(submit(self->fd, self->args), -EINVAL);
	self->jobs[0].bo_count = ~0u;
	EXPECT_EQ(submit(self->fd, self->args), -EINVAL);
	self->jobs[0].bo_count = DRM_V3NPU_SUBMIT_MAX / 2 - 1;
	self->jobs[0].out_syncs = (uintptr_t)syncs;
	self->jobs[0].out_sync_count = DRM_V3NPU_SUBMIT_MAX;
	self->jobs[1].out_syncs = (uintptr_t)syncs;
	self->jobs[1].out_sync_count = 1;
	EXPECT_EQ(submit(self->fd, self->args), -EINVAL);
	self->jobs[1].out_sync_count = 0;
	ASSERT_EQ(submit(self->fd, self->args), 0);
	EXPECT_EQ(npu_wait(self->fd, self->out.handle, 20), 0);
}

/* All ways to list a buffer, in all orders, are no more fences than there is room for. */
TEST_F(multi, buffer_listed_in_every_way)
{
	static const uint32_t ways[] = {
		0, DRM_V3NPU_BO_REF_WRITE, DRM_V3NPU_BO_REF_NO_IMPLICIT_SYNC,
	};
	static struct drm_v3npu_bo_ref refs[3 * JOBS];

	for (unsigned int i = 0; i < JOBS; i++) {
		for (unsigned int way = 0; way < 3; way++) {
			refs[3 * i + way].handle = self->bytes.handle;
			refs[3 * i + way].flags = ways[(i + way * (1 + i / 3)) % 3];
		}
		self->jobs[i].bos = (uintptr_t)&refs[3 * i];
		self->jobs[i].bo_count = 3;
	}
	for (unsigned int i = 0; i < 8; i++) {
		self->args.ctx = npu_ctx_create(self->fd);
		ASSERT_EQ(submit(self->fd, self->args), 0);
	}
	EXPECT_EQ(npu_wait(self->fd, self->out.handle, 60), 0);
}

TEST_F_TIMEOUT(multi, limit_of_the_file, 120)
{
	const uint32_t max = npu_dev_info(self->fd).max_jobs;
	struct npu_bo slow = npu_bo_create(self->fd, PAGE, 0);
	struct npu_job stall = { .ctx = npu_ctx_create(self->fd), .cmds = &slow,
				 .out = npu_syncobj(self->fd) };
	struct drm_v3npu_ctx_destroy destroy = { .id = stall.ctx };
	struct drm_v3npu_sync in = { .handle = stall.out };
	uint32_t count = 0, done;
	int ret;

	/* What the others wait for takes longer than to submit them. */
	stall.cmds_size = npu_cmd_stall(slow.map, 0, 1000000);
	for (unsigned int i = 0; i < 60; i++)
		ASSERT_EQ(npu_submit(self->fd, &stall), 0);
	self->jobs[0].in_syncs = (uintptr_t)&in;
	self->jobs[0].in_sync_count = 1;
	self->jobs[JOBS - 1].out_sync_count = 0;
	do {
		ret = submit(self->fd, self->args);
		count += ret ? 0 : JOBS;
	} while (!ret);
	EXPECT_EQ(ret, -EBUSY);
	/* There was not room for all of them, and so there is for some still. */
	done = (uint32_t)npu_ctx_query(self->fd, stall.ctx).jobs_done;
	EXPECT_LE(count, max - 60 + done);
	EXPECT_GT(count, max - 60 - JOBS);
	self->args.job_count = (max - 60) % JOBS;
	ASSERT_NE(self->args.job_count, 0);
	EXPECT_EQ(submit(self->fd, self->args), 0);
	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_CTX_DESTROY, &destroy), 0);
}

/* Entries that have grown: what the driver does not know of them must be 0. */
TEST_F(multi, larger_entries)
{
	struct { struct drm_v3npu_job job; uint8_t more[40]; } jobs[2] = {};
	struct { struct drm_v3npu_bo_ref ref; uint8_t more[8]; } refs[2] = {};
	struct { struct drm_v3npu_sync sync; uint8_t more[1]; } __attribute__((packed)) syncs[2] = {};
	struct { uint8_t *at; int ret; } unknown[] = {
		{ &jobs[0].more[0], -E2BIG }, { &jobs[1].more[39], -E2BIG },
		{ &refs[1].more[7], -E2BIG }, { &syncs[1].more[0], -E2BIG },
	};

	for (unsigned int i = 0; i < 2; i++) {
		refs[i].ref = self->refs[i];
		syncs[i].sync = self->out;
		jobs[i].job = self->jobs[i];
		jobs[i].job.bos = (uintptr_t)refs;
		jobs[i].job.out_syncs = (uintptr_t)syncs;
		jobs[i].job.out_sync_count = 2;
	}
	self->args.jobs = (uintptr_t)jobs;
	self->args.job_count = 2;
	self->args.job_stride = sizeof(jobs[0]);
	self->args.bo_stride = sizeof(refs[0]);
	self->args.out_sync_stride = sizeof(syncs[0]);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		*unknown[i].at = 1;
		EXPECT_EQ(submit(self->fd, self->args), unknown[i].ret);
		*unknown[i].at = 0;
	}
	EXPECT_EQ(npu_wait(self->fd, self->out.handle, 0), -EINVAL);
	ASSERT_EQ(submit(self->fd, self->args), 0);
	EXPECT_EQ(npu_wait(self->fd, self->out.handle, 20), 0);
	EXPECT_EQ(self->bytes.map[2], 123);

	/* Now there is something to wait for. */
	syncs[1].more[0] = 1;
	self->args.out_sync_stride = 0;
	jobs[1].job.in_syncs = (uintptr_t)syncs;
	jobs[1].job.in_sync_count = 2;
	jobs[0].job.out_sync_count = 0;
	jobs[1].job.out_sync_count = 0;
	self->args.in_sync_stride = sizeof(syncs[0]);
	EXPECT_EQ(submit(self->fd, self->args), -E2BIG);
	syncs[1].more[0] = 0;
	EXPECT_EQ(submit(self->fd, self->args), 0);
}

TEST_F(multi, strides)
{
	static const struct { size_t field; uint32_t size; } strides[] = {
		{ offsetof(struct drm_v3npu_submit, in_sync_stride), 16 },
		{ offsetof(struct drm_v3npu_submit, out_sync_stride), 16 },
		{ offsetof(struct drm_v3npu_submit, bo_stride), 8 },
		{ offsetof(struct drm_v3npu_submit, job_stride), 56 },
	};

	self->args.job_count = 1;
	self->jobs[0].bos = 0;
	self->jobs[0].bo_count = 0;
	for (size_t i = 0; i < sizeof(strides) / sizeof(strides[0]); i++) {
		const uint32_t size = strides[i].size;
		const struct { uint32_t stride; int ret; } cases[] = {
			{ 1, -EINVAL }, { size - 8, size > 8 ? -EINVAL : 0 }, { size - 1, -EINVAL },
			{ size, 0 }, { DRM_V3NPU_STRIDE_MAX + 1, -EINVAL },
			{ 0x80000000, -EINVAL }, { ~0u, -EINVAL },
		};
		struct drm_v3npu_submit args = self->args;

		for (size_t j = 0; j < sizeof(cases) / sizeof(cases[0]); j++) {
			memcpy((uint8_t *)&args + strides[i].field, &cases[j].stride, 4);
			EXPECT_EQ(submit(self->fd, args), cases[j].ret);
		}
	}
}

/* The last of them ends where memory does, or user addresses, or 64 bits. */
TEST_F(multi, where_arrays_end)
{
	uint8_t *pages = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct drm_v3npu_job *jobs = (void *)(pages + 2 * PAGE - 2 * sizeof(*jobs));

	ASSERT_NE(pages, MAP_FAILED);
	ASSERT_EQ(munmap(pages + 2 * PAGE, PAGE), 0);
	memcpy(jobs, self->jobs, 2 * sizeof(*jobs));
	self->args.jobs = (uintptr_t)jobs;
	self->args.job_count = 2;
	EXPECT_EQ(submit(self->fd, self->args), 0);
	self->args.job_count = 3;
	EXPECT_EQ(submit(self->fd, self->args), -EFAULT);

	/* With a stride of a page */
	memset(pages, 0, 2 * PAGE);
	memcpy(pages, &self->jobs[0], sizeof(*jobs));
	memcpy(pages + PAGE, &self->jobs[1], sizeof(*jobs));
	self->args.jobs = (uintptr_t)pages;
	self->args.job_stride = PAGE;
	self->args.job_count = 2;
	EXPECT_EQ(submit(self->fd, self->args), 0);
	self->args.job_count = 3;
	EXPECT_EQ(submit(self->fd, self->args), -EFAULT);
	self->args.job_count = 2;
	memset(pages, 0, 2 * PAGE);
	self->args.jobs = (uintptr_t)pages + 8;
	EXPECT_EQ(submit(self->fd, self->args), -EFAULT);
	self->args.jobs = 0x7fffffffffff;
	EXPECT_EQ(submit(self->fd, self->args), -EFAULT);
	/* The second one is at an address that exists. */
	self->args.jobs = (uintptr_t)pages - PAGE;
	EXPECT_EQ(submit(self->fd, self->args), -EFAULT);
	self->args.jobs = -PAGE;
	EXPECT_EQ(submit(self->fd, self->args), -EFAULT);
	munmap(pages, 2 * PAGE);
}

/* What comes after the old structure is not read, nor anything written. */
TEST_F(multi, programs_of_version_1_0)
{
	struct drm_v3npu_submit args = single(self->ctx, &self->jobs[JOBS - 1]);
	uint8_t before[sizeof(args)];

	self->bytes.map[JOBS - 1] = 9;
	memset((uint8_t *)&args + OLD_SIZE, 0xff, sizeof(args) - OLD_SIZE);
	memcpy(before, &args, sizeof(args));
	ASSERT_EQ(npu_ioctl(self->fd, OLD_SUBMIT, &args), 0);
	EXPECT_EQ(memcmp(before, &args, sizeof(args)), 0);
	EXPECT_EQ(npu_wait(self->fd, self->out.handle, 20), 0);
	EXPECT_EQ(self->bytes.map[JOBS], 9);
	EXPECT_EQ(npu_ctx_query(self->fd, self->ctx).jobs_done, 1);
}

/* Nor when they cannot be written, as constants of a program. */
TEST_F(multi, constant_arguments_of_version_1_0)
{
	const struct drm_v3npu_submit args = single(self->ctx, &self->jobs[0]);
	uint8_t *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);

	ASSERT_NE(page, MAP_FAILED);
	memcpy(page, &args, sizeof(args));
	ASSERT_EQ(mprotect(page, PAGE, PROT_READ), 0);
	EXPECT_EQ(npu_ioctl(self->fd, OLD_SUBMIT, page), 0);
	munmap(page, PAGE);
}

/* What 32-bit programs do, whose arrays are below 4 GiB. */
TEST_F(multi, compat)
{
	uint8_t *low = npu_compat_page(), *arrays = npu_compat_page();
	struct drm_v3npu_submit *args = (void *)low;
	struct drm_v3npu_sync *out = (void *)arrays;
	struct drm_v3npu_bo_ref *refs = (void *)(arrays + 64);
	struct drm_v3npu_job *jobs = (void *)(arrays + 128);

	if (!low || !arrays)
		SKIP(return, "the kernel has no 32-bit system calls");
	*out = self->out;
	memcpy(refs, self->refs, sizeof(self->refs));
	memcpy(jobs, self->jobs, 3 * sizeof(*jobs));
	for (unsigned int i = 0; i < 3; i++)
		jobs[i].bos = (uintptr_t)refs;
	jobs[2].out_syncs = (uintptr_t)out;
	jobs[2].out_sync_count = 1;
	*args = self->args;
	args->jobs = (uintptr_t)jobs;
	args->job_count = 3;
	ASSERT_EQ(npu_compat_ioctl(self->fd, (uint32_t)DRM_IOCTL_V3NPU_SUBMIT, args), 0);
	EXPECT_EQ(args->number, 1);
	EXPECT_EQ(npu_wait(self->fd, self->out.handle, 20), 0);
	EXPECT_EQ(self->bytes.map[3], 123);

	*args = single(self->ctx, &jobs[2]);
	args->number = 4711;
	ASSERT_EQ(npu_compat_ioctl(self->fd, OLD_SUBMIT, args), 0);
	EXPECT_EQ(args->number, 4711);
	munmap(low, PAGE);
	munmap(arrays, PAGE);
}

TEST_HARNESS_MAIN
