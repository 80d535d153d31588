/* SPDX-License-Identifier: MIT */
/*
 * A folder of pictures as a model's inputs.
 */
#ifndef V3Q_PICTURES_H
#define V3Q_PICTURES_H

#include <stdint.h>

#include "common/tool.h"
#include "vision/image/letterbox.h"

/**
 * struct pictures - the JPEG and PNG files of a folder, in the order of their names
 * @path: @count files
 * @width: of the model's input
 * @height: of it
 */
struct pictures {
	char **path;
	uint32_t count;
	uint32_t width;
	uint32_t height;
};

/**
 * pictures_open() - list a folder
 * @folder: its path
 * @p: the result, for pictures_close() in any case
 *
 * Return: 0, or -1 if the folder cannot be read or has no pictures.
 */
int pictures_open(const char *folder, struct pictures *p, struct tool_error *error);
void pictures_close(struct pictures *p);

/* Leaves @count of them, evenly spread, if there are more */
void pictures_thin(struct pictures *p, uint32_t count);

/* Reads picture @i as an input of colours in 0..1; 0 or -1 */
int pictures_read(const struct pictures *p, uint32_t i, float *input,
		  struct v3npu_placement *box, struct tool_error *error);

#endif /* V3Q_PICTURES_H */
