/* SPDX-License-Identifier: MIT */
/*
 * A job's address space for tests: pages of their own, so that nothing that
 * crosses a page is contiguous and AddressSanitizer sees every byte too far.
 */
#ifndef V3NPU_TESTS_SPACE_H
#define V3NPU_TESTS_SPACE_H

#include "engine.h"

#define SPACE_SRAM	(256u << 10)

/**
 * struct space - pages from @base on, and what the test expects in SRAM
 * @base: address of the first page
 * @pages: how many
 * @page: contents of each; NULL where nothing is mapped
 * @read_only: pages that cannot be written
 * @flat: contents of all pages, if they are contiguous
 * @sram: SPACE_SRAM bytes that the reference uses as SRAM
 */
struct space {
	uint64_t base;
	size_t pages;
	uint8_t **page;
	bool *read_only;
	uint8_t *flat;
	uint8_t *sram;
};

/* Makes a zeroed space; ends the program when there is no memory */
struct space *space_new(uint64_t base, size_t pages, bool flat);
void space_free(struct space *space);

/* For the engine */
struct v3npu_memory space_memory(struct space *space);

/* One byte, in pages or SRAM; ends the program where there is none */
uint8_t space_get(const struct space *space, uint64_t addr);
void space_put(struct space *space, uint64_t addr, uint8_t value);
void space_write(struct space *space, uint64_t addr, const void *data, size_t size);

/* Copies pages and SRAM; both have the same base and number of pages */
void space_copy(struct space *to, const struct space *from);

/* Address of the first byte that differs, UINT64_MAX if none does */
uint64_t space_compare(const struct space *a, const struct space *b);

/* Reads the engine's SRAM into @space, or writes it, by COPY commands through the last pages */
void space_load_sram(struct space *space, struct v3npu_engine *engine);
void space_store_sram(struct space *space, struct v3npu_engine *engine);

/* Pages at the end of a space that the two functions above use; they become 0 */
#define SPACE_BOUNCE_PAGES	4

#endif /* V3NPU_TESTS_SPACE_H */
