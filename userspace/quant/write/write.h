/* SPDX-License-Identifier: MIT */
/*
 * A graph as a .tflite file.
 */
#ifndef V3Q_WRITE_H
#define V3Q_WRITE_H

#include "quant/graph/graph.h"

/**
 * q_write() - make a file's bytes of a graph
 * @g: graph; float constants of type TFL_FLOAT32 or TFL_FLOAT16 are written as such
 * @archive: the file that the metadata is taken from: the zip archive at its end, if there is
 *	one, is written at the end of the new file; NULL for none
 * @archive_size: its bytes
 * @size: set to the new file's bytes
 *
 * Return: the file for free(), or NULL with the context's error set: an operator that no
 * .tflite file of ours has, or no memory.
 */
void *q_write(const struct q_graph *g, const void *archive, size_t archive_size, size_t *size);

#endif /* V3Q_WRITE_H */
