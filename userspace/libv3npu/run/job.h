/* SPDX-License-Identifier: MIT */
/*
 * A model's piece for the NPU in a session: its commands with the addresses of
 * the session's buffers in them.
 */
#ifndef V3NPU_JOB_H
#define V3NPU_JOB_H

#include "libv3npu/internal.h"

/**
 * struct v3npu_job - a piece ready to be submitted
 * @device: device
 * @piece: piece
 * @cmds: commands
 * @region_count: inputs and outputs among them
 * @regions: by enum v3c_region; NULL where there is no memory. The job's own is
 *	the arena
 * @refs: what a submission lists, @ref_count of them
 */
struct v3npu_job {
	struct v3npu_device *device;
	const struct v3npu_piece *piece;
	struct v3npu_buffer *cmds;
	size_t region_count;
	struct v3npu_buffer **regions;
	struct v3npu_buffer_ref *refs;
	size_t ref_count;
};

/* Makes a job on the session's @slots; NULL with the error line set */
struct v3npu_job *v3npu_job_new(struct v3npu_device *device, const struct v3npu_piece *piece,
				struct v3npu_buffer *const *slots);
void v3npu_job_free(struct v3npu_job *job);

/* Uses another buffer for a slot of the session; the one before must still be there */
void v3npu_job_replace(struct v3npu_job *job, uint32_t slot, struct v3npu_buffer *buffer);

int v3npu_job_submit(struct v3npu_job *job, struct v3npu_context *context);

#endif /* V3NPU_JOB_H */
