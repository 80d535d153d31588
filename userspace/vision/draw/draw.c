// SPDX-License-Identifier: MIT
#include "draw.h"

#include <stdio.h>

#include "canvas.h"
#include "font.h"

/* Told apart by eye, also next to each other, and each bright enough for black text */
static const struct colour palette[] = {
	{ 0xff, 0xc4, 0x00 }, { 0x00, 0xe5, 0xff }, { 0xff, 0x6e, 0x6e }, { 0x76, 0xff, 0x03 },
	{ 0xff, 0x80, 0xff }, { 0x69, 0xa8, 0xff }, { 0xff, 0x91, 0x2b }, { 0x1d, 0xe9, 0xb6 },
	{ 0xc6, 0xff, 0x4d }, { 0xff, 0xab, 0xd5 }, { 0xb3, 0x9d, 0xff }, { 0xff, 0xf1, 0x76 },
};

static const struct colour black = { 0, 0, 0 };

static void frame(struct v3npu_image *image, int x0, int y0, int x1, int y1, int thick,
		  struct colour c)
{
	v3v_paint(image, x0 - thick, y0 - thick, x1 + thick, y0, c);
	v3v_paint(image, x0 - thick, y1, x1 + thick, y1 + thick, c);
	v3v_paint(image, x0 - thick, y0, x0, y1, c);
	v3v_paint(image, x1, y0, x1 + thick, y1, c);
}

/* Above the box if there is room, below it otherwise, and never outside the picture */
static void label(struct v3npu_image *image, const int box[4], int thick, int size,
		  const char *text, struct colour c)
{
	int width = (v3v_text_width(text) + 4) * size, height = (FONT_HEIGHT + 2) * size;
	int x = box[0] - thick, y = box[1] - thick - height;

	if (y < 0)
		y = box[3] + thick;
	if (y + height > image->height)
		y = box[1];
	if (x + width > image->width)
		x = image->width - width;
	if (x < 0)
		x = 0;
	v3v_paint(image, x, y, x + width, y + height, c);
	v3v_text(image, x + 2 * size, y + 2 * size, size, text, black);
}

void v3v_draw(struct v3npu_image *image, const struct detection *found, int count,
	      const struct names *names)
{
	int side = image->width > image->height ? image->width : image->height;
	int size = side < 300 ? 1 : (side + 200) / 300;
	int thick = size > 1 ? size : 1;
	int i, k;

	for (i = count - 1; i >= 0; i--) {
		const struct detection *d = &found[i];
		struct colour c = palette[d->class_id % (sizeof(palette) / sizeof(palette[0]))];
		char text[NAME_SIZE + 16];
		int box[4];

		for (k = 0; k < 4; k++)
			box[k] = (int)(d->box[k] + 0.5f);
		frame(image, box[0], box[1], box[2], box[3], thick, c);
		snprintf(text, sizeof(text), "%s %.2f", names->name[d->class_id], d->score);
		label(image, box, thick, size, text, c);
	}
}
