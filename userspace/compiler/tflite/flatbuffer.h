/* SPDX-License-Identifier: MIT */
/*
 * Bounds-checked reading of a flatbuffer in place.
 *
 * Format: https://flatbuffers.dev/internals. Every accessor checks the bytes
 * it reads. The first one that meets an offset outside of the file notes why
 * in struct fb and returns what an absent field would; so a reader may read a
 * whole object and look at @error once. Nothing recurses.
 */
#ifndef V3C_FLATBUFFER_H
#define V3C_FLATBUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct fb - a flatbuffer
 * @data: its bytes
 * @size: how many, at most V3C_MAX_FILE
 * @error: what the first failed access found, NULL while there was none
 */
struct fb {
	const uint8_t *data;
	size_t size;
	const char *error;
};

/**
 * struct fb_table - a table whose extent and vtable are within the file
 * @pos: its offset; 0: an absent table, all of whose fields are absent
 * @size: bytes of it
 * @vtable: offset of its vtable
 * @vtable_size: bytes of that
 */
struct fb_table {
	uint32_t pos;
	uint16_t size;
	uint16_t vtable_size;
	uint32_t vtable;
};

/**
 * struct fb_vector - a vector whose elements are within the file
 * @data: first element, not necessarily aligned; NULL if the field is absent
 * @count: elements
 */
struct fb_vector {
	const uint8_t *data;
	uint32_t count;
};

static inline uint32_t fb_le32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t fb_le64(const uint8_t *p)
{
	return fb_le32(p) | (uint64_t)fb_le32(p + 4) << 32;
}

/* The root table */
struct fb_table v3c_fb_root(struct fb *fb);

/* Scalar fields, @absent if the table has none */
bool v3c_fb_has(struct fb *fb, const struct fb_table *table, int field);
uint8_t v3c_fb_u8(struct fb *fb, const struct fb_table *table, int field, uint8_t absent);
int32_t v3c_fb_i32(struct fb *fb, const struct fb_table *table, int field, int32_t absent);
uint64_t v3c_fb_u64(struct fb *fb, const struct fb_table *table, int field, uint64_t absent);
float v3c_fb_float(struct fb *fb, const struct fb_table *table, int field, float absent);

/* A field that is a table */
struct fb_table v3c_fb_table(struct fb *fb, const struct fb_table *table, int field);

/* A field that is a vector of elements of @size bytes (tables: 4) */
struct fb_vector v3c_fb_vector(struct fb *fb, const struct fb_table *table, int field, size_t size);

/* A NUL-terminated string field, NULL if absent */
const char *v3c_fb_string(struct fb *fb, const struct fb_table *table, int field);

/* Elements; @i must be below @v->count */
struct fb_table v3c_fb_vector_table(struct fb *fb, const struct fb_vector *v, uint32_t i);
int32_t v3c_fb_vector_i32(const struct fb_vector *v, uint32_t i);
int64_t v3c_fb_vector_i64(const struct fb_vector *v, uint32_t i);
float v3c_fb_vector_float(const struct fb_vector *v, uint32_t i);

#endif /* V3C_FLATBUFFER_H */
