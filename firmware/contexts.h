/* SPDX-License-Identifier: MIT */
#ifndef FW_CONTEXTS_H
#define FW_CONTEXTS_H

#include <stdbool.h>

#include "job.h"

/* Contexts are described at @ctx_table in the system address space */
void contexts_init(__u64 ctx_table);

/**
 * contexts_collect() - read the descriptors of the contexts whose doorbells were rung
 *
 * Return: false if there was none.
 */
bool contexts_collect(void);

/* Does a context with this number exist? Asks the table. */
bool contexts_exists(__u32 ctx);

/* Are this context's jobs to end? As its descriptor said when it rang, or a job was taken. */
bool contexts_cancelled(__u32 ctx);

/* Is a context of this priority ready? Its ring was not looked at yet. */
bool contexts_ready(__u32 prio);

/* Looks: does a context of this priority have a job? */
bool contexts_have_job(__u32 prio);

/**
 * contexts_take() - take the next job of a priority from its ring
 * @prio: priority; its users, their address spaces and contexts in turns
 * @job: prepared by job_init()
 *
 * Return: false if no context of that priority has one.
 */
bool contexts_take(__u32 prio, struct job *job);

/**
 * contexts_take_cancelled() - take the next job of a cancelled context from its ring
 * @but: a context that is left alone, V3NPU_CTX_NONE for none: its job runs, and ends first
 * @job: prepared by job_init()
 *
 * Return: false if no cancelled context has one.
 */
bool contexts_take_cancelled(__u32 but, struct job *job);

#endif /* FW_CONTEXTS_H */
