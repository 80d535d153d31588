/* SPDX-License-Identifier: MIT */
/*
 * A machine for the device library: memory behind a bus and an interrupt
 * controller, so that tests drive the NPU as a driver does, without QEMU.
 *
 * Functions that cannot go on (out of memory, wrong arguments) print a TAP
 * "Bail out!" line and exit.
 */
#ifndef V3NPU_TESTS_HARNESS_H
#define V3NPU_TESTS_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device.h"

/*
 * How long to wait for what must come, however much else the machine has to do. What does not come
 * has failed all the same, and what shall not come is waited for as long as a test likes.
 */
#define PATIENCE_MS	60000u

struct npu;

/**
 * npu_new() - a machine with one NPU, held in reset
 * @config: NULL for the default one with two engine threads
 */
struct npu *npu_new(const struct v3npu_config *config);
void npu_free(struct npu *npu);

/* Makes every look-up of memory by the NPU take so much longer; 0 at first */
void npu_delay_map(struct npu *npu, unsigned int usec);

/* The NPU itself, for calls that have no wrapper here */
struct v3npu_hw *npu_hw(struct npu *npu);

/* BAR0 */
uint32_t npu_read(struct npu *npu, uint32_t reg);
void npu_write(struct npu *npu, uint32_t reg, uint32_t value);

/* Waits until (register & mask) == value. Return: false if that took longer than @timeout_ms. */
bool npu_wait_reg(struct npu *npu, uint32_t reg, uint32_t mask, uint32_t value,
		  unsigned int timeout_ms);

/* BAR2: the core's memory. Offset and length of the block functions are multiples of 4. */
uint32_t npu_core_read32(struct npu *npu, uint32_t offset);
void npu_core_write32(struct npu *npu, uint32_t offset, uint32_t value);
void npu_core_read(struct npu *npu, uint32_t offset, void *buf, size_t len);
void npu_core_write(struct npu *npu, uint32_t offset, const void *buf, size_t len);

/* Loads a file's bytes from @skip on (0, or the header's size of a packed image) to address 0 */
void npu_core_load(struct npu *npu, const char *path, size_t skip);

/* Sets V3NPU_CONTROL_CORE_RUN: the core starts at address 0, or stops (and the function waits) */
void npu_core_run(struct npu *npu, bool run);

/* Writes V3NPU_CONTROL_RESET and waits for its end. Return: milliseconds that took */
double npu_reset(struct npu *npu);

/**
 * npu_alloc() - memory that the NPU can reach by DMA
 * @size: bytes, rounded up to whole pages
 *
 * The pages follow each other here but are scattered on the bus, as the pages
 * of a buffer are. They are zeroed, belong to the machine and live as long.
 */
void *npu_alloc(struct npu *npu, size_t size);

/* One 2 MiB block, aligned and contiguous on the bus too; there are NPU_LARGE_BLOCKS */
void *npu_alloc_large(struct npu *npu);
#define NPU_LARGE_BLOCKS	2

/* Bus address of a byte that npu_alloc() or npu_alloc_large() returned */
uint64_t npu_bus_addr(struct npu *npu, const void *ptr);

/**
 * npu_map() - map memory in an address space with 4 KiB pages
 * @as: address space
 * @va: address there, a multiple of 4096
 * @ptr: what npu_alloc() returned, or a page of that
 * @size: bytes, rounded up to whole pages
 * @write: may the NPU write there?
 *
 * Makes tables and sets the root registers as needed. It does not invalidate.
 */
void npu_map(struct npu *npu, unsigned int as, uint64_t va, const void *ptr, size_t size,
	     bool write);

/* The same for a block of npu_alloc_large(), with one 2 MiB page */
void npu_map_large(struct npu *npu, unsigned int as, uint64_t va, const void *ptr, bool write);

/* Clears the 4 KiB entries of a range. It does not invalidate. */
void npu_unmap(struct npu *npu, unsigned int as, uint64_t va, size_t size);

/* Sets the root registers to the tables that npu_map() made; a reset of the NPU clears them */
void npu_set_root(struct npu *npu, unsigned int as);

/* The entry for @va at @level of the tables (2 is the top); makes the tables above it */
uint64_t *npu_pte(struct npu *npu, unsigned int as, uint64_t va, unsigned int level);

/* Writes MMU_INVALIDATE and waits. Return: false if that took longer than @timeout_ms. */
bool npu_invalidate(struct npu *npu, uint32_t as, unsigned int timeout_ms);

/*
 * Waits for an MSI vector. Each raise ends one wait; raises that came before
 * the call count. Return: false if none came within @timeout_ms.
 */
bool npu_wait_vector(struct npu *npu, unsigned int vector, unsigned int timeout_ms);

/* How many raises of a vector no wait has taken yet */
unsigned int npu_vectors_left(struct npu *npu, unsigned int vector);

/* Milliseconds of CLOCK_MONOTONIC, and of CPU time of this process */
double npu_clock_ms(void);
double npu_cpu_ms(void);
void npu_sleep_ms(unsigned int ms);

#endif /* V3NPU_TESTS_HARNESS_H */
