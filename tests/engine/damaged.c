// SPDX-License-Identifier: MIT
/* See damaged.h. */
#include <string.h>
#include <time.h>

#include "damaged.h"
#include "tap.h"
#include "v3npu/cmd_check.h"

/* A command that takes longer is aborted */
#define DOG_MS	2

static void *watchdog_run(void *opaque)
{
	struct watchdog *dog = opaque;
	struct timespec ts = { 0, DOG_MS * 1000000 };

	while (!atomic_load(&dog->quit)) {
		nanosleep(&ts, NULL);
		atomic_store(&dog->abort, true);
	}
	return NULL;
}

void watchdog_start(struct watchdog *dog)
{
	if (pthread_create(&dog->thread, NULL, watchdog_run, dog))
		tap_bail("cannot start");
}

void watchdog_stop(struct watchdog *dog)
{
	atomic_store(&dog->quit, true);
	pthread_join(dog->thread, NULL);
}

uint8_t alias[ALIAS_SIZE];

void *alias_map(void *opaque, uint64_t addr, size_t want, bool write, size_t *run)
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

void command_damage(struct rng *rng, union command *cmd)
{
	/* The header may be damaged already */
	size_t size = cmd->hdr.size >= 8 && cmd->hdr.size < sizeof(*cmd) ? cmd->hdr.size
									 : sizeof(*cmd);
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

bool command_plausible(const union command *cmd, const struct space *space, bool all_mapped,
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
