// SPDX-License-Identifier: GPL-2.0-only
/* What SUBMIT refuses before it looks anything up. */

#include <linux/build_bug.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include <kunit/visibility.h>

#include "v3npu/cmd.h"

#include "v3npu_array.h"
#include "v3npu_drv.h"
#include "v3npu_history.h"
#include "v3npu_submit.h"

static_assert(V3NPU_SUBMIT_JOBS_MAX <= V3NPU_JOB_RECORDS);

/* As programs that pass strides have to believe */
static_assert(sizeof(struct drm_v3npu_sync) == 16);
static_assert(sizeof(struct drm_v3npu_bo_ref) == 8);
static_assert(sizeof(struct drm_v3npu_job) == 56);

/**
 * v3npu_submit_single() - what describes the one job when there is no array of jobs
 * @args: SUBMIT's arguments
 *
 * Return: its description.
 */
struct drm_v3npu_job v3npu_submit_single(const struct drm_v3npu_submit *args)
{
	return (struct drm_v3npu_job){
		.cmds = args->cmds,
		.cmds_size = args->cmds_size,
		.in_syncs = args->in_syncs,
		.out_syncs = args->out_syncs,
		.bos = args->bos,
		.in_sync_count = args->in_sync_count,
		.out_sync_count = args->out_sync_count,
		.bo_count = args->bo_count,
	};
}

/**
 * v3npu_submit_check() - check SUBMIT's arguments, but for what describes the jobs
 * @args: arguments
 *
 * Return: 0 or -EINVAL.
 */
int v3npu_submit_check(const struct drm_v3npu_submit *args)
{
	const struct drm_v3npu_job single = v3npu_submit_single(args);

	if (args->flags || args->pad)
		return -EINVAL;
	if (v3npu_array_check(args->in_sync_stride, sizeof(struct drm_v3npu_sync)) ||
	    v3npu_array_check(args->out_sync_stride, sizeof(struct drm_v3npu_sync)) ||
	    v3npu_array_check(args->bo_stride, sizeof(struct drm_v3npu_bo_ref)) ||
	    v3npu_array_check(args->job_stride, sizeof(struct drm_v3npu_job)))
		return -EINVAL;

	/* One job is described here or there */
	if (!args->job_count)
		return args->jobs || args->job_stride ? -EINVAL : 0;
	if (args->job_count > V3NPU_SUBMIT_JOBS_MAX || memchr_inv(&single, 0, sizeof(single)))
		return -EINVAL;

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(v3npu_submit_check);

static int v3npu_submit_check_job(const struct drm_v3npu_job *desc)
{
	if (desc->flags || desc->pad)
		return -EINVAL;
	if (!desc->cmds_size || desc->cmds_size > V3NPU_CMDS_MAX)
		return -EINVAL;
	if (desc->cmds % 8 || desc->cmds_size % 8)
		return -EINVAL;
	if (desc->cmds < V3NPU_VA_START || desc->cmds > V3NPU_VA_END - desc->cmds_size)
		return -EINVAL;

	return 0;
}

/**
 * v3npu_submit_check_jobs() - check the jobs of a SUBMIT
 * @descs: their descriptions
 * @count: how many they are, at most V3NPU_SUBMIT_JOBS_MAX
 *
 * Together they have no more entries of arrays than one may have: it is them that the
 * time of a call depends on.
 *
 * Return: 0 or -EINVAL.
 */
int v3npu_submit_check_jobs(const struct drm_v3npu_job *descs, u32 count)
{
	u64 in_syncs = 0, out_syncs = 0, bos = 0;
	int ret = 0;
	u32 i;

	for (i = 0; i < count && !ret; i++) {
		ret = v3npu_submit_check_job(&descs[i]);
		in_syncs += descs[i].in_sync_count;
		out_syncs += descs[i].out_sync_count;
		bos += descs[i].bo_count;
	}
	if (max3(in_syncs, out_syncs, bos) > DRM_V3NPU_SUBMIT_MAX)
		return -EINVAL;

	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(v3npu_submit_check_jobs);

/**
 * v3npu_submit_check_sync() - check an in or out syncobj
 * @sync: entry of a job's array
 *
 * Return: 0 or -EINVAL.
 */
int v3npu_submit_check_sync(const struct drm_v3npu_sync *sync)
{
	if (sync->flags & ~DRM_V3NPU_SYNC_TIMELINE)
		return -EINVAL;
	/* Timelines begin at 1, and binary syncobjs have no points */
	if (!(sync->flags & DRM_V3NPU_SYNC_TIMELINE) != !sync->point)
		return -EINVAL;

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(v3npu_submit_check_sync);

/**
 * v3npu_submit_check_bo() - check how a job uses a buffer
 * @bo: entry of its array of buffers
 *
 * Return: 0 or -EINVAL.
 */
int v3npu_submit_check_bo(const struct drm_v3npu_bo_ref *bo)
{
	if (bo->flags & ~(DRM_V3NPU_BO_REF_WRITE | DRM_V3NPU_BO_REF_NO_IMPLICIT_SYNC))
		return -EINVAL;
	/* Nobody would be told that it is written */
	if (bo->flags == (DRM_V3NPU_BO_REF_WRITE | DRM_V3NPU_BO_REF_NO_IMPLICIT_SYNC))
		return -EINVAL;

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(v3npu_submit_check_bo);
