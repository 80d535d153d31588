/* SPDX-License-Identifier: MIT */
/*
 * Runs of several pieces, or of one on the CPU, in a thread of their own, so
 * that a submission returns at once.
 */
#ifndef V3NPU_SEQUENCE_H
#define V3NPU_SEQUENCE_H

#include "job.h"

/**
 * struct v3npu_step - a piece in a session: either is not NULL
 * @job: for the NPU
 * @plan: for the CPU
 */
struct v3npu_step {
	struct v3npu_job *job;
	struct v3cpu_plan *plan;
};

struct v3npu_sequence;

/**
 * v3npu_sequence_new() - start the thread
 * @steps: what a run does, in order; @count of them; the caller's, as @context
 * @context: of the jobs; NULL if there are none
 * @sequence: the result
 *
 * Return: 0, or a negative errno with the error line set.
 */
int v3npu_sequence_new(const struct v3npu_step *steps, size_t count,
		       struct v3npu_context *context, struct v3npu_sequence **sequence);

/* Ends the thread, and a run that is going on */
void v3npu_sequence_free(struct v3npu_sequence *sequence);

/* As the functions of struct v3npu_device_ops; the counters are those of all pieces */
void v3npu_sequence_submit(struct v3npu_sequence *sequence);
void v3npu_sequence_cancel(struct v3npu_sequence *sequence);
int v3npu_sequence_fence_fd(struct v3npu_sequence *sequence, int *fd);
int v3npu_sequence_wait(struct v3npu_sequence *sequence, int timeout_ms,
			struct v3npu_run_stats *stats);

#endif /* V3NPU_SEQUENCE_H */
