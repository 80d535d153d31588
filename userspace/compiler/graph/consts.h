/* SPDX-License-Identifier: MIT */
/*
 * The constants of a program: weights, output-stage constants, tables,
 * constant tensors. Equal ones are there once.
 */
#ifndef V3C_CONSTS_H
#define V3C_CONSTS_H

#include <stddef.h>
#include <stdint.h>

#include "compiler/base/context.h"

#define V3C_CONST_ALIGN	64

/**
 * struct v3c_consts - constants; zero but for @left at first
 * @data: the bytes, of malloc(); whoever ends the compilation frees or takes them
 * @size: how many
 * @room: how many fit
 * @left: bytes that may still be added
 * @slots: hash table of what is there; @slot_count of them, @used in use
 */
struct v3c_consts {
	uint8_t *data;
	size_t size;
	size_t room;
	uint64_t left;
	struct v3c_const_slot *slots;
	size_t slot_count;
	size_t used;
};

/*
 * Room for @size zeroed bytes, for the caller to fill in before
 * v3c_consts_end(); NULL with the error set if there is none.
 */
uint8_t *v3c_consts_begin(struct v3c_ctx *ctx, struct v3c_consts *consts, size_t size);

/* Keeps what v3c_consts_begin() gave, or the same bytes from before; sets their offset */
int v3c_consts_end(struct v3c_ctx *ctx, struct v3c_consts *consts, size_t size,
		   uint64_t *offset);

/* Both at once, with a copy of @data */
int v3c_consts_add(struct v3c_ctx *ctx, struct v3c_consts *consts, const void *data, size_t size,
		   uint64_t *offset);

#endif /* V3C_CONSTS_H */
