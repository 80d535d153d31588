/* SPDX-License-Identifier: MIT */
#ifndef FW_EVENT_H
#define FW_EVENT_H

#include "v3npu/ipc.h"

/**
 * event_init() - continue the event ring where its indices say
 * @ring: address of struct v3npu_event_ring in the system address space
 * @entries: its entries, a power of two
 *
 * Halts with V3NPU_HALT_SYSTEM_DMA if it cannot be read, with
 * V3NPU_HALT_BOOT_ARGS if its indices are further apart than it has entries.
 */
void event_init(__u64 ring, __u32 entries);

/* Writes @event to the ring and interrupts the host; waits while the ring is full */
void event_send(const struct v3npu_event *event);

#endif /* FW_EVENT_H */
