/* SPDX-License-Identifier: MIT */
#ifndef FW_SCHED_H
#define FW_SCHED_H

#include <stdbool.h>

#include "job.h"

/* Contexts are described at @ctx_table in the system address space */
void sched_init(__u64 ctx_table);

/**
 * sched_next() - take the job that is to run next
 * @job: prepared by job_init()
 *
 * The highest priority that has work; round-robin between its contexts.
 * Return: false if no context has work.
 */
bool sched_next(struct job *job);

#endif /* FW_SCHED_H */
