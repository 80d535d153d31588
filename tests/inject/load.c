// SPDX-License-Identifier: MIT
#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <xf86drm.h>

#include "load.h"
#include "npu.h"
#include "v3npu/regs.h"

#define DEPTH		4	/* jobs that a client has queued */
#define BYTES		3000u
#define PATIENCE_S	120

/* Where things are in a job's buffer */
#define IN		4096u
#define MIDDLE		8192u
#define OUT		12288u
#define SIZE		16384u

/**
 * struct slot - a job of a client, and its buffer
 * @queued: it was submitted and not waited for
 */
struct slot {
	struct npu_bo bo;
	struct npu_job job;
	bool queued;
};

/**
 * struct client - a user of the NPU
 * @lock: for @result and @last
 * @result: what happened since load_take(), but for what is a sum over clients
 * @last: when its last good job ended
 */
struct client {
	pthread_t thread;
	int fd;
	uint32_t seed;
	struct slot slots[DEPTH];
	pthread_mutex_t lock;
	struct load_result result;
	uint64_t last;
};

static struct client clients[NUM_CLIENTS];
static volatile bool stop;

uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void fill(struct client *client, uint8_t *bytes)
{
	for (unsigned int i = 0; i < BYTES; i++) {
		client->seed = client->seed * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(client->seed >> 24);
	}
}

/* In through SRAM to the middle, a pause in which others may come, and from there out */
static uint32_t write_stream(const struct npu_bo *bo)
{
	uint8_t *at = bo->map;

	at += npu_cmd_copy(at, 1, bo->va + IN, V3NPU_VA_SRAM, BYTES);
	at += npu_cmd_stall(at, 2, 300);
	at += npu_cmd_copy(at, 3, V3NPU_VA_SRAM, bo->va + MIDDLE, BYTES);
	at += npu_cmd_copy(at, 4, bo->va + MIDDLE, bo->va + OUT, BYTES);
	return (uint32_t)(at - bo->map);
}

static void account(struct client *client, int error, bool right)
{
	uint64_t now;

	pthread_mutex_lock(&client->lock);
	now = now_ms();
	if (error) {
		client->result.failed++;
		client->result.error = error;
	} else if (!right) {
		client->result.wrong++;
	} else {
		client->result.done++;
		if (now - client->last > client->result.gap_ms)
			client->result.gap_ms = (unsigned int)(now - client->last);
		client->last = now;
	}
	pthread_mutex_unlock(&client->lock);
}

/* Waits for the slot's job, if there is one. Return: false if the device is gone */
static bool finish(struct client *client, struct slot *slot)
{
	int error;

	if (!slot->queued)
		return true;
	slot->queued = false;
	error = npu_wait(client->fd, slot->job.out, PATIENCE_S);
	account(client, error, !memcmp(slot->bo.map + IN, slot->bo.map + OUT, BYTES));
	drmSyncobjDestroy(client->fd, slot->job.out);
	return error != -ENODEV;
}

static bool submit(struct client *client, struct slot *slot)
{
	int error;

	fill(client, slot->bo.map + IN);
	memset(slot->bo.map + MIDDLE, 0, SIZE - MIDDLE);
	error = drmSyncobjCreate(client->fd, 0, &slot->job.out) ? -errno : 0;
	if (!error) {
		error = npu_submit(client->fd, &slot->job);
		slot->queued = !error;
		if (error)
			drmSyncobjDestroy(client->fd, slot->job.out);
	}
	if (error) {
		account(client, error, false);
		usleep(10000);
	}
	return error != -ENODEV;
}

static void *run(void *data)
{
	struct client *client = data;
	bool there = true;

	for (unsigned int i = 0; there && !stop; i = (i + 1) % DEPTH)
		there = finish(client, &client->slots[i]) && submit(client, &client->slots[i]);
	for (unsigned int i = 0; i < DEPTH; i++)
		finish(client, &client->slots[i]);
	close(client->fd);
	pthread_mutex_lock(&client->lock);
	client->result.running = 0;
	pthread_mutex_unlock(&client->lock);
	return NULL;
}

void load_start(void)
{
	stop = false;
	for (unsigned int i = 0; i < NUM_CLIENTS; i++) {
		struct client *client = &clients[i];
		uint32_t ctx;

		pthread_mutex_init(&client->lock, NULL);
		client->fd = npu_open();
		client->seed = i + 1;
		client->result = (struct load_result){ .running = 1 };
		ctx = npu_ctx_create(client->fd);
		for (unsigned int j = 0; j < DEPTH; j++) {
			struct slot *slot = &client->slots[j];

			slot->bo = npu_bo_create(client->fd, SIZE, 0);
			slot->job = (struct npu_job){ .ctx = ctx, .cmds = &slot->bo };
			slot->job.cmds_size = write_stream(&slot->bo);
		}
	}
	load_take();
	for (unsigned int i = 0; i < NUM_CLIENTS; i++)
		if (pthread_create(&clients[i].thread, NULL, run, &clients[i]))
			errx(1, "no thread");
}

void load_stop(void)
{
	stop = true;
	for (unsigned int i = 0; i < NUM_CLIENTS; i++) {
		pthread_join(clients[i].thread, NULL);
		for (unsigned int j = 0; j < DEPTH; j++)
			munmap(clients[i].slots[j].bo.map, SIZE);
	}
}

void load_take(void)
{
	for (unsigned int i = 0; i < NUM_CLIENTS; i++) {
		struct client *client = &clients[i];

		pthread_mutex_lock(&client->lock);
		client->result = (struct load_result){ .running = client->result.running };
		client->last = now_ms();
		pthread_mutex_unlock(&client->lock);
	}
}

struct load_result load_result(void)
{
	struct load_result sum = { .least = ~0u };

	for (unsigned int i = 0; i < NUM_CLIENTS; i++) {
		struct load_result *result = &clients[i].result;

		pthread_mutex_lock(&clients[i].lock);
		sum.done += result->done;
		sum.least = result->done < sum.least ? result->done : sum.least;
		sum.wrong += result->wrong;
		sum.failed += result->failed;
		sum.error = result->error ? result->error : sum.error;
		sum.gap_ms = result->gap_ms > sum.gap_ms ? result->gap_ms : sum.gap_ms;
		sum.running += result->running;
		pthread_mutex_unlock(&clients[i].lock);
	}
	return sum;
}
