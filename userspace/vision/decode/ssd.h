/* SPDX-License-Identifier: MIT */
/* The outputs of TFLite_Detection_PostProcess */
#ifndef V3V_SSD_H
#define V3V_SSD_H

#include "detect.h"

/**
 * struct ssd_output - its four tensors
 * @boxes: [@candidates, 4]: top, left, bottom, right in 0..1 of the input
 * @class_ids: [@candidates]
 * @scores: [@candidates]
 * @count: [1]: how many of the candidates there are
 * @classes: numbers of classes from this on are none
 */
struct ssd_output {
	struct stored boxes;
	struct stored class_ids;
	struct stored scores;
	struct stored count;
	int candidates;
	int classes;
};

/*
 * As v3v_detect(), with room for all candidates in @found; what overlaps is suppressed already.
 * Return: how many were found
 */
int v3v_ssd(const struct ssd_output *o, const struct v3npu_placement *box, int in_width,
	    int in_height, float conf, struct detection *found);

#endif /* V3V_SSD_H */
