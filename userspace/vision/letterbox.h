/* SPDX-License-Identifier: MIT */
/* From a picture to a detector's input */
#ifndef V3NPU_LETTERBOX_H
#define V3NPU_LETTERBOX_H

#include <stdint.h>

#include "image.h"

/**
 * struct letterbox - where in the input the picture lies
 * @width: of the scaled picture, input pixels
 * @height: of the scaled picture
 * @left: padding columns before it
 * @top: padding rows above it
 */
struct letterbox {
	int width;
	int height;
	int left;
	int top;
};

/* Quantizes a colour value v/255: clamp(round(v / 255 / scale) + zero_point) for v = 0..255 */
void letterbox_table(float scale, int32_t zero_point, int8_t table[256]);

/**
 * letterbox() - scale a picture into an input of another shape
 * @image: picture
 * @in_width: of the input
 * @in_height: of the input
 * @table: int8 value of each colour value
 * @input: int8 [in_height][in_width][3], written whole
 * @box: where the picture went
 *
 * As Ultralytics does: the scale that fits both sides, bilinear with pixel
 * centres aligned (OpenCV's INTER_LINEAR), grey 114 around, centred.
 *
 * Return: 0, or -1 if memory ran out.
 */
int letterbox(const struct image *image, int in_width, int in_height, const int8_t table[256],
	      int8_t *input, struct letterbox *box);

/* The same for a float32 input: colour values v become v / 255 */
int letterbox_real(const struct image *image, int in_width, int in_height, float *input,
		   struct letterbox *box);

#endif /* V3NPU_LETTERBOX_H */
