/* SPDX-License-Identifier: MIT */
/*
 * The MMU: walks the tables that regs.h describes.
 */
#ifndef V3NPU_DEVICE_MMU_H
#define V3NPU_DEVICE_MMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device.h"

/*
 * Translations found during one command of the engine, shared by its threads.
 * Empty at the start of every command, so an invalidation has nothing to do
 * but to wait for the command that runs.
 */
struct v3npu_tlb;

/* Return: NULL with errno set */
struct v3npu_tlb *v3npu_tlb_new(void);
void v3npu_tlb_free(struct v3npu_tlb *tlb);

/* Forgets all; no other thread may use @tlb meanwhile */
void v3npu_tlb_flush(struct v3npu_tlb *tlb);

/**
 * struct v3npu_mmu - an address space in use
 * @host: callbacks
 * @opaque: of @host
 * @user: who uses it
 * @root: the address space's root registers, as they were at the start
 * @tlb: NULL to walk for each access
 */
struct v3npu_mmu {
	const struct v3npu_host *host;
	void *opaque;
	enum v3npu_user user;
	uint64_t root;
	struct v3npu_tlb *tlb;
};

/**
 * v3npu_mmu_map() - translate, with the meaning of struct v3npu_memory.map
 * @mmu: a struct v3npu_mmu
 *
 * For several threads at a time. The caller's thread, or the one it works
 * for, is between the host's enter and leave until the pointer is no longer
 * used; this function nests a pair of its own around the host's map.
 */
void *v3npu_mmu_map(void *mmu, uint64_t addr, size_t want, bool write, size_t *run);

#endif /* V3NPU_DEVICE_MMU_H */
