/* SPDX-License-Identifier: MIT */
#ifndef FW_DMA_H
#define FW_DMA_H

#include "v3npu/types.h"

/**
 * dma_read() - copy from an address space into core memory
 * @as: address space
 * @local: destination
 * @va: source
 * @size: bytes, 1..65536
 * @fault: set to the address that could not be reached, if it fails; may be null
 *
 * Return: 0, or -1 if part of the source could not be read; @local is then
 * undefined. Arguments that the DMA unit refuses are a bug here: panic.
 */
int dma_read(__u32 as, void *local, __u64 va, __u32 size, __u64 *fault);

/* The same in the other direction: from @local to @va */
int dma_write(__u32 as, __u64 va, const void *local, __u32 size);

#endif /* FW_DMA_H */
