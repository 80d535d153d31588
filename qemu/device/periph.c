// SPDX-License-Identifier: MIT
/* The registers that the core sees */
#include <string.h>

#include "hw.h"

#define LOW(v)		((uint32_t)(v))
#define HIGH(v)		((uint32_t)((v) >> 32))

static void set_low(uint64_t *v, uint32_t value)
{
	*v = (*v & ~(uint64_t)UINT32_MAX) | value;
}

static void set_high(uint64_t *v, uint32_t value)
{
	*v = (uint64_t)value << 32 | (uint32_t)*v;
}

/* Is @addr one of @count words from @base? If so *@index tells which. */
static bool in_array(uint32_t addr, uint32_t base, uint32_t count, uint32_t *index)
{
	*index = (addr - base) / 4;
	return addr >= base && *index < count;
}

void v3npu_periph_reset(struct v3npu_hw *hw)
{
	hw->timer = (struct v3npu_timer){
		.mtimecmp = UINT64_MAX,
		.watchdog = V3NPU_TIME_NEVER,
	};
	hw->dma = (struct v3npu_dma){ 0 };
}

static uint32_t pending(const struct v3npu_hw *hw)
{
	uint32_t value = hw->engine.pending ? V3NPU_CORE_PENDING_ENGINE : 0;
	unsigned int i;

	for (i = 0; i < V3NPU_DOORBELL_WORDS; i++)
		if (hw->doorbell[i])
			value |= V3NPU_CORE_PENDING_DOORBELL;
	return value;
}

uint32_t v3npu_periph_lines(struct v3npu_hw *hw)
{
	uint32_t lines = pending(hw) ? RV32_MIP_MEIP : 0;

	if (hw->timer.mtimecmp != UINT64_MAX && v3npu_hw_now(hw) >= hw->timer.mtimecmp)
		lines |= RV32_MIP_MTIP;
	return lines;
}

static uint32_t read_mtime(struct v3npu_hw *hw)
{
	uint64_t now = v3npu_hw_now(hw);

	hw->timer.mtime_hi = HIGH(now);
	return LOW(now);
}

static uint32_t take_doorbell(struct v3npu_hw *hw, uint32_t word)
{
	uint32_t value = hw->doorbell[word];

	hw->doorbell[word] = 0;
	return value;
}

/*
 * Registers that only the core's thread uses, or that never change: without the lock, which
 * would cost more than the rest of the access. Return: is @addr one of them?
 */
static bool read_own(struct v3npu_hw *hw, uint32_t addr, uint32_t *value)
{
	uint32_t i;

	if (in_array(addr, V3NPU_CORE_ENGINE_DESC(0), V3NPU_DESC_WORDS, &i)) {
		*value = hw->engine.desc[i];
		return true;
	}

	switch (addr) {
	case V3NPU_CORE_SRAM_SIZE:
		*value = hw->config.sram_size;
		return true;
	case V3NPU_CORE_MTIME_LO:
		*value = read_mtime(hw);
		return true;
	case V3NPU_CORE_MTIME_HI:
		*value = hw->timer.mtime_hi;
		return true;
	case V3NPU_CORE_DMA_AS:
		*value = hw->dma.as;
		return true;
	case V3NPU_CORE_DMA_VA_LO:
		*value = LOW(hw->dma.va);
		return true;
	case V3NPU_CORE_DMA_VA_HI:
		*value = HIGH(hw->dma.va);
		return true;
	case V3NPU_CORE_DMA_LOCAL:
		*value = hw->dma.local;
		return true;
	case V3NPU_CORE_DMA_LEN:
		*value = hw->dma.len;
		return true;
	case V3NPU_CORE_DMA_STATUS:
		*value = hw->dma.status;
		return true;
	case V3NPU_CORE_DMA_FAULT_LO:
		*value = LOW(hw->dma.fault);
		return true;
	case V3NPU_CORE_DMA_FAULT_HI:
		*value = HIGH(hw->dma.fault);
		return true;
	case V3NPU_CORE_ENGINE_AS:
		*value = hw->engine.as;
		return true;
	default:
		return false;
	}
}

static bool read_locked(struct v3npu_hw *hw, uint32_t addr, uint32_t *value)
{
	uint32_t i;

	if (in_array(addr, V3NPU_CORE_DOORBELL(0), V3NPU_DOORBELL_WORDS, &i)) {
		*value = take_doorbell(hw, i);
		return true;
	}
	if (in_array(addr, V3NPU_CORE_ENGINE_COUNTER(0), V3NPU_COUNTER_WORDS, &i)) {
		*value = hw->engine.counters[i];
		return true;
	}

	switch (addr) {
	case V3NPU_CORE_PENDING:
		*value = pending(hw);
		return true;
	case V3NPU_CORE_MTIMECMP_LO:
		*value = LOW(hw->timer.mtimecmp);
		return true;
	case V3NPU_CORE_MTIMECMP_HI:
		*value = HIGH(hw->timer.mtimecmp);
		return true;
	case V3NPU_CORE_ENGINE_STATUS:
		*value = hw->engine.busy ? V3NPU_ENGINE_BUSY : hw->engine.status;
		return true;
	case V3NPU_CORE_ENGINE_FAULT_LO:
		*value = LOW(hw->engine.fault);
		return true;
	case V3NPU_CORE_ENGINE_FAULT_HI:
		*value = HIGH(hw->engine.fault);
		return true;
	/* Write only */
	case V3NPU_CORE_HOST_EVENT:
	case V3NPU_CORE_HALT:
	case V3NPU_CORE_WATCHDOG:
	case V3NPU_CORE_DMA_CTRL:
	case V3NPU_CORE_ENGINE_CTRL:
	case V3NPU_CORE_ENGINE_ACK:
		*value = 0;
		return true;
	default:
		return false;
	}
}

bool v3npu_periph_read(struct v3npu_hw *hw, uint32_t addr, uint32_t *value)
{
	bool ok;

	if (read_own(hw, addr, value))
		return true;
	v3npu_hw_lock(hw);
	ok = read_locked(hw, addr, value);
	v3npu_hw_unlock(hw);
	return ok;
}

static void write_engine_ctrl(struct v3npu_hw *hw, uint32_t value)
{
	/* A reset aborts what runs and is to be the last to use the engine */
	if (hw->resetting)
		return;
	if (value == V3NPU_ENGINE_START) {
		v3npu_inject_start(hw);
		v3npu_engine_start(hw, V3NPU_REQUEST_RUN);
	}
	if (value == V3NPU_ENGINE_SCRUB)
		v3npu_engine_start(hw, V3NPU_REQUEST_SCRUB);
}

/* As read_own() */
static bool write_own(struct v3npu_hw *hw, uint32_t addr, uint32_t value)
{
	uint32_t i;

	if (in_array(addr, V3NPU_CORE_ENGINE_DESC(0), V3NPU_DESC_WORDS, &i)) {
		hw->engine.desc[i] = value;
		return true;
	}

	switch (addr) {
	case V3NPU_CORE_DMA_AS:
		hw->dma.as = value;
		return true;
	case V3NPU_CORE_DMA_VA_LO:
		set_low(&hw->dma.va, value);
		return true;
	case V3NPU_CORE_DMA_VA_HI:
		set_high(&hw->dma.va, value);
		return true;
	case V3NPU_CORE_DMA_LOCAL:
		hw->dma.local = value;
		return true;
	case V3NPU_CORE_DMA_LEN:
		hw->dma.len = value;
		return true;
	case V3NPU_CORE_ENGINE_AS:
		hw->engine.as = value;
		return true;
	/* It may take long, calls the host, and locks for itself */
	case V3NPU_CORE_DMA_CTRL:
		v3npu_dma_run(hw, value);
		return true;
	default:
		return false;
	}
}

static bool write_locked(struct v3npu_hw *hw, uint32_t addr, uint32_t value)
{
	uint32_t i;

	if (in_array(addr, V3NPU_CORE_DOORBELL(0), V3NPU_DOORBELL_WORDS, &i) ||
	    in_array(addr, V3NPU_CORE_ENGINE_COUNTER(0), V3NPU_COUNTER_WORDS, &i))
		return true;	/* read only */

	switch (addr) {
	case V3NPU_CORE_HOST_EVENT:
		v3npu_irq_set(hw, V3NPU_IRQ_EVENT);
		return true;
	case V3NPU_CORE_HALT:
		v3npu_core_halt(hw, value);
		return true;
	case V3NPU_CORE_MTIMECMP_LO:
		set_low(&hw->timer.mtimecmp, value);
		v3npu_core_kick(hw);
		return true;
	case V3NPU_CORE_MTIMECMP_HI:
		set_high(&hw->timer.mtimecmp, value);
		v3npu_core_kick(hw);
		return true;
	case V3NPU_CORE_WATCHDOG:
		hw->timer.watchdog = value ? v3npu_hw_now(hw) + value : V3NPU_TIME_NEVER;
		return true;
	case V3NPU_CORE_ENGINE_CTRL:
		write_engine_ctrl(hw, value);
		return true;
	case V3NPU_CORE_ENGINE_ACK:
		hw->engine.pending = false;
		return true;
	/* Read only */
	case V3NPU_CORE_PENDING:
	case V3NPU_CORE_SRAM_SIZE:
	case V3NPU_CORE_MTIME_LO:
	case V3NPU_CORE_MTIME_HI:
	case V3NPU_CORE_DMA_STATUS:
	case V3NPU_CORE_DMA_FAULT_LO:
	case V3NPU_CORE_DMA_FAULT_HI:
	case V3NPU_CORE_ENGINE_STATUS:
	case V3NPU_CORE_ENGINE_FAULT_LO:
	case V3NPU_CORE_ENGINE_FAULT_HI:
		return true;
	default:
		return false;
	}
}

bool v3npu_periph_write(struct v3npu_hw *hw, uint32_t addr, uint32_t value)
{
	bool ok;

	if (write_own(hw, addr, value))
		return true;
	v3npu_hw_lock(hw);
	ok = write_locked(hw, addr, value);
	v3npu_hw_unlock(hw);
	return ok;
}
