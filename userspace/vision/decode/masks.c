// SPDX-License-Identifier: MIT
#include "masks.h"

#include <math.h>
#include <stdlib.h>

static float clamp(float v, int max)
{
	return v > max ? max : v >= 0 ? v : 0;
}

static float prototype(const struct prototypes *p, int x, int y, int k)
{
	size_t at = (size_t)y * p->width + x;

	return stored_real(&p->tensor, p->planar ? k * (size_t)p->height * p->width + at :
						   at * p->count + k);
}

static uint8_t byte_at(const struct prototypes *p, const float *coefficients, int x, int y)
{
	float sum = 0;
	int k;

	for (k = 0; k < p->count; k++)
		sum += coefficients[k] * prototype(p, x, y, k);
	/* A NaN is not there */
	return sum > -20 ? (uint8_t)lrintf(255 / (1 + expf(-sum))) : 0;
}

/* The prototypes' columns (or rows) from..to - 1 that a side of a box touches */
static void touched(float low, float high, int shift, float to_input, float to_prototype,
		    int count, int *from, int *to)
{
	*from = (int)clamp(floorf((low * to_input + shift) * to_prototype), count);
	*to = (int)clamp(ceilf((high * to_input + shift) * to_prototype), count);
}

int v3v_mask_make(const struct prototypes *p, const struct detect_output *o,
		  const struct detection *d, const struct v3npu_placement *place, int in_width,
		  int in_height, struct mask *mask)
{
	float x_in = (float)place->width / place->image_width;
	float y_in = (float)place->height / place->image_height;
	float x_proto = (float)p->width / in_width, y_proto = (float)p->height / in_height;
	int x0, y0, x1, y1, x, y, k;
	float *coefficients;

	*mask = (struct mask) {};
	touched(d->box[0], d->box[2], place->left, x_in, x_proto, p->width, &x0, &x1);
	touched(d->box[1], d->box[3], place->top, y_in, y_proto, p->height, &y0, &y1);
	if (x1 <= x0 || y1 <= y0)
		return 0;
	mask->width = x1 - x0;
	mask->height = y1 - y0;
	mask->box[0] = (x0 / x_proto - place->left) / x_in;
	mask->box[1] = (y0 / y_proto - place->top) / y_in;
	mask->box[2] = (x1 / x_proto - place->left) / x_in;
	mask->box[3] = (y1 / y_proto - place->top) / y_in;
	coefficients = malloc(p->count * sizeof(*coefficients));
	mask->bytes = malloc((size_t)mask->width * mask->height);
	if (!coefficients || !mask->bytes) {
		free(coefficients);
		return -1;
	}
	for (k = 0; k < p->count; k++)
		coefficients[k] = detect_number(o, p->first + k, d->candidate);
	for (y = y0; y < y1; y++)
		for (x = x0; x < x1; x++)
			mask->bytes[(size_t)(y - y0) * mask->width + x - x0] =
				byte_at(p, coefficients, x, y);
	free(coefficients);
	return 0;
}

bool v3v_mask_at(const struct mask *m, float x, float y)
{
	float u = clamp((x - m->box[0]) / (m->box[2] - m->box[0]) * m->width - 0.5f, m->width - 1);
	float v = clamp((y - m->box[1]) / (m->box[3] - m->box[1]) * m->height - 0.5f, m->height - 1);
	int x0 = (int)u, y0 = (int)v;
	const uint8_t *at = m->bytes + (size_t)y0 * m->width + x0;
	int right = x0 + 1 < m->width, below = y0 + 1 < m->height ? m->width : 0;

	u -= x0;
	v -= y0;
	return (at[0] * (1 - u) + at[right] * u) * (1 - v) +
	       (at[below] * (1 - u) + at[below + right] * u) * v >= 128;
}
