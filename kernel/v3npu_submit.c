// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SUBMIT ioctl: arguments are copied and checked, and everything that can
 * fail is done, before the job is armed. From there on it cannot fail.
 */

#include <linux/dma-fence-chain.h>
#include <linux/dma-resv.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_exec.h>
#include <drm/drm_gem.h>
#include <drm/drm_syncobj.h>

#include <kunit/visibility.h>

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
 * struct v3npu_submit - a submission in progress
 * @job: job
 * @bos: its buffers
 * @objs: references on them, so that none is freed while others' reservations are locked
 * @num_objs: entries of @objs that are filled in
 * @out: its out syncobjs
 * @num_out: entries of @out that are filled in
 */
struct v3npu_submit {
	struct v3npu_sched_job *job;
	struct drm_v3npu_bo_ref *bos;
	struct drm_gem_object **objs;
	u32 num_objs;
	struct v3npu_out_sync *out;
	u32 num_out;
};

/* Copy an array of @count elements; *@array is NULL when there are none */
static int v3npu_submit_copy(void **array, u64 user, u32 count, size_t size)
{
	*array = NULL;
	if (!count)
		return 0;
	if (count > DRM_V3NPU_SUBMIT_MAX)
		return -EINVAL;

	*array = vmemdup_array_user(u64_to_user_ptr(user), count, size);
	if (IS_ERR(*array)) {
		int ret = PTR_ERR(*array);

		*array = NULL;
		return ret;
	}

	return 0;
}

VISIBLE_IF_KUNIT int v3npu_submit_check(const struct drm_v3npu_submit *args)
{
	if (args->flags)
		return -EINVAL;
	if (!args->cmds_size || args->cmds_size > V3NPU_CMDS_MAX)
		return -EINVAL;
	if (args->cmds % 8 || args->cmds_size % 8)
		return -EINVAL;
	if (args->cmds < V3NPU_VA_START || args->cmds > V3NPU_VA_END - args->cmds_size)
		return -EINVAL;

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(v3npu_submit_check);

VISIBLE_IF_KUNIT int v3npu_submit_check_sync(const struct drm_v3npu_sync *sync)
{
	if (sync->flags & ~DRM_V3NPU_SYNC_TIMELINE)
		return -EINVAL;
	/* Timelines begin at 1, and binary syncobjs have no points */
	if (!(sync->flags & DRM_V3NPU_SYNC_TIMELINE) != !sync->point)
		return -EINVAL;

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(v3npu_submit_check_sync);

/* Look the buffers up; the job keeps their mappings until it is freed */
static int v3npu_submit_get_bos(struct v3npu_submit *submit, const struct drm_v3npu_submit *args,
				struct drm_file *file)
{
	struct v3npu_sched_job *job = submit->job;
	struct v3npu_mapping *mapping;
	struct drm_gem_object *obj;
	int ret;
	u32 i;

	ret = v3npu_submit_copy((void **)&submit->bos, args->bos, args->bo_count,
				sizeof(*submit->bos));
	if (ret || !args->bo_count)
		return ret;

	job->mappings = kvcalloc(args->bo_count, sizeof(*job->mappings), GFP_KERNEL_ACCOUNT);
	submit->objs = kvcalloc(args->bo_count, sizeof(*submit->objs), GFP_KERNEL);
	if (!job->mappings || !submit->objs)
		return -ENOMEM;

	for (i = 0; i < args->bo_count; i++) {
		if (submit->bos[i].flags & ~DRM_V3NPU_BO_REF_WRITE)
			return -EINVAL;

		obj = drm_gem_object_lookup(file, submit->bos[i].handle);
		if (!obj)
			return -ENOENT;
		submit->objs[submit->num_objs++] = obj;
		mapping = v3npu_mapping_get(job->ctx->file->as, obj);
		if (!mapping)
			return -ENOENT;
		job->mappings[job->num_mappings++] = mapping;
	}

	return 0;
}

static int v3npu_submit_get_in_syncs(struct v3npu_submit *submit,
				     const struct drm_v3npu_submit *args, struct drm_file *file)
{
	struct drm_v3npu_sync *syncs;
	struct dma_fence *fence;
	int ret;
	u32 i;

	ret = v3npu_submit_copy((void **)&syncs, args->in_syncs, args->in_sync_count,
				sizeof(*syncs));

	for (i = 0; !ret && i < args->in_sync_count; i++) {
		ret = v3npu_submit_check_sync(&syncs[i]);
		if (!ret)
			ret = drm_syncobj_find_fence(file, syncs[i].handle, syncs[i].point, 0,
						     &fence);
		if (!ret)
			ret = drm_sched_job_add_dependency(&submit->job->base, fence);
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

static int v3npu_submit_get_out_syncs(struct v3npu_submit *submit,
				      const struct drm_v3npu_submit *args, struct drm_file *file)
{
	struct drm_v3npu_sync *syncs;
	int ret;

	ret = v3npu_submit_copy((void **)&syncs, args->out_syncs, args->out_sync_count,
				sizeof(*syncs));
	if (ret || !syncs)
		return ret;

	submit->out = kvcalloc(args->out_sync_count, sizeof(*submit->out), GFP_KERNEL);
	if (!submit->out)
		ret = -ENOMEM;

	while (!ret && submit->num_out < args->out_sync_count) {
		ret = v3npu_submit_get_out_sync(&submit->out[submit->num_out],
						&syncs[submit->num_out], file);
		if (!ret)
			submit->num_out++;
	}
	kvfree(syncs);

	return ret;
}

/* Lock the buffers' reservations, and wait for what they say */
static int v3npu_submit_lock_bos(struct v3npu_submit *submit, struct drm_exec *exec)
{
	struct v3npu_sched_job *job = submit->job;
	int ret = 0;
	u32 i;

	drm_exec_until_all_locked(exec) {
		for (i = 0; i < submit->num_objs; i++) {
			/* A buffer that is listed as read and as written gets a fence for each */
			ret = drm_exec_prepare_obj(exec, submit->objs[i], 2);
			drm_exec_retry_on_contention(exec);
			if (ret)
				return ret;
		}
	}

	for (i = 0; i < submit->num_objs && !ret; i++)
		ret = drm_sched_job_add_implicit_dependencies(&job->base, submit->objs[i],
							      submit->bos[i].flags &
							      DRM_V3NPU_BO_REF_WRITE);

	return ret;
}

/* The point of no return: publish the job's fence, then let the scheduler have it */
static void v3npu_submit_push(struct v3npu_submit *submit)
{
	struct v3npu_sched_job *job = submit->job;
	struct v3npu_ctx *ctx = job->ctx;
	struct dma_fence *fence;
	u32 i;

	mutex_lock(&ctx->submit_lock);
	drm_sched_job_arm(&job->base);
	fence = dma_fence_get(&job->base.s_fence->finished);
	/*
	 * Who waits for this job must not go to the NPU before it is done: jobs
	 * there do not run in the order in which they came.
	 */
	set_bit(DRM_SCHED_FENCE_DONT_PIPELINE, &fence->flags);

	for (i = 0; i < submit->num_objs; i++)
		dma_resv_add_fence(submit->objs[i]->resv, fence,
				   submit->bos[i].flags & DRM_V3NPU_BO_REF_WRITE ?
				   DMA_RESV_USAGE_WRITE : DMA_RESV_USAGE_READ);

	for (i = 0; i < submit->num_out; i++) {
		struct v3npu_out_sync *out = &submit->out[i];

		if (out->chain) {
			drm_syncobj_add_point(out->syncobj, out->chain, fence, out->point);
			out->chain = NULL;
		} else {
			drm_syncobj_replace_fence(out->syncobj, fence);
		}
	}

	trace_v3npu_job_submit(job);
	/* It may be gone as soon as it is pushed */
	submit->job = NULL;
	drm_sched_entity_push_job(&job->base);
	mutex_unlock(&ctx->submit_lock);
	dma_fence_put(fence);
}

static int v3npu_submit_job(struct v3npu_submit *submit, const struct drm_v3npu_submit *args,
			    struct drm_file *file)
{
	struct drm_exec exec;
	int ret;

	ret = v3npu_submit_get_bos(submit, args, file);
	if (!ret)
		ret = v3npu_submit_get_in_syncs(submit, args, file);
	if (!ret)
		ret = v3npu_submit_get_out_syncs(submit, args, file);
	if (ret)
		return ret;

	drm_exec_init(&exec, DRM_EXEC_INTERRUPTIBLE_WAIT | DRM_EXEC_IGNORE_DUPLICATES,
		      args->bo_count);
	ret = v3npu_submit_lock_bos(submit, &exec);
	if (!ret)
		v3npu_submit_push(submit);
	drm_exec_fini(&exec);

	return ret;
}

static void v3npu_submit_cleanup(struct v3npu_submit *submit)
{
	while (submit->num_out--) {
		dma_fence_chain_free(submit->out[submit->num_out].chain);
		drm_syncobj_put(submit->out[submit->num_out].syncobj);
	}
	kvfree(submit->out);
	while (submit->num_objs--)
		drm_gem_object_put(submit->objs[submit->num_objs]);
	kvfree(submit->objs);
	kvfree(submit->bos);
}

int v3npu_submit_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	const struct drm_v3npu_submit *args = data;
	struct v3npu_submit submit = {};
	struct v3npu_ctx *ctx;
	int ret;

	ret = v3npu_submit_check(args);
	if (ret)
		return ret;

	ctx = v3npu_ctx_get(file->driver_priv, args->ctx);
	if (!ctx)
		return -ENOENT;
	if (READ_ONCE(ctx->cancelled)) {
		ret = -ECANCELED;
		goto out;
	}

	submit.job = v3npu_job_alloc(ctx);
	if (IS_ERR(submit.job)) {
		ret = PTR_ERR(submit.job);
		goto out;
	}
	submit.job->cmds = args->cmds;
	submit.job->cmds_size = args->cmds_size;

	ret = drm_sched_job_init(&submit.job->base, &ctx->entity, 1, NULL, file->client_id);
	if (ret) {
		v3npu_job_free(submit.job);
		goto out;
	}

	ret = v3npu_submit_job(&submit, args, file);
	if (ret) {
		drm_sched_job_cleanup(&submit.job->base);
		v3npu_job_free(submit.job);
	}
	v3npu_submit_cleanup(&submit);
out:
	v3npu_ctx_put(ctx);

	return ret;
}
