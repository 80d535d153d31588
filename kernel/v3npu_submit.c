// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SUBMIT ioctl: arguments are copied and checked, and everything that can
 * fail is done, for all jobs of the call, before the first one is armed. From
 * there on it cannot fail.
 */

#include <linux/dma-fence-chain.h>
#include <linux/dma-resv.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include <drm/drm_exec.h>
#include <drm/drm_gem.h>
#include <drm/drm_syncobj.h>

#include "v3npu_array.h"
#include "v3npu_as.h"
#include "v3npu_ctx.h"
#include "v3npu_drv.h"
#include "v3npu_submit.h"
#include "v3npu_trace.h"

/**
 * struct v3npu_out_sync - a syncobj to signal
 * @syncobj: reference
 * @chain: for a timeline, its next link; else NULL
 * @point: on the timeline
 */
struct v3npu_out_sync {
	struct drm_syncobj *syncobj;
	struct dma_fence_chain *chain;
	u64 point;
};

/**
 * struct v3npu_submit_job - a job of a submission in progress
 * @job: job
 * @bos: its buffers
 * @objs: references on them, so that none is freed while others' reservations are locked
 * @num_objs: entries of @objs that are filled in
 * @out: its out syncobjs
 * @num_out: entries of @out that are filled in
 */
struct v3npu_submit_job {
	struct v3npu_sched_job *job;
	struct drm_v3npu_bo_ref *bos;
	struct drm_gem_object **objs;
	u32 num_objs;
	struct v3npu_out_sync *out;
	u32 num_out;
};

/**
 * struct v3npu_submit - a submission in progress
 * @args: what SUBMIT was given
 * @file: who submits
 * @ctx: reference on the context
 * @descs: what is to be submitted
 * @jobs: what has become of it so far
 * @count: entries of @descs and @jobs
 */
struct v3npu_submit {
	struct drm_v3npu_submit *args;
	struct drm_file *file;
	struct v3npu_ctx *ctx;
	struct drm_v3npu_job *descs;
	struct v3npu_submit_job *jobs;
	u32 count;
};

static int v3npu_submit_get_bo(struct v3npu_submit_job *sj, u32 i, struct drm_file *file)
{
	struct v3npu_sched_job *job = sj->job;
	struct v3npu_mapping *mapping;
	struct drm_gem_object *obj;
	int ret;

	ret = v3npu_submit_check_bo(&sj->bos[i]);
	if (ret)
		return ret;

	obj = drm_gem_object_lookup(file, sj->bos[i].handle);
	if (!obj)
		return -ENOENT;
	sj->objs[sj->num_objs++] = obj;
	mapping = v3npu_mapping_get(job->ctx->file->as, obj);
	if (!mapping)
		return -ENOENT;
	job->mappings[job->num_mappings++] = mapping;

	return 0;
}

/* Look the buffers up; the job keeps their mappings until it is freed */
static int v3npu_submit_get_bos(const struct v3npu_submit *submit,
				const struct drm_v3npu_job *desc, struct v3npu_submit_job *sj)
{
	struct v3npu_sched_job *job = sj->job;
	int ret;
	u32 i;

	ret = v3npu_array_copy((void **)&sj->bos, desc->bos, desc->bo_count,
			       submit->args->bo_stride, sizeof(*sj->bos));
	if (ret || !sj->bos)
		return ret;

	job->mappings = kvcalloc(desc->bo_count, sizeof(*job->mappings), GFP_KERNEL_ACCOUNT);
	sj->objs = kvcalloc(desc->bo_count, sizeof(*sj->objs), GFP_KERNEL);
	if (!job->mappings || !sj->objs)
		return -ENOMEM;

	for (i = 0; i < desc->bo_count && !ret; i++)
		ret = v3npu_submit_get_bo(sj, i, submit->file);

	return ret;
}

static int v3npu_submit_get_in_syncs(const struct v3npu_submit *submit,
				     const struct drm_v3npu_job *desc, struct v3npu_submit_job *sj)
{
	struct drm_v3npu_sync *syncs;
	struct dma_fence *fence;
	int ret;
	u32 i;

	ret = v3npu_array_copy((void **)&syncs, desc->in_syncs, desc->in_sync_count,
			       submit->args->in_sync_stride, sizeof(*syncs));

	for (i = 0; !ret && i < desc->in_sync_count; i++) {
		ret = v3npu_submit_check_sync(&syncs[i]);
		if (!ret)
			ret = drm_syncobj_find_fence(submit->file, syncs[i].handle,
						     syncs[i].point, 0, &fence);
		if (!ret)
			ret = drm_sched_job_add_dependency(&sj->job->base, fence);
	}
	kvfree(syncs);

	return ret;
}

static int v3npu_submit_get_out_sync(struct v3npu_out_sync *out, const struct drm_v3npu_sync *sync,
				     struct drm_file *file)
{
	int ret = v3npu_submit_check_sync(sync);

	if (ret)
		return ret;

	out->point = sync->point;
	if (sync->flags & DRM_V3NPU_SYNC_TIMELINE) {
		out->chain = dma_fence_chain_alloc();
		if (!out->chain)
			return -ENOMEM;
	}

	out->syncobj = drm_syncobj_find(file, sync->handle);
	if (!out->syncobj) {
		dma_fence_chain_free(out->chain);
		return -ENOENT;
	}

	return 0;
}

static int v3npu_submit_get_out_syncs(const struct v3npu_submit *submit,
				      const struct drm_v3npu_job *desc,
				      struct v3npu_submit_job *sj)
{
	struct drm_v3npu_sync *syncs;
	int ret;

	ret = v3npu_array_copy((void **)&syncs, desc->out_syncs, desc->out_sync_count,
			       submit->args->out_sync_stride, sizeof(*syncs));
	if (ret || !syncs)
		return ret;

	sj->out = kvcalloc(desc->out_sync_count, sizeof(*sj->out), GFP_KERNEL);
	if (!sj->out)
		ret = -ENOMEM;

	while (!ret && sj->num_out < desc->out_sync_count) {
		ret = v3npu_submit_get_out_sync(&sj->out[sj->num_out], &syncs[sj->num_out],
						submit->file);
		if (!ret)
			sj->num_out++;
	}
	kvfree(syncs);

	return ret;
}

/* Make a job that only has to wait for its buffers yet */
static int v3npu_submit_prepare(struct v3npu_submit *submit, const struct drm_v3npu_job *desc,
				struct v3npu_submit_job *sj)
{
	struct v3npu_sched_job *job;
	int ret;

	job = v3npu_job_alloc(submit->ctx);
	if (IS_ERR(job))
		return PTR_ERR(job);
	job->cmds = desc->cmds;
	job->cmds_size = desc->cmds_size;

	ret = drm_sched_job_init(&job->base, &submit->ctx->entity, 1, NULL,
				 submit->file->client_id);
	if (ret) {
		v3npu_job_free(job);
		return ret;
	}

	/* Whatever comes now is undone by v3npu_submit_cleanup() */
	sj->job = job;
	ret = v3npu_submit_get_bos(submit, desc, sj);
	if (!ret)
		ret = v3npu_submit_get_in_syncs(submit, desc, sj);
	if (!ret)
		ret = v3npu_submit_get_out_syncs(submit, desc, sj);

	return ret;
}

/*
 * Room for the fences of all jobs of the call. They are of one timeline, on which a
 * later fence takes the place of an earlier one of the same or a weaker use: so there
 * is one of each use at most, for a buffer that is listed in every way.
 */
static int v3npu_submit_lock_job(struct v3npu_submit_job *sj, struct drm_exec *exec)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < sj->num_objs && !ret; i++)
		ret = drm_exec_prepare_obj(exec, sj->objs[i], 3);

	return ret;
}

/* Whoever moves the buffer's memory is waited for in any case */
static int v3npu_submit_add_implicit(struct v3npu_submit_job *sj)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < sj->num_objs && !ret; i++) {
		u32 flags = sj->bos[i].flags;
		enum dma_resv_usage usage = dma_resv_usage_rw(flags & DRM_V3NPU_BO_REF_WRITE);

		if (flags & DRM_V3NPU_BO_REF_NO_IMPLICIT_SYNC)
			usage = DMA_RESV_USAGE_KERNEL;
		ret = drm_sched_job_add_resv_dependencies(&sj->job->base, sj->objs[i]->resv,
							  usage);
	}

	return ret;
}

/* Lock the buffers' reservations, and have the jobs wait for what they say */
static int v3npu_submit_lock_bos(struct v3npu_submit *submit, struct drm_exec *exec)
{
	int ret = 0;
	u32 i;

	drm_exec_until_all_locked(exec) {
		for (i = 0; i < submit->count; i++) {
			ret = v3npu_submit_lock_job(&submit->jobs[i], exec);
			drm_exec_retry_on_contention(exec);
			if (ret)
				return ret;
		}
	}

	for (i = 0; i < submit->count && !ret; i++)
		ret = v3npu_submit_add_implicit(&submit->jobs[i]);

	return ret;
}

static enum dma_resv_usage v3npu_submit_usage(u32 flags)
{
	if (flags & DRM_V3NPU_BO_REF_NO_IMPLICIT_SYNC)
		return DMA_RESV_USAGE_BOOKKEEP;

	return flags & DRM_V3NPU_BO_REF_WRITE ? DMA_RESV_USAGE_WRITE : DMA_RESV_USAGE_READ;
}

/* Publish a job's fence, then let the scheduler have the job */
static void v3npu_submit_push_job(struct v3npu_submit_job *sj)
{
	struct v3npu_sched_job *job = sj->job;
	struct v3npu_ctx *ctx = job->ctx;
	struct dma_fence *fence;
	u32 i;

	spin_lock_irq(&ctx->lock);
	job->number = ++ctx->history.last;
	spin_unlock_irq(&ctx->lock);

	drm_sched_job_arm(&job->base);
	fence = dma_fence_get(&job->base.s_fence->finished);
	/*
	 * Who waits for this job must not go to the NPU before it is done: jobs
	 * there do not run in the order in which they came.
	 */
	set_bit(DRM_SCHED_FENCE_DONT_PIPELINE, &fence->flags);

	for (i = 0; i < sj->num_objs; i++)
		dma_resv_add_fence(sj->objs[i]->resv, fence,
				   v3npu_submit_usage(sj->bos[i].flags));

	for (i = 0; i < sj->num_out; i++) {
		struct v3npu_out_sync *out = &sj->out[i];

		if (out->chain) {
			drm_syncobj_add_point(out->syncobj, out->chain, fence, out->point);
			out->chain = NULL;
		} else {
			drm_syncobj_replace_fence(out->syncobj, fence);
		}
	}

	trace_v3npu_job_submit(job);
	/* It may be gone as soon as it is pushed */
	sj->job = NULL;
	drm_sched_entity_push_job(&job->base);
	dma_fence_put(fence);
}

/* The point of no return. All at once, so that their numbers are in a row */
static void v3npu_submit_push(struct v3npu_submit *submit)
{
	struct v3npu_ctx *ctx = submit->ctx;
	u32 i;

	mutex_lock(&ctx->submit_lock);
	submit->args->number = ctx->history.last + 1;
	for (i = 0; i < submit->count; i++)
		v3npu_submit_push_job(&submit->jobs[i]);
	mutex_unlock(&ctx->submit_lock);
}

static int v3npu_submit_jobs(struct v3npu_submit *submit)
{
	struct drm_exec exec;
	u32 num_objs = 0;
	int ret = 0;
	u32 i;

	for (i = 0; i < submit->count && !ret; i++) {
		ret = v3npu_submit_prepare(submit, &submit->descs[i], &submit->jobs[i]);
		num_objs += submit->jobs[i].num_objs;
	}
	if (ret)
		return ret;

	drm_exec_init(&exec, DRM_EXEC_INTERRUPTIBLE_WAIT | DRM_EXEC_IGNORE_DUPLICATES, num_objs);
	ret = v3npu_submit_lock_bos(submit, &exec);
	if (!ret)
		v3npu_submit_push(submit);
	drm_exec_fini(&exec);

	return ret;
}

static void v3npu_submit_cleanup_job(struct v3npu_submit_job *sj)
{
	if (sj->job) {
		drm_sched_job_cleanup(&sj->job->base);
		v3npu_job_free(sj->job);
	}
	while (sj->num_out--) {
		dma_fence_chain_free(sj->out[sj->num_out].chain);
		drm_syncobj_put(sj->out[sj->num_out].syncobj);
	}
	kvfree(sj->out);
	while (sj->num_objs--)
		drm_gem_object_put(sj->objs[sj->num_objs]);
	kvfree(sj->objs);
	kvfree(sj->bos);
}

static void v3npu_submit_cleanup(struct v3npu_submit *submit)
{
	u32 i;

	for (i = 0; submit->jobs && i < submit->count; i++)
		v3npu_submit_cleanup_job(&submit->jobs[i]);
	kfree(submit->jobs);
	kvfree(submit->descs);
}

/* Have the jobs' descriptions, whichever way they come, and check them */
static int v3npu_submit_describe(struct v3npu_submit *submit)
{
	const struct drm_v3npu_submit *args = submit->args;
	int ret;

	ret = v3npu_submit_check(args);
	if (ret)
		return ret;

	submit->count = max(args->job_count, 1u);
	if (args->job_count) {
		ret = v3npu_array_copy((void **)&submit->descs, args->jobs, args->job_count,
				       args->job_stride, sizeof(*submit->descs));
		if (ret)
			return ret;
	} else {
		submit->descs = kmalloc(sizeof(*submit->descs), GFP_KERNEL);
		if (!submit->descs)
			return -ENOMEM;
		submit->descs[0] = v3npu_submit_single(args);
	}

	return v3npu_submit_check_jobs(submit->descs, submit->count);
}

int v3npu_submit_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct v3npu_submit submit = { .args = data, .file = file };
	int ret;

	ret = v3npu_submit_describe(&submit);
	if (ret)
		goto out;

	submit.ctx = v3npu_ctx_get(file->driver_priv, submit.args->ctx);
	if (!submit.ctx) {
		ret = -ENOENT;
		goto out;
	}
	if (READ_ONCE(submit.ctx->cancelled)) {
		ret = -ECANCELED;
		goto out;
	}

	submit.jobs = kcalloc(submit.count, sizeof(*submit.jobs), GFP_KERNEL);
	ret = submit.jobs ? v3npu_submit_jobs(&submit) : -ENOMEM;
out:
	v3npu_submit_cleanup(&submit);
	if (submit.ctx)
		v3npu_ctx_put(submit.ctx);

	return ret;
}
