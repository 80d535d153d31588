/* SPDX-License-Identifier: MIT */
/*
 * How long the engine computes between looks for an abort. Included before each
 * of the engine's files where they are compiled for that, so that every look is
 * noted. Processor time counts, which does not pass while a busy machine runs
 * something else. For one thread.
 */
#ifndef V3NPU_TESTS_POLLS_H
#define V3NPU_TESTS_POLLS_H

#include "internal.h"

#define v3npu_run_stopped(run) (polls_note(__func__), v3npu_run_stopped(run))

/* Called at each look, from a function of that name */
void polls_note(const char *name);

/**
 * polls_begin() - a command is about to run
 * @ns: processor time after which it is aborted, at a look
 *
 * Return: what the engine is to poll.
 */
const atomic_bool *polls_begin(uint64_t ns);

/**
 * struct polls - how often an engine looked
 * @looks: times
 * @longest: nanoseconds of processor time between two looks, or before the first or after the last
 * @from: function that looked before that, or "the start"
 * @to: function that looked after that, or "the end"
 * @late: from the abort to the end of the command; 0 if it was not aborted
 */
struct polls {
	uint64_t looks;
	uint64_t longest;
	const char *from;
	const char *to;
	uint64_t late;
};

/* The command has ended */
struct polls polls_end(void);

#endif /* V3NPU_TESTS_POLLS_H */
