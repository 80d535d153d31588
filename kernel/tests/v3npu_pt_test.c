// SPDX-License-Identifier: GPL-2.0-only
/* Page tables, read as the NPU reads them. */

#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>

#include <kunit/device.h>
#include <kunit/test.h>

#include "v3npu_pt.h"

/* Any addresses of memory will do: nobody reads it */
#define V3NPU_TEST_DMA		0x123456789000ull
#define V3NPU_TEST_DMA_LARGE	0x123456800000ull
#define V3NPU_TEST_VA		(3ull * SZ_1G)

#define V3NPU_TEST_TABLES_MAX	64

/**
 * struct v3npu_pt_test - empty tables
 * @dev: device that the tables are mapped for
 * @root: the root
 */
struct v3npu_pt_test {
	struct device *dev;
	struct v3npu_pt *root;
};

static int v3npu_pt_init(struct kunit *test)
{
	struct v3npu_pt_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	t->dev = kunit_device_register(test, "v3npu");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t->dev);
	KUNIT_ASSERT_EQ(test, dma_set_mask_and_coherent(t->dev, DMA_BIT_MASK(52)), 0);
	t->root = v3npu_pt_create(t->dev);
	KUNIT_ASSERT_NOT_NULL(test, t->root);

	return 0;
}

static void v3npu_pt_exit(struct kunit *test)
{
	struct v3npu_pt_test *t = test->priv;

	if (!t)
		return;
	v3npu_pt_destroy(t->dev, t->root);
}

static int v3npu_test_map(struct kunit *test, u64 va, u64 addr, u64 size, bool write)
{
	struct v3npu_pt_test *t = test->priv;

	return v3npu_pt_map(t->dev, t->root, va, addr, size, write);
}

static void v3npu_test_unmap(struct kunit *test, u64 va, u64 size)
{
	struct v3npu_pt_test *t = test->priv;

	v3npu_pt_unmap(t->root, va, size);
}

/* The entry that maps an address and the level of its table; 0 when nothing does */
static u64 v3npu_test_walk(struct kunit *test, u64 va, unsigned int *level)
{
	struct v3npu_pt_test *t = test->priv;
	struct v3npu_pt *pt = t->root;

	for (*level = 2;; --*level) {
		unsigned int i = (va >> V3NPU_PT_SHIFT(*level)) % V3NPU_PT_ENTRIES;
		u64 entry = pt->entries[i];

		if (!(entry & V3NPU_PTE_VALID)) {
			KUNIT_ASSERT_EQ(test, entry, 0);
			return 0;
		}
		if (!*level || entry & V3NPU_PTE_LARGE)
			return entry;
		/* Other bits of an entry that points to a table must be 0 */
		KUNIT_ASSERT_NOT_NULL(test, pt->child[i]);
		KUNIT_ASSERT_EQ(test, entry, pt->child[i]->dma | V3NPU_PTE_VALID);
		pt = pt->child[i];
	}
}

static bool v3npu_test_mapped(struct kunit *test, u64 va)
{
	unsigned int level;

	return v3npu_test_walk(test, va, &level);
}

/* Look at every page of a mapping, and that there is nothing around it. Return its 2 MiB pages. */
static u64 v3npu_test_expect(struct kunit *test, u64 va, u64 addr, u64 size, bool write)
{
	u64 flags = V3NPU_PTE_VALID | (write ? V3NPU_PTE_WRITE : 0);
	u64 offset, large = 0;
	unsigned int level;

	for (offset = 0; offset < size; offset += V3NPU_PAGE_SIZE) {
		u64 entry = v3npu_test_walk(test, va + offset, &level);
		u64 start = addr + offset;

		if (level) {
			start = ALIGN_DOWN(start, V3NPU_LARGE_PAGE_SIZE);
			large += start == addr + offset;
		}
		KUNIT_ASSERT_EQ_MSG(test, entry, start | flags | (level ? V3NPU_PTE_LARGE : 0),
				    "at %#llx + %#llx", va, offset);
	}
	if (va)
		KUNIT_EXPECT_FALSE(test, v3npu_test_mapped(test, va - V3NPU_PAGE_SIZE));
	if (va + size < V3NPU_VA_DRAM_END)
		KUNIT_EXPECT_FALSE(test, v3npu_test_mapped(test, va + size));

	return large;
}

static unsigned int v3npu_test_count_below(struct v3npu_pt *pt, unsigned int level,
					   dma_addr_t *addrs, unsigned int count)
{
	unsigned int i;

	if (count < V3NPU_TEST_TABLES_MAX)
		addrs[count] = pt->dma;
	count++;
	for (i = 0; level && i < V3NPU_PT_ENTRIES; i++)
		if (pt->child[i])
			count = v3npu_test_count_below(pt->child[i], level - 1, addrs, count);

	return count;
}

/* The number of tables; @addrs is filled in with where they are */
static unsigned int v3npu_test_tables(struct kunit *test, dma_addr_t addrs[V3NPU_TEST_TABLES_MAX])
{
	struct v3npu_pt_test *t = test->priv;
	unsigned int count = v3npu_test_count_below(t->root, 2, addrs, 0);

	KUNIT_ASSERT_LE(test, count, V3NPU_TEST_TABLES_MAX);

	return count;
}

static void v3npu_pt_empty_test(struct kunit *test)
{
	dma_addr_t addrs[V3NPU_TEST_TABLES_MAX];
	u64 va;

	KUNIT_EXPECT_EQ(test, v3npu_test_tables(test, addrs), 1);
	for (va = 0; va < V3NPU_VA_DRAM_END; va += SZ_1G)
		KUNIT_EXPECT_FALSE(test, v3npu_test_mapped(test, va));
}

/**
 * struct v3npu_pt_range - a mapping
 * @name: for people
 * @va: its address
 * @addr: of its memory
 * @size: bytes
 * @large: how many 2 MiB pages it has
 * @tables: of all levels
 */
struct v3npu_pt_range {
	const char *name;
	u64 va, addr, size, large;
	unsigned int tables;
};

static const struct v3npu_pt_range v3npu_pt_ranges[] = {
	{ "a page", V3NPU_TEST_VA, V3NPU_TEST_DMA, SZ_4K, 0, 3 },
	{ "the first page", 0, V3NPU_TEST_DMA, SZ_4K, 0, 3 },
	{ "the last page", V3NPU_VA_DRAM_END - SZ_4K, V3NPU_TEST_DMA, SZ_4K, 0, 3 },
	{ "the last bus address", V3NPU_TEST_VA, V3NPU_PTE_ADDR, SZ_4K, 0, 3 },
	{ "over the end of a table", V3NPU_TEST_VA + SZ_2M - SZ_4K, V3NPU_TEST_DMA, SZ_8K, 0, 4 },
	{ "over the end of a gigabyte", V3NPU_TEST_VA + SZ_1G - SZ_4K, V3NPU_TEST_DMA, SZ_8K, 0,
	  5 },
	{ "a large page", V3NPU_TEST_VA, V3NPU_TEST_DMA_LARGE, SZ_2M, 1, 2 },
	{ "the last large page", V3NPU_VA_DRAM_END - SZ_2M, V3NPU_TEST_DMA_LARGE, SZ_2M, 1, 2 },
	{ "a page less than a large one", V3NPU_TEST_VA, V3NPU_TEST_DMA_LARGE, SZ_2M - SZ_4K, 0,
	  3 },
	{ "a page more than a large one", V3NPU_TEST_VA, V3NPU_TEST_DMA_LARGE, SZ_2M + SZ_4K, 1,
	  3 },
	{ "large, from a page below", V3NPU_TEST_VA - SZ_4K, V3NPU_TEST_DMA_LARGE - SZ_4K,
	  2 * SZ_2M, 1, 5 },
	{ "large, at a small address", V3NPU_TEST_VA + SZ_4K, V3NPU_TEST_DMA_LARGE, SZ_2M, 0, 4 },
	{ "large, of small memory", V3NPU_TEST_VA, V3NPU_TEST_DMA, SZ_2M, 0, 3 },
	{ "a gigabyte", V3NPU_TEST_VA, V3NPU_TEST_DMA_LARGE, SZ_1G, 512, 2 },
	{ "over two gigabytes", V3NPU_TEST_VA - SZ_2M, V3NPU_TEST_DMA_LARGE, SZ_4M, 2, 3 },
};

static void v3npu_pt_range_desc(const struct v3npu_pt_range *range, char *desc)
{
	strscpy(desc, range->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(v3npu_pt, v3npu_pt_ranges, v3npu_pt_range_desc);

static void v3npu_pt_map_test(struct kunit *test)
{
	const struct v3npu_pt_range *range = test->param_value;
	dma_addr_t addrs[V3NPU_TEST_TABLES_MAX];
	bool write;
	u64 large;

	/* Read-only, and then again where it was */
	for (write = false;; write = true) {
		KUNIT_ASSERT_EQ(test, v3npu_test_map(test, range->va, range->addr, range->size,
						     write), 0);
		large = v3npu_test_expect(test, range->va, range->addr, range->size, write);
		KUNIT_EXPECT_EQ(test, large, range->large);
		KUNIT_EXPECT_EQ(test, v3npu_test_tables(test, addrs), range->tables);

		v3npu_test_unmap(test, range->va, range->size);
		v3npu_test_expect(test, range->va, 0, 0, write);
		KUNIT_EXPECT_FALSE(test, v3npu_test_mapped(test, range->va + range->size - SZ_4K));
		if (write)
			break;
	}
}

static void v3npu_pt_refused_test(struct kunit *test)
{
	static const struct {
		u64 va, addr, size;
	} bad[] = {
		{ V3NPU_TEST_VA + 1, V3NPU_TEST_DMA, SZ_4K },
		{ V3NPU_TEST_VA + SZ_2K, V3NPU_TEST_DMA, SZ_4K },
		{ V3NPU_TEST_VA, V3NPU_TEST_DMA + 64, SZ_4K },
		{ V3NPU_TEST_VA, V3NPU_TEST_DMA, 1 },
		{ V3NPU_TEST_VA, V3NPU_TEST_DMA, SZ_4K + SZ_2K },
		/* Beyond the address space, at its start or its end, or of 64 bits */
		{ V3NPU_VA_DRAM_END, V3NPU_TEST_DMA, SZ_4K },
		{ V3NPU_VA_DRAM_END - SZ_4K, V3NPU_TEST_DMA, SZ_8K },
		{ BIT_ULL(39), V3NPU_TEST_DMA, SZ_4K },
		{ -(u64)SZ_4K, V3NPU_TEST_DMA, SZ_4K },
		{ -(u64)SZ_4K, V3NPU_TEST_DMA, SZ_8K },
		{ SZ_4K, V3NPU_TEST_DMA, V3NPU_VA_DRAM_END },
		{ SZ_4K, 0, -(u64)SZ_4K },
		/* More bits than an entry has for the address */
		{ V3NPU_TEST_VA, V3NPU_PTE_ADDR, SZ_8K },
		{ V3NPU_TEST_VA, BIT_ULL(52), SZ_4K },
		{ V3NPU_TEST_VA, BIT_ULL(63), SZ_4K },
		{ V3NPU_TEST_VA, -(u64)SZ_4K, SZ_4K },
		{ V3NPU_TEST_VA, -(u64)SZ_4K, SZ_8K },
	};
	dma_addr_t addrs[V3NPU_TEST_TABLES_MAX];
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, v3npu_test_map(test, bad[i].va, bad[i].addr,
							 bad[i].size, true), -EINVAL, "range %d",
				    i);
	KUNIT_EXPECT_EQ(test, v3npu_test_tables(test, addrs), 1);

	KUNIT_EXPECT_EQ(test, v3npu_test_map(test, V3NPU_TEST_VA, V3NPU_TEST_DMA, 0, true), 0);
	KUNIT_EXPECT_FALSE(test, v3npu_test_mapped(test, V3NPU_TEST_VA));
}

static void v3npu_pt_neighbours_test(struct kunit *test)
{
	const u64 a = V3NPU_TEST_VA, b = a + SZ_4K, c = b + SZ_4K;

	KUNIT_ASSERT_EQ(test, v3npu_test_map(test, a, V3NPU_TEST_DMA, SZ_4K, true), 0);
	KUNIT_ASSERT_EQ(test, v3npu_test_map(test, c, V3NPU_TEST_DMA, SZ_4K, true), 0);
	KUNIT_ASSERT_EQ(test, v3npu_test_map(test, b, V3NPU_TEST_DMA, SZ_4K, false), 0);
	v3npu_test_unmap(test, b, SZ_4K);
	KUNIT_EXPECT_TRUE(test, v3npu_test_mapped(test, a));
	KUNIT_EXPECT_FALSE(test, v3npu_test_mapped(test, b));
	KUNIT_EXPECT_TRUE(test, v3npu_test_mapped(test, c));
}

/* Where a table of small pages was once, it stays, and large pages are not possible */
static void v3npu_pt_large_after_small_test(struct kunit *test)
{
	const u64 va = V3NPU_TEST_VA, addr = V3NPU_TEST_DMA_LARGE;
	dma_addr_t addrs[V3NPU_TEST_TABLES_MAX];

	KUNIT_ASSERT_EQ(test, v3npu_test_map(test, va + SZ_8K, addr, SZ_4K, true), 0);
	v3npu_test_unmap(test, va + SZ_8K, SZ_4K);
	KUNIT_ASSERT_EQ(test, v3npu_test_map(test, va, addr, 2 * SZ_2M, true), 0);
	KUNIT_EXPECT_EQ(test, v3npu_test_expect(test, va, addr, 2 * SZ_2M, true), 1);
	KUNIT_EXPECT_EQ(test, v3npu_test_tables(test, addrs), 3);
	v3npu_test_unmap(test, va, 2 * SZ_2M);
	v3npu_test_expect(test, va, 0, 0, true);
	KUNIT_EXPECT_FALSE(test, v3npu_test_mapped(test, va + SZ_2M));
}

static void v3npu_pt_small_after_large_test(struct kunit *test)
{
	const u64 va = V3NPU_TEST_VA, addr = V3NPU_TEST_DMA_LARGE;

	KUNIT_ASSERT_EQ(test, v3npu_test_map(test, va, addr, SZ_2M, true), 0);
	v3npu_test_unmap(test, va, SZ_2M);
	KUNIT_ASSERT_EQ(test, v3npu_test_map(test, va + SZ_4K, addr, SZ_8K, false), 0);
	v3npu_test_expect(test, va + SZ_4K, addr, SZ_8K, false);
}

static void v3npu_pt_reuse_test(struct kunit *test)
{
	const u64 va = V3NPU_TEST_VA - SZ_8K, size = SZ_2M + SZ_16K;
	dma_addr_t addrs[V3NPU_TEST_TABLES_MAX], first[V3NPU_TEST_TABLES_MAX];
	unsigned int i, tables;

	KUNIT_ASSERT_EQ(test, v3npu_test_map(test, va, V3NPU_TEST_DMA, size, true), 0);
	tables = v3npu_test_tables(test, first);
	for (i = 0; i < 100; i++) {
		v3npu_test_unmap(test, va, size);
		KUNIT_ASSERT_EQ(test, v3npu_test_map(test, va, V3NPU_TEST_DMA + i * SZ_4K, size,
						     i % 2), 0);
		v3npu_test_expect(test, va, V3NPU_TEST_DMA + i * SZ_4K, size, i % 2);
		KUNIT_ASSERT_EQ(test, v3npu_test_tables(test, addrs), tables);
		KUNIT_ASSERT_MEMEQ(test, addrs, first, tables * sizeof(addrs[0]));
	}
}

/* Nobody but this test has the tables' pages afterwards */
static void v3npu_pt_destroy_test(struct kunit *test)
{
	struct v3npu_pt_test *t = test->priv;
	dma_addr_t addrs[V3NPU_TEST_TABLES_MAX];
	unsigned int i, tables;

	for (i = 0; i < 10; i++)
		KUNIT_ASSERT_EQ(test, v3npu_test_map(test, i * (u64)(SZ_1G + SZ_2M),
						     V3NPU_TEST_DMA, SZ_8K, true), 0);
	tables = v3npu_test_tables(test, addrs);
	KUNIT_EXPECT_EQ(test, tables, 1 + 10 + 10);
	for (i = 0; i < tables; i++)
		get_page(pfn_to_page(PHYS_PFN(addrs[i])));
	v3npu_pt_destroy(t->dev, t->root);
	t->root = NULL;

	for (i = 0; i < tables; i++) {
		KUNIT_EXPECT_EQ(test, page_count(pfn_to_page(PHYS_PFN(addrs[i]))), 1);
		put_page(pfn_to_page(PHYS_PFN(addrs[i])));
	}
}

/* Memory of @count segments */
static void v3npu_test_sgt(struct kunit *test, struct sg_table *sgt, const u64 *addrs,
			   const u64 *sizes, unsigned int count)
{
	struct scatterlist *sg;
	int i;

	KUNIT_ASSERT_EQ(test, sg_alloc_table(sgt, count, GFP_KERNEL), 0);
	for_each_sgtable_dma_sg(sgt, sg, i) {
		sg_dma_address(sg) = addrs[i];
		sg_dma_len(sg) = sizes[i];
	}
}

static int v3npu_test_map_sgt(struct kunit *test, u64 va, const u64 *addrs, const u64 *sizes,
			      unsigned int count, u64 size)
{
	struct v3npu_pt_test *t = test->priv;
	struct sg_table sgt;
	int ret;

	v3npu_test_sgt(test, &sgt, addrs, sizes, count);
	ret = v3npu_pt_map_sgt(t->dev, t->root, va, &sgt, size, true);
	sg_free_table(&sgt);

	return ret;
}

static void v3npu_pt_sgt_test(struct kunit *test)
{
	static const u64 addrs[] = { 0x5000000, 0x1000, 0x7fe00000, BIT_ULL(51) };
	static const u64 sizes[] = { SZ_2M, SZ_4K, SZ_2M, SZ_8K };
	const u64 va = V3NPU_TEST_VA;
	unsigned int level;
	u64 offset = 0;
	int i;

	KUNIT_ASSERT_EQ(test, v3npu_test_map_sgt(test, va, addrs, sizes, 4,
						 2 * SZ_2M + SZ_4K + SZ_8K), 0);
	for (i = 0; i < 4; offset += sizes[i++]) {
		u64 first = v3npu_test_walk(test, va + offset, &level);
		u64 last = v3npu_test_walk(test, va + offset + sizes[i] - SZ_4K, &level);

		KUNIT_EXPECT_EQ(test, first & V3NPU_PTE_ADDR, addrs[i]);
		/* A large page has one entry for all of it */
		KUNIT_EXPECT_EQ(test, last & V3NPU_PTE_ADDR,
				level ? addrs[i] : addrs[i] + sizes[i] - SZ_4K);
		KUNIT_EXPECT_EQ(test, level, i == 0);
	}
	KUNIT_EXPECT_FALSE(test, v3npu_test_mapped(test, va + offset));
}

/* A buffer may be smaller than its memory */
static void v3npu_pt_sgt_longer_test(struct kunit *test)
{
	static const u64 addrs[] = { 0x5000000, 0x9000000 };
	static const u64 sizes[] = { SZ_8K, SZ_8K };
	const u64 va = V3NPU_TEST_VA;

	KUNIT_ASSERT_EQ(test, v3npu_test_map_sgt(test, va, addrs, sizes, 2, SZ_4K), 0);
	v3npu_test_expect(test, va, addrs[0], SZ_4K, true);
	v3npu_test_unmap(test, va, SZ_4K);
	KUNIT_ASSERT_EQ(test, v3npu_test_map_sgt(test, va, addrs, sizes, 2, SZ_8K + SZ_4K), 0);
	KUNIT_EXPECT_TRUE(test, v3npu_test_mapped(test, va + SZ_8K));
	KUNIT_EXPECT_FALSE(test, v3npu_test_mapped(test, va + SZ_8K + SZ_4K));
}

static void v3npu_pt_sgt_refused_test(struct kunit *test)
{
	static const u64 addrs[] = { 0x5000000, 0x9000000 };
	static const u64 odd_addrs[] = { 0x5000000, 0x9000800 };
	static const u64 high_addrs[] = { 0x5000000, BIT_ULL(52) };
	static const u64 sizes[] = { SZ_8K, SZ_8K };
	static const u64 odd_sizes[] = { SZ_4K + SZ_2K, SZ_8K + SZ_2K };
	const u64 va = V3NPU_TEST_VA;

	/* Less memory than the buffer has */
	KUNIT_EXPECT_EQ(test, v3npu_test_map_sgt(test, va, addrs, sizes, 2, SZ_16K + SZ_4K),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, v3npu_test_map_sgt(test, va, addrs, sizes, 1, SZ_16K), -EINVAL);
	/* Not whole pages, though their sum is */
	KUNIT_EXPECT_EQ(test, v3npu_test_map_sgt(test, va, addrs, odd_sizes, 2, SZ_16K), -EINVAL);
	KUNIT_EXPECT_EQ(test, v3npu_test_map_sgt(test, va, odd_addrs, sizes, 2, SZ_16K), -EINVAL);
	KUNIT_EXPECT_EQ(test, v3npu_test_map_sgt(test, va, high_addrs, sizes, 2, SZ_16K), -EINVAL);
	KUNIT_EXPECT_EQ(test, v3npu_test_map_sgt(test, V3NPU_VA_DRAM_END - SZ_8K, addrs, sizes, 2,
						 SZ_16K), -EINVAL);

	/* Not a part of it either */
	KUNIT_EXPECT_FALSE(test, v3npu_test_mapped(test, va));
	KUNIT_EXPECT_FALSE(test, v3npu_test_mapped(test, V3NPU_VA_DRAM_END - SZ_8K));
}

static struct kunit_case v3npu_pt_cases[] = {
	KUNIT_CASE(v3npu_pt_empty_test),
	KUNIT_CASE_PARAM(v3npu_pt_map_test, v3npu_pt_gen_params),
	KUNIT_CASE(v3npu_pt_refused_test),
	KUNIT_CASE(v3npu_pt_neighbours_test),
	KUNIT_CASE(v3npu_pt_large_after_small_test),
	KUNIT_CASE(v3npu_pt_small_after_large_test),
	KUNIT_CASE(v3npu_pt_reuse_test),
	KUNIT_CASE(v3npu_pt_destroy_test),
	KUNIT_CASE(v3npu_pt_sgt_test),
	KUNIT_CASE(v3npu_pt_sgt_longer_test),
	KUNIT_CASE(v3npu_pt_sgt_refused_test),
	{ }
};

static struct kunit_suite v3npu_pt_suite = {
	.name = "v3npu_pt",
	.init = v3npu_pt_init,
	.exit = v3npu_pt_exit,
	.test_cases = v3npu_pt_cases,
};

kunit_test_suite(v3npu_pt_suite);
