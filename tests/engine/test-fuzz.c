// SPDX-License-Identifier: MIT
/*
 * Damaged commands: whatever the bytes, the engine touches nothing but what is
 * mapped, and gives one of its results for a good reason. Built with the
 * sanitizers, which see what it touches.
 *
 * V3NPU_FUZZ_MS (5000) and V3NPU_FUZZ_SEED (1) set its length and its start. A
 * seed makes a command and VARIANTS damaged copies of it; a failure tells which.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "fuzzing.h"
#include "tap.h"
#include "v3npu/cmd_check.h"

/* A command that takes longer is aborted */
#define PATIENCE_MS	2
#define VARIANTS	128

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e3 + ts.tv_nsec / 1e6;
}

/**
 * struct watchdog - aborts commands that take long
 * @abort: what the engine polls
 * @quit: the program ends
 */
struct watchdog {
	atomic_bool abort;
	atomic_bool quit;
};

static void *watchdog_run(void *opaque)
{
	struct watchdog *dog = opaque;
	struct timespec ts = { 0, PATIENCE_MS * 1000000 };

	while (!atomic_load(&dog->quit)) {
		nanosleep(&ts, NULL);
		atomic_store(&dog->abort, true);
	}
	return NULL;
}

/* Everything is mapped, all of it to the same pages, so that huge commands run too */
static uint8_t alias[64u << 10];

static void *alias_map(void *opaque, uint64_t addr, size_t want, bool write, size_t *run)
{
	(void)opaque;
	(void)want;
	(void)write;
	*run = sizeof(alias) - addr % sizeof(alias);
	return alias + addr % sizeof(alias);
}

static uint64_t interesting(struct rng *rng)
{
	static const uint64_t values[] = {
		0, 1, 2, 3, 4, 15, 16, 17, 64, 255, 256, 1023, 1024, 1025, 4095, 4096, 32768, 65535,
		65536, V3NPU_DIM_MAX, V3NPU_DIM_MAX + 1, INT32_MAX, 0x80000000, UINT32_MAX,
		V3NPU_VA_DRAM_END - 1, V3NPU_VA_DRAM_END, V3NPU_VA_SRAM + SPACE_SRAM - 1,
		V3NPU_VA_SRAM + SPACE_SRAM, UINT64_MAX,
	};

	return values[rng_range(rng, 0, sizeof(values) / sizeof(values[0]) - 1)];
}

static void damage(struct rng *rng, union command *cmd)
{
	size_t size = cmd->hdr.size < sizeof(*cmd) ? cmd->hdr.size : sizeof(*cmd);
	int count = rng_one_in(rng, 2) ? 1 : rng_range(rng, 2, 4);
	uint64_t value;
	size_t i, width;

	if (rng_one_in(rng, 20)) {
		for (i = 4; i < sizeof(*cmd); i++)
			cmd->bytes[i] = rng_u32(rng);
		return;
	}
	while (count--) {
		value = rng_one_in(rng, 4) ? rng_u32(rng) : interesting(rng);
		width = 1u << rng_range(rng, 0, 3);
		i = rng_range(rng, 0, size - width) / width * width;
		/* Most damage to the header is refused at once: seldom do that */
		if (i >= 8 || rng_one_in(rng, 10))
			memcpy(cmd->bytes + i, &value, width);
	}
}

static bool mapped(const struct space *space, uint64_t addr)
{
	size_t page = (addr - space->base) / V3NPU_PAGE_SIZE;

	return addr >= space->base && page < space->pages && space->page[page];
}

/* Is the result one that this command, in this space, can have? */
static bool plausible(const union command *cmd, const struct space *space, bool all_mapped,
		      enum v3npu_result result, const struct v3npu_counters *counters,
		      uint64_t fault)
{
	static const struct v3npu_counters none;
	int refused = v3npu_cmd_check(cmd, sizeof(*cmd), SPACE_SRAM);

	if (refused)
		return result == V3NPU_RESULT_ILLEGAL;
	if (result != V3NPU_RESULT_DONE && memcmp(counters, &none, sizeof(none)))
		return false;
	switch (result) {
	case V3NPU_RESULT_DONE:
		return counters->cycles || cmd->hdr.opcode == V3NPU_OP_NOP ||
		       cmd->hdr.opcode == V3NPU_OP_STALL;
	case V3NPU_RESULT_FAULT:
		return !all_mapped && fault < V3NPU_VA_DRAM_END &&
		       (!mapped(space, fault) ||
			space->read_only[(fault - space->base) / V3NPU_PAGE_SIZE]);
	case V3NPU_RESULT_ILLEGAL:
		/* Constants in memory */
		return cmd->hdr.opcode == V3NPU_OP_CONV || cmd->hdr.opcode == V3NPU_OP_MATMUL;
	case V3NPU_RESULT_ABORTED:
		return true;
	}
	return false;
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
	memset(alias, rng_u32(&rng) & 15, sizeof(alias));
	for (variant = 0; variant < VARIANTS; variant++) {
		struct v3npu_memory memory = space_memory(space);
		bool all_mapped = rng_one_in(&rng, 4);
		struct v3npu_counters counters;
		enum v3npu_result result;
		uint64_t fault = 0;

		cmd = base;
		if (variant)
			damage(&rng, &cmd);
		if (all_mapped)
			memory.map = alias_map;
		atomic_store(&dog->abort, false);
		result = v3npu_engine_run(engine, &cmd, &memory, &dog->abort, &counters, &fault);
		results[result]++;
		if (plausible(&cmd, space, all_mapped, result, &counters, fault))
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
	pthread_t thread;

	if (pthread_create(&thread, NULL, watchdog_run, &dog))
		tap_bail("cannot start");
	for (seed = first; now_ms() < end && bad < 5; seed++)
		bad += fuzz_command(engines[seed % count], &dog, seed, results);
	atomic_store(&dog.quit, true);
	pthread_join(thread, NULL);
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
