// SPDX-License-Identifier: MIT
/*
 * What the core asks the engine for, one request after the other. A thread of its own runs it,
 * since commands can take seconds; but most take less time than it takes to wake a thread up.
 */
#include <string.h>

#include "hw.h"

/* No address space: what the request of a scrub runs in */
#define AS_NONE		UINT32_MAX

/* SRAM that is cleared in some ten microseconds */
#define QUICK_SCRUB	(1u << 20)

static uint32_t result_to_status(enum v3npu_result result)
{
	switch (result) {
	case V3NPU_RESULT_DONE:
		return V3NPU_ENGINE_DONE;
	case V3NPU_RESULT_FAULT:
		return V3NPU_ENGINE_FAULT;
	case V3NPU_RESULT_ILLEGAL:
		return V3NPU_ENGINE_ILLEGAL;
	default:	/* aborted: a reset is under way and decides */
		return V3NPU_ENGINE_IDLE;
	}
}

static enum v3npu_result run_command(struct v3npu_hw *hw, uint64_t root,
				     struct v3npu_counters *counters, uint64_t *fault)
{
	struct v3npu_mmu mmu = {
		.host = hw->host,
		.opaque = hw->opaque,
		.root = root,
		.tlb = hw->tlb,
	};
	struct v3npu_memory memory = { .opaque = &mmu, .map = v3npu_mmu_map };
	enum v3npu_result result;

	if (v3npu_inject_command(hw, &result))
		return result;
	v3npu_tlb_flush(hw->tlb);
	if (hw->host->enter)
		hw->host->enter(hw->opaque);
	result = v3npu_engine_run(hw->engine.engine, hw->engine.cmd, &memory, &hw->engine.abort,
				  counters, fault);
	if (hw->host->leave)
		hw->host->leave(hw->opaque);
	return result;
}

/* Takes the request up and reports its end; called and returns with the lock held */
static void serve(struct v3npu_hw *hw)
{
	struct v3npu_engine_port *port = &hw->engine;
	enum v3npu_engine_request request = port->request;
	uint64_t root = port->cmd_as < V3NPU_NUM_AS ? hw->mmu_root[port->cmd_as] : 0;
	enum v3npu_result result = V3NPU_RESULT_DONE;
	struct v3npu_counters counters = { 0 };
	uint64_t fault = 0;

	port->request = V3NPU_REQUEST_NONE;
	v3npu_hw_unlock(hw);
	if (request == V3NPU_REQUEST_SCRUB)
		v3npu_engine_scrub(port->engine);
	else
		result = run_command(hw, root, &counters, &fault);
	v3npu_hw_lock(hw);

	port->busy = false;
	port->invalidating = false;
	port->pending = true;
	port->status = result_to_status(result);
	port->fault = fault;
	_Static_assert(sizeof(counters) == sizeof(port->counters), "registers show all of it");
	memcpy(port->counters, &counters, sizeof(counters));
	v3npu_core_kick(hw);
}

static bool is_quick(struct v3npu_hw *hw)
{
	if (hw->engine.request == V3NPU_REQUEST_SCRUB)
		return hw->config.sram_size <= QUICK_SCRUB;
	/* A command that is to hang must not take the core with it */
	return !v3npu_inject_left(hw, V3NPU_INJECT_ENGINE_HANG) &&
	       v3npu_cmd_is_quick(hw->engine.cmd, hw->config.sram_size);
}

void v3npu_engine_start(struct v3npu_hw *hw, enum v3npu_engine_request request)
{
	struct v3npu_engine_port *port = &hw->engine;

	if (port->busy)
		return;
	port->busy = true;
	port->request = request;
	port->cmd_as = request == V3NPU_REQUEST_RUN ? port->as : AS_NONE;
	memcpy(port->cmd, port->desc, sizeof(port->cmd));
	if (is_quick(hw))
		serve(hw);
	else
		hw->wake_engine = true;
}

void *v3npu_engine_thread(void *opaque)
{
	struct v3npu_hw *hw = opaque;

	if (hw->host->thread_start)
		hw->host->thread_start(hw->opaque);
	v3npu_hw_lock(hw);
	while (!hw->quit) {
		if (hw->engine.request == V3NPU_REQUEST_NONE) {
			v3npu_hw_wait(hw, &hw->engine_wake, NULL);
			continue;
		}
		serve(hw);
		v3npu_hw_unlock(hw);
		v3npu_hw_lock(hw);
	}
	v3npu_hw_unlock(hw);
	if (hw->host->thread_stop)
		hw->host->thread_stop(hw->opaque);
	return NULL;
}
