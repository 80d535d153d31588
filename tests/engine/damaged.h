/* SPDX-License-Identifier: MIT */
/* Damaged commands, which any engine must survive, and what may come of them. */
#ifndef V3NPU_TESTS_DAMAGED_H
#define V3NPU_TESTS_DAMAGED_H

#include <pthread.h>

#include "commands.h"

/**
 * struct watchdog - aborts commands that take long
 * @abort: what the engine polls
 * @quit: the program ends
 * @thread: its own
 */
struct watchdog {
	atomic_bool abort;
	atomic_bool quit;
	pthread_t thread;
};

void watchdog_start(struct watchdog *dog);
void watchdog_stop(struct watchdog *dog);

/* A map callback for which everything is mapped, all of it to the same bytes: huge commands run */
#define ALIAS_SIZE	(64u << 10)
extern uint8_t alias[ALIAS_SIZE];
void *alias_map(void *opaque, uint64_t addr, size_t want, bool write, size_t *run);

/* Changes some of a command's fields, or all of its bytes */
void command_damage(struct rng *rng, union command *cmd);

/**
 * command_plausible() - can this command have this result?
 * @space: that it ran in
 * @all_mapped: it ran in memory like alias_map()'s instead
 */
bool command_plausible(const union command *cmd, const struct space *space, bool all_mapped,
		       enum v3npu_result result, const struct v3npu_counters *counters,
		       uint64_t fault);

#endif /* V3NPU_TESTS_DAMAGED_H */
