// SPDX-License-Identifier: MIT
/* Core memory: what the host and the DMA do with it */
#include "core_mem.h"

static bool in_range(uint64_t offset, unsigned int size)
{
	return size <= 8 && offset < V3NPU_CORE_MEM_SIZE && size <= V3NPU_CORE_MEM_SIZE - offset;
}

uint64_t v3npu_core_mem_read(const uint8_t *mem, uint64_t offset, unsigned int size)
{
	uint64_t value = 0;
	unsigned int i;

	if (!in_range(offset, size))
		return 0;
	if (size == 8 && !(offset & 7))
		return __atomic_load_n((const v3npu_mem64 *)(mem + offset), __ATOMIC_RELAXED);
	if (size == 4 && !(offset & 3))
		return v3npu_core_mem_load32(mem, offset);
	if (size == 2 && !(offset & 1))
		return v3npu_core_mem_load16(mem, offset);
	for (i = 0; i < size; i++)
		value |= (uint64_t)v3npu_core_mem_load8(mem, offset + i) << (8 * i);
	return value;
}

void v3npu_core_mem_write(uint8_t *mem, uint64_t offset, uint64_t value, unsigned int size)
{
	unsigned int i;

	if (!in_range(offset, size))
		return;
	if (size == 8 && !(offset & 7)) {
		__atomic_store_n((v3npu_mem64 *)(mem + offset), value, __ATOMIC_RELAXED);
		return;
	}
	if (size == 4 && !(offset & 3)) {
		v3npu_core_mem_store32(mem, offset, value);
		return;
	}
	if (size == 2 && !(offset & 1)) {
		v3npu_core_mem_store16(mem, offset, value);
		return;
	}
	for (i = 0; i < size; i++)
		v3npu_core_mem_store8(mem, offset + i, value >> (8 * i));
}

void v3npu_core_mem_clear(uint8_t *mem)
{
	uint32_t offset;

	for (offset = 0; offset < V3NPU_CORE_MEM_SIZE; offset += 8)
		__atomic_store_n((v3npu_mem64 *)(mem + offset), 0, __ATOMIC_RELAXED);
}

void v3npu_core_mem_copy(void *dst, const void *src, size_t len)
{
	const uint8_t *s = src;
	uint8_t *d = dst;

	while (len) {
		uintptr_t alignment = (uintptr_t)s | (uintptr_t)d;
		size_t n;

		if (!(alignment & 7) && len >= 8) {
			__atomic_store_n((v3npu_mem64 *)d,
					 __atomic_load_n((const v3npu_mem64 *)s, __ATOMIC_ACQUIRE),
					 __ATOMIC_RELEASE);
			n = 8;
		} else if (!(alignment & 3) && len >= 4) {
			__atomic_store_n((v3npu_mem32 *)d,
					 __atomic_load_n((const v3npu_mem32 *)s, __ATOMIC_ACQUIRE),
					 __ATOMIC_RELEASE);
			n = 4;
		} else {
			__atomic_store_n(d, __atomic_load_n(s, __ATOMIC_ACQUIRE), __ATOMIC_RELEASE);
			n = 1;
		}
		d += n;
		s += n;
		len -= n;
	}
}
