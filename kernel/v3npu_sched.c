// SPDX-License-Identifier: GPL-2.0-only
/*
 * Between DRM's scheduler and the jobs.
 *
 * The firmware decides which job runs. So each context has a scheduler of its
 * own, which knows nothing of the others: it gives jobs to the NPU as soon as
 * what they wait for has signalled and their context has a place there. All
 * share one ordered workqueue, and so no job starts while another one does,
 * or during a reset.
 *
 * A scheduler belongs to a context's number, and stays with the device for the
 * next context that gets it. Its memory stays longer if need be: fences refer
 * to their scheduler, and a sync file may outlive everything else.
 */

#include <linux/dma-fence.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "v3npu_ctx.h"
#include "v3npu_drv.h"
#include "v3npu_sched.h"

/**
 * struct v3npu_fence - a job's hardware fence
 * @base: fence
 * @sched: reference on its context's scheduler; NULL before it is initialized
 *
 * Scheduler's fences refer to it, and so it may outlive the job, the file and
 * the device. It keeps the module, too, whose functions its last reference calls: from
 * SUBMIT on, since a job may come to its turn when its file is gone and the module is
 * already being removed.
 */
struct v3npu_fence {
	struct dma_fence base;
	/** @lock: for @base */
	spinlock_t lock;
	struct v3npu_sched *sched;
};

static struct v3npu_fence *to_v3npu_fence(struct dma_fence *fence)
{
	return container_of(fence, struct v3npu_fence, base);
}

static struct v3npu_sched *to_v3npu_sched(struct drm_gpu_scheduler *sched)
{
	return container_of(sched, struct v3npu_sched, base);
}

static void v3npu_sched_free(struct kref *refs)
{
	kfree(container_of(refs, struct v3npu_sched, refs));
}

static const char *v3npu_fence_driver_name(struct dma_fence *fence)
{
	return "v3npu";
}

static const char *v3npu_fence_timeline_name(struct dma_fence *fence)
{
	return "npu";
}

static void v3npu_fence_release(struct dma_fence *fence)
{
	kref_put(&to_v3npu_fence(fence)->sched->refs, v3npu_sched_free);
	dma_fence_free(fence);
	module_put(THIS_MODULE);
}

static const struct dma_fence_ops v3npu_fence_ops = {
	.get_driver_name = v3npu_fence_driver_name,
	.get_timeline_name = v3npu_fence_timeline_name,
	.release = v3npu_fence_release,
};

/**
 * v3npu_fence_alloc() - make a hardware fence that is not initialized yet
 *
 * Return: the fence, to be freed with v3npu_fence_free(), or NULL.
 */
struct dma_fence *v3npu_fence_alloc(void)
{
	struct v3npu_fence *fence = kzalloc(sizeof(*fence), GFP_KERNEL_ACCOUNT);

	if (!fence)
		return NULL;
	/* The open file has one as well */
	__module_get(THIS_MODULE);
	spin_lock_init(&fence->lock);

	return &fence->base;
}

/**
 * v3npu_fence_free() - give up a job's reference of its hardware fence
 * @fence: fence, whether or not it was initialized
 */
void v3npu_fence_free(struct dma_fence *fence)
{
	/* One that was never initialized has no reference count */
	if (to_v3npu_fence(fence)->sched) {
		dma_fence_put(fence);
	} else {
		kfree(to_v3npu_fence(fence));
		module_put(THIS_MODULE);
	}
}

static void v3npu_fence_init(struct v3npu_sched_job *job)
{
	struct v3npu_fence *fence = to_v3npu_fence(job->fence);

	fence->sched = to_v3npu_sched(job->base.sched);
	kref_get(&fence->sched->refs);
	dma_fence_init(&fence->base, &v3npu_fence_ops, &fence->lock, job->ctx->fence_context,
		       job->seqno);
}

/*
 * Fences of a context signal in order, so a cancelled job ends only when those
 * that the NPU has are done.
 */
static struct dma_fence *v3npu_prepare_job(struct drm_sched_job *base,
					   struct drm_sched_entity *entity)
{
	struct v3npu_sched_job *job = to_v3npu_job(base);
	struct v3npu_ctx *ctx = job->ctx;

	if (!READ_ONCE(ctx->cancelled))
		return NULL;

	job->cancelled = true;
	if (!ctx->last || dma_fence_is_signaled(ctx->last))
		return NULL;

	return dma_fence_get(ctx->last);
}

static struct dma_fence *v3npu_run_job(struct drm_sched_job *base)
{
	struct v3npu_sched_job *job = to_v3npu_job(base);
	struct v3npu_ctx *ctx = job->ctx;
	struct dma_fence *fence = job->fence;

	job->seqno = ++ctx->vdev->jobs.seqno;
	v3npu_fence_init(job);
	dma_fence_put(ctx->last);
	ctx->last = dma_fence_get(fence);
	/* The scheduler's; the job keeps its own until it is freed, which can be soon */
	dma_fence_get(fence);

	v3npu_job_run(job);

	/* One that cannot run has a fence too: it keeps the memory of the scheduler */
	return fence;
}

static void v3npu_free_job_work(struct work_struct *work)
{
	v3npu_job_free(container_of(work, struct v3npu_sched_job, free_work));
}

/* Unmapping takes locks under which memory is allocated, so not here, where fences may wait */
static void v3npu_free_job(struct drm_sched_job *base)
{
	struct v3npu_sched_job *job = to_v3npu_job(base);

	drm_sched_job_cleanup(base);
	INIT_WORK(&job->free_work, v3npu_free_job_work);
	queue_work(job->ctx->vdev->wq, &job->free_work);
}

static const struct drm_sched_backend_ops v3npu_sched_ops = {
	.prepare_job = v3npu_prepare_job,
	.run_job = v3npu_run_job,
	.free_job = v3npu_free_job,
};

static struct v3npu_sched *v3npu_sched_create(struct v3npu_device *vdev)
{
	const struct drm_sched_init_args args = {
		.ops = &v3npu_sched_ops,
		.submit_wq = vdev->jobs.wq,
		.num_rqs = 1,
		.credit_limit = V3NPU_JOBS_PER_CTX,
		/* v3npu_watch.c */
		.timeout = MAX_SCHEDULE_TIMEOUT,
		.name = "v3npu",
		.dev = vdev->drm.dev,
	};
	struct v3npu_sched *sched;
	int ret;

	sched = kzalloc(sizeof(*sched), GFP_KERNEL);
	if (!sched)
		return ERR_PTR(-ENOMEM);

	kref_init(&sched->refs);
	ret = drm_sched_init(&sched->base, &args);
	if (ret) {
		kfree(sched);
		return ERR_PTR(ret);
	}

	return sched;
}

/**
 * v3npu_sched_init_entity() - lend a context its number's scheduler
 * @ctx: context whose number no other one has; it gives the scheduler back
 *	with drm_sched_entity_fini() when it has no jobs left
 *
 * Return: 0 or a negative error.
 */
int v3npu_sched_init_entity(struct v3npu_ctx *ctx)
{
	struct v3npu_sched **place = &ctx->vdev->jobs.scheds[ctx->hw_id];
	struct drm_gpu_scheduler *sched;

	if (!*place) {
		struct v3npu_sched *new = v3npu_sched_create(ctx->vdev);

		if (IS_ERR(new))
			return PTR_ERR(new);
		*place = new;
	}
	sched = &(*place)->base;

	/* A scheduler for one entity has one run queue, and this is its priority */
	return drm_sched_entity_init(&ctx->entity, DRM_SCHED_PRIORITY_KERNEL, &sched, 1, NULL);
}

/**
 * v3npu_sched_release() - stop all schedulers
 * @vdev: device without contexts
 */
void v3npu_sched_release(struct v3npu_device *vdev)
{
	struct v3npu_sched *sched;
	unsigned int i;

	for (i = 0; i < V3NPU_NUM_CTX; i++) {
		sched = vdev->jobs.scheds[i];
		if (!sched)
			continue;
		drm_sched_fini(&sched->base);
		kref_put(&sched->refs, v3npu_sched_free);
	}
}
