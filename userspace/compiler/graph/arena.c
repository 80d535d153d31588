// SPDX-License-Identifier: MIT
/*
 * Where in the arena each buffer is. Buffers that are in use at the same time
 * must not overlap; the largest ones choose first, each the lowest gap that is
 * wide enough, which is within a few percent of the lower bound on real models.
 */
#include <errno.h>
#include <stdlib.h>

#include "compiler/base/program.h"
#include "passes.h"

#define ARENA_ALIGN	64

static int larger_first(const void *a, const void *b)
{
	const struct ir_buffer *x = *(struct ir_buffer *const *)a;
	const struct ir_buffer *y = *(struct ir_buffer *const *)b;

	if (x->size != y->size)
		return x->size < y->size ? 1 : -1;
	/* Any fixed order does; this one makes programs reproducible */
	return x < y ? -1 : 1;
}

void v3c_align_buffer(struct ir_buffer *b)
{
	b->size = (b->size + ARENA_ALIGN - 1) & ~(uint64_t)(ARENA_ALIGN - 1);
}

uint64_t v3c_lowest_gap(struct ir_buffer **placed, int count, const struct ir_buffer *b)
{
	uint64_t offset = 0;
	int i;

	for (i = 0; i < count; i++) {
		const struct ir_buffer *p = placed[i];

		if (p->first > b->last || p->last < b->first)
			continue;
		if (p->offset >= offset + b->size)
			break;
		if (p->offset + p->size > offset)
			offset = p->offset + p->size;
	}
	return offset;
}

void v3c_insert_buffer(struct ir_buffer **placed, int count, struct ir_buffer *b)
{
	int k;

	for (k = count; k > 0 && placed[k - 1]->offset > b->offset; k--)
		placed[k] = placed[k - 1];
	placed[k] = b;
}

int v3c_plan_arena(struct v3c_ctx *ctx, struct ir_graph *g, bool reuse, uint64_t *size)
{
	struct ir_buffer **todo = v3c_alloc(ctx, g->buffer_count, sizeof(struct ir_buffer *));
	struct ir_buffer **placed = v3c_alloc(ctx, g->buffer_count, sizeof(struct ir_buffer *));
	int count = 0, i;

	if (!todo || !placed)
		return v3c_no_memory(ctx);
	for (i = 0; i < g->buffer_count; i++) {
		struct ir_buffer *b = &g->buffers[i];

		if (b->region != V3C_REGION_ARENA || b->first < 0)
			continue;
		v3c_align_buffer(b);
		todo[count++] = b;
	}
	qsort(todo, count, sizeof(*todo), larger_first);
	*size = 0;
	for (i = 0; i < count; i++) {
		struct ir_buffer *b = todo[i];

		b->offset = reuse ? v3c_lowest_gap(placed, i, b) : *size;
		v3c_insert_buffer(placed, i, b);
		if (b->offset + b->size > *size)
			*size = b->offset + b->size;
	}
	if (*size > V3C_MAX_ARENA)
		return v3c_fail(ctx, ENOTSUP,
				"its intermediate tensors need %llu MiB, at most %llu are "
				"supported",
				(unsigned long long)(*size >> 20),
				(unsigned long long)(V3C_MAX_ARENA >> 20));
	return 0;
}
