/* SPDX-License-Identifier: MIT */
/*
 * The schema's option tables, for reading and writing them.
 */
#ifndef V3C_TFLITE_OPTIONS_H
#define V3C_TFLITE_OPTIONS_H

#include <stdint.h>

/* What a field of an option table is; OPT_NONE: nothing that struct tfl_op has */
enum tfl_option {
	OPT_NONE, OPT_PADDING, OPT_STRIDE_H, OPT_STRIDE_W, OPT_DILATION_H, OPT_DILATION_W,
	OPT_KERNEL_H, OPT_KERNEL_W, OPT_ACTIVATION, OPT_FORMAT, OPT_AXIS, OPT_NUMBER,
	OPT_MASK_BEGIN, OPT_MASK_END, OPT_MASK_ELLIPSIS, OPT_MASK_NEW_AXIS, OPT_MASK_SHRINK,
	OPT_END_IS_OFFSET, OPT_ALIGN_CORNERS, OPT_HALF_PIXEL_CENTERS, OPT_ADJ_X,
	OPT_ADJ_Y, OPT_BATCH_DIMS, OPT_BLOCK_SIZE, OPT_KEEP_DIMS, OPT_APPROXIMATE, OPT_SYMMETRIC,
};

/**
 * struct tfl_options - the option table of an operator
 * @code: the operator, enum tfl_code
 * @type: number of the table in the schema's union BuiltinOptions
 * @field: its fields in the schema's order, enum tfl_option
 */
struct tfl_options {
	uint8_t code;
	uint8_t type;
	uint8_t field[7];
};

/* An operator's option table, NULL if struct tfl_op has nothing of it */
const struct tfl_options *v3c_tfl_options(int32_t code);

#endif /* V3C_TFLITE_OPTIONS_H */
