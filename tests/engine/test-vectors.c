// SPDX-License-Identifier: MIT
/* Operators whose results TensorFlow Lite computed (see make-vectors.py), on all kernels. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "tap.h"

/**
 * struct vector - one operator
 * @name: of it
 * @cmd: the command
 * @data: what lies in memory; entries of size 0 are unused
 * @want: the result, dense, at OUT
 * @want_size: bytes
 */
struct vector {
	const char *name;
	union command cmd;
	struct {
		uint64_t addr;
		const void *bytes;
		size_t size;
	} data[4];
	const int8_t *want;
	size_t want_size;
};

#include "vectors.inc"

/* As make-vectors.py lays memory out */
#define BASE	0x10000
#define OUT	0x30000
#define PAGES	80

static void check_vector(struct v3npu_engine *engine, const struct vector *v, const char *kernel)
{
	struct space *space = space_new(BASE, PAGES, false);
	struct v3npu_memory memory = space_memory(space);
	struct v3npu_counters counters;
	enum v3npu_result result;
	uint64_t fault;
	size_t i;

	for (i = 0; i < sizeof(v->data) / sizeof(v->data[0]); i++)
		space_write(space, v->data[i].addr, v->data[i].bytes, v->data[i].size);
	result = v3npu_engine_run(engine, &v->cmd, &memory, NULL, &counters, &fault);
	for (i = 0; i < v->want_size; i++)
		if ((int8_t)space_get(space, OUT + i) != v->want[i])
			break;
	if (!tap_ok(result == V3NPU_RESULT_DONE && i == v->want_size, "%s: %s", kernel, v->name))
		tap_note("result %d, first difference at byte %zu of %zu", result, i, v->want_size);
	space_free(space);
}

int main(void)
{
	struct v3npu_config config = V3NPU_CONFIG_DEFAULT;
	size_t k, i;

	for (k = 0; k < KERNEL_NAMES; k++) {
		struct v3npu_engine *engine;

		config.kernel = kernel_names[k];
		engine = v3npu_engine_new(&config, NULL, NULL, NULL);
		if (!engine) {
			tap_ok(true, "%s # SKIP not on this processor", kernel_names[k]);
			continue;
		}
		for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
			check_vector(engine, &vectors[i], kernel_names[k]);
		v3npu_engine_free(engine);
	}
	return tap_done();
}
