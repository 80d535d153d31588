// SPDX-License-Identifier: GPL-2.0-only
/* What SUBMIT refuses before it looks anything up. */

#include <linux/minmax.h>

#include <kunit/test.h>

#include "v3npu_array.h"
#include "v3npu_drv.h"
#include "v3npu_submit.h"

static const struct drm_v3npu_job v3npu_submit_good = {
	.cmds = V3NPU_VA_START,
	.cmds_size = 8,
};

static int v3npu_test_cmds(u64 cmds, u32 cmds_size)
{
	struct drm_v3npu_job job = v3npu_submit_good;

	job.cmds = cmds;
	job.cmds_size = cmds_size;

	return v3npu_submit_check_jobs(&job, 1);
}

static void v3npu_submit_good_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, v3npu_submit_check_jobs(&v3npu_submit_good, 1), 0);
	KUNIT_EXPECT_EQ(test, v3npu_test_cmds(V3NPU_VA_START, V3NPU_CMDS_MAX), 0);
	KUNIT_EXPECT_EQ(test, v3npu_test_cmds(V3NPU_VA_END - 8, 8), 0);
	KUNIT_EXPECT_EQ(test, v3npu_test_cmds(V3NPU_VA_END - V3NPU_CMDS_MAX, V3NPU_CMDS_MAX), 0);
}

static void v3npu_submit_flags_test(struct kunit *test)
{
	struct drm_v3npu_job job = v3npu_submit_good;
	struct drm_v3npu_submit args = {};
	int bit;

	for (bit = 0; bit < 32; bit++) {
		job.flags = BIT(bit);
		KUNIT_EXPECT_EQ(test, v3npu_submit_check_jobs(&job, 1), -EINVAL);
		args.flags = BIT(bit);
		KUNIT_EXPECT_EQ(test, v3npu_submit_check(&args), -EINVAL);
	}
	job = v3npu_submit_good;
	job.pad = 1;
	KUNIT_EXPECT_EQ(test, v3npu_submit_check_jobs(&job, 1), -EINVAL);
	args = (struct drm_v3npu_submit){ .pad = 1 };
	KUNIT_EXPECT_EQ(test, v3npu_submit_check(&args), -EINVAL);
}

/* One job is described by SUBMIT, or all are in the array */
static void v3npu_submit_forms_test(struct kunit *test)
{
	static const struct {
		struct drm_v3npu_submit args;
		int ret;
	} forms[] = {
		{ { .cmds = V3NPU_VA_START, .cmds_size = 8, .bo_count = 1 }, 0 },
		{ { .jobs = 8, .job_count = 1 }, 0 },
		{ { .jobs = 8, .job_count = V3NPU_SUBMIT_JOBS_MAX, .job_stride = 56 }, 0 },
		{ { .jobs = 8, .job_count = V3NPU_SUBMIT_JOBS_MAX + 1 }, -EINVAL },
		{ { .jobs = 8, .job_count = ~0u }, -EINVAL },
		{ { .jobs = 8 }, -EINVAL },
		{ { .job_stride = 56 }, -EINVAL },
		{ { .jobs = 8, .job_count = 1, .cmds = 8 }, -EINVAL },
		{ { .jobs = 8, .job_count = 1, .cmds_size = 8 }, -EINVAL },
		{ { .jobs = 8, .job_count = 1, .in_syncs = 8 }, -EINVAL },
		{ { .jobs = 8, .job_count = 1, .in_sync_count = 1 }, -EINVAL },
		{ { .jobs = 8, .job_count = 1, .out_syncs = 8 }, -EINVAL },
		{ { .jobs = 8, .job_count = 1, .out_sync_count = 1 }, -EINVAL },
		{ { .jobs = 8, .job_count = 1, .bos = 8 }, -EINVAL },
		{ { .jobs = 8, .job_count = 1, .bo_count = 1 }, -EINVAL },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(forms); i++)
		KUNIT_EXPECT_EQ_MSG(test, v3npu_submit_check(&forms[i].args), forms[i].ret,
				    "form %d", i);
}

static void v3npu_submit_strides_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, v3npu_array_check(0, 16), 0);
	KUNIT_EXPECT_EQ(test, v3npu_array_check(16, 16), 0);
	KUNIT_EXPECT_EQ(test, v3npu_array_check(17, 16), 0);
	KUNIT_EXPECT_EQ(test, v3npu_array_check(DRM_V3NPU_STRIDE_MAX, 16), 0);
	KUNIT_EXPECT_EQ(test, v3npu_array_check(15, 16), -EINVAL);
	KUNIT_EXPECT_EQ(test, v3npu_array_check(1, 16), -EINVAL);
	KUNIT_EXPECT_EQ(test, v3npu_array_check(DRM_V3NPU_STRIDE_MAX + 1, 16), -EINVAL);
	KUNIT_EXPECT_EQ(test, v3npu_array_check(0x80000000, 16), -EINVAL);
	KUNIT_EXPECT_EQ(test, v3npu_array_check(~0u, 16), -EINVAL);
}

/* Sums that are too much, or that are not when they are of 32 bits */
static void v3npu_submit_sums_test(struct kunit *test)
{
	static const struct {
		u32 counts[3];
		int ret;
	} sums[] = {
		{ { DRM_V3NPU_SUBMIT_MAX, 0, 0 }, 0 },
		{ { DRM_V3NPU_SUBMIT_MAX - 2, 1, 1 }, 0 },
		{ { DRM_V3NPU_SUBMIT_MAX - 1, 1, 1 }, -EINVAL },
		{ { 0, 0, DRM_V3NPU_SUBMIT_MAX + 1 }, -EINVAL },
		{ { 0x80000000, 0x80000000, 0 }, -EINVAL },
		{ { ~0u, 1, 1 }, -EINVAL },
	};
	struct drm_v3npu_job jobs[3];
	int i, j;

	for (i = 0; i < ARRAY_SIZE(sums); i++) {
		for (j = 0; j < 3; j++) {
			jobs[j] = v3npu_submit_good;
			jobs[j].in_sync_count = sums[i].counts[j];
		}
		KUNIT_EXPECT_EQ(test, v3npu_submit_check_jobs(jobs, 3), sums[i].ret);
		for (j = 0; j < 3; j++)
			swap(jobs[j].in_sync_count, jobs[j].out_sync_count);
		KUNIT_EXPECT_EQ(test, v3npu_submit_check_jobs(jobs, 3), sums[i].ret);
		for (j = 0; j < 3; j++)
			swap(jobs[j].out_sync_count, jobs[j].bo_count);
		KUNIT_EXPECT_EQ(test, v3npu_submit_check_jobs(jobs, 3), sums[i].ret);
	}
	/* It is each that has to be right */
	for (i = 0; i < 3; i++) {
		for (j = 0; j < 3; j++)
			jobs[j] = v3npu_submit_good;
		jobs[i].cmds_size = 4;
		KUNIT_EXPECT_EQ(test, v3npu_submit_check_jobs(jobs, 3), -EINVAL);
	}
}

static void v3npu_submit_bo_test(struct kunit *test)
{
	static const struct {
		u32 flags;
		int ret;
	} bos[] = {
		{ 0, 0 },
		{ DRM_V3NPU_BO_REF_WRITE, 0 },
		{ DRM_V3NPU_BO_REF_NO_IMPLICIT_SYNC, 0 },
		{ DRM_V3NPU_BO_REF_WRITE | DRM_V3NPU_BO_REF_NO_IMPLICIT_SYNC, -EINVAL },
		{ DRM_V3NPU_BO_REF_NO_IMPLICIT_SYNC << 1, -EINVAL },
		{ BIT(31), -EINVAL },
		{ ~0u, -EINVAL },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(bos); i++) {
		const struct drm_v3npu_bo_ref bo = { .flags = bos[i].flags };

		KUNIT_EXPECT_EQ_MSG(test, v3npu_submit_check_bo(&bo), bos[i].ret, "flags %#x",
				    bo.flags);
	}
}

static void v3npu_submit_size_test(struct kunit *test)
{
	static const u32 bad[] = { 0, 1, 4, 7, 9, 12, V3NPU_CMDS_MAX + 8, 0x80000000, 0xfffffff8,
				   0xffffffff };
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ(test, v3npu_test_cmds(V3NPU_VA_START, bad[i]), -EINVAL);
}

static void v3npu_submit_address_test(struct kunit *test)
{
	static const u64 bad[] = { 0, 8, V3NPU_VA_START - 8, V3NPU_VA_START + 1,
				   V3NPU_VA_START + 4, V3NPU_VA_END, V3NPU_VA_SRAM, BIT_ULL(63),
				   ~7ull, ~0ull };
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ(test, v3npu_test_cmds(bad[i], 8), -EINVAL);
}

/* The end is beyond the address space, or beyond 64 bits, though the start is not */
static void v3npu_submit_end_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, v3npu_test_cmds(V3NPU_VA_END - 8, 16), -EINVAL);
	KUNIT_EXPECT_EQ(test, v3npu_test_cmds(V3NPU_VA_END - V3NPU_CMDS_MAX + 8, V3NPU_CMDS_MAX),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, v3npu_test_cmds(-8ull, 8), -EINVAL);
	KUNIT_EXPECT_EQ(test, v3npu_test_cmds(-8ull, V3NPU_CMDS_MAX), -EINVAL);
	KUNIT_EXPECT_EQ(test, v3npu_test_cmds(-(u64)V3NPU_CMDS_MAX, V3NPU_CMDS_MAX), -EINVAL);
}

static void v3npu_submit_sync_test(struct kunit *test)
{
	static const struct {
		struct drm_v3npu_sync sync;
		int ret;
	} syncs[] = {
		{ { .flags = 0, .point = 0 }, 0 },
		{ { .flags = DRM_V3NPU_SYNC_TIMELINE, .point = 1 }, 0 },
		{ { .flags = DRM_V3NPU_SYNC_TIMELINE, .point = ~0ull }, 0 },
		/* Timelines begin at 1, and binary syncobjs have no points */
		{ { .flags = DRM_V3NPU_SYNC_TIMELINE, .point = 0 }, -EINVAL },
		{ { .flags = 0, .point = 1 }, -EINVAL },
		{ { .flags = 0, .point = BIT_ULL(32) }, -EINVAL },
		{ { .flags = DRM_V3NPU_SYNC_TIMELINE << 1, .point = 0 }, -EINVAL },
		{ { .flags = DRM_V3NPU_SYNC_TIMELINE | BIT(31), .point = 1 }, -EINVAL },
		{ { .flags = ~0u, .point = 1 }, -EINVAL },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(syncs); i++)
		KUNIT_EXPECT_EQ_MSG(test, v3npu_submit_check_sync(&syncs[i].sync), syncs[i].ret,
				    "flags %#x point %llu", syncs[i].sync.flags,
				    syncs[i].sync.point);
}

static struct kunit_case v3npu_submit_cases[] = {
	KUNIT_CASE(v3npu_submit_good_test),
	KUNIT_CASE(v3npu_submit_flags_test),
	KUNIT_CASE(v3npu_submit_forms_test),
	KUNIT_CASE(v3npu_submit_strides_test),
	KUNIT_CASE(v3npu_submit_sums_test),
	KUNIT_CASE(v3npu_submit_bo_test),
	KUNIT_CASE(v3npu_submit_size_test),
	KUNIT_CASE(v3npu_submit_address_test),
	KUNIT_CASE(v3npu_submit_end_test),
	KUNIT_CASE(v3npu_submit_sync_test),
	{ }
};

static struct kunit_suite v3npu_submit_suite = {
	.name = "v3npu_submit",
	.test_cases = v3npu_submit_cases,
};

kunit_test_suite(v3npu_submit_suite);
