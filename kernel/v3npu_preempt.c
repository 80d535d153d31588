// SPDX-License-Identifier: GPL-2.0-only
/*
 * The save area: memory for jobs that the firmware puts aside for more urgent
 * ones, with what they have in SRAM. It stays when the device is reset, and so
 * the jobs in it can go on afterwards.
 */

#include <linux/dma-mapping.h>

#include "v3npu_ctx.h"
#include "v3npu_drv.h"

/* Allocated in pieces, as memory for whole slots may not be found in one */
#define V3NPU_SAVE_CHUNK	SZ_64K
#define V3NPU_SRAM_MAX		SZ_64M

/* A job waits this long for more urgent ones, and then has the NPU for this long */
#define V3NPU_STARVE_US		100000
#define V3NPU_QUANTUM_US	10000

/*
 * What an entry of the system address space pointed to is never changed while
 * the device is bound, so nothing has to be undone when this fails.
 */
static int v3npu_preempt_alloc_slot(struct v3npu_device *vdev, u64 va,
				    struct v3npu_saved_job **slot)
{
	u32 size = vdev->preempt.slot_size, offset, len;
	dma_addr_t dma;
	void *mem;
	int ret;

	for (offset = 0; offset < size; offset += len) {
		len = min_t(u32, size - offset, V3NPU_SAVE_CHUNK);
		mem = dmam_alloc_coherent(vdev->drm.dev, len, &dma, GFP_KERNEL);
		if (!mem)
			return -ENOMEM;
		if (!offset)
			*slot = mem;
		ret = v3npu_mmu_map(vdev, &vdev->mmu.system, va + offset, dma, len, true);
		if (ret)
			return ret;
	}

	return 0;
}

/**
 * v3npu_preempt_init() - make the save area
 * @vdev: device with its MMU initialized
 *
 * Return: 0, -ENOMEM, or -ENODEV when the device has more SRAM than there can be.
 */
int v3npu_preempt_init(struct v3npu_device *vdev)
{
	struct v3npu_preempt *preempt = &vdev->preempt;
	unsigned int i;
	int ret;

	if (vdev->info.sram_size > V3NPU_SRAM_MAX) {
		dev_err(vdev->drm.dev, "SRAM of %u bytes is not supported\n",
			vdev->info.sram_size);
		return -ENODEV;
	}

	preempt->slot_size = ALIGN(V3NPU_SAVE_HEADER_SIZE + vdev->info.sram_size, V3NPU_PAGE_SIZE);
	for (i = 0; i < V3NPU_NUM_SAVE_SLOTS; i++) {
		ret = v3npu_preempt_alloc_slot(vdev, V3NPU_SAVE_VA + i * preempt->slot_size,
					       &preempt->slots[i]);
		if (ret)
			return ret;
	}

	return 0;
}

/**
 * v3npu_preempt_set_boot_args() - tell the firmware how to preempt
 * @vdev: device
 * @args: boot arguments, of which those about preemption are filled in
 */
void v3npu_preempt_set_boot_args(struct v3npu_device *vdev, struct v3npu_boot_args *args)
{
	args->save_area = V3NPU_SAVE_VA;
	args->save_slot_size = vdev->preempt.slot_size;
	args->starve_us = V3NPU_STARVE_US;
	args->quantum_us = V3NPU_QUANTUM_US;
}

/* The job that a slot holds, NULL if it holds none that the NPU is to go on with */
static struct v3npu_sched_job *v3npu_preempt_saved_job(struct v3npu_device *vdev, u32 prio)
{
	struct v3npu_saved_job saved;
	struct v3npu_sched_job *job;

	/* A copy: what was checked is what is used */
	memcpy(&saved, vdev->preempt.slots[prio], sizeof(saved));
	if (saved.magic != V3NPU_SAVED_MAGIC)
		return NULL;

	/* Jobs of a context run in order, so no other of its jobs can have begun */
	job = v3npu_jobs_first(vdev, saved.ctx);
	if (!job || job->seqno != saved.seqno || job->ctx->priority != prio)
		return NULL;

	return job;
}

/**
 * v3npu_preempt_reset() - find the jobs that were put aside
 * @vdev: device that is stopped; the job that ran was taken off v3npu_jobs.on_npu
 *
 * Sets v3npu_sched_job.resume, and empties the slots that hold nothing of use.
 */
void v3npu_preempt_reset(struct v3npu_device *vdev)
{
	struct v3npu_sched_job *job;
	u32 prio;

	list_for_each_entry(job, &vdev->jobs.on_npu, link)
		job->resume = false;

	for (prio = 0; prio < V3NPU_NUM_SAVE_SLOTS; prio++) {
		job = v3npu_preempt_saved_job(vdev, prio);
		if (job)
			job->resume = true;
		else
			memset(vdev->preempt.slots[prio], 0, sizeof(*vdev->preempt.slots[prio]));
	}
}
