/* SPDX-License-Identifier: MIT */
/*
 * Jobs with a known result: a chain of copies, each through a table of its
 * own, from the input through SRAM (where there is room) to the output. What
 * comes out is what all tables together make of the input, which the CPU
 * computes too. A byte that is lost, late, or somebody else's is a wrong one.
 */
#ifndef TESTS_SOAK_CHAIN_H
#define TESTS_SOAK_CHAIN_H

#include <stdint.h>

/**
 * struct chain_shape - what a client's jobs are like
 * @depth: jobs that are queued at once, 1..CHAIN_DEPTH_MAX
 * @commands: copies of a job, at least 2
 * @bytes: that each of them copies
 * @stall_us: for which the NPU is kept busy in the middle of a job, where its
 *	intermediate bytes are in SRAM
 */
struct chain_shape {
	uint32_t depth;
	uint32_t commands;
	uint32_t bytes;
	uint32_t stall_us;
};

#define CHAIN_DEPTH_MAX	64

/**
 * struct tally - what a client's jobs came to
 * @done: jobs that ended well, with the right bytes
 * @wrong: jobs that ended well, with wrong bytes
 * @failed: jobs that ended with an error, or could not be submitted
 * @error: the last of these errors, negative
 * @longest_us: the longest that a job took, from when it was submitted and the one
 *	before it in its context was done, until it was done
 */
struct tally {
	uint64_t done;
	uint64_t wrong;
	uint64_t failed;
	int error;
	uint64_t longest_us;
};

struct chain;

/**
 * chain_open() - make a context of its own on an open device, and its buffers
 * @fd: device, the caller's
 * @shape: what the jobs are like
 * @priority: enum drm_v3npu_priority
 * @seed: of tables and bytes
 * @chain: the result, for chain_close()
 *
 * Return: 0 or a negative errno.
 */
int chain_open(int fd, const struct chain_shape *shape, uint32_t priority, uint32_t seed,
	       struct chain **chain);

/**
 * chain_run() - submit all jobs with new input, wait for them and look at the bytes
 * @chain: chain
 * @tally: to which the jobs are added
 *
 * Return: 0, or the first error of a job, negative; wrong bytes are none.
 */
int chain_run(struct chain *chain, struct tally *tally);

/**
 * chain_abandon() - submit all jobs and do not wait
 * @chain: chain, good only for chain_close() afterwards
 *
 * Return: 0 or a negative errno.
 */
int chain_abandon(struct chain *chain);

/* Frees it; what the kernel has is gone when the file is closed. */
void chain_close(struct chain *chain);

/* Microseconds of CLOCK_MONOTONIC. */
uint64_t now_us(void);

/* The next number of a sequence that @state continues. */
uint32_t next_random(uint32_t *state);

#endif /* TESTS_SOAK_CHAIN_H */
