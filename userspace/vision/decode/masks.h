/* SPDX-License-Identifier: MIT */
/* Masks of objects, from prototypes */
#ifndef V3V_MASKS_H
#define V3V_MASKS_H

#include "detect.h"

/**
 * struct prototypes - what masks are sums of
 * @tensor: [@height, @width, @count], or [@count, @height, @width] if @planar
 * @first: row of a candidate with the first of its @count coefficients
 */
struct prototypes {
	struct stored tensor;
	int width;
	int height;
	int count;
	bool planar;
	int first;
};

/**
 * struct mask - of an object: bytes that say how likely it is there, 128 and more where it is
 * @width: bytes in a row
 * @height: rows
 * @box: part of the picture that they are spread over: left top right bottom in its pixels
 * @bytes: NULL if the object has no size
 */
struct mask {
	int width;
	int height;
	float box[4];
	uint8_t *bytes;
};

/**
 * v3v_mask_make() - the mask of a detection, within its box
 * @p: prototypes
 * @o: the output that the detection is of
 * @d: detection
 * @place: of the picture
 * @in_width: of the model's input, pixels
 * @in_height: of it
 * @mask: the result; its bytes are for free()
 *
 * As Ultralytics does: the sigmoid of the sum of the prototypes, each times its coefficient.
 *
 * Return: 0, or -1 if memory ran out.
 */
int v3v_mask_make(const struct prototypes *p, const struct detect_output *o,
		  const struct detection *d, const struct v3npu_placement *place, int in_width,
		  int in_height, struct mask *mask);

/* Whether the object is at a point of the picture: the bytes around it, blended, say so */
bool v3v_mask_at(const struct mask *mask, float x, float y);

#endif /* V3V_MASKS_H */
