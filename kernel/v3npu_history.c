// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a context's last jobs ended, each by its number, so that failures of several
 * jobs in flight can be told apart. As many as there is room for: it belongs to the
 * context, of which a user has not many.
 */

#include <drm/drm_file.h>

#include <kunit/visibility.h>

#include "v3npu_ctx.h"
#include "v3npu_drv.h"
#include "v3npu_history.h"

/**
 * v3npu_history_add() - a job ended
 * @history: its context's
 * @number: its number
 * @error: its fence's, 0 or a negative errno
 * @fault: DRM_V3NPU_FAULT_*
 * @event: where it failed, unless @fault is NONE
 *
 * Jobs end in order. If the firmware says otherwise, one that is not as new as what is
 * in its place is as good as forgotten.
 */
void v3npu_history_add(struct v3npu_history *history, u64 number, int error, u32 fault,
		       const struct v3npu_event *event)
{
	struct v3npu_job_record *record = &history->records[number % V3NPU_JOB_RECORDS];

	if (number <= record->number)
		return;

	*record = (struct v3npu_job_record){
		.number = number,
		.error = error,
		.fault = fault,
	};
	if (fault == DRM_V3NPU_FAULT_NONE)
		return;
	record->fault_va = event->fault_addr;
	record->cmd_index = event->cmd_index;
	record->cmd_opcode = event->cmd_opcode;
	record->cmd_tag = event->cmd_tag;
	record->detail = event->detail;
}
EXPORT_SYMBOL_IF_KUNIT(v3npu_history_add);

/**
 * v3npu_history_find() - look a job up
 * @history: its context's
 * @job: with its number; what is known of it is filled in
 *
 * Return: 0, or -ENOENT when there never was such a job.
 */
int v3npu_history_find(const struct v3npu_history *history, struct drm_v3npu_job_query *job)
{
	const struct v3npu_job_record *record = &history->records[job->number % V3NPU_JOB_RECORDS];

	if (!job->number || job->number > history->last)
		return -ENOENT;

	*job = (struct drm_v3npu_job_query){ .ctx = job->ctx, .number = job->number };
	if (record->number < job->number) {
		job->state = DRM_V3NPU_JOB_PENDING;
	} else if (record->number > job->number) {
		job->state = DRM_V3NPU_JOB_FORGOTTEN;
	} else if (!record->error) {
		job->state = DRM_V3NPU_JOB_DONE;
	} else {
		job->state = DRM_V3NPU_JOB_FAILED;
		job->error = record->error;
		job->fault = record->fault;
		job->fault_va = record->fault_va;
		job->fault_cmd_index = record->cmd_index;
		job->fault_cmd_opcode = record->cmd_opcode;
		job->fault_cmd_tag = record->cmd_tag;
		job->fault_detail = record->detail;
	}

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(v3npu_history_find);

int v3npu_job_query_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_v3npu_job_query *args = data;
	struct v3npu_ctx *ctx;
	int ret;

	ctx = v3npu_ctx_get(file->driver_priv, args->ctx);
	if (!ctx)
		return -ENOENT;

	spin_lock_irq(&ctx->lock);
	ret = v3npu_history_find(&ctx->history, args);
	spin_unlock_irq(&ctx->lock);
	v3npu_ctx_put(ctx);

	return ret;
}
