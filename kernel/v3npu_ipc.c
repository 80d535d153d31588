// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages to and from the firmware: job rings, event ring, doorbells,
 * interrupts.
 *
 * The NPU can write all of the shared memory, and its firmware may be wrong.
 * So nothing that was written there is read back as ours, and every field of
 * an event is checked or only reported.
 */

#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/pci.h>

#include <drm/drm_drv.h>
#include <drm/drm_print.h>

#include "v3npu_as.h"
#include "v3npu_ctx.h"
#include "v3npu_drv.h"
#include "v3npu_ring.h"

/* Where the shared memory is in V3NPU_AS_SYSTEM, and what is where in it */
#define V3NPU_IPC_VA		SZ_1M
#define V3NPU_IPC_EVENTS	(V3NPU_NUM_CTX * sizeof(struct v3npu_ctx_desc))
#define V3NPU_IPC_RINGS		(V3NPU_IPC_EVENTS + sizeof(struct v3npu_event_ring) + \
				 V3NPU_EVENT_ENTRIES * sizeof(struct v3npu_event))
#define V3NPU_IPC_RING_SIZE	(sizeof(struct v3npu_job_ring) + \
				 V3NPU_RING_ENTRIES * sizeof(struct v3npu_job))
#define V3NPU_IPC_TURNS		(V3NPU_IPC_RINGS + V3NPU_NUM_CTX * V3NPU_IPC_RING_SIZE)
#define V3NPU_IPC_SIZE		PAGE_ALIGN(V3NPU_IPC_TURNS + sizeof(struct v3npu_turns))

static_assert(V3NPU_RING_ENTRIES >= V3NPU_JOBS_PER_CTX);
static_assert(V3NPU_IPC_VA + V3NPU_IPC_SIZE <= V3NPU_SAVE_VA);

u64 v3npu_ipc_ctx_table_va(void)
{
	return V3NPU_IPC_VA;
}

u64 v3npu_ipc_event_ring_va(void)
{
	return V3NPU_IPC_VA + V3NPU_IPC_EVENTS;
}

u32 v3npu_ipc_turns_va(void)
{
	return V3NPU_IPC_VA + V3NPU_IPC_TURNS;
}

static struct v3npu_job_ring *v3npu_ipc_ring(struct v3npu_device *vdev, u32 hw_id)
{
	return vdev->ipc.mem + V3NPU_IPC_RINGS + hw_id * V3NPU_IPC_RING_SIZE;
}

/* Field by field: the firmware may be reading it for an earlier job of the context */
static void v3npu_ipc_write_ctx(struct v3npu_device *vdev, struct v3npu_ctx *ctx)
{
	struct v3npu_ctx_desc *desc = vdev->ipc.mem + ctx->hw_id * sizeof(*desc);
	bool cancelled = READ_ONCE(ctx->cancelled) &&
			 vdev->info.fw_features & V3NPU_FEATURE_CANCEL;

	WRITE_ONCE(desc->ring, V3NPU_IPC_VA + V3NPU_IPC_RINGS + ctx->hw_id * V3NPU_IPC_RING_SIZE);
	WRITE_ONCE(desc->ring_entries, V3NPU_RING_ENTRIES);
	WRITE_ONCE(desc->as, ctx->file->as->mmu.slot);
	WRITE_ONCE(desc->priority, ctx->priority);
	WRITE_ONCE(desc->flags, cancelled ? V3NPU_CTX_CANCELLED : 0);
	if (vdev->info.fw_features & V3NPU_FEATURE_TURNS)
		WRITE_ONCE(desc->user, ctx->file->user->number);
}

/**
 * v3npu_ipc_push_job() - hand a job to the firmware
 * @vdev: device, within drm_dev_enter()
 * @job: job whose context has fewer than V3NPU_RING_ENTRIES on the NPU
 *
 * Calls must not overlap.
 *
 * Return: 0, or -EIO when the firmware has not taken jobs that it completed.
 */
int v3npu_ipc_push_job(struct v3npu_device *vdev, const struct v3npu_sched_job *job)
{
	struct v3npu_ipc *ipc = &vdev->ipc;
	u32 hw_id = job->ctx->hw_id;
	struct v3npu_job entry = {
		.seqno = job->seqno,
		.cmds = job->cmds,
		.cmds_size = job->cmds_size,
		.flags = job->resume ? V3NPU_JOB_FLAG_RESUME : 0,
	};
	int ret;

	v3npu_ipc_write_ctx(vdev, job->ctx);
	ret = v3npu_job_ring_push(v3npu_ipc_ring(vdev, hw_id), &ipc->wptr[hw_id], &entry);
	if (!ret)
		v3npu_write(vdev, V3NPU_REG_DOORBELL, hw_id);

	return ret;
}

/**
 * v3npu_ipc_cancel() - tell the firmware that a context is cancelled
 * @vdev: device, within drm_dev_enter()
 * @ctx: context that has jobs, so that its number is its own
 *
 * Must not overlap with v3npu_ipc_push_job().
 */
void v3npu_ipc_cancel(struct v3npu_device *vdev, struct v3npu_ctx *ctx)
{
	v3npu_ipc_write_ctx(vdev, ctx);
	v3npu_write(vdev, V3NPU_REG_DOORBELL, ctx->hw_id);
}

/* The write may be on its way for long, unless a read waits for it */
static void v3npu_ipc_clear_irqs(struct v3npu_device *vdev, u32 irqs)
{
	v3npu_write(vdev, V3NPU_REG_IRQ_STATUS, irqs);
	v3npu_read(vdev, V3NPU_REG_IRQ_STATUS);
}

/**
 * v3npu_ipc_process_events() - take all events that the firmware has written
 * @vdev: device, within drm_dev_enter()
 *
 * Asks for a reset when the firmware breaks the rules.
 *
 * Return: number of jobs that completed.
 */
unsigned int v3npu_ipc_process_events(struct v3npu_device *vdev)
{
	struct v3npu_ipc *ipc = &vdev->ipc;
	struct v3npu_event_ring *ring = ipc->mem + V3NPU_IPC_EVENTS;
	unsigned int completed = 0;
	struct v3npu_event event;
	unsigned long flags;
	int pending;

	spin_lock_irqsave(&ipc->event_lock, flags);
	/* Cleared first: an event that comes later raises the interrupt again */
	v3npu_ipc_clear_irqs(vdev, V3NPU_IRQ_EVENT);
	pending = v3npu_event_ring_pending(ring, ipc->event_rptr);
	if (pending < 0)
		v3npu_reset_request(vdev, "the firmware's event ring is inconsistent");

	for (; pending > 0; pending--) {
		v3npu_event_ring_take(ring, &ipc->event_rptr, &event);
		if (event.type == V3NPU_EVENT_READY)
			continue;
		/* First: who waited for the job finds the preemptions that it met */
		v3npu_stats_preempted(vdev, event.preemptions);
		if (event.type == V3NPU_EVENT_JOB_DONE && !v3npu_job_done(vdev, &event))
			completed++;
		else
			v3npu_reset_request(vdev, "the firmware sent an event that makes no sense");
	}
	v3npu_event_ring_release(ring, ipc->event_rptr);
	spin_unlock_irqrestore(&ipc->event_lock, flags);

	return completed;
}

/**
 * v3npu_ipc_read_ctx() - read a context's entry and its ring's pointers, as the firmware does
 * @vdev: device
 * @hw_id: context
 * @desc: filled in; not to be trusted, like all that is in the shared memory
 * @wptr: filled in
 * @rptr: filled in
 */
void v3npu_ipc_read_ctx(struct v3npu_device *vdev, u32 hw_id, struct v3npu_ctx_desc *desc,
			u32 *wptr, u32 *rptr)
{
	const struct v3npu_job_ring *ring = v3npu_ipc_ring(vdev, hw_id);

	memcpy(desc, vdev->ipc.mem + hw_id * sizeof(*desc), sizeof(*desc));
	*wptr = READ_ONCE(ring->wptr);
	*rptr = READ_ONCE(ring->rptr);
}

/**
 * v3npu_ipc_read_job() - read a job from its context's ring
 * @vdev: device
 * @hw_id: context
 * @seqno: of the job
 * @job: filled in; not to be trusted
 *
 * Return: whether the ring has the job.
 */
bool v3npu_ipc_read_job(struct v3npu_device *vdev, u32 hw_id, u64 seqno, struct v3npu_job *job)
{
	const struct v3npu_job_ring *ring = v3npu_ipc_ring(vdev, hw_id);
	unsigned int i;

	for (i = 0; i < V3NPU_RING_ENTRIES; i++) {
		memcpy(job, &ring->jobs[i], sizeof(*job));
		if (job->seqno == seqno)
			return true;
	}

	return false;
}

/**
 * v3npu_ipc_read_events() - read the last entries of the event ring
 * @vdev: device
 * @wptr: events that the firmware says it wrote
 * @rptr: events that the driver took
 * @events: filled in with those before @wptr, the oldest first; not to be trusted
 * @count: entries of @events, at most V3NPU_EVENT_ENTRIES
 */
void v3npu_ipc_read_events(struct v3npu_device *vdev, u32 *wptr, u32 *rptr,
			   struct v3npu_event *events, unsigned int count)
{
	const struct v3npu_event_ring *ring = vdev->ipc.mem + V3NPU_IPC_EVENTS;
	unsigned int i;

	*wptr = READ_ONCE(ring->wptr);
	*rptr = vdev->ipc.event_rptr;
	for (i = 0; i < count; i++)
		memcpy(&events[i], &ring->events[(*wptr - count + i) % V3NPU_EVENT_ENTRIES],
		       sizeof(*events));
}

static irqreturn_t v3npu_ipc_event_irq(int irq, void *data)
{
	struct v3npu_device *vdev = data;
	int idx;

	if (!drm_dev_enter(&vdev->drm, &idx))
		return IRQ_NONE;

	v3npu_ipc_process_events(vdev);
	drm_dev_exit(idx);

	return IRQ_HANDLED;
}

static void v3npu_ipc_check_core(struct v3npu_device *vdev)
{
	/* Cleared first, as in v3npu_ipc_process_events() */
	v3npu_ipc_clear_irqs(vdev, V3NPU_IRQ_HALT | V3NPU_IRQ_WATCHDOG);
	if (v3npu_read(vdev, V3NPU_REG_STATUS) & V3NPU_STATUS_CORE_HALTED)
		v3npu_reset_request(vdev, "the firmware stopped");
}

/**
 * v3npu_ipc_hold_irqs() - let no interrupt end jobs or ask for a reset
 * @vdev: device; v3npu_ipc_release_irqs() must follow
 *
 * Waits for those that are being handled.
 */
void v3npu_ipc_hold_irqs(struct v3npu_device *vdev)
{
	disable_irq(vdev->ipc.irqs[V3NPU_VECTOR_EVENT]);
	disable_irq(vdev->ipc.irqs[V3NPU_VECTOR_ERROR]);
}

/**
 * v3npu_ipc_release_irqs() - the end of what v3npu_ipc_hold_irqs() began
 * @vdev: device
 */
void v3npu_ipc_release_irqs(struct v3npu_device *vdev)
{
	enable_irq(vdev->ipc.irqs[V3NPU_VECTOR_ERROR]);
	enable_irq(vdev->ipc.irqs[V3NPU_VECTOR_EVENT]);
}

/**
 * v3npu_ipc_synchronize_irqs() - wait for interrupts that are being handled
 * @vdev: device
 */
void v3npu_ipc_synchronize_irqs(struct v3npu_device *vdev)
{
	synchronize_irq(vdev->ipc.irqs[V3NPU_VECTOR_EVENT]);
	synchronize_irq(vdev->ipc.irqs[V3NPU_VECTOR_ERROR]);
}

static irqreturn_t v3npu_ipc_error_irq(int irq, void *data)
{
	struct v3npu_device *vdev = data;
	int idx;

	if (!drm_dev_enter(&vdev->drm, &idx))
		return IRQ_NONE;

	v3npu_ipc_check_core(vdev);
	drm_dev_exit(idx);

	return IRQ_HANDLED;
}

/* Ring again for jobs that the firmware has not taken: it may have looked in vain */
static void v3npu_ipc_ring_again(struct v3npu_device *vdev)
{
	struct v3npu_ipc *ipc = &vdev->ipc;
	u32 hw_id;

	for (hw_id = 0; hw_id < V3NPU_NUM_CTX; hw_id++) {
		struct v3npu_job_ring *ring = v3npu_ipc_ring(vdev, hw_id);

		if (READ_ONCE(ring->rptr) != ipc->wptr[hw_id])
			v3npu_write(vdev, V3NPU_REG_DOORBELL, hw_id);
	}
}

/**
 * v3npu_ipc_poll() - look for what an interrupt may not have told
 * @vdev: device, within drm_dev_enter()
 *
 * Must not overlap with v3npu_ipc_push_job() and resets.
 *
 * Return: number of jobs that completed.
 */
unsigned int v3npu_ipc_poll(struct v3npu_device *vdev)
{
	v3npu_ipc_check_core(vdev);
	/* Not halted, but somebody else has reset the device */
	if (!(v3npu_read(vdev, V3NPU_REG_STATUS) & V3NPU_STATUS_CORE_RUNNING))
		v3npu_reset_request(vdev, "the firmware stopped");
	v3npu_ipc_ring_again(vdev);

	return v3npu_ipc_process_events(vdev);
}

/**
 * v3npu_ipc_reset() - empty all rings
 * @vdev: device whose core is not running
 */
void v3npu_ipc_reset(struct v3npu_device *vdev)
{
	spin_lock_irq(&vdev->ipc.event_lock);
	memset(vdev->ipc.mem, 0, V3NPU_IPC_SIZE);
	memset(vdev->ipc.wptr, 0, sizeof(vdev->ipc.wptr));
	vdev->ipc.event_rptr = 0;
	spin_unlock_irq(&vdev->ipc.event_lock);
	v3npu_turns_write(vdev, vdev->ipc.mem + V3NPU_IPC_TURNS);
}

/**
 * v3npu_ipc_enable_irqs() - let the device raise interrupts
 * @vdev: device whose firmware has booted
 */
void v3npu_ipc_enable_irqs(struct v3npu_device *vdev)
{
	v3npu_write(vdev, V3NPU_REG_IRQ_ENABLE,
		    V3NPU_IRQ_EVENT | V3NPU_IRQ_HALT | V3NPU_IRQ_WATCHDOG);
	/* What happened before raises nothing, and is in the way of what comes */
	v3npu_ipc_check_core(vdev);
	v3npu_ipc_process_events(vdev);
}

/**
 * v3npu_ipc_request_irqs() - get the MSI-X vectors
 * @vdev: device that is set up but for its firmware
 *
 * Return: 0 or a negative error.
 */
int v3npu_ipc_request_irqs(struct v3npu_device *vdev)
{
	struct device *dev = vdev->drm.dev;
	struct pci_dev *pdev = to_pci_dev(dev);
	unsigned int *irqs = vdev->ipc.irqs;
	unsigned int i;
	int ret;

	ret = pci_alloc_irq_vectors(pdev, V3NPU_NUM_VECTORS, V3NPU_NUM_VECTORS, PCI_IRQ_MSIX);
	if (ret < 0) {
		dev_err(dev, "no MSI-X interrupts (%d); does the kernel's command line say pci=nomsi?\n",
			ret);
		return ret;
	}

	for (i = 0; i < V3NPU_NUM_VECTORS; i++)
		irqs[i] = pci_irq_vector(pdev, i);

	/* Not threaded: whoever waits for a job would be woken by a thread that was woken first */
	ret = devm_request_irq(dev, irqs[V3NPU_VECTOR_EVENT], v3npu_ipc_event_irq, 0,
			       "v3npu-event", vdev);
	if (!ret)
		ret = devm_request_threaded_irq(dev, irqs[V3NPU_VECTOR_ERROR], NULL,
						v3npu_ipc_error_irq, IRQF_ONESHOT, "v3npu-error",
						vdev);
	if (ret)
		dev_err(dev, "cannot get an interrupt (%d)\n", ret);

	return ret;
}

/**
 * v3npu_ipc_init() - make the shared memory
 * @vdev: device with its MMU initialized
 *
 * Return: 0 or -ENOMEM.
 */
int v3npu_ipc_init(struct v3npu_device *vdev)
{
	struct v3npu_ipc *ipc = &vdev->ipc;

	spin_lock_init(&ipc->event_lock);
	ipc->mem = dmam_alloc_coherent(vdev->drm.dev, V3NPU_IPC_SIZE, &ipc->dma, GFP_KERNEL);
	if (!ipc->mem)
		return -ENOMEM;

	return v3npu_mmu_map(vdev, &vdev->mmu.system, V3NPU_IPC_VA, ipc->dma, V3NPU_IPC_SIZE,
			     true);
}
