// SPDX-License-Identifier: GPL-2.0-only
/* What jobs cost, counted for the device and for each open file, and fdinfo. */

#include <linux/time64.h>

#include <drm/drm_file.h>
#include <drm/drm_print.h>

#include "v3npu_drv.h"
#include "v3npu_file.h"
#include "v3npu_stats.h"

/**
 * v3npu_stats_init() - begin to count
 * @vdev: device
 */
void v3npu_stats_init(struct v3npu_device *vdev)
{
	spin_lock_init(&vdev->stats.lock);
}

/**
 * v3npu_stats_job_begins() - the NPU gets a job
 * @vdev: device
 */
void v3npu_stats_job_begins(struct v3npu_device *vdev)
{
	struct v3npu_stats *stats = &vdev->stats;
	unsigned long flags;

	spin_lock_irqsave(&stats->lock, flags);
	if (!stats->on_npu++)
		stats->busy_since = ktime_get();
	spin_unlock_irqrestore(&stats->lock, flags);
}

static void v3npu_totals_add(struct v3npu_totals *totals, bool failed,
			     const struct v3npu_event *event, u32 run_us)
{
	struct v3npu_counters *sum = &totals->counters;
	const struct v3npu_counters *add = &event->counters;

	if (failed)
		totals->jobs_failed++;
	else
		totals->jobs_done++;
	totals->run_us += run_us;
	totals->commands += event->commands;
	sum->cycles += add->cycles;
	sum->macs += add->macs;
	sum->dram_read += add->dram_read;
	sum->dram_write += add->dram_write;
	sum->sram_read += add->sram_read;
	sum->sram_write += add->sram_write;
}

/**
 * v3npu_stats_job_ends() - a job that the NPU had ends
 * @vfile: file of the job, open or not
 * @failed: the job did not complete
 * @event: its counters, 0 when they are not known
 * @run_us: microseconds for which the NPU ran it
 */
void v3npu_stats_job_ends(struct v3npu_file *vfile, bool failed, const struct v3npu_event *event,
			  u32 run_us)
{
	struct v3npu_stats *stats = &vfile->vdev->stats;
	struct v3npu_file_stats *file = &vfile->stats;
	unsigned long flags;

	spin_lock_irqsave(&stats->lock, flags);
	v3npu_totals_add(&stats->totals, failed, event, run_us);
	if (!--stats->on_npu)
		stats->busy = ktime_add(stats->busy, ktime_sub(ktime_get(), stats->busy_since));
	spin_unlock_irqrestore(&stats->lock, flags);

	spin_lock_irqsave(&file->lock, flags);
	v3npu_totals_add(&file->totals, failed, event, run_us);
	spin_unlock_irqrestore(&file->lock, flags);
}

/**
 * v3npu_stats_preempted() - count what the firmware did since it last told
 * @vdev: device
 * @fw_preemptions: v3npu_event.preemptions, not to be trusted
 */
void v3npu_stats_preempted(struct v3npu_device *vdev, u32 fw_preemptions)
{
	struct v3npu_stats *stats = &vdev->stats;
	unsigned long flags;

	spin_lock_irqsave(&stats->lock, flags);
	stats->preemptions += fw_preemptions - stats->fw_preemptions;
	stats->fw_preemptions = fw_preemptions;
	spin_unlock_irqrestore(&stats->lock, flags);
}

/**
 * v3npu_stats_booting() - the firmware counts from 0 again
 * @vdev: device whose core is not running
 */
void v3npu_stats_booting(struct v3npu_device *vdev)
{
	spin_lock_irq(&vdev->stats.lock);
	vdev->stats.fw_preemptions = 0;
	spin_unlock_irq(&vdev->stats.lock);
}

/**
 * v3npu_stats_read() - read what was counted for the device
 * @vdev: device
 * @totals: filled in
 * @busy: how long the NPU had jobs, until now
 */
void v3npu_stats_read(struct v3npu_device *vdev, struct v3npu_totals *totals, ktime_t *busy)
{
	struct v3npu_stats *stats = &vdev->stats;

	spin_lock_irq(&stats->lock);
	*totals = stats->totals;
	*busy = stats->busy;
	if (stats->on_npu)
		*busy = ktime_add(*busy, ktime_sub(ktime_get(), stats->busy_since));
	spin_unlock_irq(&stats->lock);
}

/**
 * v3npu_file_stats_init() - begin to count for a file
 * @stats: zeroed
 */
void v3npu_file_stats_init(struct v3npu_file_stats *stats)
{
	spin_lock_init(&stats->lock);
}

/**
 * v3npu_file_stats_read() - read what was counted for a file
 * @stats: counts
 * @totals: filled in
 */
void v3npu_file_stats_read(struct v3npu_file_stats *stats, struct v3npu_totals *totals)
{
	spin_lock_irq(&stats->lock);
	*totals = stats->totals;
	spin_unlock_irq(&stats->lock);
}

/*
 * drm_driver.show_fdinfo: Documentation/gpu/drm-usage-stats.rst. The time is
 * what the firmware measured for each job, until it ended or a reset ended it; the
 * driver sees only when the NPU got a job and when it was done, with other
 * files' jobs in between.
 */
void v3npu_show_fdinfo(struct drm_printer *p, struct drm_file *file)
{
	struct v3npu_device *vdev = to_v3npu_device(file->minor->dev);
	struct v3npu_file *vfile = file->driver_priv;
	struct v3npu_totals totals;

	v3npu_file_stats_read(&vfile->stats, &totals);
	drm_printf(p, "drm-engine-npu:\t%llu ns\n", totals.run_us * NSEC_PER_USEC);
	drm_printf(p, "drm-cycles-npu:\t%llu\n", totals.counters.cycles);
	drm_printf(p, "drm-maxfreq-npu:\t%u MHz\n", vdev->info.clock_mhz);
	drm_show_memory_stats(p, file);
}
