/* SPDX-License-Identifier: MIT */
#ifndef TEST_BOX_H
#define TEST_BOX_H

#include <math.h>
#include <stdbool.h>

/* Is a detection's box this one, but for rounding? */
static inline bool box_is(const float box[4], float x0, float y0, float x1, float y1)
{
	const float want[4] = { x0, y0, x1, y1 };
	int i;

	for (i = 0; i < 4; i++)
		if (fabsf(box[i] - want[i]) > 1e-3f)
			return false;
	return true;
}

#endif /* TEST_BOX_H */
