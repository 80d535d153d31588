/* SPDX-License-Identifier: MIT */
/* Detections drawn into the picture */
#ifndef V3NPU_DRAW_H
#define V3NPU_DRAW_H

#include "vision/decode/detect.h"
#include "vision/meta/names.h"

/* Draws a frame and a label for each detection, the best one last and so on top */
void v3v_draw(struct v3npu_image *image, const struct detection *found, int count,
	      const struct names *names);

#endif /* V3NPU_DRAW_H */
