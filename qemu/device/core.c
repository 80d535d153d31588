// SPDX-License-Identifier: MIT
/* The core's thread: start, stop, halt, waiting for interrupts, and reset of the device */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "core_mem.h"
#include "hw.h"

#define NS_PER_SEC	1000000000ull

void v3npu_core_kick(struct v3npu_hw *hw)
{
	atomic_store_explicit(&hw->attention, true, memory_order_relaxed);
	hw->wake_core = true;
}

void v3npu_core_halt(struct v3npu_hw *hw, uint32_t code)
{
	/* A program that is being stopped has no say: the host may have started the next */
	if (hw->core.stop || hw->core.halted || hw->resetting)
		return;
	hw->core.halted = true;
	hw->core.halt_code = code;
	v3npu_inject_halt(hw);
	v3npu_irq_set(hw, V3NPU_IRQ_HALT);
	v3npu_core_kick(hw);
}

static bool check_watchdog(struct v3npu_hw *hw)
{
	if (hw->timer.watchdog == V3NPU_TIME_NEVER || v3npu_hw_now(hw) < hw->timer.watchdog)
		return false;
	hw->core.watchdog_hit = true;
	v3npu_irq_set(hw, V3NPU_IRQ_WATCHDOG);
	v3npu_core_halt(hw, 0);
	return true;
}

/* Waits for a kick, or for mtime to reach @until */
static void wait_until(struct v3npu_hw *hw, uint64_t until)
{
	struct timespec ts;
	uint64_t ns;

	/* Centuries away is as good as never, and does not overflow */
	if (until > INT64_MAX / 1000 / 2) {
		v3npu_hw_wait(hw, &hw->core_wake, NULL);
		return;
	}
	ns = atomic_load(&hw->epoch_ns) + until * 1000;
	ts.tv_sec = ns / NS_PER_SEC;
	ts.tv_nsec = ns % NS_PER_SEC;
	v3npu_hw_wait(hw, &hw->core_wake, &ts);
}

bool v3npu_core_poll(struct v3npu_hw *hw, uint32_t mie, bool wait, uint32_t *mip)
{
	bool go_on = false;

	v3npu_hw_lock(hw);
	for (;;) {
		uint64_t until = hw->timer.watchdog;

		atomic_store_explicit(&hw->attention, false, memory_order_relaxed);
		v3npu_rest(hw, V3NPU_USER_CORE);
		if (hw->quit || hw->resetting || hw->core.stop || hw->core.halted)
			break;
		if (check_watchdog(hw))
			break;
		*mip = v3npu_periph_lines(hw);
		if (!hw->core.hung && (!wait || *mip & mie)) {
			go_on = true;
			break;
		}
		if (!hw->core.hung && mie & RV32_MIP_MTIP && hw->timer.mtimecmp < until)
			until = hw->timer.mtimecmp;
		wait_until(hw, until);
	}
	v3npu_hw_unlock(hw);
	return go_on;
}

static void wait_for_engine(struct v3npu_hw *hw)
{
	while (hw->engine.busy && !hw->quit)
		v3npu_hw_wait(hw, &hw->core_wake, NULL);
}

/*
 * Brings the device to its initial state. The core is stopped already; the
 * engine's command is aborted, and its thread then clears SRAM.
 */
static void finish_reset(struct v3npu_hw *hw)
{
	wait_for_engine(hw);
	if (hw->quit)
		return;
	v3npu_engine_start(hw, V3NPU_REQUEST_SCRUB);
	wait_for_engine(hw);
	if (hw->quit)
		return;

	hw->irq_status = 0;
	hw->irq_enable = 0;
	memset(hw->doorbell, 0, sizeof(hw->doorbell));
	memset(hw->mmu_root, 0, sizeof(hw->mmu_root));
	memset(&hw->core, 0, sizeof(hw->core));
	v3npu_periph_reset(hw);
	hw->engine.pending = false;
	hw->engine.status = V3NPU_ENGINE_IDLE;
	hw->engine.as = 0;
	hw->engine.fault = 0;
	memset(hw->engine.desc, 0, sizeof(hw->engine.desc));
	memset(hw->engine.counters, 0, sizeof(hw->engine.counters));
	atomic_store_explicit(&hw->pc, 0, memory_order_relaxed);
	if (hw->clear_core_mem)
		v3npu_core_mem_clear(hw->core_mem);
	hw->clear_core_mem = false;
	/* Not earlier: while SRAM was cleared another reset may have begun, which ends here too */
	hw->resetting = false;
	v3npu_abort_update(hw);
	pthread_cond_broadcast(&hw->settled);
}

static void run_program(struct v3npu_hw *hw)
{
	v3npu_work(hw, V3NPU_USER_CORE, true);
	hw->core.active = true;
	hw->core.hung = false;
	v3npu_periph_reset(hw);
	v3npu_hw_unlock(hw);
	v3npu_rv32_run(hw->cpu);
	v3npu_hw_lock(hw);
	hw->core.active = false;
	v3npu_work(hw, V3NPU_USER_CORE, false);
}

void *v3npu_core_thread(void *opaque)
{
	struct v3npu_hw *hw = opaque;

	if (hw->host->thread_start)
		hw->host->thread_start(hw->opaque);
	v3npu_hw_lock(hw);
	while (!hw->quit) {
		if (hw->resetting) {
			finish_reset(hw);
		} else if (hw->core.stop) {
			hw->core.stop = false;
		} else if (hw->core.run && !hw->core.halted) {
			run_program(hw);
		} else {
			v3npu_hw_wait(hw, &hw->core_wake, NULL);
		}
	}
	v3npu_hw_thread_ends(hw);
	v3npu_hw_unlock(hw);
	if (hw->host->thread_stop)
		hw->host->thread_stop(hw->opaque);
	return NULL;
}
