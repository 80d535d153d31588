/* SPDX-License-Identifier: MIT */
/*
 * The ioctl fuzzer's parts.
 *
 * A program is a few calls; a call is the number of an operation (ops.c) and
 * bytes from which the operation takes every decision it has (choose()). So
 * any bytes are a program, and programs can be mutated without knowing what
 * they mean. All zeros are the most ordinary choices.
 */
#ifndef TESTS_IOCTL_FUZZ_H
#define TESTS_IOCTL_FUZZ_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "drm/v3npu_accel.h"

#define PAGE		4096ul
#define KIB		1024ul
#define MIB		(1024ul * KIB)
#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

#define FUZZ_CHOICES	31
#define FUZZ_CALLS	24	/* of a program, at most */
#define FUZZ_CORPUS	4096	/* programs kept */
#define FUZZ_OPS_MAX	64

/* What a process has at once, at most. Older ones are closed for newer ones. */
#define FUZZ_FILES	4
#define FUZZ_BOS	16	/* of a file */
#define FUZZ_CTXS	8	/* of a file */
#define FUZZ_SYNCOBJS	12	/* of a file */
#define FUZZ_FDS	16	/* that are no files of the device */
#define FUZZ_GOSSIP	64	/* addresses that all processes know of each other */

/* Each buffer has a place of its own to be mapped to. */
#define FUZZ_WINDOW	(2 * MIB)

struct fuzz_call {
	uint8_t op;
	uint8_t choice[FUZZ_CHOICES];
};

struct fuzz_program {
	uint32_t calls;
	struct fuzz_call call[FUZZ_CALLS];
};

/* Where in a call's bytes the next decision is. */
struct chooser {
	const struct fuzz_call *call;
	unsigned int used;
};

/**
 * struct shared - what all processes see
 * @stop: everybody is to end
 * @ioctls: calls of ioctl()
 * @compat_ioctls: those of them that 32-bit programs make
 * @programs: programs run
 * @streams: command streams submitted and accepted
 * @since_hang: ioctls since a job was last made to hang
 * @op_calls: runs of each operation
 * @victim_jobs: jobs of the victim that were right
 * @victim_failed: why the victim ended, empty if it did not
 * @gossip: NPU addresses of anybody's buffers
 * @told: addresses that were told
 * @stored: programs that were stored in @corpus
 * @corpus: programs that reached something new; may be torn, which harms nobody
 * @edges: pairs of program counters that were seen (a bit each, hashed)
 * @pcs: program counters that were seen (a bit each)
 * @pcs_seen: bits set in @pcs
 */
struct shared {
	bool stop;
	uint64_t ioctls;
	uint64_t compat_ioctls;
	uint64_t programs;
	uint64_t streams;
	uint64_t since_hang;
	uint64_t op_calls[FUZZ_OPS_MAX];
	uint64_t victim_jobs;
	char victim_failed[128];
	uint64_t gossip[FUZZ_GOSSIP];
	uint32_t told;
	uint32_t stored;
	uint32_t pcs_seen;
	struct fuzz_program corpus[FUZZ_CORPUS];
	uint8_t edges[128 * KIB];
	uint8_t pcs[2 * MIB];
};

struct bo {
	uint32_t handle;
	uint64_t va;
	uint64_t size;
	uint64_t mapped;	/* bytes at its window */
	uint32_t stream;	/* bytes of the command stream at its start */
};

struct file {
	int fd;
	struct bo bos[FUZZ_BOS];
	uint32_t ctxs[FUZZ_CTXS];
	uint64_t number;	/* that of a job, of any of its contexts */
	uint32_t syncobjs[FUZZ_SYNCOBJS];
};

/* What the threads of a process share, without locks: races are wanted. */
struct world {
	struct shared *shared;
	struct file files[FUZZ_FILES];
	int fds[FUZZ_FDS];
	uint8_t *windows;	/* FUZZ_FILES * FUZZ_BOS */
	uint64_t ram;		/* bytes of the machine */
	uint32_t hang_usec;	/* longer than the job timeout */
	uint32_t hang_every;	/* ioctls between hangs */
	bool all_compat;	/* all ioctls are those of 32-bit programs */
};

/**
 * struct thread - one that runs programs
 * @world: its process's
 * @rng: state of the generator of programs
 * @scratch: pages for what ioctls point to
 * @used: bytes of them that the present call uses
 * @low: a page below 4 GiB, for what 32-bit programs do; NULL where they cannot
 * @kcov: what the kernel writes program counters to, or NULL
 * @depth: operations that are within each other (repeat, fork)
 * @guarded: @escape is set
 * @escape: where a fault of the process itself leads
 */
struct thread {
	struct world *world;
	uint64_t rng;
	uint8_t *scratch;
	size_t used;
	uint8_t *low;
	uint64_t *kcov;
	unsigned int depth;
	bool guarded;
	sigjmp_buf escape;
};

/* choose.c: decisions and values */

/* A random number, from the state. */
uint64_t fuzz_random(uint64_t *rng);
/* 0..n-1; n at least 1 */
uint32_t choose(struct chooser *c, uint32_t n);
/* True once in @n times, and never for zeros. */
bool one_in(struct chooser *c, uint32_t n);
/* A number that is likely to be at a limit of something, or means something alive. */
uint64_t choose_value(struct thread *t, struct chooser *c);
/* Change a field or some bytes of @data. */
void mutate(struct thread *t, struct chooser *c, void *data, size_t size);

/* memory.c: user memory, good and bad */

/* Make the thread's scratch memory. Ends the program when there is none. */
void memory_init(struct thread *t);
/* Install the handlers that turn faults within copy_safely() into a failure. */
void memory_catch_faults(void);
/* The thread whose faults are caught. */
void memory_set_thread(struct thread *t);
/* Copy, unless one of both is not accessible. Return whether it was. */
bool copy_safely(struct thread *t, void *to, const void *from, size_t size);
/* Put data at an address for the kernel, which now and then is a bad one. */
void *place(struct thread *t, struct chooser *c, const void *data, size_t size);
/* Where a file's buffer is mapped when it is. */
uint8_t *window(struct world *w, unsigned int file, unsigned int bo);

/**
 * struct mapping - what mmap() is asked for
 * @protection: PROT_*
 * @flags: MAP_*
 * @fd: file
 * @offset: in it
 */
struct mapping {
	int protection;
	int flags;
	int fd;
	off_t offset;
};

/*
 * Maps something into a window, in place of what is there. Not with MAP_FIXED: if that fails it
 * leaves a hole, and what malloc() puts there other threads write to. Return: whether it is mapped.
 */
bool map_window(struct world *w, unsigned int file, unsigned int bo, size_t size,
		const struct mapping *how);

/* program.c: programs, and which of them are worth keeping */

/* Open the kernel's coverage of this thread. Return whether there is one. */
bool coverage_open(struct thread *t);
/* Make a program, new or of the corpus's, run it, and store it if it was new. */
void program_step(struct thread *t);

/* stream.c */

/* Write a command stream of at most @size bytes. Return its bytes, a multiple of 8. */
uint32_t stream_make(struct thread *t, struct chooser *c, uint8_t *to, uint32_t size);

/* ops.c, ops_driver.c, ops_submit.c, ops_drm.c, ops_fd.c: the operations */

typedef void (*op_run)(struct thread *t, struct chooser *c);

/**
 * struct op - an operation
 * @name: for people
 * @weight: how often it is chosen, relative to the others
 * @run: does it
 */
struct op {
	const char *name;
	unsigned int weight;
	op_run run;
};

extern const struct op fuzz_ops[];
extern const unsigned int fuzz_op_count;

/* Run one call. */
void op_call(struct thread *t, const struct fuzz_call *call);
/* A random call. */
void op_random(uint64_t *rng, struct fuzz_call *call);
/*
 * An ioctl with arguments of at most 256 bytes, which are mutated now and then
 * and hold what the kernel wrote afterwards. Return: 0, or -errno.
 */
int op_ioctl(struct thread *t, struct chooser *c, int fd, unsigned long request, void *args);
/* A file of the process. */
struct file *choose_file(struct thread *t, struct chooser *c, unsigned int *index);
/* The number of something alive, now and then of another file or of nothing. */
uint32_t choose_handle(struct thread *t, struct chooser *c, struct file *f);
uint32_t choose_ctx(struct thread *t, struct chooser *c, struct file *f);
uint32_t choose_syncobj(struct thread *t, struct chooser *c, struct file *f);
/* An absolute time, mostly soon; waits for ever are ended by a signal. */
int64_t choose_time(struct chooser *c);
/* Keep a descriptor among the process's others. */
void keep_fd(struct thread *t, struct chooser *c, int fd);
/* One of them, or -1. */
int choose_fd(struct thread *t, struct chooser *c);
/* A buffer that the file has, if it has any. */
unsigned int choose_bo(struct chooser *c, const struct file *f);
/*
 * Open a file anew, with some buffers, contexts and syncobjs; what it had goes
 * with the former one. Return whether it could be opened.
 */
bool open_file(struct world *w, unsigned int index);

void op_dev_query(struct thread *t, struct chooser *c);
void op_bo_create(struct thread *t, struct chooser *c);
void op_bo_mmap(struct thread *t, struct chooser *c);
void op_bo_munmap(struct thread *t, struct chooser *c);
void op_bo_touch(struct thread *t, struct chooser *c);
void op_bo_info(struct thread *t, struct chooser *c);
void op_bo_wait(struct thread *t, struct chooser *c);
void op_bo_close(struct thread *t, struct chooser *c);
void op_ctx_create(struct thread *t, struct chooser *c);
void op_ctx_destroy(struct thread *t, struct chooser *c);
void op_ctx_query(struct thread *t, struct chooser *c);
void op_stream(struct thread *t, struct chooser *c);
void op_submit(struct thread *t, struct chooser *c);
void op_submit_many(struct thread *t, struct chooser *c);
void op_job_query(struct thread *t, struct chooser *c);

void op_syncobj_create(struct thread *t, struct chooser *c);
void op_syncobj_destroy(struct thread *t, struct chooser *c);
void op_syncobj_array(struct thread *t, struct chooser *c);
void op_syncobj_wait(struct thread *t, struct chooser *c);
void op_syncobj_timeline(struct thread *t, struct chooser *c);
void op_syncobj_transfer(struct thread *t, struct chooser *c);
void op_syncobj_export(struct thread *t, struct chooser *c);
void op_syncobj_import(struct thread *t, struct chooser *c);
void op_prime_export(struct thread *t, struct chooser *c);
void op_prime_import(struct thread *t, struct chooser *c);
void op_flink(struct thread *t, struct chooser *c);
void op_drm_other(struct thread *t, struct chooser *c);
void op_any_number(struct thread *t, struct chooser *c);
void op_raw(struct thread *t, struct chooser *c);

void op_reopen(struct thread *t, struct chooser *c);
void op_dup(struct thread *t, struct chooser *c);
void op_close_fd(struct thread *t, struct chooser *c);
void op_poll(struct thread *t, struct chooser *c);
void op_dma_buf(struct thread *t, struct chooser *c);
void op_foreign_buffer(struct thread *t, struct chooser *c);
void op_sync_file(struct thread *t, struct chooser *c);
void op_sw_sync(struct thread *t, struct chooser *c);
void op_read_kernel_files(struct thread *t, struct chooser *c);
void op_repeat(struct thread *t, struct chooser *c);
void op_fork(struct thread *t, struct chooser *c);

/* stuck.c */

/* Print what the fuzzer's and the driver's threads are doing, as TAP comments. */
void stuck_print(void);
/* Whether another process of the fuzzer has a thread in a system call that it should be done with. */
bool stuck_in_call(void);

/* victim.c */

/*
 * Run jobs until all is to stop, and look whether they compute what they
 * should while others do what they want. Ends the process.
 */
void victim_run(struct shared *shared);
/* One such job on a new file. Return NULL, or what went wrong. */
const char *victim_once(void);

#endif /* TESTS_IOCTL_FUZZ_H */
