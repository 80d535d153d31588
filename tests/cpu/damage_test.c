// SPDX-License-Identifier: MIT
/*
 * Damaged models on the CPU backend: each gives a clear error, or loads and
 * runs; the sanitizers watch.
 */
#include <stdlib.h>
#include <string.h>

#include "libv3npu/v3npu.h"
#include "userspace/tap.h"

#define MAX_BYTES	65536
#define VARIANTS	60	/* of each model */

static uint8_t original[MAX_BYTES], damaged[MAX_BYTES];
static unsigned long long seed = 5633;
static int refused, ran, unclear;

static unsigned int any(unsigned int below)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (seed >> 33) % below;
}

static size_t damage(size_t size)
{
	unsigned int i, n = 1 + any(4);

	memcpy(damaged, original, size);
	if (!any(8))
		return any(size);
	for (i = 0; i < n; i++) {
		unsigned int at = any(size);

		switch (any(3)) {
		case 0:
			damaged[at] ^= 1 << any(8);
			break;
		case 1:
			damaged[at] = any(2) ? 0xff : any(16);
			break;
		default:
			memcpy(damaged + at, original + any(size - 4),
			       size - at < 4 ? size - at : 4);
			break;
		}
	}
	return size;
}

static bool is_clear(const char *line)
{
	return *line && !strchr(line, '\n');
}

static void try(struct v3npu_device *device, size_t size)
{
	struct v3npu_session *s = NULL;
	struct v3npu_model *model;
	int ret = v3npu_model_load(device, damaged, size, NULL, &model);

	if (!ret)
		ret = v3npu_session_create(model, V3NPU_PRIORITY_NORMAL, &s);
	if (!ret)
		ret = v3npu_session_run(s);
	if (ret) {
		refused++;
		unclear += !is_clear(v3npu_error());
	} else {
		ran++;
	}
	v3npu_session_free(s);
	v3npu_model_free(model);
}

int main(int argc, char **argv)
{
	const char *directory = argc == 2 ? argv[1] : "build/tests/cpu/models";
	struct v3npu_device *cpu, *sim;
	char name[64], path[512];
	FILE *list;
	int i;

	snprintf(path, sizeof(path), "%s/list", directory);
	list = fopen(path, "r");
	if (!ok(list && !v3npu_device_open("cpu", &cpu) &&
		!v3npu_device_open("sim:threads=1", &sim), "the models' list and two devices"))
		return done();
	while (fscanf(list, "%63s %*s %*s", name) == 1) {
		size_t size;
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s.tflite", directory, name);
		f = fopen(path, "rb");
		size = f ? fread(original, 1, sizeof(original), f) : 0;
		if (f)
			fclose(f);
		if (!ok(size > 100, "%s", name))
			continue;
		for (i = 0; i < VARIANTS; i++)
			try(i % 4 ? cpu : sim, damage(size));
	}
	fclose(list);
	ok(refused > 500 && ran > 100 && !unclear,
	   "%d damaged models refused, %d of them without one clear line; %d ran", refused,
	   unclear, ran);
	v3npu_device_close(cpu);
	v3npu_device_close(sim);
	return done();
}
