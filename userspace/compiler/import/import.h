/* SPDX-License-Identifier: MIT */
/*
 * From TFLite's operators to the graph: what each means, with its
 * quantization turned into the NPU's integer parameters. Shared by the files
 * that know the operators.
 */
#ifndef V3C_IMPORT_H
#define V3C_IMPORT_H

#include "compiler/arith/quant.h"
#include "compiler/base/program.h"
#include "compiler/graph/ir.h"
#include "compiler/tflite/tflite.h"

struct importer;

/**
 * struct import_backend - whose graph an import makes
 * @real: values are real numbers: int8 tensors are what they stand for, and
 *	tensors can be float32
 * @op: imports im->op
 * @constant: gives a constant tensor of this shape a value
 * @input: the value that operators read in place of graph input @value
 * @output: the value to be the graph's output for @value
 */
struct import_backend {
	bool real;
	int (*op)(struct importer *im);
	int (*constant)(struct importer *im, uint32_t tensor, const struct ir_shape *shape);
	int (*input)(struct importer *im, uint32_t tensor, int value);
	int (*output)(struct importer *im, uint32_t tensor, int value);
};

/* The NPU's: values are what the file has, but for uint8, which is int8 there */
extern const struct import_backend v3c_import_npu;

/**
 * struct importer - an import in progress
 * @ctx: compilation
 * @backend: whose graph it makes
 * @model: the file
 * @graph: what it becomes
 * @open: tensors that nothing wrote yet are inputs too
 * @value_of: value of each tensor of the file, -1 while it has none
 * @op: operator being imported; NULL during the model's inputs
 * @number: its place in struct tfl_model.ops, or the input's number
 * @uint8: the operator's quantized tensors are uint8 in the file
 */
struct importer {
	struct v3c_ctx *ctx;
	const struct import_backend *backend;
	const struct tfl_model *model;
	struct ir_graph *graph;
	bool open;
	int *value_of;
	const struct tfl_op *op;
	uint32_t number;
	bool uint8;
};

/**
 * v3c_import() - import operators
 * @ctx: compilation
 * @backend: who computes them
 * @model: the file
 * @part: which operators, and what is around them; NULL for the whole model
 * @graph: the result
 *
 * Return: 0, -EINVAL, -ENOTSUP or -ENOMEM.
 */
int v3c_import(struct v3c_ctx *ctx, const struct import_backend *backend,
	       const struct tfl_model *model, const struct v3c_part *part,
	       struct ir_graph *graph);

/**
 * v3c_import_reasons() - what a backend has against each operator
 * @ctx: compilation, which owns the texts
 * @backend: backend
 * @model: the file
 * @reasons: set for each operator: NULL if the backend knows it, or why it does not
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int v3c_import_reasons(struct v3c_ctx *ctx, const struct import_backend *backend,
		       const struct tfl_model *model, const char **reasons);

/**
 * v3c_import_try() - which operators does a backend know?
 * @ctx: compilation
 * @backend: backend
 * @model: the file
 * @known: set for each operator
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int v3c_import_try(struct v3c_ctx *ctx, const struct import_backend *backend,
		   const struct tfl_model *model, bool *known);

/*
 * For the operators' files. Functions that give a value or a node return its
 * number or a negative errno; all have set the error then.
 */

/* Number in the file of the operator to name in messages and commands */
static inline uint32_t import_tag(const struct importer *im)
{
	return im->op ? im->op->tag : 0;
}

/* As v3c_fail(), with the operator's number and name in front */
int v3c_import_fail(struct importer *im, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Fails unless the operator has this many inputs and outputs */
int v3c_import_arity(struct importer *im, uint32_t min_inputs, uint32_t max_inputs,
		     uint32_t outputs);

/* Input @k as a value: an int8 activation or an int8 constant */
int v3c_import_input(struct importer *im, uint32_t k);

/* Input 0, of an operator with this many inputs and one output */
int v3c_import_operand(struct importer *im, uint32_t min_inputs, uint32_t max_inputs);

/* Output @k as a new value, whose shape the file must agree on */
int v3c_import_output(struct importer *im, uint32_t k, const struct ir_shape *shape);

/*
 * Output 0, int32 or int64 indices, as a new value: with @bytes its last
 * dimension is the bytes of an index, else its elements stand for the indices
 */
int v3c_import_index_output(struct importer *im, const struct ir_shape *shape, bool bytes);

/* A constant that is an output of the model and that no operator reads, as a value */
int v3c_import_constant_output(struct importer *im, uint32_t tensor);

/* A value for @tensor of the file, with the quantization that the file gives it */
int v3c_import_new_value(struct importer *im, uint32_t tensor, const struct ir_shape *shape);

/* A new value that the file does not have */
int v3c_import_temporary(struct importer *im, const struct ir_shape *shape, struct v3c_quant quant);

/* A node of the operator with up to two operands, @b -1 for one */
int v3c_import_node(struct importer *im, enum ir_kind kind, int a, int b, int out);

/* A RESHAPE of @in to a new value */
int v3c_import_reshaped(struct importer *im, int in, const struct ir_shape *shape);

/* What @table makes of each of @in's elements, as a new value of this quantization */
int v3c_import_mapped(struct importer *im, int in, int8_t *table, struct v3c_quant quant);

/* A TRANSPOSE of @in to a new value, whose dimension i is @in's dimension @perm[i] */
int v3c_import_transposed(struct importer *im, int in, const uint8_t *perm);

/* Input @k's tensor, or NULL if it is left out */
const struct tfl_tensor *v3c_import_tensor(struct importer *im, uint32_t k);

/* A tensor's shape; fails if its rank or a dimension is out of bounds */
int v3c_import_shape(struct importer *im, const struct tfl_tensor *tensor, struct ir_shape *shape);

/* The shape that the file gives output 0 */
int v3c_import_declared(struct importer *im, struct ir_shape *shape);

/* -EINVAL: the output's shape is not what the inputs make */
int v3c_import_bad_output(struct importer *im);

/* Fails unless the tensor is constant, of this type, and holds this many elements */
int v3c_import_check_const(struct importer *im, const struct tfl_tensor *tensor, int type,
			   uint64_t elements);

/*
 * Input @k's integers, a constant of int32 or int64, as int64; at most @max.
 * Returns how many.
 */
int v3c_import_integers(struct importer *im, uint32_t k, int64_t *out, int max);

/* An axis that may count from the end, as 0..@rank - 1 */
int v3c_import_axis(struct importer *im, int64_t axis, int rank);

/* The fused activation as a clamp of @quant's values */
int v3c_import_clamp(struct importer *im, struct v3c_quant quant, int8_t *min, int8_t *max);

/**
 * v3c_import_window() - one dimension of a convolution or pooling
 * @im: importer
 * @in: elements of the input
 * @kernel: window
 * @stride: from one window to the next
 * @dilation: between a window's elements
 * @out: elements of the output, set
 * @pad: elements before the input, set
 *
 * As TFLite's ComputeOutSize() and ComputePaddingHeightWidth().
 */
int v3c_import_window(struct importer *im, uint32_t in, int64_t kernel, int64_t stride,
		      int64_t dilation, uint32_t *out, uint32_t *pad);

/* What a factor must be for the NPU; @what names it */
int v3c_import_scale(struct importer *im, double real, const char *what, struct v3c_scale *scale);

/**
 * v3c_import_weights() - check the quantization of weights
 * @im: importer
 * @w: weights
 * @channels: output channels
 * @channel_dim: their dimension
 * @zero_point: set; NULL if only 0 will do
 *
 * They have one scale, or one a channel with zero point 0.
 */
int v3c_import_weights(struct importer *im, const struct tfl_tensor *w, uint32_t channels,
		       int channel_dim, int8_t *zero_point);

/* As v3c_import_weights(), of constant weights: sets what @conv needs to know of them */
int v3c_import_conv_weights(struct importer *im, const struct tfl_tensor *w, uint32_t channels,
			    int channel_dim, struct ir_conv *conv);

/**
 * v3c_import_stage() - the output stage of a product
 * @im: importer
 * @in: of the input
 * @scales: of the weights, one or one a channel
 * @bias: NULL for none
 * @out: of the output
 * @channels: output channels
 * @stage: set
 */
int v3c_import_stage(struct importer *im, struct v3c_quant in, const struct fb_vector *scales,
		     const struct tfl_tensor *bias, struct v3c_quant out, uint32_t channels,
		     struct ir_stage *stage);

/* A SLICE; the part is within @in */
int v3c_import_slice_node(struct importer *im, int in, int out, const struct ir_slice *slice);

/* A CONCAT */
int v3c_import_concat_node(struct importer *im, const int *in, uint32_t count, int axis, int out);

static inline struct ir_value *import_value(struct importer *im, int value)
{
	return &im->graph->values[value];
}

/* The NPU's import_backend.input and .output: the user has uint8 where the file has */
int v3c_import_npu_input(struct importer *im, uint32_t tensor, int value);
int v3c_import_npu_output(struct importer *im, uint32_t tensor, int value);

/* Sets im->uint8; fails if the operator has int8 and uint8 tensors and may not */
int v3c_import_check_signs(struct importer *im);

/* The function that imports an operator that only moves elements, NULL if it computes */
int (*v3c_import_view(int32_t code))(struct importer *im);

/* The shape of an elementwise operator's result, by NumPy's broadcasting */
int v3c_import_broadcast(struct importer *im, const struct ir_shape *a, const struct ir_shape *b,
			 struct ir_shape *out);

/* The operators, each for im->op */
int v3c_import_conv(struct importer *im);
int v3c_import_fully_connected(struct importer *im);
int v3c_import_transpose_conv(struct importer *im);
int v3c_import_batch_matmul(struct importer *im);
int v3c_import_mean(struct importer *im);
int v3c_import_reduce_max(struct importer *im);
int v3c_import_eltwise(struct importer *im);
int v3c_import_pool(struct importer *im);
int v3c_import_softmax(struct importer *im);
int v3c_import_resize(struct importer *im);
int v3c_import_table(struct importer *im);
int v3c_import_pad(struct importer *im);
int v3c_import_reshape(struct importer *im);
int v3c_import_transpose(struct importer *im);
int v3c_import_slice(struct importer *im);
int v3c_import_strided_slice(struct importer *im);
int v3c_import_split(struct importer *im);
int v3c_import_unpack(struct importer *im);
int v3c_import_concat(struct importer *im);
int v3c_import_pack(struct importer *im);
int v3c_import_space_to_depth(struct importer *im);
int v3c_import_depth_to_space(struct importer *im);
int v3c_import_space_to_batch(struct importer *im);
int v3c_import_batch_to_space(struct importer *im);
int v3c_import_gather(struct importer *im);
int v3c_import_mirror_pad(struct importer *im);
int v3c_import_tile(struct importer *im);
int v3c_import_broadcast_to(struct importer *im);
int v3c_import_gather_nd(struct importer *im);
int v3c_import_argmax(struct importer *im);

#endif /* V3C_IMPORT_H */
