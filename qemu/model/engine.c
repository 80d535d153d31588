// SPDX-License-Identifier: MIT
/*
 * The engine: its configuration, its SRAM, and the dispatch of one command.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"
#include "kernels.h"
#include "v3npu/cmd_check.h"

#define THREADS_MAX	64

const char *v3npu_config_check(const struct v3npu_config *config)
{
	if (config->macs < 64 || config->macs > 16384 || config->macs % 64)
		return "macs must be a multiple of 64 from 64 to 16384";
	if (config->sram_size > 64u << 20 || config->sram_size % V3NPU_PAGE_SIZE)
		return "sram must be a multiple of 4096 bytes, at most 64 MiB";
	if (!config->dram_mbps || config->dram_mbps > 1000000)
		return "dram-mbps must be from 1 to 1000000";
	if (config->dram_latency > 10000)
		return "dram-latency must be at most 10000 cycles";
	if (config->dram_burst < 16 || config->dram_burst > 4096 ||
	    config->dram_burst & (config->dram_burst - 1))
		return "dram-burst must be a power of two from 16 to 4096 bytes";
	if (!config->clock_mhz || config->clock_mhz > 10000)
		return "clock-mhz must be from 1 to 10000";
	if (config->threads > THREADS_MAX)
		return "threads must be at most 64, or 0 for as many as there are processors";
	return NULL;
}

static unsigned int thread_count(const struct v3npu_config *config)
{
	long cpus;

	if (config->threads)
		return config->threads;
	cpus = sysconf(_SC_NPROCESSORS_ONLN);
	return cpus < 1 ? 1 : cpus > THREADS_MAX ? THREADS_MAX : (unsigned int)cpus;
}

struct v3npu_engine *v3npu_engine_new(const struct v3npu_config *config,
				      void (*thread_start)(void *opaque),
				      void (*thread_stop)(void *opaque), void *opaque)
{
	struct v3npu_engine *engine;
	int err = ENOMEM;

	if (v3npu_config_check(config)) {
		errno = EINVAL;
		return NULL;
	}
	engine = calloc(1, sizeof(*engine));
	if (!engine)
		return NULL;
	engine->config = *config;
	engine->config.kernel = NULL;
	engine->kernels = v3npu_kernels_choose(config->kernel);
	if (!engine->kernels) {
		err = EINVAL;
		goto fail;
	}
	engine->put_off = engine->kernels->mac_put && engine->kernels->put_pays();
	engine->sram = calloc(1, config->sram_size ? config->sram_size : 1);
	engine->weights = aligned_alloc(64, V3NPU_WEIGHTS_BYTES);
	engine->chan = malloc(V3NPU_DIM_MAX * sizeof(*engine->chan));
	if (!engine->sram || !engine->weights || !engine->chan)
		goto fail;
	engine->pool = v3npu_pool_new(thread_count(config), thread_start, thread_stop, opaque);
	if (!engine->pool) {
		err = errno;
		goto fail;
	}
	return engine;
fail:
	v3npu_engine_free(engine);
	errno = err;
	return NULL;
}

void v3npu_engine_free(struct v3npu_engine *engine)
{
	if (!engine)
		return;
	v3npu_pool_free(engine->pool);
	free(engine->chan);
	free(engine->weights);
	free(engine->sram);
	free(engine);
}

void v3npu_engine_scrub(struct v3npu_engine *engine)
{
	memset(engine->sram, 0, engine->config.sram_size);
}

const char *v3npu_engine_kernel(const struct v3npu_engine *engine)
{
	return engine->kernels->name;
}

/* The first failure decides the result; of several faults the lowest address is kept */
void v3npu_run_fail(struct v3npu_run *run, enum v3npu_result result, uint64_t fault_addr)
{
	pthread_mutex_lock(&run->lock);
	if (run->result == V3NPU_RESULT_DONE) {
		run->result = result;
		run->fault_addr = fault_addr;
	} else if (run->result == V3NPU_RESULT_FAULT && result == V3NPU_RESULT_FAULT &&
		   fault_addr < run->fault_addr) {
		run->fault_addr = fault_addr;
	}
	atomic_store_explicit(&run->stop, true, memory_order_relaxed);
	pthread_mutex_unlock(&run->lock);
}

bool v3npu_run_aborted(struct v3npu_run *run)
{
	const struct v3npu_gate *gate = &run->engine->gate;

	if (gate->poll && !gate->poll(gate->opaque))
		return false;
	v3npu_run_fail(run, V3NPU_RESULT_ABORTED, 0);
	return true;
}

void v3npu_engine_set_gate(struct v3npu_engine *engine, const struct v3npu_gate *gate)
{
	engine->gate = *gate;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void run_stall(struct v3npu_run *run, const struct v3npu_cmd_stall *cmd)
{
	const uint64_t step = 1000000;
	uint64_t left = (uint64_t)cmd->usec * 1000;

	/* The time for which the gate holds it does not count */
	while (!v3npu_run_stopped(run) && left) {
		struct timespec ts = { 0, left < step ? left : step };
		uint64_t start = now_ns(), took;

		nanosleep(&ts, NULL);
		took = now_ns() - start;
		left -= left < took ? left : took;
	}
}

static void dispatch(struct v3npu_run *run, const struct v3npu_cmd_hdr *hdr)
{
	const void *cmd = hdr;

	switch (hdr->opcode) {
	case V3NPU_OP_CONV:
		return v3npu_run_conv(run, cmd);
	case V3NPU_OP_MATMUL:
		return v3npu_run_matmul(run, cmd);
	case V3NPU_OP_ELTWISE:
		return v3npu_run_eltwise(run, cmd);
	case V3NPU_OP_POOL:
		return v3npu_run_pool(run, cmd);
	case V3NPU_OP_SOFTMAX:
		return v3npu_run_softmax(run, cmd);
	case V3NPU_OP_RESIZE:
		return v3npu_run_resize(run, cmd);
	case V3NPU_OP_COPY:
		return v3npu_run_copy(run, cmd);
	case V3NPU_OP_STALL:
		return run_stall(run, cmd);
	case V3NPU_OP_ARGMAX:
		return v3npu_run_argmax(run, cmd);
	}
}

enum v3npu_result v3npu_engine_run(struct v3npu_engine *engine, const void *cmd,
				   const struct v3npu_memory *memory, const atomic_bool *abort,
				   struct v3npu_counters *counters, uint64_t *fault_addr)
{
	static const atomic_bool never;
	struct v3npu_run run = {
		.engine = engine,
		.memory = memory,
		.abort = abort ? abort : &never,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.result = V3NPU_RESULT_DONE,
	};

	memset(counters, 0, sizeof(*counters));
	if (v3npu_cmd_check(cmd, V3NPU_CMD_MAX_SIZE, engine->config.sram_size))
		return V3NPU_RESULT_ILLEGAL;
	if (!v3npu_run_stopped(&run))
		dispatch(&run, cmd);
	if (run.result == V3NPU_RESULT_DONE)
		v3npu_cost(&engine->config, cmd, counters);
	else if (run.result == V3NPU_RESULT_FAULT)
		*fault_addr = run.fault_addr;
	return run.result;
}
