// SPDX-License-Identifier: MIT
/*
 * Damaged models and labels in v3quant. A model must give a one-line error, or
 * files of every precision that the readers of the compiler and the CPU backend
 * take. Built with the address and undefined-behaviour sanitizers.
 *
 *   damage_test [DIR]
 *
 * DIR is what small_models.py wrote. V3NPU_DAMAGE=N in the environment tries N
 * times as many.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/compiler.h"
#include "compiler/damage.h"
#include "compiler/sim.h"
#include "cpu/cpu.h"
#include "quant/graph/constants.h"
#include "quant/graph/head.h"
#include "quant/graph/quantize.h"
#include "quant/score/labels.h"
#include "quant/weights/equalize.h"
#include "quant/write/archive.h"
#include "quant/write/write.h"
#include "userspace/tap.h"

#define SMALL_CASES	700	/* damaged copies of each small model */
#define REAL_CASES	12	/* of a V3 model */
#define LABEL_CASES	2000
#define MEMORY_MAX	(2ull << 30)
#define MAX_FILES	16

static unsigned int made, refused, heads;

static bool is_clear(const char *error)
{
	bool clear = error[0] && !strchr(error, '\n');

	if (!clear)
		printf("# an error of no or several lines: %s\n", error);
	refused++;
	return clear;
}

/* Is what is written good for those that will read it? */
static bool is_readable(const struct q_graph *q, const void *archive, size_t archive_size,
			bool for_npu)
{
	const struct v3c_target target = sim_target();
	char error[V3C_ERROR_SIZE] = "";
	struct v3cpu_program *cpu = NULL;
	struct v3c_program *npu = NULL;
	size_t size;
	uint8_t *file = q_write(q, archive, archive_size, &size);
	bool good;

	if (!file)
		return is_clear(q->ctx->error);
	if (for_npu)
		npu = v3c_compile(file, size, &target, NULL, error);
	else
		cpu = v3cpu_compile(file, size, NULL, error);
	/* What has an int8 kernel in TensorFlow Lite need not be one of the NPU's */
	good = npu || cpu || (for_npu && is_clear(error));
	made += npu || cpu;
	if (!good)
		printf("# cannot be read: %s\n", error);
	v3c_program_free(npu);
	v3cpu_program_free(cpu);
	free(file);
	return good;
}

/* Ranges that have nothing to do with the model: quantizing must not mind */
static void set_ranges(struct q_groups *groups)
{
	static const float bounds[] = { 0, 1e-30f, 0.5f, 6, 1e30f };
	uint32_t i;

	for (i = 0; i < groups->count; i++)
		q_group_range(&groups->list[i], -bounds[damage_random(5)],
			      bounds[damage_random(5)]);
}

/* Factors that have nothing to do with the model either, but go together where they must */
static int equalize(const struct q_graph *g, struct q_graph *out)
{
	static const float sizes[] = { 0.25f, 1, 1.5f, 64 };
	struct q_factors f;
	uint32_t i;

	if (q_channels_find(g, &f.channels))
		return -ENOMEM;
	f.factor = v3c_alloc(g->ctx, f.channels.count, sizeof(*f.factor));
	if (!f.factor)
		return v3c_no_memory(g->ctx);
	for (i = 0; i < f.channels.count; i++)
		f.factor[i] = sizes[damage_random(4)];
	for (i = 0; i < f.channels.count; i++)
		f.factor[i] = f.channels.fixed[f.channels.of[i]] ? 1 :
			      f.factor[f.channels.of[i]];
	return q_equalize(g, &f, damage_random(3) / 2.0f, out);
}

static bool makes_integer(const struct q_graph *g, const void *data, size_t size)
{
	struct q_graph whole, copy, q;
	struct q_groups groups;
	int ret = q_copy(g, g->ctx, &whole);

	if (!ret)
		ret = q_split_head(&whole);
	heads += ret > 0;
	if (ret >= 0)
		ret = equalize(&whole, &copy);
	if (ret >= 0)
		ret = q_store_constants(&copy);
	if (ret >= 0)
		ret = q_groups_find(&copy, damage_random(2), &groups);
	if (ret < 0)
		return is_clear(g->ctx->error);
	set_ranges(&groups);
	if (q_quantize(&copy, &groups, g->ctx, &q))
		return is_clear(g->ctx->error);
	return is_readable(&q, data, size, true);
}

/* All that v3quant does with a file, but for running what comes of it */
static bool converts(const struct q_graph *g, const void *data, size_t size)
{
	struct q_graph q;

	if (!is_readable(g, data, size, false))
		return false;
	if (q_halve(g, g->ctx, &q))
		return is_clear(g->ctx->error);
	if (!is_readable(&q, data, size, false))
		return false;
	if (q_quantize_weights(g, g->ctx, &q))
		return is_clear(g->ctx->error);
	return is_readable(&q, data, size, false) && makes_integer(g, data, size);
}

static bool survives(const uint8_t *data, size_t size)
{
	char text[V3C_ERROR_SIZE] = "";
	struct v3c_ctx ctx = { .left = MEMORY_MAX, .op = -1, .error = text };
	/* Exactly as large as the file, so that the sanitizer sees the first byte past it */
	uint8_t *copy = malloc(size ? size : 1);
	struct v3cpu_program *program;
	struct q_graph g;
	bool good;

	memcpy(copy, data, size);
	program = v3cpu_compile(copy, size, NULL, text);
	v3cpu_program_free(program);
	if (!program || q_load(&ctx, copy, size, &g))
		good = is_clear(text);
	else
		good = converts(&g, copy, size);
	v3c_release(&ctx);
	free(copy);
	return good;
}

static void check_small(const char *directory, unsigned int factor)
{
	static struct damage_file files[MAX_FILES];
	unsigned int count = 0, bad = 0, i;
	char path[512], name[100], *list, *line;
	size_t size;

	snprintf(path, sizeof(path), "%s/list", directory);
	list = sim_read_file(path, &size);
	for (line = list; line && count < MAX_FILES && sscanf(line, "%99s", name) == 1; count++) {
		snprintf(path, sizeof(path), "%s/%s.tflite", directory, name);
		files[count].data = sim_read_file(path, &files[count].size);
		if (!files[count].data)
			break;
		line = strchr(line, '\n') + 1;
	}
	free(list);
	for (i = 0; i < count; i++) {
		bad += !survives(files[i].data, files[i].size);
		bad += damage_many(survives, &files[i], &files[(i + 1) % count],
				   SMALL_CASES * factor);
	}
	ok(count > 1 && !bad, "%u damaged small models: %u survived wrongly",
	   SMALL_CASES * factor * count, bad);
	ok(made > 0 && refused > 0 && heads > 1,
	   "%u files were made, %u refused, and a head was seen in %u models", made, refused,
	   heads);
	for (i = 0; i < count; i++)
		free(files[i].data);
}

static void check_real(unsigned int factor)
{
	const char *shared = getenv("V3NPU_SHARED");
	struct damage_file f;
	char path[512];
	unsigned int bad;

	snprintf(path, sizeof(path), "%s/models/v3/level2_leaky_int8.tflite",
		 shared ? shared : "../shared");
	f.data = sim_read_file(path, &f.size);
	if (!f.data) {
		skip("damaged copies of a V3 model", "it is not in the shared folder");
		return;
	}
	bad = damage_many(survives, &f, &f, REAL_CASES * factor);
	ok(!bad, "%u damaged copies of a V3 model: %u survived wrongly", REAL_CASES * factor, bad);
	free(f.data);
}

/* Labels that are text, nearly; each must be read or give a line that names the file */
static void check_labels(unsigned int factor)
{
	static const char good[] = "0 0.5 0.5 0.25 0.25\n2 0.1 0.1 0.4 0.1 0.4 0.4 0.1 0.4\n";
	char folder[] = "/tmp/v3quant-labels-test.XXXXXX", path[64];
	const struct v3npu_image image = { .width = 640, .height = 480 };
	unsigned int bad = 0, read = 0, i;

	if (!mkdtemp(folder)) {
		ok(false, "a folder for labels: %s", strerror(errno));
		return;
	}
	snprintf(path, sizeof(path), "%s/a.txt", folder);
	for (i = 0; i < LABEL_CASES * factor; i++) {
		struct map_truth *truth = NULL;
		struct tool_error error = {};
		char text[sizeof(good)];
		size_t size = sizeof(good) - 1;
		int times = damage_random(4), count, k;
		FILE *f = fopen(path, "wb");

		memcpy(text, good, sizeof(good));
		while (times--)
			text[damage_random(size)] = " \n-.0123456789enaif\t\xff"[damage_random(22)];
		if (!damage_random(4))
			size = damage_random(size);
		if (!f || fwrite(text, 1, size, f) != size || fclose(f)) {
			bad++;
			break;
		}
		count = labels_read(folder, "pictures/a.jpg", &image, 3, &truth, &error);
		read += count >= 0;
		bad += count < 0 && (!strstr(error.text, "a.txt") || strchr(error.text, '\n'));
		for (k = 0; k < count; k++)
			bad += truth[k].class_id < 0 || truth[k].class_id >= 3;
		free(truth);
	}
	unlink(path);
	rmdir(folder);
	ok(!bad && read && read < LABEL_CASES * factor,
	   "damaged labels: %u of %u read, %u survived wrongly", read, LABEL_CASES * factor, bad);
}

int main(int argc, char **argv)
{
	unsigned int factor = getenv("V3NPU_DAMAGE") ? atoi(getenv("V3NPU_DAMAGE")) : 1;

	check_small(argc == 2 ? argv[1] : "build/tests/quant/models", factor);
	check_real(factor);
	check_labels(factor);
	return done();
}
