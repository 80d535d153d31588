/* SPDX-License-Identifier: MIT */
/*
 * A client of the NPU: an open device and jobs of one kind, whose results are
 * known. Nothing here ends the program, as the device may go away at any time.
 */
#ifndef TESTS_SOAK_CLIENT_H
#define TESTS_SOAK_CLIENT_H

#include <stdint.h>

#include "chain.h"

/** enum client_kind - what its jobs are */
enum client_kind {
	/** @CLIENT_SHORT: some commands on 4 KiB, with a pause while they are in SRAM */
	CLIENT_SHORT,
	/** @CLIENT_LONG: 300 commands */
	CLIENT_LONG,
	/** @CLIENT_LARGE: 256 KiB a command */
	CLIENT_LARGE,
	/** @CLIENT_DEEP: 48 jobs that are queued at once */
	CLIENT_DEEP,
	/** @CLIENT_MODEL: a neural network through libv3npu, against TFLite's bytes */
	CLIENT_MODEL,
	CLIENT_KINDS,
};

struct client;

/**
 * client_open() - open the device and prepare the jobs
 * @kind: enum client_kind; a model needs smallnet.tflite, .raw and .out in the
 *	current directory
 * @priority: enum drm_v3npu_priority
 * @seed: of its bytes
 * @client: the result, for client_close()
 *
 * Return: 0 or a negative errno; -ENODEV when there is no device node.
 */
int client_open(enum client_kind kind, uint32_t priority, uint32_t seed, struct client **client);

/**
 * client_run() - run one round of jobs and look at the bytes
 * @client: client
 * @tally: to which the jobs are added
 *
 * Return: 0, or the first error of a job, negative.
 */
int client_run(struct client *client, struct tally *tally);

/* Submits a round of jobs and does not wait; not a model's. Return: 0 or a negative errno. */
int client_abandon(struct client *client);

/* Closes the device; jobs that are not done are left to it. */
void client_close(struct client *client);

/* Opens the device node, whichever number it has. Return: file descriptor or negative errno. */
int client_open_node(void);

#endif /* TESTS_SOAK_CLIENT_H */
