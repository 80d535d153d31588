// SPDX-License-Identifier: MIT
/* DMA between core memory and an address space, at the core's request */
#include "core_mem.h"
#include "hw.h"

static bool is_valid(const struct v3npu_dma *dma, uint32_t ctrl)
{
	return (ctrl == V3NPU_DMA_FROM_HOST || ctrl == V3NPU_DMA_TO_HOST) &&
	       dma->as < V3NPU_NUM_AS && dma->len && dma->len <= V3NPU_DMA_LEN_MAX &&
	       dma->local < V3NPU_CORE_MEM_SIZE && dma->len <= V3NPU_CORE_MEM_SIZE - dma->local;
}

/* Return: V3NPU_DMA_OK, or V3NPU_DMA_FAULT with *@va the address that could not be reached */
static uint32_t transfer(struct v3npu_mmu *mmu, bool to_host, uint64_t *va, uint8_t *local,
			 uint32_t len)
{
	while (len) {
		size_t run;
		void *host = v3npu_mmu_map(mmu, *va, len, to_host, &run);

		if (!host)
			return V3NPU_DMA_FAULT;
		if (run > len)
			run = len;
		if (to_host)
			v3npu_core_mem_copy(host, local, run);
		else
			v3npu_core_mem_copy(local, host, run);
		*va += run;
		local += run;
		len -= run;
	}
	return V3NPU_DMA_OK;
}

void v3npu_dma_run(struct v3npu_hw *hw, uint32_t ctrl)
{
	struct v3npu_mmu mmu = {
		.host = hw->host,
		.opaque = hw->opaque,
		.user = V3NPU_USER_CORE,
	};
	uint64_t va = hw->dma.va;
	uint32_t status;

	/* The transfer's registers are written by the core only, and that is this thread */
	v3npu_hw_lock(hw);
	if (!is_valid(&hw->dma, ctrl)) {
		hw->dma.status = V3NPU_DMA_BAD;
		v3npu_hw_unlock(hw);
		return;
	}
	mmu.root = hw->mmu_root[hw->dma.as];
	hw->dma.active = true;
	v3npu_hw_unlock(hw);

	if (hw->host->enter)
		hw->host->enter(hw->opaque, V3NPU_USER_CORE);
	if (v3npu_inject_due(hw, V3NPU_INJECT_DMA_FAULT))
		status = V3NPU_DMA_FAULT;
	else if (ctrl == V3NPU_DMA_TO_HOST)
		status = transfer(&mmu, true, &va, v3npu_inject_lie(hw), hw->dma.len);
	else
		status = transfer(&mmu, false, &va, hw->core_mem + hw->dma.local, hw->dma.len);
	if (hw->host->leave)
		hw->host->leave(hw->opaque, V3NPU_USER_CORE);

	v3npu_hw_lock(hw);
	hw->dma.active = false;
	hw->dma.invalidating = false;
	hw->dma.status = status;
	if (status == V3NPU_DMA_FAULT)
		hw->dma.fault = va;
	pthread_cond_broadcast(&hw->settled);
	v3npu_hw_unlock(hw);
}
