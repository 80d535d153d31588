/* SPDX-License-Identifier: MIT */
/*
 * Core memory: V3NPU_CORE_MEM_SIZE bytes that the core, its DMA and the host
 * (BAR2) access at the same time.
 *
 * Every access is a relaxed atomic of its own size, so that a race gives one
 * of the values written and nothing worse. Ordering is weak, as on most
 * buses; the core orders its accesses with fence.
 */
#ifndef V3NPU_DEVICE_CORE_MEM_H
#define V3NPU_DEVICE_CORE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "v3npu/regs.h"

/* The same bytes are accessed in several sizes */
typedef uint16_t __attribute__((may_alias)) v3npu_mem16;
typedef uint32_t __attribute__((may_alias)) v3npu_mem32;
typedef uint64_t __attribute__((may_alias)) v3npu_mem64;

/* Aligned accesses; the caller has checked offset and alignment */

static inline uint8_t v3npu_core_mem_load8(const uint8_t *mem, uint32_t offset)
{
	return __atomic_load_n(mem + offset, __ATOMIC_RELAXED);
}

static inline uint16_t v3npu_core_mem_load16(const uint8_t *mem, uint32_t offset)
{
	return __atomic_load_n((const v3npu_mem16 *)(mem + offset), __ATOMIC_RELAXED);
}

static inline uint32_t v3npu_core_mem_load32(const uint8_t *mem, uint32_t offset)
{
	return __atomic_load_n((const v3npu_mem32 *)(mem + offset), __ATOMIC_RELAXED);
}

static inline void v3npu_core_mem_store8(uint8_t *mem, uint32_t offset, uint8_t value)
{
	__atomic_store_n(mem + offset, value, __ATOMIC_RELAXED);
}

static inline void v3npu_core_mem_store16(uint8_t *mem, uint32_t offset, uint16_t value)
{
	__atomic_store_n((v3npu_mem16 *)(mem + offset), value, __ATOMIC_RELAXED);
}

static inline void v3npu_core_mem_store32(uint8_t *mem, uint32_t offset, uint32_t value)
{
	__atomic_store_n((v3npu_mem32 *)(mem + offset), value, __ATOMIC_RELAXED);
}

/* Host accesses of any offset and size; outside of the memory they read 0 and write nothing */
uint64_t v3npu_core_mem_read(const uint8_t *mem, uint64_t offset, unsigned int size);
void v3npu_core_mem_write(uint8_t *mem, uint64_t offset, uint64_t value, unsigned int size);

void v3npu_core_mem_clear(uint8_t *mem);

/**
 * v3npu_core_mem_copy() - copy between core memory and host memory
 * @dst: destination
 * @src: source, does not overlap @dst
 * @len: bytes
 *
 * Both sides may be accessed by others meanwhile. Loads acquire, stores
 * release, and words that are aligned on both sides are copied in one piece,
 * so ring indices arrive whole and after the entries that precede them.
 */
void v3npu_core_mem_copy(void *dst, const void *src, size_t len);

#endif /* V3NPU_DEVICE_CORE_MEM_H */
