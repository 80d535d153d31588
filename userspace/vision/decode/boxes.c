// SPDX-License-Identifier: MIT
#include "boxes.h"

#include <math.h>
#include <string.h>

#define CORNERS		4
#define CORNERS_MAX	(2 * CORNERS)	/* of what two boxes have in common */

float v3v_overlap(const float a[4], const float b[4])
{
	float w = fminf(a[2], b[2]) - fmaxf(a[0], b[0]);
	float h = fminf(a[3], b[3]) - fmaxf(a[1], b[1]);
	float both, all;

	if (w <= 0 || h <= 0)
		return 0;
	both = w * h;
	all = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both;
	return both / all;
}

void v3v_corners(const float centre[2], float width, float height, float angle, float corners[8])
{
	/* Halves of the sides, as vectors; both axes as they are in a picture */
	float wx = cosf(angle) * width / 2, wy = sinf(angle) * width / 2;
	float hx = -sinf(angle) * height / 2, hy = cosf(angle) * height / 2;
	const float all[8] = {
		centre[0] - wx - hx, centre[1] - wy - hy, centre[0] + wx - hx, centre[1] + wy - hy,
		centre[0] + wx + hx, centre[1] + wy + hy, centre[0] - wx + hx, centre[1] - wy + hy,
	};

	memcpy(corners, all, sizeof(all));
}

/* Twice the area, by the shoelace formula; above 0 if the corners go round from x to y */
static float area(const float *corners, int count)
{
	float sum = 0;
	int i, next;

	for (i = 0; i < count; i++) {
		next = (i + 1) % count;
		sum += corners[2 * i] * corners[2 * next + 1] - corners[2 * next] * corners[2 * i + 1];
	}
	return sum;
}

/* On which side of the line from @a to @b a point is; above 0: inside */
static float side(const float *a, const float *b, const float *p)
{
	return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);
}

/* The part of a polygon inside a line, by Sutherland's and Hodgman's way; its corners' number */
static int cut(const float *from, int count, const float *a, const float *b, float *to)
{
	int i, n = 0;

	for (i = 0; i < count && n + 2 <= CORNERS_MAX; i++) {
		const float *p = from + 2 * i, *q = from + 2 * ((i + 1) % count);
		float at_p = side(a, b, p), at_q = side(a, b, q);

		if (at_p >= 0)
			memcpy(to + 2 * n++, p, 2 * sizeof(*p));
		if ((at_p > 0 && at_q < 0) || (at_p < 0 && at_q > 0)) {
			float part = at_p / (at_p - at_q);

			to[2 * n] = p[0] + (q[0] - p[0]) * part;
			to[2 * n + 1] = p[1] + (q[1] - p[1]) * part;
			n++;
		}
	}
	return n;
}

float v3v_turned_overlap(const float a[8], const float b[8])
{
	float common[2][2 * CORNERS_MAX], both, all;
	int i, count = CORNERS;

	memcpy(common[0], a, 8 * sizeof(*a));
	for (i = 0; i < CORNERS; i++)
		count = cut(common[i % 2], count, b + 2 * i, b + 2 * ((i + 1) % CORNERS),
			    common[(i + 1) % 2]);
	both = area(common[0], count);
	all = area(a, CORNERS) + area(b, CORNERS) - both;
	return both > 0 && all > 0 ? both / all : 0;
}

/* What is no number, as a float model may say, is 0 */
static float clip(float v, int max)
{
	return v > max ? max : v >= 0 ? v : 0;
}

void v3v_box_to_picture(const struct v3npu_placement *place, float b[4])
{
	float x = (float)place->image_width / place->width;
	float y = (float)place->image_height / place->height;

	b[0] = clip((b[0] - place->left) * x, place->image_width);
	b[1] = clip((b[1] - place->top) * y, place->image_height);
	b[2] = clip((b[2] - place->left) * x, place->image_width);
	b[3] = clip((b[3] - place->top) * y, place->image_height);
}

void v3v_points_to_picture(const struct v3npu_placement *place, float *points, int count)
{
	float x = (float)place->image_width / place->width;
	float y = (float)place->image_height / place->height;
	int i;

	for (i = 0; i < count; i++) {
		points[2 * i] = (points[2 * i] - place->left) * x;
		points[2 * i + 1] = (points[2 * i + 1] - place->top) * y;
	}
}
