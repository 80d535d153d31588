/* SPDX-License-Identifier: MIT */
/* How a camera was held */
#ifndef V3V_ORIENTATION_H
#define V3V_ORIENTATION_H

#include "image.h"

/**
 * v3v_orientation_read() - the orientation in EXIF data
 * @exif: a TIFF header and what follows, as in a JPEG's APP1 after "Exif\0\0" and in a PNG's eXIf
 * @size: bytes
 *
 * Return: 1 to 8, as TIFF 6.0 numbers them; 1, which is upright, if there is none.
 */
int v3v_orientation_read(const uint8_t *exif, size_t size);

/**
 * v3v_orientation_apply() - turn a picture upright
 * @name: for messages
 * @orientation: 1 to 8
 * @image: picture; another takes its place if it has to be turned
 *
 * Return: 0, or -ENOMEM and the picture as it was.
 */
int v3v_orientation_apply(const char *name, int orientation, struct v3npu_image **image);

#endif /* V3V_ORIENTATION_H */
