// SPDX-License-Identifier: GPL-2.0-only
/* Files for people who look into the NPU: Documentation/observing.md. */

#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/seq_file.h>

#include <drm/drm_debugfs.h>
#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_print.h>

#include "v3npu_as.h"
#include "v3npu_ctx.h"
#include "v3npu_debugfs.h"
#include "v3npu_drv.h"

static struct v3npu_device *v3npu_from_seq(struct seq_file *s)
{
	struct drm_debugfs_entry *entry = s->private;

	return to_v3npu_device(entry->dev);
}

static int v3npu_firmware_log_show(struct seq_file *s, void *data)
{
	struct v3npu_device *vdev = v3npu_from_seq(s);
	struct drm_printer p = drm_seq_file_printer(s);
	int idx, ret = -ENODATA;

	if (!drm_dev_enter(&vdev->drm, &idx))
		return -ENODEV;
	if (v3npu_pm_enter(vdev))
		ret = v3npu_fw_print_log(vdev, &p, UINT_MAX);
	v3npu_pm_exit(vdev);
	drm_dev_exit(idx);

	/* No log yet is an empty one; so is that of a device that is off */
	return ret == -ENODATA ? 0 : ret;
}

/* What only a device that is on can tell */
static void v3npu_show_firmware(struct seq_file *s, struct v3npu_device *vdev)
{
	struct v3npu_fw_status status;

	v3npu_fw_status(vdev, &status);
	seq_printf(s, "device status:    %#x\n", v3npu_read(vdev, V3NPU_REG_STATUS));
	seq_printf(s, "core pc:          %#x\n", v3npu_read(vdev, V3NPU_REG_CORE_PC));
	seq_printf(s, "firmware:         %u.%u.%u, state %u, heartbeat %u\n",
		   status.fw_version >> 16, status.fw_version >> 8 & 0xff,
		   status.fw_version & 0xff, status.state, status.heartbeat);
	if (status.ctx == V3NPU_CTX_NONE)
		seq_puts(s, "running:          nothing\n");
	else
		seq_printf(s, "running:          job %llu of context %u for %u us: command %u opcode %u tag %u\n",
			   status.seqno, status.ctx, status.run_us, status.cmd_index,
			   status.cmd_opcode, status.cmd_tag);
	seq_printf(s, "preemptions:      %u, %llu cycles, since the last boot\n",
		   status.preemptions, status.preempt_cycles);
}

static int v3npu_status_show(struct seq_file *s, void *data)
{
	struct v3npu_device *vdev = v3npu_from_seq(s);
	bool on;
	int idx;

	if (!drm_dev_enter(&vdev->drm, &idx))
		return -ENODEV;
	on = v3npu_pm_enter(vdev);
	seq_printf(s, "power:            %s\n", on ? "on" : "off");
	if (on)
		v3npu_show_firmware(s, vdev);
	v3npu_pm_exit(vdev);
	seq_printf(s, "jobs not freed:   %d\n", atomic_read(&vdev->jobs.count));
	seq_printf(s, "resets:           %llu\n", vdev->reset.count);
	seq_printf(s, "jobs found late:  %llu\n", vdev->watch.found);
	seq_printf(s, "usable:           %s\n", v3npu_reset_failed(vdev) ? "no" : "yes");
	drm_dev_exit(idx);

	return 0;
}

/* The jobs that the NPU has, in the order in which it got them */
static int v3npu_jobs_show(struct seq_file *s, void *data)
{
	struct v3npu_device *vdev = v3npu_from_seq(s);
	struct v3npu_sched_job *job;

	spin_lock_irq(&vdev->jobs.lock);
	list_for_each_entry(job, &vdev->jobs.on_npu, link)
		seq_printf(s, "job %llu: context %u priority %u process %d %s commands %#llx size %u\n",
			   job->seqno, job->ctx->hw_id, job->ctx->priority, job->pid, job->comm,
			   job->cmds, job->cmds_size);
	spin_unlock_irq(&vdev->jobs.lock);

	return 0;
}

static void v3npu_client_show_process(struct seq_file *s, struct drm_file *file)
{
	struct task_struct *task;
	struct pid *pid;

	rcu_read_lock();
	pid = rcu_dereference(file->pid);
	task = pid_task(pid, PIDTYPE_TGID);
	seq_printf(s, "client %llu: process %d %s\n", file->client_id, pid_nr(pid),
		   task ? task->comm : "(gone)");
	rcu_read_unlock();
}

static void v3npu_client_show(struct seq_file *s, struct drm_file *file)
{
	struct v3npu_file *vfile = file->driver_priv;
	struct v3npu_totals totals;
	struct v3npu_ctx *ctx;
	unsigned long id;

	v3npu_client_show_process(s, file);
	v3npu_file_stats_read(&vfile->stats, &totals);
	seq_printf(s, "  address space %u: %llu jobs done, %llu failed, %llu commands, %llu cycles\n",
		   READ_ONCE(vfile->as->mmu.slot), totals.jobs_done, totals.jobs_failed,
		   totals.commands, totals.counters.cycles);

	/* The file's reference keeps its contexts until they are taken out under this lock */
	xa_lock(&vfile->ctxs);
	xa_for_each(&vfile->ctxs, id, ctx) {
		spin_lock_irq(&ctx->lock);
		seq_printf(s, "  context %lu: number %u priority %u, %llu jobs done, %llu failed, %llu cycles\n",
			   id, ctx->hw_id, ctx->priority, ctx->stats.jobs_done,
			   ctx->stats.jobs_failed, ctx->stats.cycles);
		spin_unlock_irq(&ctx->lock);
	}
	xa_unlock(&vfile->ctxs);
}

static int v3npu_clients_show(struct seq_file *s, void *data)
{
	struct v3npu_device *vdev = v3npu_from_seq(s);
	struct drm_file *file;

	mutex_lock(&vdev->drm.filelist_mutex);
	list_for_each_entry(file, &vdev->drm.filelist, lhead)
		v3npu_client_show(s, file);
	mutex_unlock(&vdev->drm.filelist_mutex);

	return 0;
}

/* The hardware's address spaces that are in use */
static int v3npu_mmu_show(struct seq_file *s, void *data)
{
	struct v3npu_device *vdev = v3npu_from_seq(s);
	struct v3npu_mmu *mmu = &vdev->mmu;
	u32 slot;
	int idx;

	if (!drm_dev_enter(&vdev->drm, &idx))
		return -ENODEV;
	if (!v3npu_pm_enter(vdev)) {
		seq_puts(s, "power:            off\n");
		goto out;
	}
	mutex_lock(&mmu->lock);
	for (slot = 0; slot < V3NPU_NUM_AS; slot++) {
		if (slot != V3NPU_AS_SYSTEM && !mmu->slots[slot])
			continue;
		seq_printf(s, "address space %u: root %#x%08x contexts %u\n", slot,
			   v3npu_read(vdev, V3NPU_REG_MMU_ROOT_HI(slot)),
			   v3npu_read(vdev, V3NPU_REG_MMU_ROOT_LO(slot)),
			   slot == V3NPU_AS_SYSTEM ? 0 : mmu->slots[slot]->users);
	}
	seq_printf(s, "invalidating:     %s\n",
		   v3npu_read(vdev, V3NPU_REG_MMU_STATUS) & V3NPU_MMU_STATUS_INVALIDATING ?
		   "yes" : "no");
	mutex_unlock(&mmu->lock);
out:
	v3npu_pm_exit(vdev);
	drm_dev_exit(idx);

	return 0;
}

static const struct drm_debugfs_info v3npu_debugfs_files[] = {
	{ "clients", v3npu_clients_show, 0 },
	{ "firmware_log", v3npu_firmware_log_show, 0 },
	{ "jobs", v3npu_jobs_show, 0 },
	{ "mmu", v3npu_mmu_show, 0 },
	{ "status", v3npu_status_show, 0 },
};

/**
 * v3npu_debugfs_init() - add the files, before the DRM device is registered
 * @vdev: device
 */
void v3npu_debugfs_init(struct v3npu_device *vdev)
{
	drm_debugfs_add_files(&vdev->drm, v3npu_debugfs_files, ARRAY_SIZE(v3npu_debugfs_files));
}
