// SPDX-License-Identifier: GPL-2.0-only
/* What SUBMIT refuses before it looks anything up. */

#include <kunit/test.h>

#include "v3npu_drv.h"
#include "v3npu_submit.h"

static const struct drm_v3npu_submit v3npu_submit_good = {
	.ctx = 1,
	.cmds = V3NPU_VA_START,
	.cmds_size = 8,
};

static int v3npu_test_cmds(u64 cmds, u32 cmds_size)
{
	struct drm_v3npu_submit args = v3npu_submit_good;

	args.cmds = cmds;
	args.cmds_size = cmds_size;

	return v3npu_submit_check(&args);
}

static void v3npu_submit_good_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, v3npu_submit_check(&v3npu_submit_good), 0);
	KUNIT_EXPECT_EQ(test, v3npu_test_cmds(V3NPU_VA_START, V3NPU_CMDS_MAX), 0);
	KUNIT_EXPECT_EQ(test, v3npu_test_cmds(V3NPU_VA_END - 8, 8), 0);
	KUNIT_EXPECT_EQ(test, v3npu_test_cmds(V3NPU_VA_END - V3NPU_CMDS_MAX, V3NPU_CMDS_MAX), 0);
}

static void v3npu_submit_flags_test(struct kunit *test)
{
	struct drm_v3npu_submit args = v3npu_submit_good;
	int bit;

	for (bit = 0; bit < 32; bit++) {
		args.flags = BIT(bit);
		KUNIT_EXPECT_EQ(test, v3npu_submit_check(&args), -EINVAL);
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
