// SPDX-License-Identifier: MIT
#include "orientation.h"

#include <stdbool.h>
#include <string.h>

#define TAG_ORIENTATION	0x112
#define TYPE_SHORT	3
#define ENTRY_SIZE	12

/** struct tiff - EXIF data, and which end of a number comes first */
struct tiff {
	const uint8_t *data;
	size_t size;
	bool big;
};

/* A number of 2 or 4 bytes; 0 where there is none */
static uint32_t number(const struct tiff *t, size_t at, int bytes)
{
	uint32_t v = 0;
	int i;

	if (at > t->size || t->size - at < (size_t)bytes)
		return 0;
	for (i = 0; i < bytes; i++)
		v = v << 8 | t->data[at + (t->big ? i : bytes - 1 - i)];
	return v;
}

int v3v_orientation_read(const uint8_t *exif, size_t size)
{
	struct tiff t = { exif, size, size && exif[0] == 'M' };
	size_t directory;
	uint32_t count, i, v;

	if (size < 8 || (memcmp(exif, "MM", 2) && memcmp(exif, "II", 2)) || number(&t, 2, 2) != 42)
		return 1;
	directory = number(&t, 4, 4);
	count = number(&t, directory, 2);
	for (i = 0; i < count; i++) {
		size_t entry = directory + 2 + i * ENTRY_SIZE;

		if (number(&t, entry, 2) != TAG_ORIENTATION)
			continue;
		v = number(&t, entry + 8, 2);
		return number(&t, entry + 2, 2) == TYPE_SHORT && v >= 1 && v <= 8 ? v : 1;
	}
	return 1;
}

int v3v_orientation_apply(const char *name, int orientation, struct v3npu_image **image)
{
	/* Of TIFF's eight: where rows begin on the right, where the last is first, which are columns */
	bool right = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
	bool bottom = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
	bool columns = orientation >= 5;
	const struct v3npu_image *from = *image;
	struct v3npu_image *turned;
	int x, y, ret;

	if (orientation == 1)
		return 0;
	ret = v3v_image_new(name, columns ? from->height : from->width,
			    columns ? from->width : from->height, &turned);
	if (ret)
		return ret;
	for (y = 0; y < turned->height; y++) {
		uint8_t *to = image_row(turned, y);
		int v = bottom ? turned->height - 1 - y : y;

		for (x = 0; x < turned->width; x++, to += 3) {
			int u = right ? turned->width - 1 - x : x;

			memcpy(to, columns ? image_row(from, u) + (size_t)v * 3 :
					     image_row(from, v) + (size_t)u * 3, 3);
		}
	}
	v3npu_image_free(*image);
	*image = turned;
	return 0;
}
