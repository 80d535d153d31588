// SPDX-License-Identifier: MIT
/* Memory that is shared through dma-bufs: whose bytes they are, and how long. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/dma-buf.h>
#include <linux/udmabuf.h>
#include <xf86drm.h>

#include "dmabuf.h"
#include "kselftest_harness.h"
#include "npu.h"

#define PAGE	4096ul
#define MIB	(1ul << 20)

FIXTURE(prime)
{
	int fd;
	struct npu_bo cmds;
	struct npu_job job;
};

FIXTURE_SETUP(prime)
{
	self->fd = npu_open();
	self->cmds = npu_bo_create(self->fd, PAGE, 0);
	self->job = (struct npu_job){
		.ctx = npu_ctx_create(self->fd),
		.cmds = &self->cmds,
	};
}

FIXTURE_TEARDOWN(prime)
{
	close(self->fd);
}

/* Bytes that differ from place to place. */
static void fill(uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256 * 31 + 1);
}

/* Let the NPU copy @size bytes of the file's address space. */
static int copy(int fd, struct npu_job job, uint64_t from, uint64_t to, uint32_t size)
{
	job.cmds_size = npu_cmd_copy(job.cmds->map, 1, from, to, size);
	return npu_run(fd, job, 20);
}

TEST_F(prime, npu_reads_and_writes_a_memfd)
{
	/* Large enough for 2 MiB pages, and bytes that are not a whole number of pages. */
	const uint32_t bytes = MIB - 123;
	struct dmabuf buf = dmabuf_udmabuf(4 * MIB);
	struct npu_bo bo = dmabuf_import(self->fd, buf.fd);
	uint8_t *seen = malloc(bytes);

	ASSERT_EQ(bo.size, buf.size);
	fill(buf.map, bytes);
	self->job.write = &bo;
	ASSERT_EQ(copy(self->fd, self->job, bo.va, bo.va + 3 * MIB, bytes), 0);
	EXPECT_EQ(memcmp(buf.map, buf.map + 3 * MIB, bytes), 0);
	EXPECT_EQ(buf.map[4 * MIB - 123], 0);
	ASSERT_EQ(pread(buf.memfd, seen, bytes, 3 * MIB), bytes);
	EXPECT_EQ(memcmp(seen, buf.map, bytes), 0);
	free(seen);
	dmabuf_close(&buf);
}

TEST_F(prime, pages_of_a_memfd_in_any_order)
{
	enum { PAGES = 64 };
	struct udmabuf_create_list *list;
	int memfd = dmabuf_memfd(PAGES * PAGE, F_SEAL_SHRINK);
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), dma_buf;
	struct npu_bo all = npu_bo_create(self->fd, PAGES * PAGE, 0), bo;
	uint8_t page[PAGE];

	list = calloc(1, sizeof(*list) + PAGES * sizeof(list->list[0]));
	list->count = PAGES;
	for (uint32_t i = 0; i < PAGES; i++) {
		memset(page, (int)i + 1, PAGE);
		ASSERT_EQ(pwrite(memfd, page, PAGE, i * PAGE), PAGE);
		/* 37 has no divisor in common with their number, so each comes once. */
		list->list[i] = (struct udmabuf_create_item){
			.memfd = (uint32_t)memfd,
			.offset = i * 37 % PAGES * PAGE,
			.size = PAGE,
		};
	}
	dma_buf = ioctl(device, UDMABUF_CREATE_LIST, list);
	ASSERT_GE(dma_buf, 0);
	bo = dmabuf_import(self->fd, dma_buf);
	ASSERT_EQ(bo.size, all.size);
	self->job.read = &bo;
	ASSERT_EQ(copy(self->fd, self->job, bo.va, all.va, PAGES * PAGE), 0);
	for (uint32_t i = 0; i < PAGES; i++) {
		memset(page, (int)(i * 37 % PAGES) + 1, PAGE);
		EXPECT_EQ(memcmp(all.map + i * PAGE, page, PAGE), 0);
	}
	free(list);
	close(dma_buf);
	close(device);
	close(memfd);
}

/* What of a memfd makes no dma-buf that could be imported. */
TEST_F(prime, memfd_must_be_sealed_and_whole_pages)
{
	int unsealed = dmabuf_memfd(4 * PAGE, 0);
	int readonly = dmabuf_memfd(4 * PAGE, F_SEAL_SHRINK | F_SEAL_WRITE);
	int good = dmabuf_memfd(4 * PAGE, F_SEAL_SHRINK);

	EXPECT_EQ(dmabuf_of_memfd(unsealed, 0, PAGE), -EINVAL);
	EXPECT_EQ(dmabuf_of_memfd(readonly, 0, PAGE), -EINVAL);
	EXPECT_EQ(dmabuf_of_memfd(self->fd, 0, PAGE), -EBADFD);
	EXPECT_EQ(dmabuf_of_memfd(good, 0, PAGE + 1), -EINVAL);
	EXPECT_EQ(dmabuf_of_memfd(good, 1, PAGE), -EINVAL);
	EXPECT_EQ(dmabuf_of_memfd(good, 0, 0), -EINVAL);
	close(unsealed);
	close(readonly);
	close(good);
}

TEST_F(prime, sealed_memfd_keeps_its_memory)
{
	struct dmabuf buf = dmabuf_udmabuf(4 * PAGE);
	struct npu_bo bo = dmabuf_import(self->fd, buf.fd);

	EXPECT_EQ(ftruncate(buf.memfd, 0), -1);
	EXPECT_EQ(errno, EPERM);
	/* Larger it can become; the NPU has what it had. */
	EXPECT_EQ(ftruncate(buf.memfd, 8 * PAGE), 0);
	EXPECT_EQ(copy(self->fd, self->job, bo.va + 4 * PAGE, bo.va, 16), -EFAULT);

	/* A hole has no page of the memfd any more, but the NPU has its own still. */
	memset(buf.map, 0x5a, PAGE);
	ASSERT_EQ(fallocate(buf.memfd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE), 0);
	EXPECT_EQ(copy(self->fd, self->job, bo.va, self->cmds.va + 2048, 16), 0);
	EXPECT_EQ(self->cmds.map[2048], 0x5a);
	dmabuf_close(&buf);
}

TEST_F(prime, buffer_of_vgem)
{
	struct drm_v3npu_bo_mmap_offset offset = {};
	struct dmabuf buf = dmabuf_vgem(4 * PAGE);
	struct npu_bo bo = dmabuf_import(self->fd, buf.fd);

	EXPECT_EQ(bo.size, buf.size);
	offset.handle = bo.handle;
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_MMAP_OFFSET, &offset), -EINVAL);
	fill(buf.map, PAGE);
	self->job.write = &bo;
	ASSERT_EQ(copy(self->fd, self->job, bo.va, bo.va + 3 * PAGE, PAGE), 0);
	EXPECT_EQ(memcmp(buf.map, buf.map + 3 * PAGE, PAGE), 0);
	dmabuf_close(&buf);
}

TEST_F(prime, own_buffer_comes_back_as_itself)
{
	struct npu_bo bo = npu_bo_create(self->fd, 2 * PAGE, 0);
	int dma_buf = dmabuf_export(self->fd, &bo);
	struct npu_bo same = dmabuf_import(self->fd, dma_buf);
	int again = dmabuf_export(self->fd, &same);

	EXPECT_EQ(same.handle, bo.handle);
	EXPECT_EQ(same.va, bo.va);
	/* One buffer, one dma-buf, whoever exports it */
	EXPECT_EQ(dmabuf_import(self->fd, again).handle, bo.handle);
	close(again);
	close(dma_buf);
}

TEST_F(prime, import_comes_back_as_the_same_dma_buf)
{
	struct dmabuf buf = dmabuf_udmabuf(PAGE);
	struct npu_bo bo = dmabuf_import(self->fd, buf.fd);
	int other = npu_open(), dma_buf = dmabuf_export(self->fd, &bo);
	struct npu_bo its = dmabuf_import(other, dma_buf);

	EXPECT_EQ(dmabuf_import(self->fd, dma_buf).handle, bo.handle);
	EXPECT_EQ(dmabuf_import(other, buf.fd).handle, its.handle);
	EXPECT_EQ(lseek(dma_buf, 0, SEEK_END), (off_t)PAGE);
	close(dma_buf);
	close(other);
	dmabuf_close(&buf);
}

TEST_F(prime, another_file_has_it_at_its_own_address)
{
	struct npu_bo bo = npu_bo_create(self->fd, 2 * PAGE, DRM_V3NPU_BO_NPU_READONLY);
	int other = npu_open(), dma_buf = dmabuf_export(self->fd, &bo);
	struct npu_bo its = dmabuf_import(other, dma_buf);
	struct drm_v3npu_bo_info info = { .handle = its.handle };
	struct npu_bo cmds = npu_bo_create(other, PAGE, 0);
	struct npu_job job = { .ctx = npu_ctx_create(other), .cmds = &cmds };

	EXPECT_EQ(its.size, bo.size);
	EXPECT_NE(its.va, 0);
	ASSERT_EQ(npu_ioctl(other, DRM_IOCTL_V3NPU_BO_INFO, &info), 0);
	EXPECT_EQ(info.flags, DRM_V3NPU_BO_NPU_READONLY);
	fill(bo.map, 256);
	EXPECT_EQ(copy(other, job, its.va, cmds.va + 2048, 256), 0);
	EXPECT_EQ(memcmp(cmds.map + 2048, bo.map, 256), 0);
	/* Nor does sharing make it writable. */
	EXPECT_EQ(copy(other, job, cmds.va, its.va, 16), -EFAULT);
	close(dma_buf);
	close(other);
}

TEST_F(prime, exported_buffer_is_mapped)
{
	struct npu_bo bo = npu_bo_create(self->fd, 4 * PAGE, 0);
	int dma_buf = dmabuf_export(self->fd, &bo), readable;
	uint8_t *map = mmap(NULL, bo.size, PROT_READ | PROT_WRITE, MAP_SHARED, dma_buf, 0);

	ASSERT_NE(map, MAP_FAILED);
	EXPECT_EQ(mmap(NULL, bo.size + PAGE, PROT_READ, MAP_SHARED, dma_buf, 0), MAP_FAILED);
	fill(map, PAGE);
	EXPECT_EQ(memcmp(bo.map, map, PAGE), 0);
	ASSERT_EQ(copy(self->fd, self->job, bo.va, bo.va + 2 * PAGE, PAGE), 0);
	EXPECT_EQ(memcmp(map + 2 * PAGE, bo.map, PAGE), 0);
	munmap(map, bo.size);

	bo = npu_bo_create(self->fd, PAGE, 0);
	ASSERT_EQ(drmPrimeHandleToFD(self->fd, bo.handle, DRM_CLOEXEC, &readable), 0);
	EXPECT_EQ(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, readable, 0), MAP_FAILED);
	EXPECT_EQ(errno, EACCES);
	map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, readable, 0);
	EXPECT_NE(map, MAP_FAILED);
	close(readable);
	close(dma_buf);
}

/* Submit a job that copies a byte to the place behind, stalls, and copies it. */
static void submit_late_copy(int fd, struct npu_job *job, uint64_t from, uint64_t to)
{
	uint32_t size = npu_cmd_copy(job->cmds->map, 1, from, to + 1, 1);

	size += npu_cmd_stall(job->cmds->map + size, 2, 500000);
	size += npu_cmd_copy(job->cmds->map + size, 3, from, to, 1);
	job->cmds_size = size;
	job->out = npu_syncobj(fd);
	if (npu_submit(fd, job))
		exit(1);
}

TEST_F(prime, sync_ioctl_waits_for_the_npu)
{
	struct dma_buf_sync begin = { .flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ };
	struct dma_buf_sync end = { .flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ };
	struct dmabuf memfd = dmabuf_udmabuf(PAGE), vgem = dmabuf_vgem(PAGE);
	struct npu_bo own = npu_bo_create(self->fd, PAGE, 0);
	int fds[] = { memfd.fd, vgem.fd, dmabuf_export(self->fd, &own) };
	uint8_t *maps[] = { memfd.map, vgem.map, own.map };

	for (int i = 0; i < 3; i++) {
		struct npu_bo bo = dmabuf_import(self->fd, fds[i]);

		maps[i][0] = 42;
		self->job.write = &bo;
		submit_late_copy(self->fd, &self->job, bo.va, bo.va + 1);
		ASSERT_EQ(ioctl(fds[i], DMA_BUF_IOCTL_SYNC, &begin), 0);
		EXPECT_EQ(maps[i][1], 42);
		EXPECT_EQ(ioctl(fds[i], DMA_BUF_IOCTL_SYNC, &end), 0);
	}
	close(fds[2]);
	dmabuf_close(&memfd);
	dmabuf_close(&vgem);
}

TEST_F(prime, import_outlives_its_exporter)
{
	struct dmabuf memfd = dmabuf_udmabuf(2 * PAGE), vgem = dmabuf_vgem(2 * PAGE);
	struct npu_bo from, to;

	fill(memfd.map, PAGE);
	from = dmabuf_import(self->fd, memfd.fd);
	to = dmabuf_import(self->fd, vgem.fd);
	dmabuf_close(&memfd);
	dmabuf_close(&vgem);
	self->job.read = &from;
	self->job.write = &to;
	ASSERT_EQ(copy(self->fd, self->job, from.va, to.va, PAGE), 0);
	ASSERT_EQ(copy(self->fd, self->job, to.va, self->cmds.va + 2048, 1), 0);
	EXPECT_EQ(self->cmds.map[2048], 1);
}

TEST_F(prime, export_outlives_its_file)
{
	int owner = npu_open();
	struct npu_bo bo = npu_bo_create(owner, PAGE, 0);
	int dma_buf = dmabuf_export(owner, &bo);
	struct npu_bo its;

	fill(bo.map, 16);
	munmap(bo.map, bo.size);
	close(owner);
	its = dmabuf_import(self->fd, dma_buf);
	close(dma_buf);
	ASSERT_EQ(copy(self->fd, self->job, its.va, self->cmds.va + 2048, 16), 0);
	EXPECT_EQ(self->cmds.map[2048], 1);
	EXPECT_EQ(self->cmds.map[2049], 8);
}

TEST_F(prime, another_driver_keeps_an_export)
{
	int vgem = drmOpenWithType("vgem", NULL, DRM_NODE_PRIMARY), owner = npu_open();
	struct npu_bo bo = npu_bo_create(owner, PAGE, 0), its;
	int dma_buf = dmabuf_export(owner, &bo);
	uint32_t handle;

	bo.map[5] = 55;
	ASSERT_EQ(drmPrimeFDToHandle(vgem, dma_buf, &handle), 0);
	close(dma_buf);
	munmap(bo.map, bo.size);
	close(owner);
	/* It hands on what it has: the NPU's own buffer. */
	ASSERT_EQ(drmPrimeHandleToFD(vgem, handle, DRM_CLOEXEC, &dma_buf), 0);
	its = dmabuf_import(self->fd, dma_buf);
	close(dma_buf);
	close(vgem);
	ASSERT_EQ(copy(self->fd, self->job, its.va + 5, self->cmds.va + 2048, 1), 0);
	EXPECT_EQ(self->cmds.map[2048], 55);
}

TEST_F(prime, importer_closes_while_its_job_runs)
{
	struct dmabuf memfd = dmabuf_udmabuf(PAGE);
	struct npu_bo bo = npu_bo_create(self->fd, PAGE, 0);
	struct drm_v3npu_bo_wait wait = { .handle = bo.handle, .timeout_ns = npu_time(20) };
	int other = npu_open(), dma_buf = dmabuf_export(self->fd, &bo);
	struct npu_bo cmds = npu_bo_create(other, PAGE, 0);
	struct npu_bo from = dmabuf_import(other, memfd.fd);
	struct npu_bo to = dmabuf_import(other, dma_buf);
	struct npu_job job = {
		.ctx = npu_ctx_create(other),
		.cmds = &cmds,
		.read = &from,
		.write = &to,
	};

	memfd.map[0] = 99;
	submit_late_copy(other, &job, from.va, to.va);
	while (!*(volatile uint8_t *)(bo.map + 1))
		usleep(1000);
	/* A mapping holds its file. */
	munmap(cmds.map, cmds.size);
	close(other);
	close(dma_buf);
	close(memfd.fd);
	memfd.fd = -1;
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_WAIT, &wait), 0);
	/* The job is over, but it was cancelled before its last command. */
	EXPECT_EQ(bo.map[1], 99);
	EXPECT_EQ(bo.map[0], 0);
	dmabuf_close(&memfd);
}

TEST_F(prime, closed_import_faults)
{
	struct dmabuf memfd = dmabuf_udmabuf(PAGE);
	struct npu_bo bo = dmabuf_import(self->fd, memfd.fd);

	ASSERT_EQ(copy(self->fd, self->job, self->cmds.va, bo.va, 16), 0);
	memset(memfd.map, 0, 16);
	ASSERT_EQ(drmCloseBufferHandle(self->fd, bo.handle), 0);
	EXPECT_EQ(copy(self->fd, self->job, self->cmds.va, bo.va, 16), -EFAULT);
	EXPECT_EQ(memfd.map[0], 0);
	/* And once more from the beginning */
	bo = dmabuf_import(self->fd, memfd.fd);
	EXPECT_EQ(copy(self->fd, self->job, self->cmds.va, bo.va, 16), 0);
	EXPECT_NE(memfd.map[0], 0);
	dmabuf_close(&memfd);
}

TEST_F(prime, bad_file_descriptors)
{
	int memfd = dmabuf_memfd(PAGE, F_SEAL_SHRINK);
	uint32_t handle = 0;
	int fd;

	EXPECT_EQ(drmPrimeFDToHandle(self->fd, -1, &handle), -1);
	EXPECT_EQ(errno, EBADF);
	EXPECT_EQ(drmPrimeFDToHandle(self->fd, 1000, &handle), -1);
	EXPECT_EQ(errno, EBADF);
	EXPECT_EQ(drmPrimeFDToHandle(self->fd, memfd, &handle), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(drmPrimeFDToHandle(self->fd, self->fd, &handle), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(handle, 0);
	EXPECT_EQ(drmPrimeHandleToFD(self->fd, 1000, DRM_CLOEXEC, &fd), -1);
	EXPECT_EQ(errno, ENOENT);
	EXPECT_EQ(drmPrimeHandleToFD(self->fd, self->cmds.handle, 1, &fd), -1);
	EXPECT_EQ(errno, EINVAL);
	close(memfd);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		exit(1);
	close(fd);
}

TEST_F(prime, device_goes_with_shared_buffers)
{
	struct dmabuf memfd = dmabuf_udmabuf(PAGE), vgem = dmabuf_vgem(PAGE);
	struct dmabuf late = dmabuf_udmabuf(PAGE);
	struct npu_bo from = dmabuf_import(self->fd, memfd.fd);
	struct npu_bo to = dmabuf_import(self->fd, vgem.fd);
	struct npu_bo own = npu_bo_create(self->fd, PAGE, 0);
	int dma_buf = dmabuf_export(self->fd, &own);
	int fd = drmOpenWithType("vgem", NULL, DRM_NODE_PRIMARY);
	uint8_t *map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, dma_buf, 0);
	struct drm_v3npu_bo_wait wait = { .handle = to.handle };
	char *path = realpath(npu_sysfs("."), NULL), *device;
	uint32_t handle;

	ASSERT_NE(map, MAP_FAILED);
	ASSERT_NE(path, NULL);
	device = strrchr(path, '/') + 1;

	own.map[9] = 9;
	memfd.map[0] = 17;
	self->job.read = &from;
	self->job.write = &to;
	submit_late_copy(self->fd, &self->job, from.va, to.va);
	write_file("/sys/bus/pci/drivers/v3npu/unbind", device);

	/* The job has ended, and the NPU lets go of what others have. */
	EXPECT_EQ(npu_ioctl(self->fd, DRM_IOCTL_V3NPU_BO_WAIT, &wait), -ENODEV);
	EXPECT_EQ(dmabuf_vgem_begin(&vgem, true), 1);
	EXPECT_EQ(drmPrimeFDToHandle(self->fd, late.fd, &handle), -1);
	EXPECT_EQ(errno, ENODEV);
	EXPECT_EQ(memfd.map[0], 17);
	dmabuf_close(&memfd);
	dmabuf_close(&vgem);
	dmabuf_close(&late);
	/* What it gave to others stays theirs, also if they come late. */
	EXPECT_EQ(map[9], 9);
	EXPECT_EQ(drmPrimeFDToHandle(fd, dma_buf, &handle), 0);
	close(fd);
	munmap(map, PAGE);
	munmap(own.map, PAGE);
	munmap(self->cmds.map, PAGE);
	close(dma_buf);
	close(self->fd);

	/* Nobody has the old one, so that the new one gets its number. */
	write_file("/sys/bus/pci/drivers/v3npu/bind", device);
	self->fd = npu_open();
	self->cmds = npu_bo_create(self->fd, PAGE, 0);
	self->job = (struct npu_job){ .ctx = npu_ctx_create(self->fd), .cmds = &self->cmds };
	memfd = dmabuf_udmabuf(PAGE);
	from = dmabuf_import(self->fd, memfd.fd);
	memfd.map[0] = 3;
	EXPECT_EQ(copy(self->fd, self->job, from.va, from.va + 1, 1), 0);
	EXPECT_EQ(memfd.map[1], 3);
	dmabuf_close(&memfd);
}

TEST_HARNESS_MAIN
