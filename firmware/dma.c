// SPDX-License-Identifier: MIT
#include "dma.h"
#include "hw.h"
#include "panic.h"

static int transfer(__u32 as, __u64 va, __u32 local, __u32 size, __u32 direction)
{
	hw_write(V3NPU_CORE_DMA_AS, as);
	hw_write(V3NPU_CORE_DMA_VA_LO, (__u32)va);
	hw_write(V3NPU_CORE_DMA_VA_HI, (__u32)(va >> 32));
	hw_write(V3NPU_CORE_DMA_LOCAL, local);
	hw_write(V3NPU_CORE_DMA_LEN, size);
	barrier();
	hw_write(V3NPU_CORE_DMA_CTRL, direction);
	barrier();

	switch (hw_read(V3NPU_CORE_DMA_STATUS)) {
	case V3NPU_DMA_OK:
		return 0;
	case V3NPU_DMA_FAULT:
		return -1;
	default:
		panic("DMA refused");
	}
}

int dma_read(__u32 as, void *local, __u64 va, __u32 size, __u64 *fault)
{
	int ret = transfer(as, va, (__u32)local, size, V3NPU_DMA_FROM_HOST);

	if (ret && fault)
		*fault = hw_read(V3NPU_CORE_DMA_FAULT_LO) |
			 (__u64)hw_read(V3NPU_CORE_DMA_FAULT_HI) << 32;
	return ret;
}

int dma_write(__u32 as, __u64 va, const void *local, __u32 size)
{
	return transfer(as, va, (__u32)local, size, V3NPU_DMA_TO_HOST);
}
