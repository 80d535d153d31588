// SPDX-License-Identifier: MIT
/*
 * Small models of ops.py: the commands that each becomes, and every byte that it
 * computes, with and without memory of its own for every tensor, against what
 * TensorFlow Lite's reference kernels computed (ops.expected); or the message
 * with which it is refused.
 *
 *   ops_test [DIR EXPECTED]
 *
 * DIR is what ops.py wrote.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "sim.h"
#include "userspace/tap.h"

static const char *directory;
static char *expected;
static unsigned int halved;	/* models whose commands were */

static void *read_model_file(const char *name, const char *suffix, size_t *size)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s%s", directory, name, suffix);
	return sim_read_file(path, size);
}

static const char *opcode_name(unsigned int opcode)
{
	static const char *const names[] = {
		"NOP", "CONV", "MATMUL", "ELTWISE", "POOL", "SOFTMAX", "RESIZE", "COPY", "STALL",
		"ARGMAX",
	};

	return opcode < V3NPU_NUM_OPCODES ? names[opcode] : "?";
}

/* The commands' names, with a space between them */
static char *list_commands(const struct v3c_program *p)
{
	char *list = calloc(p->cmd_count + 1, 10);
	size_t at, length = 0;

	for (at = 0; list && at < p->cmds_size;) {
		const struct v3npu_cmd_hdr *hdr = (void *)(p->cmds + at);

		length += sprintf(list + length, "%s%s", at ? " " : "", opcode_name(hdr->opcode));
		at += hdr->size;
	}
	return list;
}

static bool output_matches(const struct sim *sim, const char *name, unsigned int number)
{
	const struct v3c_tensor *t = &sim->program->outputs[number];
	const uint8_t *data = sim_tensor(sim, t);
	char key[128], *line, *hex;
	unsigned int crc, i, byte;
	int length = snprintf(key, sizeof(key), "\n%s %u ", name, number);

	line = strstr(expected, key);
	if (!line || sscanf(line + length, "%x", &crc) != 1) {
		printf("# %s: ops.expected has no output %u\n", name, number);
		return false;
	}
	if (crc32(0, data, sim_size(t)) == crc)
		return true;
	hex = line + length + 9;
	for (i = 0; i < sim_size(t) && sscanf(hex + 2 * i, "%2x", &byte) == 1; i++)
		if (data[i] != byte)
			printf("# %s: output %u byte %u is %d, not %d\n", name, number, i,
			       (int8_t)data[i], (int8_t)byte);
	return false;
}

/* So slow that every command takes longer than one may, and is halved until it cannot be */
static const struct v3npu_config slow = { 64, 1u << 20, 1, 10000, 64, 1, 1, NULL };
static const struct v3c_options short_commands = { .command_us = 1 };

static bool outputs_match(const struct v3c_program *p, const char *name, const uint8_t *in,
			  const struct v3npu_config *config)
{
	struct sim sim;
	bool same;
	size_t i;

	same = config ? sim_load_on(&sim, p, config) : sim_load(&sim, p);
	for (i = 0; same && i < p->input_count; i++) {
		memcpy(sim_tensor(&sim, &p->inputs[i]), in, sim_size(&p->inputs[i]));
		in += sim_size(&p->inputs[i]);
	}
	same = same && sim_run(&sim);
	for (i = 0; same && i < p->output_count; i++)
		same = output_matches(&sim, name, i);
	sim_unload(&sim);
	return same;
}

static void check_run(const char *name, const void *model, size_t size, const char *commands)
{
	struct v3c_options keep = { .keep_tensors = true };
	const struct v3c_target target = sim_target(), slow_target = sim_target_of(&slow);
	struct v3c_program *p = NULL, *kept = NULL, *short_ones = NULL;
	char error[V3C_ERROR_SIZE], *list = NULL;
	size_t in_size;
	uint8_t *in = read_model_file(name, ".in", &in_size);

	p = v3c_compile(model, size, &target, NULL, error);
	if (!ok(p && in, "%s compiles%s%s", name, p ? "" : ": ", p ? "" : error))
		goto out;
	list = list_commands(p);
	ok(list && !strcmp(list, commands), "%s becomes %s%s%s", name, commands,
	   strcmp(list, commands) ? ", not " : "", strcmp(list, commands) ? list : "");
	kept = v3c_compile(model, size, &target, &keep, error);
	ok(outputs_match(p, name, in, NULL) && kept && outputs_match(kept, name, in, NULL),
	   "%s computes what TFLite does", name);
	short_ones = v3c_compile(model, size, &slow_target, &short_commands, error);
	halved += short_ones && short_ones->cmd_count > p->cmd_count;
	ok(short_ones && outputs_match(short_ones, name, in, &slow),
	   "%s in %u commands instead of %u does so, too%s%s", name,
	   short_ones ? (unsigned int)short_ones->cmd_count : 0, (unsigned int)p->cmd_count,
	   short_ones ? "" : ": ", short_ones ? "" : error);
out:
	v3c_program_free(p);
	v3c_program_free(kept);
	v3c_program_free(short_ones);
	free(list);
	free(in);
}

static void check_error(const char *name, const void *model, size_t size, const char *message)
{
	struct v3c_target target = sim_target();
	char error[V3C_ERROR_SIZE] = "";
	struct v3c_program *p;

	errno = 0;
	p = v3c_compile(model, size, &target, NULL, error);
	ok(!p && (errno == EINVAL || errno == ENOTSUP) && strstr(error, message) == error,
	   "%s is refused: %s", name, p ? "not at all" : error);
	v3c_program_free(p);
}

int main(int argc, char **argv)
{
	char *list, *line, *next, *text;
	size_t size;

	const char *expected_path = argc == 3 ? argv[2] : "tests/compiler/ops.expected";

	directory = argc == 3 ? argv[1] : "build/tests/compiler/models";
	list = read_model_file("list", "", &size);
	text = sim_read_file(expected_path, &size);
	/* Every key starts with a newline, the first one too */
	expected = text ? malloc(size + 2) : NULL;
	if (!list || !expected) {
		printf("Bail out! cannot read %s/list or %s\n", directory, expected_path);
		return 1;
	}
	expected[0] = '\n';
	memcpy(expected + 1, text, size);
	expected[size + 1] = '\0';
	for (line = list; (next = strchr(line, '\n')); line = next) {
		char kind[8], name[100], *model, *commands;
		size_t model_size, commands_size;

		*next++ = '\0';
		if (sscanf(line, "%7s %99s", kind, name) != 2)
			continue;
		model = read_model_file(name, ".tflite", &model_size);
		commands = read_model_file(name, ".cmds", &commands_size);
		if (!ok(model && commands, "%s can be read", name))
			continue;
		if (!strcmp(kind, "error"))
			check_error(name, model, model_size, commands);
		else
			check_run(name, model, model_size, commands);
		free(model);
		free(commands);
	}
	ok(halved > 100, "commands of %u models are halved", halved);
	free(list);
	free(text);
	free(expected);
	return done();
}
