/* SPDX-License-Identifier: GPL-2.0-only */
#if !defined(__V3NPU_TRACE_H__) || defined(TRACE_HEADER_MULTI_READ)
#define __V3NPU_TRACE_H__

#include <linux/tracepoint.h>
#include <linux/types.h>

#include "v3npu_ctx.h"
#include "v3npu_drv.h"

#undef TRACE_SYSTEM
#define TRACE_SYSTEM v3npu
#define TRACE_INCLUDE_FILE v3npu_trace

/*
 * All events of a job have the same fence, which is that of the scheduler, so
 * that it can be found in dma_fence:*, too. Contexts are numbered as for the
 * firmware.
 */
DECLARE_EVENT_CLASS(v3npu_job,
		    TP_PROTO(struct v3npu_sched_job *job),
		    TP_ARGS(job),
		    TP_STRUCT__entry(__string(dev, dev_name(job->ctx->vdev->drm.dev))
				     __field(u64, client)
				     __field(u32, ctx)
				     __field(u32, priority)
				     __field(u64, fence_context)
				     __field(u64, fence_seqno)
				     __field(u64, seqno)
				     __field(u64, cmds)
				     __field(u32, cmds_size)
		    ),
		    TP_fast_assign(__assign_str(dev);
				   __entry->client = job->base.s_fence->drm_client_id;
				   __entry->ctx = job->ctx->hw_id;
				   __entry->priority = job->ctx->priority;
				   __entry->fence_context = job->base.s_fence->finished.context;
				   __entry->fence_seqno = job->base.s_fence->finished.seqno;
				   __entry->seqno = job->seqno;
				   __entry->cmds = job->cmds;
				   __entry->cmds_size = job->cmds_size;
		    ),
		    TP_printk("dev=%s client=%llu ctx=%u priority=%u fence=%llu:%llu seqno=%llu cmds=%#llx size=%u",
			      __get_str(dev), __entry->client, __entry->ctx, __entry->priority,
			      __entry->fence_context, __entry->fence_seqno, __entry->seqno,
			      __entry->cmds, __entry->cmds_size)
);

/* SUBMIT queued a job; it has no seqno yet */
DEFINE_EVENT(v3npu_job, v3npu_job_submit,
	     TP_PROTO(struct v3npu_sched_job *job),
	     TP_ARGS(job)
);

/* The NPU gets a job, for the first time or after a reset */
DEFINE_EVENT(v3npu_job, v3npu_job_run,
	     TP_PROTO(struct v3npu_sched_job *job),
	     TP_ARGS(job)
);

/* A job that the NPU had ends, well or not */
TRACE_EVENT(v3npu_job_done,
	    TP_PROTO(struct v3npu_sched_job *job, int error, const struct v3npu_event *event),
	    TP_ARGS(job, error, event),
	    TP_STRUCT__entry(__string(dev, dev_name(job->ctx->vdev->drm.dev))
			     __field(u64, client)
			     __field(u32, ctx)
			     __field(u64, fence_context)
			     __field(u64, fence_seqno)
			     __field(u64, seqno)
			     __field(int, error)
			     __field(u32, commands)
			     __field(u64, cycles)
			     __field(u64, macs)
			     __field(u64, dram_read)
			     __field(u64, dram_write)
	    ),
	    TP_fast_assign(__assign_str(dev);
			   __entry->client = job->base.s_fence->drm_client_id;
			   __entry->ctx = job->ctx->hw_id;
			   __entry->fence_context = job->base.s_fence->finished.context;
			   __entry->fence_seqno = job->base.s_fence->finished.seqno;
			   __entry->seqno = job->seqno;
			   __entry->error = error;
			   __entry->commands = event->commands;
			   __entry->cycles = event->counters.cycles;
			   __entry->macs = event->counters.macs;
			   __entry->dram_read = event->counters.dram_read;
			   __entry->dram_write = event->counters.dram_write;
	    ),
	    TP_printk("dev=%s client=%llu ctx=%u fence=%llu:%llu seqno=%llu error=%d commands=%u cycles=%llu macs=%llu dram_read=%llu dram_write=%llu",
		      __get_str(dev), __entry->client, __entry->ctx, __entry->fence_context,
		      __entry->fence_seqno, __entry->seqno, __entry->error, __entry->commands,
		      __entry->cycles, __entry->macs, __entry->dram_read, __entry->dram_write)
);

/* For programs that read the format */
TRACE_DEFINE_ENUM(DRM_V3NPU_FAULT_MMU);
TRACE_DEFINE_ENUM(DRM_V3NPU_FAULT_FETCH);
TRACE_DEFINE_ENUM(DRM_V3NPU_FAULT_CMD);
TRACE_DEFINE_ENUM(DRM_V3NPU_FAULT_TIMEOUT);
TRACE_DEFINE_ENUM(DRM_V3NPU_FAULT_DEVICE);

#define v3npu_trace_fault_name(fault) \
	__print_symbolic(fault,						\
			 { DRM_V3NPU_FAULT_MMU, "mmu" },		\
			 { DRM_V3NPU_FAULT_FETCH, "fetch" },		\
			 { DRM_V3NPU_FAULT_CMD, "cmd" },		\
			 { DRM_V3NPU_FAULT_TIMEOUT, "timeout" },	\
			 { DRM_V3NPU_FAULT_DEVICE, "device" })

/* Why a job failed; v3npu_job_done follows */
TRACE_EVENT(v3npu_job_fault,
	    TP_PROTO(struct v3npu_sched_job *job, u32 fault, const struct v3npu_event *event),
	    TP_ARGS(job, fault, event),
	    TP_STRUCT__entry(__string(dev, dev_name(job->ctx->vdev->drm.dev))
			     __field(u64, client)
			     __field(u32, ctx)
			     __field(u64, fence_context)
			     __field(u64, fence_seqno)
			     __field(u64, seqno)
			     __field(u32, fault)
			     __field(u64, va)
			     __field(u32, index)
			     __field(u32, opcode)
			     __field(u32, tag)
			     __field(u32, detail)
	    ),
	    TP_fast_assign(__assign_str(dev);
			   __entry->client = job->base.s_fence->drm_client_id;
			   __entry->ctx = job->ctx->hw_id;
			   __entry->fence_context = job->base.s_fence->finished.context;
			   __entry->fence_seqno = job->base.s_fence->finished.seqno;
			   __entry->seqno = job->seqno;
			   __entry->fault = fault;
			   __entry->va = event->fault_addr;
			   __entry->index = event->cmd_index;
			   __entry->opcode = event->cmd_opcode;
			   __entry->tag = event->cmd_tag;
			   __entry->detail = event->detail;
	    ),
	    TP_printk("dev=%s client=%llu ctx=%u fence=%llu:%llu seqno=%llu fault=%s va=%#llx command=%u opcode=%u tag=%u detail=%u",
		      __get_str(dev), __entry->client, __entry->ctx, __entry->fence_context,
		      __entry->fence_seqno, __entry->seqno, v3npu_trace_fault_name(__entry->fault),
		      __entry->va, __entry->index, __entry->opcode, __entry->tag, __entry->detail)
);

/* The device is about to be reset; v3npu_job_fault and v3npu_job_run follow for its jobs */
TRACE_EVENT(v3npu_reset,
	    TP_PROTO(struct v3npu_device *vdev, const char *reason),
	    TP_ARGS(vdev, reason),
	    TP_STRUCT__entry(__string(dev, dev_name(vdev->drm.dev))
			     __string(reason, reason)
	    ),
	    TP_fast_assign(__assign_str(dev);
			   __assign_str(reason);
	    ),
	    TP_printk("dev=%s reason=\"%s\"", __get_str(dev), __get_str(reason))
);

/* It is over */
TRACE_EVENT(v3npu_reset_done,
	    TP_PROTO(struct v3npu_device *vdev, int error),
	    TP_ARGS(vdev, error),
	    TP_STRUCT__entry(__string(dev, dev_name(vdev->drm.dev))
			     __field(int, error)
	    ),
	    TP_fast_assign(__assign_str(dev);
			   __entry->error = error;
	    ),
	    TP_printk("dev=%s error=%d", __get_str(dev), __entry->error)
);

#endif /* __V3NPU_TRACE_H__ */

/* Outside of the guard */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#include <trace/define_trace.h>
