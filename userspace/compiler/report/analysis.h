/* SPDX-License-Identifier: MIT */
/*
 * What there is to say about a model without running it: its parameters, its
 * operators and whether the NPU takes them, and what is odd about it.
 */
#ifndef V3C_ANALYSIS_H
#define V3C_ANALYSIS_H

#include "compiler/base/program.h"

/**
 * struct v3c_op_info - an operator of the file
 * @name: the schema's
 * @macs: multiply-accumulates, by the shapes in the file
 * @reason: why the NPU does not take it; NULL if it does
 * @advice: what to change in the model, if @reason is there
 * @on_cpu: the CPU computes it, once v3c_analysis_where() has said so
 */
struct v3c_op_info {
	const char *name;
	uint64_t macs;
	const char *reason;
	const char *advice;
	bool on_cpu;
};

/**
 * struct v3c_type_info - the parameters of one element type
 * @name: the schema's, in lower case
 * @parameters: how many
 * @bytes: what they take in the file
 */
struct v3c_type_info {
	const char *name;
	uint64_t parameters;
	uint64_t bytes;
};

/**
 * struct v3c_anomaly - something odd
 * @kind: "unrolled product", "duplicated constants", "large file", "concatenation scales"
 * @text: one line: what, where, what to do
 */
struct v3c_anomaly {
	const char *kind;
	const char *text;
};

/**
 * struct v3c_analysis - a model; v3c_analysis_free() frees all of it
 * @ops: @op_count operators, in the order of the file
 * @types: @type_count element types of parameters: constant numbers of the model,
 *	as opposed to shapes, axes and the like. A constant that several operators
 *	share counts once.
 * @parameters: of all types
 * @anomalies: @anomaly_count of them
 * @blame: reason of an operator that only lowering refused
 * @memory: what holds all this
 */
struct v3c_analysis {
	struct v3c_op_info *ops;
	size_t op_count;
	struct v3c_type_info *types;
	size_t type_count;
	uint64_t parameters;
	struct v3c_anomaly *anomalies;
	size_t anomaly_count;
	char blame[V3C_ERROR_SIZE];
	struct v3c_block *memory;
};

/**
 * v3c_analyze() - look at a model
 * @model: the file's bytes, untrusted, only read
 * @size: how many
 * @error: on failure, one line
 *
 * Return: the analysis, or NULL with errno EINVAL (damaged file), ENOTSUP
 * (beyond the compiler's bounds) or ENOMEM.
 */
struct v3c_analysis *v3c_analyze(const void *model, size_t size, char error[V3C_ERROR_SIZE]);
void v3c_analysis_free(struct v3c_analysis *analysis);

#endif /* V3C_ANALYSIS_H */
