/* SPDX-License-Identifier: MIT */
/*
 * One compilation: memory that is freed at its end all at once, and its error.
 */
#ifndef V3C_CONTEXT_H
#define V3C_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

struct v3c_block;

/**
 * struct v3c_ctx - a compilation in progress
 * @blocks: memory of v3c_alloc()
 * @left: bytes that it may still allocate
 * @err: errno of the last v3c_fail(), negated
 * @op: number of the operator that it was about, -1 if of none
 * @error: V3C_ERROR_SIZE bytes for its text
 */
struct v3c_ctx {
	struct v3c_block *blocks;
	uint64_t left;
	int err;
	int op;
	char *error;
};

/**
 * v3c_alloc() - memory until v3c_release()
 * @ctx: compilation
 * @count: elements
 * @size: bytes of one
 *
 * Return: zeroed memory (never NULL for 0 bytes), or NULL: return
 * v3c_no_memory() then.
 */
void *v3c_alloc(struct v3c_ctx *ctx, size_t count, size_t size);

/* Frees all that v3c_alloc() gave */
void v3c_release(struct v3c_ctx *ctx);

/**
 * v3c_fail() - record why the compilation ends
 * @ctx: compilation
 * @err: positive errno
 * @format: one line, no period at the end
 *
 * Return: -@err. Whoever knows an operator to blame sets @ctx->op afterwards.
 */
int v3c_fail(struct v3c_ctx *ctx, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Return: -ENOMEM, recorded */
int v3c_no_memory(struct v3c_ctx *ctx);

#endif /* V3C_CONTEXT_H */
