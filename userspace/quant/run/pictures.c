// SPDX-License-Identifier: MIT
#include "pictures.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int is_picture(const struct dirent *e)
{
	const char *dot = strrchr(e->d_name, '.');

	return dot && (!strcasecmp(dot, ".jpg") || !strcasecmp(dot, ".jpeg") ||
		       !strcasecmp(dot, ".png"));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int pictures_open(const char *folder, struct pictures *p, struct tool_error *error)
{
	struct dirent **list = NULL;
	int count = scandir(folder, &list, is_picture, by_name), i;
	int err = errno, ret = 0;

	*p = (struct pictures) {};
	if (count < 0)
		return tool_fail(error, "%s: %s; name a folder of pictures", folder,
				 strerror(err));
	p->path = calloc(count + 1, sizeof(*p->path));
	for (i = 0; i < count; i++) {
		if (!ret && (!p->path ||
			     asprintf(&p->path[i], "%s/%s", folder, list[i]->d_name) < 0))
			ret = tool_fail(error, "%s: out of memory", folder);
		p->count += !ret;
		free(list[i]);
	}
	free(list);
	if (!ret && !count)
		ret = tool_fail(error, "%s: has no pictures; name a folder of .jpg or .png files",
				folder);
	return ret;
}

void pictures_close(struct pictures *p)
{
	uint32_t i;

	for (i = 0; i < p->count; i++)
		free(p->path[i]);
	free(p->path);
	*p = (struct pictures) {};
}

void pictures_thin(struct pictures *p, uint32_t count)
{
	uint32_t i, k = 0;

	if (count >= p->count)
		return;
	for (i = 0; i < p->count; i++) {
		if (k < count && i == (uint64_t)k * p->count / count)
			p->path[k++] = p->path[i];
		else
			free(p->path[i]);
	}
	p->count = count;
}

int pictures_read(const struct pictures *p, uint32_t i, float *input,
		  struct v3npu_placement *box, struct tool_error *error)
{
	struct v3npu_image *image;
	int ret = 0;

	if (v3npu_image_read(p->path[i], &image))
		return tool_fail(error, "%s", v3npu_vision_error());
	if (v3v_letterbox_real(image, p->width, p->height, input, box))
		ret = tool_fail(error, "%s: out of memory", p->path[i]);
	v3npu_image_free(image);
	return ret;
}
