// SPDX-License-Identifier: MIT
/*
 * Pausing: threads that use the host's memory or run the core's program are counted, and rest where
 * they look for an abort or at the registers anyway. Time stands still meanwhile. A reset, the end,
 * and a command that is cut off go on in spite of a pause; what they end uses no memory any more.
 */
#include <time.h>

#include "hw.h"

static uint64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

void v3npu_time_start(struct v3npu_hw *hw)
{
	atomic_init(&hw->epoch_ns, monotonic_ns());
	atomic_init(&hw->paused_ns, 0);
}

uint64_t v3npu_hw_now(const struct v3npu_hw *hw)
{
	uint64_t paused = atomic_load_explicit(&hw->paused_ns, memory_order_relaxed);
	uint64_t now = paused ? paused : monotonic_ns();

	return (now - atomic_load_explicit(&hw->epoch_ns, memory_order_relaxed)) / 1000;
}

static bool is_ending(const struct v3npu_hw *hw, enum v3npu_user user)
{
	return hw->resetting || hw->quit || (user == V3NPU_USER_ENGINE && hw->engine.cut_off);
}

void v3npu_abort_update(struct v3npu_hw *hw)
{
	atomic_store(&hw->engine.abort, hw->paused || is_ending(hw, V3NPU_USER_ENGINE));
	if (is_ending(hw, V3NPU_USER_ENGINE))
		pthread_cond_broadcast(&hw->resumed);
}

static void stop_working(struct v3npu_hw *hw)
{
	if (atomic_fetch_sub(&hw->working, 1) == 1)
		pthread_cond_broadcast(&hw->settled);
}

void v3npu_rest(struct v3npu_hw *hw, enum v3npu_user user)
{
	while (hw->paused && !is_ending(hw, user)) {
		stop_working(hw);
		v3npu_hw_wait(hw, &hw->resumed, NULL);
		atomic_fetch_add(&hw->working, 1);
	}
}

void v3npu_work(struct v3npu_hw *hw, enum v3npu_user user, bool begin)
{
	if (begin) {
		atomic_fetch_add(&hw->working, 1);
		v3npu_rest(hw, user);
	} else {
		stop_working(hw);
	}
}

/* The engine's threads come here for each job, so not all of it is done with the lock held */
static void engine_work(void *opaque, bool begin)
{
	struct v3npu_hw *hw = opaque;

	/*
	 * Who pauses sets @abort, then looks at @working: one of the two sees the other. To end the
	 * work is a matter for the lock only if somebody can wait for that.
	 */
	if (begin) {
		atomic_fetch_add(&hw->working, 1);
		if (!atomic_load(&hw->engine.abort))
			return;
		v3npu_hw_lock(hw);
		v3npu_rest(hw, V3NPU_USER_ENGINE);
		v3npu_hw_unlock(hw);
	} else if (atomic_fetch_sub(&hw->working, 1) == 1 && atomic_load(&hw->engine.abort)) {
		v3npu_hw_lock(hw);
		pthread_cond_broadcast(&hw->settled);
		v3npu_hw_unlock(hw);
	}
}

static bool engine_poll(void *opaque)
{
	return v3npu_engine_poll(opaque);
}

bool v3npu_engine_poll(struct v3npu_hw *hw)
{
	bool end;

	v3npu_hw_lock(hw);
	v3npu_rest(hw, V3NPU_USER_ENGINE);
	end = is_ending(hw, V3NPU_USER_ENGINE);
	v3npu_hw_unlock(hw);
	return end;
}

void v3npu_gate_init(struct v3npu_hw *hw)
{
	const struct v3npu_gate gate = {
		.opaque = hw,
		.work = engine_work,
		.poll = engine_poll,
	};

	v3npu_engine_set_gate(hw->engine.engine, &gate);
}

void v3npu_hw_pause(struct v3npu_hw *hw)
{
	v3npu_hw_lock(hw);
	if (!hw->paused) {
		hw->paused = true;
		atomic_store(&hw->paused_ns, monotonic_ns());
		v3npu_abort_update(hw);
		v3npu_core_kick(hw);
	}
	while (atomic_load(&hw->working))
		v3npu_hw_wait_for_device(hw);
	v3npu_hw_unlock(hw);
}

void v3npu_hw_resume(struct v3npu_hw *hw)
{
	v3npu_hw_lock(hw);
	if (hw->paused) {
		uint64_t away = monotonic_ns() - atomic_load(&hw->paused_ns);

		/* Nobody looks at the time between these two: all who do so without the lock rest */
		atomic_fetch_add(&hw->epoch_ns, away);
		atomic_store(&hw->paused_ns, 0);
		hw->paused = false;
		v3npu_abort_update(hw);
		pthread_cond_broadcast(&hw->resumed);
		v3npu_core_kick(hw);
	}
	v3npu_hw_unlock(hw);
}
