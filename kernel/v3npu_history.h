/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __V3NPU_HISTORY_H__
#define __V3NPU_HISTORY_H__

#include <linux/types.h>

struct drm_device;
struct drm_file;
struct drm_v3npu_job_query;
struct v3npu_event;

/* All jobs of a SUBMIT are known when its last one has ended */
#define V3NPU_JOB_RECORDS	64

/**
 * struct v3npu_job_record - how a job ended
 * @number: its number in its context; 0: none
 * @fault_va: address that could not be reached
 * @error: its fence's
 * @fault: DRM_V3NPU_FAULT_*
 * @cmd_index: number of the command that failed
 * @cmd_opcode: its opcode
 * @cmd_tag: its tag
 * @detail: V3NPU_CMD_E*
 */
struct v3npu_job_record {
	u64 number;
	u64 fault_va;
	s32 error;
	u32 fault;
	u32 cmd_index;
	u32 cmd_opcode;
	u32 cmd_tag;
	u32 detail;
};

/**
 * struct v3npu_history - how the last jobs of a context ended
 * @last: number of the last job that was submitted
 * @records: that of job n is in @records[n % V3NPU_JOB_RECORDS]
 */
struct v3npu_history {
	u64 last;
	struct v3npu_job_record records[V3NPU_JOB_RECORDS];
};

void v3npu_history_add(struct v3npu_history *history, u64 number, int error, u32 fault,
		       const struct v3npu_event *event);
int v3npu_history_find(const struct v3npu_history *history, struct drm_v3npu_job_query *job);

int v3npu_job_query_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* __V3NPU_HISTORY_H__ */
