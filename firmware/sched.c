// SPDX-License-Identifier: MIT
/*
 * Contexts, their job rings, and whose job is next.
 *
 * A context is ready from its doorbell until its ring was seen empty. The
 * driver rings after it has written wptr, and a doorbell is collected before
 * the ring is looked at, so no job is missed. And a context whose last job was
 * taken is left alone until it rings: the driver may be tearing it down.
 */
#include <stddef.h>

#include "core.h"
#include "dma.h"
#include "log.h"
#include "panic.h"
#include "sched.h"
#include "v3npu/regs.h"

#define RING_ENTRIES_MAX	256

static struct v3npu_ctx_desc contexts[V3NPU_NUM_CTX];	/* as last read */
static __u32 ready[V3NPU_NUM_PRIO][DOORBELL_WORDS];
static __u32 complained[DOORBELL_WORDS];	/* told once what is wrong, until it is right */
static __u32 last_ctx[V3NPU_NUM_PRIO];
static __u64 table;

static void set_bit(__u32 *words, __u32 bit)
{
	words[bit / 32] |= 1u << bit % 32;
}

static void clear_bit(__u32 *words, __u32 bit)
{
	words[bit / 32] &= ~(1u << bit % 32);
}

/* One line for each context that is malformed, however often it rings */
static bool complain(__u32 ctx)
{
	bool first = !(complained[ctx / 32] & 1u << ctx % 32);

	set_bit(complained, ctx);
	return first;
}

static bool desc_valid(const struct v3npu_ctx_desc *desc)
{
	__u32 entries = desc->ring_entries;

	return entries >= 2 && entries <= RING_ENTRIES_MAX && !(entries & (entries - 1)) &&
	       desc->as >= 1 && desc->as < V3NPU_NUM_AS && desc->priority < V3NPU_NUM_PRIO &&
	       !desc->reserved[0] && !desc->reserved[1] && !desc->reserved[2] &&
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
	unsigned int prio;

	for (prio = 0; prio < V3NPU_NUM_PRIO; prio++)
		clear_bit(ready[prio], ctx);
	read_desc(ctx);
	if (!desc->ring_entries)
		return;
	if (desc_valid(desc)) {
		set_bit(ready[desc->priority], ctx);
		return;
	}
	if (complain(ctx))
		log_error("context %lu: bad descriptor: ring %llx entries %lu as %lu priority %lu",
			  ctx, desc->ring, desc->ring_entries, desc->as, desc->priority);
}

static void collect(void)
{
	unsigned int word, bit;
	__u32 rung;

	core_poll();
	for (word = 0; word < DOORBELL_WORDS; word++) {
		rung = core_take_doorbells(word);
		for (bit = 0; rung; bit++, rung >>= 1)
			if (rung & 1)
				refresh(word * 32 + bit);
	}
}

/* The first ready context after the one that was last served; -1 if there is none */
static int next_ready(unsigned int prio)
{
	__u32 first = (last_ctx[prio] + 1) % V3NPU_NUM_CTX, word = first / 32;
	__u32 bits = ready[prio][word] & ~0u << first % 32;
	unsigned int i, bit;

	for (i = 0; !bits && i < DOORBELL_WORDS; i++) {
		word = (word + 1) % DOORBELL_WORDS;
		bits = ready[prio][word];
	}
	if (!bits)
		return -1;
	for (bit = 0; !(bits & 1); bit++)
		bits >>= 1;
	return (int)(word * 32 + bit);
}

enum take { TAKE_NONE, TAKE_LAST, TAKE_MORE };

/* Takes the first entry of a context's ring */
static enum take take(__u32 ctx, struct v3npu_job *entry)
{
	const struct v3npu_ctx_desc *desc = &contexts[ctx];
	struct v3npu_job_ring ring;
	__u64 base = desc->ring, addr;
	__u32 used;

	if (dma_read(V3NPU_AS_SYSTEM, &ring, base, sizeof(ring), NULL))
		goto no_access;
	used = ring.wptr - ring.rptr;
	if (used > desc->ring_entries) {
		if (complain(ctx))
			log_error("context %lu: bad ring: wptr %lx rptr %lx entries %lu", ctx,
				  ring.wptr, ring.rptr, desc->ring_entries);
		return TAKE_NONE;
	}
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
	if (dma_read(V3NPU_AS_SYSTEM, entry, addr, sizeof(*entry), NULL))
		goto no_access;
	ring.rptr++;
	if (dma_write(V3NPU_AS_SYSTEM, base + offsetof(struct v3npu_job_ring, rptr), &ring.rptr,
		      sizeof(ring.rptr)))
		goto no_access;
	clear_bit(complained, ctx);
	return used > 1 ? TAKE_MORE : TAKE_LAST;

no_access:
	if (complain(ctx))
		log_error("context %lu: ring at %llx: no access", ctx, desc->ring);
	return TAKE_NONE;
}

void sched_init(__u64 ctx_table)
{
	unsigned int prio;

	table = ctx_table;
	for (prio = 0; prio < V3NPU_NUM_PRIO; prio++)
		last_ctx[prio] = V3NPU_NUM_CTX - 1;
}

bool sched_next(struct job *job)
{
	struct v3npu_job entry;
	enum take taken;
	int prio, ctx;

	collect();
	for (prio = V3NPU_NUM_PRIO - 1; prio >= 0; prio--) {
		while ((ctx = next_ready((unsigned int)prio)) >= 0) {
			last_ctx[prio] = (__u32)ctx;
			taken = take((__u32)ctx, &entry);
			if (taken != TAKE_MORE)
				clear_bit(ready[prio], (__u32)ctx);
			if (taken == TAKE_NONE)
				continue;
			job_init(job, (__u32)ctx, contexts[ctx].as, &entry);
			return true;
		}
	}
	return false;
}
