/* SPDX-License-Identifier: MIT */
/* Clients that keep the NPU busy, look at every byte, and note what fails and for how long. */
#ifndef TESTS_INJECT_LOAD_H
#define TESTS_INJECT_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#define NUM_CLIENTS	4

/**
 * struct load_result - what happened to all clients since load_take()
 * @done: jobs that were done with the right bytes
 * @least: the same, of the client that had fewest
 * @wrong: jobs that were done with wrong bytes
 * @failed: jobs whose fence has an error, or that could not be submitted
 * @error: the last such error, a negative errno
 * @gap_ms: the longest time that some client waited from one good job to the next
 * @running: clients that have not stopped because the device is gone
 */
struct load_result {
	unsigned int done;
	unsigned int least;
	unsigned int wrong;
	unsigned int failed;
	int error;
	unsigned int gap_ms;
	unsigned int running;
};

/* Starts the clients, each with a file, a context and several jobs queued at all times */
void load_start(void);

/* Ends the clients. */
void load_stop(void);

/* Forget what happened so far */
void load_take(void);

struct load_result load_result(void);

/* Milliseconds of CLOCK_MONOTONIC */
uint64_t now_ms(void);

#endif /* TESTS_INJECT_LOAD_H */
