/* SPDX-License-Identifier: MIT */
#ifndef FW_PANIC_H
#define FW_PANIC_H

#include "v3npu/ipc.h"

/* The status block at V3NPU_STATUS_OFFSET */
#define STATUS	((volatile struct v3npu_fw_status *)V3NPU_STATUS_OFFSET)

/* What the driver wrote at V3NPU_BOOT_OFFSET; all but @pause is used at boot alone */
#define BOOT_ARGS	((const volatile struct v3npu_boot_args *)V3NPU_BOOT_OFFSET)

/* Stops the core; the host is told @code in V3NPU_REG_HALT_CODE */
__attribute__((noreturn)) void halt(__u32 code);

/* A check in the firmware failed: logs @reason, sets V3NPU_FW_PANIC, V3NPU_HALT_PANIC */
__attribute__((noreturn)) void panic(const char *reason);

/* Marks the end of the stack; from main() before anything needs much of it */
void stack_guard_init(void);

/* Panics if the stack ever grew past its end */
void stack_guard_check(void);

#endif /* FW_PANIC_H */
