// SPDX-License-Identifier: MIT
/*
 * The simulator's memory. What is shared lies in a file: sessions that use the same one
 * have one buffer, so that their jobs' order can be told by it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim.h"

#define PAGE_ALIGN(n)	(((n) + V3NPU_PAGE_SIZE - 1) / V3NPU_PAGE_SIZE * V3NPU_PAGE_SIZE)
#define VA_START	0x100000	/* so that small numbers are never addresses */

/* Gives a buffer the lowest free addresses; the device is locked */
static void add_buffer(struct sim_device *sim, struct sim_buffer *b)
{
	struct sim_buffer **p;
	uint64_t va = VA_START;

	for (p = &sim->buffers; *p && (*p)->base.va - va < b->mapped; p = &(*p)->next)
		va = (*p)->base.va + PAGE_ALIGN((*p)->mapped);
	b->base.va = va;
	b->base.size = b->mapped;
	b->users = 1;
	b->next = *p;
	*p = b;
}

int v3npu_sim_buffer_new(struct v3npu_device *device, size_t size, bool readonly,
			 struct v3npu_buffer **buffer)
{
	struct sim_device *sim = to_sim(device);
	struct sim_buffer *b = calloc(1, sizeof(*b));

	if (!b || size > SIZE_MAX - V3NPU_PAGE_SIZE)
		goto err;
	b->mapped = PAGE_ALIGN(size);
	b->host = mmap(NULL, b->mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (b->host == MAP_FAILED)
		goto err;
	if (b->mapped >= V3NPU_LARGE_PAGE_SIZE)
		madvise(b->host, b->mapped, MADV_HUGEPAGE);
	b->readonly = readonly;
	b->memfd = -1;
	b->base.map = b->host;
	pthread_mutex_lock(&sim->lock);
	add_buffer(sim, b);
	pthread_mutex_unlock(&sim->lock);
	*buffer = &b->base;
	return 0;

err:
	free(b);
	return v3npu_fail(-ENOMEM, "cannot allocate %zu bytes for the simulator", size);
}

static int fail_import(void)
{
	return v3npu_fail(-errno, "cannot use the dma-buf: %s", strerror(errno));
}

static int fail_size(size_t bytes, size_t size)
{
	return v3npu_fail(-EINVAL, "the dma-buf has %zu bytes; the tensor needs %zu", bytes, size);
}

/* Maps a file that can perhaps only be read */
static int map_file(int fd, size_t bytes, struct sim_buffer **buffer)
{
	struct sim_buffer *b = calloc(1, sizeof(*b));

	if (!b)
		return v3npu_fail(-ENOMEM, "out of memory");
	b->mapped = bytes;
	b->memfd = -1;
	b->host = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (b->host == MAP_FAILED) {
		b->readonly = true;
		b->host = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	}
	if (b->host == MAP_FAILED) {
		free(b);
		return fail_import();
	}
	*buffer = b;
	return 0;
}

static int import_locked(struct sim_device *sim, int fd, size_t size, const struct stat *st,
			 struct sim_buffer **buffer)
{
	off_t bytes = lseek(fd, 0, SEEK_END);
	struct sim_buffer *b;
	int ret;

	for (b = sim->buffers; b; b = b->next)
		if (b->ino == st->st_ino && b->dev == st->st_dev)
			break;
	if (b && b->mapped < size)
		return fail_size(b->mapped, size);
	if (b) {
		b->users++;
		*buffer = b;
		return 0;
	}
	if (bytes < 0)
		return fail_import();
	if ((uint64_t)bytes < size)
		return fail_size(bytes, size);
	ret = map_file(fd, bytes, &b);
	if (ret)
		return ret;
	b->dev = st->st_dev;
	b->ino = st->st_ino;
	add_buffer(sim, b);
	*buffer = b;
	return 0;
}

int v3npu_sim_buffer_import(struct v3npu_device *device, int fd, size_t size, bool readonly,
			    struct v3npu_buffer **buffer)
{
	struct sim_device *sim = to_sim(device);
	struct sim_buffer *b = NULL;
	struct stat st;
	int ret;

	if (fstat(fd, &st))
		return fail_import();
	pthread_mutex_lock(&sim->lock);
	ret = import_locked(sim, fd, size, &st, &b);
	pthread_mutex_unlock(&sim->lock);
	if (ret)
		return ret;
	if (b->readonly && !readonly) {
		v3npu_sim_buffer_free(device, &b->base);
		return v3npu_fail(-EACCES, "the dma-buf cannot be written; open it for reading "
				  "and writing");
	}
	*buffer = &b->base;
	return 0;
}

/* Puts a file with the buffer's bytes where its memory was */
static int move_to_file(struct sim_buffer *b)
{
	int fd = memfd_create("v3npu", MFD_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, b->mapped) || pwrite(fd, b->host, b->mapped, 0) != (ssize_t)b->mapped ||
	    fstat(fd, &st) ||
	    mmap(b->host, b->mapped, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
	    MAP_FAILED) {
		int err = errno;

		close(fd);
		return -err;
	}
	b->memfd = fd;
	b->dev = st.st_dev;
	b->ino = st.st_ino;
	return 0;
}

int v3npu_sim_buffer_export(struct v3npu_device *device, struct v3npu_buffer *buffer, int *fd)
{
	struct sim_device *sim = to_sim(device);
	struct sim_buffer *b = (struct sim_buffer *)buffer;
	int ret = 0;

	pthread_mutex_lock(&sim->lock);
	if (b->memfd < 0)
		ret = move_to_file(b);
	if (!ret) {
		*fd = fcntl(b->memfd, F_DUPFD_CLOEXEC, 0);
		ret = *fd < 0 ? -errno : 0;
	}
	pthread_mutex_unlock(&sim->lock);
	return ret ? v3npu_fail(ret, "cannot share the buffer: %s", strerror(-ret)) : 0;
}

void v3npu_sim_buffer_free(struct v3npu_device *device, struct v3npu_buffer *buffer)
{
	struct sim_device *sim = to_sim(device);
	struct sim_buffer *b = (struct sim_buffer *)buffer, **p;
	bool last;

	pthread_mutex_lock(&sim->lock);
	last = !--b->users;
	for (p = &sim->buffers; last && *p != b; p = &(*p)->next)
		;
	if (last)
		*p = b->next;
	pthread_mutex_unlock(&sim->lock);
	if (!last)
		return;
	if (b->memfd >= 0)
		close(b->memfd);
	munmap(b->host, b->mapped);
	free(b);
}
