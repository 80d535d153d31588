/* SPDX-License-Identifier: MIT */
/* Model files: read into memory, and written from a model */
#ifndef V3NPU_MODEL_FILE_H
#define V3NPU_MODEL_FILE_H

#include "internal.h"

/* The NPU that is compiled for */
struct v3c_target v3npu_target(const struct v3npu_device *device);

/* Reads a model file into memory for free(); 0, or a negative errno with the error line set */
int v3npu_read_model(const char *path, void **data, size_t *size);

/* Puts @path in front of the error line; returns @err */
int v3npu_fail_path(int err, const char *path);

#endif /* V3NPU_MODEL_FILE_H */
