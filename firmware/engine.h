/* SPDX-License-Identifier: MIT */
#ifndef FW_ENGINE_H
#define FW_ENGINE_H

#include <stdbool.h>

#include "v3npu/ipc.h"

/* Waits until the datapath is idle; another firmware may have been stopped while it ran */
void engine_init(void);

/**
 * engine_run() - run one command and wait for its end
 * @cmd: command, checked, 4-byte aligned
 * @size: its bytes
 * @as: address space
 * @counters: what it cost is added here
 *
 * Return: V3NPU_ENGINE_DONE, _FAULT or _ILLEGAL.
 */
__u32 engine_run(const void *cmd, __u32 size, __u32 as, struct v3npu_counters *counters);

/* Address of the last V3NPU_ENGINE_FAULT */
__u64 engine_fault_addr(void);

/* May anything have been written to SRAM since it was last cleared? */
bool engine_sram_used(void);

/* Clears SRAM if anything may have been written to it since it was last cleared */
void engine_scrub(void);

#endif /* FW_ENGINE_H */
