/* SPDX-License-Identifier: MIT */
/*
 * The zip archive at the end of a .tflite file, which holds its metadata.
 */
#ifndef V3Q_ARCHIVE_H
#define V3Q_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

/**
 * archive_append() - put the archive at the end of one file at the end of another
 * @from: a file, untrusted; without an archive nothing is appended
 * @from_size: its bytes
 * @to: another file's bytes, in memory of malloc(); may move
 * @to_size: how many; grows
 *
 * Return: 0 or -ENOMEM.
 */
int archive_append(const void *from, size_t from_size, uint8_t **to, size_t *to_size);

#endif /* V3Q_ARCHIVE_H */
