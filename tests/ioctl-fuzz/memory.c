// SPDX-License-Identifier: MIT
/* User memory for the kernel to work on: good, at the end of a page, read-only, absent. */
#define _GNU_SOURCE	/* for mremap() */
#include <err.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "fuzz.h"
#include "npu.h"

/* Writable pages, one that is absent, one that is read-only, one that is absent */
#define WRITABLE	(24 * PAGE)
#define READ_ONLY	(WRITABLE + PAGE)
#define SCRATCH		(WRITABLE + 3 * PAGE)
/* A power of two: with a bit of it flipped, a pointer into the scratch memory points to nothing */
#define ROOM		(65536 * MIB)

static __thread struct thread *current;

static void on_fault(int number)
{
	if (current && current->guarded)
		siglongjmp(current->escape, 1);
	/* The fuzzer's own mistake: let it be seen */
	signal(number, SIG_DFL);
}

void memory_catch_faults(void)
{
	/* NODEFER: the signal stays unblocked when its handler is left for good */
	struct sigaction action = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

void memory_set_thread(struct thread *t)
{
	current = t;
}

void memory_init(struct thread *t)
{
	uint8_t *room = mmap(NULL, 2 * ROOM, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	t->scratch = (uint8_t *)(((uintptr_t)room + ROOM - 1) & ~(ROOM - 1)) + ROOM / 2;
	if (room == MAP_FAILED ||
	    mprotect(t->scratch, WRITABLE, PROT_READ | PROT_WRITE) ||
	    mprotect(t->scratch + READ_ONLY, PAGE, PROT_READ))
		err(1, "scratch memory");
	t->low = npu_compat_page();
}

bool copy_safely(struct thread *t, void *to, const void *from, size_t size)
{
	bool good = false;

	if (!sigsetjmp(t->escape, 0)) {
		t->guarded = true;
		memcpy(to, from, size);
		good = true;
	}
	t->guarded = false;
	return good;
}

uint8_t *window(struct world *w, unsigned int file, unsigned int bo)
{
	return w->windows + (file * FUZZ_BOS + bo) * FUZZ_WINDOW;
}

bool map_window(struct world *w, unsigned int file, unsigned int bo, size_t size,
		const struct mapping *how)
{
	void *map = mmap(NULL, size, how->protection, how->flags, how->fd, how->offset);

	if (map == MAP_FAILED)
		return false;
	if (mremap(map, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, window(w, file, bo)) ==
	    MAP_FAILED) {
		munmap(map, size);
		return false;
	}
	return true;
}

/* An address that is good for nothing, or that nobody expects */
static uint8_t *bad_place(struct thread *t, struct chooser *c, size_t size)
{
	static const uint64_t bad[] = {
		0, 8, 0x7ffffffff000, 0x800000000000, 0xffff800000000000, 0xffffffff81000000,
		0xfffffffffffff000, ~7ull, ~0ull,
	};

	switch (choose(c, 6)) {
	case 0: /* the last byte is the page's last */
		return t->scratch + WRITABLE - size;
	case 1: /* an end is missing */
		return t->scratch + WRITABLE - size / 2;
	case 2:
		return t->scratch + READ_ONLY;
	case 3: /* a buffer of the device, if it is mapped */
		return window(t->world, choose(c, FUZZ_FILES), choose(c, FUZZ_BOS)) +
		       choose(c, 3) * (PAGE - 16);
	case 4: /* misaligned */
		return t->scratch + t->used + 1 + choose(c, 7);
	default:
		return (uint8_t *)(uintptr_t)bad[choose(c, COUNT(bad))];
	}
}

void *place(struct thread *t, struct chooser *c, const void *data, size_t size)
{
	uint8_t *at = t->scratch + t->used;

	if (one_in(c, 24))
		at = bad_place(t, c, size);
	else if (t->used + size > WRITABLE)
		at = t->scratch;
	copy_safely(t, at, data, size);
	if (at >= t->scratch && at < t->scratch + WRITABLE)
		t->used = (size_t)(at - t->scratch + size + 7) & ~7ul;
	if (t->used > WRITABLE)
		t->used = WRITABLE;
	return at;
}
