/* SPDX-License-Identifier: MIT */
/*
 * The datapath: executes one command at a time, bit for bit as TensorFlow
 * Lite's reference kernels do, and charges it by the cycle model.
 *
 * No QEMU, no I/O, no globals but constant tables: linked into the QEMU
 * device and into userspace's simulator alike.
 */
#ifndef V3NPU_ENGINE_H
#define V3NPU_ENGINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "v3npu/cmd.h"
#include "v3npu/ipc.h"

/**
 * struct v3npu_config - the modelled hardware
 * @macs: int8 multiply-accumulates a cycle, a multiple of 64, 64..16384
 * @sram_size: bytes, a multiple of 4096, 0..64 MiB
 * @dram_mbps: DRAM bandwidth, 10^6 bytes a second, 1..1000000
 * @dram_latency: NPU cycles from request to first byte, 0..10000
 * @dram_burst: bytes of a full-speed burst, a power of two, 16..4096
 * @clock_mhz: NPU clock, 1..10000
 * @threads: host threads that share the work of a command, 1..64; 0: as many
 *	as the host has processors. Never changes results or cycles.
 * @kernel: name of the kernels to use (v3npu_engine_kernel()), for tests; NULL
 *	for the best that the processor runs. Never changes results either.
 */
struct v3npu_config {
	uint32_t macs;
	uint32_t sram_size;
	uint32_t dram_mbps;
	uint32_t dram_latency;
	uint32_t dram_burst;
	uint32_t clock_mhz;
	uint32_t threads;
	const char *kernel;
};

/* 2048 MACs, 1 MiB, 16 GB/s, 64 cycles, 64 bytes, 1 GHz, all processors, best kernels */
#define V3NPU_CONFIG_DEFAULT { 2048, 1u << 20, 16000, 64, 64, 1000, 0, NULL }

/**
 * v3npu_config_check() - is a configuration within its bounds?
 *
 * Return: NULL, or what is wrong and what would be right, as a sentence.
 */
const char *v3npu_config_check(const struct v3npu_config *config);

/**
 * struct v3npu_memory - how the engine reaches translated memory (addresses
 * below V3NPU_VA_DRAM_END; the engine owns SRAM itself)
 * @opaque: for @map
 * @map: a host pointer to @addr and, in @run (at least 1), how many bytes from
 *	there are contiguous on the host, possibly fewer or more than @want.
 *	NULL if @addr is not mapped, or @write and it is read-only. The pointer
 *	stays valid until v3npu_engine_run() returns. Called from the engine's
 *	threads, several at a time.
 */
struct v3npu_memory {
	void *opaque;
	void *(*map)(void *opaque, uint64_t addr, size_t want, bool write, size_t *run);
};

enum v3npu_result {
	V3NPU_RESULT_DONE,	/* executed */
	V3NPU_RESULT_FAULT,	/* an address could not be mapped; outputs may be partly written */
	V3NPU_RESULT_ILLEGAL,	/* refused by v3npu_cmd_check(), or by a check of constants in memory */
	V3NPU_RESULT_ABORTED,	/* *abort became true; outputs may be partly written */
};

struct v3npu_engine;

/**
 * v3npu_engine_new() - make an engine with its SRAM (zeroed) and threads
 * @config: within bounds, copied; @kernel of it is used in this call only
 * @thread_start: called in each thread it starts, NULL for none
 * @thread_stop: called before such a thread ends, NULL for none
 * @opaque: passed to both
 *
 * Return: the engine, or NULL with errno set.
 */
struct v3npu_engine *v3npu_engine_new(const struct v3npu_config *config,
				      void (*thread_start)(void *opaque),
				      void (*thread_stop)(void *opaque), void *opaque);
void v3npu_engine_free(struct v3npu_engine *engine);

/**
 * v3npu_engine_run() - execute one command, from one thread at a time
 * @engine: engine
 * @cmd: private copy of the command, 8-byte aligned, V3NPU_CMD_MAX_SIZE bytes
 *	readable
 * @memory: the address space of its job
 * @abort: polled at least every few milliseconds; may be NULL. When it is true the gate, if there
 *	is one, has the last word.
 * @counters: set to what the command cost; all 0 unless it is DONE
 * @fault_addr: set for V3NPU_RESULT_FAULT: lowest address of the first access
 *	found that failed
 *
 * Any bytes are safe as a command: nothing is accessed but through @memory
 * and within SRAM.
 */
enum v3npu_result v3npu_engine_run(struct v3npu_engine *engine, const void *cmd,
				   const struct v3npu_memory *memory, const atomic_bool *abort,
				   struct v3npu_counters *counters, uint64_t *fault_addr);

/**
 * v3npu_cost() - what a command costs, without executing it
 * @config: hardware
 * @cmd: a command that passed v3npu_cmd_check(), 8-byte aligned
 * @counters: set to what v3npu_engine_run() would set it to
 *
 * Of an address, only whether it is 0 and whether it is in SRAM matters.
 */
void v3npu_cost(const struct v3npu_config *config, const void *cmd,
		struct v3npu_counters *counters);

/* Clears SRAM, so that no address space sees what another left; from the running thread only */
void v3npu_engine_scrub(struct v3npu_engine *engine);

/**
 * struct v3npu_gate - holds the engine's threads for a while, when @abort of the run is true
 * @opaque: for the callbacks
 * @work: called with true before a thread, other than the one that calls v3npu_engine_run(), uses
 *	memory for the run, and with false after. That one calls it too: with false before it does
 *	nothing but wait for the others, and with true after. May wait when it is true.
 * @poll: waits as long as the threads are to be held. Return: is the run to end?
 */
struct v3npu_gate {
	void *opaque;
	void (*work)(void *opaque, bool begin);
	bool (*poll)(void *opaque);
};

/* Has an engine that runs nothing use a gate, copied, from now on */
void v3npu_engine_set_gate(struct v3npu_engine *engine, const struct v3npu_gate *gate);

/* Name of the multiply-accumulate kernels in use: "avx512-vbmi", "avx2", "c", ... */
const char *v3npu_engine_kernel(const struct v3npu_engine *engine);

#endif /* V3NPU_ENGINE_H */
