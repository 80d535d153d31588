// SPDX-License-Identifier: MIT
#include "context.h"

#include <errno.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "program.h"

#define BLOCK_SIZE	(256u << 10)

struct v3c_block {
	struct v3c_block *next;
	size_t used;
	size_t size;
	alignas(max_align_t) unsigned char data[];
};

void *v3c_alloc(struct v3c_ctx *ctx, size_t count, size_t size)
{
	struct v3c_block *block = ctx->blocks;
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
		return NULL;
	bytes = (bytes + alignof(max_align_t)) & ~(alignof(max_align_t) - 1);
	if (!block || block->size - block->used < bytes) {
		size_t room = bytes > BLOCK_SIZE ? bytes : BLOCK_SIZE;

		if (room > ctx->left)
			return NULL;
		ctx->left -= room;
		block = calloc(1, sizeof(*block) + room);
		if (!block)
			return NULL;
		block->size = room;
		block->next = ctx->blocks;
		ctx->blocks = block;
	}
	block->used += bytes;
	return block->data + block->used - bytes;
}

void v3c_release(struct v3c_ctx *ctx)
{
	while (ctx->blocks) {
		struct v3c_block *next = ctx->blocks->next;

		free(ctx->blocks);
		ctx->blocks = next;
	}
}

int v3c_fail(struct v3c_ctx *ctx, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ctx->error, V3C_ERROR_SIZE, format, args);
	va_end(args);
	ctx->err = -err;
	ctx->op = -1;
	return ctx->err;
}

int v3c_no_memory(struct v3c_ctx *ctx)
{
	return v3c_fail(ctx, ENOMEM,
			"out of memory, or the model needs far more than its size to compile");
}
