// SPDX-License-Identifier: MIT
#include "known.h"

#include <errno.h>
#include <string.h>

static size_t element_size(int type)
{
	switch (type) {
	case TFL_INT64:
		return 8;
	case TFL_BOOL:
		return 1;
	default:
		return 4;
	}
}

static bool is_known_type(int type)
{
	return type == TFL_INT32 || type == TFL_INT64 || type == TFL_BOOL || type == TFL_FLOAT32;
}

/* Elements of a shape, -1 if it is none or has too many */
static int64_t count_elements(uint32_t rank, const int32_t *dim)
{
	int64_t count = 1;
	uint32_t i;

	if (rank > V3C_MAX_RANK)
		return -1;
	for (i = 0; i < rank; i++) {
		if (dim[i] < 0 || (dim[i] && count > KNOWN_MAX / dim[i]))
			return -1;
		count *= dim[i];
	}
	return count;
}

int v3c_known_new(struct v3c_ctx *ctx, struct known *k)
{
	int64_t count = count_elements(k->rank, k->dim);

	if (count < 0)
		return 0;
	k->count = count;
	k->v = v3c_alloc(ctx, count, sizeof(*k->v));
	return k->v ? 1 : v3c_no_memory(ctx);
}

int v3c_known_read(struct v3c_ctx *ctx, const struct tfl_tensor *t, struct known *k)
{
	const struct fb_vector bytes = { .data = t->data };
	int64_t count = count_elements(t->rank, t->dim);
	uint32_t i;
	int ret;

	if (!t->data || t->special || !is_known_type(t->type) || count < 0 ||
	    t->data_size != count * element_size(t->type))
		return 0;
	*k = (struct known){ .type = t->type, .rank = t->rank };
	memcpy(k->dim, t->dim, sizeof(k->dim));
	ret = v3c_known_new(ctx, k);
	for (i = 0; ret > 0 && i < k->count; i++) {
		if (t->type == TFL_FLOAT32)
			k->v[i].f = v3c_fb_vector_float(&bytes, i);
		else if (t->type == TFL_INT64)
			k->v[i].i = v3c_fb_vector_i64(&bytes, i);
		else if (t->type == TFL_INT32)
			k->v[i].i = v3c_fb_vector_i32(&bytes, i);
		else
			k->v[i].i = t->data[i] != 0;
	}
	return ret;
}

/* Little endian, as in a file */
static void put(uint8_t *to, uint64_t bits, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		to[i] = bits >> 8 * i;
}

int v3c_known_write(struct v3c_ctx *ctx, const struct known *k, struct tfl_tensor *t)
{
	size_t size = element_size(k->type);
	uint32_t i, bits;
	uint8_t *data;

	for (i = 0; i < k->count && k->type == TFL_INT32; i++)
		if (k->v[i].i < INT32_MIN || k->v[i].i > INT32_MAX)
			return 0;
	data = v3c_alloc(ctx, k->count, size);
	if (!data)
		return v3c_no_memory(ctx);
	for (i = 0; i < k->count; i++) {
		memcpy(&bits, &k->v[i].f, sizeof(bits));
		put(data + i * size, k->type == TFL_FLOAT32 ? bits : (uint64_t)k->v[i].i, size);
	}
	t->rank = k->rank;
	memcpy(t->dim, k->dim, sizeof(t->dim));
	t->data = data;
	t->data_size = k->count * size;
	return 1;
}
