// SPDX-License-Identifier: GPL-2.0-only
/* What a context remembers of its jobs. */

#include <linux/errno.h>

#include <kunit/test.h>

#include "v3npu/ipc.h"

#include "drm/v3npu_accel.h"

#include "v3npu_history.h"

static struct v3npu_history *v3npu_test_history(struct kunit *test)
{
	struct v3npu_history *history = kunit_kzalloc(test, sizeof(*history), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, history);

	return history;
}

/* A job's state, or an error */
static int v3npu_test_state(const struct v3npu_history *history, u64 number)
{
	struct drm_v3npu_job_query query = { .number = number };
	int ret = v3npu_history_find(history, &query);

	return ret ? ret : query.state;
}

static void v3npu_history_unknown_test(struct kunit *test)
{
	struct v3npu_history *history = v3npu_test_history(test);

	KUNIT_EXPECT_EQ(test, v3npu_test_state(history, 0), -ENOENT);
	KUNIT_EXPECT_EQ(test, v3npu_test_state(history, 1), -ENOENT);
	history->last = 1;
	KUNIT_EXPECT_EQ(test, v3npu_test_state(history, 0), -ENOENT);
	KUNIT_EXPECT_EQ(test, v3npu_test_state(history, 1), DRM_V3NPU_JOB_PENDING);
	KUNIT_EXPECT_EQ(test, v3npu_test_state(history, 2), -ENOENT);
	KUNIT_EXPECT_EQ(test, v3npu_test_state(history, 1 + V3NPU_JOB_RECORDS), -ENOENT);
	KUNIT_EXPECT_EQ(test, v3npu_test_state(history, ~0ull), -ENOENT);
}

/* As many are in flight as there may be, and end one after the other */
static void v3npu_history_order_test(struct kunit *test)
{
	struct v3npu_history *history = v3npu_test_history(test);
	const u64 last = 5 * V3NPU_JOB_RECORDS + 3;
	u64 ended, i;

	history->last = last;
	for (ended = 1; ended <= last; ended++) {
		v3npu_history_add(history, ended, 0, DRM_V3NPU_FAULT_NONE, NULL);
		for (i = 1; i <= last; i++) {
			int state = DRM_V3NPU_JOB_DONE;

			if (i > ended)
				state = DRM_V3NPU_JOB_PENDING;
			else if (i + V3NPU_JOB_RECORDS <= ended)
				state = DRM_V3NPU_JOB_FORGOTTEN;
			KUNIT_ASSERT_EQ_MSG(test, v3npu_test_state(history, i), state,
					    "job %llu when %llu ended", i, ended);
		}
	}
}

static void v3npu_history_fault_test(struct kunit *test)
{
	const struct v3npu_event event = {
		.fault_addr = 0x123456789000, .cmd_index = 1, .cmd_opcode = 2, .cmd_tag = 3,
		.detail = 4,
	};
	struct v3npu_history *history = v3npu_test_history(test);
	struct drm_v3npu_job_query query, wanted;

	history->last = 3;
	v3npu_history_add(history, 1, -EFAULT, DRM_V3NPU_FAULT_MMU, &event);
	v3npu_history_add(history, 2, -ECANCELED, DRM_V3NPU_FAULT_NONE, &event);
	v3npu_history_add(history, 3, 0, DRM_V3NPU_FAULT_NONE, &event);

	/* Whatever was there before is gone */
	memset(&query, 0xa5, sizeof(query));
	query.ctx = 7;
	query.number = 1;
	wanted = (struct drm_v3npu_job_query){
		.ctx = 7, .number = 1, .state = DRM_V3NPU_JOB_FAILED, .error = -EFAULT,
		.fault = DRM_V3NPU_FAULT_MMU, .fault_va = 0x123456789000, .fault_cmd_index = 1,
		.fault_cmd_opcode = 2, .fault_cmd_tag = 3, .fault_detail = 4,
	};
	KUNIT_ASSERT_EQ(test, v3npu_history_find(history, &query), 0);
	KUNIT_EXPECT_MEMEQ(test, &query, &wanted, sizeof(query));

	query.number = 2;
	wanted = (struct drm_v3npu_job_query){
		.ctx = 7, .number = 2, .state = DRM_V3NPU_JOB_FAILED, .error = -ECANCELED,
	};
	KUNIT_ASSERT_EQ(test, v3npu_history_find(history, &query), 0);
	KUNIT_EXPECT_MEMEQ(test, &query, &wanted, sizeof(query));

	query.number = 3;
	wanted = (struct drm_v3npu_job_query){
		.ctx = 7, .number = 3, .state = DRM_V3NPU_JOB_DONE,
	};
	KUNIT_ASSERT_EQ(test, v3npu_history_find(history, &query), 0);
	KUNIT_EXPECT_MEMEQ(test, &query, &wanted, sizeof(query));
}

/* The firmware has jobs end in any order, and twice */
static void v3npu_history_forged_test(struct kunit *test)
{
	struct v3npu_history *history = v3npu_test_history(test);

	history->last = 2 * V3NPU_JOB_RECORDS;
	v3npu_history_add(history, 1 + V3NPU_JOB_RECORDS, 0, DRM_V3NPU_FAULT_NONE, NULL);
	KUNIT_EXPECT_EQ(test, v3npu_test_state(history, 1), DRM_V3NPU_JOB_FORGOTTEN);
	v3npu_history_add(history, 1, -EIO, DRM_V3NPU_FAULT_NONE, NULL);
	KUNIT_EXPECT_EQ(test, v3npu_test_state(history, 1), DRM_V3NPU_JOB_FORGOTTEN);
	KUNIT_EXPECT_EQ(test, v3npu_test_state(history, 1 + V3NPU_JOB_RECORDS),
			DRM_V3NPU_JOB_DONE);
	v3npu_history_add(history, 1 + V3NPU_JOB_RECORDS, -EIO, DRM_V3NPU_FAULT_NONE, NULL);
	KUNIT_EXPECT_EQ(test, v3npu_test_state(history, 1 + V3NPU_JOB_RECORDS),
			DRM_V3NPU_JOB_DONE);
	KUNIT_EXPECT_EQ(test, v3npu_test_state(history, 2), DRM_V3NPU_JOB_PENDING);
}

static struct kunit_case v3npu_history_cases[] = {
	KUNIT_CASE(v3npu_history_unknown_test),
	KUNIT_CASE(v3npu_history_order_test),
	KUNIT_CASE(v3npu_history_fault_test),
	KUNIT_CASE(v3npu_history_forged_test),
	{ }
};

static struct kunit_suite v3npu_history_suite = {
	.name = "v3npu_history",
	.test_cases = v3npu_history_cases,
};

kunit_test_suite(v3npu_history_suite);
