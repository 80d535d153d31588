// SPDX-License-Identifier: MIT
/* See polls.h. */
#include <time.h>

#include "polls.h"

static struct {
	atomic_bool abort;
	uint64_t begun, limit, last, aborted;
	const char *name;
	struct polls polls;
} state;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Return: the time, up to which the engine has not looked */
static uint64_t note(const char *name)
{
	uint64_t now = now_ns();

	if (now - state.last > state.polls.longest) {
		state.polls.longest = now - state.last;
		state.polls.from = state.name;
		state.polls.to = name;
	}
	state.name = name;
	return now;
}

void polls_note(const char *name)
{
	uint64_t now = note(name);

	state.polls.looks++;
	if (!state.aborted && now - state.begun > state.limit) {
		state.aborted = now;
		atomic_store(&state.abort, true);
	}
	/* What noting takes is not the engine's */
	state.last = now_ns();
}

const atomic_bool *polls_begin(uint64_t ns)
{
	atomic_store(&state.abort, false);
	state.polls = (struct polls){ 0 };
	state.limit = ns;
	state.aborted = 0;
	state.name = "the start";
	state.begun = now_ns();
	state.last = state.begun;
	return &state.abort;
}

struct polls polls_end(void)
{
	uint64_t now = note("the end");

	if (state.aborted)
		state.polls.late = now - state.aborted;
	return state.polls;
}
