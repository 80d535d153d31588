// SPDX-License-Identifier: MIT
/*
 * Damaged commands: whatever the bytes, the engine touches nothing but what is
 * mapped, and gives one of its results for a good reason. Built with the
 * sanitizers, which see what it touches.
 *
 * V3NPU_FUZZ_MS (5000) and V3NPU_FUZZ_SEED (1) set its length and its start. A
 * seed makes a command and VARIANTS damaged copies of it; a failure tells which.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "damaged.h"
#include "fuzzing.h"
#include "tap.h"

#define VARIANTS	128

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e3 + ts.tv_nsec / 1e6;
}

/* Some pages are missing or cannot be written */
static void take_pages(struct rng *rng, struct space *space)
{
	int i, page;

	for (i = 0; i < 3; i++) {
		page = rng_range(rng, 0, COMMAND_PAGES - 1);
		if (rng_one_in(rng, 2)) {
			space->read_only[page] = true;
		} else {
			free(space->page[page]);
			space->page[page] = NULL;
		}
	}
}

/* The command as it is, then damaged copies of it. Return: how many results were wrong */
static unsigned int fuzz_command(struct v3npu_engine *engine, struct watchdog *dog, uint64_t seed,
				 unsigned long *results)
{
	struct rng rng = { seed };
	struct space *space = space_new(0x10000, COMMAND_PAGES, false);
	unsigned int variant, wrong = 0;
	union command base, cmd;

	fuzz_seed(seed);
	command_random(&rng, space, &base);
	take_pages(&rng, space);
	memset(alias, rng_u32(&rng) & 15, ALIAS_SIZE);
	for (variant = 0; variant < VARIANTS; variant++) {
		struct v3npu_memory memory = space_memory(space);
		bool all_mapped = rng_one_in(&rng, 4);
		struct v3npu_counters counters;
		enum v3npu_result result;
		uint64_t fault = 0;

		cmd = base;
		if (variant)
			command_damage(&rng, &cmd);
		if (all_mapped)
			memory.map = alias_map;
		atomic_store(&dog->abort, false);
		result = v3npu_engine_run(engine, &cmd, &memory, &dog->abort, &counters, &fault);
		results[result]++;
		if (command_plausible(&cmd, space, all_mapped, result, &counters, fault))
			continue;
		wrong++;
		tap_note("seed %llu, variant %u: result %d, fault %#llx: %s",
			 (unsigned long long)seed, variant, result, (unsigned long long)fault,
			 command_describe(&cmd));
	}
	space_free(space);
	return wrong;
}

#define ENGINES		(KERNEL_NAMES + 1)

/*
 * Engines that differ in their kernels, as far as this processor has them, and in threads: two
 * are for what they do to each other, one is faster. Return: how many there are
 */
static unsigned int make_engines(struct v3npu_engine **engines)
{
	struct v3npu_config config = V3NPU_CONFIG_DEFAULT;
	unsigned int count = 0;
	size_t i;

	config.sram_size = SPACE_SRAM;
	for (i = 0; i < ENGINES; i++) {
		config.threads = i < KERNEL_NAMES ? 1 : 2;
		config.kernel = kernel_names[i % KERNEL_NAMES];
		engines[count] = v3npu_engine_new(&config, NULL, NULL, NULL);
		count += engines[count] ? 1 : 0;
	}
	if (!count)
		tap_bail("cannot make an engine");
	return count;
}

int main(void)
{
	double end = now_ms() + fuzz_setting("V3NPU_FUZZ_MS", 5000);
	uint64_t first = fuzz_setting("V3NPU_FUZZ_SEED", 1), seed;
	struct v3npu_engine *engines[ENGINES];
	unsigned int count = make_engines(engines);
	unsigned long results[4] = { 0 };
	struct watchdog dog = { .abort = false };
	unsigned int bad = 0;

	watchdog_start(&dog);
	for (seed = first; now_ms() < end && bad < 5; seed++)
		bad += fuzz_command(engines[seed % count], &dog, seed, results);
	watchdog_stop(&dog);
	while (count)
		v3npu_engine_free(engines[--count]);
	tap_ok(!bad, "damaged commands have plausible results");
	tap_note("%lu done, %lu faults, %lu illegal, %lu aborted", results[V3NPU_RESULT_DONE],
		 results[V3NPU_RESULT_FAULT], results[V3NPU_RESULT_ILLEGAL],
		 results[V3NPU_RESULT_ABORTED]);
	fuzz_report(results[0] + results[1] + results[2] + results[3], first, seed - 1);
	tap_ok(results[V3NPU_RESULT_DONE] && results[V3NPU_RESULT_FAULT] &&
	       results[V3NPU_RESULT_ILLEGAL], "each result was met");
	return tap_done();
}
