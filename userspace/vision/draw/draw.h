/* SPDX-License-Identifier: MIT */
/* Detections drawn into the picture */
#ifndef V3NPU_DRAW_H
#define V3NPU_DRAW_H

#include "vision/detections.h"
#include "vision/image/image.h"

/*
 * Draws each detection's mask, then a frame, key points and a label for each, the best one last and
 * so on top
 */
void v3v_draw(struct v3npu_image *image, const struct v3npu_detections *found);

#endif /* V3NPU_DRAW_H */
