/* SPDX-License-Identifier: MIT */
/* A model's input, as far as it is a picture */
#ifndef V3V_INPUT_H
#define V3V_INPUT_H

#include <stdbool.h>

#include "image.h"

/**
 * struct input - what a model takes
 * @width: pixels
 * @height: pixels
 * @channels: 3, or 1 of a grey picture
 * @planar: a plane for each channel, not the channels of a pixel together
 * @cover: the picture covers the input and is cut, where otherwise the input is around it
 * @dtype: int8, uint8 or float32
 * @alike: the channels have the same values
 * @bytes: of int8 and uint8: the byte of each colour value
 * @real: of float32: its number
 */
struct input {
	int width;
	int height;
	int channels;
	bool planar;
	bool cover;
	enum v3npu_dtype dtype;
	bool alike;
	uint8_t bytes[3][256];
	float real[3][256];
};

/**
 * v3v_input_make() - look at a model's input
 * @t: the input
 * @in: the result, not to cover, for v3v_input_range()
 *
 * Return: 0, -ENOTSUP for what is no picture, -EINVAL for one without a scale, with the error line
 * set.
 */
int v3v_input_make(const struct v3npu_tensor_info *t, struct input *in);

/**
 * v3v_input_range() - find out what numbers colours are
 * @t: the input
 * @options: mean and std; if std is 0, they are what @t's scale says
 * @unit: without a scale or one that says it, colours are 0..1; otherwise they are asked for
 * @in: what v3v_input_make() made of it
 *
 * Return: 0, -ENODATA if nothing says it, -EINVAL if a std is none, with the error line set.
 */
int v3v_input_range(const struct v3npu_tensor_info *t, const struct v3npu_detector_options *options,
		    bool unit, struct input *in);

/**
 * v3v_input_fill() - put a picture into an input
 * @in: what the input is
 * @image: picture of any size
 * @memory: the input's, written whole
 * @box: where the picture went; its struct_size is left alone
 *
 * Grey is what ITU-R BT.601 makes of red, green and blue.
 *
 * Return: 0, or -1 if memory ran out.
 */
int v3v_input_fill(const struct input *in, const struct v3npu_image *image, void *memory,
		   struct v3npu_placement *box);

/* The shape of a tensor for messages, "1x640x640x3" */
#define SHAPE_TEXT_SIZE	80
void v3v_format_shape(const struct v3npu_tensor_info *t, char text[SHAPE_TEXT_SIZE]);

/* Whether a tensor is of a type that pictures and detections are in, and has the scale it needs */
bool v3v_is_number(const struct v3npu_tensor_info *t);
bool v3v_has_scale(const struct v3npu_tensor_info *t);

#endif /* V3V_INPUT_H */
