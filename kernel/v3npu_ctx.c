// SPDX-License-Identifier: GPL-2.0-only
/* Contexts: their creation and destruction, and what is counted for them. */

#include <linux/capability.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include <drm/drm_print.h>

#include "v3npu_as.h"
#include "v3npu_ctx.h"
#include "v3npu_drv.h"
#include "v3npu_sched.h"

/* The firmware's priorities are the ABI's */
static_assert(DRM_V3NPU_PRIORITY_LOW == V3NPU_PRIO_LOW);
static_assert(DRM_V3NPU_PRIORITY_NORMAL == V3NPU_PRIO_NORMAL);
static_assert(DRM_V3NPU_PRIORITY_HIGH == V3NPU_PRIO_HIGH);
static_assert(DRM_V3NPU_PRIORITY_REALTIME == V3NPU_PRIO_REALTIME);

/* Nobody knows it any more, and the MMU has forgotten what its jobs used */
static void v3npu_ctx_release(struct v3npu_device *vdev, struct v3npu_retired *retired)
{
	struct v3npu_ctx *ctx = container_of(retired, struct v3npu_ctx, retired);

	v3npu_mmu_put_slot(vdev, &ctx->file->as->mmu);
	xa_erase(&vdev->jobs.ctxs, ctx->hw_id);
	v3npu_file_uncharge_ctx(ctx->file);
	v3npu_file_put(ctx->file);
	mutex_destroy(&ctx->submit_lock);
	kfree(ctx);
}

/* No job is left */
static void v3npu_ctx_free(struct kref *refs)
{
	struct v3npu_ctx *ctx = container_of(refs, struct v3npu_ctx, refs);

	drm_sched_entity_fini(&ctx->entity);
	dma_fence_put(ctx->last);
	v3npu_mmu_leave_slot(ctx->vdev, &ctx->file->as->mmu);
	ctx->retired.release = v3npu_ctx_release;
	v3npu_mmu_retire(ctx->vdev, &ctx->file->as->mmu, &ctx->retired);
}

/**
 * v3npu_ctx_put() - give up a reference
 * @ctx: freed with its last reference, when it has no job left; can sleep
 */
void v3npu_ctx_put(struct v3npu_ctx *ctx)
{
	kref_put(&ctx->refs, v3npu_ctx_free);
}

/**
 * v3npu_ctx_get() - find a context of a file
 * @vfile: file
 * @id: its number there
 *
 * Return: the context with a reference for the caller, or NULL.
 */
struct v3npu_ctx *v3npu_ctx_get(struct v3npu_file *vfile, u32 id)
{
	struct v3npu_ctx *ctx;

	xa_lock(&vfile->ctxs);
	ctx = xa_load(&vfile->ctxs, id);
	if (ctx)
		kref_get(&ctx->refs);
	xa_unlock(&vfile->ctxs);

	return ctx;
}

/* Not where the job failed, which may be an interrupt, and has locks */
static void v3npu_ctx_end_work(struct work_struct *work)
{
	struct v3npu_ctx *ctx = container_of(work, struct v3npu_ctx, end_work);

	v3npu_jobs_cancel(ctx);
	v3npu_ctx_put(ctx);
}

/**
 * v3npu_ctx_failed() - a job of a context failed, and the context is to blame
 * @ctx: context; the job has a reference
 * @fault: DRM_V3NPU_FAULT_*
 *
 * One that fails again and again is ended: its other jobs end with ECANCELED.
 */
void v3npu_ctx_failed(struct v3npu_ctx *ctx, u32 fault)
{
	struct drm_v3npu_ctx_query *stats = &ctx->stats;
	unsigned long flags;
	bool end;

	spin_lock_irqsave(&ctx->lock, flags);
	if (fault == DRM_V3NPU_FAULT_TIMEOUT || fault == DRM_V3NPU_FAULT_DEVICE)
		stats->resets_guilty++;
	stats->failed_in_row++;
	end = stats->failed_in_row >= V3NPU_CTX_FAILURES_MAX &&
	      stats->state == DRM_V3NPU_CTX_ACTIVE;
	if (end)
		stats->state = DRM_V3NPU_CTX_ENDED;
	spin_unlock_irqrestore(&ctx->lock, flags);
	if (!end)
		return;

	drm_dbg_driver(&ctx->vdev->drm, "context %u is ended: %u jobs in a row failed\n",
		       ctx->hw_id, V3NPU_CTX_FAILURES_MAX);
	WRITE_ONCE(ctx->cancelled, true);
	kref_get(&ctx->refs);
	queue_work(ctx->vdev->wq, &ctx->end_work);
}

/**
 * v3npu_ctx_succeeded() - a job of a context completed
 * @ctx: context; the job has a reference
 */
void v3npu_ctx_succeeded(struct v3npu_ctx *ctx)
{
	unsigned long flags;

	spin_lock_irqsave(&ctx->lock, flags);
	ctx->stats.failed_in_row = 0;
	spin_unlock_irqrestore(&ctx->lock, flags);
}

/**
 * v3npu_ctx_was_reset() - count a reset that somebody else caused
 * @ctx: context with jobs on the NPU; may be called for each of them
 * @reset: number of the reset, not 0
 */
void v3npu_ctx_was_reset(struct v3npu_ctx *ctx, u64 reset)
{
	if (ctx->seen_reset == reset)
		return;
	ctx->seen_reset = reset;
	spin_lock_irq(&ctx->lock);
	ctx->stats.resets_innocent++;
	spin_unlock_irq(&ctx->lock);
}

static struct v3npu_ctx *v3npu_ctx_create(struct v3npu_file *vfile, u32 priority)
{
	struct v3npu_device *vdev = vfile->vdev;
	struct v3npu_ctx *ctx;
	int ret;

	ret = v3npu_file_charge_ctx(vfile);
	if (ret)
		return ERR_PTR(ret);

	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL_ACCOUNT);
	if (!ctx) {
		ret = -ENOMEM;
		goto err_uncharge;
	}
	ctx->vdev = vdev;

	/* Cyclic, so that a number rests as long as possible before another file gets it */
	ret = xa_alloc_cyclic(&vdev->jobs.ctxs, &ctx->hw_id, ctx,
			      XA_LIMIT(0, V3NPU_NUM_CTX - 1), &vdev->jobs.next_ctx, GFP_KERNEL);
	if (ret < 0) {
		ret = ret == -EBUSY ? -ENOSPC : ret;
		goto err_free;
	}

	ret = v3npu_sched_init_entity(ctx);
	if (ret)
		goto err_erase;
	ret = v3npu_mmu_get_slot(vdev, &vfile->as->mmu);
	if (ret)
		goto err_fini_entity;

	kref_init(&ctx->refs);
	ctx->file = v3npu_file_get(vfile);
	ctx->priority = priority;
	ctx->fence_context = dma_fence_context_alloc(1);
	mutex_init(&ctx->submit_lock);
	spin_lock_init(&ctx->lock);
	INIT_WORK(&ctx->end_work, v3npu_ctx_end_work);

	return ctx;

err_fini_entity:
	drm_sched_entity_fini(&ctx->entity);
err_erase:
	xa_erase(&vdev->jobs.ctxs, ctx->hw_id);
err_free:
	kfree(ctx);
err_uncharge:
	v3npu_file_uncharge_ctx(vfile);
	return ERR_PTR(ret);
}

/* Take the file's reference; jobs that are not done end with ECANCELED */
static void v3npu_ctx_close(struct v3npu_ctx *ctx)
{
	WRITE_ONCE(ctx->cancelled, true);
	/* The others are jobs' */
	if (kref_read(&ctx->refs) > 1)
		v3npu_jobs_cancel(ctx);
	v3npu_ctx_put(ctx);
}

/**
 * v3npu_ctx_close_all() - destroy all contexts of a file
 * @vfile: file that is closing
 */
void v3npu_ctx_close_all(struct v3npu_file *vfile)
{
	struct v3npu_ctx *ctx;
	unsigned long id;

	xa_for_each(&vfile->ctxs, id, ctx)
		v3npu_ctx_close(ctx);
	xa_destroy(&vfile->ctxs);
}

/**
 * v3npu_ctx_allowed_priorities() - what CTX_CREATE takes from the current process
 *
 * Return: a bit for each of enum drm_v3npu_priority.
 */
u32 v3npu_ctx_allowed_priorities(void)
{
	/* Who asks does not try to do what it may not */
	if (ns_capable_noaudit(&init_user_ns, CAP_SYS_NICE))
		return BIT(DRM_V3NPU_PRIORITY_REALTIME + 1) - 1;

	return BIT(DRM_V3NPU_PRIORITY_NORMAL + 1) - 1;
}

int v3npu_ctx_create_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct v3npu_file *vfile = file->driver_priv;
	struct drm_v3npu_ctx_create *args = data;
	struct v3npu_ctx *ctx;
	int ret;

	if (args->flags || args->pad || args->priority > DRM_V3NPU_PRIORITY_REALTIME)
		return -EINVAL;
	if (args->priority > DRM_V3NPU_PRIORITY_NORMAL && !capable(CAP_SYS_NICE))
		return -EACCES;

	ctx = v3npu_ctx_create(vfile, args->priority);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);

	/* Once it has a number another thread can destroy it */
	ret = xa_alloc(&vfile->ctxs, &args->id, ctx, XA_LIMIT(1, V3NPU_FILE_CONTEXTS_MAX),
		       GFP_KERNEL);
	if (ret)
		v3npu_ctx_put(ctx);

	return ret == -EBUSY ? -ENOSPC : ret;
}

int v3npu_ctx_destroy_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct v3npu_file *vfile = file->driver_priv;
	struct drm_v3npu_ctx_destroy *args = data;
	struct v3npu_ctx *ctx;

	if (args->pad)
		return -EINVAL;

	ctx = xa_erase(&vfile->ctxs, args->id);
	if (!ctx)
		return -ENOENT;
	v3npu_ctx_close(ctx);

	return 0;
}

int v3npu_ctx_query_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct v3npu_file *vfile = file->driver_priv;
	struct drm_v3npu_ctx_query *args = data;
	struct v3npu_ctx *ctx;
	u32 id = args->id;

	ctx = v3npu_ctx_get(vfile, id);
	if (!ctx)
		return -ENOENT;

	spin_lock_irq(&ctx->lock);
	*args = ctx->stats;
	spin_unlock_irq(&ctx->lock);
	args->id = id;
	v3npu_ctx_put(ctx);

	return 0;
}
