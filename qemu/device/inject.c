// SPDX-License-Identifier: MIT
/* Faults on demand: see inject.h. The rest of the device asks here whether one is due. */
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "core_mem.h"
#include "hw.h"
#include "inject.h"

static const struct {
	const char *name;
	const char *text;
} faults[V3NPU_NUM_INJECT] = {
	[V3NPU_INJECT_IRQ_LOST] = { "irq-lost", "the nth interrupt is not raised" },
	[V3NPU_INJECT_IRQ_SPURIOUS] = { "irq-spurious", "the nth doorbell raises all vectors" },
	[V3NPU_INJECT_CORE_HALT] = { "core-halt", "the core traps when it starts the nth command" },
	[V3NPU_INJECT_CORE_HANG] = { "core-hang", "the core hangs when it starts the nth command" },
	[V3NPU_INJECT_CORE_STATUS] = { "core-status",
		"status and log become all ones when the core halts for the nth time" },
	[V3NPU_INJECT_ENGINE_HANG] = { "engine-hang", "the nth command never ends" },
	[V3NPU_INJECT_ENGINE_FAULT] = { "engine-fault", "the nth command faults at address 0" },
	[V3NPU_INJECT_DMA_FAULT] = { "dma-fault", "the nth transfer of the core's DMA faults" },
	[V3NPU_INJECT_EVENT_TYPE] = { "event-type", "the nth event has a wrong type" },
	[V3NPU_INJECT_EVENT_CTX] = { "event-ctx", "the nth event has a wrong context" },
	[V3NPU_INJECT_EVENT_SEQNO] = { "event-seqno", "the nth event has a wrong seqno" },
	[V3NPU_INJECT_EVENT_STATUS] = { "event-status", "the nth event has a wrong status" },
	[V3NPU_INJECT_EVENT_STALE] = { "event-stale", "the nth event is the one before again" },
	[V3NPU_INJECT_EVENT_WPTR] = { "event-wptr", "the event ring's nth wptr is wrong" },
	[V3NPU_INJECT_RING_RPTR] = { "ring-rptr", "the job rings' nth rptr is wrong" },
	[V3NPU_INJECT_RESET_STUCK] = { "reset-stuck", "the nth reset by register does not end" },
	[V3NPU_INJECT_GONE] = { "gone",
		"at the nth read by the host the device is pulled out; 0 puts it in again" },
};

const char *v3npu_inject_name(enum v3npu_inject fault)
{
	return faults[fault].name;
}

const char *v3npu_inject_text(enum v3npu_inject fault)
{
	return faults[fault].text;
}

void v3npu_inject_arm(struct v3npu_hw *hw, enum v3npu_inject fault, uint32_t n)
{
	atomic_store(&hw->inject.left[fault], n);
	if (fault == V3NPU_INJECT_GONE && !n)
		atomic_store(&hw->inject.gone, false);
}

uint32_t v3npu_inject_left(struct v3npu_hw *hw, enum v3npu_inject fault)
{
	return atomic_load(&hw->inject.left[fault]);
}

bool v3npu_inject_due(struct v3npu_hw *hw, enum v3npu_inject fault)
{
	unsigned int n = atomic_load_explicit(&hw->inject.left[fault], memory_order_relaxed);

	while (n && !atomic_compare_exchange_weak(&hw->inject.left[fault], &n, n - 1))
		;
	return n == 1;
}

bool v3npu_inject_gone(struct v3npu_hw *hw)
{
	if (v3npu_inject_due(hw, V3NPU_INJECT_GONE)) {
		v3npu_hw_lock(hw);
		/* What was pulled out has lost its power */
		v3npu_hw_reset_begin(hw, true);
		atomic_store(&hw->inject.gone, true);
		v3npu_hw_unlock(hw);
	}
	return atomic_load_explicit(&hw->inject.gone, memory_order_relaxed);
}

static void fill_with_ones(uint8_t *mem, uint32_t offset, size_t size)
{
	size_t i;

	for (i = 0; i < size; i += 4)
		v3npu_core_mem_store32(mem, offset + i, ~0u);
}

void v3npu_inject_halt(struct v3npu_hw *hw)
{
	if (!v3npu_inject_due(hw, V3NPU_INJECT_CORE_STATUS))
		return;
	fill_with_ones(hw->core_mem, V3NPU_STATUS_OFFSET, sizeof(struct v3npu_fw_status));
	fill_with_ones(hw->core_mem, V3NPU_LOG_OFFSET, V3NPU_LOG_SIZE);
}

void v3npu_inject_start(struct v3npu_hw *hw)
{
	if (v3npu_inject_due(hw, V3NPU_INJECT_CORE_HALT))
		v3npu_core_halt(hw, RV32_CAUSE_ILLEGAL);
	if (v3npu_inject_due(hw, V3NPU_INJECT_CORE_HANG)) {
		hw->core.hung = true;
		v3npu_core_kick(hw);
	}
}

bool v3npu_inject_command(struct v3npu_hw *hw, enum v3npu_result *result)
{
	static const struct timespec ms = { .tv_nsec = 1000000 };

	if (v3npu_inject_due(hw, V3NPU_INJECT_ENGINE_HANG)) {
		while (!v3npu_engine_poll(hw))
			nanosleep(&ms, NULL);
		*result = V3NPU_RESULT_ABORTED;
		return true;
	}
	*result = V3NPU_RESULT_FAULT;
	return v3npu_inject_due(hw, V3NPU_INJECT_ENGINE_FAULT);
}

static void lie_in_event(struct v3npu_hw *hw, struct v3npu_event *event)
{
	struct v3npu_event truth = *event;

	if (v3npu_inject_due(hw, V3NPU_INJECT_EVENT_TYPE))
		event->type ^= 1u << 31;
	if (v3npu_inject_due(hw, V3NPU_INJECT_EVENT_CTX))
		event->ctx ^= 1u << 31;
	if (v3npu_inject_due(hw, V3NPU_INJECT_EVENT_SEQNO))
		event->seqno ^= 1ull << 32;
	if (v3npu_inject_due(hw, V3NPU_INJECT_EVENT_STATUS))
		event->status ^= 1u << 31;
	if (v3npu_inject_due(hw, V3NPU_INJECT_EVENT_STALE))
		*event = hw->inject.event;
	hw->inject.event = truth;
}

/* The driver's event ring, from the boot arguments that it wrote */
static uint64_t event_ring(const struct v3npu_hw *hw)
{
	return v3npu_core_mem_read(hw->core_mem, V3NPU_BOOT_OFFSET +
				   offsetof(struct v3npu_boot_args, event_ring), 8);
}

uint8_t *v3npu_inject_lie(struct v3npu_hw *hw)
{
	uint64_t ring = event_ring(hw), va = hw->dma.va;
	uint8_t *truth = hw->core_mem + hw->dma.local;
	union v3npu_inject_buf *lie = &hw->inject.lie;

	if (hw->dma.as != V3NPU_AS_SYSTEM)
		return truth;
	if (hw->dma.len == sizeof(lie->event) && va > ring) {
		v3npu_core_mem_copy(lie, truth, sizeof(lie->event));
		lie_in_event(hw, &lie->event);
		return lie->bytes;
	}
	if (hw->dma.len == sizeof(lie->word) &&
	    v3npu_inject_due(hw, va == ring ? V3NPU_INJECT_EVENT_WPTR : V3NPU_INJECT_RING_RPTR)) {
		v3npu_core_mem_copy(lie, truth, sizeof(lie->word));
		lie->word += 1u << 16;
		return lie->bytes;
	}
	return truth;
}
