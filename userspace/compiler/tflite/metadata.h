/* SPDX-License-Identifier: MIT */
/*
 * The metadata that exporters append to a .tflite file as a zip archive.
 */
#ifndef V3C_METADATA_H
#define V3C_METADATA_H

#include <stddef.h>

/**
 * v3c_metadata() - the text of metadata.json or metadata.yaml in the archive
 * @data: the file
 * @size: its bytes
 *
 * Return: NUL-terminated text of malloc(), at most V3C_MAX_METADATA bytes; NULL
 * if there is none that can be read. A model runs without it.
 */
char *v3c_metadata(const void *data, size_t size);

#endif /* V3C_METADATA_H */
