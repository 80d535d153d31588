/* SPDX-License-Identifier: MIT */
/* From a detector's output to boxes in the picture */
#ifndef V3NPU_DETECT_H
#define V3NPU_DETECT_H

#include <stdbool.h>

#include "vision/v3npu_vision.h"

/** struct detection - one object; the box is in picture pixels, left top right bottom */
struct detection {
	int class_id;
	float score;
	float box[4];
};

/**
 * struct detect_output - a detector's output tensor, [4 + classes][anchors]
 * @data: int8, or float32 if @real: rows cx, cy, w, h in 0..1 of the input, then a score for
 *	each class
 * @classes: rows after the first four
 * @anchors: columns
 * @scale: quantization scale of int8
 * @zero_point: quantization zero point of int8
 * @real: whether it is float32
 * @flip: what int8 differs in from the bytes at @data: 0x80 if these are uint8, whose zero
 *	point is 128 more than @zero_point then; else 0
 */
struct detect_output {
	const void *data;
	int classes;
	int anchors;
	float scale;
	int32_t zero_point;
	bool real;
	uint8_t flip;
};

/**
 * v3v_detect() - decode an output and drop what overlaps
 * @output: what the model said
 * @box: where v3v_letterbox() put the picture, and its size
 * @in_width: of the model's input, pixels
 * @in_height: of the model's input
 * @conf: lowest score
 * @iou: two boxes of a class whose intersection over union is above this are one object
 * @found: room for @max, best first
 * @max: how many are kept
 *
 * Each anchor counts for its best class (the first of equals) only.
 *
 * Return: how many were found, or -1 if memory ran out.
 */
int v3v_detect(const struct detect_output *output, const struct v3npu_placement *box, int in_width,
	       int in_height, float conf, float iou, struct detection *found, int max);

/* Intersection over union of two boxes, left top right bottom */
float v3v_overlap(const float a[4], const float b[4]);

#endif /* V3NPU_DETECT_H */
