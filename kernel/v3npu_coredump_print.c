// SPDX-License-Identifier: GPL-2.0-only
/* The text of a dump: sections of "key: value" lines. Documentation/observing.md explains them. */

#include <linux/ktime.h>
#include <linux/utsname.h>

#include <drm/drm_device.h>
#include <drm/drm_drv.h>
#include <drm/drm_print.h>

#include "v3npu_coredump.h"
#include "v3npu_drv.h"

#define V3NPU_COREDUMP_FORMAT	1

static const char * const v3npu_opcode_names[V3NPU_NUM_OPCODES] = {
	[V3NPU_OP_NOP] = "NOP",
	[V3NPU_OP_CONV] = "CONV",
	[V3NPU_OP_MATMUL] = "MATMUL",
	[V3NPU_OP_ELTWISE] = "ELTWISE",
	[V3NPU_OP_POOL] = "POOL",
	[V3NPU_OP_SOFTMAX] = "SOFTMAX",
	[V3NPU_OP_RESIZE] = "RESIZE",
	[V3NPU_OP_COPY] = "COPY",
	[V3NPU_OP_STALL] = "STALL",
	[V3NPU_OP_ARGMAX] = "ARGMAX",
};

static const char *v3npu_opcode_name(u32 opcode)
{
	return opcode < V3NPU_NUM_OPCODES ? v3npu_opcode_names[opcode] : "unknown";
}

static void v3npu_coredump_print_version(struct drm_printer *p, const char *key, u32 version)
{
	drm_printf(p, "%s: %u.%u.%u\n", key, version >> 16, version >> 8 & 0xff, version & 0xff);
}

static void v3npu_coredump_print_dump(const struct v3npu_coredump *dump, struct drm_printer *p)
{
	const struct drm_device *drm = &dump->vdev->drm;
	struct timespec64 time = ktime_to_timespec64(dump->time);
	struct timespec64 uptime = ktime_to_timespec64(dump->uptime);

	drm_printf(p, "format: %u\n", V3NPU_COREDUMP_FORMAT);
	drm_printf(p, "kernel: %s\n", init_utsname()->release);
	drm_printf(p, "driver: %s %d.%d\n", drm->driver->name, drm->driver->major,
		   drm->driver->minor);
	drm_printf(p, "device: %s\n", dev_name(drm->dev));
	v3npu_coredump_print_version(p, "firmware", dump->vdev->fw.version);
	drm_printf(p, "time: %lld.%06ld\n", time.tv_sec, time.tv_nsec / NSEC_PER_USEC);
	drm_printf(p, "uptime: %lld.%06ld\n", uptime.tv_sec, uptime.tv_nsec / NSEC_PER_USEC);
	drm_printf(p, "reason: %s\n", dump->reason);
}

static void v3npu_coredump_print_regs(const struct v3npu_coredump *dump, struct drm_printer *p)
{
	unsigned int i;

	drm_puts(p, "\n[registers]\n");
	for (i = 0; i < V3NPU_COREDUMP_REGS; i++)
		drm_printf(p, "%s: %#x\n", v3npu_coredump_regs[i].name, dump->regs[i]);
	for (i = 0; i < V3NPU_NUM_AS; i++)
		if (dump->roots[i])
			drm_printf(p, "MMU_ROOT %u: %#llx\n", i, dump->roots[i]);
}

static void v3npu_coredump_print_status(const struct v3npu_fw_status *status,
					struct drm_printer *p)
{
	drm_puts(p, "\n[firmware status]\n");
	drm_printf(p, "magic: %#x\n", status->magic);
	drm_printf(p, "ipc_version: %u\n", status->ipc_version);
	v3npu_coredump_print_version(p, "fw_version", status->fw_version);
	drm_printf(p, "features: %#x\n", status->features);
	drm_printf(p, "state: %u\n", status->state);
	drm_printf(p, "heartbeat: %u\n", status->heartbeat);
	if (status->ctx == V3NPU_CTX_NONE)
		drm_puts(p, "ctx: none\n");
	else
		drm_printf(p, "ctx: %u\n", status->ctx);
	drm_printf(p, "seqno: %llu\n", status->seqno);
	drm_printf(p, "cmd_index: %u\n", status->cmd_index);
	drm_printf(p, "cmd_opcode: %u\n", status->cmd_opcode);
	drm_printf(p, "cmd_tag: %u\n", status->cmd_tag);
	drm_printf(p, "run_us: %u\n", status->run_us);
	drm_printf(p, "preemptions: %u\n", status->preemptions);
	drm_printf(p, "preempt_cycles: %llu\n", status->preempt_cycles);
}

static void v3npu_coredump_print_cmd(const struct v3npu_coredump *dump, struct drm_printer *p)
{
	const struct v3npu_fw_status *status = &dump->status;
	const struct v3npu_coredump_cmd *cmd = &dump->cmd;
	const struct v3npu_cmd_hdr *hdr = (const void *)cmd->bytes;
	u32 i;

	drm_puts(p, "\n[command]\n");
	drm_printf(p, "index: %u\n", status->cmd_index);
	drm_printf(p, "opcode: %u %s\n", status->cmd_opcode,
		   v3npu_opcode_name(status->cmd_opcode));
	drm_printf(p, "tag: %u\n", status->cmd_tag);
	if (cmd->missing) {
		drm_printf(p, "bytes: none, %s\n", cmd->missing);
		return;
	}
	drm_printf(p, "address: %#llx\n", cmd->va);
	drm_printf(p, "size: %u\n", cmd->size);
	/* If not, its owner wrote over it, or the firmware is wrong */
	drm_printf(p, "same: %s\n", hdr->opcode == status->cmd_opcode &&
		   hdr->tag == status->cmd_tag ? "yes" : "no");
	for (i = 0; i < cmd->size; i += 16)
		drm_printf(p, "bytes %#05x: %*ph\n", i, min(cmd->size - i, 16U), &cmd->bytes[i]);
}

static void v3npu_coredump_print_job(const struct v3npu_coredump_job *job, bool guilty,
				     struct drm_printer *p)
{
	drm_puts(p, "\n[job]\n");
	drm_printf(p, "guilty: %s\n", guilty ? "yes" : "no");
	drm_printf(p, "process: %d %s\n", job->pid, job->comm);
	drm_printf(p, "ctx: %u\n", job->ctx);
	drm_printf(p, "priority: %u\n", job->priority);
	drm_printf(p, "seqno: %llu\n", job->seqno);
	drm_printf(p, "cmds: %#llx\n", job->cmds);
	drm_printf(p, "cmds_size: %u\n", job->cmds_size);
	drm_printf(p, "desc: ring %#llx entries %u as %u priority %u\n", job->desc.ring,
		   job->desc.ring_entries, job->desc.as, job->desc.priority);
	drm_printf(p, "ring: wptr %u rptr %u\n", job->wptr, job->rptr);
	if (job->in_ring)
		drm_printf(p, "entry: seqno %llu cmds %#llx cmds_size %u flags %#x\n",
			   job->entry.seqno, job->entry.cmds, job->entry.cmds_size,
			   job->entry.flags);
	else
		drm_puts(p, "entry: none\n");
}

static void v3npu_coredump_print_saved(const struct v3npu_coredump *dump, struct drm_printer *p)
{
	unsigned int i;

	drm_puts(p, "\n[put aside]\n");
	for (i = 0; i < V3NPU_NUM_SAVE_SLOTS; i++) {
		const struct v3npu_saved_job *saved = &dump->saved[i];

		if (saved->magic == V3NPU_SAVED_MAGIC)
			drm_printf(p,
				   "slot %u: ctx %u seqno %llu next %#llx left %u sram_saved %u run_us %u\n",
				   i, saved->ctx, saved->seqno, saved->next, saved->left,
				   saved->sram_saved, saved->run_us);
		else
			drm_printf(p, "slot %u: none\n", i);
	}
}

static void v3npu_coredump_print_events(const struct v3npu_coredump *dump, struct drm_printer *p)
{
	/* The ring was empty when the firmware booted */
	unsigned int i = V3NPU_COREDUMP_EVENTS - min(dump->event_wptr, V3NPU_COREDUMP_EVENTS);

	drm_puts(p, "\n[events]\n");
	drm_printf(p, "wptr: %u\n", dump->event_wptr);
	drm_printf(p, "rptr: %u\n", dump->event_rptr);
	for (; i < V3NPU_COREDUMP_EVENTS; i++) {
		const struct v3npu_event *event = &dump->events[i];

		drm_printf(p,
			   "event %u: type %u ctx %u seqno %llu status %u cmd_index %u cmd_opcode %u cmd_tag %u fault_addr %#llx detail %u commands %u cycles %llu\n",
			   dump->event_wptr - V3NPU_COREDUMP_EVENTS + i, event->type, event->ctx,
			   event->seqno, event->status, event->cmd_index, event->cmd_opcode,
			   event->cmd_tag, event->fault_addr, event->detail, event->commands,
			   event->counters.cycles);
	}
}

static void v3npu_coredump_print_log(const struct v3npu_coredump *dump, struct drm_printer *p)
{
	const char *line = dump->log, *end;

	drm_puts(p, "\n[firmware log]\n");
	while (dump->has_log && line) {
		end = strchrnul(line, '\n');
		/* Marked, so that no line of the firmware looks like one of ours */
		drm_printf(p, "| %.*s\n", (int)(end - line), line);
		line = *end ? end + 1 : NULL;
	}
}

/**
 * v3npu_coredump_print() - write a dump as text
 * @dump: complete dump
 * @p: where to
 */
void v3npu_coredump_print(const struct v3npu_coredump *dump, struct drm_printer *p)
{
	unsigned int i;

	drm_puts(p, "[v3npu coredump]\n");
	v3npu_coredump_print_dump(dump, p);
	if (dump->has_guilty)
		v3npu_coredump_print_cmd(dump, p);
	for (i = 0; i < dump->num_jobs; i++)
		v3npu_coredump_print_job(&dump->jobs[i], dump->has_guilty && !i, p);
	if (dump->more_jobs)
		drm_printf(p, "\n[more jobs]\ncount: %u\n", dump->more_jobs);
	v3npu_coredump_print_saved(dump, p);
	v3npu_coredump_print_status(&dump->status, p);
	v3npu_coredump_print_regs(dump, p);
	v3npu_coredump_print_events(dump, p);
	v3npu_coredump_print_log(dump, p);
	drm_puts(p, "\n[end]\n");
}
