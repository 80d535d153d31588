// SPDX-License-Identifier: MIT
#include "image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int image_alloc(const char *path, unsigned long width, unsigned long height, struct image *image,
		struct tool_error *error)
{
	if (!width || !height)
		return tool_fail(error, "%s: has no pixels; save the picture again", path);
	if (width > IMAGE_SIDE_MAX || height > IMAGE_SIDE_MAX ||
	    width * height > IMAGE_PIXELS_MAX)
		return tool_fail(error, "%s: %lux%lu is too large; scale it to at most %d pixels a "
				 "side and %d million in all", path, width, height, IMAGE_SIDE_MAX,
				 IMAGE_PIXELS_MAX / 1000000);
	image->width = width;
	image->height = height;
	image->pixels = malloc(width * height * 3);
	return image->pixels ? 0 : tool_fail(error, "%s: out of memory", path);
}

int image_read(const char *path, struct image *image, struct tool_error *error)
{
	static const uint8_t png[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
	static const uint8_t jpeg[3] = { 0xff, 0xd8, 0xff };
	uint8_t head[8] = {};
	FILE *f = fopen(path, "rbe");
	size_t n;
	int ret;

	image->pixels = NULL;
	if (!f)
		return tool_fail(error, "%s: %s", path, strerror(errno));
	n = fread(head, 1, sizeof(head), f);
	if (ferror(f))
		ret = tool_fail(error, "%s: %s", path, strerror(errno));
	else if (!n)
		ret = tool_fail(error, "%s: is empty; name a JPEG or PNG picture", path);
	else if (fseek(f, 0, SEEK_SET))
		ret = tool_fail(error, "%s: cannot be read twice; name a file, not a pipe", path);
	else if (!memcmp(head, png, sizeof(png)))
		ret = image_read_png(f, path, image, error);
	else if (!memcmp(head, jpeg, sizeof(jpeg)))
		ret = image_read_jpeg(f, path, image, error);
	else
		ret = tool_fail(error, "%s: is neither JPEG nor PNG; convert it to one of them",
				path);
	fclose(f);
	return ret;
}
