/* SPDX-License-Identifier: MIT */
/*
 * The metadata that exporters append to a .tflite file as a zip archive.
 */
#ifndef V3C_METADATA_H
#define V3C_METADATA_H

#include <stddef.h>

/**
 * v3c_metadata() - the text of the archive's member that says what the model is
 * @data: the file
 * @size: its bytes
 * @text: the result, NUL-terminated, at most V3C_MAX_METADATA bytes, for free(); NULL if there is
 *	none that can be read. A model runs without it
 *
 * That is metadata.json or metadata.yaml, temp_meta.txt or meta.txt, as Ultralytics' exporters
 * call it, or else the first file of labels: a .txt with "label" in its name, as TFLite's own
 * metadata has it.
 *
 * Return: 0 or -ENOMEM.
 */
int v3c_metadata(const void *data, size_t size, char **text);

#endif /* V3C_METADATA_H */
