// SPDX-License-Identifier: MIT
#include "draw.h"

#include <math.h>
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

static const struct colour *colour_of(const struct detection *d)
{
	return &palette[d->class_id % (sizeof(palette) / sizeof(palette[0]))];
}

/* Mixes the colour into what is under the mask, within the box */
static void draw_mask(struct v3npu_image *image, const struct mask *mask, const float box[4],
		      const struct colour *c)
{
	int x, y, right = fminf(image->width, ceilf(box[2]));
	int bottom = fminf(image->height, ceilf(box[3]));

	for (y = box[1]; y < bottom && mask->bytes; y++)
		for (x = box[0]; x < right; x++) {
			uint8_t *p = image_row(image, y) + (size_t)x * 3;

			if (!v3v_mask_at(mask, x + 0.5f, y + 0.5f))
				continue;
			p[0] = (p[0] + c->r) / 2;
			p[1] = (p[1] + c->g) / 2;
			p[2] = (p[2] + c->b) / 2;
		}
}

/* The frame of a turned box */
static void turned_frame(struct v3npu_image *image, const float corners[8], int thick,
			 const struct colour *c)
{
	int i;

	for (i = 0; i < 4; i++)
		v3v_line(image, corners + 2 * i, corners + 2 * ((i + 1) % 4), thick, *c);
}

/* A dot with a dark rim, so that it is seen on its own colour, too */
static void draw_keypoints(struct v3npu_image *image, const struct v3npu_keypoint *points, int count,
			   int thick, const struct colour *c)
{
	int i;

	for (i = 0; i < count; i++) {
		const struct v3npu_keypoint *p = &points[i];
		int x, y;

		/* Not what is not seen, or is nowhere in the picture */
		if (!(p->score >= V3NPU_DETECT_CONF) || !(p->x >= 0 && p->x <= image->width) ||
		    !(p->y >= 0 && p->y <= image->height))
			continue;
		x = p->x;
		y = p->y;
		v3v_paint(image, x - 2 * thick, y - 2 * thick, x + 2 * thick + 1, y + 2 * thick + 1,
			  black);
		v3v_paint(image, x - thick, y - thick, x + thick + 1, y + thick + 1, *c);
	}
}

/* The classes of the whole picture, below each other, the best one first */
static void draw_classes(struct v3npu_image *image, const struct v3npu_detections *found, int size)
{
	int i, height = (FONT_HEIGHT + 2) * size;

	for (i = 0; i < found->count; i++) {
		const struct detection *d = &found->list[i];
		int box[4] = { 0, (i + 1) * height, 0, 0 };
		char text[NAME_SIZE + 16];

		if (box[1] > image->height)
			break;
		snprintf(text, sizeof(text), "%s %.2f", found->names->name[d->class_id], d->score);
		label(image, box, 0, size, text, *colour_of(d));
	}
}

static void draw_object(struct v3npu_image *image, const struct v3npu_detections *found, int i,
			int thick, int size)
{
	const struct detection *d = &found->list[i];
	const struct colour *c = colour_of(d);
	char text[NAME_SIZE + 16];
	int box[4], k;

	for (k = 0; k < 4; k++)
		box[k] = (int)(d->box[k] + 0.5f);
	if (d->turned)
		turned_frame(image, d->corners, thick, c);
	else
		frame(image, box[0], box[1], box[2], box[3], thick, *c);
	if (found->keypoint_count)
		draw_keypoints(image, found->keypoints + (size_t)i * found->keypoint_count,
			       found->keypoint_count, thick, c);
	snprintf(text, sizeof(text), "%s %.2f", found->names->name[d->class_id], d->score);
	label(image, box, thick, size, text, *c);
}

void v3v_draw(struct v3npu_image *image, const struct v3npu_detections *found)
{
	int side = image->width > image->height ? image->width : image->height;
	int size = side < 300 ? 1 : (side + 200) / 300;
	int thick = size > 1 ? size : 1;
	int i;

	if (found->task == V3NPU_TASK_CLASSIFY) {
		draw_classes(image, found, size);
		return;
	}
	/* All masks first: they are not to hide a label */
	for (i = found->count - 1; i >= 0 && found->masks; i--)
		draw_mask(image, &found->masks[i], found->list[i].box, colour_of(&found->list[i]));
	for (i = found->count - 1; i >= 0; i--)
		draw_object(image, found, i, thick, size);
}
