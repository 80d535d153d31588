/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note OR MIT */
#ifndef _UAPI_V3NPU_ACCEL_H_
#define _UAPI_V3NPU_ACCEL_H_

#include "drm.h"

#if defined(__cplusplus)
extern "C" {
#endif

/**
 * DOC: V3NPU ioctl interface
 *
 * Each open file has one NPU address space. A buffer is mapped into it when it
 * is created and leaves it when its handle is closed. Jobs are command streams
 * (see v3npu/cmd.h) in buffers of the file; they are submitted to a context,
 * which runs them in order, and complete in syncobjs and in the buffers' fences.
 *
 * All reserved and padding fields must be 0, and so must flags that are not
 * defined here; otherwise the ioctl fails with EINVAL.
 */

/**
 * DOC: V3NPU how the interface grows
 *
 * What is here stays as it is. New things come in ways that leave programs that
 * were built before them alone:
 *
 * - An ioctl's structure gets fields at its end. DRM takes arguments of any size:
 *   what a program did not pass is 0 for the driver, and so 0 means what was done
 *   before the field was there; what a driver does not know it ignores. Hence what
 *   must not be ignored has a flag, which an older driver refuses, or is to be used
 *   only when the driver's version says that it is known.
 * - Entries of arrays get fields at their end. SUBMIT is told the distance of an
 *   entry from the next one, by programs that may have others than the driver has;
 *   0 is the size in version 1.0. What the driver does not know of an entry must be
 *   0, or the ioctl fails with E2BIG.
 * - What DEV_QUERY returns gets fields at its end. Programs tell the room that they
 *   have, and are told how much of it was filled.
 * - New flags, new values of an enum, new types of DEV_QUERY, new ioctls with the
 *   next number. All but ioctls are refused with EINVAL by who does not know them,
 *   and so are ioctls.
 *
 * Enums that the driver fills in may get values, too: a program takes a fault that
 * it does not know for some fault. A direction that is added to an ioctl changes
 * its request, but not its number, by which DRM goes.
 *
 * The driver's version, which DRM_IOCTL_VERSION tells, grows with it:
 *
 * - 1.0: the first one
 * - 1.1: several jobs in a SUBMIT, strides and the job's number there, JOB_QUERY,
 *   DRM_V3NPU_BO_REF_NO_IMPLICIT_SYNC, DRM_V3NPU_DEV_QUERY_PRIORITIES
 */

/** enum drm_v3npu_ioctl_id - numbers relative to DRM_COMMAND_BASE */
enum drm_v3npu_ioctl_id {
	DRM_V3NPU_DEV_QUERY = 0,
	DRM_V3NPU_BO_CREATE,
	DRM_V3NPU_BO_MMAP_OFFSET,
	DRM_V3NPU_BO_INFO,
	DRM_V3NPU_BO_WAIT,
	DRM_V3NPU_CTX_CREATE,
	DRM_V3NPU_CTX_DESTROY,
	DRM_V3NPU_CTX_QUERY,
	DRM_V3NPU_SUBMIT,
	DRM_V3NPU_JOB_QUERY,
};

/** enum drm_v3npu_dev_query_type - what DEV_QUERY returns */
enum drm_v3npu_dev_query_type {
	/** @DRM_V3NPU_DEV_QUERY_INFO: struct drm_v3npu_dev_info */
	DRM_V3NPU_DEV_QUERY_INFO = 0,
	/** @DRM_V3NPU_DEV_QUERY_PRIORITIES: struct drm_v3npu_dev_priorities */
	DRM_V3NPU_DEV_QUERY_PRIORITIES = 1,
};

/** struct drm_v3npu_dev_info - the NPU found */
struct drm_v3npu_dev_info {
	/** @hw_version: major << 16 | minor */
	__u32 hw_version;
	/** @fw_version: major << 16 | minor << 8 | patch */
	__u32 fw_version;
	/** @cmd_version: command stream version, V3NPU_CMD_VERSION */
	__u32 cmd_version;
	/** @macs: int8 multiply-accumulates a cycle */
	__u32 macs;
	/** @sram_size: bytes of on-chip memory */
	__u32 sram_size;
	/** @dram_mbps: DRAM bandwidth in 10^6 bytes a second */
	__u32 dram_mbps;
	/** @dram_latency: NPU cycles from request to first byte */
	__u32 dram_latency;
	/** @dram_burst: bytes of a full-speed DRAM burst */
	__u32 dram_burst;
	/** @clock_mhz: NPU clock */
	__u32 clock_mhz;
	/** @fw_features: V3NPU_FEATURE_* of v3npu/cmd.h; other bits are the driver's own affair */
	__u32 fw_features;
	/** @sram_va: NPU address of the SRAM window */
	__u64 sram_va;
	/** @va_start: first NPU address a buffer can have */
	__u64 va_start;
	/** @va_end: end of the range that buffers can have */
	__u64 va_end;
	/** @job_timeout_ms: a job that runs longer is ended with ETIME */
	__u32 job_timeout_ms;
	/** @max_contexts: contexts that one file can have; more: ENOSPC */
	__u32 max_contexts;
	/**
	 * @max_user_contexts: contexts that all files of one user can have
	 * together, or as many as are left if that is less, unless it has
	 * CAP_SYS_RESOURCE; more: ENOSPC
	 */
	__u32 max_user_contexts;
	/** @max_bos: buffers that one file can have; more: ENOSPC */
	__u32 max_bos;
	/** @max_jobs: jobs of one file that are not done; more: EBUSY */
	__u32 max_jobs;
	/**
	 * @max_failed_in_row: a context is ended when so many of its jobs in a row
	 * hung, faulted or crashed the firmware; 0 from a driver that ends none
	 */
	__u32 max_failed_in_row;
	/** @max_submit_jobs: jobs of one SUBMIT; 0 from a driver that takes one at a time */
	__u32 max_submit_jobs;
	/**
	 * @job_records: so many jobs of a context that ended last JOB_QUERY knows at
	 * least; 0 from a driver without it, otherwise not less than @max_submit_jobs
	 */
	__u32 job_records;
};

/** struct drm_v3npu_dev_priorities - what the calling process may have */
struct drm_v3npu_dev_priorities {
	/** @allowed: bit n: contexts of priority n of enum drm_v3npu_priority */
	__u32 allowed;
	/** @pad: 0 */
	__u32 pad;
};

/**
 * struct drm_v3npu_dev_query - ask about the device
 *
 * With @pointer 0, @size returns the structure's size. Otherwise up to @size
 * bytes are written to @pointer and @size returns how many.
 */
struct drm_v3npu_dev_query {
	/** @type: enum drm_v3npu_dev_query_type */
	__u32 type;
	/** @size: in: bytes at @pointer; out: bytes written or needed */
	__u32 size;
	/** @pointer: user address */
	__u64 pointer;
};

/** struct drm_v3npu_bo_create - create a buffer and map it for the NPU */
struct drm_v3npu_bo_create {
	/** @size: in: bytes, 1..4 GiB; out: rounded up to whole pages */
	__u64 size;
	/** @flags: DRM_V3NPU_BO_* */
	__u32 flags;
	/** @handle: out: GEM handle */
	__u32 handle;
	/** @va: out: the buffer's NPU address in this file's address space */
	__u64 va;
};

/** DRM_V3NPU_BO_NPU_READONLY - the NPU can read the buffer, not write it */
#define DRM_V3NPU_BO_NPU_READONLY	(1 << 0)

/** struct drm_v3npu_bo_mmap_offset - get the offset to mmap() a buffer with */
struct drm_v3npu_bo_mmap_offset {
	/** @handle: GEM handle */
	__u32 handle;
	/** @pad: 0 */
	__u32 pad;
	/** @offset: out: for mmap() on the device file */
	__u64 offset;
};

/** struct drm_v3npu_bo_info - ask about a buffer */
struct drm_v3npu_bo_info {
	/** @handle: GEM handle */
	__u32 handle;
	/** @flags: out: as at its creation */
	__u32 flags;
	/** @size: out: bytes */
	__u64 size;
	/** @va: out: NPU address in this file's address space */
	__u64 va;
};

/**
 * struct drm_v3npu_bo_wait - wait until no job uses a buffer
 *
 * Waits for the jobs that listed the buffer, but not for those that listed it
 * with DRM_V3NPU_BO_REF_NO_IMPLICIT_SYNC. Fails with ETIMEDOUT, or with
 * EBUSY if @timeout_ns is 0 and a job is not done.
 */
struct drm_v3npu_bo_wait {
	/** @handle: GEM handle */
	__u32 handle;
	/** @pad: 0 */
	__u32 pad;
	/** @timeout_ns: absolute, CLOCK_MONOTONIC; 0 polls */
	__s64 timeout_ns;
};

/** enum drm_v3npu_priority - of a context */
enum drm_v3npu_priority {
	/** @DRM_V3NPU_PRIORITY_LOW: for what nobody waits for */
	DRM_V3NPU_PRIORITY_LOW = 0,
	/** @DRM_V3NPU_PRIORITY_NORMAL: the usual one */
	DRM_V3NPU_PRIORITY_NORMAL = 1,
	/** @DRM_V3NPU_PRIORITY_HIGH: needs CAP_SYS_NICE */
	DRM_V3NPU_PRIORITY_HIGH = 2,
	/** @DRM_V3NPU_PRIORITY_REALTIME: needs CAP_SYS_NICE; never put aside for others */
	DRM_V3NPU_PRIORITY_REALTIME = 3,
};

/** struct drm_v3npu_ctx_create - create a context to submit jobs to */
struct drm_v3npu_ctx_create {
	/** @priority: enum drm_v3npu_priority */
	__u32 priority;
	/** @flags: 0 */
	__u32 flags;
	/** @id: out: the context's number in this file, never 0 */
	__u32 id;
	/** @pad: 0 */
	__u32 pad;
};

/**
 * struct drm_v3npu_ctx_destroy - destroy a context
 *
 * Its jobs end with ECANCELED, in their order, when the command that the NPU runs is done:
 * first the one that runs, unless that was its last command, then those that are queued.
 * Closing the file does the same.
 */
struct drm_v3npu_ctx_destroy {
	/** @id: context */
	__u32 id;
	/** @pad: 0 */
	__u32 pad;
};

/** enum drm_v3npu_fault - why a job failed, or the last of a context that did */
enum drm_v3npu_fault {
	/** @DRM_V3NPU_FAULT_NONE: it has not, or was cancelled */
	DRM_V3NPU_FAULT_NONE = 0,
	/** @DRM_V3NPU_FAULT_MMU: a command reached @fault_va, which is not mapped, or read-only */
	DRM_V3NPU_FAULT_MMU,
	/** @DRM_V3NPU_FAULT_FETCH: the command stream could not be read at @fault_va */
	DRM_V3NPU_FAULT_FETCH,
	/** @DRM_V3NPU_FAULT_CMD: a command is malformed; @fault_detail is its V3NPU_CMD_E* */
	DRM_V3NPU_FAULT_CMD,
	/** @DRM_V3NPU_FAULT_TIMEOUT: the job ran longer than the job timeout */
	DRM_V3NPU_FAULT_TIMEOUT,
	/** @DRM_V3NPU_FAULT_DEVICE: firmware or device failed while the job ran */
	DRM_V3NPU_FAULT_DEVICE,
};

/** enum drm_v3npu_ctx_state - whether a context takes jobs */
enum drm_v3npu_ctx_state {
	/** @DRM_V3NPU_CTX_ACTIVE: it does */
	DRM_V3NPU_CTX_ACTIVE = 0,
	/**
	 * @DRM_V3NPU_CTX_ENDED: too many of its jobs failed in a row
	 * (drm_v3npu_dev_info.max_failed_in_row). What it had queued ended with
	 * ECANCELED, and so does SUBMIT; only a new context helps.
	 */
	DRM_V3NPU_CTX_ENDED = 1,
};

/**
 * struct drm_v3npu_ctx_query - a context's counters and last fault
 *
 * Counters are sums over the context's completed jobs since its creation.
 * Programs built before @state was added get the fields before it.
 */
struct drm_v3npu_ctx_query {
	/** @id: in: context */
	__u32 id;
	/** @fault: out: enum drm_v3npu_fault */
	__u32 fault;
	/** @fault_va: out: NPU address, for MMU and FETCH */
	__u64 fault_va;
	/** @fault_cmd_index: out: number of the command in its stream */
	__u32 fault_cmd_index;
	/** @fault_cmd_opcode: out: its opcode */
	__u32 fault_cmd_opcode;
	/** @fault_cmd_tag: out: its tag */
	__u32 fault_cmd_tag;
	/** @fault_detail: out: V3NPU_CMD_E*, for CMD */
	__u32 fault_detail;
	/** @jobs_done: out: jobs that completed without a fault */
	__u64 jobs_done;
	/** @jobs_failed: out: jobs that did not */
	__u64 jobs_failed;
	/** @commands: out: commands run */
	__u64 commands;
	/** @cycles: out: NPU cycles */
	__u64 cycles;
	/** @macs: out: multiply-accumulates */
	__u64 macs;
	/** @dram_read: out: bytes */
	__u64 dram_read;
	/** @dram_write: out: bytes */
	__u64 dram_write;
	/** @sram_read: out: bytes */
	__u64 sram_read;
	/** @sram_write: out: bytes */
	__u64 sram_write;
	/** @state: out: enum drm_v3npu_ctx_state */
	__u32 state;
	/** @failed_in_row: out: jobs that hung or faulted since the last that completed */
	__u32 failed_in_row;
	/** @resets_guilty: out: resets of the device that a job of this context caused */
	__u64 resets_guilty;
	/** @resets_innocent: out: others, while the device had jobs of this context */
	__u64 resets_innocent;
};

/** struct drm_v3npu_sync - a syncobj to wait for or to signal */
struct drm_v3npu_sync {
	/** @handle: syncobj handle */
	__u32 handle;
	/** @flags: DRM_V3NPU_SYNC_* */
	__u32 flags;
	/** @point: timeline point; 0 without DRM_V3NPU_SYNC_TIMELINE */
	__u64 point;
};

/** DRM_V3NPU_SYNC_TIMELINE - use @point of a timeline syncobj */
#define DRM_V3NPU_SYNC_TIMELINE		(1 << 0)

/** struct drm_v3npu_bo_ref - a buffer that a job uses */
struct drm_v3npu_bo_ref {
	/** @handle: GEM handle */
	__u32 handle;
	/** @flags: DRM_V3NPU_BO_REF_* */
	__u32 flags;
};

/** DRM_V3NPU_BO_REF_WRITE - the job writes the buffer: others wait for it */
#define DRM_V3NPU_BO_REF_WRITE		(1 << 0)

/**
 * DRM_V3NPU_BO_REF_NO_IMPLICIT_SYNC - nobody waits by this buffer
 *
 * The job waits neither for who uses the buffer nor they, or BO_WAIT, for the job:
 * syncobjs are to tell the order. The buffer only stays mapped until the job is
 * done. Not together with DRM_V3NPU_BO_REF_WRITE.
 */
#define DRM_V3NPU_BO_REF_NO_IMPLICIT_SYNC	(1 << 1)

/**
 * struct drm_v3npu_job - one of several jobs of a SUBMIT
 *
 * Its fields are as those of struct drm_v3npu_submit, whose strides hold for the
 * arrays of all jobs.
 */
struct drm_v3npu_job {
	/** @cmds: NPU address of the command stream, a multiple of 8 */
	__u64 cmds;
	/** @cmds_size: bytes, a multiple of 8, at least 8, at most 16 MiB */
	__u32 cmds_size;
	/** @flags: 0 */
	__u32 flags;
	/** @in_syncs: user address of struct drm_v3npu_sync[] */
	__u64 in_syncs;
	/** @out_syncs: user address of struct drm_v3npu_sync[] */
	__u64 out_syncs;
	/** @bos: user address of struct drm_v3npu_bo_ref[] */
	__u64 bos;
	/** @in_sync_count: entries at @in_syncs */
	__u32 in_sync_count;
	/** @out_sync_count: entries at @out_syncs */
	__u32 out_sync_count;
	/** @bo_count: entries at @bos */
	__u32 bo_count;
	/** @pad: 0 */
	__u32 pad;
};

/**
 * struct drm_v3npu_submit - submit one job, or several to one context
 *
 * Fails with ECANCELED when the context is ended (DRM_V3NPU_CTX_ENDED).
 *
 * The job starts when every syncobj of @in_syncs and the fences of the listed
 * buffers (those of writers; for buffers listed with WRITE, all) have
 * signalled. Listing a buffer is what BO_WAIT and implicit synchronization
 * go by, and keeps it mapped until the job is done.
 *
 * Several jobs are in the array at @jobs, and run one after the other. All are
 * submitted, or, when anything is wrong with one of them, none. What they wait
 * for is what was there before the call: an out syncobj of one is for those that
 * come after the call, and the next job waits for it anyway.
 */
struct drm_v3npu_submit {
	/** @ctx: context */
	__u32 ctx;
	/** @flags: 0 */
	__u32 flags;
	/** @cmds: NPU address of the command stream, a multiple of 8 */
	__u64 cmds;
	/** @cmds_size: bytes, a multiple of 8, at least 8, at most 16 MiB */
	__u32 cmds_size;
	/** @in_sync_count: entries at @in_syncs, at most DRM_V3NPU_SUBMIT_MAX */
	__u32 in_sync_count;
	/** @in_syncs: user address of struct drm_v3npu_sync[] */
	__u64 in_syncs;
	/** @out_syncs: user address of struct drm_v3npu_sync[] */
	__u64 out_syncs;
	/** @out_sync_count: entries at @out_syncs, at most DRM_V3NPU_SUBMIT_MAX */
	__u32 out_sync_count;
	/** @bo_count: entries at @bos, at most DRM_V3NPU_SUBMIT_MAX */
	__u32 bo_count;
	/** @bos: user address of struct drm_v3npu_bo_ref[] */
	__u64 bos;
	/** @in_sync_stride: bytes from one of @in_syncs to the next; 0: 16 */
	__u32 in_sync_stride;
	/** @out_sync_stride: bytes from one of @out_syncs to the next; 0: 16 */
	__u32 out_sync_stride;
	/** @bo_stride: bytes from one of @bos to the next; 0: 8 */
	__u32 bo_stride;
	/** @job_stride: bytes from one of @jobs to the next; 0: 56 */
	__u32 job_stride;
	/** @jobs: user address of struct drm_v3npu_job[] */
	__u64 jobs;
	/**
	 * @job_count: entries at @jobs, at most drm_v3npu_dev_info.max_submit_jobs.
	 * Then @cmds, @cmds_size, and all other arrays and counts, are 0. 0: one job,
	 * which they describe.
	 */
	__u32 job_count;
	/** @pad: 0 */
	__u32 pad;
	/**
	 * @number: out: the job's number in its context, for JOB_QUERY. A context's
	 * first job is 1, and those of a call have numbers in a row, of which this is
	 * the first. 0 stays 0 with a driver older than 1.1.
	 */
	__u64 number;
};

/**
 * DRM_V3NPU_SUBMIT_MAX - in syncobjs of a SUBMIT
 *
 * So many out syncobjs, too, and so many buffers; each counted over all of its jobs.
 */
#define DRM_V3NPU_SUBMIT_MAX		1024

/** DRM_V3NPU_STRIDE_MAX - a stride is at least what 0 stands for, and at most this */
#define DRM_V3NPU_STRIDE_MAX		4096

/** enum drm_v3npu_job_state - how far a job is */
enum drm_v3npu_job_state {
	/** @DRM_V3NPU_JOB_PENDING: it has not ended */
	DRM_V3NPU_JOB_PENDING = 0,
	/** @DRM_V3NPU_JOB_DONE: it completed */
	DRM_V3NPU_JOB_DONE = 1,
	/** @DRM_V3NPU_JOB_FAILED: it ended with an error */
	DRM_V3NPU_JOB_FAILED = 2,
	/** @DRM_V3NPU_JOB_FORGOTTEN: it ended, and so many others after it that nobody knows how */
	DRM_V3NPU_JOB_FORGOTTEN = 3,
};

/**
 * struct drm_v3npu_job_query - ask how a job ended
 *
 * A context remembers its last jobs, drm_v3npu_dev_info.job_records of them. When a
 * job's fence has signalled the answer is there. Fails with ENOENT when the file has
 * no such context, or that has got no job of this number yet.
 */
struct drm_v3npu_job_query {
	/** @ctx: in: context */
	__u32 ctx;
	/** @state: out: enum drm_v3npu_job_state; all that follows @number is 0 but for FAILED */
	__u32 state;
	/** @number: in: as SUBMIT returned it */
	__u64 number;
	/** @error: out: its fence's, a negative errno */
	__s32 error;
	/** @fault: out: enum drm_v3npu_fault */
	__u32 fault;
	/** @fault_va: out: NPU address, for MMU and FETCH */
	__u64 fault_va;
	/** @fault_cmd_index: out: number of the command in its stream */
	__u32 fault_cmd_index;
	/** @fault_cmd_opcode: out: its opcode */
	__u32 fault_cmd_opcode;
	/** @fault_cmd_tag: out: its tag */
	__u32 fault_cmd_tag;
	/** @fault_detail: out: V3NPU_CMD_E*, for CMD */
	__u32 fault_detail;
};

#define DRM_IOCTL_V3NPU_DEV_QUERY \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_V3NPU_DEV_QUERY, struct drm_v3npu_dev_query)
#define DRM_IOCTL_V3NPU_BO_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_V3NPU_BO_CREATE, struct drm_v3npu_bo_create)
#define DRM_IOCTL_V3NPU_BO_MMAP_OFFSET \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_V3NPU_BO_MMAP_OFFSET, struct drm_v3npu_bo_mmap_offset)
#define DRM_IOCTL_V3NPU_BO_INFO \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_V3NPU_BO_INFO, struct drm_v3npu_bo_info)
#define DRM_IOCTL_V3NPU_BO_WAIT \
	DRM_IOW(DRM_COMMAND_BASE + DRM_V3NPU_BO_WAIT, struct drm_v3npu_bo_wait)
#define DRM_IOCTL_V3NPU_CTX_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_V3NPU_CTX_CREATE, struct drm_v3npu_ctx_create)
#define DRM_IOCTL_V3NPU_CTX_DESTROY \
	DRM_IOW(DRM_COMMAND_BASE + DRM_V3NPU_CTX_DESTROY, struct drm_v3npu_ctx_destroy)
#define DRM_IOCTL_V3NPU_CTX_QUERY \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_V3NPU_CTX_QUERY, struct drm_v3npu_ctx_query)
#define DRM_IOCTL_V3NPU_SUBMIT \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_V3NPU_SUBMIT, struct drm_v3npu_submit)
#define DRM_IOCTL_V3NPU_JOB_QUERY \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_V3NPU_JOB_QUERY, struct drm_v3npu_job_query)

#if defined(__cplusplus)
}
#endif

#endif /* _UAPI_V3NPU_ACCEL_H_ */
