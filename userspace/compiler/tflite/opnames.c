// SPDX-License-Identifier: MIT
/*
 * Names of the schema's operators and tensor types, for messages.
 */
#include "tflite.h"

#include <stdio.h>
#include <string.h>

static const char *const op_names[] = {
	"ADD", "AVERAGE_POOL_2D", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D",
	"DEPTH_TO_SPACE", "DEQUANTIZE", "EMBEDDING_LOOKUP", "FLOOR", "FULLY_CONNECTED",
	"HASHTABLE_LOOKUP", "L2_NORMALIZATION", "L2_POOL_2D", "LOCAL_RESPONSE_NORMALIZATION",
	"LOGISTIC", "LSH_PROJECTION", "LSTM", "MAX_POOL_2D", "MUL", "RELU", "RELU_N1_TO_1",
	"RELU6", "RESHAPE", "RESIZE_BILINEAR", "RNN", "SOFTMAX", "SPACE_TO_DEPTH", "SVDF",
	"TANH", "CONCAT_EMBEDDINGS", "SKIP_GRAM", "CALL", "CUSTOM", "EMBEDDING_LOOKUP_SPARSE",
	"PAD", "UNIDIRECTIONAL_SEQUENCE_RNN", "GATHER", "BATCH_TO_SPACE_ND",
	"SPACE_TO_BATCH_ND", "TRANSPOSE", "MEAN", "SUB", "DIV", "SQUEEZE",
	"UNIDIRECTIONAL_SEQUENCE_LSTM", "STRIDED_SLICE", "BIDIRECTIONAL_SEQUENCE_RNN", "EXP",
	"TOPK_V2", "SPLIT", "LOG_SOFTMAX", "DELEGATE", "BIDIRECTIONAL_SEQUENCE_LSTM", "CAST",
	"PRELU", "MAXIMUM", "ARG_MAX", "MINIMUM", "LESS", "NEG", "PADV2", "GREATER",
	"GREATER_EQUAL", "LESS_EQUAL", "SELECT", "SLICE", "SIN", "TRANSPOSE_CONV",
	"SPARSE_TO_DENSE", "TILE", "EXPAND_DIMS", "EQUAL", "NOT_EQUAL", "LOG", "SUM", "SQRT",
	"RSQRT", "SHAPE", "POW", "ARG_MIN", "FAKE_QUANT", "REDUCE_PROD", "REDUCE_MAX", "PACK",
	"LOGICAL_OR", "ONE_HOT", "LOGICAL_AND", "LOGICAL_NOT", "UNPACK", "REDUCE_MIN",
	"FLOOR_DIV", "REDUCE_ANY", "SQUARE", "ZEROS_LIKE", "FILL", "FLOOR_MOD", "RANGE",
	"RESIZE_NEAREST_NEIGHBOR", "LEAKY_RELU", "SQUARED_DIFFERENCE", "MIRROR_PAD", "ABS",
	"SPLIT_V", "UNIQUE", "CEIL", "REVERSE_V2", "ADD_N", "GATHER_ND", "COS", "WHERE",
	"RANK", "ELU", "REVERSE_SEQUENCE", "MATRIX_DIAG", "QUANTIZE", "MATRIX_SET_DIAG",
	"ROUND", "HARD_SWISH", "IF", "WHILE", "NON_MAX_SUPPRESSION_V4",
	"NON_MAX_SUPPRESSION_V5", "SCATTER_ND", "SELECT_V2", "DENSIFY", "SEGMENT_SUM",
	"BATCH_MATMUL", "PLACEHOLDER_FOR_GREATER_OP_CODES", "CUMSUM", "CALL_ONCE",
	"BROADCAST_TO", "RFFT2D", "CONV_3D", "IMAG", "REAL", "COMPLEX_ABS", "HASHTABLE",
	"HASHTABLE_FIND", "HASHTABLE_IMPORT", "HASHTABLE_SIZE", "REDUCE_ALL",
	"CONV_3D_TRANSPOSE", "VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE",
	"BROADCAST_ARGS", "RANDOM_STANDARD_NORMAL", "BUCKETIZE", "RANDOM_UNIFORM",
	"MULTINOMIAL", "GELU", "DYNAMIC_UPDATE_SLICE", "RELU_0_TO_1", "UNSORTED_SEGMENT_PROD",
	"UNSORTED_SEGMENT_MAX", "UNSORTED_SEGMENT_SUM", "ATAN2", "UNSORTED_SEGMENT_MIN",
	"SIGN", "BITCAST", "BITWISE_XOR", "RIGHT_SHIFT",
};

static const char *const type_names[] = {
	"float32", "float16", "int32", "uint8", "int64", "string", "bool", "int16", "complex64",
	"int8", "float64", "complex128", "uint64", "resource", "variant", "uint32", "uint16",
	"int4",
};

#define LENGTH(array)	(sizeof(array) / sizeof((array)[0]))

const char *v3c_tfl_op_name(int32_t code)
{
	return code >= 0 && code < (int32_t)LENGTH(op_names) ? op_names[code] : "unknown operator";
}

/* What of a custom operator's name is printed: as much as a line has room for */
#define CUSTOM_NAME	48

const char *v3c_tfl_call_op(struct v3c_ctx *ctx, int32_t code, const char *custom)
{
	char *name, *c;

	if (code >= 0 && code < (int32_t)LENGTH(op_names) && !custom[0])
		return op_names[code];
	name = v3c_alloc(ctx, 1, sizeof("CUSTOM ") + CUSTOM_NAME);
	if (!name)
		return NULL;
	if (custom[0])
		sprintf(name, "CUSTOM %.*s", CUSTOM_NAME, custom);
	else
		sprintf(name, "operator number %d of TFLite", code);
	/* A file can call them anything */
	for (c = name; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return name;
}

const char *v3c_tfl_accelerator(const char *custom)
{
	static const struct {
		const char *start;
		const char *name;
	} known[] = {
		{ "edgetpu-custom-op", "Google's Edge TPU" },
		{ "ethos-u", "Arm's Ethos-U" },
		{ "XC_", "XMOS's xcore" },
		{ "NeutronGraph", "NXP's eIQ Neutron" },
	};
	size_t i;

	for (i = 0; i < LENGTH(known); i++)
		if (!strncmp(custom, known[i].start, strlen(known[i].start)))
			return known[i].name;
	return NULL;
}

const char *v3c_tfl_type_name(int type)
{
	return type >= 0 && type < (int)LENGTH(type_names) ? type_names[type] : "unknown type";
}
