/* SPDX-License-Identifier: MIT */
/* Putting the running job aside, with its SRAM, and going on with it */
#ifndef FW_PREEMPT_H
#define FW_PREEMPT_H

#include <stdbool.h>

#include "job.h"

/* What a slot of the save area must hold at least, in bytes */
__u64 preempt_slot_size(void);

/**
 * preempt_init() - look what is in the save area
 * @save_area: of V3NPU_NUM_SAVE_SLOTS slots, or 0 for none; checked
 * @slot_size: bytes of a slot, checked
 *
 * Halts with V3NPU_HALT_SYSTEM_DMA if it cannot be read.
 */
void preempt_init(__u64 save_area, __u32 slot_size);

/**
 * preempt_possible() - can the running job be put aside?
 *
 * Return: false if there is no slot for its priority, or one that holds the
 * job of an existing context from before a reset, which is to go on yet.
 */
bool preempt_possible(const struct job *job);

/*
 * A context's job was taken. Its jobs come in order: if one of it was put aside before a
 * reset this was it, or it does not come any more, and its slot is free.
 */
void preempt_release(__u32 ctx);

/**
 * preempt_put_aside() - save a job to the slot of its priority
 * @job: between two commands, with nothing of its stream prefetched; below
 *	the highest priority
 *
 * Halts with V3NPU_HALT_SYSTEM_DMA if the slot cannot be written.
 */
void preempt_put_aside(struct job *job);

/* Takes a job that was put aside, or loaded, out of its slot; it is not to run any more. */
void preempt_drop(struct job *job);

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
