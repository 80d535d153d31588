// SPDX-License-Identifier: MIT
/*
 * The check of commands, and the engine: whatever the bytes of a command, it
 * touches nothing but what is mapped and its result is one that it can have. An
 * input is a byte that chooses engine and memory, then the command.
 */
#include <stdlib.h>
#include <string.h>

#include "damaged.h"
#include "driver.h"
#include "tap.h"
#include "v3npu/cmd_check.h"

const char fuzzer_name[] = "command";

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

/* Of the first byte */
#define CHOOSE_ENGINE	0x0f
#define CHOOSE_ALIAS	0x10

static struct v3npu_engine *engines[KERNEL_NAMES];
static unsigned int num_engines;
static struct space *space, *scratch;
static struct watchdog dog;

static void set_up(void)
{
	struct v3npu_config config = V3NPU_CONFIG_DEFAULT;
	struct rng rng = { 1 };
	size_t i, j;

	config.sram_size = SPACE_SRAM;
	config.threads = 1;
	for (i = 0; i < KERNEL_NAMES; i++) {
		config.kernel = kernel_names[i];
		engines[num_engines] = v3npu_engine_new(&config, NULL, NULL, NULL);
		num_engines += engines[num_engines] != NULL;
	}
	space = space_new(0x10000, COMMAND_PAGES, false);
	scratch = space_new(0x10000, COMMAND_PAGES, false);
	space_fill(&rng, space);
	/* Each word can be any of an output constant */
	for (i = REGION_CHAN * REGION_SIZE / V3NPU_PAGE_SIZE; i < COMMAND_PAGES; i++)
		for (j = 0; j < V3NPU_PAGE_SIZE; j++)
			space->page[i][j] = j % 4 ? 0 : rng_range(&rng, 0, 30);
	/* Some pages cannot be written, some are not there */
	for (i = 5; i < COMMAND_PAGES; i += 11) {
		space->read_only[i] = true;
		free(space->page[i + 2]);
		space->page[i + 2] = NULL;
	}
	watchdog_start(&dog);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	struct rng rng = { seed };
	union command cmd;

	if (max_size < 1 + sizeof(cmd) || (size > 1 && rng_one_in(&rng, 4)))
		return LLVMFuzzerMutate(data, size, max_size);
	if (!scratch)
		set_up();
	if (size < 1 + sizeof(cmd) || rng_one_in(&rng, 8)) {
		command_random(&rng, scratch, &cmd);
		data[0] = rng_u32(&rng);
	} else {
		memcpy(&cmd, data + 1, sizeof(cmd));
		command_damage(&rng, &cmd);
	}
	memcpy(data + 1, &cmd, sizeof(cmd));
	return 1 + sizeof(cmd);
}

void fuzzer_try(const uint8_t *data, size_t size)
{
	struct v3npu_memory memory;
	struct v3npu_counters counters;
	enum v3npu_result result;
	union command cmd = { 0 };
	uint64_t fault = 0;
	bool all_mapped;

	if (!size)
		return;
	if (!space)
		set_up();
	memory = space_memory(space);
	all_mapped = data[0] & CHOOSE_ALIAS;
	if (all_mapped) {
		memory.map = alias_map;
		memset(alias, size & 15, ALIAS_SIZE);
	}
	memcpy(&cmd, data + 1, size - 1 < sizeof(cmd) ? size - 1 : sizeof(cmd));
	atomic_store(&dog.abort, false);
	result = v3npu_engine_run(engines[(data[0] & CHOOSE_ENGINE) % num_engines], &cmd, &memory,
				  &dog.abort, &counters, &fault);
	if (!command_plausible(&cmd, space, all_mapped, result, &counters, fault))
		tap_bail("result %d, fault %#llx: %s", result, (unsigned long long)fault,
			 command_describe(&cmd));
}
