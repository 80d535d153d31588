// SPDX-License-Identifier: MIT
/*
 * Programs: new ones and mutations of those that reached something new. What
 * is new the kernel's coverage says (Documentation/dev-tools/kcov.rst); without
 * it, programs are random.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

/* As the kernel has them; its header is not for programs' compilers everywhere */
#define KCOV_INIT_TRACE	_IOR('c', 1, unsigned long)
#define KCOV_ENABLE	_IO('c', 100)
#define KCOV_TRACE_PC	0
#define KCOV_ENTRIES	(64 * KIB)

bool coverage_open(struct thread *t)
{
	int fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (!ioctl(fd, KCOV_INIT_TRACE, KCOV_ENTRIES))
		t->kcov = mmap(NULL, KCOV_ENTRIES * sizeof(*t->kcov), PROT_READ | PROT_WRITE,
			       MAP_SHARED, fd, 0);
	if (t->kcov == MAP_FAILED)
		t->kcov = NULL;
	/* The file stays open: coverage ends with it */
	if (t->kcov && ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC))
		t->kcov = NULL;
	return t->kcov;
}

/* Set a bit of a map. Return whether it was not set before. */
static bool see(uint8_t *map, uint64_t bit)
{
	uint8_t mask = (uint8_t)(1 << bit % 8);

	return !(map[bit / 8] & mask) &&
	       !(__atomic_fetch_or(&map[bit / 8], mask, __ATOMIC_RELAXED) & mask);
}

/* Take over what the kernel recorded. Return whether there was something new. */
static bool coverage_take(struct thread *t)
{
	struct shared *shared = t->world->shared;
	uint64_t count = __atomic_load_n(&t->kcov[0], __ATOMIC_RELAXED);
	uint64_t pc, last = 0;
	bool new = false;

	for (uint64_t i = 0; i < count; i++) {
		pc = t->kcov[i + 1];
		/* The driver's code is less than these maps have bits */
		if (see(shared->pcs, pc % (8 * sizeof(shared->pcs))))
			__atomic_fetch_add(&shared->pcs_seen, 1, __ATOMIC_RELAXED);
		if (see(shared->edges, (pc ^ last * 31) % (8 * sizeof(shared->edges))))
			new = true;
		last = pc;
	}
	return new;
}

static void store(struct shared *shared, const struct fuzz_program *program)
{
	uint32_t at = __atomic_fetch_add(&shared->stored, 1, __ATOMIC_RELAXED);

	shared->corpus[at % FUZZ_CORPUS] = *program;
}

static void program_random(struct thread *t, struct fuzz_program *program)
{
	program->calls = 1 + (uint32_t)(fuzz_random(&t->rng) % FUZZ_CALLS);
	for (uint32_t i = 0; i < program->calls; i++)
		op_random(&t->rng, &program->call[i]);
}

static void program_mutate(struct thread *t, struct fuzz_program *program)
{
	struct shared *shared = t->world->shared;
	uint32_t kept = shared->stored < FUZZ_CORPUS ? shared->stored : FUZZ_CORPUS;
	uint64_t r = fuzz_random(&t->rng);
	struct fuzz_call *call;
	uint32_t at;

	*program = shared->corpus[r % kept];
	if (!program->calls || program->calls > FUZZ_CALLS)
		program->calls = FUZZ_CALLS;
	for (unsigned int changes = 1 + r / kept % 4; changes; changes--) {
		r = fuzz_random(&t->rng);
		at = r % program->calls;
		call = &program->call[at];
		r >>= 8;
		switch (r % 8) {
		case 0: /* another call */
			op_random(&t->rng, call);
			break;
		case 1: /* the same, again */
			if (program->calls < FUZZ_CALLS)
				program->call[program->calls++] = *call;
			break;
		case 2: /* the rest of another program */
			memcpy(call, &shared->corpus[(r >> 8) % kept].call[at],
			       (FUZZ_CALLS - at) * sizeof(*call));
			break;
		case 3: /* one call less */
			if (program->calls > 1)
				*call = program->call[--program->calls];
			break;
		default: /* another decision */
			call->choice[(r >> 8) % FUZZ_CHOICES] = (uint8_t)(r >> 16);
			break;
		}
	}
}

void program_step(struct thread *t)
{
	struct shared *shared = t->world->shared;
	struct fuzz_program program;

	if (shared->stored && fuzz_random(&t->rng) % 4)
		program_mutate(t, &program);
	else
		program_random(t, &program);
	if (t->kcov)
		__atomic_store_n(&t->kcov[0], 0, __ATOMIC_RELAXED);
	for (uint32_t i = 0; i < program.calls && !shared->stop; i++)
		op_call(t, &program.call[i]);
	__atomic_fetch_add(&shared->programs, 1, __ATOMIC_RELAXED);
	if (t->kcov && coverage_take(t))
		store(shared, &program);
}
