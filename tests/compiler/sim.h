/* SPDX-License-Identifier: MIT */
/*
 * Runs a compiled program on the engine library, for the compiler's tests.
 */
#ifndef TEST_SIM_H
#define TEST_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/compiler.h"
#include "model/engine.h"

#define SIM_MAX_REGIONS	(V3C_REGION_IO + 16)

/**
 * struct sim - a program in memory
 * @program: it
 * @engine: that runs it
 * @cmds: its command stream after relocation, followed by V3NPU_CMD_MAX_SIZE bytes
 * @region: memory of each region; @size bytes, at address @va
 * @cycles: of the last run
 * @dram_bytes: of the last run, read and written
 */
struct sim {
	const struct v3c_program *program;
	struct v3npu_engine *engine;
	uint8_t *cmds;
	struct {
		uint8_t *data;
		uint64_t size;
		uint64_t va;
		bool writable;
	} region[SIM_MAX_REGIONS];
	unsigned int region_count;
	uint64_t cycles;
	uint64_t dram_bytes;
};

/* The NPU that programs are compiled for and run on, where nothing else is said */
struct v3c_target sim_target(void);

/* Another NPU */
struct v3c_target sim_target_of(const struct v3npu_config *config);

/* Loads a program; false if it does not fit or one of its commands is not valid */
bool sim_load(struct sim *sim, const struct v3c_program *program);

/* The same on another NPU than sim_target()'s */
bool sim_load_on(struct sim *sim, const struct v3c_program *program,
		 const struct v3npu_config *config);

/* Fills all of the SRAM with bytes of the program's constants */
bool sim_fill_sram(struct sim *sim, uint32_t sram_size);

/* Runs it; false after printing what failed. Inputs and outputs are sim_tensor()'s */
bool sim_run(struct sim *sim);

/* First byte of a region's tensor */
uint8_t *sim_tensor(const struct sim *sim, const struct v3c_tensor *tensor);

/* Bytes of a tensor */
size_t sim_size(const struct v3c_tensor *tensor);

/* An int8 tensor's elements, gathered into a dense copy for free() */
uint8_t *sim_gather(const struct sim *sim, const struct v3c_tensor *tensor);

void sim_unload(struct sim *sim);

/* The bytes of a file, for free(), followed by a NUL; NULL if it cannot be read */
void *sim_read_file(const char *path, size_t *size);

#endif /* TEST_SIM_H */
