// SPDX-License-Identifier: MIT
#include "consts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct v3c_const_slot {
	uint64_t hash;
	uint64_t offset;
	size_t size;		/* 0: free */
};

static size_t aligned(size_t size)
{
	return (size + V3C_CONST_ALIGN - 1) & ~(size_t)(V3C_CONST_ALIGN - 1);
}

/* FNV-1a, eight bytes a step: @size is a multiple of V3C_CONST_ALIGN */
static uint64_t hash_of(const uint8_t *data, size_t size)
{
	uint64_t hash = 0xcbf29ce484222325ull ^ size, word;
	size_t i;

	for (i = 0; i < size; i += sizeof(word)) {
		memcpy(&word, data + i, sizeof(word));
		hash = (hash ^ word) * 0x100000001b3ull;
		hash ^= hash >> 32;
	}
	return hash;
}

static int grow_slots(struct v3c_ctx *ctx, struct v3c_consts *c)
{
	size_t count = c->slot_count ? c->slot_count * 2 : 256, i, k;
	struct v3c_const_slot *slots = v3c_alloc(ctx, count, sizeof(*slots));

	if (!slots)
		return v3c_no_memory(ctx);
	for (i = 0; i < c->slot_count; i++) {
		if (!c->slots[i].size)
			continue;
		for (k = c->slots[i].hash % count; slots[k].size; k = (k + 1) % count)
			;
		slots[k] = c->slots[i];
	}
	c->slots = slots;
	c->slot_count = count;
	return 0;
}

uint8_t *v3c_consts_begin(struct v3c_ctx *ctx, struct v3c_consts *c, size_t size)
{
	size_t room = c->room ? c->room : 1 << 16;
	uint8_t *data;

	if (size > c->left || aligned(size) > c->left) {
		v3c_fail(ctx, ENOTSUP, "its weights need far more memory than the file has bytes");
		return NULL;
	}
	c->left -= aligned(size);
	while (room - c->size < aligned(size))
		room *= 2;
	if (room > c->room) {
		data = realloc(c->data, room);
		if (!data) {
			v3c_no_memory(ctx);
			return NULL;
		}
		c->data = data;
		c->room = room;
	}
	memset(c->data + c->size, 0, aligned(size));
	return c->data + c->size;
}

int v3c_consts_end(struct v3c_ctx *ctx, struct v3c_consts *c, size_t size, uint64_t *offset)
{
	uint8_t *data = c->data + c->size;
	struct v3c_const_slot *slot;
	uint64_t hash;
	int ret;

	size = aligned(size);
	if (2 * (c->used + 1) > c->slot_count) {
		ret = grow_slots(ctx, c);
		if (ret)
			return ret;
	}
	hash = hash_of(data, size);
	for (slot = &c->slots[hash % c->slot_count]; slot->size;) {
		if (slot->hash == hash && slot->size == size &&
		    !memcmp(c->data + slot->offset, data, size)) {
			*offset = slot->offset;
			return 0;
		}
		if (++slot == c->slots + c->slot_count)
			slot = c->slots;
	}
	*slot = (struct v3c_const_slot){ .hash = hash, .offset = c->size, .size = size };
	c->used++;
	*offset = c->size;
	c->size += size;
	return 0;
}

int v3c_consts_add(struct v3c_ctx *ctx, struct v3c_consts *c, const void *data, size_t size,
		   uint64_t *offset)
{
	uint8_t *room = v3c_consts_begin(ctx, c, size);

	if (!room)
		return ctx->err;
	memcpy(room, data, size);
	return v3c_consts_end(ctx, c, size, offset);
}
