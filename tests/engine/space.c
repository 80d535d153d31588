// SPDX-License-Identifier: MIT
/* See space.h. */
#include <stdlib.h>
#include <string.h>

#include "space.h"
#include "tap.h"
#include "v3npu/regs.h"

static void *must(void *pointer)
{
	if (!pointer)
		tap_bail("out of memory");
	return pointer;
}

struct space *space_new(uint64_t base, size_t pages, bool flat)
{
	struct space *space = must(calloc(1, sizeof(*space)));
	size_t i;

	space->base = base;
	space->pages = pages;
	space->page = must(calloc(pages, sizeof(*space->page)));
	space->read_only = must(calloc(pages, sizeof(*space->read_only)));
	space->sram = must(calloc(1, SPACE_SRAM));
	if (flat)
		space->flat = must(calloc(pages, V3NPU_PAGE_SIZE));
	for (i = 0; i < pages; i++)
		space->page[i] = flat ? space->flat + i * V3NPU_PAGE_SIZE
				      : must(calloc(1, V3NPU_PAGE_SIZE));
	return space;
}

void space_free(struct space *space)
{
	size_t i;

	for (i = 0; i < space->pages && !space->flat; i++)
		free(space->page[i]);
	free(space->flat);
	free(space->page);
	free(space->read_only);
	free(space->sram);
	free(space);
}

static void *space_map(void *opaque, uint64_t addr, size_t want, bool write, size_t *run)
{
	struct space *space = opaque;
	uint64_t offset = addr - space->base;
	size_t page = offset / V3NPU_PAGE_SIZE;

	(void)want;
	if (addr < space->base || page >= space->pages || !space->page[page] ||
	    (write && space->read_only[page]))
		return NULL;
	*run = V3NPU_PAGE_SIZE - offset % V3NPU_PAGE_SIZE;
	/* Now and then less than there is, as the contract allows */
	if (!space->flat && addr % 7 == 0 && *run > 100)
		*run = 100 - addr % 5;
	while (space->flat && page + 1 < space->pages && space->page[page + 1] &&
	       !(write && space->read_only[page + 1])) {
		*run += V3NPU_PAGE_SIZE;
		page++;
	}
	return space->page[offset / V3NPU_PAGE_SIZE] + offset % V3NPU_PAGE_SIZE;
}

struct v3npu_memory space_memory(struct space *space)
{
	return (struct v3npu_memory) { space, space_map };
}

static uint8_t *byte_at(const struct space *space, uint64_t addr)
{
	uint64_t offset = addr - space->base;

	if (addr >= V3NPU_VA_SRAM) {
		if (addr - V3NPU_VA_SRAM >= SPACE_SRAM)
			tap_bail("the test itself leaves SRAM at %#llx", (unsigned long long)addr);
		return space->sram + (addr - V3NPU_VA_SRAM);
	}
	if (addr < space->base || offset / V3NPU_PAGE_SIZE >= space->pages)
		tap_bail("the test itself leaves its space at %#llx", (unsigned long long)addr);
	return space->page[offset / V3NPU_PAGE_SIZE] + offset % V3NPU_PAGE_SIZE;
}

uint8_t space_get(const struct space *space, uint64_t addr)
{
	return *byte_at(space, addr);
}

void space_put(struct space *space, uint64_t addr, uint8_t value)
{
	*byte_at(space, addr) = value;
}

void space_write(struct space *space, uint64_t addr, const void *data, size_t size)
{
	const uint8_t *bytes = data;
	size_t i;

	for (i = 0; i < size; i++)
		space_put(space, addr + i, bytes[i]);
}

void space_copy(struct space *to, const struct space *from)
{
	size_t i;

	for (i = 0; i < to->pages; i++)
		memcpy(to->page[i], from->page[i], V3NPU_PAGE_SIZE);
	memcpy(to->sram, from->sram, SPACE_SRAM);
}

uint64_t space_compare(const struct space *a, const struct space *b)
{
	size_t i, j;

	for (i = 0; i < a->pages; i++) {
		if (!memcmp(a->page[i], b->page[i], V3NPU_PAGE_SIZE))
			continue;
		for (j = 0; a->page[i][j] == b->page[i][j]; j++)
			;
		return a->base + i * V3NPU_PAGE_SIZE + j;
	}
	for (i = 0; i < SPACE_SRAM; i++)
		if (a->sram[i] != b->sram[i])
			return V3NPU_VA_SRAM + i;
	return UINT64_MAX;
}

static uint64_t bounce_addr(const struct space *space)
{
	return space->base + (space->pages - SPACE_BOUNCE_PAGES) * V3NPU_PAGE_SIZE;
}

/* Copies a part of SRAM from or to the bounce pages */
static void copy_sram(struct space *space, struct v3npu_engine *engine, uint32_t offset,
		      bool to_sram)
{
	union {
		struct v3npu_cmd_copy copy;
		uint8_t bytes[V3NPU_CMD_MAX_SIZE];
	} cmd = { 0 };
	struct v3npu_tensor sram = {
		V3NPU_VA_SRAM + offset, { 1, 1, SPACE_BOUNCE_PAGES, V3NPU_PAGE_SIZE },
		{ 0, 0, V3NPU_PAGE_SIZE, 1 }
	};
	struct v3npu_tensor bounce = sram;
	struct v3npu_memory memory = space_memory(space);
	struct v3npu_counters counters;
	uint64_t fault;

	bounce.addr = bounce_addr(space);
	cmd.copy.hdr.opcode = V3NPU_OP_COPY;
	cmd.copy.hdr.size = sizeof(cmd.copy);
	cmd.copy.in = to_sram ? bounce : sram;
	cmd.copy.out = to_sram ? sram : bounce;
	if (v3npu_engine_run(engine, &cmd, &memory, NULL, &counters, &fault))
		tap_bail("copying SRAM failed");
}

static void each_part(struct space *space, struct v3npu_engine *engine, bool to_sram)
{
	const uint32_t part = SPACE_BOUNCE_PAGES * V3NPU_PAGE_SIZE;
	uint64_t addr = bounce_addr(space);
	uint32_t offset, i;

	for (offset = 0; offset < SPACE_SRAM; offset += part) {
		if (to_sram)
			space_write(space, addr, space->sram + offset, part);
		copy_sram(space, engine, offset, to_sram);
		for (i = 0; i < part; i++) {
			if (!to_sram)
				space->sram[offset + i] = space_get(space, addr + i);
			space_put(space, addr + i, 0);
		}
	}
}

void space_load_sram(struct space *space, struct v3npu_engine *engine)
{
	each_part(space, engine, false);
}

void space_store_sram(struct space *space, struct v3npu_engine *engine)
{
	each_part(space, engine, true);
}
