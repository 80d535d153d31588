/* SPDX-License-Identifier: MIT */
/*
 * What is in a picture, as people said: YOLO's text files.
 */
#ifndef V3Q_LABELS_H
#define V3Q_LABELS_H

#include "common/tool.h"
#include "map.h"
#include "vision/image/image.h"

/**
 * labels_find() - where the pictures and labels of a folder are
 * @folder: with pictures and .txt files side by side, or with the folders images and labels
 * @pictures: set to a path for free()
 * @labels: likewise
 *
 * Return: 0 or -1 with @error set.
 */
int labels_find(const char *folder, char **pictures, char **labels, struct tool_error *error);

/**
 * labels_read() - read a picture's labels
 * @folder: that they are in
 * @picture: path of the picture, whose name with .txt for its ending is the file's
 * @image: the picture, for its size
 * @truth: set to the objects, for free(); NULL if there are none
 * @classes: highest class number there may be, plus one
 *
 * A line is "class cx cy w h", or a polygon "class x y x y ...", in 0..1 of the picture.
 *
 * Return: how many objects, or -1 with @error set.
 */
int labels_read(const char *folder, const char *picture, const struct v3npu_image *image,
		int classes, struct map_truth **truth, struct tool_error *error);

#endif /* V3Q_LABELS_H */
