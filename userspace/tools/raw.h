/* SPDX-License-Identifier: MIT */
/* Tensors in files: their bytes as they are, or NumPy's .npy */
#ifndef V3NPU_RAW_H
#define V3NPU_RAW_H

#include "common/tool.h"
#include "libv3npu/v3npu.h"

/**
 * raw_feed() - fill a session's inputs
 * @model: its model
 * @session: session
 * @names: a file for each input, with commas between. A name that ends in .npy is
 *	NumPy's format, and must have the input's type and shape
 * @error: set on failure
 *
 * Return: 0 or -1.
 */
int raw_feed(const struct v3npu_model *model, struct v3npu_session *session, const char *names,
	     struct tool_error *error);

/**
 * raw_store() - write a session's outputs
 * @model: its model
 * @session: session after a run
 * @names: a file for each output, as for raw_feed()
 * @wrote: called with each file and the bytes of its tensor
 * @data: for @wrote
 * @error: set on failure
 *
 * Return: 0 or -1.
 */
int raw_store(const struct v3npu_model *model, struct v3npu_session *session, const char *names,
	      void (*wrote)(void *data, const char *path, size_t size), void *data,
	      struct tool_error *error);

#endif /* V3NPU_RAW_H */
