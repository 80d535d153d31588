/* SPDX-License-Identifier: MIT */
/*
 * Whose turn it is: of the users, the address spaces and the contexts that want the NPU, those
 * that were served least recently.
 *
 * By users first: else who opens many files, or makes many contexts, would be served more often.
 */
#ifndef FW_TURNS_H
#define FW_TURNS_H

#include <stdbool.h>

#include "v3npu/ipc.h"

/**
 * turns_init() - learn who was served before the firmware booted
 * @va: address of struct v3npu_turns in the system address space; 0 for nobody
 *
 * Halts with V3NPU_HALT_SYSTEM_DMA if it cannot be read.
 */
void turns_init(__u64 va);

/* Context @ctx, described by @desc, is served */
void turns_take(__u32 ctx, const struct v3npu_ctx_desc *desc);

/* Is context @a next, rather than @b? */
bool turns_before(__u32 a, const struct v3npu_ctx_desc *a_desc, __u32 b,
		  const struct v3npu_ctx_desc *b_desc);

#endif /* FW_TURNS_H */
