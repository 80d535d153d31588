/* SPDX-License-Identifier: MIT */
/* From a detector's output to boxes in the picture */
#ifndef V3NPU_DETECT_H
#define V3NPU_DETECT_H

#include <stdbool.h>

#include "stored.h"

/**
 * struct detection - one object
 * @class_id: from 0
 * @score: of its class
 * @box: in picture pixels, left top right bottom
 * @candidate: that it is of
 * @turned: @corners are set, and @box is what is around them
 * @corners: of a turned box in picture pixels, see v3v_corners()
 */
struct detection {
	int class_id;
	float score;
	float box[4];
	int candidate;
	bool turned;
	float corners[8];
};

/**
 * enum output_form - what the rows of candidates are
 * @OUTPUT_SCORES: cx, cy, w, h, then a score for each class
 * @OUTPUT_OBJECTNESS: cx, cy, w, h, how sure it is of an object, then a score for each class
 * @OUTPUT_DECIDED: left, top, right, bottom, score, class; nothing overlaps any more. Of turned
 *	boxes cx, cy, w, h come first
 */
enum output_form {
	OUTPUT_SCORES,
	OUTPUT_OBJECTNESS,
	OUTPUT_DECIDED,
};

/**
 * struct detect_output - candidates in an output tensor
 * @tensor: element (row, candidate) is number row * @row_step + candidate * @step
 * @form: what the rows are
 * @classes: how many
 * @candidates: how many
 * @row_step: elements from a row to the next
 * @step: elements from a candidate to the next
 * @angle: row with the angle of a turned box in radians; 0: boxes are not turned
 */
struct detect_output {
	struct stored tensor;
	enum output_form form;
	int classes;
	int candidates;
	size_t row_step;
	size_t step;
	int angle;
};

/* The number in a row of a candidate */
static inline float detect_number(const struct detect_output *o, int row, int candidate)
{
	return stored_real(&o->tensor, row * o->row_step + candidate * o->step);
}

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
 * Each candidate counts for its best class (the first of equals) only. Boxes are in 0..1 of the
 * input or in its pixels, see v3v_unit().
 *
 * Return: how many were found, or -1 if memory ran out.
 */
int v3v_detect(const struct detect_output *output, const struct v3npu_placement *box, int in_width,
	       int in_height, float conf, float iou, struct detection *found, int max);

/**
 * v3v_unit() - how many pixels a 1 in a box is
 * @output: what the model said
 * @in_width: of the model's input, pixels
 * @in_height: of the model's input
 * @unit: the result, along x and along y: 1, or the input's sides
 *
 * Boxes in 0..1 of the input end not far from it, those in its pixels have centres, or corners, all
 * over it. Of an output of bytes the range can tell, otherwise the candidates do.
 */
void v3v_unit(const struct detect_output *output, int in_width, int in_height, float unit[2]);

#endif /* V3NPU_DETECT_H */
