// SPDX-License-Identifier: MIT
/* Page-table walks and the cache of their results */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "mmu.h"

#define PAGE_MASK	((uint64_t)V3NPU_PAGE_SIZE - 1)
#define TLB_SIZE	8192	/* entries, a power of two: 32 MiB of 4 KiB pages */
#define TLB_WAYS	8	/* entries that are tried for a key */
#define RUN_PAGES	128	/* neighbouring pages that are translated together, at most */

/*
 * What an entry caches, part of its key. A page is cached apart for reading
 * and for writing, since the host may map it differently.
 */
enum tlb_kind {
	TLB_READ,
	TLB_WRITE,
	TLB_TABLE,	/* the level 0 table of a 2 MiB region */
};

/*
 * An entry is valid when @generation is the cache's. Within a generation it
 * is written once and never changed, so whoever sees the generation (written
 * last, with release) can use the rest without a lock.
 */
struct tlb_entry {
	atomic_uint_fast64_t generation;
	atomic_uint_fast64_t key;
	_Atomic(void *) host;
	atomic_size_t run;	/* bytes from @host that are contiguous, at least the page */
};

struct v3npu_tlb {
	uint64_t generation;
	pthread_mutex_t insert;
	struct tlb_entry entries[TLB_SIZE];
};

/* A leaf entry of a page table; @table is the host's pointer to the level 0 table that it is of */
struct leaf {
	uint64_t base;
	uint64_t size;
	bool write;
	const void *table;
};

struct v3npu_tlb *v3npu_tlb_new(void)
{
	struct v3npu_tlb *tlb = calloc(1, sizeof(*tlb));
	int ret;

	if (!tlb)
		return NULL;
	ret = pthread_mutex_init(&tlb->insert, NULL);
	if (ret) {
		free(tlb);
		errno = ret;
		return NULL;
	}
	tlb->generation = 1;
	return tlb;
}

void v3npu_tlb_free(struct v3npu_tlb *tlb)
{
	if (!tlb)
		return;
	pthread_mutex_destroy(&tlb->insert);
	free(tlb);
}

void v3npu_tlb_flush(struct v3npu_tlb *tlb)
{
	tlb->generation++;
}

static uint64_t tlb_key(uint64_t addr, enum tlb_kind kind)
{
	int shift = kind == TLB_TABLE ? V3NPU_PT_SHIFT(1) : V3NPU_PT_SHIFT(0);

	return (addr >> shift) << 2 | kind;
}

/* The @way-th entry to try; neighbouring pages get neighbouring entries */
static struct tlb_entry *tlb_slot(struct v3npu_tlb *tlb, uint64_t key, unsigned int way)
{
	uint64_t spread = (key >> 2) + (key & 3) * (TLB_SIZE / 3);

	return &tlb->entries[(spread + way) % TLB_SIZE];
}

static void *tlb_find(struct v3npu_tlb *tlb, uint64_t key, size_t *run)
{
	unsigned int way;

	for (way = 0; way < TLB_WAYS; way++) {
		struct tlb_entry *e = tlb_slot(tlb, key, way);

		if (atomic_load_explicit(&e->generation, memory_order_acquire) != tlb->generation)
			return NULL;
		if (atomic_load_explicit(&e->key, memory_order_relaxed) == key) {
			*run = atomic_load_explicit(&e->run, memory_order_relaxed);
			return atomic_load_explicit(&e->host, memory_order_relaxed);
		}
	}
	return NULL;
}

/*
 * With @insert held. A cache that is full for this key stays as it is: the walk is done again next
 * time.
 */
static void tlb_insert(struct v3npu_tlb *tlb, uint64_t key, void *host, size_t run)
{
	unsigned int way;

	for (way = 0; way < TLB_WAYS; way++) {
		struct tlb_entry *e = tlb_slot(tlb, key, way);

		if (atomic_load_explicit(&e->generation, memory_order_relaxed) == tlb->generation) {
			if (atomic_load_explicit(&e->key, memory_order_relaxed) == key)
				break;
			continue;
		}
		atomic_store_explicit(&e->key, key, memory_order_relaxed);
		atomic_store_explicit(&e->host, host, memory_order_relaxed);
		atomic_store_explicit(&e->run, run, memory_order_relaxed);
		atomic_store_explicit(&e->generation, tlb->generation, memory_order_release);
		break;
	}
}

static void tlb_insert_table(struct v3npu_tlb *tlb, uint64_t key, void *table)
{
	pthread_mutex_lock(&tlb->insert);
	tlb_insert(tlb, key, table, V3NPU_PAGE_SIZE);
	pthread_mutex_unlock(&tlb->insert);
}

/* All pages from @addr on, of which @run bytes are at @host, whole pages */
static void tlb_insert_run(struct v3npu_tlb *tlb, uint64_t addr, enum tlb_kind kind, uint8_t *host,
			   size_t run)
{
	size_t done;

	pthread_mutex_lock(&tlb->insert);
	for (done = 0; done < run; done += V3NPU_PAGE_SIZE)
		tlb_insert(tlb, tlb_key(addr + done, kind), host + done, run - done);
	pthread_mutex_unlock(&tlb->insert);
}

/* The pages from bus address @page on, up to @size bytes of them in @run; NULL if there is none */
static void *map_pages(const struct v3npu_mmu *mmu, uint64_t page, size_t size, bool write,
		       size_t *run)
{
	void *host;

	*run = 0;
	host = mmu->host->map(mmu->opaque, mmu->user, page, size, write, run);
	if (*run > size)
		*run = size;
	*run &= ~(size_t)PAGE_MASK;
	return host && *run ? host : NULL;
}

/* The entry for @addr of the table at @table (bus address or, if not NULL, @host) */
static bool read_entry(const struct v3npu_mmu *mmu, uint64_t table, const void *host,
		       unsigned int level, uint64_t addr, uint64_t *entry)
{
	uint64_t index = addr >> V3NPU_PT_SHIFT(level) & (V3NPU_PT_ENTRIES - 1);
	const uint64_t *e = host;
	size_t run = 0;

	if (e) {
		e += index;
	} else {
		e = mmu->host->map(mmu->opaque, mmu->user, table + index * sizeof(*e), sizeof(*e),
				   false, &run);
		if (!e || run < sizeof(*e))
			return false;
	}
	*entry = __atomic_load_n(e, __ATOMIC_ACQUIRE);
	return *entry & V3NPU_PTE_VALID;
}

/* A present entry's reserved bits: any of them set ends the walk */
static bool leaf_is_wellformed(uint64_t entry, uint64_t size)
{
	uint64_t allowed = V3NPU_PTE_VALID | V3NPU_PTE_WRITE | (V3NPU_PTE_ADDR & ~(size - 1));

	if (size == V3NPU_LARGE_PAGE_SIZE)
		allowed |= V3NPU_PTE_LARGE;
	return !(entry & ~allowed);
}

static bool table_is_wellformed(uint64_t entry)
{
	return !(entry & ~(V3NPU_PTE_VALID | V3NPU_PTE_ADDR));
}

static bool make_leaf(uint64_t entry, uint64_t size, struct leaf *leaf)
{
	if (!leaf_is_wellformed(entry, size))
		return false;
	leaf->base = entry & V3NPU_PTE_ADDR;
	leaf->size = size;
	leaf->write = entry & V3NPU_PTE_WRITE;
	return true;
}

static bool walk(const struct v3npu_mmu *mmu, uint64_t addr, struct leaf *leaf)
{
	uint64_t region = tlb_key(addr, TLB_TABLE);
	size_t run;
	void *table = mmu->tlb ? tlb_find(mmu->tlb, region, &run) : NULL;
	uint64_t entry = mmu->root;

	leaf->table = NULL;
	if (!table) {
		/* The root registers have the form of a table entry */
		_Static_assert(V3NPU_MMU_ROOT_ENABLE == V3NPU_PTE_VALID, "one form");
		if (!(entry & V3NPU_PTE_VALID) || !table_is_wellformed(entry))
			return false;
		if (!read_entry(mmu, entry & V3NPU_PTE_ADDR, NULL, 2, addr, &entry) ||
		    !table_is_wellformed(entry))
			return false;
		if (!read_entry(mmu, entry & V3NPU_PTE_ADDR, NULL, 1, addr, &entry))
			return false;
		if (entry & V3NPU_PTE_LARGE)
			return make_leaf(entry, V3NPU_LARGE_PAGE_SIZE, leaf);
		if (!table_is_wellformed(entry))
			return false;
		if (mmu->tlb) {
			table = map_pages(mmu, entry & V3NPU_PTE_ADDR, V3NPU_PAGE_SIZE, false,
					  &run);
			if (table)
				tlb_insert_table(mmu->tlb, region, table);
		}
	}
	leaf->table = table;
	return read_entry(mmu, entry & V3NPU_PTE_ADDR, table, 0, addr, &entry) &&
	       make_leaf(entry, V3NPU_PAGE_SIZE, leaf);
}

/* The leaf of page @addr, which follows one whose leaf is @leaf; it is replaced */
static bool walk_on(const struct v3npu_mmu *mmu, uint64_t addr, struct leaf *leaf)
{
	uint64_t entry;

	if (!leaf->table || !(addr % V3NPU_LARGE_PAGE_SIZE))
		return walk(mmu, addr, leaf);
	/* Even where the cache has no room for the table there is one walk for all of its pages */
	return read_entry(mmu, 0, leaf->table, 0, addr, &entry) &&
	       make_leaf(entry, V3NPU_PAGE_SIZE, leaf);
}

/*
 * Bytes from page @addr on, whose leaf is @leaf, that lie side by side on the bus and can be used
 * likewise: @want, which is whole pages, or fewer
 */
static size_t find_run(const struct v3npu_mmu *mmu, uint64_t addr, const struct leaf *leaf,
		       size_t want, bool write)
{
	uint64_t page = leaf->base + (addr & (leaf->size - 1));
	uint64_t size = leaf->size - (addr & (leaf->size - 1));
	struct leaf next = *leaf;

	while (size < want && addr + size < V3NPU_VA_DRAM_END &&
	       walk_on(mmu, addr + size, &next) && (next.write || !write) &&
	       next.base == page + size && !((addr + size) & (next.size - 1)))
		size += next.size;
	return size < want ? size : want;
}

static void *walk_and_map(const struct v3npu_mmu *mmu, uint64_t addr, size_t want, bool write,
			  size_t *run)
{
	struct leaf leaf;
	uint64_t offset;
	void *host;

	if (!walk(mmu, addr, &leaf) || (write && !leaf.write))
		return NULL;
	if (mmu->tlb) {
		uint64_t first = addr & ~PAGE_MASK;
		size_t most = RUN_PAGES * V3NPU_PAGE_SIZE, size = most;

		if (want < most - V3NPU_PAGE_SIZE)
			size = (want + (addr & PAGE_MASK) + PAGE_MASK) & ~PAGE_MASK;
		size = find_run(mmu, first, &leaf, size, write);
		host = map_pages(mmu, leaf.base + (first & (leaf.size - 1)), size, write, &size);
		if (host) {
			tlb_insert_run(mmu->tlb, first, write ? TLB_WRITE : TLB_READ, host, size);
			*run = size - (addr & PAGE_MASK);
			return (uint8_t *)host + (addr & PAGE_MASK);
		}
	}
	offset = addr & (leaf.size - 1);
	if (want > leaf.size - offset)
		want = leaf.size - offset;
	*run = 0;
	host = mmu->host->map(mmu->opaque, mmu->user, leaf.base + offset, want, write, run);
	return *run ? host : NULL;
}

void *v3npu_mmu_map(void *opaque, uint64_t addr, size_t want, bool write, size_t *run)
{
	const struct v3npu_mmu *mmu = opaque;
	void *host;

	if (addr >= V3NPU_VA_DRAM_END || !want)
		return NULL;
	if (mmu->tlb) {
		host = tlb_find(mmu->tlb, tlb_key(addr, write ? TLB_WRITE : TLB_READ), run);
		if (host) {
			*run -= addr & PAGE_MASK;
			return (uint8_t *)host + (addr & PAGE_MASK);
		}
	}
	if (mmu->host->enter)
		mmu->host->enter(mmu->opaque, mmu->user);
	host = walk_and_map(mmu, addr, want, write, run);
	if (mmu->host->leave)
		mmu->host->leave(mmu->opaque, mmu->user);
	return host;
}
