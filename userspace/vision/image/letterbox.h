/* SPDX-License-Identifier: MIT */
/* From a picture to a detector's input */
#ifndef V3NPU_LETTERBOX_H
#define V3NPU_LETTERBOX_H

#include "image.h"

/* Quantizes a colour value v/255: clamp(round(v / 255 / scale) + zero_point) for v = 0..255 */
void v3v_letterbox_table(float scale, int32_t zero_point, int8_t table[256]);

/**
 * v3v_letterbox() - scale a picture into an input of another shape
 * @image: picture
 * @in_width: of the input
 * @in_height: of the input
 * @table: int8 value of each colour value, or the byte of a uint8 one
 * @input: int8 or uint8 [in_height][in_width][3], written whole
 * @box: where the picture went; its struct_size is left alone
 *
 * As Ultralytics does: the scale that fits both sides, bilinear with pixel
 * centres aligned (OpenCV's INTER_LINEAR), grey 114 around, centred.
 *
 * Return: 0, or -1 if memory ran out.
 */
int v3v_letterbox(const struct v3npu_image *image, int in_width, int in_height,
		  const int8_t table[256], int8_t *input, struct v3npu_placement *box);

/* The same for a float32 input: colour values v become v / 255 */
int v3v_letterbox_real(const struct v3npu_image *image, int in_width, int in_height, float *input,
		       struct v3npu_placement *box);

#endif /* V3NPU_LETTERBOX_H */
