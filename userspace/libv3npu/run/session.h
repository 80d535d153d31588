/* SPDX-License-Identifier: MIT */
/* What a session is: its runs are in session.c, its inputs and outputs in session_io.c */
#ifndef V3NPU_SESSION_H
#define V3NPU_SESSION_H

#include <errno.h>
#include <pthread.h>

#include "libv3npu/internal.h"
#include "sequence.h"

/**
 * struct v3npu_session - a context, and buffers of its own for one inference at a time
 * @model: it runs
 * @context: on the device; NULL if no piece is for the NPU
 * @slots: buffers, by number of the model's slots
 * @dmabuf: of each slot, whether its buffer is a dma-buf that the caller set
 * @steps: one for each piece
 * @sequence: runs the steps; NULL if the only piece is for the NPU
 * @lock: for the next two: a run can be cancelled while another thread waits for it
 * @submitted: a run is going on, or was not waited for
 * @cancelled: it is
 * @finished: @stats are of a run
 * @stats: of the last run
 */
struct v3npu_session {
	struct v3npu_model *model;
	struct v3npu_context *context;
	struct v3npu_buffer **slots;
	bool *dmabuf;
	struct v3npu_step *steps;
	struct v3npu_sequence *sequence;
	pthread_mutex_t lock;
	bool submitted;
	bool cancelled;
	bool finished;
	struct v3npu_run_stats stats;
};

/* Returns -EBUSY */
static inline int v3npu_fail_busy(void)
{
	return v3npu_fail(-EBUSY, "a run is going on; wait for it first");
}

#endif /* V3NPU_SESSION_H */
