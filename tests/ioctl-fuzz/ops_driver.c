// SPDX-License-Identifier: MIT
/* Operations: the driver's own ioctls, and what is done with buffers. */
#include <string.h>
#include <sys/mman.h>

#include <xf86drm.h>

#include "fuzz.h"

#define STREAM_MAX	4096

void op_dev_query(struct thread *t, struct chooser *c)
{
	uint8_t info[2 * sizeof(struct drm_v3npu_dev_info)] = {};
	struct drm_v3npu_dev_query args = {
		.type = one_in(c, 4) ? DRM_V3NPU_DEV_QUERY_PRIORITIES : DRM_V3NPU_DEV_QUERY_INFO,
		.size = choose(c, 2) ? sizeof(struct drm_v3npu_dev_info) : choose(c, sizeof(info)),
	};

	if (!one_in(c, 4))
		args.pointer = (uintptr_t)place(t, c, info, sizeof(info));
	op_ioctl(t, c, choose_file(t, c, NULL)->fd, DRM_IOCTL_V3NPU_DEV_QUERY, &args);
}

static void close_bo(struct thread *t, unsigned int file, unsigned int bo)
{
	struct file *f = &t->world->files[file];
	struct drm_gem_close args = { .handle = f->bos[bo].handle };

	f->bos[bo].handle = 0;
	if (!args.handle)
		return;
	drmIoctl(f->fd, DRM_IOCTL_GEM_CLOSE, &args);
	__atomic_fetch_add(&t->world->shared->ioctls, 1, __ATOMIC_RELAXED);
}

void op_bo_create(struct thread *t, struct chooser *c)
{
	static const uint64_t sizes[] = {
		PAGE, PAGE, 1, PAGE + 1, 4096 * MIB, 4096 * MIB + 1, 0, ~0ull,
		16 * PAGE, 64 * PAGE, 2 * MIB, 2 * MIB - 1,
	};
	struct drm_v3npu_bo_create args = { .flags = one_in(c, 4) };
	unsigned int file, bo = choose(c, FUZZ_BOS);
	struct file *f = choose_file(t, c, &file);
	struct shared *shared = t->world->shared;

	/* The last few take long */
	args.size = sizes[choose(c, one_in(c, 16) ? COUNT(sizes) : 8)];
	if (op_ioctl(t, c, f->fd, DRM_IOCTL_V3NPU_BO_CREATE, &args))
		return;
	/* Not always, so that there are more handles than are known */
	if (!one_in(c, 32))
		close_bo(t, file, bo);
	f->bos[bo] = (struct bo){
		.handle = args.handle,
		.va = args.va,
		.size = args.size,
		.mapped = f->bos[bo].mapped,
	};
	shared->gossip[__atomic_fetch_add(&shared->told, 1, __ATOMIC_RELAXED) % FUZZ_GOSSIP] =
		args.va;
}

void op_bo_mmap(struct thread *t, struct chooser *c)
{
	static const int protections[] = {
		PROT_READ | PROT_WRITE, PROT_READ, PROT_WRITE, PROT_NONE,
		PROT_READ | PROT_WRITE | PROT_EXEC,
	};
	unsigned int file, odd = choose(c, 16);
	struct file *f = choose_file(t, c, &file);
	unsigned int i = choose_bo(c, f);
	struct drm_v3npu_bo_mmap_offset args = { .handle = f->bos[i].handle };
	struct mapping how = {
		.protection = protections[odd < COUNT(protections) ? odd : 0],
		.flags = odd == 11 ? MAP_PRIVATE : MAP_SHARED,
	};
	size_t size = f->bos[i].size;

	if (op_ioctl(t, c, f->fd, DRM_IOCTL_V3NPU_BO_MMAP_OFFSET, &args))
		return;
	if (odd == 15)
		args.offset += (choose(c, 3) - 1) * PAGE;
	if (odd == 14)
		size += PAGE;
	if (odd == 13)
		size = PAGE;
	if (!size || size > FUZZ_WINDOW)
		size = FUZZ_WINDOW;
	if (odd == 12)
		f = choose_file(t, c, NULL);
	how.fd = f->fd;
	how.offset = (off_t)args.offset;
	/* What was there is unmapped, while other threads may use it */
	if (map_window(t->world, file, i, size, &how))
		t->world->files[file].bos[i].mapped = size;
}

void op_bo_munmap(struct thread *t, struct chooser *c)
{
	unsigned int file = choose(c, FUZZ_FILES), bo = choose(c, FUZZ_BOS);
	size_t size = one_in(c, 4) ? PAGE : FUZZ_WINDOW;

	t->world->files[file].bos[bo].mapped = 0;
	mmap(window(t->world, file, bo), size, PROT_NONE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
}

void op_bo_touch(struct thread *t, struct chooser *c)
{
	unsigned int file, bo = choose(c, FUZZ_BOS);
	struct file *f = choose_file(t, c, &file);
	uint8_t *at = window(t->world, file, bo), byte = 0;
	size_t size = f->bos[bo].mapped ? f->bos[bo].mapped : PAGE;

	at += (size_t)choose(c, 512) * PAGE % size + choose(c, PAGE);
	if (choose(c, 2))
		copy_safely(t, &byte, at, 1);
	else
		copy_safely(t, at, &byte, 1);
	if (one_in(c, 16))
		madvise(window(t->world, file, bo), FUZZ_WINDOW, MADV_DONTNEED);
}

void op_bo_info(struct thread *t, struct chooser *c)
{
	struct file *f = choose_file(t, c, NULL);
	struct drm_v3npu_bo_info args = { .handle = choose_handle(t, c, f) };

	op_ioctl(t, c, f->fd, DRM_IOCTL_V3NPU_BO_INFO, &args);
}

void op_bo_wait(struct thread *t, struct chooser *c)
{
	struct file *f = choose_file(t, c, NULL);
	struct drm_v3npu_bo_wait args = {
		.handle = choose_handle(t, c, f),
		.timeout_ns = choose_time(c),
	};

	op_ioctl(t, c, f->fd, DRM_IOCTL_V3NPU_BO_WAIT, &args);
}

void op_bo_close(struct thread *t, struct chooser *c)
{
	struct file *f = choose_file(t, c, NULL);
	struct drm_gem_close args = { .handle = choose_handle(t, c, f) };

	op_ioctl(t, c, f->fd, DRM_IOCTL_GEM_CLOSE, &args);
}

void op_ctx_create(struct thread *t, struct chooser *c)
{
	struct file *f = choose_file(t, c, NULL);
	struct drm_v3npu_ctx_create args = { .priority = choose(c, 4) };
	struct drm_v3npu_ctx_destroy destroy = {};
	unsigned int i = choose(c, FUZZ_CTXS);

	if (op_ioctl(t, c, f->fd, DRM_IOCTL_V3NPU_CTX_CREATE, &args))
		return;
	destroy.id = f->ctxs[i];
	f->ctxs[i] = args.id;
	if (destroy.id && !one_in(c, 4))
		op_ioctl(t, c, f->fd, DRM_IOCTL_V3NPU_CTX_DESTROY, &destroy);
}

void op_ctx_destroy(struct thread *t, struct chooser *c)
{
	struct file *f = choose_file(t, c, NULL);
	struct drm_v3npu_ctx_destroy args = { .id = choose_ctx(t, c, f) };

	op_ioctl(t, c, f->fd, DRM_IOCTL_V3NPU_CTX_DESTROY, &args);
}

void op_ctx_query(struct thread *t, struct chooser *c)
{
	struct file *f = choose_file(t, c, NULL);
	struct drm_v3npu_ctx_query args = { .id = choose_ctx(t, c, f) };

	op_ioctl(t, c, f->fd, DRM_IOCTL_V3NPU_CTX_QUERY, &args);
}

/* Write a command stream into a buffer, where another thread's job may be reading. */
void op_stream(struct thread *t, struct chooser *c)
{
	unsigned int file, bo;
	uint8_t stream[STREAM_MAX];
	uint32_t size;

	bo = choose_bo(c, choose_file(t, c, &file));
	size = stream_make(t, c, stream, sizeof(stream));
	if (copy_safely(t, window(t->world, file, bo), stream, size))
		t->world->files[file].bos[bo].stream = size;
}
