// SPDX-License-Identifier: MIT
/*
 * Damaged model files: truncated, with flipped bits, with changed words, with
 * parts of another file in them. Each must give a one-line error, or a program
 * of valid commands that stay within their memory and run; in bounded time and
 * memory. So must its pieces for the NPU and the CPU, as the runtime makes them,
 * and its analysis. Built with the address and undefined-behaviour sanitizers.
 *
 *   damage_test [DIR]
 *
 * DIR is what ops.py wrote. V3NPU_DAMAGE=N in the environment tries N times as
 * many: 4 are more than 10,000 files.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "compiler/base/limits.h"
#include "compiler/report/analysis.h"
#include "compiler/split.h"
#include "cpu/cpu.h"
#include "damage.h"
#include "sim.h"
#include "userspace/tap.h"
#include "v3npu/cmd_check.h"

#define MAX_FILES	512
#define SMALL_CASES	3000
#define REAL_CASES	75
#define MAX_SECONDS	5		/* of processor time a file, with the sanitizers */
#define MAX_RUN		(1u << 20)	/* MACs, and bytes of memory, of programs that are run */

static unsigned int compiled, refused, run, cpu_compiled, cpu_run;
static double slowest;
static size_t in_use, most_in_use, largest;
static bool beyond;

/* Of the address sanitizer; gcc has no header with them */
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
					      void (*on_free)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *block);

static void count_malloc(const volatile void *block, size_t size)
{
	(void)block;
	in_use += size;
	if (in_use > most_in_use)
		most_in_use = in_use;
}

static void count_free(const volatile void *block)
{
	if (block)
		in_use -= __sanitizer_get_allocated_size(block);
}

/*
 * Bytes that a file of @size bytes may make the compiler allocate: what limits.h
 * says; an array that grows is there twice for a moment, with room to spare;
 * and the commands, their relocations and the metadata.
 */
static size_t max_in_use(size_t size)
{
	return v3c_max_memory(size) + 3 * v3c_max_consts(size) + (64u << 20);
}

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static uint64_t extent(const struct v3npu_tensor *t)
{
	uint64_t n = 1;
	int i;

	for (i = 0; i < 4; i++)
		n += (uint64_t)(t->dim[i] - 1) * t->stride[i];
	return n;
}

/* Bytes that a command accesses from the address at byte @field of it on */
static uint64_t accessed(const uint8_t *cmd, uint32_t field)
{
	const struct v3npu_cmd_hdr *hdr = (const void *)cmd;
	const struct v3npu_cmd_conv *conv = (const void *)cmd;
	const struct v3npu_output *output = NULL;
	uint32_t channels = 0, output_at = 0;

	if (hdr->opcode == V3NPU_OP_CONV) {
		output_at = offsetof(struct v3npu_cmd_conv, output);
		channels = conv->out.dim[3];
		if (field == offsetof(struct v3npu_cmd_conv, weights))
			return (uint64_t)conv->kernel[0] * conv->kernel[1] * channels *
			       (conv->in.dim[3] / conv->groups);
	} else if (hdr->opcode == V3NPU_OP_MATMUL) {
		output_at = offsetof(struct v3npu_cmd_matmul, output);
		channels = ((const struct v3npu_cmd_matmul *)cmd)->out.dim[3];
	}
	if (output_at) {
		output = (const void *)(cmd + output_at);
		if (field == output_at + offsetof(struct v3npu_output, chan))
			return output->flags & V3NPU_OUTPUT_PER_TENSOR ? 12 : 12ull * channels;
		if (field == output_at + offsetof(struct v3npu_output, table))
			return 256;
	}
	if ((hdr->opcode == V3NPU_OP_ELTWISE &&
	     field == offsetof(struct v3npu_cmd_eltwise, table)) ||
	    (hdr->opcode == V3NPU_OP_POOL && field == offsetof(struct v3npu_cmd_pool, table)) ||
	    (hdr->opcode == V3NPU_OP_COPY && field == offsetof(struct v3npu_cmd_copy, table)))
		return 256;
	return extent((const void *)(cmd + field));
}

static uint64_t region_size(const struct v3c_program *p, uint32_t region)
{
	if (region == V3C_REGION_CONST)
		return p->consts_size;
	if (region == V3C_REGION_ARENA)
		return p->arena_size;
	region -= V3C_REGION_IO;
	if (region < p->input_count)
		return sim_size(&p->inputs[region]);
	region -= p->input_count;
	return region < p->output_count ? sim_size(&p->outputs[region]) : 0;
}

/* Relocations come in the order of the commands that they are in */
static bool program_is_sound(const struct v3c_program *p)
{
	size_t at, r = 0;

	for (at = 0; at < p->cmds_size;) {
		const uint8_t *cmd = p->cmds + at;
		size_t size = ((const struct v3npu_cmd_hdr *)cmd)->size;

		if (v3npu_cmd_check(cmd, p->cmds_size - at, sim_target().sram_size))
			return false;
		for (; r < p->reloc_count && p->relocs[r].offset < at + size; r++) {
			uint32_t field = p->relocs[r].offset - at;
			uint64_t address;

			memcpy(&address, cmd + field, sizeof(address));
			if (address + accessed(cmd, field) > region_size(p, p->relocs[r].region))
				return false;
		}
		at += size;
	}
	return r == p->reloc_count;
}

static bool is_clear(const char *error)
{
	if (error[0] && !strchr(error, '\n') &&
	    (errno == EINVAL || errno == ENOTSUP || errno == ENOMEM))
		return true;
	printf("# %s\n", error);
	return false;
}

/* Runs a program that is small enough; its result is what it is */
static bool program_runs(const struct v3c_program *p)
{
	uint64_t memory = p->arena_size + p->consts_size;
	struct sim sim;
	bool good;
	size_t i;

	for (i = 0; i < p->input_count; i++)
		memory += sim_size(&p->inputs[i]);
	for (i = 0; i < p->output_count; i++)
		memory += sim_size(&p->outputs[i]);
	if (p->macs > MAX_RUN || memory > MAX_RUN || p->cmds_size > MAX_RUN ||
	    V3C_REGION_IO + p->input_count + p->output_count > SIM_MAX_REGIONS)
		return true;
	run++;
	good = sim_load(&sim, p) && sim_run(&sim);
	sim_unload(&sim);
	return good;
}

static bool compiles(const uint8_t *data, size_t size)
{
	struct v3c_options keep = { .keep_tensors = damage_random(2) };
	struct v3c_target target = sim_target();
	char error[V3C_ERROR_SIZE];
	size_t before = in_use;
	struct v3c_program *p;
	bool good;

	errno = 0;
	most_in_use = in_use;
	p = v3c_compile(data, size, &target, &keep, error);
	if (most_in_use - before > largest)
		largest = most_in_use - before;
	beyond |= most_in_use - before > max_in_use(size);
	*(p ? &compiled : &refused) += 1;
	good = p ? program_is_sound(p) && program_runs(p) : is_clear(error);
	if (p && !good)
		puts("# a program that leaves its memory, or fails");
	v3c_program_free(p);
	return good;
}

/* Runs a small program for the CPU; XNNPACK's accesses are not checked but for the heap's */
static bool cpu_program_runs(const struct v3cpu_program *p)
{
	size_t count = p->input_count + p->output_count, i;
	uint64_t memory = p->arena_size + p->consts_size;
	void **io = calloc(count + 1, sizeof(*io));
	struct v3cpu_plan *plan = NULL;
	char error[V3C_ERROR_SIZE];
	bool good = true;

	for (i = 0; i < count; i++)
		memory += sim_size(i < p->input_count ? &p->inputs[i] :
				   &p->outputs[i - p->input_count]);
	if (p->macs <= MAX_RUN && memory <= MAX_RUN) {
		for (i = 0; i < count; i++)
			io[i] = calloc(1, sim_size(i < p->input_count ? &p->inputs[i] :
						   &p->outputs[i - p->input_count]) + V3CPU_SLACK);
		errno = ENOTSUP;
		good = v3cpu_plan_new(p, NULL, io, &plan, error) ? is_clear(error) :
		       !v3cpu_plan_run(plan, NULL, error);
		cpu_run += plan != NULL;
		v3cpu_plan_free(plan);
		for (i = 0; i < count; i++)
			free(io[i]);
	}
	free(io);
	return good;
}

static bool splits(const uint8_t *data, size_t size)
{
	const struct v3c_target target = sim_target();
	char error[V3C_ERROR_SIZE];
	struct v3c_split *split;
	bool good = true;
	size_t i;

	errno = 0;
	split = v3c_split(data, size, damage_random(2) ? &target : NULL, NULL, error);
	if (!split)
		return is_clear(error);
	for (i = 0; good && i < split->piece_count; i++) {
		const struct v3c_piece *piece = &split->pieces[i];
		struct v3cpu_program *cpu;

		if (piece->program) {
			good = program_is_sound(piece->program);
			continue;
		}
		cpu = v3cpu_compile(data, size, piece->part, error);
		good = cpu ? cpu_program_runs(cpu) : is_clear(error);
		cpu_compiled += cpu != NULL;
		v3cpu_program_free(cpu);
	}
	v3c_split_free(split);
	return good;
}

static bool analyzes(const uint8_t *data, size_t size)
{
	char error[V3C_ERROR_SIZE];
	struct v3c_analysis *a;
	bool good;
	size_t i;

	errno = 0;
	a = v3c_analyze(data, size, error);
	if (!a)
		return is_clear(error);
	for (i = 0; i < a->anomaly_count; i++)
		if (strchr(a->anomalies[i].text, '\n'))
			break;
	good = i == a->anomaly_count;
	v3c_analysis_free(a);
	return good;
}

/* False if what comes of a file is neither sound nor a clear error */
static bool survives(const uint8_t *data, size_t size)
{
	/* Exactly as large as the file, so that the sanitizer sees the first byte past it */
	uint8_t *copy = malloc(size);
	double start = cpu_seconds();
	bool good;

	memcpy(copy, data, size);
	good = compiles(copy, size) && splits(copy, size) && analyzes(copy, size);
	if (cpu_seconds() - start > slowest)
		slowest = cpu_seconds() - start;
	free(copy);
	return good;
}

static void check_small(const char *directory, unsigned int factor)
{
	static struct damage_file files[MAX_FILES];
	unsigned int count = 0, bad = 0, each, i;
	char path[512], name[100], *list, *line;
	size_t size;

	snprintf(path, sizeof(path), "%s/list", directory);
	list = sim_read_file(path, &size);
	line = list;
	for (; line && count < MAX_FILES && sscanf(line, "%*s %99s", name) == 1; count++) {
		snprintf(path, sizeof(path), "%s/%s.tflite", directory, name);
		files[count].data = sim_read_file(path, &files[count].size);
		line = strchr(line, '\n') + 1;
		if (!files[count].data)
			break;
	}
	free(list);
	each = count ? SMALL_CASES * factor / count : 0;
	for (i = 0; i < count; i++)
		bad += damage_many(survives, &files[i],
				   &files[(i + 1 + damage_random(count - 1)) % count], each);
	ok(count && !bad, "%u damaged small models: %u survived wrongly", each * count, bad);
	for (i = 0; i < count; i++)
		free(files[i].data);
}

static void check_real(const char *name, unsigned int factor)
{
	const char *shared = getenv("V3NPU_SHARED");
	struct damage_file f;
	char path[512];
	unsigned int bad;

	snprintf(path, sizeof(path), "%s/models/v3/%s.tflite",
		 shared ? shared : "../shared", name);
	f.data = sim_read_file(path, &f.size);
	if (!f.data) {
		skip(name, "the model is not in the shared folder");
		return;
	}
	bad = damage_many(survives, &f, &f, REAL_CASES * factor);
	ok(!bad, "%u damaged copies of %s: %u survived wrongly", REAL_CASES * factor, name, bad);
	free(f.data);
}

int main(int argc, char **argv)
{
	unsigned int factor = getenv("V3NPU_DAMAGE") ? atoi(getenv("V3NPU_DAMAGE")) : 1;

	__sanitizer_install_malloc_and_free_hooks(count_malloc, count_free);
	check_small(argc == 2 ? argv[1] : "build/tests/compiler/models", factor);
	check_real("level3_relu_full_integer_quant", factor);
	check_real("level2_relu_full_integer_quant", factor);
	check_real("level3_leaky_int8", factor);
	check_real("level4_relu_integer_quant", factor);
	printf("# %u compiled for the NPU alone, %u of them run; %u refused\n"
	       "# %u pieces compiled for the CPU, %u of them run\n", compiled, run, refused,
	       cpu_compiled, cpu_run);
	ok(largest && !beyond, "no file makes the compiler allocate more than is stated; at most "
	   "%zu MiB", largest >> 20);
	ok(slowest < MAX_SECONDS, "no file takes more than %.1f s of processor time", slowest);
	return done();
}
