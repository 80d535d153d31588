/* SPDX-License-Identifier: MIT */
/* Rectangles and text in a picture */
#ifndef V3NPU_CANVAS_H
#define V3NPU_CANVAS_H

#include "vision/image/image.h"

struct colour {
	uint8_t r, g, b;
};

/* Fills columns x0..x1 - 1 of rows y0..y1 - 1, as far as they are in the picture */
void v3v_paint(struct v3npu_image *image, int x0, int y0, int x1, int y1, struct colour c);

/* A line between two points, @thick pixels wide; points far from the picture are moved towards it */
void v3v_line(struct v3npu_image *image, const float from[2], const float to[2], int thick,
	      struct colour c);

/* Pixels that a text takes, by one; its height is FONT_HEIGHT (font.h) */
int v3v_text_width(const char *text);

/* Writes a text, each of whose pixels is @size by @size, with its left top corner at x, y */
void v3v_text(struct v3npu_image *image, int x, int y, int size, const char *text,
	      struct colour c);

#endif /* V3NPU_CANVAS_H */
