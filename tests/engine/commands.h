/* SPDX-License-Identifier: MIT */
/* Random valid commands, with what they need in memory. */
#ifndef V3NPU_TESTS_COMMANDS_H
#define V3NPU_TESTS_COMMANDS_H

#include "space.h"

/* A command of any opcode, and as many bytes as an engine may read */
union command {
	struct v3npu_cmd_hdr hdr;
	struct v3npu_cmd_conv conv;
	struct v3npu_cmd_matmul matmul;
	struct v3npu_cmd_eltwise eltwise;
	struct v3npu_cmd_pool pool;
	struct v3npu_cmd_softmax softmax;
	struct v3npu_cmd_resize resize;
	struct v3npu_cmd_copy copy;
	struct v3npu_cmd_stall stall;
	struct v3npu_cmd_argmax argmax;
	uint8_t bytes[V3NPU_CMD_MAX_SIZE];
};

/* Pseudo-random numbers that depend on the seed alone */
struct rng {
	uint64_t state;
};

uint32_t rng_u32(struct rng *rng);
/* low..high, both included */
int64_t rng_range(struct rng *rng, int64_t low, int64_t high);
/* True one time in @n */
bool rng_one_in(struct rng *rng, uint32_t n);

/* The sets of kernels that there are; not all run on every processor */
#define KERNEL_NAMES	6
extern const char *const kernel_names[KERNEL_NAMES];

/* Where a command's parts lie: each has its own region, in DRAM or in SRAM */
enum region {
	REGION_IN,
	REGION_IN2,	/* second operand, or weights */
	REGION_OUT,
	REGION_CHAN,
	REGION_TABLE,
	NUM_REGIONS,
};

#define REGION_SIZE	(48u << 10)
/* Pages of a space for random commands */
#define COMMAND_PAGES	(NUM_REGIONS * REGION_SIZE / 4096 + SPACE_BOUNCE_PAGES)

/**
 * command_random() - make a valid command
 * @rng: source
 * @space: filled with random bytes, and with output constants that are valid
 * @cmd: set; header, operands and result included
 */
void command_random(struct rng *rng, struct space *space, union command *cmd);

/* Fills a space with random bytes */
void space_fill(struct rng *rng, struct space *space);

/* Writes @count random output constants to @addr; if @wild, of any scale that is valid */
void chan_fill(struct rng *rng, struct space *space, uint64_t addr, uint32_t count, bool wild);

/* "conv 1x5x5x3 -> ...", in a static buffer */
const char *command_describe(const union command *cmd);

#endif /* V3NPU_TESTS_COMMANDS_H */
