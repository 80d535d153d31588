/* SPDX-License-Identifier: MIT */
/* Pictures: JPEG and PNG in, PNG out */
#ifndef V3NPU_IMAGE_H
#define V3NPU_IMAGE_H

#include <stdint.h>
#include <stdio.h>

#include "common/tool.h"

#define IMAGE_SIDE_MAX		16384
#define IMAGE_PIXELS_MAX	50000000

/** struct image - rows of red, green, blue bytes without gaps; free(pixels) when done */
struct image {
	int width;
	int height;
	uint8_t *pixels;
};

/**
 * image_read() - read a JPEG or PNG file
 *
 * What the file is, its first bytes say. Grey and palette pictures become RGB,
 * 16-bit channels 8-bit; transparency and EXIF orientation are ignored.
 *
 * Return: 0, or -1 with the error set and nothing to free.
 */
int image_read(const char *path, struct image *image, struct tool_error *error);

/* Writes a PNG; the file appears whole or not at all */
int image_write_png(const char *path, const struct image *image, struct tool_error *error);

/* The two readers, from a file at its start. @path is for messages. */
int image_read_jpeg(FILE *file, const char *path, struct image *image, struct tool_error *error);
int image_read_png(FILE *file, const char *path, struct image *image, struct tool_error *error);

/* Checks the size against the limits and allocates the pixels; 0 or -1 */
int image_alloc(const char *path, unsigned long width, unsigned long height, struct image *image,
		struct tool_error *error);

#endif /* V3NPU_IMAGE_H */
