// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rings of hwabi/v3npu/ipc.h: jobs for the firmware and events from it.
 *
 * The NPU can write all of a ring at any time. So the driver's own pointer is
 * kept elsewhere, the other one is read once and checked, and what is in an
 * entry is copied before anybody looks at it.
 */

#include <linux/string.h>

#include <asm/barrier.h>

#include <kunit/visibility.h>

#include "v3npu_ring.h"

/**
 * v3npu_job_ring_push() - write a job
 * @ring: ring of V3NPU_RING_ENTRIES
 * @wptr: jobs that were written to it; one more after this
 * @job: job
 *
 * Calls for one ring must not overlap.
 *
 * Return: 0, or -EIO when the ring says that it is full, or its pointer makes no sense.
 */
int v3npu_job_ring_push(struct v3npu_job_ring *ring, u32 *wptr, const struct v3npu_job *job)
{
	if (*wptr - READ_ONCE(ring->rptr) >= V3NPU_RING_ENTRIES)
		return -EIO;

	memcpy(&ring->jobs[*wptr % V3NPU_RING_ENTRIES], job, sizeof(*job));
	/* The entry before the pointer that makes it valid */
	dma_wmb();
	WRITE_ONCE(ring->wptr, ++*wptr);

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(v3npu_job_ring_push);

/**
 * v3npu_event_ring_pending() - count the events that were written
 * @ring: ring of V3NPU_EVENT_ENTRIES
 * @rptr: events that were taken
 *
 * Return: how many there are to take, or -EIO when the ring's pointer makes no sense.
 */
int v3npu_event_ring_pending(const struct v3npu_event_ring *ring, u32 rptr)
{
	u32 pending = READ_ONCE(ring->wptr) - rptr;

	if (pending > V3NPU_EVENT_ENTRIES)
		return -EIO;
	/* The events after the pointer that made them valid */
	dma_rmb();

	return pending;
}
EXPORT_SYMBOL_IF_KUNIT(v3npu_event_ring_pending);

/**
 * v3npu_event_ring_take() - copy the next event
 * @ring: ring for which v3npu_event_ring_pending() counted it
 * @rptr: events that were taken; one more after this
 * @event: filled in; not to be trusted
 */
void v3npu_event_ring_take(const struct v3npu_event_ring *ring, u32 *rptr,
			   struct v3npu_event *event)
{
	memcpy(event, &ring->events[(*rptr)++ % V3NPU_EVENT_ENTRIES], sizeof(*event));
}
EXPORT_SYMBOL_IF_KUNIT(v3npu_event_ring_take);

/**
 * v3npu_event_ring_release() - give back the places of the events that were taken
 * @ring: ring
 * @rptr: events that were taken
 */
void v3npu_event_ring_release(struct v3npu_event_ring *ring, u32 rptr)
{
	/* The events are read before their places are given back */
	dma_mb();
	WRITE_ONCE(ring->rptr, rptr);
}
EXPORT_SYMBOL_IF_KUNIT(v3npu_event_ring_release);
