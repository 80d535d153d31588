/* SPDX-License-Identifier: MIT */
/* Putting the running job aside, with its SRAM, and going on with it */
#ifndef FW_PREEMPT_H
#define FW_PREEMPT_H

#include <stdbool.h>

#include "job.h"

/* What a slot of the save area must hold at least, in bytes */
__u64 preempt_slot_size(void);

/* From the boot arguments, checked: V3NPU_NUM_SAVE_SLOTS slots at @save_area, or 0 for none */
void preempt_init(__u64 save_area, __u32 slot_size);

/* Can jobs be put aside? */
bool preempt_enabled(void);

/**
 * preempt_put_aside() - save a job to the slot of its priority
 * @job: between two commands, with nothing of its stream prefetched; below
 *	the highest priority
 *
 * Halts with V3NPU_HALT_SYSTEM_DMA if the slot cannot be written.
 */
void preempt_put_aside(struct job *job);

/**
 * preempt_resume() - give a job back the SRAM it was put aside with
 * @job: put aside, or loaded; it leaves its slot
 *
 * Halts with V3NPU_HALT_SYSTEM_DMA if the slot cannot be reached.
 */
void preempt_resume(struct job *job);

/**
 * preempt_load() - find a job that was put aside before a reset
 * @job: from a ring entry, as it was when it was first taken; set to where it
 *	was put aside
 *
 * The slot is memory that the driver can write: everything is checked.
 *
 * Return: false if the slot of its priority does not hold this job.
 */
bool preempt_load(struct job *job);

#endif /* FW_PREEMPT_H */
