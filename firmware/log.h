/* SPDX-License-Identifier: MIT */
#ifndef FW_LOG_H
#define FW_LOG_H

#include "v3npu/ipc.h"

/* Empties the log ring and marks it valid; messages up to V3NPU_LOG_INFO pass */
void log_init(void);

/* Sets the most verbose level (V3NPU_LOG_*) that passes */
void log_set_level(__u32 level);

/**
 * log_print() - append a line to the log ring
 * @level: V3NPU_LOG_*; the line starts with its letter
 * @fmt: %u %x %lu %lx %llx (hex with all digits) %s %%; the newline is added
 */
void log_print(__u32 level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)	log_print(V3NPU_LOG_ERROR, __VA_ARGS__)
#define log_info(...)	log_print(V3NPU_LOG_INFO, __VA_ARGS__)
#define log_debug(...)	log_print(V3NPU_LOG_DEBUG, __VA_ARGS__)

#endif /* FW_LOG_H */
