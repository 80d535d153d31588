/* SPDX-License-Identifier: MIT */
/* What was found in a picture */
#ifndef V3V_DETECTIONS_H
#define V3V_DETECTIONS_H

#include "decode/masks.h"
#include "meta/names.h"

/**
 * struct v3npu_detections - @count detections
 * @names: the detector's
 * @task: the detector's
 * @count: how many
 * @list: the best first
 * @keypoint_count: of each; 0 if there are none
 * @keypoints: those of the first detection, of the next, and so on
 * @masks: of each; NULL if there are none
 */
struct v3npu_detections {
	const struct names *names;
	enum v3npu_task task;
	int count;
	struct detection *list;
	int keypoint_count;
	struct v3npu_keypoint *keypoints;
	struct mask *masks;
};

#endif /* V3V_DETECTIONS_H */
