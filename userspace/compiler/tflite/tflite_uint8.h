/* SPDX-License-Identifier: MIT */
#ifndef V3C_TFLITE_UINT8_H
#define V3C_TFLITE_UINT8_H

#include "tflite.h"

/* What a zero point of uint8 is above that of the same numbers as int8 */
#define TFL_UINT8_OFFSET	128
/* What the bytes of both differ in */
#define TFL_UINT8_FLIP		0x80

/**
 * v3c_tfl_make_signed() - a quantized uint8 tensor as the int8 tensor of the same numbers
 * @ctx: compilation, which owns the new data
 * @t: tensor; anything but uint8 with a scale stays as it is
 *
 * A byte's highest bit is flipped and the zero point is 128 less, so that scale *
 * (q - zero_point) stays what it was.
 *
 * Return: 0 or -ENOMEM.
 */
int v3c_tfl_make_signed(struct v3c_ctx *ctx, struct tfl_tensor *t);

/* The type that the tensor has in the file, as enum tfl_type, for messages */
static inline int v3c_tfl_file_type(const struct tfl_tensor *t)
{
	return t->was_uint8 ? TFL_UINT8 : t->type;
}

#endif /* V3C_TFLITE_UINT8_H */
