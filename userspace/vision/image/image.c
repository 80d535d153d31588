// SPDX-License-Identifier: MIT
#include "image.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "vision/error.h"

static bool too_large(unsigned long width, unsigned long height)
{
	return width > IMAGE_SIDE_MAX || height > IMAGE_SIDE_MAX ||
	       width * height > IMAGE_PIXELS_MAX;
}

int v3v_image_new(const char *name, unsigned long width, unsigned long height,
		  struct v3npu_image **image)
{
	struct v3npu_image *new;

	if (!width || !height)
		return v3v_fail(-EINVAL, "%s: has no pixels; save the picture again", name);
	if (too_large(width, height))
		return v3v_fail(-ENOTSUP, "%s: %lux%lu is too large; scale it to at most %d pixels "
				"a side and %d million in all", name, width, height, IMAGE_SIDE_MAX,
				IMAGE_PIXELS_MAX / 1000000);
	new = malloc(sizeof(*new) + width * height * 3);
	if (!new)
		return v3v_fail(-ENOMEM, "%s: out of memory", name);
	*new = (struct v3npu_image) {
		.width = width, .height = height, .stride = width * 3,
		.pixels = (uint8_t *)(new + 1),
	};
	*image = new;
	return 0;
}

static int read_stream(FILE *f, const char *name, struct v3npu_image **image)
{
	static const uint8_t png[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
	static const uint8_t jpeg[3] = { 0xff, 0xd8, 0xff };
	uint8_t head[8] = {};
	size_t n = fread(head, 1, sizeof(head), f);

	if (ferror(f))
		return v3v_fail(-errno, "%s: %s", name, strerror(errno));
	if (!n)
		return v3v_fail(-EINVAL, "%s: is empty; name a JPEG or PNG picture", name);
	if (fseek(f, 0, SEEK_SET))
		return v3v_fail(-errno, "%s: cannot be read twice; name a file, not a pipe", name);
	if (!memcmp(head, png, sizeof(png)))
		return v3v_read_png(f, name, image);
	if (!memcmp(head, jpeg, sizeof(jpeg)))
		return v3v_read_jpeg(f, name, image);
	return v3v_fail(-EINVAL, "%s: is neither JPEG nor PNG; convert it to one of them", name);
}

int v3npu_image_read(const char *path, struct v3npu_image **image)
{
	FILE *f = fopen(path, "rbe");
	int ret;

	*image = NULL;
	if (!f)
		return v3v_fail(-errno, "%s: %s", path, strerror(errno));
	ret = read_stream(f, path, image);
	fclose(f);
	return ret;
}

int v3npu_image_decode(const void *data, size_t size, struct v3npu_image **image)
{
	static const char name[] = "the picture in memory";
	FILE *f;
	int ret;

	*image = NULL;
	/* Not every C library makes a file of no bytes */
	if (!size)
		return v3v_fail(-EINVAL, "%s: is empty; give a JPEG or PNG picture", name);
	f = fmemopen((void *)data, size, "r");
	if (!f)
		return v3v_fail(-errno, "%s: %s", name, strerror(errno));
	ret = read_stream(f, name, image);
	fclose(f);
	return ret;
}

int v3npu_image_wrap(const struct v3npu_image_info *info, struct v3npu_image **image)
{
	struct v3npu_image_info i;
	int ret;

	*image = NULL;
	ret = V3V_TAKE(v3npu_image_info, pixels, &i, info);
	if (ret)
		return ret;
	if (!i.width || !i.height || too_large(i.width, i.height))
		return v3v_fail(-EINVAL, "%ux%u pixels are no picture; it has 1 to %d a side and "
				"%d million in all at most", i.width, i.height, IMAGE_SIDE_MAX,
				IMAGE_PIXELS_MAX / 1000000);
	if (!i.pixels)
		return v3v_fail(-EINVAL, "pixels of the picture is NULL; set it to the first row");
	if (i.stride < (size_t)i.width * 3 || i.stride > (size_t)PTRDIFF_MAX / i.height)
		return v3v_fail(-EINVAL, "a stride of %zu bytes cannot be: a row of %u pixels has "
				"%u, and all %u rows have to be in memory", i.stride, i.width,
				i.width * 3, i.height);
	*image = malloc(sizeof(**image));
	if (!*image)
		return v3v_fail(-ENOMEM, "out of memory");
	**image = (struct v3npu_image) {
		.width = i.width, .height = i.height, .stride = i.stride, .pixels = i.pixels,
	};
	return 0;
}

int v3npu_image_get_info(const struct v3npu_image *image, struct v3npu_image_info *info)
{
	const struct v3npu_image_info all = {
		.width = image->width, .height = image->height, .stride = image->stride,
		.pixels = image->pixels,
	};

	return V3V_FILL(v3npu_image_info, pixels, info, &all);
}

void v3npu_image_free(struct v3npu_image *image)
{
	free(image);
}
