// SPDX-License-Identifier: MIT
#include "flatbuffer_write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_ALIGN	8	/* of the largest field there is */

static void put(uint8_t *p, uint64_t value, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		p[i] = value >> 8 * i;
}

static uint16_t get16(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

/* Appends zeros; NULL once memory has run out */
static uint8_t *append(struct fbw *w, size_t bytes)
{
	size_t at = w->size;

	if (w->failed)
		return NULL;
	if (bytes > w->room - w->size) {
		size_t room = 2 * w->room + bytes + 4096;
		uint8_t *data = realloc(w->data, room);

		if (!data) {
			w->failed = true;
			return NULL;
		}
		w->data = data;
		w->room = room;
	}
	w->size += bytes;
	return memset(w->data + at, 0, bytes);
}

/* Pads until what comes @before bytes later is at a multiple of @align */
static void pad(struct fbw *w, size_t before, size_t align)
{
	append(w, -(w->size + before) & (align - 1));
}

void fbw_u8(struct fbw_table *t, int field, uint8_t value)
{
	t->size[field] = 1;
	t->value[field] = value;
}

void fbw_i32(struct fbw_table *t, int field, int32_t value)
{
	t->size[field] = 4;
	t->value[field] = (uint32_t)value;
}

void fbw_float(struct fbw_table *t, int field, float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	t->size[field] = 4;
	t->value[field] = bits;
}

void fbw_offset(struct fbw_table *t, int field)
{
	fbw_i32(t, field, 0);
}

size_t fbw_start(struct fbw *w, const char identifier[4], const struct fbw_table *root)
{
	uint8_t *head;
	size_t at;

	*w = (struct fbw) {};
	head = append(w, 8);
	if (head)
		memcpy(head + 4, identifier, 4);
	at = fbw_write_table(w, root);
	if (!w->failed)
		put(w->data, at, 4);
	return at;
}

size_t fbw_write_table(struct fbw *w, const struct fbw_table *t)
{
	static const uint8_t sizes[] = { 4, 1 };	/* large ones first: no gaps */
	uint16_t offset[FBW_MAX_FIELDS] = {}, length = 4, fields = 0;
	size_t k, at, vtable;
	uint8_t *p;
	int i;

	for (k = 0; k < sizeof(sizes); k++) {
		for (i = 0; i < FBW_MAX_FIELDS; i++) {
			if (t->size[i] != sizes[k])
				continue;
			offset[i] = length;
			length += sizes[k];
			fields = i >= fields ? i + 1 : fields;
		}
	}
	vtable = 4 + 2 * fields;
	pad(w, vtable, TABLE_ALIGN);
	p = append(w, vtable + length);
	at = w->size - length;
	if (!p)
		return at;
	put(p, vtable, 2);
	put(p + 2, length, 2);
	for (i = 0; i < fields; i++)
		put(p + 4 + 2 * i, offset[i], 2);
	p += vtable;
	put(p, vtable, 4);
	for (i = 0; i < fields; i++)
		put(p + offset[i], t->value[i], t->size[i]);
	return at;
}

size_t fbw_write_vector(struct fbw *w, const void *data, uint32_t count, size_t size, size_t align)
{
	size_t at;
	uint8_t *p;

	pad(w, 4, align < 4 ? 4 : align);
	at = w->size;
	p = append(w, 4 + count * size);
	if (!p)
		return at;
	put(p, count, 4);
	if (data && count)
		memcpy(p + 4, data, count * size);
	return at;
}

size_t fbw_write_string(struct fbw *w, const char *text)
{
	size_t at = fbw_write_vector(w, text, strlen(text), 1, 4);

	append(w, 1);
	return at;
}

void fbw_refer(struct fbw *w, size_t table, int field, size_t target)
{
	const uint8_t *p = w->data + table;
	size_t at;

	if (w->failed)
		return;
	at = table + get16(p - (p[0] | p[1] << 8) + 4 + 2 * field);
	put(w->data + at, target - at, 4);
}

void fbw_refer_element(struct fbw *w, size_t vector, uint32_t i, size_t target)
{
	size_t at = vector + 4 + 4 * (size_t)i;

	if (!w->failed)
		put(w->data + at, target - at, 4);
}

int fbw_finish(struct fbw *w)
{
	if (!w->failed)
		return 0;
	free(w->data);
	w->data = NULL;
	return -ENOMEM;
}
