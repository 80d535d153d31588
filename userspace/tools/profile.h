/* SPDX-License-Identifier: MIT */
/* v3run --profile: where an inference's cycles go */
#ifndef V3NPU_PROFILE_H
#define V3NPU_PROFILE_H

#include "common/tool.h"
#include "libv3npu/v3npu.h"

/**
 * profile_write() - write what an inference costs the NPU
 * @path: file for a trace in the Trace Event Format, which Perfetto and
 *	chrome://tracing open; "-" for a table of the most expensive layers on
 *	standard output
 * @model: model
 * @device: NPU that it was loaded for
 *
 * Return: 0 or -1 with @error set.
 */
int profile_write(const char *path, const struct v3npu_model *model,
		  const struct v3npu_device_info *device, struct tool_error *error);

#endif /* V3NPU_PROFILE_H */
