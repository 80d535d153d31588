/* SPDX-License-Identifier: MIT */
#ifndef V3C_ANOMALY_H
#define V3C_ANOMALY_H

#include "analysis.h"
#include "compiler/tflite/tflite.h"

/* A constant's bytes in the file */
struct v3c_constant {
	const struct tfl_tensor *tensor;
	const uint8_t *data;
	size_t size;
};

/**
 * v3c_find_anomalies() - what is odd about a model
 * @ctx: owns the result
 * @model: the file
 * @constants: @count constants of it, each once
 * @parameter_bytes: bytes of the constants that are parameters
 * @analysis: anomalies are added to it
 *
 * Reads at most about four times the file. Return: 0 or -ENOMEM.
 */
int v3c_find_anomalies(struct v3c_ctx *ctx, const struct tfl_model *model,
		       const struct v3c_constant *constants, size_t count,
		       uint64_t parameter_bytes,
		       struct v3c_analysis *analysis);

#endif /* V3C_ANOMALY_H */
