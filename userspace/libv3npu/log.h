/* SPDX-License-Identifier: MIT */
/* What the library tells about its work, to whom v3npu_set_log() or V3NPU_LOG names */
#ifndef V3NPU_LOG_H
#define V3NPU_LOG_H

#include "v3npu.h"

/* Tells a line, if this level is wanted */
void v3npu_log(enum v3npu_log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Tells that @what failed, with the calling thread's error line; returns @err */
int v3npu_log_failure(int err, const char *what);

#endif /* V3NPU_LOG_H */
