/* SPDX-License-Identifier: MIT */
/*
 * Whose job is next, and who has to wait for it.
 *
 * There is at most one job of each priority on its way: it runs, or it was put
 * aside for one of higher priority and goes on before any other of its own.
 */
#ifndef FW_SCHED_H
#define FW_SCHED_H

#include <stdbool.h>

#include "job.h"

/* From the boot arguments: how long a job waits at most for others, and how long it may run then */
void sched_init(__u32 starve_us, __u32 quantum_us);

/**
 * sched_run() - run the next job to its end, or until it is put aside
 *
 * That is one of the highest priority that has work, unless a lower one has
 * waited for too long.
 *
 * Return: false if there is no work, or the driver wants a pause.
 */
bool sched_run(void);

/* At a command's end: takes doorbells. Is the running @job to be put aside, for another or for a pause? */
bool sched_overtakes(const struct job *job);

#endif /* FW_SCHED_H */
