/* SPDX-License-Identifier: MIT */
/*
 * The same work on many pictures: a thread for each processor, a picture at a
 * time for each, so that no thread waits for another within a picture.
 */
#ifndef V3Q_PARALLEL_H
#define V3Q_PARALLEL_H

#include <stdint.h>

#include "common/tool.h"

#define Q_WORKERS_MAX	16	/* each has a model's memory */

/* How many threads there will be for @count items: one a processor, at most Q_WORKERS_MAX */
uint32_t q_workers(uint32_t count);

/**
 * struct q_work - what there is to do
 * @what: word for the progress shown on a terminal; NULL for none
 * @count: items
 * @item: does item @item as thread @worker; 0 or -1 with @error set
 * @opaque: for @item
 */
struct q_work {
	const char *what;
	uint32_t count;
	int (*item)(void *opaque, uint32_t worker, uint32_t item, struct tool_error *error);
	void *opaque;
};

/**
 * q_parallel() - do all items, in the order of their numbers, several at a time
 * @work: what
 * @error: of the first item that failed; none is begun after it
 *
 * Return: 0 or -1 with @error set.
 */
int q_parallel(const struct q_work *work, struct tool_error *error);

#endif /* V3Q_PARALLEL_H */
