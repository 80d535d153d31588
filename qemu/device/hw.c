// SPDX-License-Identifier: MIT
/* The device as a whole: making, freeing, reset, and the way to its BARs */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core_mem.h"
#include "hw.h"

void v3npu_hw_unlock(struct v3npu_hw *hw)
{
	bool wake_core = hw->wake_core, wake_engine = hw->wake_engine;
	uint32_t raise = hw->irq_raise;
	unsigned int vector;

	hw->wake_core = false;
	hw->wake_engine = false;
	hw->irq_raise = 0;
	pthread_mutex_unlock(&hw->lock);
	if (wake_core)
		pthread_cond_signal(&hw->core_wake);
	if (wake_engine)
		pthread_cond_signal(&hw->engine_wake);
	for (vector = 0; vector < V3NPU_NUM_VECTORS; vector++)
		if (raise & 1u << vector && !v3npu_inject_due(hw, V3NPU_INJECT_IRQ_LOST))
			hw->host->raise(hw->opaque, vector);
}

void v3npu_hw_wait(struct v3npu_hw *hw, pthread_cond_t *cond, const struct timespec *until)
{
	if (hw->wake_core)
		pthread_cond_signal(&hw->core_wake);
	if (hw->wake_engine)
		pthread_cond_signal(&hw->engine_wake);
	hw->wake_core = false;
	hw->wake_engine = false;
	if (until)
		pthread_cond_timedwait(cond, &hw->lock, until);
	else
		pthread_cond_wait(cond, &hw->lock);
}

void v3npu_hw_reset_begin(struct v3npu_hw *hw, bool clear_core_mem)
{
	hw->resetting = true;
	hw->clear_core_mem |= clear_core_mem;
	v3npu_abort_update(hw);
	v3npu_core_kick(hw);
}

void v3npu_hw_wait_for_device(struct v3npu_hw *hw)
{
	if (!hw->called) {
		v3npu_hw_wait(hw, &hw->settled, NULL);
		return;
	}
	hw->called = false;
	v3npu_hw_unlock(hw);
	hw->host->serve(hw->opaque);
	v3npu_hw_lock(hw);
}

void v3npu_hw_call_host(struct v3npu_hw *hw)
{
	v3npu_hw_lock(hw);
	hw->called = true;
	pthread_cond_broadcast(&hw->settled);
	v3npu_hw_unlock(hw);
}

void v3npu_hw_thread_ends(struct v3npu_hw *hw)
{
	hw->live--;
	pthread_cond_broadcast(&hw->settled);
}

void v3npu_hw_reset(struct v3npu_hw *hw)
{
	v3npu_hw_lock(hw);
	hw->inject.reset_stuck = false;
	v3npu_hw_reset_begin(hw, true);
	while (hw->resetting)
		v3npu_hw_wait_for_device(hw);
	v3npu_hw_unlock(hw);
}

uint64_t v3npu_hw_read(struct v3npu_hw *hw, unsigned int bar, uint64_t offset, unsigned int size)
{
	if (v3npu_inject_gone(hw))
		return UINT64_MAX;
	if (bar == V3NPU_BAR_CORE_MEM)
		return v3npu_core_mem_read(hw->core_mem, offset, size);
	if (bar != V3NPU_BAR_REGS || size != 4 || offset & 3 || offset >= V3NPU_REGS_SIZE)
		return 0;
	return v3npu_regs_read(hw, offset);
}

void v3npu_hw_write(struct v3npu_hw *hw, unsigned int bar, uint64_t offset, uint64_t value,
		    unsigned int size)
{
	if (atomic_load_explicit(&hw->inject.gone, memory_order_relaxed))
		return;
	if (bar == V3NPU_BAR_CORE_MEM) {
		v3npu_core_mem_write(hw->core_mem, offset, value, size);
		return;
	}
	if (bar != V3NPU_BAR_REGS || size != 4 || offset & 3 || offset >= V3NPU_REGS_SIZE)
		return;
	v3npu_regs_write(hw, offset, value);
}

static int init_sync(struct v3npu_hw *hw)
{
	pthread_condattr_t attr;
	int ret;

	ret = pthread_mutex_init(&hw->lock, NULL);
	if (ret)
		return ret;
	ret = pthread_condattr_init(&attr);
	if (ret)
		goto err_mutex;
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	ret = pthread_cond_init(&hw->core_wake, &attr);
	pthread_condattr_destroy(&attr);
	if (ret)
		goto err_mutex;
	ret = pthread_cond_init(&hw->engine_wake, NULL);
	if (ret)
		goto err_core_wake;
	ret = pthread_cond_init(&hw->settled, NULL);
	if (ret)
		goto err_engine_wake;
	ret = pthread_cond_init(&hw->resumed, NULL);
	if (ret)
		goto err_settled;
	return 0;

err_settled:
	pthread_cond_destroy(&hw->settled);
err_engine_wake:
	pthread_cond_destroy(&hw->engine_wake);
err_core_wake:
	pthread_cond_destroy(&hw->core_wake);
err_mutex:
	pthread_mutex_destroy(&hw->lock);
	return ret;
}

static void destroy_sync(struct v3npu_hw *hw)
{
	pthread_cond_destroy(&hw->resumed);
	pthread_cond_destroy(&hw->settled);
	pthread_cond_destroy(&hw->engine_wake);
	pthread_cond_destroy(&hw->core_wake);
	pthread_mutex_destroy(&hw->lock);
}

static int start_thread(pthread_t *thread, void *(*main)(void *), const char *name,
			struct v3npu_hw *hw)
{
	int ret;

	v3npu_hw_lock(hw);
	ret = pthread_create(thread, NULL, main, hw);
	if (!ret)
		hw->live++;
	v3npu_hw_unlock(hw);
	if (!ret)
		pthread_setname_np(*thread, name);
	return ret;
}

static void stop_threads(struct v3npu_hw *hw)
{
	v3npu_hw_lock(hw);
	hw->quit = true;
	v3npu_abort_update(hw);
	v3npu_core_kick(hw);
	hw->wake_engine = true;
	v3npu_hw_unlock(hw);
}

static int start_threads(struct v3npu_hw *hw)
{
	int ret = start_thread(&hw->engine_thread, v3npu_engine_thread, "v3npu-engine", hw);

	if (ret)
		return ret;
	ret = start_thread(&hw->core_thread, v3npu_core_thread, "v3npu-core", hw);
	if (ret) {
		stop_threads(hw);
		pthread_join(hw->engine_thread, NULL);
	}
	return ret;
}

/* Memory of the device, all of it cleared */
static void free_memory(struct v3npu_hw *hw)
{
	v3npu_tlb_free(hw->tlb);
	v3npu_rv32_free(hw->cpu);
	free(hw->core_mem);
	free(hw);
}

static struct v3npu_hw *alloc_memory(void)
{
	struct v3npu_hw *hw = aligned_alloc(_Alignof(struct v3npu_hw), sizeof(*hw));

	if (!hw)
		return NULL;
	memset(hw, 0, sizeof(*hw));
	hw->core_mem = calloc(1, V3NPU_CORE_MEM_SIZE);
	if (hw->core_mem)
		hw->cpu = v3npu_rv32_new(hw, hw->core_mem);
	if (hw->cpu)
		hw->tlb = v3npu_tlb_new();
	if (hw->tlb)
		return hw;
	free_memory(hw);
	errno = ENOMEM;
	return NULL;
}

static struct v3npu_hw *make_hw(const struct v3npu_config *config, const struct v3npu_host *host,
				void *opaque)
{
	struct v3npu_hw *hw = alloc_memory();
	int ret;

	if (!hw)
		return NULL;
	hw->config = *config;
	hw->host = host;
	hw->opaque = opaque;
	v3npu_time_start(hw);
	atomic_init(&hw->working, 0);
	atomic_init(&hw->attention, false);
	atomic_init(&hw->pc, 0);
	atomic_init(&hw->engine.abort, false);
	v3npu_periph_reset(hw);

	hw->engine.engine = v3npu_engine_new(config, host->thread_start, host->thread_stop, opaque);
	if (!hw->engine.engine) {
		ret = errno;
		goto err_memory;
	}
	v3npu_gate_init(hw);
	ret = init_sync(hw);
	if (ret)
		goto err_engine;
	ret = start_threads(hw);
	if (ret)
		goto err_sync;
	return hw;

err_sync:
	destroy_sync(hw);
err_engine:
	v3npu_engine_free(hw->engine.engine);
err_memory:
	free_memory(hw);
	errno = ret;
	return NULL;
}

struct v3npu_hw *v3npu_hw_new(const struct v3npu_config *config, const struct v3npu_host *host,
			      void *opaque)
{
	sigset_t all, old;
	struct v3npu_hw *hw;

	/* The host's signals are its own threads' business: ours, the engine's too, inherit this */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	hw = make_hw(config, host, opaque);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return hw;
}

void v3npu_hw_free(struct v3npu_hw *hw)
{
	if (!hw)
		return;
	stop_threads(hw);
	v3npu_hw_lock(hw);
	while (hw->live)
		v3npu_hw_wait_for_device(hw);
	v3npu_hw_unlock(hw);
	pthread_join(hw->core_thread, NULL);
	pthread_join(hw->engine_thread, NULL);
	destroy_sync(hw);
	v3npu_engine_free(hw->engine.engine);
	free_memory(hw);
}
