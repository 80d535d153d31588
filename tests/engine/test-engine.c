// SPDX-License-Identifier: MIT
/*
 * Random commands on every set of kernels, on one thread and on several,
 * against the reference: all of memory must come out the same. Each engine has
 * seeds of its own, since most of what can be wrong is the same in all.
 *
 *   test-engine [COMMANDS [FIRST_SEED]]
 */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "internal.h"
#include "kernels.h"
#include "reference.h"
#include "tap.h"
#include "v3npu/cmd_check.h"

/* Commands of a run by default: the sanitizers make them an order of magnitude slower */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COMMANDS	40
#else
#define COMMANDS	300
#endif

static const char *result_name(enum v3npu_result result)
{
	static const char *const names[] = { "done", "fault", "illegal", "aborted" };

	return names[result];
}

/* Executes the command on a copy of @before and compares that with @after */
static bool check_one(struct v3npu_engine *engine, const union command *cmd, uint64_t seed,
		      const struct space *before, const struct space *after, struct space *work)
{
	struct v3npu_memory memory = space_memory(work);
	struct v3npu_counters counters;
	enum v3npu_result result;
	uint64_t fault = 0, differs;

	space_copy(work, before);
	space_store_sram(work, engine);
	result = v3npu_engine_run(engine, cmd, &memory, NULL, &counters, &fault);
	if (result != V3NPU_RESULT_DONE) {
		tap_note("seed %llu: %s at %#llx: %s", (unsigned long long)seed,
			 result_name(result), (unsigned long long)fault, command_describe(cmd));
		return false;
	}
	memset(work->sram, 0, SPACE_SRAM);
	space_load_sram(work, engine);
	differs = space_compare(work, after);
	if (differs != UINT64_MAX) {
		tap_note("seed %llu: differs at %#llx: %s", (unsigned long long)seed,
			 (unsigned long long)differs, command_describe(cmd));
		return false;
	}
	if (counters.macs != reference_macs(cmd)) {
		tap_note("seed %llu: counts %llu MACs: %s", (unsigned long long)seed,
			 (unsigned long long)counters.macs, command_describe(cmd));
		return false;
	}
	return true;
}

static void check_random(struct v3npu_engine *engine, uint64_t first, uint64_t count,
			 const char *name)
{
	static const uint64_t bases[] = {
		0, 0x12345000, V3NPU_VA_DRAM_END - COMMAND_PAGES * V3NPU_PAGE_SIZE
	};
	uint64_t seed, bad = 0;

	for (seed = first; seed < first + count && bad < 5; seed++) {
		struct rng rng = { seed };
		uint64_t base = bases[seed % 3];
		struct space *before = space_new(base, COMMAND_PAGES, true);
		struct space *after = space_new(base, COMMAND_PAGES, true);
		struct space *work = space_new(base, COMMAND_PAGES, seed % 4 == 0);
		union command cmd;
		int valid;

		command_random(&rng, before, &cmd);
		valid = v3npu_cmd_check(&cmd, sizeof(cmd), SPACE_SRAM);
		if (valid)
			tap_bail("seed %llu: the test made an invalid command (%d): %s",
				 (unsigned long long)seed, valid, command_describe(&cmd));
		space_copy(after, before);
		reference_run(after, &cmd);
		bad += !check_one(engine, &cmd, seed, before, after, work);
		space_free(before);
		space_free(after);
		space_free(work);
	}
	tap_ok(!bad, "%s: %llu random commands", name, (unsigned long long)count);
}

int main(int argc, char **argv)
{
	struct v3npu_config config = V3NPU_CONFIG_DEFAULT;
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 0) : COMMANDS;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	size_t i;

	config.sram_size = SPACE_SRAM;
	for (i = 0; i < KERNEL_NAMES; i++) {
		struct v3npu_engine *engine;
		char name[64];

		config.kernel = kernel_names[i];
		for (config.threads = 1; config.threads <= 3; config.threads += 2) {
			snprintf(name, sizeof(name), "%s, %u threads", kernel_names[i],
				 config.threads);
			engine = v3npu_engine_new(&config, NULL, NULL, NULL);
			if (!engine) {
				tap_ok(true, "%s # SKIP not on this processor", name);
				continue;
			}
			tap_ok(!strcmp(v3npu_engine_kernel(engine), kernel_names[i]),
			       "%s chosen", name);
			check_random(engine, first, count, name);
			first += count;
			/* And as it does them on processors on which the other way is faster */
			if (engine->kernels->mac_put) {
				engine->put_off = !engine->put_off;
				strcat(name, engine->put_off ? ", output stages put off"
							     : ", output stages at once");
				check_random(engine, first, count, name);
				first += count;
			}
			v3npu_engine_free(engine);
		}
	}
	return tap_done();
}
