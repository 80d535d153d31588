/* SPDX-License-Identifier: MIT */
/* Boxes: how they overlap, and where they are in the picture */
#ifndef V3V_BOXES_H
#define V3V_BOXES_H

#include "vision/v3npu_vision.h"

/* Intersection over union of two boxes, left top right bottom */
float v3v_overlap(const float a[4], const float b[4]);

/**
 * v3v_corners() - the corners of a turned box, in turn
 * @centre: x and y
 * @width: its side that lies along the x axis before it is turned by @angle radians, from the x
 *	axis to the y axis
 * @height: the other one
 */
void v3v_corners(const float centre[2], float width, float height, float angle, float corners[8]);

/* Intersection over union of two turned boxes, of which v3v_corners() are given */
float v3v_turned_overlap(const float a[8], const float b[8]);

/* Bring a box or @count points from a model's input to the picture, a box not beyond its edges */
void v3v_box_to_picture(const struct v3npu_placement *place, float box[4]);
void v3v_points_to_picture(const struct v3npu_placement *place, float *points, int count);

#endif /* V3V_BOXES_H */
