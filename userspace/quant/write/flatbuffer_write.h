/* SPDX-License-Identifier: MIT */
/*
 * Writing a flatbuffer from its front to its back: a table or vector first,
 * then what it refers to.
 *
 * Format: https://flatbuffers.dev/internals. No function fails: the first
 * allocation that does is remembered, and fbw_finish() says so.
 */
#ifndef V3Q_FLATBUFFER_WRITE_H
#define V3Q_FLATBUFFER_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FBW_MAX_FIELDS	16

/**
 * struct fbw - a flatbuffer being written
 * @data: its bytes so far, for free()
 * @size: how many
 * @room: allocated
 * @failed: memory ran out
 */
struct fbw {
	uint8_t *data;
	size_t size;
	size_t room;
	bool failed;
};

/**
 * struct fbw_table - a table's fields before it is written
 * @size: bytes of each field, 0 if absent
 * @value: of each; of one that refers, 0 until fbw_refer()
 */
struct fbw_table {
	uint8_t size[FBW_MAX_FIELDS];
	uint64_t value[FBW_MAX_FIELDS];
};

/* Fields of a table to write */
void fbw_u8(struct fbw_table *t, int field, uint8_t value);
void fbw_i32(struct fbw_table *t, int field, int32_t value);
void fbw_float(struct fbw_table *t, int field, float value);
void fbw_offset(struct fbw_table *t, int field);

/* Starts a flatbuffer with a four-letter identifier and its root table; returns the root's place */
size_t fbw_start(struct fbw *w, const char identifier[4], const struct fbw_table *root);

/* Writes a table; returns its place */
size_t fbw_write_table(struct fbw *w, const struct fbw_table *t);

/* Writes @count elements of @size bytes, the first at a multiple of @align; returns the place */
size_t fbw_write_vector(struct fbw *w, const void *data, uint32_t count, size_t size, size_t align);

/* Writes a NUL-terminated string; returns its place */
size_t fbw_write_string(struct fbw *w, const char *text);

/* Field @field of the table at @table refers to what is at @target, which comes later */
void fbw_refer(struct fbw *w, size_t table, int field, size_t target);

/* Element @i of the vector at @vector refers to what is at @target */
void fbw_refer_element(struct fbw *w, size_t vector, uint32_t i, size_t target);

/* Return: 0, or -ENOMEM with nothing to free */
int fbw_finish(struct fbw *w);

#endif /* V3Q_FLATBUFFER_WRITE_H */
