// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose turn it is. The firmware lets users take turns, but forgets them when it
 * boots. So the driver keeps who was served when, and tells it: otherwise whoever
 * makes the device reset would be served again before those who waited.
 */

#include <linux/string.h>

#include "v3npu_as.h"
#include "v3npu_ctx.h"
#include "v3npu_drv.h"
#include "v3npu_turns.h"

/**
 * v3npu_turns_served() - a job of a context ended, and so others are before it now
 * @ctx: context; v3npu_jobs.lock is held
 */
void v3npu_turns_served(struct v3npu_ctx *ctx)
{
	struct v3npu_turn_state *turns = &ctx->vdev->jobs.turns;

	lockdep_assert_held(&ctx->vdev->jobs.lock);
	turns->last++;
	turns->served.ctx[ctx->hw_id] = turns->last;
	turns->served.as[ctx->file->as->mmu.slot] = turns->last;
	turns->served.user[ctx->file->user->number] = turns->last;
}

/**
 * v3npu_turns_write() - tell a firmware that is about to boot who was served when
 * @vdev: device that is stopped, after v3npu_preempt_reset()
 * @to: filled in
 *
 * Jobs that were put aside go on first, as their turn is not over.
 */
void v3npu_turns_write(struct v3npu_device *vdev, struct v3npu_turns *to)
{
	struct v3npu_sched_job *job;

	spin_lock_irq(&vdev->jobs.lock);
	memcpy(to, &vdev->jobs.turns.served, sizeof(*to));
	list_for_each_entry(job, &vdev->jobs.on_npu, link) {
		if (!job->resume)
			continue;
		to->ctx[job->ctx->hw_id] = 0;
		to->as[job->ctx->file->as->mmu.slot] = 0;
		to->user[job->ctx->file->user->number] = 0;
	}
	spin_unlock_irq(&vdev->jobs.lock);
}
