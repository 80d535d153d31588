// SPDX-License-Identifier: MIT
/* BAR0 and the interrupts to the host */
#include "hw.h"

static uint32_t irq_vector(uint32_t bit)
{
	return bit == V3NPU_IRQ_EVENT ? V3NPU_VECTOR_EVENT : V3NPU_VECTOR_ERROR;
}

/* Brings status and enable bits up to date; a bit that is set in both only now raises its vector */
static void irq_update(struct v3npu_hw *hw, uint32_t status, uint32_t enable)
{
	uint32_t raised = status & enable & ~(hw->irq_status & hw->irq_enable);
	uint32_t bit;

	hw->irq_status = status;
	hw->irq_enable = enable;
	for (bit = V3NPU_IRQ_EVENT; bit <= V3NPU_IRQ_WATCHDOG; bit <<= 1)
		if (raised & bit)
			hw->irq_raise |= 1u << irq_vector(bit);
}

void v3npu_irq_set(struct v3npu_hw *hw, uint32_t bits)
{
	if (!hw->resetting)
		irq_update(hw, hw->irq_status | bits, hw->irq_enable);
}

static uint32_t read_status(const struct v3npu_hw *hw)
{
	const struct v3npu_core_ctl *core = &hw->core;
	uint32_t status = 0;

	/* A core that was stopped runs until its thread has noticed, or if that is in a command */
	if (core->halted)
		status |= V3NPU_STATUS_CORE_HALTED;
	else if (core->run || (core->active && !hw->engine.in_core))
		status |= V3NPU_STATUS_CORE_RUNNING;
	if (core->watchdog_hit)
		status |= V3NPU_STATUS_WATCHDOG;
	if (hw->engine.busy)
		status |= V3NPU_STATUS_ENGINE_BUSY;
	if (hw->resetting || hw->inject.reset_stuck)
		status |= V3NPU_STATUS_RESETTING;
	return status;
}

static void write_control(struct v3npu_hw *hw, uint32_t value)
{
	struct v3npu_core_ctl *core = &hw->core;
	bool run = value & V3NPU_CONTROL_CORE_RUN;

	if (value & V3NPU_CONTROL_RESET) {
		hw->inject.reset_stuck = v3npu_inject_due(hw, V3NPU_INJECT_RESET_STUCK);
		v3npu_hw_reset_begin(hw, false);
		return;
	}
	if (run && !core->run) {
		core->halted = false;
		core->watchdog_hit = false;
		core->halt_code = 0;
	} else if (!run && core->run) {
		core->stop = core->active;
	}
	core->run = run;
	v3npu_core_kick(hw);
}

static void write_doorbell(struct v3npu_hw *hw, uint32_t ctx)
{
	if (ctx >= V3NPU_NUM_CTX)
		return;
	hw->doorbell[ctx / 32] |= 1u << (ctx % 32);
	if (v3npu_inject_due(hw, V3NPU_INJECT_IRQ_SPURIOUS))
		hw->irq_raise = (1u << V3NPU_NUM_VECTORS) - 1;
	v3npu_core_kick(hw);
}

/*
 * No translation outlives the command or the transfer it was made for, so an
 * invalidation is done when those that run now in the address space are.
 */
static void write_invalidate(struct v3npu_hw *hw, uint32_t as)
{
	bool all = as == V3NPU_MMU_INVALIDATE_ALL;

	if (hw->engine.busy && (all || hw->engine.cmd_as == as))
		hw->engine.invalidating = true;
	if (hw->dma.active && (all || hw->dma.as == as))
		hw->dma.invalidating = true;
}

static bool is_root(uint32_t offset)
{
	return offset >= V3NPU_REG_MMU_ROOT_LO(0) && offset < V3NPU_REG_MMU_ROOT_LO(V3NPU_NUM_AS);
}

static uint32_t read_root(const struct v3npu_hw *hw, uint32_t offset)
{
	uint64_t root = hw->mmu_root[(offset - V3NPU_REG_MMU_ROOT_LO(0)) / 8];

	return offset & 4 ? root >> 32 : root;
}

static void write_root(struct v3npu_hw *hw, uint32_t offset, uint32_t value)
{
	uint64_t *root = &hw->mmu_root[(offset - V3NPU_REG_MMU_ROOT_LO(0)) / 8];

	if (offset & 4)
		*root = (uint64_t)value << 32 | (uint32_t)*root;
	else
		*root = (*root & ~(uint64_t)UINT32_MAX) | value;
}

bool v3npu_hw_is_reg(uint64_t offset)
{
	switch (offset) {
	case V3NPU_REG_ID:
	case V3NPU_REG_VERSION:
	case V3NPU_REG_MACS:
	case V3NPU_REG_SRAM_SIZE:
	case V3NPU_REG_DRAM_MBPS:
	case V3NPU_REG_DRAM_LATENCY:
	case V3NPU_REG_DRAM_BURST:
	case V3NPU_REG_CLOCK_MHZ:
	case V3NPU_REG_CORE_MEM:
	case V3NPU_REG_NUM_AS:
	case V3NPU_REG_CONTROL:
	case V3NPU_REG_STATUS:
	case V3NPU_REG_CORE_PC:
	case V3NPU_REG_HALT_CODE:
	case V3NPU_REG_IRQ_STATUS:
	case V3NPU_REG_IRQ_ENABLE:
	case V3NPU_REG_DOORBELL:
	case V3NPU_REG_MMU_INVALIDATE:
	case V3NPU_REG_MMU_STATUS:
		return true;
	default:
		return offset < V3NPU_REGS_SIZE && is_root(offset) && !(offset & 3);
	}
}

static uint32_t read_locked(struct v3npu_hw *hw, uint32_t offset)
{
	const struct v3npu_config *config = &hw->config;

	switch (offset) {
	case V3NPU_REG_ID:
		return V3NPU_ID_MAGIC;
	case V3NPU_REG_VERSION:
		return V3NPU_HW_VERSION;
	case V3NPU_REG_MACS:
		return config->macs;
	case V3NPU_REG_SRAM_SIZE:
		return config->sram_size;
	case V3NPU_REG_DRAM_MBPS:
		return config->dram_mbps;
	case V3NPU_REG_DRAM_LATENCY:
		return config->dram_latency;
	case V3NPU_REG_DRAM_BURST:
		return config->dram_burst;
	case V3NPU_REG_CLOCK_MHZ:
		return config->clock_mhz;
	case V3NPU_REG_CORE_MEM:
		return V3NPU_CORE_MEM_SIZE;
	case V3NPU_REG_NUM_AS:
		return V3NPU_NUM_AS;
	case V3NPU_REG_CONTROL:
		return hw->core.run ? V3NPU_CONTROL_CORE_RUN : 0;
	case V3NPU_REG_STATUS:
		return read_status(hw);
	case V3NPU_REG_CORE_PC:
		return atomic_load_explicit(&hw->pc, memory_order_relaxed);
	case V3NPU_REG_HALT_CODE:
		return hw->core.halt_code;
	case V3NPU_REG_IRQ_STATUS:
		return hw->irq_status;
	case V3NPU_REG_IRQ_ENABLE:
		return hw->irq_enable;
	case V3NPU_REG_MMU_STATUS:
		return hw->engine.invalidating || hw->dma.invalidating ?
		       V3NPU_MMU_STATUS_INVALIDATING : 0;
	default:
		return is_root(offset) ? read_root(hw, offset) : 0;
	}
}

uint32_t v3npu_regs_read(struct v3npu_hw *hw, uint32_t offset)
{
	uint32_t value;

	v3npu_hw_lock(hw);
	value = read_locked(hw, offset);
	v3npu_hw_unlock(hw);
	return value;
}

static void write_locked(struct v3npu_hw *hw, uint32_t offset, uint32_t value)
{
	/* What would be written now would be lost, or survive, by chance */
	if (hw->resetting)
		return;

	switch (offset) {
	case V3NPU_REG_CONTROL:
		write_control(hw, value);
		break;
	case V3NPU_REG_IRQ_STATUS:
		irq_update(hw, hw->irq_status & ~value, hw->irq_enable);
		break;
	case V3NPU_REG_IRQ_ENABLE:
		irq_update(hw, hw->irq_status, value & (V3NPU_IRQ_EVENT | V3NPU_IRQ_HALT |
							V3NPU_IRQ_WATCHDOG));
		break;
	case V3NPU_REG_DOORBELL:
		write_doorbell(hw, value);
		break;
	case V3NPU_REG_MMU_INVALIDATE:
		write_invalidate(hw, value);
		break;
	default:
		if (is_root(offset))
			write_root(hw, offset, value);
		break;
	}
}

void v3npu_regs_write(struct v3npu_hw *hw, uint32_t offset, uint32_t value)
{
	v3npu_hw_lock(hw);
	write_locked(hw, offset, value);
	v3npu_hw_unlock(hw);
}
