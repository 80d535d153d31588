// SPDX-License-Identifier: MIT
/* Operations: DRM's own ioctls that reach the driver or its fences. */
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include <xf86drm.h>

#include "fuzz.h"
#include "npu.h"

/* DRM allocates what a count says before it looks at it, and warns of large ones. */
#define ARRAY_MAX	64

/* Driver ioctls that exist, and some that do not */
#define DRIVER_IOCTLS	16

void op_syncobj_create(struct thread *t, struct chooser *c)
{
	struct file *f = choose_file(t, c, NULL);
	struct drm_syncobj_create args = {
		.flags = choose(c, 4) == 3 ? DRM_SYNCOBJ_CREATE_SIGNALED : 0,
	};
	struct drm_syncobj_destroy destroy = {};
	unsigned int i = choose(c, FUZZ_SYNCOBJS);

	if (op_ioctl(t, c, f->fd, DRM_IOCTL_SYNCOBJ_CREATE, &args))
		return;
	destroy.handle = f->syncobjs[i];
	f->syncobjs[i] = args.handle;
	if (destroy.handle)
		op_ioctl(t, c, f->fd, DRM_IOCTL_SYNCOBJ_DESTROY, &destroy);
}

void op_syncobj_destroy(struct thread *t, struct chooser *c)
{
	struct file *f = choose_file(t, c, NULL);
	struct drm_syncobj_destroy args = { .handle = choose_syncobj(t, c, f) };

	op_ioctl(t, c, f->fd, DRM_IOCTL_SYNCOBJ_DESTROY, &args);
}

/* Handles of syncobjs, and points of the same number */
static uint32_t place_syncobjs(struct thread *t, struct chooser *c, struct file *f,
			       __u64 *handles_at, __u64 *points_at)
{
	uint32_t handles[ARRAY_MAX], count = one_in(c, 32) ? ARRAY_MAX : choose(c, 4);
	uint64_t points[ARRAY_MAX];

	for (uint32_t i = 0; i < count; i++) {
		handles[i] = choose_syncobj(t, c, f);
		points[i] = one_in(c, 8) ? choose_value(t, c) : choose(c, 10);
	}
	*handles_at = (uintptr_t)place(t, c, handles, count * sizeof(handles[0]));
	if (points_at)
		*points_at = (uintptr_t)place(t, c, points, count * sizeof(points[0]));
	return count;
}

/*
 * These have a count, which mutations must leave alone: so the ioctl is called
 * without them, and its arguments are at a good address.
 */
static void counted_ioctl(struct thread *t, struct file *f, unsigned long request, void *args)
{
	static const struct fuzz_call ordinary;
	struct chooser c = { .call = &ordinary };

	op_ioctl(t, &c, f->fd, request, args);
}

void op_syncobj_array(struct thread *t, struct chooser *c)
{
	struct file *f = choose_file(t, c, NULL);
	struct drm_syncobj_array args = {};

	args.count_handles = place_syncobjs(t, c, f, &args.handles, NULL);
	args.pad = one_in(c, 16);
	counted_ioctl(t, f, choose(c, 2) ? DRM_IOCTL_SYNCOBJ_RESET : DRM_IOCTL_SYNCOBJ_SIGNAL,
		      &args);
}

void op_syncobj_wait(struct thread *t, struct chooser *c)
{
	struct file *f = choose_file(t, c, NULL);
	struct drm_syncobj_wait args = { .timeout_nsec = choose_time(c), .flags = choose(c, 16) };

	args.count_handles = place_syncobjs(t, c, f, &args.handles, NULL);
	counted_ioctl(t, f, DRM_IOCTL_SYNCOBJ_WAIT, &args);
}

void op_syncobj_timeline(struct thread *t, struct chooser *c)
{
	struct file *f = choose_file(t, c, NULL);
	struct drm_syncobj_timeline_array array = {};
	struct drm_syncobj_timeline_wait wait = {
		.timeout_nsec = choose_time(c),
		.flags = choose(c, 16),
	};

	if (choose(c, 2)) {
		array.count_handles = place_syncobjs(t, c, f, &array.handles, &array.points);
		array.flags = one_in(c, 8);
		counted_ioctl(t, f, choose(c, 2) ? DRM_IOCTL_SYNCOBJ_QUERY :
			      DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, &array);
	} else {
		wait.count_handles = place_syncobjs(t, c, f, &wait.handles, &wait.points);
		counted_ioctl(t, f, DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, &wait);
	}
}

void op_syncobj_transfer(struct thread *t, struct chooser *c)
{
	struct file *f = choose_file(t, c, NULL);
	struct drm_syncobj_transfer args = {
		.src_handle = choose_syncobj(t, c, f),
		.dst_handle = choose_syncobj(t, c, f),
		.src_point = choose(c, 4),
		.dst_point = choose(c, 10),
	};

	op_ioctl(t, c, f->fd, DRM_IOCTL_SYNCOBJ_TRANSFER, &args);
}

void op_syncobj_export(struct thread *t, struct chooser *c)
{
	struct file *f = choose_file(t, c, NULL);
	struct drm_syncobj_handle args = {
		.handle = choose_syncobj(t, c, f),
		.flags = choose(c, 2),
		.fd = -1,
	};

	if (!op_ioctl(t, c, f->fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &args))
		keep_fd(t, c, args.fd);
}

void op_syncobj_import(struct thread *t, struct chooser *c)
{
	struct file *f = choose_file(t, c, NULL);
	struct drm_syncobj_handle args = { .flags = choose(c, 2), .fd = choose_fd(t, c) };
	unsigned int i = choose(c, FUZZ_SYNCOBJS);

	/* A sync file goes into a syncobj that there is, else there is a new one */
	if (args.flags)
		args.handle = f->syncobjs[i];
	if (!op_ioctl(t, c, f->fd, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &args))
		f->syncobjs[i] = args.handle;
}

void op_prime_export(struct thread *t, struct chooser *c)
{
	struct file *f = choose_file(t, c, NULL);
	struct drm_prime_handle args = {
		.handle = choose_handle(t, c, f),
		.flags = choose(c, 2) ? DRM_CLOEXEC | DRM_RDWR : DRM_CLOEXEC,
		.fd = -1,
	};

	if (!op_ioctl(t, c, f->fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &args))
		keep_fd(t, c, args.fd);
}

void op_prime_import(struct thread *t, struct chooser *c)
{
	struct file *f = choose_file(t, c, NULL);
	struct drm_prime_handle args = { .fd = choose_fd(t, c) };
	unsigned int i = choose(c, FUZZ_BOS);
	struct drm_v3npu_bo_info info = {};

	if (op_ioctl(t, c, f->fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &args))
		return;
	/* The former handle stays: the file has more than it knows of */
	info.handle = args.handle;
	if (!op_ioctl(t, c, f->fd, DRM_IOCTL_V3NPU_BO_INFO, &info)) {
		f->bos[i].handle = args.handle;
		f->bos[i].va = info.va;
		f->bos[i].size = info.size;
	}
}

void op_flink(struct thread *t, struct chooser *c)
{
	struct file *f = choose_file(t, c, NULL);
	struct drm_gem_flink flink = { .handle = choose_handle(t, c, f) };
	struct drm_gem_open gem_open = {};
	struct drm_gem_close gem_close = {};

	if (op_ioctl(t, c, f->fd, DRM_IOCTL_GEM_FLINK, &flink))
		return;
	gem_open.name = flink.name;
	f = choose_file(t, c, NULL);
	if (op_ioctl(t, c, f->fd, DRM_IOCTL_GEM_OPEN, &gem_open))
		return;
	gem_close.handle = gem_open.handle;
	op_ioctl(t, c, f->fd, DRM_IOCTL_GEM_CLOSE, &gem_close);
}

void op_drm_other(struct thread *t, struct chooser *c)
{
	static const unsigned long requests[] = {
		DRM_IOCTL_VERSION, DRM_IOCTL_GET_CAP, DRM_IOCTL_SET_CLIENT_CAP,
		DRM_IOCTL_GET_CLIENT, DRM_IOCTL_GET_STATS, DRM_IOCTL_SET_VERSION,
		DRM_IOCTL_GET_UNIQUE, DRM_IOCTL_GET_MAGIC, DRM_IOCTL_AUTH_MAGIC,
		DRM_IOCTL_SET_MASTER, DRM_IOCTL_DROP_MASTER, DRM_IOCTL_MODE_CREATE_DUMB,
		DRM_IOCTL_MODE_MAP_DUMB, DRM_IOCTL_MODE_DESTROY_DUMB,
	};
	uint64_t args[32] = { choose(c, 20), choose(c, 3) };

	op_ioctl(t, c, choose_file(t, c, NULL)->fd, requests[choose(c, COUNT(requests))], args);
}

/*
 * Any type and number, as a 64-bit or a 32-bit program. With small arguments: DRM's own
 * ioctls have counts.
 */
void op_any_number(struct thread *t, struct chooser *c)
{
	unsigned int type = choose(c, 4) ? choose(c, 256) : DRM_IOCTL_BASE;
	unsigned int number = choose(c, 256), size = choose(c, 17) * 8;
	unsigned long request = _IOC(choose(c, 4), type, number, size);
	int fd = choose_file(t, c, NULL)->fd;
	uint64_t args[32] = { choose(c, 3), choose(c, 3), choose(c, 3), choose(c, 3) };

	/* What belongs to the kernel's files as such is not for here: FIONBIO, FIGETBSZ, ... */
	if (type == 'T' || type == 'f' || !type)
		return;
	if (t->low && (t->world->all_compat || choose(c, 2))) {
		npu_compat_ioctl(fd, (uint32_t)request, memcpy(t->low, args, sizeof(args)));
		__atomic_fetch_add(&t->world->shared->compat_ioctls, 1, __ATOMIC_RELAXED);
	} else {
		ioctl(fd, request, place(t, c, args, sizeof(args)));
	}
	__atomic_fetch_add(&t->world->shared->ioctls, 1, __ATOMIC_RELAXED);
}

/* A driver ioctl, or none, of any size and with anything in it. */
void op_raw(struct thread *t, struct chooser *c)
{
	unsigned int nr = DRM_COMMAND_BASE + choose(c, DRIVER_IOCTLS), size = choose(c, 33) * 8;
	uint64_t args[32];

	for (unsigned int i = 0; i < COUNT(args); i++)
		args[i] = choose(c, 2) ? 0 : choose_value(t, c);
	if (size == 256)
		size--;
	op_ioctl(t, c, choose_file(t, c, NULL)->fd,
		 _IOC(choose(c, 4), DRM_IOCTL_BASE, nr, size), args);
}
