/* SPDX-License-Identifier: MIT */
/*
 * Faults on demand, so that tests see what the driver and the firmware make of
 * a device that fails. A fault is armed with a number n and happens once, to
 * the nth thing of its kind from then on: the 3rd interrupt, the 1st command.
 */
#ifndef V3NPU_DEVICE_INJECT_H
#define V3NPU_DEVICE_INJECT_H

#include <stdint.h>

#include "device.h"

/* What can fail; v3npu_inject_name() and v3npu_inject_text() say what each means */
enum v3npu_inject {
	V3NPU_INJECT_IRQ_LOST,
	V3NPU_INJECT_IRQ_SPURIOUS,
	V3NPU_INJECT_CORE_HALT,
	V3NPU_INJECT_CORE_HANG,
	V3NPU_INJECT_CORE_STATUS,
	V3NPU_INJECT_ENGINE_HANG,
	V3NPU_INJECT_ENGINE_FAULT,
	V3NPU_INJECT_DMA_FAULT,
	V3NPU_INJECT_EVENT_TYPE,
	V3NPU_INJECT_EVENT_CTX,
	V3NPU_INJECT_EVENT_SEQNO,
	V3NPU_INJECT_EVENT_STATUS,
	V3NPU_INJECT_EVENT_STALE,
	V3NPU_INJECT_EVENT_WPTR,
	V3NPU_INJECT_RING_RPTR,
	V3NPU_INJECT_RESET_STUCK,
	V3NPU_INJECT_GONE,
	V3NPU_NUM_INJECT,
};

/* A short name in lower case with dashes, "irq-lost"; and what happens, in a line */
const char *v3npu_inject_name(enum v3npu_inject fault);
const char *v3npu_inject_text(enum v3npu_inject fault);

/**
 * v3npu_inject_arm() - have a fault happen
 * @n: to the nth thing of its kind from now on, 1 for the next; 0: not at all
 *
 * 0 also ends V3NPU_INJECT_GONE: the device is there again, as after a bus reset.
 */
void v3npu_inject_arm(struct v3npu_hw *hw, enum v3npu_inject fault, uint32_t n);

/* How many things of its kind there are until the fault happens; 0 when it has happened */
uint32_t v3npu_inject_left(struct v3npu_hw *hw, enum v3npu_inject fault);

#endif /* V3NPU_DEVICE_INJECT_H */
