/* SPDX-License-Identifier: MIT */
/* A file descriptor that becomes readable when a run is done, for runs without a fence */
#ifndef V3NPU_DONE_H
#define V3NPU_DONE_H

#include <stdbool.h>

/**
 * struct v3npu_done - of one run after the other; whoever has it has a lock for it
 * @fd: an eventfd of the present run, made when somebody asks for it; -1: nobody has
 */
struct v3npu_done {
	int fd;
};

/* A run begins: who asked for an earlier one's keeps that, which stays as it is */
void v3npu_done_begin(struct v3npu_done *done);

/* The run is done */
void v3npu_done_signal(const struct v3npu_done *done);

/* A descriptor for the caller to close; @over: the run is done. 0, or with the error line set */
int v3npu_done_get(struct v3npu_done *done, bool over, int *fd);

#endif /* V3NPU_DONE_H */
