// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is kept of a failure, for /sys/class/devcoredump.
 *
 * The state is copied while the device stands still, before the reset. Jobs
 * wait for that reset, so this neither allocates memory nor takes a lock under
 * which memory is allocated: the room for one dump is there from the start. A
 * worker makes the text. A failure that comes before it is done leaves no dump
 * of its own; nor does one before the first dump was read, as devcoredump
 * keeps that one.
 */

#include <linux/devcoredump.h>
#include <linux/highmem.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <drm/drm_managed.h>
#include <drm/drm_print.h>

#include "v3npu_as.h"
#include "v3npu_coredump.h"
#include "v3npu_ctx.h"
#include "v3npu_drv.h"
#include "v3npu_gem.h"

#define V3NPU_COREDUMP_REG(name) { V3NPU_REG_##name, #name }

/* All that can be read and says something */
const struct v3npu_coredump_reg v3npu_coredump_regs[V3NPU_COREDUMP_REGS] = {
	V3NPU_COREDUMP_REG(ID),
	V3NPU_COREDUMP_REG(VERSION),
	V3NPU_COREDUMP_REG(MACS),
	V3NPU_COREDUMP_REG(SRAM_SIZE),
	V3NPU_COREDUMP_REG(DRAM_MBPS),
	V3NPU_COREDUMP_REG(DRAM_LATENCY),
	V3NPU_COREDUMP_REG(DRAM_BURST),
	V3NPU_COREDUMP_REG(CLOCK_MHZ),
	V3NPU_COREDUMP_REG(CORE_MEM),
	V3NPU_COREDUMP_REG(NUM_AS),
	V3NPU_COREDUMP_REG(CONTROL),
	V3NPU_COREDUMP_REG(STATUS),
	V3NPU_COREDUMP_REG(CORE_PC),
	V3NPU_COREDUMP_REG(HALT_CODE),
	V3NPU_COREDUMP_REG(IRQ_STATUS),
	V3NPU_COREDUMP_REG(IRQ_ENABLE),
	V3NPU_COREDUMP_REG(MMU_STATUS),
};

/**
 * v3npu_coredump_begin() - copy the registers
 * @vdev: device that failed, within drm_dev_enter(), before anything is done to it
 *
 * Return: the dump, for v3npu_coredump_end(); NULL, which that takes, when the
 * one before is still being written.
 */
struct v3npu_coredump *v3npu_coredump_begin(struct v3npu_device *vdev)
{
	struct v3npu_coredump *dump = vdev->coredump;
	unsigned int i;

	if (test_and_set_bit_lock(0, &dump->busy))
		return NULL;

	dump->time = ktime_get_real();
	dump->uptime = ktime_get_boottime();
	for (i = 0; i < V3NPU_COREDUMP_REGS; i++)
		dump->regs[i] = v3npu_read(vdev, v3npu_coredump_regs[i].offset);
	for (i = 0; i < V3NPU_NUM_AS; i++)
		dump->roots[i] = v3npu_read(vdev, V3NPU_REG_MMU_ROOT_LO(i)) |
				 (u64)v3npu_read(vdev, V3NPU_REG_MMU_ROOT_HI(i)) << 32;

	return dump;
}

static void v3npu_coredump_add_job(struct v3npu_coredump *dump, const struct v3npu_sched_job *job)
{
	struct v3npu_coredump_job *to = &dump->jobs[dump->num_jobs++];

	memset(to, 0, sizeof(*to));
	to->ctx = job->ctx->hw_id;
	to->priority = job->ctx->priority;
	to->seqno = job->seqno;
	to->cmds = job->cmds;
	to->cmds_size = job->cmds_size;
	to->pid = job->pid;
	strscpy(to->comm, job->comm);
	v3npu_ipc_read_ctx(dump->vdev, to->ctx, &to->desc, &to->wptr, &to->rptr);
	to->in_ring = v3npu_ipc_read_job(dump->vdev, to->ctx, to->seqno, &to->entry);
}

/* The guilty job first, so that it is there when not all are */
static void v3npu_coredump_add_jobs(struct v3npu_coredump *dump,
				    const struct v3npu_sched_job *guilty)
{
	const struct v3npu_sched_job *job;

	dump->num_jobs = 0;
	dump->more_jobs = 0;
	dump->has_guilty = guilty;
	if (guilty)
		v3npu_coredump_add_job(dump, guilty);

	list_for_each_entry(job, &dump->vdev->jobs.on_npu, link) {
		if (job == guilty)
			continue;
		if (dump->num_jobs == V3NPU_COREDUMP_JOBS)
			dump->more_jobs++;
		else
			v3npu_coredump_add_job(dump, job);
	}
}

/* The job's own reference keeps the buffer and its pages, so no lock is needed */
static struct drm_gem_shmem_object *v3npu_coredump_find(const struct v3npu_sched_job *job,
							u64 *offset)
{
	u32 i;

	for (i = 0; i < job->num_mappings; i++) {
		struct drm_gpuva *va = &job->mappings[i]->base;

		if (job->cmds >= va->va.addr && job->cmds - va->va.addr < va->va.range) {
			*offset = job->cmds - va->va.addr;
			return to_drm_gem_shmem_obj(va->gem.obj);
		}
	}

	return NULL;
}

/* Copy from a buffer whose pages are there; false beyond its end */
static bool v3npu_coredump_read(struct drm_gem_shmem_object *shmem, u64 offset, void *to,
				size_t size)
{
	while (size) {
		size_t part = min(size, PAGE_SIZE - offset_in_page(offset));

		if (offset >= shmem->base.size)
			return false;
		memcpy_from_page(to, shmem->pages[offset >> PAGE_SHIFT], offset_in_page(offset),
				 part);
		to += part;
		offset += part;
		size -= part;
	}

	return true;
}

/*
 * Walk the stream to the command that was running. Its owner can write it at any
 * time, so what is here need not be what ran. Returns why there is nothing.
 */
static const char *v3npu_coredump_find_cmd(struct v3npu_coredump *dump,
					   const struct v3npu_sched_job *job)
{
	struct v3npu_coredump_cmd *cmd = &dump->cmd;
	struct drm_gem_shmem_object *shmem;
	struct v3npu_cmd_hdr hdr;
	u64 base, offset = 0;
	u32 index;

	shmem = v3npu_coredump_find(job, &base);
	if (!shmem)
		return "the job did not list the buffer with its commands";
	if (!shmem->pages)
		return "the commands are in an imported buffer";

	for (index = 0;; index++) {
		if (offset >= job->cmds_size ||
		    !v3npu_coredump_read(shmem, base + offset, &hdr, sizeof(hdr)))
			return "the stream ends before it";
		if (hdr.size < sizeof(hdr) || hdr.size % 8 || hdr.size > V3NPU_CMD_MAX_SIZE)
			return "a command before it, or it, has no valid size";
		if (index == dump->status.cmd_index)
			break;
		offset += hdr.size;
	}

	cmd->va = job->cmds + offset;
	cmd->size = min(hdr.size, job->cmds_size - offset);
	if (!v3npu_coredump_read(shmem, base + offset, cmd->bytes, cmd->size))
		return "its buffer ends within it";

	return NULL;
}

/**
 * v3npu_coredump_end() - copy all else, and have the dump written
 * @dump: from v3npu_coredump_begin()
 * @reason: why the device is reset
 * @status: what the firmware says of itself
 * @guilty: the job on v3npu_jobs.on_npu that was running; NULL for none
 *
 * The core is stopped, and nobody else ends or starts jobs meanwhile.
 */
void v3npu_coredump_end(struct v3npu_coredump *dump, const char *reason,
			const struct v3npu_fw_status *status,
			const struct v3npu_sched_job *guilty)
{
	unsigned int i;

	if (!dump)
		return;

	strscpy(dump->reason, reason);
	dump->status = *status;
	dump->has_log = !v3npu_fw_read_log(dump->vdev, dump->log);
	v3npu_ipc_read_events(dump->vdev, &dump->event_wptr, &dump->event_rptr, dump->events,
			      V3NPU_COREDUMP_EVENTS);
	for (i = 0; i < V3NPU_NUM_SAVE_SLOTS; i++)
		memcpy(&dump->saved[i], dump->vdev->preempt.slots[i], sizeof(dump->saved[i]));
	v3npu_coredump_add_jobs(dump, guilty);
	if (guilty)
		dump->cmd.missing = v3npu_coredump_find_cmd(dump, guilty);

	queue_work(dump->vdev->wq, &dump->work);
}

static void v3npu_coredump_work(struct work_struct *work)
{
	struct v3npu_coredump *dump = container_of(work, struct v3npu_coredump, work);
	struct drm_print_iterator iter = { .remain = SSIZE_MAX };
	struct drm_printer p = drm_coredump_printer(&iter);
	size_t size;

	/* Once for its size, and once for the text */
	v3npu_coredump_print(dump, &p);
	size = iter.offset;
	/* The printer ends the text with a 0 */
	iter = (struct drm_print_iterator){ .data = vmalloc(size + 1), .remain = size + 1 };
	if (iter.data) {
		v3npu_coredump_print(dump, &p);
		dev_coredumpv(dump->vdev->drm.dev, iter.data, size, GFP_KERNEL);
	}
	clear_bit_unlock(0, &dump->busy);
}

static void v3npu_coredump_release(struct drm_device *drm, void *dump)
{
	kvfree(dump);
}

/**
 * v3npu_coredump_init() - make room for a dump
 * @vdev: device
 *
 * Return: 0 or -ENOMEM.
 */
int v3npu_coredump_init(struct v3npu_device *vdev)
{
	struct v3npu_coredump *dump;

	dump = kvzalloc(sizeof(*dump), GFP_KERNEL);
	if (!dump)
		return -ENOMEM;
	dump->vdev = vdev;
	INIT_WORK(&dump->work, v3npu_coredump_work);
	vdev->coredump = dump;

	return drmm_add_action_or_reset(&vdev->drm, v3npu_coredump_release, dump);
}
