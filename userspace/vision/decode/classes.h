/* SPDX-License-Identifier: MIT */
/* A classifier's output */
#ifndef V3V_CLASSES_H
#define V3V_CLASSES_H

#include "detect.h"

/**
 * v3v_classes() - the best classes of the whole picture
 * @scores: of @classes classes: probabilities, or what softmax makes them of, if they are not all
 *	in 0..1 or cannot all be
 * @box: the picture's size
 * @found: room for @max, best first; each has the whole picture for its box
 *
 * Return: how many there are, or -1 if memory ran out.
 */
int v3v_classes(const struct stored *scores, int classes, const struct v3npu_placement *box,
		struct detection *found, int max);

#endif /* V3V_CLASSES_H */
