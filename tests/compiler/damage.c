// SPDX-License-Identifier: MIT
#include "damage.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/base/limits.h"
#include "compiler/compiler.h"
#include "compiler/read_model.h"
#include "compiler/tflite/tflite.h"

static uint64_t state = 88172645463325252ull;

/* Marsaglia's xorshift */
uint64_t damage_random(uint64_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return limit ? state % limit : 0;
}

/*
 * Offsets of what a reader has to understand: most bytes of a real file are
 * weights. @count is set
 */
static size_t *structure(const struct damage_file *f, size_t *count)
{
	size_t *offsets = malloc(f->size * sizeof(*offsets)), i;
	char error[V3C_ERROR_SIZE];
	struct v3c_ctx ctx = { .left = v3c_max_memory(f->size), .error = error };
	uint8_t *is_data = calloc(1, f->size);
	struct tfl_model model;

	if (!v3c_read_model(&ctx, &model, f->data, f->size))
		for (i = 0; i < model.tensor_count; i++)
			if (model.tensors[i].data_size > 64)
				memset(is_data + (model.tensors[i].data - f->data), 1,
				       model.tensors[i].data_size);
	for (i = 0, *count = 0; i < f->size; i++)
		if (!is_data[i])
			offsets[(*count)++] = i;
	v3c_release(&ctx);
	free(is_data);
	return offsets;
}

static uint32_t interesting_word(size_t size)
{
	static const uint32_t words[] = { 0, 1, 2, 4, 127, 0x7fffffff, 0x80000000, 0xffffffff };
	uint64_t pick = damage_random(12);

	if (pick < 8)
		return words[pick];
	return pick < 10 ? damage_random(size * 2) : damage_random(1u << 31);
}

/*
 * Truncates a file, flips bits, changes words, or puts a part of another one in it.
 * Return: its new size, which is not larger
 */
static size_t damage(struct damage_file *f, const size_t *offsets, size_t count,
	      const struct damage_file *other)
{
	unsigned int times = 1 + damage_random(3);

	switch (damage_random(8)) {
	case 0:
		return damage_random(f->size);
	case 1: {
		size_t length = 1 + damage_random(other->size < 200 ? other->size : 200);
		size_t from = damage_random(other->size - length + 1);
		size_t to = offsets[damage_random(count)];

		if (length > f->size - to)
			length = f->size - to;
		memcpy(f->data + to, other->data + from, length);
		return f->size;
	}
	case 2:
	case 3:
	case 4:
		while (times--)
			f->data[offsets[damage_random(count)]] ^= 1 << damage_random(8);
		return f->size;
	default:
		while (times--) {
			size_t at = offsets[damage_random(count)] & ~(size_t)3;
			uint32_t word = interesting_word(f->size);

			if (at + 4 <= f->size)
				memcpy(f->data + at, &word, 4);
		}
		return f->size;
	}
}

unsigned int damage_many(bool (*survives)(const uint8_t *data, size_t size),
			 const struct damage_file *f, const struct damage_file *other,
			 unsigned int cases)
{
	struct damage_file damaged = { .data = malloc(f->size) };
	unsigned int bad = 0;
	size_t count, *offsets = structure(f, &count);

	while (cases--) {
		memcpy(damaged.data, f->data, f->size);
		damaged.size = f->size;
		damaged.size = damage(&damaged, offsets, count, other);
		bad += !survives(damaged.data, damaged.size);
	}
	free(damaged.data);
	free(offsets);
	return bad;
}
