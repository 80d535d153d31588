// SPDX-License-Identifier: MIT
#include "labels.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_NUMBERS	1024	/* on a line */

static bool is_folder(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

int labels_find(const char *folder, char **pictures, char **labels, struct tool_error *error)
{
	if (asprintf(pictures, "%s/images", folder) < 0)
		*pictures = NULL;
	if (asprintf(labels, "%s/labels", folder) < 0)
		*labels = NULL;
	if (*pictures && *labels && (!is_folder(*pictures) || !is_folder(*labels))) {
		free(*pictures);
		free(*labels);
		*pictures = strdup(folder);
		*labels = strdup(folder);
	}
	return *pictures && *labels ? 0 : tool_fail(error, "%s: out of memory", folder);
}

static int bad_line(const char *path, int line, struct tool_error *error)
{
	return tool_fail(error, "%s: line %d is neither \"class cx cy w h\" nor \"class x y x y "
			 "...\" with numbers in 0..1", path, line);
}

/* The numbers of a line; -1 if there is something else in it */
static int numbers_of(char *line, float *number)
{
	int count = 0;
	char *end;

	for (;;) {
		line += strspn(line, " \t\r\n");
		if (!*line)
			return count;
		if (count == MAX_NUMBERS)
			return -1;
		number[count] = strtof(line, &end);
		if (end == line || !isfinite(number[count++]))
			return -1;
		line = end;
	}
}

static int parse_line(char *line, const struct v3npu_image *image, int classes,
		      struct map_truth *t)
{
	float n[MAX_NUMBERS], low[2] = { 1, 1 }, high[2] = { 0, 0 };
	int count = numbers_of(line, n), i, axis;

	if (count <= 0)
		return count;
	if (count < 5 || count % 2 == 0 || n[0] < 0 || n[0] >= classes || n[0] != floorf(n[0]))
		return -1;
	for (axis = 0; axis < 2; axis++) {
		if (count == 5) {
			low[axis] = n[1 + axis] - n[3 + axis] / 2;
			high[axis] = n[1 + axis] + n[3 + axis] / 2;
		}
		for (i = 1 + axis; count > 5 && i < count; i += 2) {
			low[axis] = fminf(low[axis], n[i]);
			high[axis] = fmaxf(high[axis], n[i]);
		}
	}
	*t = (struct map_truth) { n[0], {
		low[0] * image->width, low[1] * image->height, high[0] * image->width,
		high[1] * image->height,
	} };
	return 1;
}

static int read_lines(FILE *f, const char *path, const struct v3npu_image *image, int classes,
		      struct map_truth **truth, struct tool_error *error)
{
	int count = 0, number = 0, ret = 0;
	char *line = NULL;
	size_t room = 0;

	while (ret >= 0 && getline(&line, &room, f) >= 0) {
		struct map_truth *more = realloc(*truth, (count + 1) * sizeof(*more));

		number++;
		if (!more) {
			ret = tool_fail(error, "%s: out of memory", path);
			break;
		}
		*truth = more;
		ret = parse_line(line, image, classes, &more[count]);
		if (ret < 0)
			bad_line(path, number, error);
		count += ret > 0;
	}
	if (ret >= 0 && ferror(f))
		ret = tool_fail(error, "%s: %s", path, strerror(errno));
	free(line);
	return ret < 0 ? -1 : count;
}

int labels_read(const char *folder, const char *picture, const struct v3npu_image *image,
		int classes, struct map_truth **truth, struct tool_error *error)
{
	const char *name = strrchr(picture, '/') ? strrchr(picture, '/') + 1 : picture;
	int stem = strrchr(name, '.') ? strrchr(name, '.') - name : (int)strlen(name);
	char *path;
	FILE *f;
	int ret;

	*truth = NULL;
	if (asprintf(&path, "%s/%.*s.txt", folder, stem, name) < 0)
		return tool_fail(error, "%s: out of memory", picture);
	f = fopen(path, "re");
	if (f) {
		ret = read_lines(f, path, image, classes, truth, error);
		fclose(f);
	} else {
		ret = tool_fail(error, "%s: %s; every picture needs its labels, an empty file if "
				"there is nothing in it", path, strerror(errno));
	}
	free(path);
	return ret;
}
