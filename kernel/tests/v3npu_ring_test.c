// SPDX-License-Identifier: GPL-2.0-only
/* Job rings and the event ring: wrapping, full rings, forged pointers. */

#include <linux/sizes.h>

#include <kunit/test.h>

#include "v3npu_ring.h"

/* Pointers run freely: near 0, over the end of the ring, over the end of 32 bits */
static const u32 v3npu_ring_starts[] = { 0, 3, 255, 0x7fffffff, 0xfffffffe, 0xffffffff };

static void v3npu_ring_start_desc(const u32 *start, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "from %#x", *start);
}

KUNIT_ARRAY_PARAM(v3npu_ring, v3npu_ring_starts, v3npu_ring_start_desc);

/* Of exactly its size, so that KASAN sees what is beyond */
static struct v3npu_job_ring *v3npu_test_job_ring(struct kunit *test, u32 start)
{
	struct v3npu_job_ring *ring;

	ring = kunit_kzalloc(test, struct_size(ring, jobs, V3NPU_RING_ENTRIES), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ring);
	ring->wptr = start;
	ring->rptr = start;

	return ring;
}

static struct v3npu_event_ring *v3npu_test_event_ring(struct kunit *test, u32 start)
{
	struct v3npu_event_ring *ring;

	ring = kunit_kzalloc(test, struct_size(ring, events, V3NPU_EVENT_ENTRIES), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ring);
	ring->wptr = start;
	ring->rptr = start;

	return ring;
}

/* As the firmware does */
static void v3npu_test_send(struct v3npu_event_ring *ring, u64 seqno)
{
	ring->events[ring->wptr % V3NPU_EVENT_ENTRIES] = (struct v3npu_event){
		.type = V3NPU_EVENT_JOB_DONE,
		.seqno = seqno,
	};
	ring->wptr++;
}

static void v3npu_job_ring_push_test(struct kunit *test)
{
	const u32 start = *(const u32 *)test->param_value;
	struct v3npu_job_ring *ring = v3npu_test_job_ring(test, start);
	u32 wptr = start, i;

	/* Many times around it */
	for (i = 0; i < 5 * V3NPU_RING_ENTRIES; i++) {
		const struct v3npu_job job = {
			.seqno = i + 1, .cmds = SZ_1M, .cmds_size = 8, .flags = i,
		};

		KUNIT_ASSERT_EQ(test, v3npu_job_ring_push(ring, &wptr, &job), 0);
		KUNIT_EXPECT_EQ(test, wptr, start + i + 1);
		KUNIT_EXPECT_EQ(test, ring->wptr, wptr);
		KUNIT_EXPECT_MEMEQ(test, &ring->jobs[(start + i) % V3NPU_RING_ENTRIES], &job,
				   sizeof(job));
		/* The firmware takes it */
		ring->rptr++;
	}
}

static void v3npu_job_ring_full_test(struct kunit *test)
{
	const u32 start = *(const u32 *)test->param_value;
	struct v3npu_job_ring *ring = v3npu_test_job_ring(test, start);
	const struct v3npu_job job = { .seqno = 1 }, other = { .seqno = 2 };
	u32 wptr = start, i;

	for (i = 0; i < V3NPU_RING_ENTRIES; i++)
		KUNIT_ASSERT_EQ(test, v3npu_job_ring_push(ring, &wptr, &job), 0);

	KUNIT_EXPECT_EQ(test, v3npu_job_ring_push(ring, &wptr, &other), -EIO);
	KUNIT_EXPECT_EQ(test, wptr, start + V3NPU_RING_ENTRIES);
	KUNIT_EXPECT_EQ(test, ring->wptr, wptr);
	for (i = 0; i < V3NPU_RING_ENTRIES; i++)
		KUNIT_EXPECT_EQ(test, ring->jobs[i].seqno, 1);

	ring->rptr++;
	KUNIT_EXPECT_EQ(test, v3npu_job_ring_push(ring, &wptr, &other), 0);
	KUNIT_EXPECT_EQ(test, v3npu_job_ring_push(ring, &wptr, &other), -EIO);
}

static void v3npu_job_ring_forged_test(struct kunit *test)
{
	static const u32 ahead[] = { 1, 2, V3NPU_RING_ENTRIES, 0x7fffffff, 0x80000000 };
	static const u32 behind[] = { V3NPU_RING_ENTRIES, V3NPU_RING_ENTRIES + 1, 1000 };
	const u32 start = *(const u32 *)test->param_value;
	struct v3npu_job_ring *ring = v3npu_test_job_ring(test, start);
	const struct v3npu_job job = { .seqno = 1 };
	u32 wptr = start, i;

	/* Jobs that were never written, or so old that they were overwritten */
	for (i = 0; i < ARRAY_SIZE(ahead); i++) {
		ring->rptr = start + ahead[i];
		KUNIT_EXPECT_EQ(test, v3npu_job_ring_push(ring, &wptr, &job), -EIO);
	}
	for (i = 0; i < ARRAY_SIZE(behind); i++) {
		ring->rptr = start - behind[i];
		KUNIT_EXPECT_EQ(test, v3npu_job_ring_push(ring, &wptr, &job), -EIO);
	}
	KUNIT_EXPECT_EQ(test, wptr, start);

	/* The driver's pointer is not read back */
	ring->rptr = start;
	ring->wptr = 0x12345678;
	KUNIT_EXPECT_EQ(test, v3npu_job_ring_push(ring, &wptr, &job), 0);
	KUNIT_EXPECT_EQ(test, wptr, start + 1);
	KUNIT_EXPECT_EQ(test, ring->wptr, start + 1);
}

static void v3npu_event_ring_take_test(struct kunit *test)
{
	const u32 start = *(const u32 *)test->param_value;
	struct v3npu_event_ring *ring = v3npu_test_event_ring(test, start);
	u64 sent = 0, taken = 0;
	struct v3npu_event event;
	u32 rptr = start, i;

	KUNIT_EXPECT_EQ(test, v3npu_event_ring_pending(ring, rptr), 0);
	/* More at a time, until it has gone around several times */
	for (i = 1; i < 50; i++) {
		while (sent < taken + i)
			v3npu_test_send(ring, ++sent);
		KUNIT_ASSERT_EQ(test, v3npu_event_ring_pending(ring, rptr), i);
		while (taken < sent) {
			v3npu_event_ring_take(ring, &rptr, &event);
			KUNIT_ASSERT_EQ(test, event.seqno, ++taken);
		}
		KUNIT_EXPECT_EQ(test, rptr, ring->wptr);
		v3npu_event_ring_release(ring, rptr);
		KUNIT_EXPECT_EQ(test, ring->rptr, rptr);
	}
}

static void v3npu_event_ring_full_test(struct kunit *test)
{
	const u32 start = *(const u32 *)test->param_value;
	struct v3npu_event_ring *ring = v3npu_test_event_ring(test, start);
	struct v3npu_event event;
	u32 rptr = start, i;

	for (i = 0; i < V3NPU_EVENT_ENTRIES; i++)
		v3npu_test_send(ring, i);
	KUNIT_ASSERT_EQ(test, v3npu_event_ring_pending(ring, rptr), V3NPU_EVENT_ENTRIES);
	for (i = 0; i < V3NPU_EVENT_ENTRIES; i++) {
		v3npu_event_ring_take(ring, &rptr, &event);
		KUNIT_ASSERT_EQ(test, event.seqno, i);
	}
	KUNIT_EXPECT_EQ(test, v3npu_event_ring_pending(ring, rptr), 0);
}

static void v3npu_event_ring_forged_test(struct kunit *test)
{
	static const u32 distances[] = {
		V3NPU_EVENT_ENTRIES + 1, 0x7fffffff, 0x80000000, 0xffffff00, 0xffffffff,
	};
	const u32 start = *(const u32 *)test->param_value;
	struct v3npu_event_ring *ring = v3npu_test_event_ring(test, start);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(distances); i++) {
		ring->wptr = start + distances[i];
		KUNIT_EXPECT_EQ(test, v3npu_event_ring_pending(ring, start), -EIO);
	}

	/* The driver's pointer is not read back */
	ring->wptr = start + 1;
	ring->rptr = 0x12345678;
	KUNIT_EXPECT_EQ(test, v3npu_event_ring_pending(ring, start), 1);
}

static struct kunit_case v3npu_ring_cases[] = {
	KUNIT_CASE_PARAM(v3npu_job_ring_push_test, v3npu_ring_gen_params),
	KUNIT_CASE_PARAM(v3npu_job_ring_full_test, v3npu_ring_gen_params),
	KUNIT_CASE_PARAM(v3npu_job_ring_forged_test, v3npu_ring_gen_params),
	KUNIT_CASE_PARAM(v3npu_event_ring_take_test, v3npu_ring_gen_params),
	KUNIT_CASE_PARAM(v3npu_event_ring_full_test, v3npu_ring_gen_params),
	KUNIT_CASE_PARAM(v3npu_event_ring_forged_test, v3npu_ring_gen_params),
	{ }
};

static struct kunit_suite v3npu_ring_suite = {
	.name = "v3npu_ring",
	.test_cases = v3npu_ring_cases,
};

kunit_test_suite(v3npu_ring_suite);
