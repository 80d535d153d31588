// SPDX-License-Identifier: MIT
/* The table of operations, and what they have in common. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <xf86drm.h>

#include "fuzz.h"
#include "npu.h"

/* DRM copies what an ioctl's number says, so this much can be read and written. */
#define ARGS_MAX	256

/* What a file has to begin with */
#define FIRST_BOS	3
#define FIRST_CTXS	2
#define FIRST_SYNCOBJS	2

const struct op fuzz_ops[] = {
	{ "dev_query", 25, op_dev_query },
	{ "bo_create", 8, op_bo_create },
	{ "bo_mmap", 6, op_bo_mmap },
	{ "bo_munmap", 3, op_bo_munmap },
	{ "bo_touch", 10, op_bo_touch },
	{ "bo_info", 40, op_bo_info },
	{ "bo_wait", 40, op_bo_wait },
	{ "bo_close", 5, op_bo_close },
	{ "ctx_create", 6, op_ctx_create },
	{ "ctx_destroy", 5, op_ctx_destroy },
	{ "ctx_query", 40, op_ctx_query },
	{ "stream", 15, op_stream },
	{ "submit", 70, op_submit },
	{ "submit_many", 20, op_submit_many },
	{ "job_query", 30, op_job_query },
	{ "syncobj_create", 12, op_syncobj_create },
	{ "syncobj_destroy", 10, op_syncobj_destroy },
	{ "syncobj_array", 12, op_syncobj_array },
	{ "syncobj_wait", 12, op_syncobj_wait },
	{ "syncobj_timeline", 16, op_syncobj_timeline },
	{ "syncobj_transfer", 15, op_syncobj_transfer },
	{ "syncobj_export", 8, op_syncobj_export },
	{ "syncobj_import", 8, op_syncobj_import },
	{ "prime_export", 6, op_prime_export },
	{ "prime_import", 8, op_prime_import },
	{ "flink", 3, op_flink },
	{ "drm_other", 8, op_drm_other },
	{ "raw", 40, op_raw },
	{ "any_number", 40, op_any_number },
	{ "reopen", 1, op_reopen },
	{ "dup", 1, op_dup },
	{ "close_fd", 6, op_close_fd },
	{ "poll", 4, op_poll },
	{ "dma_buf", 10, op_dma_buf },
	{ "foreign_buffer", 1, op_foreign_buffer },
	{ "sync_file", 12, op_sync_file },
	{ "sw_sync", 3, op_sw_sync },
	{ "read_kernel_files", 1, op_read_kernel_files },
	{ "repeat", 16, op_repeat },
	{ "fork", 1, op_fork },
};

const unsigned int fuzz_op_count = COUNT(fuzz_ops);

void op_call(struct thread *t, const struct fuzz_call *call)
{
	struct chooser c = { .call = call };
	unsigned int op = call->op % fuzz_op_count;

	t->used = 0;
	__atomic_fetch_add(&t->world->shared->op_calls[op], 1, __ATOMIC_RELAXED);
	fuzz_ops[op].run(t, &c);
}

void op_random(uint64_t *rng, struct fuzz_call *call)
{
	unsigned int total = 0, op = 0;
	uint64_t bytes = 0, at;

	for (unsigned int i = 0; i < fuzz_op_count; i++)
		total += fuzz_ops[i].weight;
	for (at = fuzz_random(rng) % total; at >= fuzz_ops[op].weight; op++)
		at -= fuzz_ops[op].weight;
	call->op = (uint8_t)op;
	for (unsigned int i = 0; i < FUZZ_CHOICES; i++) {
		if (i % 8 == 0)
			bytes = fuzz_random(rng);
		call->choice[i] = (uint8_t)(bytes >> i % 8 * 8);
	}
}

/*
 * Memory is bounded: what is larger than a window either cannot be had at all
 * or would push everything else out of the machine.
 */
static void bound_size(struct world *w, struct drm_v3npu_bo_create *args)
{
	if (args->size > FUZZ_WINDOW && args->size < 2 * w->ram)
		args->size %= FUZZ_WINDOW;
}

int op_ioctl(struct thread *t, struct chooser *c, int fd, unsigned long request, void *args)
{
	struct shared *shared = t->world->shared;
	const size_t args_size = _IOC_SIZE(request);
	size_t size = args_size;
	uint8_t data[ARGS_MAX] = {};
	void *at;
	int ret;

	memcpy(data, args, size);
	if (one_in(c, 12))
		mutate(t, c, data, size);
	if (one_in(c, 64)) {
		size = choose(c, ARGS_MAX);
		request = _IOC(choose(c, 4), _IOC_TYPE(request), _IOC_NR(request), size);
	}
	if (_IOC_NR(request) == _IOC_NR(DRM_IOCTL_V3NPU_BO_CREATE))
		bound_size(t->world, (struct drm_v3npu_bo_create *)data);

	if (t->low && (t->world->all_compat || one_in(c, 6))) {
		at = memcpy(t->low, data, size);
		ret = npu_compat_ioctl(fd, (uint32_t)request, at);
		__atomic_fetch_add(&shared->compat_ioctls, 1, __ATOMIC_RELAXED);
	} else {
		at = place(t, c, data, size);
		ret = ioctl(fd, request, at) ? -errno : 0;
	}
	__atomic_fetch_add(&shared->ioctls, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&shared->since_hang, 1, __ATOMIC_RELAXED);
	if (!ret && copy_safely(t, data, at, size))
		memcpy(args, data, size < args_size ? size : args_size);
	return ret;
}

struct file *choose_file(struct thread *t, struct chooser *c, unsigned int *index)
{
	unsigned int i = choose(c, FUZZ_FILES);

	if (index)
		*index = i;
	return &t->world->files[i];
}

/* Mostly @alive; else one of another file, one beside it, or any */
static uint32_t spoil(struct thread *t, struct chooser *c, uint32_t alive, uint32_t foreign)
{
	switch (choose(c, 64)) {
	case 61:
		return foreign;
	case 62:
		return alive + choose(c, 3) - 1;
	case 63:
		return (uint32_t)choose_value(t, c);
	default:
		return alive;
	}
}

unsigned int choose_bo(struct chooser *c, const struct file *f)
{
	unsigned int i = choose(c, FUZZ_BOS);

	for (unsigned int n = 0; n < FUZZ_BOS && !f->bos[i].handle; n++)
		i = (i + 1) % FUZZ_BOS;
	return i;
}

/* As choose_bo(), of plain numbers */
static unsigned int choose_alive(struct chooser *c, const uint32_t *numbers, unsigned int count)
{
	unsigned int i = choose(c, count);

	for (unsigned int n = 0; n < count && !numbers[i]; n++)
		i = (i + 1) % count;
	return i;
}

uint32_t choose_handle(struct thread *t, struct chooser *c, struct file *f)
{
	unsigned int i = choose_bo(c, f);

	return spoil(t, c, f->bos[i].handle, choose_file(t, c, NULL)->bos[i].handle);
}

uint32_t choose_ctx(struct thread *t, struct chooser *c, struct file *f)
{
	unsigned int i = choose_alive(c, f->ctxs, FUZZ_CTXS);

	return spoil(t, c, f->ctxs[i], choose_file(t, c, NULL)->ctxs[i]);
}

uint32_t choose_syncobj(struct thread *t, struct chooser *c, struct file *f)
{
	unsigned int i = choose_alive(c, f->syncobjs, FUZZ_SYNCOBJS);

	return spoil(t, c, f->syncobjs[i], choose_file(t, c, NULL)->syncobjs[i]);
}

int64_t choose_time(struct chooser *c)
{
	struct timespec now;
	int64_t time;

	clock_gettime(CLOCK_MONOTONIC, &now);
	time = now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
	switch (choose(c, 16)) {
	case 0:
	case 1:
	case 2:
		return time + choose(c, 2000) * 1000;
	case 3:
		return INT64_MAX;
	case 4:
		return INT64_MIN;
	case 5:
		return -1;
	case 6:
		return time - 1;
	default:
		return 0;
	}
}

void keep_fd(struct thread *t, struct chooser *c, int fd)
{
	int old;

	if (fd < 0)
		return;
	old = __atomic_exchange_n(&t->world->fds[choose(c, FUZZ_FDS)], fd, __ATOMIC_RELAXED);
	if (old >= 0)
		close(old);
}

int choose_fd(struct thread *t, struct chooser *c)
{
	return t->world->fds[choose(c, FUZZ_FDS)];
}

bool open_file(struct world *w, unsigned int index)
{
	struct file *f = &w->files[index];
	struct drm_v3npu_bo_create bo;
	struct drm_v3npu_bo_mmap_offset map;
	struct drm_v3npu_ctx_create ctx;
	struct mapping how;
	int old, fd = open(npu_path(), O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return false;
	old = __atomic_exchange_n(&f->fd, fd, __ATOMIC_RELAXED);
	/* Not munmap(): something else would come to be there */
	mmap(window(w, index, 0), FUZZ_BOS * FUZZ_WINDOW, PROT_NONE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
	memset(f->bos, 0, sizeof(f->bos));
	memset(f->ctxs, 0, sizeof(f->ctxs));
	memset(f->syncobjs, 0, sizeof(f->syncobjs));
	f->number = 0;
	if (old >= 0)
		close(old);

	for (unsigned int i = 0; i < FIRST_BOS; i++) {
		bo = (struct drm_v3npu_bo_create){ .size = PAGE };
		if (npu_ioctl(fd, DRM_IOCTL_V3NPU_BO_CREATE, &bo))
			break;
		map = (struct drm_v3npu_bo_mmap_offset){ .handle = bo.handle };
		npu_ioctl(fd, DRM_IOCTL_V3NPU_BO_MMAP_OFFSET, &map);
		how = (struct mapping){ PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)map.offset };
		map_window(w, index, i, bo.size, &how);
		f->bos[i] = (struct bo){ bo.handle, bo.va, bo.size, bo.size, 0 };
	}
	for (unsigned int i = 0; i < FIRST_CTXS; i++) {
		ctx = (struct drm_v3npu_ctx_create){ .priority = i % 2 };
		if (!npu_ioctl(fd, DRM_IOCTL_V3NPU_CTX_CREATE, &ctx))
			f->ctxs[i] = ctx.id;
	}
	for (unsigned int i = 0; i < FIRST_SYNCOBJS; i++)
		drmSyncobjCreate(fd, i % 2 ? DRM_SYNCOBJ_CREATE_SIGNALED : 0, &f->syncobjs[i]);
	__atomic_fetch_add(&w->shared->ioctls, 2 * FIRST_BOS + FIRST_CTXS + FIRST_SYNCOBJS,
			   __ATOMIC_RELAXED);
	return true;
}

