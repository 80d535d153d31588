// SPDX-License-Identifier: MIT
/*
 * What the core asks the engine for, one request after the other. Commands can take seconds, and
 * a thread runs those. But firmware waits for each command, and to wake a thread up and be woken
 * by it again takes as long as most commands do: so the core's thread itself runs the commands
 * after which it is still in time to feed its watchdog.
 */
#include <string.h>

#include "hw.h"

/* No address space: what the request of a scrub runs in */
#define AS_NONE		UINT32_MAX

/* SRAM that is cleared in some ten microseconds */
#define QUICK_SCRUB	(1u << 20)

/* How long the core's thread can be away, in microseconds, if no watchdog waits for it */
#define AWAY_MAX_US	250000

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
		.user = V3NPU_USER_ENGINE,
		.root = root,
		.tlb = hw->tlb,
	};
	struct v3npu_memory memory = { .opaque = &mmu, .map = v3npu_mmu_map };
	enum v3npu_result result;

	if (v3npu_inject_command(hw, &result))
		return result;
	v3npu_tlb_flush(hw->tlb);
	if (hw->host->enter)
		hw->host->enter(hw->opaque, V3NPU_USER_ENGINE);
	result = v3npu_engine_run(hw->engine.engine, hw->engine.cmd, &memory, &hw->engine.abort,
				  counters, fault);
	if (hw->host->leave)
		hw->host->leave(hw->opaque, V3NPU_USER_ENGINE);
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
	v3npu_work(hw, V3NPU_USER_ENGINE, true);
	v3npu_hw_unlock(hw);
	if (request == V3NPU_REQUEST_SCRUB)
		v3npu_engine_scrub(port->engine);
	else
		result = run_command(hw, root, &counters, &fault);
	v3npu_hw_lock(hw);
	v3npu_work(hw, V3NPU_USER_ENGINE, false);

	port->busy = false;
	port->invalidating = false;
	port->pending = true;
	port->status = result_to_status(result);
	port->fault = fault;
	if (port->cut_off) {
		port->cut_off = false;
		v3npu_abort_update(hw);
		if (result == V3NPU_RESULT_ABORTED)
			port->status = V3NPU_ENGINE_FAULT;
	}
	_Static_assert(sizeof(counters) == sizeof(port->counters), "registers show all of it");
	memcpy(port->counters, &counters, sizeof(counters));
	pthread_cond_broadcast(&hw->settled);
	v3npu_core_kick(hw);
}

void v3npu_hw_stop_dma(struct v3npu_hw *hw, bool command)
{
	struct v3npu_engine_port *port = &hw->engine;

	v3npu_hw_lock(hw);
	if (command && port->busy && port->cmd_as != AS_NONE) {
		port->cut_off = true;
		v3npu_abort_update(hw);
	}
	while ((command && port->cut_off) || hw->dma.active)
		v3npu_hw_wait_for_device(hw);
	v3npu_hw_unlock(hw);
}

/* Microseconds that the core's thread can be away and still feed its watchdog in good time */
static uint64_t away_max(const struct v3npu_hw *hw)
{
	uint64_t now = v3npu_hw_now(hw), watchdog = hw->timer.watchdog;
	uint64_t quarter = watchdog > now ? (watchdog - now) / 4 : 0;

	return quarter < AWAY_MAX_US ? quarter : AWAY_MAX_US;
}

static bool can_run_in_core(struct v3npu_hw *hw)
{
	if (hw->engine.request == V3NPU_REQUEST_SCRUB)
		return hw->config.sram_size <= QUICK_SCRUB;
	/* A command that is to hang must not take the core with it */
	return !v3npu_inject_left(hw, V3NPU_INJECT_ENGINE_HANG) &&
	       v3npu_cmd_time(hw->engine.cmd, hw->config.sram_size) / 1000 <= away_max(hw);
}

/* A core that executes nothing cannot feed its watchdog, so that stands still meanwhile */
static void serve_in_core(struct v3npu_hw *hw)
{
	uint64_t start = v3npu_hw_now(hw);

	hw->engine.in_core = true;
	if (hw->core.active)
		v3npu_work(hw, V3NPU_USER_CORE, false);
	serve(hw);
	if (hw->core.active)
		v3npu_work(hw, V3NPU_USER_CORE, true);
	hw->engine.in_core = false;
	if (hw->timer.watchdog != V3NPU_TIME_NEVER)
		hw->timer.watchdog += v3npu_hw_now(hw) - start;
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
	if (!can_run_in_core(hw)) {
		hw->wake_engine = true;
		return;
	}
	serve_in_core(hw);
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
	v3npu_hw_thread_ends(hw);
	v3npu_hw_unlock(hw);
	if (hw->host->thread_stop)
		hw->host->thread_stop(hw->opaque);
	return NULL;
}
