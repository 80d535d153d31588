// SPDX-License-Identifier: MIT
/*
 * Page tables of any contents: what the MMU finds is what a plain walk finds,
 * byte for byte, with and without the cache of translations. An input is table
 * entries, then what is looked up.
 */
#include <string.h>

#include "driver.h"
#include "mmu.h"
#include "tap.h"
#include "v3npu/regs.h"

const char fuzzer_name[] = "mmu";

/* Pages on the bus, the first of which are mostly used as tables; some have nothing there */
#define PAGES		1024u
#define TABLES		8u
#define BUS		0x340000000ull
#define HOLE		17u
#define LOOK_UPS	24u

/* A large page and more, so that it is whole on the host */
static uint8_t memory[PAGES * V3NPU_PAGE_SIZE] __attribute__((aligned(V3NPU_PAGE_SIZE)));

/* Where the host has a byte of the bus; NULL where it has none */
static uint8_t *on_bus(uint64_t addr)
{
	uint64_t page = (addr - BUS) / V3NPU_PAGE_SIZE;

	if (addr < BUS || page >= PAGES || page % HOLE == HOLE - 1)
		return NULL;
	return memory + (addr - BUS);
}

static void *map(void *opaque, enum v3npu_user user, uint64_t addr, size_t want, bool write,
		 size_t *run)
{
	const uint8_t *shortened = opaque;
	uint8_t *host = on_bus(addr);
	size_t size = V3NPU_PAGE_SIZE - addr % V3NPU_PAGE_SIZE;

	(void)user;
	(void)write;
	if (!host)
		return NULL;
	while (size < want && on_bus(addr + size))
		size += V3NPU_PAGE_SIZE;
	/* Fewer than wanted, as the contract allows; but no memory ends within an entry */
	if (*shortened && addr % V3NPU_PAGE_SIZE && size > *shortened + 8u)
		size = (*shortened + 8u) & ~7u;
	*run = size < want ? size : want;
	return host;
}

/* An entry of any table, most of the time a sensible one */
static uint64_t make_entry(struct input *in)
{
	uint8_t kind = input_u8(in);
	uint64_t target = BUS + (uint64_t)(input_u8(in) | (kind & 3) << 8) * V3NPU_PAGE_SIZE;

	switch (kind >> 4) {
	case 0:
	case 1:
	case 2:
	case 3:
		return (BUS + target / V3NPU_PAGE_SIZE % TABLES * V3NPU_PAGE_SIZE) |
		       V3NPU_PTE_VALID;
	case 4:
	case 5:
	case 6:
		return target | V3NPU_PTE_VALID | V3NPU_PTE_WRITE;
	case 7:
	case 8:
		return target | V3NPU_PTE_VALID;
	case 9:
	case 10:
		return BUS | V3NPU_PTE_VALID | V3NPU_PTE_LARGE | (kind & 1 ? V3NPU_PTE_WRITE : 0);
	case 11:
		return target | V3NPU_PTE_VALID | V3NPU_PTE_LARGE;
	case 12:
		return target | V3NPU_PTE_VALID | 1ull << input_u8(in) % 64;
	case 13:
		return 0;
	default:
		return (uint64_t)input_u32(in) << 32 | input_u32(in);
	}
}

static void put_entry(unsigned int table, unsigned int index, uint64_t entry)
{
	memcpy(memory + table * V3NPU_PAGE_SIZE + index * 8, &entry, 8);
}

static bool get_entry(uint64_t table, unsigned int index, uint64_t *entry)
{
	const uint8_t *host = on_bus(table + index * 8);

	if (!host)
		return false;
	memcpy(entry, host, 8);
	return *entry & V3NPU_PTE_VALID;
}

/* The plain walk. Return: where the byte is, or NULL */
static uint8_t *walk(uint64_t root, uint64_t addr, bool write)
{
	const uint64_t table_bits = V3NPU_PTE_VALID | V3NPU_PTE_ADDR;
	uint64_t entry = root, size;
	int level;

	if (addr >= V3NPU_VA_DRAM_END || !(root & V3NPU_MMU_ROOT_ENABLE))
		return NULL;
	for (level = 2; level >= 0; level--) {
		if (entry & ~table_bits)
			return NULL;
		if (!get_entry(entry & V3NPU_PTE_ADDR, addr >> V3NPU_PT_SHIFT(level) &
			       (V3NPU_PT_ENTRIES - 1), &entry))
			return NULL;
		if (level == 1 && entry & V3NPU_PTE_LARGE)
			break;
	}
	if (level < 0)
		level = 0;
	size = level ? V3NPU_LARGE_PAGE_SIZE : V3NPU_PAGE_SIZE;
	if (entry & ~(table_bits | V3NPU_PTE_WRITE | (level ? V3NPU_PTE_LARGE : 0)) ||
	    (entry & V3NPU_PTE_ADDR) % size || (write && !(entry & V3NPU_PTE_WRITE)))
		return NULL;
	return on_bus((entry & V3NPU_PTE_ADDR) + addr % size);
}

static void look_up(struct v3npu_mmu *mmu, uint64_t addr, size_t want, bool write)
{
	size_t run = 0, done;
	uint8_t *wanted = walk(mmu->root, addr, write);
	uint8_t *host = v3npu_mmu_map(mmu, addr, want, write, &run);

	fuzzer_seen(!host << 4 | (run > V3NPU_PAGE_SIZE) << 3 | (run > V3NPU_LARGE_PAGE_SIZE) << 2 |
		    write << 1 | (mmu->tlb != NULL));
	if (host != wanted)
		tap_bail("%#llx is %sfound", (unsigned long long)addr, wanted ? "not " : "");
	if (!host)
		return;
	if (!run)
		tap_bail("%#llx: no bytes", (unsigned long long)addr);
	for (done = 0; done < run && done < want;
	     done += V3NPU_PAGE_SIZE - (addr + done) % V3NPU_PAGE_SIZE)
		if (walk(mmu->root, addr + done, write) != host + done)
			tap_bail("%#llx: byte %zu is elsewhere", (unsigned long long)addr, done);
}

void fuzzer_try(const uint8_t *data, size_t size)
{
	static struct v3npu_host host = { .map = map };
	static struct v3npu_tlb *tlb;
	struct input in = { data, size };
	uint8_t shortened = input_u8(&in), choice = input_u8(&in);
	struct v3npu_mmu mmu = { .host = &host, .opaque = &shortened };
	unsigned int i, entries = input_u8(&in);

	if (!tlb)
		tlb = v3npu_tlb_new();
	if (!tlb)
		tap_bail("out of memory");
	memset(memory, 0, TABLES * V3NPU_PAGE_SIZE);
	mmu.root = choice & 0x80 ? make_entry(&in) : BUS | V3NPU_MMU_ROOT_ENABLE;
	for (i = 0; i < entries && in.size; i++) {
		unsigned int table = input_u8(&in) % TABLES, index = input_u8(&in) % 32;

		/* At both ends of a table, where addresses have few ones or few zeros */
		if (index >= 16)
			index += V3NPU_PT_ENTRIES - 32;
		put_entry(table, index, make_entry(&in));
	}
	if (choice & 1) {
		/* A whole table of neighbours, for long runs */
		for (i = 0; i < V3NPU_PT_ENTRIES; i++)
			put_entry(TABLES - 1, i, (BUS + (i + TABLES) * V3NPU_PAGE_SIZE) |
				  V3NPU_PTE_VALID | (i % 64 ? V3NPU_PTE_WRITE : 0));
	}
	for (i = 0; i < LOOK_UPS; i++) {
		uint32_t where = input_u32(&in);
		uint64_t index2 = where & 15, index1 = where >> 4 & 15, index0 = where >> 8 & 15;
		uint64_t addr;

		if (where & 1u << 12)
			index0 += V3NPU_PT_ENTRIES - 16;
		if (where & 1u << 13)
			index1 += V3NPU_PT_ENTRIES - 16;
		addr = index2 << V3NPU_PT_SHIFT(2) | index1 << V3NPU_PT_SHIFT(1) |
		       index0 << V3NPU_PT_SHIFT(0) | (where >> 14 & 0xfff);
		mmu.tlb = where & 1u << 26 ? tlb : NULL;
		if (where & 1u << 27)
			v3npu_tlb_flush(tlb);
		look_up(&mmu, addr, 1ull << (where >> 28) * 2, where & 1u << 27);
	}
	v3npu_tlb_flush(tlb);
}
