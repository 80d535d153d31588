// SPDX-License-Identifier: MIT
/* The event ring: the firmware produces, the driver consumes */
#include <stddef.h>

#include "core.h"
#include "dma.h"
#include "event.h"
#include "hw.h"
#include "log.h"
#include "panic.h"

#define FULL_POLL_US	1000

static struct {
	__u64 ring;
	__u32 entries;
	__u32 wptr;
	__u32 rptr;	/* as last read */
} ev;

static void check_dma(int ret)
{
	if (!ret)
		return;
	log_error("event ring at %llx: no access", ev.ring);
	halt(V3NPU_HALT_SYSTEM_DMA);
}

static void read_rptr(void)
{
	__u64 addr = ev.ring + offsetof(struct v3npu_event_ring, rptr);

	check_dma(dma_read(V3NPU_AS_SYSTEM, &ev.rptr, addr, sizeof(ev.rptr), NULL));
}

void event_init(__u64 ring, __u32 entries)
{
	ev.ring = ring;
	ev.entries = entries;
	check_dma(dma_read(V3NPU_AS_SYSTEM, &ev.wptr,
			   ring + offsetof(struct v3npu_event_ring, wptr), sizeof(ev.wptr), NULL));
	read_rptr();
	if (ev.wptr - ev.rptr > entries) {
		log_error("event ring: rptr %lx is not within %lu entries of wptr %lx",
			  ev.rptr, entries, ev.wptr);
		halt(V3NPU_HALT_BOOT_ARGS);
	}
}

/* A host that moves rptr out of range gets no events until it has put it right */
static void wait_for_space(void)
{
	if (ev.wptr - ev.rptr < ev.entries)
		return;
	read_rptr();
	if (ev.wptr - ev.rptr < ev.entries)
		return;

	log_debug("event ring full: wptr %lx rptr %lx", ev.wptr, ev.rptr);
	do {
		core_poll();
		core_sleep_max(FULL_POLL_US);
		read_rptr();
	} while (ev.wptr - ev.rptr >= ev.entries);
}

void event_send(const struct v3npu_event *event)
{
	__u64 entry;

	wait_for_space();
	entry = ev.ring + offsetof(struct v3npu_event_ring, events) +
		(ev.wptr & (ev.entries - 1)) * sizeof(*event);
	check_dma(dma_write(V3NPU_AS_SYSTEM, entry, event, sizeof(*event)));
	ev.wptr++;
	check_dma(dma_write(V3NPU_AS_SYSTEM, ev.ring + offsetof(struct v3npu_event_ring, wptr),
			    &ev.wptr, sizeof(ev.wptr)));
	hw_write(V3NPU_CORE_HOST_EVENT, 1);
}
