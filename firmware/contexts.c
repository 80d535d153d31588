// SPDX-License-Identifier: MIT
/*
 * Contexts and their job rings.
 *
 * A context is ready from its doorbell until its ring was seen empty. The
 * driver rings after it has written wptr, and a doorbell is collected before
 * the ring is looked at, so no job is missed. And a context whose last job was
 * taken is left alone until it rings: the driver may be tearing it down.
 */
#include <stddef.h>

#include "bits.h"
#include "contexts.h"
#include "core.h"
#include "dma.h"
#include "log.h"
#include "panic.h"
#include "turns.h"
#include "v3npu/regs.h"

#define RING_ENTRIES_MAX	256

static struct v3npu_ctx_desc contexts[V3NPU_NUM_CTX];	/* as last read */
static __u32 ready[V3NPU_NUM_PRIO][DOORBELL_WORDS];
static __u32 num_ready[V3NPU_NUM_PRIO];
static __u32 cancelled[DOORBELL_WORDS];	/* of those that are ready */
static __u32 complained[DOORBELL_WORDS];	/* told once what is wrong, until it is right */
static __u64 table;

static void set_ready(__u32 prio, __u32 ctx)
{
	num_ready[prio] += !test_bit(ready[prio], ctx);
	set_bit(ready[prio], ctx);
	if (contexts_cancelled(ctx))
		set_bit(cancelled, ctx);
}

static void clear_ready(__u32 prio, __u32 ctx)
{
	num_ready[prio] -= test_bit(ready[prio], ctx);
	clear_bit(ready[prio], ctx);
	clear_bit(cancelled, ctx);
}

/* One line for each context that is malformed, however often it rings */
static bool complain(__u32 ctx)
{
	bool first = !test_bit(complained, ctx);

	set_bit(complained, ctx);
	return first;
}

static bool desc_valid(const struct v3npu_ctx_desc *desc)
{
	__u32 entries = desc->ring_entries;

	return entries >= 2 && entries <= RING_ENTRIES_MAX && !(entries & (entries - 1)) &&
	       desc->as >= 1 && desc->as < V3NPU_NUM_AS && desc->priority < V3NPU_NUM_PRIO &&
	       !(desc->flags & ~V3NPU_CTX_CANCELLED) && desc->user < V3NPU_NUM_CTX &&
	       !desc->reserved &&
	       desc->ring < V3NPU_VA_DRAM_END - sizeof(struct v3npu_job_ring) -
			    RING_ENTRIES_MAX * sizeof(struct v3npu_job);
}

static void read_desc(__u32 ctx)
{
	struct v3npu_ctx_desc *desc = &contexts[ctx];

	if (dma_read(V3NPU_AS_SYSTEM, desc, table + ctx * sizeof(*desc), sizeof(*desc), NULL)) {
		log_error("context table at %llx: no access", table);
		halt(V3NPU_HALT_SYSTEM_DMA);
	}
}

static void refresh(__u32 ctx)
{
	struct v3npu_ctx_desc *desc = &contexts[ctx];
	__u32 prio;

	for (prio = 0; prio < V3NPU_NUM_PRIO; prio++)
		clear_ready(prio, ctx);
	read_desc(ctx);
	if (!desc->ring_entries)
		return;
	if (desc_valid(desc)) {
		set_ready(desc->priority, ctx);
		return;
	}
	if (complain(ctx))
		log_error("context %lu: bad descriptor: ring %llx entries %lu as %lu priority %lu",
			  ctx, desc->ring, desc->ring_entries, desc->as, desc->priority);
}

bool contexts_collect(void)
{
	int ctx;

	core_poll();
	ctx = core_take_doorbell();
	if (ctx < 0)
		return false;
	do {
		refresh((__u32)ctx);
		ctx = core_take_doorbell();
	} while (ctx >= 0);
	return true;
}

bool contexts_exists(__u32 ctx)
{
	read_desc(ctx);
	return contexts[ctx].ring_entries;
}

bool contexts_cancelled(__u32 ctx)
{
	return contexts[ctx].flags & V3NPU_CTX_CANCELLED;
}

bool contexts_ready(__u32 prio)
{
	return num_ready[prio];
}

/* The ready context whose turn it is; -1 if there is none */
static int next_ready(__u32 prio)
{
	__u32 word, bits, ctx;
	int best = -1;

	if (!num_ready[prio])
		return -1;
	for (word = 0; word < DOORBELL_WORDS; word++) {
		for (bits = ready[prio][word]; bits; bits &= bits - 1) {
			ctx = word * 32 + first_bit(bits);
			if (best < 0 || turns_before(ctx, &contexts[ctx], (__u32)best,
						     &contexts[best]))
				best = (int)ctx;
		}
	}
	return best;
}

/*
 * What went wrong with a ring goes wrong for good reason if the driver has taken
 * the context down since its descriptor was read.
 */
static bool is_gone(__u32 ctx)
{
	__u64 ring = contexts[ctx].ring;

	read_desc(ctx);
	return !contexts[ctx].ring_entries || contexts[ctx].ring != ring;
}

static void no_access(__u32 ctx)
{
	if (!is_gone(ctx) && complain(ctx))
		log_error("context %lu: ring at %llx: no access", ctx, contexts[ctx].ring);
}

/* Reads the indices of a context's ring. Return: how many jobs it has, 0 if that is not right */
static __u32 look(__u32 ctx, struct v3npu_job_ring *ring)
{
	const struct v3npu_ctx_desc *desc = &contexts[ctx];
	__u32 used;

	if (dma_read(V3NPU_AS_SYSTEM, ring, desc->ring, sizeof(*ring), NULL)) {
		no_access(ctx);
		return 0;
	}
	used = ring->wptr - ring->rptr;
	if (used <= desc->ring_entries)
		return used;
	if (!is_gone(ctx) && complain(ctx))
		log_error("context %lu: bad ring: wptr %lx rptr %lx entries %lu", ctx,
			  ring->wptr, ring->rptr, desc->ring_entries);
	return 0;
}

bool contexts_have_job(__u32 prio)
{
	struct v3npu_job_ring ring;
	int ctx;

	while ((ctx = next_ready(prio)) >= 0) {
		if (look((__u32)ctx, &ring))
			return true;
		clear_ready(prio, (__u32)ctx);
	}
	return false;
}

enum take { TAKE_NONE, TAKE_LAST, TAKE_MORE };

/* Takes the first entry of a context's ring */
static enum take take(__u32 ctx, struct v3npu_job *entry)
{
	const struct v3npu_ctx_desc *desc = &contexts[ctx];
	struct v3npu_job_ring ring;
	__u64 base = desc->ring, addr;
	__u32 used;

	used = look(ctx, &ring);
	if (!used)
		return TAKE_NONE;

	/*
	 * The driver writes the descriptor before wptr: read after it, so that a
	 * job never runs in the address space of an earlier one. If another
	 * context has the number by now, its doorbell is on its way.
	 */
	read_desc(ctx);
	if (!desc_valid(desc) || desc->ring != base || used > desc->ring_entries)
		return TAKE_NONE;

	addr = base + sizeof(ring) + (ring.rptr & (desc->ring_entries - 1)) * sizeof(*entry);
	if (dma_read(V3NPU_AS_SYSTEM, entry, addr, sizeof(*entry), NULL)) {
		no_access(ctx);
		return TAKE_NONE;
	}
	ring.rptr++;
	if (dma_write(V3NPU_AS_SYSTEM, base + offsetof(struct v3npu_job_ring, rptr), &ring.rptr,
		      sizeof(ring.rptr))) {
		no_access(ctx);
		return TAKE_NONE;
	}
	clear_bit(complained, ctx);
	return used > 1 ? TAKE_MORE : TAKE_LAST;
}

void contexts_init(__u64 ctx_table)
{
	table = ctx_table;
}

/* The next job of a context that is ready at @prio */
static bool take_job(__u32 ctx, __u32 prio, struct job *job)
{
	struct v3npu_job entry;
	enum take taken = take(ctx, &entry);

	if (taken != TAKE_MORE)
		clear_ready(prio, ctx);
	if (taken == TAKE_NONE)
		return false;
	job_init(job, ctx, contexts[ctx].as, prio, &entry);
	return true;
}

bool contexts_take(__u32 prio, struct job *job)
{
	int ctx;

	while ((ctx = next_ready(prio)) >= 0) {
		if (take_job((__u32)ctx, prio, job)) {
			turns_take((__u32)ctx, &contexts[ctx]);
			return true;
		}
	}
	return false;
}

/* A cancelled context that is ready, and is not @but; -1 if there is none */
static int next_cancelled(__u32 but)
{
	__u32 word, bits, ctx;

	for (word = 0; word < DOORBELL_WORDS; word++) {
		for (bits = cancelled[word]; bits; bits &= bits - 1) {
			ctx = word * 32 + first_bit(bits);
			if (ctx != but)
				return (int)ctx;
		}
	}
	return -1;
}

bool contexts_take_cancelled(__u32 but, struct job *job)
{
	int ctx;

	while ((ctx = next_cancelled(but)) >= 0)
		if (take_job((__u32)ctx, contexts[ctx].priority, job))
			return true;
	return false;
}
