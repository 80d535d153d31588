/* SPDX-License-Identifier: MIT */
/*
 * What an operator says of axes, sizes and shapes, checked against its inputs. Both backends
 * import what is read here, each in its own way. All return a negative errno, with the error
 * set, for what is damaged or not supported.
 */
#ifndef V3C_READ_H
#define V3C_READ_H

#include "import.h"

/* Input 0 of an operator on pictures, a value of rank 4: batch, rows, columns, channels */
int v3c_read_image(struct importer *im);

/* Two operands that broadcast, in @in, and the shape of the result */
int v3c_read_pair(struct importer *im, int in[2], struct ir_shape *shape);

/* Input 0 of a RESIZE, a picture; @shape is set to the output's */
int v3c_read_resize(struct importer *im, struct ir_shape *shape);

/* Input 0 of a reduction; @axes is set to the dimensions, as bits, and @shape to the output's */
int v3c_read_reduction(struct importer *im, unsigned int *axes, struct ir_shape *shape);

/*
 * Input 0 of REDUCE_MAX as a picture that is one window, of @kernel rows and columns, with what
 * is kept as its channels; @shape is set to the output's
 */
int v3c_read_maximum(struct importer *im, uint32_t kernel[2], struct ir_shape *shape);

/*
 * Input 0 of ARG_MAX or ARG_MIN, with its dimension last, for which there is a TRANSPOSE; @shape
 * is set to the output's. At most @max elements are searched.
 */
int v3c_read_argmax(struct importer *im, uint32_t max, struct ir_shape *shape);

/**
 * struct read_conv - what a convolution's shapes say
 * @groups: of input channels
 * @channels: of the output
 */
struct read_conv {
	uint32_t groups;
	uint32_t channels;
};

/* CONV_2D or DEPTHWISE_CONV_2D of an input and weights of these shapes */
int v3c_read_conv(struct importer *im, const struct ir_shape *in, const struct ir_shape *weights,
		  struct read_conv *conv);

/**
 * struct read_product - FULLY_CONNECTED as a product of matrices
 * @rows: of the input
 * @depth: columns of the input and of the weights
 * @units: rows of the weights, columns of the output
 * @out: shape of the output
 */
struct read_product {
	uint32_t rows;
	uint32_t depth;
	uint32_t units;
	struct ir_shape out;
};

/* FULLY_CONNECTED of the value @in; its weights are input 1 */
int v3c_read_product(struct importer *im, int in, struct read_product *product);

/*
 * The operands of BATCH_MATMUL in @in as views of at least @rank dimensions, with the depth last
 * in both, and the shape of the result: [..., rows, columns]
 */
int v3c_read_matmul(struct importer *im, int rank, int in[2], struct ir_shape *shape);

/* @in with the dimensions of the set @last behind the others */
int v3c_import_last(struct importer *im, int in, unsigned int last);

#endif /* V3C_READ_H */
