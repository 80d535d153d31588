// SPDX-License-Identifier: MIT
/* DEV_QUERY, BO_CREATE, BO_MMAP_OFFSET, BO_INFO, BO_WAIT. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <xf86drm.h>

#include "kselftest_harness.h"
#include "npu.h"
#include "v3npu/regs.h"

#define PAGE	4096ul
#define GIB	(1ull << 30)

FIXTURE(bo)
{
	int fd;
};

FIXTURE_SETUP(bo)
{
	self->fd = npu_open();
}

FIXTURE_TEARDOWN(bo)
{
	close(self->fd);
}

static int create(int fd, uint64_t size, uint32_t flags, struct drm_v3npu_bo_create *args)
{
	*args = (struct drm_v3npu_bo_create){ .size = size, .flags = flags };
	return npu_ioctl(fd, DRM_IOCTL_V3NPU_BO_CREATE, args);
}

/* Kilobytes of huge pages that file systems in memory have; -1 if the kernel has none at all */
static long huge_pages(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128];
	long kb = -1;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "ShmemHugePages: %ld", &kb) == 1)
			break;
	if (f)
		fclose(f);
	return kb;
}

TEST_F(bo, query_fills_in_the_device)
{
	struct drm_v3npu_dev_info info = {};
	struct drm_v3npu_dev_query query = { .size = sizeof(info), .pointer = (uintptr_t)&info };

	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_DEV_QUERY, &query), 0);
	EXPECT_EQ(query.size, sizeof(info));
	EXPECT_EQ(info.hw_version >> 16, V3NPU_HW_VERSION_MAJOR(V3NPU_HW_VERSION));
	EXPECT_NE(info.fw_version, 0);
	EXPECT_EQ(info.cmd_version, V3NPU_CMD_VERSION);
	EXPECT_NE(info.macs, 0);
	EXPECT_NE(info.dram_mbps, 0);
	EXPECT_NE(info.clock_mhz, 0);
	EXPECT_EQ(info.sram_va, V3NPU_VA_SRAM);
	EXPECT_NE(info.va_start, 0);
	EXPECT_LE(info.va_end, V3NPU_VA_DRAM_END);
	EXPECT_NE(info.job_timeout_ms, 0);
	EXPECT_NE(info.max_contexts, 0);
}

TEST_F(bo, query_returns_size)
{
	struct drm_v3npu_dev_query query = {};

	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_DEV_QUERY, &query), 0);
	EXPECT_EQ(query.size, sizeof(struct drm_v3npu_dev_info));
}

TEST_F(bo, query_writes_no_more_than_asked)
{
	uint8_t bytes[16];
	struct drm_v3npu_dev_query query = { .size = 8, .pointer = (uintptr_t)bytes };

	memset(bytes, 0xa5, sizeof(bytes));
	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_DEV_QUERY, &query), 0);
	EXPECT_EQ(query.size, 8);
	EXPECT_NE(bytes[2], 0xa5);
	for (size_t i = 8; i < sizeof(bytes); i++)
		EXPECT_EQ(bytes[i], 0xa5);
}

TEST_F(bo, query_size_may_be_larger)
{
	uint8_t bytes[4096];
	struct drm_v3npu_dev_query query = { .size = ~0u, .pointer = (uintptr_t)bytes };

	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_DEV_QUERY, &query), 0);
	EXPECT_EQ(query.size, sizeof(struct drm_v3npu_dev_info));
}

TEST_F(bo, query_rejects_bad_arguments)
{
	struct drm_v3npu_dev_query type = { .type = 2 };
	struct drm_v3npu_dev_query pointer = { .size = 8, .pointer = 8 };

	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_DEV_QUERY, &type), -EINVAL);
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_DEV_QUERY, &pointer), -EFAULT);
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_DEV_QUERY, (void *)8), -EFAULT);
}

TEST_F(bo, create_rounds_up_and_maps)
{
	struct drm_v3npu_bo_create a, b;

	ASSERT_EQ(create(self->fd, 1, 0, &a), 0);
	ASSERT_EQ(create(self->fd, PAGE + 1, DRM_V3NPU_BO_NPU_READONLY, &b), 0);
	EXPECT_NE(a.handle, 0);
	EXPECT_NE(b.handle, a.handle);
	EXPECT_EQ(a.size, PAGE);
	EXPECT_EQ(b.size, 2 * PAGE);
	EXPECT_NE(a.va, 0);
	EXPECT_EQ(a.va % PAGE, 0);
	EXPECT_TRUE(a.va + a.size <= b.va || b.va + b.size <= a.va);
}

TEST_F(bo, create_rejects_bad_arguments)
{
	struct drm_v3npu_bo_create args;

	EXPECT_EQ(create(self->fd, 0, 0, &args), -EINVAL);
	EXPECT_EQ(create(self->fd, PAGE, 2, &args), -EINVAL);
	EXPECT_EQ(create(self->fd, PAGE, 1u << 31, &args), -EINVAL);
	EXPECT_EQ(create(self->fd, 4 * GIB + 1, 0, &args), -EINVAL);
	EXPECT_EQ(create(self->fd, 1ull << 63, 0, &args), -EINVAL);
	EXPECT_EQ(create(self->fd, ~0ull, 0, &args), -EINVAL);
	EXPECT_EQ(create(self->fd, ~0ull - PAGE + 2, 0, &args), -EINVAL);
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_CREATE, NULL), -EFAULT);
}

TEST_F(bo, create_of_more_than_the_memory_fails)
{
	struct drm_v3npu_bo_create args;
	struct sysinfo info;

	ASSERT_EQ(sysinfo(&info), 0);
	if (info.totalram * info.mem_unit > 4 * GIB)
		SKIP(return, "the largest buffer fits");
	EXPECT_EQ(create(self->fd, 4 * GIB, 0, &args), -ENOMEM);
}

TEST_F(bo, info_returns_what_create_did)
{
	struct drm_v3npu_bo_create args;
	struct drm_v3npu_bo_info info = { .flags = ~0u, .size = ~0ull, .va = ~0ull };

	ASSERT_EQ(create(self->fd, 3 * PAGE, DRM_V3NPU_BO_NPU_READONLY, &args), 0);
	info.handle = args.handle;
	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_INFO, &info), 0);
	EXPECT_EQ(info.flags, DRM_V3NPU_BO_NPU_READONLY);
	EXPECT_EQ(info.size, 3 * PAGE);
	EXPECT_EQ(info.va, args.va);
}

TEST_F(bo, bad_handles_are_rejected)
{
	static const uint32_t handles[] = { 0, 1, 1000, ~0u };

	for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++) {
		struct drm_v3npu_bo_info info = { .handle = handles[i] };
		struct drm_v3npu_bo_mmap_offset offset = { .handle = handles[i] };
		struct drm_v3npu_bo_wait wait = { .handle = handles[i] };

		EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_INFO, &info), -ENOENT);
		EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_MMAP_OFFSET, &offset), -ENOENT);
		EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_WAIT, &wait), -ENOENT);
	}
}

TEST_F(bo, handles_of_another_file_are_rejected)
{
	int other = npu_open();
	struct npu_bo bo = npu_bo_create(other, PAGE, 0);
	struct drm_v3npu_bo_info info = { .handle = bo.handle };
	struct drm_v3npu_bo_wait wait = { .handle = bo.handle };
	struct drm_v3npu_bo_mmap_offset offset = { .handle = bo.handle };

	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_INFO, &info), -ENOENT);
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_WAIT, &wait), -ENOENT);
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_MMAP_OFFSET, &offset), -ENOENT);

	/* Nor does the other file's mmap offset open its buffer. */
	offset.handle = bo.handle;
	ASSERT_EQ(npu_ioctl(other, DRM_IOCTL_V3NPU_BO_MMAP_OFFSET, &offset), 0);
	EXPECT_EQ(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, (off_t)offset.offset),
		  MAP_FAILED);
	EXPECT_EQ(errno, EACCES);
	npu_bo_destroy(other, &bo);
	close(other);
}

TEST_F(bo, padding_must_be_zero)
{
	struct npu_bo bo = npu_bo_create(self->fd, PAGE, 0);
	struct drm_v3npu_bo_mmap_offset offset = { .handle = bo.handle, .pad = 1 };
	struct drm_v3npu_bo_wait wait = { .handle = bo.handle, .pad = 1 };

	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_MMAP_OFFSET, &offset), -EINVAL);
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_WAIT, &wait), -EINVAL);
}

TEST_F(bo, memory_is_zeroed_and_keeps_what_is_written)
{
	struct npu_bo bo = npu_bo_create(self->fd, 3 << 20, 0);
	struct drm_v3npu_bo_mmap_offset offset = { .handle = bo.handle };
	uint8_t *again;

	for (size_t i = 0; i < bo.size; i += 64)
		ASSERT_EQ(bo.map[i], 0);
	for (size_t i = 0; i < bo.size; i += 64)
		bo.map[i] = (uint8_t)(i / 64 * 7);

	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_MMAP_OFFSET, &offset), 0);
	again = mmap(NULL, bo.size, PROT_READ, MAP_SHARED, self->fd, (off_t)offset.offset);
	ASSERT_NE(again, MAP_FAILED);
	for (size_t i = 0; i < bo.size; i += 64)
		ASSERT_EQ(again[i], (uint8_t)(i / 64 * 7));
	munmap(again, bo.size);
}

TEST_F(bo, large_buffers_are_huge_pages)
{
	struct drm_v3npu_bo_create small, large;
	long before = huge_pages();

	if (before < 0)
		SKIP(return, "the kernel has no huge pages");
	ASSERT_EQ(create(self->fd, V3NPU_LARGE_PAGE_SIZE - PAGE, 0, &small), 0);
	EXPECT_EQ(huge_pages(), before);
	ASSERT_EQ(create(self->fd, 4 * V3NPU_LARGE_PAGE_SIZE + PAGE, 0, &large), 0);
	EXPECT_EQ(large.va % V3NPU_LARGE_PAGE_SIZE, 0);
	/* Four, but memory may be in pieces */
	EXPECT_GT(huge_pages(), before);

	close(self->fd);
	EXPECT_EQ(huge_pages(), before);
	self->fd = npu_open();
}

TEST_F(bo, private_mapping_is_refused)
{
	struct npu_bo bo = npu_bo_create(self->fd, PAGE, 0);
	struct drm_v3npu_bo_mmap_offset offset = { .handle = bo.handle };

	ASSERT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_MMAP_OFFSET, &offset), 0);
	EXPECT_EQ(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, self->fd,
		       (off_t)offset.offset), MAP_FAILED);
}

TEST_F(bo, mapping_outlives_its_handle)
{
	struct npu_bo bo = npu_bo_create(self->fd, PAGE, 0);

	bo.map[7] = 42;
	ASSERT_EQ(drmCloseBufferHandle(self->fd, bo.handle), 0);
	EXPECT_EQ(bo.map[7], 42);
	EXPECT_NE(drmCloseBufferHandle(self->fd, bo.handle), 0);
}

TEST_F(bo, addresses_are_used_again)
{
	struct npu_bo bo = npu_bo_create(self->fd, PAGE, 0);
	uint64_t va = bo.va;

	for (int i = 0; i < 200; i++) {
		npu_bo_destroy(self->fd, &bo);
		bo = npu_bo_create(self->fd, PAGE, 0);
		ASSERT_EQ(bo.va, va);
	}
}

TEST_F(bo, wait_without_a_job_returns)
{
	struct npu_bo bo = npu_bo_create(self->fd, PAGE, 0);
	struct drm_v3npu_bo_wait poll = { .handle = bo.handle };
	struct drm_v3npu_bo_wait past = { .handle = bo.handle, .timeout_ns = -1 };
	struct drm_v3npu_bo_wait future = { .handle = bo.handle, .timeout_ns = INT64_MAX };

	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_WAIT, &poll), 0);
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_WAIT, &past), 0);
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_WAIT, &future), 0);
}

TEST_F(bo, node_needs_permission)
{
	/* Neither root nor in group render. */
	ASSERT_EQ(setgid(65534), 0);
	ASSERT_EQ(setuid(65534), 0);
	EXPECT_EQ(open(npu_path(), O_RDWR), -1);
	EXPECT_EQ(errno, EACCES);
}

TEST_HARNESS_MAIN
