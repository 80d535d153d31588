/* SPDX-License-Identifier: MIT */
/* Time, and how long the running job has run */
#ifndef FW_CLOCK_H
#define FW_CLOCK_H

#include "v3npu/types.h"

void clock_init(void);

/* Microseconds of the core's timer. To be called at least once an hour, see there. */
__u64 clock_now(void);

/* A job runs from now on, which ran for @run_us before */
void clock_start(__u32 run_us);

/* Brings STATUS->run_us up to date. Return: it; of the last job if none runs. */
__u32 clock_update(void);

/* The job does not run any more. Return: how long it ran. */
__u32 clock_stop(void);

#endif /* FW_CLOCK_H */
