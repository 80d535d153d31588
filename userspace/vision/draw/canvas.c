// SPDX-License-Identifier: MIT
#include "canvas.h"

#include <math.h>
#include <string.h>

#include "font.h"

void v3v_paint(struct v3npu_image *image, int x0, int y0, int x1, int y1, struct colour c)
{
	int x, y;

	x0 = x0 < 0 ? 0 : x0;
	y0 = y0 < 0 ? 0 : y0;
	x1 = x1 > image->width ? image->width : x1;
	y1 = y1 > image->height ? image->height : y1;
	for (y = y0; y < y1; y++)
		for (x = x0; x < x1; x++)
			memcpy(image_row(image, y) + (size_t)x * 3, &c, 3);
}

/* At most a picture's side beyond it: a line has no more steps than that, whatever a model says */
static float near(float v, int side)
{
	return fminf(fmaxf(v, -side), 2.0f * side);
}

void v3v_line(struct v3npu_image *image, const float from[2], const float to[2], int thick,
	      struct colour c)
{
	float x0 = near(from[0], image->width), y0 = near(from[1], image->height);
	float dx = near(to[0], image->width) - x0, dy = near(to[1], image->height) - y0;
	int steps = ceilf(fmaxf(fabsf(dx), fabsf(dy))), i;

	for (i = 0; i <= steps; i++) {
		float part = steps ? (float)i / steps : 0;
		int x = lrintf(x0 + dx * part) - thick / 2, y = lrintf(y0 + dy * part) - thick / 2;

		v3v_paint(image, x, y, x + thick, y + thick, c);
	}
}

int v3v_text_width(const char *text)
{
	int width = 0;

	for (; *text; text++)
		width += v3v_glyph(*text)->width + FONT_GAP;
	return width - FONT_GAP;
}

void v3v_text(struct v3npu_image *image, int x, int y, int size, const char *text,
	      struct colour c)
{
	for (; *text; text++) {
		const struct glyph *g = v3v_glyph(*text);
		int row, col;

		for (row = 0; row < FONT_HEIGHT; row++)
			for (col = 0; col < g->width; col++)
				if (g->row[row] >> (4 - col) & 1)
					v3v_paint(image, x + col * size, y + row * size,
						  x + (col + 1) * size, y + (row + 1) * size, c);
		x += (g->width + FONT_GAP) * size;
	}
}
