/* SPDX-License-Identifier: MIT */
/* Clients as processes of their own, and what they did in memory that all share. */
#ifndef TESTS_SOAK_CREW_H
#define TESTS_SOAK_CREW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "client.h"

#define CREW_MAX	64

/**
 * struct member - one of them
 * @name: for people
 * @kind: of its jobs
 * @priority: enum drm_v3npu_priority
 * @pid: process
 * @rounds: that ended well since crew_wait_rounds() asked
 * @tally: of all its jobs
 * @misses: what went otherwise than it must, @complaint says how the last time
 * @complaint: one line
 */
struct member {
	char name[32];
	enum client_kind kind;
	uint32_t priority;
	pid_t pid;
	atomic_uint rounds;
	struct tally tally;
	unsigned int misses;
	char complaint[160];
};

/**
 * struct crew - all of them
 * @stop: they shall end
 * @count: of them
 * @members: each writes only its own
 */
struct crew {
	atomic_bool stop;
	unsigned int count;
	struct member members[CREW_MAX];
};

/* What a member does, in its process, until @crew->stop. */
typedef void crew_function(struct crew *crew, struct member *member);

/* A crew without members; ends the program when there is no memory. */
struct crew *crew_new(void);

/* Start a process that calls @run. Return: it. */
struct member *crew_start(struct crew *crew, crew_function *run, const char *name,
			  enum client_kind kind, uint32_t priority);

/* Wait until each member of the first @count ended a round well. Return: false after @seconds. */
bool crew_wait_rounds(struct crew *crew, unsigned int count, unsigned int seconds);

/* Say of a member that something went wrong. */
void complain(struct member *member, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Tell all to end and wait for them. One that does not end in time, or not by
 * itself, has a miss more. Prints the complaints.
 */
void crew_join(struct crew *crew);

/* What the first @count members did, together. */
struct tally crew_tally(const struct crew *crew, unsigned int count);

/* The misses of all. */
unsigned int crew_misses(const struct crew *crew);

/* A number from the command line, at least 1; ends the program otherwise. */
unsigned int number_argument(int argc, char **argv, int index);

#endif /* TESTS_SOAK_CREW_H */
