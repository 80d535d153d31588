/* SPDX-License-Identifier: MIT */
/*
 * A .tflite file as plain structures that point into it.
 *
 * Schema: tensorflow/lite/schema/schema.fbs, version 3. Only the first
 * subgraph is read.
 */
#ifndef V3C_TFLITE_H
#define V3C_TFLITE_H

#include "compiler/base/context.h"
#include "compiler/base/limits.h"
#include "flatbuffer.h"

struct v3c_rolled;

/* enum TensorType of the schema */
enum tfl_type {
	TFL_FLOAT32 = 0,
	TFL_FLOAT16 = 1,
	TFL_INT32 = 2,
	TFL_UINT8 = 3,
	TFL_INT64 = 4,
	TFL_BOOL = 6,
	TFL_INT8 = 9,
};

/* enum BuiltinOperator of the schema: those that the compiler knows */
enum tfl_code {
	TFL_ADD = 0,
	TFL_AVERAGE_POOL_2D = 1,
	TFL_CONCATENATION = 2,
	TFL_CONV_2D = 3,
	TFL_DEPTHWISE_CONV_2D = 4,
	TFL_DEPTH_TO_SPACE = 5,
	TFL_DEQUANTIZE = 6,
	TFL_FLOOR = 8,
	TFL_FULLY_CONNECTED = 9,
	TFL_LOGISTIC = 14,
	TFL_MAX_POOL_2D = 17,
	TFL_MUL = 18,
	TFL_RELU = 19,
	TFL_RELU_N1_TO_1 = 20,
	TFL_RELU6 = 21,
	TFL_RESHAPE = 22,
	TFL_RESIZE_BILINEAR = 23,
	TFL_SOFTMAX = 25,
	TFL_SPACE_TO_DEPTH = 26,
	TFL_TANH = 28,
	TFL_CUSTOM = 32,
	TFL_PAD = 34,
	TFL_GATHER = 36,
	TFL_BATCH_TO_SPACE_ND = 37,
	TFL_SPACE_TO_BATCH_ND = 38,
	TFL_TRANSPOSE = 39,
	TFL_MEAN = 40,
	TFL_SUB = 41,
	TFL_DIV = 42,
	TFL_SQUEEZE = 43,
	TFL_STRIDED_SLICE = 45,
	TFL_EXP = 47,
	TFL_SPLIT = 49,
	TFL_CAST = 53,
	TFL_PRELU = 54,
	TFL_MAXIMUM = 55,
	TFL_ARG_MAX = 56,
	TFL_MINIMUM = 57,
	TFL_LESS = 58,
	TFL_NEG = 59,
	TFL_PADV2 = 60,
	TFL_GREATER = 61,
	TFL_GREATER_EQUAL = 62,
	TFL_LESS_EQUAL = 63,
	TFL_SELECT = 64,
	TFL_SLICE = 65,
	TFL_TRANSPOSE_CONV = 67,
	TFL_TILE = 69,
	TFL_EXPAND_DIMS = 70,
	TFL_EQUAL = 71,
	TFL_NOT_EQUAL = 72,
	TFL_LOG = 73,
	TFL_SUM = 74,
	TFL_SQRT = 75,
	TFL_RSQRT = 76,
	TFL_SHAPE = 77,
	TFL_ARG_MIN = 79,
	TFL_REDUCE_PROD = 81,
	TFL_REDUCE_MAX = 82,
	TFL_PACK = 83,
	TFL_LOGICAL_OR = 84,
	TFL_LOGICAL_AND = 86,
	TFL_UNPACK = 88,
	TFL_REDUCE_MIN = 89,
	TFL_FLOOR_DIV = 90,
	TFL_SQUARE = 92,
	TFL_FILL = 94,
	TFL_FLOOR_MOD = 95,
	TFL_RANGE = 96,
	TFL_RESIZE_NEAREST_NEIGHBOR = 97,
	TFL_LEAKY_RELU = 98,
	TFL_SQUARED_DIFFERENCE = 99,
	TFL_MIRROR_PAD = 100,
	TFL_ABS = 101,
	TFL_SPLIT_V = 102,
	TFL_CEIL = 104,
	TFL_GATHER_ND = 107,
	TFL_RANK = 110,
	TFL_ELU = 111,
	TFL_QUANTIZE = 114,
	TFL_ROUND = 116,
	TFL_HARD_SWISH = 117,
	TFL_SELECT_V2 = 123,
	TFL_BATCH_MATMUL = 126,
	TFL_BROADCAST_TO = 130,
	TFL_BROADCAST_ARGS = 145,
	TFL_GELU = 150,
	TFL_RELU_0_TO_1 = 152,
};

/* enum ActivationFunctionType of the schema */
enum tfl_activation {
	TFL_ACT_NONE = 0,
	TFL_ACT_RELU = 1,
	TFL_ACT_RELU_N1_TO_1 = 2,
	TFL_ACT_RELU6 = 3,
};

enum tfl_padding {
	TFL_SAME = 0,
	TFL_VALID = 1,
};

/**
 * struct tfl_tensor - a tensor
 * @name: its name, "" if it has none
 * @type: enum tfl_type, or another number of the schema; of quantized uint8 TFL_INT8
 * @was_uint8: it is uint8 in the file: @data and @zero_point are those of the int8 tensor of
 *	the same numbers (tflite_uint8.h)
 * @rank: dimensions, possibly more than V3C_MAX_RANK
 * @dim: the first V3C_MAX_RANK of them, not checked
 * @data: constant data, NULL if it has none
 * @file_data: where that is in the file, which is somewhere else if @was_uint8
 * @data_size: bytes of that
 * @scale: float scales, none, one, or one a channel
 * @zero_point: int64 zero points
 * @channel_dim: the dimension that per-channel scales go along
 * @variable: it keeps its value from one run to the next
 * @special: sparse or variable, which a plain reader must not take as data
 */
struct tfl_tensor {
	const char *name;
	int type;
	bool was_uint8;
	uint32_t rank;
	int32_t dim[V3C_MAX_RANK];
	const uint8_t *data;
	const uint8_t *file_data;
	size_t data_size;
	struct fb_vector scale;
	struct fb_vector zero_point;
	int32_t channel_dim;
	bool variable;
	bool special;
};

/**
 * struct tfl_op - an operator
 * @tag: number of the operator of the file that it is, or of the last one that it replaces
 * @code: enum tfl_code, or another number of the schema
 * @inputs: int32 tensor numbers, -1 for one left out
 * @outputs: int32 tensor numbers
 * @activation: fused, enum tfl_activation or another number of the schema
 * @padding: enum tfl_padding
 * @stride: h, w
 * @dilation: h, w
 * @kernel: of a pooling window, h, w
 * @format: of fully connected weights, 0 is the plain one
 * @axis: of CONCATENATION, GATHER, PACK, UNPACK
 * @batch_dims: of GATHER
 * @block_size: of SPACE_TO_DEPTH and DEPTH_TO_SPACE
 * @mask: begin, end, ellipsis, new axis, shrink axis of STRIDED_SLICE
 * @end_is_offset: STRIDED_SLICE's end counts from its begin
 * @align_corners: of RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR
 * @half_pixel_centers: of the same
 * @adjoint: of BATCH_MATMUL, for each operand: its last two dimensions are swapped
 * @keep_dims: of MEAN, SUM, REDUCE_PROD, REDUCE_MAX, REDUCE_MIN
 * @approximate: of GELU
 * @symmetric: MIRROR_PAD repeats the edge
 * @number: beta of SOFTMAX, alpha of LEAKY_RELU
 *
 * Options that the operator does not have are 0.
 */
struct tfl_op {
	uint32_t tag;
	int32_t code;
	struct fb_vector inputs;
	struct fb_vector outputs;
	uint8_t activation;
	uint8_t padding;
	bool align_corners;
	bool half_pixel_centers;
	bool end_is_offset;
	bool adjoint[2];
	bool keep_dims;
	bool approximate;
	bool symmetric;
	int32_t stride[2];
	int32_t dilation[2];
	int32_t kernel[2];
	int32_t mask[5];
	int32_t format;
	int32_t axis;
	int32_t batch_dims;
	int32_t block_size;
	float number;
};

/**
 * struct tfl_model - a model
 * @fb: the file
 * @tensors: the file's @file_tensor_count tensors, then those that rolling added
 * @tensor_count: all of them
 * @file_tensor_count: those that the file has
 * @ops: operators in execution order
 * @op_count: how many
 * @file_codes: enum tfl_code of each of the file's operators; struct tfl_op.tag is its index
 * @file_names: what each of them is called in messages
 * @file_op_count: how many the file has
 * @inputs: int32 tensor numbers
 * @outputs: int32 tensor numbers
 * @rolled: products that were unrolled in the file; @rolled_count of them
 */
struct tfl_model {
	struct fb fb;
	struct tfl_tensor *tensors;
	uint32_t tensor_count;
	uint32_t file_tensor_count;
	struct tfl_op *ops;
	uint32_t op_count;
	int32_t *file_codes;
	const char **file_names;
	uint32_t file_op_count;
	struct fb_vector inputs;
	struct fb_vector outputs;
	struct v3c_rolled *rolled;
	uint32_t rolled_count;
};

/**
 * v3c_tfl_parse() - read a model as it is in the file
 * @ctx: compilation
 * @model: filled in; points into @data
 * @data: the file
 * @size: its bytes
 *
 * Every tensor number in an operator or in the model's inputs and outputs is
 * valid afterwards.
 *
 * Return: 0, -EINVAL, -ENOTSUP or -ENOMEM, with the context's error set.
 */
int v3c_tfl_parse(struct v3c_ctx *ctx, struct tfl_model *model, const void *data, size_t size);

/**
 * v3c_tfl_slice_dim() - which elements STRIDED_SLICE takes
 * @op: the operator
 * @i: dimension
 * @dim: its size
 * @begin: what the operator's operands say of it; @end, @step too
 * @first: first element, set
 * @count: elements, set
 *
 * As TFLite's strided_slice_logic.h with a positive stride.
 *
 * Return: false if it takes none, or more than there are.
 */
bool v3c_tfl_slice_dim(const struct tfl_op *op, int i, uint32_t dim, int64_t begin, int64_t end,
		       int64_t step, uint32_t *first, uint32_t *count);

/* The schema's name of an operator, for messages */
const char *v3c_tfl_op_name(int32_t code);

/*
 * The name of an operator in a file, for messages: the schema's, with @custom if it is a
 * custom one, or its number if it is newer than the schema's names here. NULL: no memory.
 */
const char *v3c_tfl_call_op(struct v3c_ctx *ctx, int32_t code, const char *custom);

/* Whose compiler writes custom operators of this name; NULL if none that is known */
const char *v3c_tfl_accelerator(const char *custom);

/* The schema's name of a tensor type, for messages */
const char *v3c_tfl_type_name(int type);

#endif /* V3C_TFLITE_H */
