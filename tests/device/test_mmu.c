// SPDX-License-Identifier: MIT
/* Address translation and the core's DMA: good, bad and hostile tables */
#include <pthread.h>
#include <string.h>

#include "mmu.h"
#include "programs.h"
#include "tap.h"

#define AS	5
#define BASE	0x2345678000ull
#define LOCAL	0x40000

static uint8_t pattern(size_t i)
{
	return i * 7 + (i >> 8) * 13 + 1;
}

static void fill(uint8_t *buf, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		buf[i] = pattern(i);
}

static uint32_t from_host(struct npu *npu, uint64_t va, uint32_t local, uint32_t len)
{
	return agent_dma(npu, V3NPU_DMA_FROM_HOST, AS, va, local, len);
}

static uint32_t to_host(struct npu *npu, uint64_t va, uint32_t local, uint32_t len)
{
	return agent_dma(npu, V3NPU_DMA_TO_HOST, AS, va, local, len);
}

static void test_dma(struct npu *npu, uint8_t *buf, size_t size)
{
	static const struct {
		uint32_t offset, local, len;
	} copy[] = {
		{ 0, 0, 4 }, { 0, 0, 1 }, { 4095, 3, 2 }, { 4090, 1, 100 }, { 1, 2, 4096 },
		{ 4096, 0, 65536 }, { 3, 5, 65531 }, { 8, 0, 64 }, { 4, 0, 12 },
	};
	static uint8_t local[65536 + 16];
	size_t i, k;

	for (i = 0; i < sizeof(copy) / sizeof(copy[0]); i++) {
		const uint32_t offset = copy[i].offset, len = copy[i].len;
		const uint32_t skip = copy[i].local, words = (skip + len + 8 + 3) & ~3u;
		unsigned int wrong = 0;

		/* To the core: what was asked for, and nothing around it */
		fill(buf, size);
		memset(local, 0xcc, sizeof(local));
		npu_core_write(npu, LOCAL, local, words);
		if (from_host(npu, BASE + offset, LOCAL + skip, len) != V3NPU_DMA_OK)
			wrong++;
		npu_core_read(npu, LOCAL, local, words);
		for (k = 0; k < words; k++)
			wrong += local[k] != (k >= skip && k < skip + len ?
					      pattern(offset + k - skip) : 0xcc);
		tap_equal(wrong, 0, "DMA of %u bytes from %u to local %u", len, offset, skip);

		/* And back */
		memset(buf, 0xdd, size);
		wrong = to_host(npu, BASE + offset, LOCAL + skip, len) != V3NPU_DMA_OK;
		for (k = 0; k < size; k++)
			wrong += buf[k] != (k >= offset && k < offset + len ? pattern(k) : 0xdd);
		tap_equal(wrong, 0, "... and back");
	}
}

static void test_bad_dma(struct npu *npu)
{
	static const struct {
		uint32_t ctrl, as, local, len;
		const char *what;
	} bad[] = {
		{ V3NPU_DMA_FROM_HOST, AS, LOCAL, 0, "no length" },
		{ V3NPU_DMA_FROM_HOST, AS, LOCAL, V3NPU_DMA_LEN_MAX + 1,
		  "a length above the limit" },
		{ V3NPU_DMA_FROM_HOST, AS, LOCAL, ~0u, "the largest length" },
		{ V3NPU_DMA_FROM_HOST, AS, V3NPU_CORE_MEM_SIZE - 4, 5,
		  "the end of core memory passed" },
		{ V3NPU_DMA_FROM_HOST, AS, V3NPU_CORE_MEM_SIZE, 1, "local address out of range" },
		{ V3NPU_DMA_TO_HOST, AS, ~0u, 1, "the largest local address" },
		{ V3NPU_DMA_TO_HOST, AS, ~0u - 3, 8, "local address that wraps" },
		{ V3NPU_DMA_FROM_HOST, V3NPU_NUM_AS, LOCAL, 4, "address space out of range" },
		{ V3NPU_DMA_FROM_HOST, ~0u, LOCAL, 4, "the largest address space" },
		{ 0, AS, LOCAL, 4, "no direction" },
		{ V3NPU_DMA_FROM_HOST | V3NPU_DMA_TO_HOST, AS, LOCAL, 4, "both directions" },
		{ 4, AS, LOCAL, 4, "an unknown direction" },
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		tap_equal(agent_dma(npu, bad[i].ctrl, bad[i].as, BASE, bad[i].local, bad[i].len),
			  V3NPU_DMA_BAD, "refused: %s", bad[i].what);
	tap_equal(from_host(npu, BASE, V3NPU_CORE_MEM_SIZE - 4, 4), V3NPU_DMA_OK,
		  "the last word of core memory is fine");
}

static void expect_fault(struct npu *npu, uint32_t ctrl, uint64_t va, uint32_t len, uint64_t at,
			 const char *what)
{
	uint32_t status = agent_dma(npu, ctrl, AS, va, LOCAL, len);
	uint64_t fault = agent_dma_fault(npu);

	if (!tap_ok(status == V3NPU_DMA_FAULT && fault == at, "fault: %s", what))
		tap_note("status %u, address %#llx, want %#llx", status, (unsigned long long)fault,
			 (unsigned long long)at);
}

static void test_faults(struct npu *npu, uint8_t *buf, size_t size)
{
	const uint64_t end = BASE + size;

	expect_fault(npu, V3NPU_DMA_FROM_HOST, end, 4, end, "no mapping");
	expect_fault(npu, V3NPU_DMA_FROM_HOST, BASE - 1, 4, BASE - 1, "one byte before a mapping");
	memset(buf, 0, size);
	npu_core_write32(npu, LOCAL, 0x11223344);
	expect_fault(npu, V3NPU_DMA_TO_HOST, end - 4, 8, end, "a mapping's end passed");
	tap_ok(!memcmp(buf + size - 4, "\x44\x33\x22\x11", 4),
	       "... and what lies before it is written");
	expect_fault(npu, V3NPU_DMA_FROM_HOST, V3NPU_VA_SRAM, 4, V3NPU_VA_SRAM, "SRAM");
	expect_fault(npu, V3NPU_DMA_FROM_HOST, V3NPU_VA_SRAM - 4, 8, V3NPU_VA_SRAM - 4,
		     "the last address below SRAM, not mapped");
	expect_fault(npu, V3NPU_DMA_FROM_HOST, 1ull << V3NPU_VA_BITS, 4, 1ull << V3NPU_VA_BITS,
		     "an address of too many bits");
	expect_fault(npu, V3NPU_DMA_FROM_HOST, BASE | 1ull << V3NPU_VA_BITS, 4,
		     BASE | 1ull << V3NPU_VA_BITS, "a mapped address with a bit above its 39");
	expect_fault(npu, V3NPU_DMA_FROM_HOST, ~0ull - 1, 8, ~0ull - 1, "addresses that wrap");

	/* The last page there is, and the step from it to SRAM */
	npu_map(npu, AS, V3NPU_VA_SRAM - V3NPU_PAGE_SIZE, buf, V3NPU_PAGE_SIZE, true);
	tap_equal(from_host(npu, V3NPU_VA_SRAM - 4, LOCAL, 4), V3NPU_DMA_OK,
		  "the last word below SRAM");
	expect_fault(npu, V3NPU_DMA_FROM_HOST, V3NPU_VA_SRAM - 4, 8, V3NPU_VA_SRAM, "on into SRAM");

	/* Other address spaces see nothing of this one's */
	tap_equal(agent_dma(npu, V3NPU_DMA_FROM_HOST, AS + 1, BASE, LOCAL, 4), V3NPU_DMA_FAULT,
		  "an address space with no root maps nothing");
	npu_map(npu, AS + 1, BASE + size, buf, 1, true);
	tap_equal(agent_dma(npu, V3NPU_DMA_FROM_HOST, AS + 1, BASE, LOCAL, 4), V3NPU_DMA_FAULT,
		  "one with a root maps what it maps");
	tap_equal(agent_dma(npu, V3NPU_DMA_FROM_HOST, AS + 1, BASE + size, LOCAL, 4), V3NPU_DMA_OK,
		  "... and that it does");
}

static void test_read_only(struct npu *npu, uint8_t *buf)
{
	const uint64_t va = 0x200000000ull;

	npu_map(npu, AS, va, buf, V3NPU_PAGE_SIZE, false);
	tap_equal(from_host(npu, va, LOCAL, 4), V3NPU_DMA_OK, "a read-only page can be read");
	memset(buf, 0x5a, V3NPU_PAGE_SIZE);
	npu_core_write32(npu, LOCAL, 0);
	expect_fault(npu, V3NPU_DMA_TO_HOST, va + 8, 4, va + 8, "writing a read-only page");
	tap_equal(buf[8], 0x5a, "... which it does not");
}

static void test_large(struct npu *npu)
{
	const uint64_t va = 0x3fc0000000ull;
	uint8_t *block = npu_alloc_large(npu);
	uint64_t *entry;

	npu_map_large(npu, AS, va, block, true);
	memset(block + 0x123450, 0x77, 16);
	tap_equal(from_host(npu, va + 0x123450, LOCAL, 4), V3NPU_DMA_OK,
		  "a 2 MiB page can be read");
	tap_equal(npu_core_read32(npu, LOCAL), 0x77777777, "... at the right place");
	npu_core_write32(npu, LOCAL, 0x01020304);
	tap_equal(to_host(npu, va + V3NPU_LARGE_PAGE_SIZE - 4, LOCAL, 4), V3NPU_DMA_OK,
		  "... and written up to its end");
	tap_ok(!memcmp(block + V3NPU_LARGE_PAGE_SIZE - 4, "\4\3\2\1", 4), "... at the right place");
	expect_fault(npu, V3NPU_DMA_TO_HOST, va + V3NPU_LARGE_PAGE_SIZE - 4, 8,
		     va + V3NPU_LARGE_PAGE_SIZE, "a 2 MiB page's end passed");
	tap_equal(from_host(npu, va + 0xff0, LOCAL, 65536), V3NPU_DMA_OK, "64 KiB from within it");

	npu_map_large(npu, AS, va, block, false);
	expect_fault(npu, V3NPU_DMA_TO_HOST, va, 4, va, "writing a read-only 2 MiB page");

	entry = npu_pte(npu, AS, va, 1);
	*entry |= V3NPU_PAGE_SIZE;
	expect_fault(npu, V3NPU_DMA_FROM_HOST, va, 4, va, "a 2 MiB page that is not aligned");
	*entry = npu_bus_addr(npu, block) | V3NPU_PTE_VALID | V3NPU_PTE_LARGE | 1ull << 3;
	expect_fault(npu, V3NPU_DMA_FROM_HOST, va, 4, va, "a 2 MiB page with a reserved bit");
	*entry = 0;
}

/* Every bit in an entry of each level, and in the root: only those with a meaning work */
static void test_reserved_bits(struct npu *npu, uint8_t *buf)
{
	const uint64_t va = 0x280000000ull;
	unsigned int level, bit, wrong;
	uint32_t root_lo, root_hi;

	npu_map(npu, AS, va, buf, V3NPU_PAGE_SIZE, true);
	for (level = 0; level < 3; level++) {
		uint64_t *entry = npu_pte(npu, AS, va, level), good = *entry;

		for (bit = 0, wrong = 0; bit < 64; bit++) {
			uint64_t mask = 1ull << bit;
			uint32_t status;

			/* Another address: what lies there, if anything, is no test */
			if (mask & V3NPU_PTE_ADDR || good & mask)
				continue;
			*entry = good | mask;
			status = from_host(npu, va, LOCAL, 4);
			if (status != V3NPU_DMA_FAULT && !(level == 0 && mask == V3NPU_PTE_WRITE)) {
				tap_note("level %u, bit %u: status %u", level, bit, status);
				wrong++;
			}
		}
		tap_equal(wrong, 0, "level %u: every bit with no meaning there faults", level);
		*entry = good & ~V3NPU_PTE_VALID;
		expect_fault(npu, V3NPU_DMA_FROM_HOST, va, 4, va, "an entry that is not valid");
		*entry = V3NPU_PTE_VALID;
		expect_fault(npu, V3NPU_DMA_FROM_HOST, va, 4, va, "an entry that points nowhere");
		*entry = V3NPU_PTE_ADDR | V3NPU_PTE_VALID;
		expect_fault(npu, V3NPU_DMA_FROM_HOST, va, 4, va, "an entry that points far away");
		*entry = good;
	}
	tap_equal(from_host(npu, va, LOCAL, 4), V3NPU_DMA_OK, "the entries are whole again");

	root_lo = npu_read(npu, V3NPU_REG_MMU_ROOT_LO(AS));
	root_hi = npu_read(npu, V3NPU_REG_MMU_ROOT_HI(AS));
	for (bit = 0, wrong = 0; bit < 12; bit++) {
		npu_write(npu, V3NPU_REG_MMU_ROOT_LO(AS), root_lo ^ 1u << bit);
		wrong += from_host(npu, va, LOCAL, 4) != V3NPU_DMA_FAULT;
	}
	npu_write(npu, V3NPU_REG_MMU_ROOT_LO(AS), root_lo);
	for (bit = 20; bit < 32; bit++) {
		npu_write(npu, V3NPU_REG_MMU_ROOT_HI(AS), root_hi | 1u << bit);
		wrong += from_host(npu, va, LOCAL, 4) != V3NPU_DMA_FAULT;
	}
	npu_write(npu, V3NPU_REG_MMU_ROOT_HI(AS), root_hi);
	tap_equal(wrong, 0, "the root: disabled, or with a reserved bit, it faults");
	tap_equal(from_host(npu, va, LOCAL, 4), V3NPU_DMA_OK, "the root is whole again");
}

/* Tables that point at themselves, at data, and at each other */
static void test_strange_tables(struct npu *npu)
{
	const uint64_t va = 0x300000000ull;
	uint64_t *table = npu_alloc(npu, V3NPU_PAGE_SIZE);
	uint64_t self = npu_bus_addr(npu, table);
	size_t i;

	for (i = 0; i < V3NPU_PT_ENTRIES; i++)
		table[i] = self | V3NPU_PTE_VALID;
	npu_write(npu, V3NPU_REG_MMU_ROOT_HI(9), self >> 32);
	npu_write(npu, V3NPU_REG_MMU_ROOT_LO(9), (uint32_t)self | V3NPU_MMU_ROOT_ENABLE);
	tap_equal(agent_dma(npu, V3NPU_DMA_FROM_HOST, 9, va, LOCAL, 8), V3NPU_DMA_OK,
		  "a table that is its own page maps itself");
	tap_equal(npu_core_read32(npu, LOCAL), (uint32_t)self | V3NPU_PTE_VALID, "... and is read");
	tap_equal(agent_dma(npu, V3NPU_DMA_TO_HOST, 9, va, LOCAL, 8), V3NPU_DMA_FAULT,
		  "... but not written");
}

/* The example of Documentation/hardware.md, entry by entry */
static void test_documented_example(struct npu *npu)
{
	enum { DOC_AS = 7 };
	uint64_t *top = npu_alloc(npu, V3NPU_PAGE_SIZE), *middle = npu_alloc(npu, V3NPU_PAGE_SIZE);
	uint64_t *bottom = npu_alloc(npu, V3NPU_PAGE_SIZE);
	uint8_t *page = npu_alloc(npu, V3NPU_PAGE_SIZE), *large = npu_alloc_large(npu);
	uint64_t root = npu_bus_addr(npu, top);

	top[0x004] = npu_bus_addr(npu, middle) | V3NPU_PTE_VALID;
	middle[0x091] = npu_bus_addr(npu, bottom) | V3NPU_PTE_VALID;
	bottom[0x145] = npu_bus_addr(npu, page) | V3NPU_PTE_VALID | V3NPU_PTE_WRITE;
	middle[0x092] = npu_bus_addr(npu, large) | V3NPU_PTE_VALID | V3NPU_PTE_LARGE;
	npu_write(npu, V3NPU_REG_MMU_ROOT_HI(DOC_AS), root >> 32);
	npu_write(npu, V3NPU_REG_MMU_ROOT_LO(DOC_AS), (uint32_t)root | V3NPU_MMU_ROOT_ENABLE);

	memcpy(page + 0x678, "\x01\x02\x03\x04", 4);
	memcpy(large + 0x145678, "\x05\x06\x07\x08", 4);
	tap_ok(agent_dma(npu, V3NPU_DMA_FROM_HOST, DOC_AS, 0x112345678, LOCAL, 4) == V3NPU_DMA_OK &&
	       npu_core_read32(npu, LOCAL) == 0x04030201, "the documented example, 4 KiB page");
	tap_ok(agent_dma(npu, V3NPU_DMA_FROM_HOST, DOC_AS, 0x112545678, LOCAL, 4) == V3NPU_DMA_OK &&
	       npu_core_read32(npu, LOCAL) == 0x08070605, "... and its 2 MiB page");
	tap_equal(agent_dma(npu, V3NPU_DMA_TO_HOST, DOC_AS, 0x112545678, LOCAL, 4), V3NPU_DMA_FAULT,
		  "... which is read-only");
}

/*
 * The translation cache by itself, from two threads, with more pages than it
 * holds: one table of 512 entries, mapped over and over by a middle table.
 */
enum { TLB_PAGES = 24 * V3NPU_PT_ENTRIES };

struct tlb_host {
	uint64_t top[V3NPU_PT_ENTRIES];
	uint64_t middle[V3NPU_PT_ENTRIES];
	uint64_t bottom[V3NPU_PT_ENTRIES];
	uint8_t page[V3NPU_PT_ENTRIES][V3NPU_PAGE_SIZE];
};

struct tlb_user {
	struct v3npu_mmu *mmu;
	struct tlb_host *host;
	unsigned int wrong;
};

static void *tlb_host_map(void *opaque, enum v3npu_user user, uint64_t addr, size_t want,
			  bool write, size_t *run)
{
	(void)user;
	(void)write;
	if (addr >= sizeof(struct tlb_host))
		return NULL;
	*run = want < sizeof(struct tlb_host) - addr ? want : sizeof(struct tlb_host) - addr;
	return (uint8_t *)opaque + addr;
}

static void *tlb_use(void *opaque)
{
	struct tlb_user *u = opaque;
	unsigned int round, i;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < TLB_PAGES; i++) {
			bool write = (i + round) % 3 == 0;
			size_t run = 0;
			uint64_t va = (uint64_t)i * V3NPU_PAGE_SIZE + 100;
			uint8_t *p = v3npu_mmu_map(u->mmu, va, 8, write, &run);

			u->wrong += p != u->host->page[i % V3NPU_PT_ENTRIES] + 100 ||
				    run != V3NPU_PAGE_SIZE - 100;
		}
		u->wrong += !!v3npu_mmu_map(u->mmu, (uint64_t)TLB_PAGES * V3NPU_PAGE_SIZE, 1, false,
					    &(size_t){ 0 });
	}
	return NULL;
}

static void test_tlb(void)
{
	static _Alignas(V3NPU_PAGE_SIZE) struct tlb_host tables;
	const struct v3npu_host host = { .map = tlb_host_map };
	struct v3npu_mmu mmu = { .host = &host, .opaque = &tables, .tlb = v3npu_tlb_new() };
	struct tlb_user user[2];
	pthread_t thread[2];
	unsigned int i, round, wrong = 0;

	mmu.root = offsetof(struct tlb_host, top) | V3NPU_MMU_ROOT_ENABLE;
	tables.top[0] = offsetof(struct tlb_host, middle) | V3NPU_PTE_VALID;
	for (i = 0; i < TLB_PAGES / V3NPU_PT_ENTRIES; i++)
		tables.middle[i] = offsetof(struct tlb_host, bottom) | V3NPU_PTE_VALID;
	for (i = 0; i < V3NPU_PT_ENTRIES; i++)
		tables.bottom[i] = offsetof(struct tlb_host, page[i]) | V3NPU_PTE_VALID |
				   V3NPU_PTE_WRITE;
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 2; i++) {
			user[i] = (struct tlb_user){ .mmu = &mmu, .host = &tables };
			if (pthread_create(&thread[i], NULL, tlb_use, &user[i]))
				tap_bail("pthread_create");
		}
		for (i = 0; i < 2; i++) {
			pthread_join(thread[i], NULL);
			wrong += user[i].wrong;
		}
		v3npu_tlb_flush(mmu.tlb);
	}
	tap_equal(wrong, 0, "translations of more pages than the cache holds, in two threads");

	/* After a flush, what has changed is seen; before, it need not be, but is not half-seen */
	v3npu_mmu_map(&mmu, 0, 1, true, &(size_t){ 0 });
	tables.bottom[0] = 0;
	v3npu_tlb_flush(mmu.tlb);
	tap_ok(!v3npu_mmu_map(&mmu, 0, 1, true, &(size_t){ 0 }), "a flush forgets");
	v3npu_tlb_free(mmu.tlb);
}

/* How far the translation of @pages pages from number @page reaches, in pages */
static unsigned int run_of(struct v3npu_mmu *mmu, unsigned int page, unsigned int pages, bool write)
{
	uint64_t va = (uint64_t)page * V3NPU_PAGE_SIZE + 10;
	size_t run = 0;

	if (!v3npu_mmu_map(mmu, va, (size_t)pages * V3NPU_PAGE_SIZE - 10, write, &run))
		return 0;
	return (run + 10) % V3NPU_PAGE_SIZE ? UINT32_MAX : (run + 10) / V3NPU_PAGE_SIZE;
}

/* Neighbouring pages are translated together as far as they are neighbours on the bus, too */
static void test_runs(void)
{
	static _Alignas(V3NPU_PAGE_SIZE) struct tlb_host tables;
	const struct v3npu_host host = { .map = tlb_host_map };
	struct v3npu_mmu mmu = { .host = &host, .opaque = &tables, .tlb = v3npu_tlb_new() };
	unsigned int i;

	mmu.root = offsetof(struct tlb_host, top) | V3NPU_MMU_ROOT_ENABLE;
	tables.top[0] = offsetof(struct tlb_host, middle) | V3NPU_PTE_VALID;
	tables.middle[0] = offsetof(struct tlb_host, bottom) | V3NPU_PTE_VALID;
	tables.middle[2] = V3NPU_PTE_VALID | V3NPU_PTE_WRITE | V3NPU_PTE_LARGE;
	for (i = 0; i < V3NPU_PT_ENTRIES; i++)
		tables.bottom[i] = offsetof(struct tlb_host, page[i]) | V3NPU_PTE_VALID |
				   V3NPU_PTE_WRITE;
	tables.bottom[8] = offsetof(struct tlb_host, page[3]) | V3NPU_PTE_VALID | V3NPU_PTE_WRITE;
	tables.bottom[20] &= ~(uint64_t)V3NPU_PTE_WRITE;
	tables.bottom[30] = 0;

	tap_equal(run_of(&mmu, 0, 1, false), 1, "a page is not more than is wanted");
	tap_equal(run_of(&mmu, 1, 4, false), 4, "neighbours are one run");
	tap_equal(run_of(&mmu, 3, 1, false), 2, "... also from within, from the cache");
	tap_equal(run_of(&mmu, 5, 6, false), 3, "a run ends where the bus address jumps");
	tap_equal(run_of(&mmu, 8, 3, false), 1, "... on either side");
	tap_equal(run_of(&mmu, 18, 6, true), 2, "a run to be written ends at a read-only page");
	tap_equal(run_of(&mmu, 18, 6, false), 6, "... and one to be read does not");
	tap_equal(run_of(&mmu, 20, 6, true), 0, "which cannot be written");
	tap_equal(run_of(&mmu, 26, 9, false), 4, "a run ends at a hole");
	tap_equal(run_of(&mmu, 30, 1, false), 0, "which is not mapped");
	tap_equal(run_of(&mmu, 510, 9, false), 2, "a run ends at a table that is missing");
	tap_equal(run_of(&mmu, 100, 1000, false), 128, "a run has its limit");
	tap_equal(run_of(&mmu, 1024, 3, true), 3, "a large page gives as much as is wanted");
	tap_equal(run_of(&mmu, 1024 + 400, 3, false), 3, "... from anywhere in it");
	tap_equal(run_of(&mmu, 1024 + 510, 6, false), 2, "... up to its end");
	v3npu_tlb_free(mmu.tlb);
}

int main(void)
{
	const size_t size = 40 * V3NPU_PAGE_SIZE;
	struct npu *npu = npu_new(NULL);
	uint8_t *buf = npu_alloc(npu, size);

	npu_map(npu, AS, BASE, buf, size, true);
	agent_start(npu);
	test_dma(npu, buf, size);
	test_bad_dma(npu);
	test_faults(npu, buf, size);
	test_read_only(npu, buf);
	test_large(npu);
	test_reserved_bits(npu, buf);
	test_strange_tables(npu);
	test_documented_example(npu);
	test_tlb();
	test_runs();
	tap_equal(npu_read(npu, V3NPU_REG_STATUS), V3NPU_STATUS_CORE_RUNNING,
		  "the core still runs");
	npu_free(npu);
	return tap_done();
}
