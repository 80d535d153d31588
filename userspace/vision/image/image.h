/* SPDX-License-Identifier: MIT */
/* Pictures, as the library has them */
#ifndef V3V_IMAGE_H
#define V3V_IMAGE_H

#include <stdio.h>

#include "vision/v3npu_vision.h"

#define IMAGE_SIDE_MAX		16384
#define IMAGE_PIXELS_MAX	50000000

/**
 * struct v3npu_image - rows of red, green, blue bytes
 * @width: pixels
 * @height: pixels
 * @stride: bytes from a row to the next
 * @pixels: behind this structure, or the caller's
 */
struct v3npu_image {
	int width;
	int height;
	size_t stride;
	uint8_t *pixels;
};

static inline uint8_t *image_row(const struct v3npu_image *image, int y)
{
	return image->pixels + y * image->stride;
}

/* A picture with pixels of its own, within the limits; @name is for messages. 0 or -errno */
int v3v_image_new(const char *name, unsigned long width, unsigned long height,
		  struct v3npu_image **image);

/* The two readers, from a file at its start. @name is for messages. 0 or -errno */
int v3v_read_jpeg(FILE *file, const char *name, struct v3npu_image **image);
int v3v_read_png(FILE *file, const char *name, struct v3npu_image **image);

#endif /* V3V_IMAGE_H */
