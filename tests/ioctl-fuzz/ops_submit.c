// SPDX-License-Identifier: MIT
/* Operations: jobs. */
#include <errno.h>
#include <string.h>

#include "fuzz.h"

#define SUBMIT_JOBS	64	/* that the driver takes in a call */

/* How many entries: few, or as many as there may be, or more */
static uint32_t choose_count(struct chooser *c)
{
	static const uint32_t many[] = {
		16, DRM_V3NPU_SUBMIT_MAX, DRM_V3NPU_SUBMIT_MAX + 1, 0x10000000, 0x80000000, ~0u,
	};

	return one_in(c, 32) ? many[choose(c, COUNT(many))] : choose(c, 4);
}

/* An array's stride: mostly none, or one for entries that have grown, or any */
static uint32_t choose_stride(struct thread *t, struct chooser *c, uint32_t size)
{
	switch (choose(c, 16)) {
	case 12:
		return size;
	case 13:
		return size + choose(c, 64);
	case 14:
		return DRM_V3NPU_STRIDE_MAX;
	case 15:
		return (uint32_t)choose_value(t, c);
	default:
		return 0;
	}
}

/*
 * Put entries where the kernel gets them, at their stride, and in between zeros, or now and
 * then something. No more than there is room for.
 */
static uint64_t place_entries(struct thread *t, struct chooser *c, const void *entries,
			      uint32_t count, uint32_t size, uint32_t stride)
{
	static __thread uint8_t spread[8 * DRM_V3NPU_STRIDE_MAX];
	uint64_t total = (uint64_t)count * stride;

	if (!stride || stride == size)
		return (uintptr_t)place(t, c, entries, (size_t)count * size);
	total = total < sizeof(spread) ? total : sizeof(spread);
	memset(spread, 0, total);
	for (uint32_t i = 0; i < count && (uint64_t)i * stride + size <= total; i++)
		memcpy(spread + i * stride, (const uint8_t *)entries + i * size, size);
	if (one_in(c, 16))
		mutate(t, c, spread, total);
	return (uintptr_t)place(t, c, spread, total);
}

/* The entries themselves, of which there are no more than the driver takes. */
static uint64_t place_syncs(struct thread *t, struct chooser *c, struct file *f, uint32_t count,
			    uint32_t stride)
{
	static __thread struct drm_v3npu_sync syncs[DRM_V3NPU_SUBMIT_MAX];

	count = count < DRM_V3NPU_SUBMIT_MAX ? count : DRM_V3NPU_SUBMIT_MAX;
	for (uint32_t i = 0; i < count; i++) {
		syncs[i] = (struct drm_v3npu_sync){ .handle = choose_syncobj(t, c, f) };
		if (choose(c, 2)) {
			syncs[i].flags = DRM_V3NPU_SYNC_TIMELINE;
			syncs[i].point = 1 + choose(c, 8);
		}
		if (one_in(c, 64))
			mutate(t, c, &syncs[i], sizeof(syncs[i]));
	}
	return place_entries(t, c, syncs, count, sizeof(syncs[0]), stride);
}

static uint64_t place_bos(struct thread *t, struct chooser *c, struct file *f, uint32_t count,
			  uint32_t stride)
{
	static const uint32_t flags[] = {
		0, DRM_V3NPU_BO_REF_WRITE, 0, DRM_V3NPU_BO_REF_WRITE,
		DRM_V3NPU_BO_REF_NO_IMPLICIT_SYNC,
	};
	static __thread struct drm_v3npu_bo_ref refs[DRM_V3NPU_SUBMIT_MAX];

	count = count < DRM_V3NPU_SUBMIT_MAX ? count : DRM_V3NPU_SUBMIT_MAX;
	for (uint32_t i = 0; i < count; i++) {
		refs[i] = (struct drm_v3npu_bo_ref){
			.handle = choose_handle(t, c, f),
			.flags = flags[choose(c, COUNT(flags))],
		};
		if (one_in(c, 64))
			mutate(t, c, &refs[i], sizeof(refs[i]));
	}
	return place_entries(t, c, refs, count, sizeof(refs[0]), stride);
}

/* One that is ended takes no job any more: mostly, another comes in its place */
static void replace_ctx(struct thread *t, struct chooser *c, struct file *f, uint32_t ended)
{
	struct drm_v3npu_ctx_create create = { .priority = choose(c, 2) };
	struct drm_v3npu_ctx_destroy destroy = { .id = ended };
	unsigned int i = 0;

	while (i < FUZZ_CTXS && f->ctxs[i] != ended)
		i++;
	if (i == FUZZ_CTXS || one_in(c, 8))
		return;
	op_ioctl(t, c, f->fd, DRM_IOCTL_V3NPU_CTX_DESTROY, &destroy);
	if (!op_ioctl(t, c, f->fd, DRM_IOCTL_V3NPU_CTX_CREATE, &create))
		f->ctxs[i] = create.id;
}

/* What a job is made of, as SUBMIT has it when it is the only one */
static struct drm_v3npu_job choose_job(struct thread *t, struct chooser *c, struct file *f,
				       const struct drm_v3npu_submit *args)
{
	const struct bo *cmds = &f->bos[choose_bo(c, f)];
	struct drm_v3npu_job job = {
		.cmds = cmds->va + (one_in(c, 32) ? choose_value(t, c) : 0),
		.cmds_size = one_in(c, 8) ? 8 * choose(c, 256) : cmds->stream,
		.in_sync_count = one_in(c, 4) ? choose_count(c) : 0,
		.out_sync_count = choose_count(c),
		.bo_count = choose_count(c),
	};

	job.in_syncs = place_syncs(t, c, f, job.in_sync_count, args->in_sync_stride);
	job.out_syncs = place_syncs(t, c, f, job.out_sync_count, args->out_sync_stride);
	job.bos = place_bos(t, c, f, job.bo_count, args->bo_stride);
	return job;
}

static void choose_strides(struct thread *t, struct chooser *c, struct drm_v3npu_submit *args)
{
	if (!one_in(c, 4))
		return;
	args->in_sync_stride = choose_stride(t, c, sizeof(struct drm_v3npu_sync));
	args->out_sync_stride = choose_stride(t, c, sizeof(struct drm_v3npu_sync));
	args->bo_stride = choose_stride(t, c, sizeof(struct drm_v3npu_bo_ref));
}

static void submit(struct thread *t, struct chooser *c, struct file *f,
		   struct drm_v3npu_submit *args)
{
	int ret = op_ioctl(t, c, f->fd, DRM_IOCTL_V3NPU_SUBMIT, args);

	if (!ret) {
		f->number = args->number;
		__atomic_fetch_add(&t->world->shared->streams,
				   args->job_count ? args->job_count : 1, __ATOMIC_RELAXED);
	} else if (ret == -ECANCELED) {
		replace_ctx(t, c, f, args->ctx);
	}
}

void op_submit(struct thread *t, struct chooser *c)
{
	struct file *f = choose_file(t, c, NULL);
	struct drm_v3npu_submit args = { .ctx = choose_ctx(t, c, f) };
	struct drm_v3npu_job job;

	choose_strides(t, c, &args);
	job = choose_job(t, c, f, &args);
	args.cmds = job.cmds;
	args.cmds_size = job.cmds_size;
	args.in_sync_count = job.in_sync_count;
	args.in_syncs = job.in_syncs;
	args.out_sync_count = job.out_sync_count;
	args.out_syncs = job.out_syncs;
	args.bo_count = job.bo_count;
	args.bos = job.bos;
	submit(t, c, f, &args);
}

void op_submit_many(struct thread *t, struct chooser *c)
{
	static __thread struct drm_v3npu_job jobs[SUBMIT_JOBS + 1];
	struct file *f = choose_file(t, c, NULL);
	struct drm_v3npu_submit args = { .ctx = choose_ctx(t, c, f) };
	uint32_t made;

	args.job_count = 1 + choose(c, one_in(c, 8) ? SUBMIT_JOBS + 1 : 4);
	choose_strides(t, c, &args);
	args.job_stride = choose_stride(t, c, sizeof(jobs[0]));
	/* Few that differ, as each takes room for what it points to */
	made = args.job_count < 4 ? args.job_count : 4;
	for (uint32_t i = 0; i < made; i++) {
		jobs[i] = choose_job(t, c, f, &args);
		if (one_in(c, 64))
			mutate(t, c, &jobs[i], sizeof(jobs[i]));
	}
	for (uint32_t i = made; i < args.job_count; i++)
		jobs[i] = jobs[i % made];
	args.jobs = place_entries(t, c, jobs, args.job_count, sizeof(jobs[0]), args.job_stride);
	submit(t, c, f, &args);
}

void op_job_query(struct thread *t, struct chooser *c)
{
	struct file *f = choose_file(t, c, NULL);
	struct drm_v3npu_job_query args = { .ctx = choose_ctx(t, c, f), .number = f->number };

	/* One of those before it, or any */
	args.number -= choose(c, one_in(c, 4) ? 2 * SUBMIT_JOBS : 4);
	if (one_in(c, 16))
		args.number = choose_value(t, c);
	op_ioctl(t, c, f->fd, DRM_IOCTL_V3NPU_JOB_QUERY, &args);
}
