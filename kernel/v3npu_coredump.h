/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_COREDUMP_H__
#define __V3NPU_COREDUMP_H__

#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "v3npu/cmd.h"
#include "v3npu/ipc.h"
#include "v3npu/regs.h"

#include "v3npu_fw.h"

struct drm_printer;
struct v3npu_device;
struct v3npu_sched_job;

#define V3NPU_COREDUMP_JOBS	64
#define V3NPU_COREDUMP_EVENTS	8U
#define V3NPU_COREDUMP_REGS	17

/**
 * struct v3npu_coredump_job - a job that the NPU had
 * @ctx: context, as the firmware knows it
 * @priority: its V3NPU_PRIO_*
 * @seqno: number of the job
 * @cmds: address of the command stream
 * @cmds_size: its bytes
 * @pid: process that submitted it
 * @comm: name of that process, printable
 * @desc: the context's entry in the firmware's table
 * @wptr: of the context's ring
 * @rptr: likewise
 * @in_ring: @entry is valid
 * @entry: the job in the ring
 */
struct v3npu_coredump_job {
	u32 ctx;
	u32 priority;
	u64 seqno;
	u64 cmds;
	u32 cmds_size;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	struct v3npu_ctx_desc desc;
	u32 wptr;
	u32 rptr;
	bool in_ring;
	struct v3npu_job entry;
};

/**
 * struct v3npu_coredump_cmd - the command that was running
 * @missing: why its bytes are not here, or NULL
 * @va: its address
 * @size: its bytes
 * @bytes: they
 */
struct v3npu_coredump_cmd {
	const char *missing;
	u64 va;
	u32 size;
	u8 bytes[V3NPU_CMD_MAX_SIZE];
};

/**
 * struct v3npu_coredump - what is known of a failure
 * @vdev: device
 * @busy: bit 0 is taken by v3npu_coredump_begin() and given back when the text is made
 * @work: makes the text
 * @time: when it happened, since 1970
 * @uptime: likewise, since boot
 * @reason: why the device is reset
 * @regs: registers, in the order of v3npu_coredump_regs
 * @roots: MMU roots
 * @status: what the firmware said of itself
 * @has_log: @log is valid
 * @log: firmware's log
 * @event_wptr: of the event ring
 * @event_rptr: events that the driver had taken
 * @events: the last events before @event_wptr, the oldest first
 * @has_guilty: a job was running, the first one of @jobs
 * @cmd: what it was at
 * @num_jobs: entries of @jobs
 * @more_jobs: that did not fit there
 * @jobs: jobs that the NPU had
 * @saved: headers of the slots for jobs that were put aside
 */
struct v3npu_coredump {
	struct v3npu_device *vdev;
	unsigned long busy;
	struct work_struct work;
	ktime_t time;
	ktime_t uptime;
	char reason[128];
	u32 regs[V3NPU_COREDUMP_REGS];
	u64 roots[V3NPU_NUM_AS];
	struct v3npu_fw_status status;
	bool has_log;
	char log[V3NPU_FW_LOG_ROOM];
	u32 event_wptr;
	u32 event_rptr;
	struct v3npu_event events[V3NPU_COREDUMP_EVENTS];
	bool has_guilty;
	struct v3npu_coredump_cmd cmd;
	unsigned int num_jobs;
	unsigned int more_jobs;
	struct v3npu_coredump_job jobs[V3NPU_COREDUMP_JOBS];
	struct v3npu_saved_job saved[V3NPU_NUM_SAVE_SLOTS];
};

/**
 * struct v3npu_coredump_reg - a register in the dump
 * @offset: in V3NPU_BAR_REGS
 * @name: as in v3npu/regs.h
 */
struct v3npu_coredump_reg {
	u32 offset;
	const char *name;
};

extern const struct v3npu_coredump_reg v3npu_coredump_regs[V3NPU_COREDUMP_REGS];

int v3npu_coredump_init(struct v3npu_device *vdev);
struct v3npu_coredump *v3npu_coredump_begin(struct v3npu_device *vdev);
void v3npu_coredump_end(struct v3npu_coredump *dump, const char *reason,
			const struct v3npu_fw_status *status,
			const struct v3npu_sched_job *guilty);

void v3npu_coredump_print(const struct v3npu_coredump *dump, struct drm_printer *p);

#endif /* __V3NPU_COREDUMP_H__ */
