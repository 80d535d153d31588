// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "libv3npu/v3npu.h"

#define MODEL_IN_SIZE	(64 * 64 * 3)
#define MODEL_OUT_SIZE	(6 * 80)

/* Either @chain, or the device, model and session of libv3npu */
struct client {
	int fd;
	struct chain *chain;
	struct v3npu_device *device;
	struct v3npu_model *model;
	struct v3npu_session *session;
	char wanted[MODEL_OUT_SIZE];
};

static const struct chain_shape shapes[CLIENT_KINDS] = {
	[CLIENT_SHORT] = { .depth = 1, .commands = 8, .bytes = 4096, .stall_us = 2000 },
	[CLIENT_LONG] = { .depth = 1, .commands = 300, .bytes = 64 },
	[CLIENT_LARGE] = { .depth = 1, .commands = 4, .bytes = 256 << 10 },
	[CLIENT_DEEP] = { .depth = 48, .commands = 4, .bytes = 512, .stall_us = 500 },
};

/* The path of the first node that can be opened, or a negative errno. */
static int find_node(char *path, size_t size)
{
	glob_t nodes;
	int ret = -ENODEV;

	if (glob("/dev/accel/accel*", 0, NULL, &nodes))
		return -ENODEV;
	for (size_t i = 0; i < nodes.gl_pathc && ret; i++) {
		int fd = open(nodes.gl_pathv[i], O_RDWR | O_CLOEXEC);

		if (fd < 0)
			continue;
		close(fd);
		snprintf(path, size, "%s", nodes.gl_pathv[i]);
		ret = 0;
	}
	globfree(&nodes);
	return ret;
}

int client_open_node(void)
{
	char path[64];
	int fd, ret;

	ret = find_node(path, sizeof(path));
	if (ret)
		return ret;
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int read_file(const char *path, void *bytes, size_t size)
{
	FILE *f = fopen(path, "rb");
	size_t got = f ? fread(bytes, 1, size, f) : 0;

	if (f)
		fclose(f);
	return got == size ? 0 : -EIO;
}

static int open_model(struct client *client, uint32_t priority)
{
	char path[64];
	int ret;

	ret = find_node(path, sizeof(path));
	if (!ret)
		ret = v3npu_device_open(path, &client->device);
	if (!ret)
		ret = v3npu_model_load_file(client->device, "smallnet.tflite", NULL,
					    &client->model);
	if (!ret)
		ret = v3npu_session_create(client->model, (enum v3npu_priority)priority,
					   &client->session);
	if (!ret)
		ret = read_file("smallnet.raw", v3npu_session_input(client->session, 0),
				MODEL_IN_SIZE);
	if (!ret)
		ret = read_file("smallnet.out", client->wanted, MODEL_OUT_SIZE);
	return ret;
}

int client_open(enum client_kind kind, uint32_t priority, uint32_t seed, struct client **result)
{
	struct client *client = calloc(1, sizeof(*client));
	int ret;

	*result = NULL;
	if (!client)
		return -ENOMEM;
	client->fd = -1;
	if (kind == CLIENT_MODEL) {
		ret = open_model(client, priority);
	} else {
		client->fd = client_open_node();
		ret = client->fd < 0 ? client->fd : chain_open(client->fd, &shapes[kind], priority,
							       seed, &client->chain);
	}
	if (ret) {
		client_close(client);
		return ret;
	}
	*result = client;
	return 0;
}

int client_run(struct client *client, struct tally *tally)
{
	const void *output;
	uint64_t start, us;
	int ret;

	if (client->chain)
		return chain_run(client->chain, tally);

	output = v3npu_session_output(client->session, 0);
	memset((void *)output, 0, MODEL_OUT_SIZE);
	start = now_us();
	ret = v3npu_session_run(client->session);
	us = now_us() - start;
	if (us > tally->longest_us)
		tally->longest_us = us;
	if (ret) {
		tally->failed++;
		tally->error = ret;
	} else if (memcmp(output, client->wanted, MODEL_OUT_SIZE)) {
		tally->wrong++;
	} else {
		tally->done++;
	}
	return ret;
}

int client_abandon(struct client *client)
{
	return chain_abandon(client->chain);
}

void client_close(struct client *client)
{
	if (client->chain)
		chain_close(client->chain);
	if (client->fd >= 0)
		close(client->fd);
	if (client->session)
		v3npu_session_free(client->session);
	if (client->model)
		v3npu_model_free(client->model);
	if (client->device)
		v3npu_device_close(client->device);
	free(client);
}
