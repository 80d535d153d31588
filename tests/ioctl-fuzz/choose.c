// SPDX-License-Identifier: MIT
/* Decisions from a call's bytes, and numbers worth trying. */
#include <string.h>

#include "fuzz.h"
#include "v3npu/regs.h"

uint64_t fuzz_random(uint64_t *rng)
{
	/* splitmix64, Steele, Lea, Flood: "Fast splittable pseudorandom number generators" */
	uint64_t z = *rng += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* Past the end they come again, changed, but zeros stay zeros. */
static uint32_t next_byte(struct chooser *c)
{
	unsigned int at = c->used++;
	uint32_t round = at / FUZZ_CHOICES;
	uint32_t byte = c->call->choice[at % FUZZ_CHOICES];

	return (byte * (1 + 90 * round) ^ byte >> (round & 3)) & 0xff;
}

static uint32_t first_byte(struct chooser *c)
{
	return c->used < FUZZ_CHOICES ? c->call->choice[c->used++] : next_byte(c);
}

uint32_t choose(struct chooser *c, uint32_t n)
{
	uint32_t value = first_byte(c);

	for (uint32_t range = 256; range < n && range; range <<= 8)
		value = value << 8 | first_byte(c);
	return value % n;
}

bool one_in(struct chooser *c, uint32_t n)
{
	return choose(c, n) == n - 1;
}

uint64_t choose_value(struct thread *t, struct chooser *c)
{
	static const uint64_t limits[] = {
		0, 1, 2, 7, 8, 255, 256, PAGE - 1, PAGE, PAGE + 1, 65536, 2 * MIB, 16 * MIB,
		16 * MIB + 8, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff, 0x100000000,
		V3NPU_VA_DRAM_END - 8, V3NPU_VA_DRAM_END, V3NPU_VA_SRAM + 64,
		1ull << V3NPU_VA_BITS, 0x7ffffffffffff000, 0x7fffffffffffffff,
		0x8000000000000000, 0xfffffffffffff000, ~7ull, ~0ull,
	};
	struct world *w = t->world;
	struct file *f = &w->files[choose(c, FUZZ_FILES)];
	const struct bo *bo;

	switch (choose(c, 8)) {
	case 0:
		return choose(c, 16);
	case 1:
		return limits[choose(c, COUNT(limits))];
	case 2:
		return limits[choose(c, COUNT(limits))] + choose(c, 17) - 8;
	case 3:
		return 1ull << choose(c, 64);
	case 4:
		return w->shared->gossip[choose(c, FUZZ_GOSSIP)] + choose(c, 3) * PAGE;
	case 5:
		bo = &f->bos[choose(c, FUZZ_BOS)];
		return bo->va + bo->size - choose(c, 3) * 8;
	case 6:
		bo = &f->bos[choose(c, FUZZ_BOS)];
		return choose(c, 2) ? bo->handle : f->ctxs[choose(c, FUZZ_CTXS)];
	default:
		return (uint64_t)choose(c, 65536) << 32 | choose(c, 65536) << 16 | choose(c, 65536);
	}
}

void mutate(struct thread *t, struct chooser *c, void *data, size_t size)
{
	size_t width = 1u << choose(c, 4);
	uint8_t *bytes = data;
	uint64_t value;
	size_t at;

	if (size < width)
		return;
	at = choose(c, (uint32_t)(size / width)) * width;
	switch (choose(c, 4)) {
	case 0:
		bytes[at] ^= (uint8_t)(1 << choose(c, 8));
		break;
	case 1:
		memcpy(&value, bytes + at, 1);
		bytes[at] = (uint8_t)(value + choose(c, 5) - 2);
		break;
	default:
		value = choose_value(t, c);
		memcpy(bytes + at, &value, width);
		break;
	}
}
