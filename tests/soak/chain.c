// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <xf86drm.h>

#include "chain.h"
#include "npu.h"

#define TABLES		4
#define TABLE_SIZE	256
/* Bytes before and behind the output that must stay as they are */
#define GUARD		256
#define UNTOUCHED	0xa5
/* Longer than anything that is not lost takes on the slowest machine */
#define WAIT_S		240

/**
 * struct chain_job - one of the jobs, in a buffer of its own
 * @bo: tables, input, two intermediate places, output between guards, commands
 * @out: syncobj
 * @cmds_size: bytes of commands
 * @submitted_us: when
 */
struct chain_job {
	struct npu_bo bo;
	uint32_t out;
	uint32_t cmds_size;
	uint64_t submitted_us;
};

struct chain {
	int fd;
	uint32_t ctx;
	uint32_t seed;
	struct chain_shape shape;
	/* Offsets in each job's buffer */
	uint32_t in, scratch, result, cmds;
	/* What the whole chain makes of a byte */
	uint8_t whole[TABLE_SIZE];
	uint8_t *wanted;
	struct chain_job jobs[CHAIN_DEPTH_MAX];
};

uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* Permutations, as the composition of other functions would soon be a constant. */
static void make_table(uint8_t *table, uint32_t *seed)
{
	for (uint32_t i = 0; i < TABLE_SIZE; i++) {
		uint32_t j = next_random(seed) % (i + 1);

		table[i] = table[j];
		table[j] = (uint8_t)i;
	}
}

/* The table of int8 values starts with that of -128. */
static uint8_t look_up(const uint8_t *table, uint8_t byte)
{
	return table[byte ^ 0x80];
}

static uint32_t table_of(uint32_t command)
{
	return command % TABLES * TABLE_SIZE;
}

static void write_commands(struct chain *chain, struct chain_job *job, uint64_t sram_va)
{
	const struct chain_shape *shape = &chain->shape;
	uint64_t places[2] = { job->bo.va + chain->scratch };
	uint64_t from = job->bo.va + chain->in, to;
	uint8_t *at = job->bo.map + chain->cmds;

	if (sram_va)
		places[0] = sram_va;
	places[1] = places[0] + shape->bytes;
	for (uint32_t k = 0; k < shape->commands; k++) {
		struct v3npu_cmd_copy *copy = (void *)at;

		to = k == shape->commands - 1 ? job->bo.va + chain->result : places[k % 2];
		at += npu_cmd_copy(at, k, from, to, shape->bytes);
		copy->table = job->bo.va + table_of(k);
		from = to;
		if (shape->stall_us && k == shape->commands / 2 - 1)
			at += npu_cmd_stall(at, k, shape->stall_us);
	}
	job->cmds_size = (uint32_t)(at - (job->bo.map + chain->cmds));
}

static int job_open(struct chain *chain, struct chain_job *job, uint64_t sram_va)
{
	uint32_t seed = chain->seed;
	int ret;

	ret = npu_bo_new(chain->fd, chain->cmds +
			 chain->shape.commands * sizeof(struct v3npu_cmd_copy) +
			 sizeof(struct v3npu_cmd_stall), 0,
			 &job->bo);
	if (ret)
		return ret;
	if (drmSyncobjCreate(chain->fd, 0, &job->out))
		return -errno;
	for (uint32_t t = 0; t < TABLES; t++)
		make_table(job->bo.map + table_of(t), &seed);
	write_commands(chain, job, sram_va);
	return 0;
}

static void compose(struct chain *chain)
{
	const uint8_t *tables = chain->jobs[0].bo.map;

	for (uint32_t i = 0; i < TABLE_SIZE; i++) {
		uint8_t byte = (uint8_t)i;

		for (uint32_t k = 0; k < chain->shape.commands; k++)
			byte = look_up(tables + table_of(k), byte);
		chain->whole[i] = byte;
	}
}

static int open_all(struct chain *chain, uint32_t priority)
{
	struct drm_v3npu_dev_info info = {};
	struct drm_v3npu_dev_query query = { .size = sizeof(info), .pointer = (uintptr_t)&info };
	struct drm_v3npu_ctx_create create = { .priority = priority };
	int ret;

	ret = npu_ioctl(chain->fd, DRM_IOCTL_V3NPU_DEV_QUERY, &query);
	if (ret)
		return ret;
	if (2 * chain->shape.bytes > info.sram_size)
		info.sram_va = 0;
	ret = npu_ioctl(chain->fd, DRM_IOCTL_V3NPU_CTX_CREATE, &create);
	if (ret)
		return ret;
	chain->ctx = create.id;
	for (uint32_t i = 0; i < chain->shape.depth; i++) {
		ret = job_open(chain, &chain->jobs[i], info.sram_va);
		if (ret)
			return ret;
	}
	compose(chain);
	return 0;
}

int chain_open(int fd, const struct chain_shape *shape, uint32_t priority, uint32_t seed,
	       struct chain **result)
{
	struct chain *chain = calloc(1, sizeof(*chain));
	int ret;

	*result = NULL;
	if (!chain)
		return -ENOMEM;
	chain->fd = fd;
	chain->shape = *shape;
	chain->seed = seed;
	chain->in = TABLES * TABLE_SIZE;
	chain->scratch = chain->in + shape->bytes;
	chain->result = chain->scratch + 2 * shape->bytes + GUARD;
	/* Commands are at multiples of 8 */
	chain->cmds = (chain->result + shape->bytes + GUARD + 7) & ~7u;
	chain->wanted = malloc(shape->bytes);
	ret = chain->wanted ? open_all(chain, priority) : -ENOMEM;
	if (ret) {
		chain_close(chain);
		return ret;
	}
	*result = chain;
	return 0;
}

static int job_submit(struct chain *chain, struct chain_job *job)
{
	struct drm_v3npu_sync out = { .handle = job->out };
	struct drm_v3npu_bo_ref bo = { .handle = job->bo.handle, .flags = DRM_V3NPU_BO_REF_WRITE };
	struct drm_v3npu_submit submit = {
		.ctx = chain->ctx,
		.cmds = job->bo.va + chain->cmds,
		.cmds_size = job->cmds_size,
		.out_syncs = (uintptr_t)&out,
		.out_sync_count = 1,
		.bos = (uintptr_t)&bo,
		.bo_count = 1,
	};

	job->submitted_us = now_us();
	return npu_ioctl(chain->fd, DRM_IOCTL_V3NPU_SUBMIT, &submit);
}

/* New input from @seed, and an output that nobody has written. */
static void job_fill(const struct chain *chain, struct chain_job *job, uint32_t seed)
{
	uint8_t *in = job->bo.map + chain->in;

	for (uint32_t i = 0; i < chain->shape.bytes; i++)
		in[i] = (uint8_t)next_random(&seed);
	memset(job->bo.map + chain->result - GUARD, UNTOUCHED, chain->shape.bytes + 2 * GUARD);
}

static int is_untouched(const uint8_t *guard)
{
	for (uint32_t i = 0; i < GUARD; i++)
		if (guard[i] != UNTOUCHED)
			return 0;
	return 1;
}

/* Whether the output is what this seed's input becomes. */
static int job_is_right(struct chain *chain, const struct chain_job *job, uint32_t seed)
{
	const uint8_t *result = job->bo.map + chain->result;

	for (uint32_t i = 0; i < chain->shape.bytes; i++)
		chain->wanted[i] = chain->whole[(uint8_t)next_random(&seed)];
	return !memcmp(result, chain->wanted, chain->shape.bytes) &&
	       is_untouched(result - GUARD) && is_untouched(result + chain->shape.bytes);
}

static void count_failure(struct tally *tally, int error, int *first)
{
	tally->failed++;
	tally->error = error;
	if (!*first)
		*first = error;
}

int chain_run(struct chain *chain, struct tally *tally)
{
	uint32_t count = chain->shape.depth, seeds[CHAIN_DEPTH_MAX];
	uint64_t free_us = 0;
	int ret, first = 0;

	for (uint32_t i = 0; i < count; i++) {
		seeds[i] = next_random(&chain->seed);
		job_fill(chain, &chain->jobs[i], seeds[i]);
		ret = job_submit(chain, &chain->jobs[i]);
		if (ret) {
			count_failure(tally, ret, &first);
			count = i;
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		struct chain_job *job = &chain->jobs[i];
		uint64_t start, end;

		ret = npu_wait(chain->fd, job->out, WAIT_S);
		end = now_us();
		start = job->submitted_us > free_us ? job->submitted_us : free_us;
		free_us = end;
		if (end - start > tally->longest_us)
			tally->longest_us = end - start;
		if (ret)
			count_failure(tally, ret, &first);
		else if (job_is_right(chain, job, seeds[i]))
			tally->done++;
		else
			tally->wrong++;
	}
	return first;
}

int chain_abandon(struct chain *chain)
{
	int ret = 0;

	for (uint32_t i = 0; i < chain->shape.depth && !ret; i++)
		ret = job_submit(chain, &chain->jobs[i]);
	return ret;
}

void chain_close(struct chain *chain)
{
	for (uint32_t i = 0; i < chain->shape.depth; i++)
		if (chain->jobs[i].bo.map)
			munmap(chain->jobs[i].bo.map, chain->jobs[i].bo.size);
	free(chain->wanted);
	free(chain);
}
