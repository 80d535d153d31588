// SPDX-License-Identifier: MIT
#include <err.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crew.h"

/* A process that is told to end waits for its last jobs, on a slow machine */
#define END_S	120

struct crew *crew_new(void)
{
	struct crew *crew = mmap(NULL, sizeof(*crew), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (crew == MAP_FAILED)
		err(1, "shared memory");
	return crew;
}

struct member *crew_start(struct crew *crew, crew_function *run, const char *name,
			  enum client_kind kind, uint32_t priority)
{
	struct member *member = &crew->members[crew->count++];

	snprintf(member->name, sizeof(member->name), "%s", name);
	member->kind = kind;
	member->priority = priority;
	fflush(NULL);
	member->pid = fork();
	if (member->pid < 0)
		err(1, "fork");
	if (!member->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run(crew, member);
		_exit(0);
	}
	return member;
}

bool crew_wait_rounds(struct crew *crew, unsigned int count, unsigned int seconds)
{
	uint64_t end = now_us() + seconds * 1000000ull;
	bool all = false;

	for (unsigned int i = 0; i < count; i++)
		crew->members[i].rounds = 0;
	while (!all && now_us() < end) {
		usleep(2000);
		all = true;
		for (unsigned int i = 0; i < count; i++)
			all &= crew->members[i].rounds > 0;
	}
	return all;
}

void complain(struct member *member, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(member->complaint, sizeof(member->complaint), format, args);
	va_end(args);
	member->misses++;
}

static void join(struct member *member, uint64_t end)
{
	int status;
	pid_t pid;

	while (!(pid = waitpid(member->pid, &status, WNOHANG)) && now_us() < end)
		usleep(2000);
	if (!pid) {
		complain(member, "does not end");
		/* It may be stuck in the kernel, so nobody waits for that. */
		kill(member->pid, SIGKILL);
	} else if (status) {
		complain(member, "ended with status %#x", (unsigned int)status);
	}
}

void crew_join(struct crew *crew)
{
	uint64_t end = now_us() + END_S * 1000000ull;

	crew->stop = true;
	for (unsigned int i = 0; i < crew->count; i++) {
		struct member *member = &crew->members[i];

		join(member, end);
		if (member->misses)
			printf("# client %u (%s): %u times wrong, at last: %s\n", i, member->name,
			       member->misses, member->complaint);
	}
}

struct tally crew_tally(const struct crew *crew, unsigned int count)
{
	struct tally sum = {};

	for (unsigned int i = 0; i < count; i++) {
		const struct tally *tally = &crew->members[i].tally;

		sum.done += tally->done;
		sum.wrong += tally->wrong;
		sum.failed += tally->failed;
		if (tally->longest_us > sum.longest_us)
			sum.longest_us = tally->longest_us;
	}
	return sum;
}

unsigned int crew_misses(const struct crew *crew)
{
	unsigned int misses = 0;

	for (unsigned int i = 0; i < crew->count; i++)
		misses += crew->members[i].misses;
	return misses;
}

unsigned int number_argument(int argc, char **argv, int index)
{
	long number = index < argc ? strtol(argv[index], NULL, 10) : 0;

	if (number < 1 || number > 1000000)
		errx(2, "argument %d has to be a number from 1 to 1000000", index);
	return (unsigned int)number;
}
