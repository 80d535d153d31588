/* SPDX-License-Identifier: MIT */
/* What was found in a picture */
#ifndef V3V_DETECTIONS_H
#define V3V_DETECTIONS_H

#include "vision/decode/detect.h"
#include "vision/meta/names.h"

/**
 * struct v3npu_detections - @count detections
 * @names: the detector's
 * @list: the best first
 */
struct v3npu_detections {
	const struct names *names;
	int count;
	struct detection list[];
};

#endif /* V3V_DETECTIONS_H */
