// SPDX-License-Identifier: MIT
#include "flatbuffer.h"

#include <string.h>

static void damaged(struct fb *fb, const char *why)
{
	if (!fb->error)
		fb->error = why;
}

static bool inside(const struct fb *fb, uint64_t pos, uint64_t bytes)
{
	return pos <= fb->size && bytes <= fb->size - pos;
}

static uint16_t le16(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

static struct fb_table table_at(struct fb *fb, uint64_t pos)
{
	struct fb_table t = {};
	int64_t vtable;

	if (!pos || !inside(fb, pos, 4)) {
		damaged(fb, "a table lies outside of the file");
		return t;
	}
	vtable = (int64_t)pos - (int32_t)fb_le32(fb->data + pos);
	if (vtable < 0 || !inside(fb, vtable, 4)) {
		damaged(fb, "a vtable lies outside of the file");
		return t;
	}
	t.vtable_size = le16(fb->data + vtable);
	t.size = le16(fb->data + vtable + 2);
	if (t.vtable_size < 4 || t.vtable_size % 2 || !inside(fb, vtable, t.vtable_size) ||
	    t.size < 4 || !inside(fb, pos, t.size)) {
		damaged(fb, "a table has an impossible size");
		return (struct fb_table){};
	}
	t.pos = pos;
	t.vtable = vtable;
	return t;
}

/* Offset in the file of a field of @size bytes; 0 if absent */
static uint32_t field_at(struct fb *fb, const struct fb_table *t, int field, size_t size)
{
	uint32_t entry = 4 + 2 * field;
	uint16_t offset;

	if (!t->pos || entry + 2 > t->vtable_size)
		return 0;
	offset = le16(fb->data + t->vtable + entry);
	if (!offset)
		return 0;
	if (offset < 4 || offset + size > t->size) {
		damaged(fb, "a field lies outside of its table");
		return 0;
	}
	return t->pos + offset;
}

/* What the 32-bit offset at @pos, itself within the file, refers to */
static uint64_t target(const struct fb *fb, uint64_t pos)
{
	return pos + fb_le32(fb->data + pos);
}

struct fb_table v3c_fb_root(struct fb *fb)
{
	if (!inside(fb, 0, 8)) {
		damaged(fb, "it is too short");
		return (struct fb_table){};
	}
	return table_at(fb, target(fb, 0));
}

bool v3c_fb_has(struct fb *fb, const struct fb_table *table, int field)
{
	return field_at(fb, table, field, 1) != 0;
}

uint8_t v3c_fb_u8(struct fb *fb, const struct fb_table *table, int field, uint8_t absent)
{
	uint32_t pos = field_at(fb, table, field, 1);

	return pos ? fb->data[pos] : absent;
}

int32_t v3c_fb_i32(struct fb *fb, const struct fb_table *table, int field, int32_t absent)
{
	uint32_t pos = field_at(fb, table, field, 4);

	return pos ? (int32_t)fb_le32(fb->data + pos) : absent;
}

uint64_t v3c_fb_u64(struct fb *fb, const struct fb_table *table, int field, uint64_t absent)
{
	uint32_t pos = field_at(fb, table, field, 8);

	return pos ? fb_le64(fb->data + pos) : absent;
}

static float float_at(const uint8_t *p)
{
	uint32_t bits = fb_le32(p);
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

float v3c_fb_float(struct fb *fb, const struct fb_table *table, int field, float absent)
{
	uint32_t pos = field_at(fb, table, field, 4);

	return pos ? float_at(fb->data + pos) : absent;
}

struct fb_table v3c_fb_table(struct fb *fb, const struct fb_table *table, int field)
{
	uint32_t pos = field_at(fb, table, field, 4);

	return pos ? table_at(fb, target(fb, pos)) : (struct fb_table){};
}

struct fb_vector v3c_fb_vector(struct fb *fb, const struct fb_table *table, int field, size_t size)
{
	uint32_t pos = field_at(fb, table, field, 4);
	struct fb_vector v = {};
	uint64_t at;

	if (!pos)
		return v;
	at = target(fb, pos);
	if (!inside(fb, at, 4) ||
	    !inside(fb, at + 4, (uint64_t)fb_le32(fb->data + at) * size)) {
		damaged(fb, "a vector reaches past the end of the file");
		return v;
	}
	v.count = fb_le32(fb->data + at);
	v.data = fb->data + at + 4;
	return v;
}

const char *v3c_fb_string(struct fb *fb, const struct fb_table *table, int field)
{
	struct fb_vector v = v3c_fb_vector(fb, table, field, 1);

	if (!v.data)
		return NULL;
	if (v.data + v.count == fb->data + fb->size || v.data[v.count]) {
		damaged(fb, "a string has no end");
		return NULL;
	}
	return (const char *)v.data;
}

struct fb_table v3c_fb_vector_table(struct fb *fb, const struct fb_vector *v, uint32_t i)
{
	return table_at(fb, target(fb, v->data - fb->data + (uint64_t)i * 4));
}

int32_t v3c_fb_vector_i32(const struct fb_vector *v, uint32_t i)
{
	return fb_le32(v->data + (size_t)i * 4);
}

int64_t v3c_fb_vector_i64(const struct fb_vector *v, uint32_t i)
{
	return fb_le64(v->data + (size_t)i * 8);
}

float v3c_fb_vector_float(const struct fb_vector *v, uint32_t i)
{
	return float_at(v->data + (size_t)i * 4);
}
