/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_STATS_H__
#define __V3NPU_STATS_H__

#include <linux/ktime.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "v3npu/ipc.h"

struct drm_file;
struct drm_printer;
struct v3npu_device;
struct v3npu_file;

/**
 * struct v3npu_totals - what jobs have cost
 * @jobs_done: jobs that completed
 * @jobs_failed: jobs that faulted, or that a reset or removal ended
 * @run_us: microseconds for which the NPU ran jobs, those that a reset ended included
 * @commands: commands run, of failed jobs too
 * @counters: likewise; as the firmware reports them, so a reset's victims add nothing
 */
struct v3npu_totals {
	u64 jobs_done;
	u64 jobs_failed;
	u64 run_us;
	u64 commands;
	struct v3npu_counters counters;
};

/**
 * struct v3npu_stats - what is counted for the device
 * @totals: of all jobs since probing
 * @on_npu: jobs that the NPU has
 * @busy_since: when @on_npu was last 0 no more
 * @busy: time for which @on_npu was not 0 before that
 * @preemptions: jobs that the firmware put aside for more urgent ones
 * @fw_preemptions: those of them since it booted
 */
struct v3npu_stats {
	/** @lock: protects all fields; innermost; taken by interrupts, too */
	spinlock_t lock;
	struct v3npu_totals totals;
	unsigned int on_npu;
	ktime_t busy_since;
	ktime_t busy;
	u64 preemptions;
	u32 fw_preemptions;
};

/**
 * struct v3npu_file_stats - what is counted for an open file
 * @totals: of jobs of all its contexts, those that were destroyed included
 */
struct v3npu_file_stats {
	/** @lock: protects @totals; innermost */
	spinlock_t lock;
	struct v3npu_totals totals;
};

void v3npu_stats_init(struct v3npu_device *vdev);
void v3npu_stats_job_begins(struct v3npu_device *vdev);
void v3npu_stats_job_ends(struct v3npu_file *vfile, bool failed, const struct v3npu_event *event,
			  u32 run_us);
void v3npu_stats_preempted(struct v3npu_device *vdev, u32 fw_preemptions);
void v3npu_stats_booting(struct v3npu_device *vdev);
void v3npu_stats_read(struct v3npu_device *vdev, struct v3npu_totals *totals, ktime_t *busy);

void v3npu_file_stats_init(struct v3npu_file_stats *stats);
void v3npu_file_stats_read(struct v3npu_file_stats *stats, struct v3npu_totals *totals);

void v3npu_show_fdinfo(struct drm_printer *p, struct drm_file *file);

#endif /* __V3NPU_STATS_H__ */
