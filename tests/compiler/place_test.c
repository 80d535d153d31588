// SPDX-License-Identifier: MIT
/*
 * Tensors in SRAM: random programs, whose buffers must not overlap; and the V3
 * models on NPUs with SRAM of several sizes, where no output byte may change
 * whatever the SRAM held before, and more SRAM must not cost more DRAM traffic.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/emit/emit.h"
#include "compiler/plan/place.h"
#include "sim.h"
#include "userspace/tap.h"
#include "v3npu/cmd_check.h"

#define CASES	200

static uint64_t state = 88172645463325252ull;

/* Marsaglia's xorshift: the same cases in every run */
static uint32_t random_below(uint32_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % limit;
}

/* Copies between buffers of random sizes, of all of the smaller one */
static int add_random_copies(struct v3c_stream *stream)
{
	struct ir_graph *g = stream->graph;
	const struct ir_node node = {};
	int ret = 0, i;

	for (i = 0; !ret && i < 60; i++) {
		int from = random_below(g->buffer_count);
		int to = (from + 1 + random_below(g->buffer_count - 1)) % g->buffer_count;
		uint64_t a = g->buffers[from].size, b = g->buffers[to].size;
		uint32_t size = a < b ? a : b;
		struct v3npu_tensor t = { .dim = { 1, 1, 1, size }, .stride = { 0, 0, 0, 1 } };
		struct v3npu_cmd_copy copy = { .in = t, .out = t };
		struct v3c_address addresses[] = {
			{ offsetof(struct v3npu_cmd_copy, in.addr), from },
			{ offsetof(struct v3npu_cmd_copy, out.addr), to },
		};

		ret = v3c_stream_add(stream, &node, V3NPU_OP_COPY, &copy, addresses, 2);
	}
	return ret;
}

static bool overlap(const struct ir_buffer *a, const struct ir_buffer *b)
{
	return a->first <= b->last && b->first <= a->last &&
	       a->offset < b->offset + b->size && b->offset < a->offset + a->size;
}

static void test_random(struct v3c_ctx *ctx)
{
	struct v3c_target target = sim_target();
	unsigned int in_sram = 0, in_dram = 0, wrong = 0, failed = 0, n;

	target.sram_size = 256 << 10;
	for (n = 0; n < CASES; n++) {
		struct ir_graph g = {};
		struct v3c_stream stream = {
			.ctx = ctx, .graph = &g, .sram_size = target.sram_size,
		};
		int i, k, count = 2 + random_below(40);

		for (i = 0; i < count; i++)
			v3c_ir_add_buffer(ctx, &g, V3C_REGION_ARENA, 1 + random_below(100000));
		failed += add_random_copies(&stream) || v3c_place(ctx, &g, &stream, &target);
		for (i = 0; i < count; i++) {
			const struct ir_buffer *a = &g.buffers[i];

			if (a->region != V3C_REGION_NONE) {
				in_dram++;
				continue;
			}
			in_sram++;
			wrong += a->offset % 64 || a->offset < target.sram_va ||
				 a->offset + a->size > target.sram_va + target.sram_size;
			for (k = 0; k < i; k++)
				wrong += g.buffers[k].region == V3C_REGION_NONE &&
					 overlap(a, &g.buffers[k]);
		}
		free(stream.cmds);
		free(stream.info);
		free(stream.relocs);
	}
	ok(!failed && in_sram && in_dram && !wrong,
	   "%u buffers in SRAM, %u in DRAM: %u overlap or lie outside", in_sram, in_dram, wrong);
}

/* A file of the shared folder, for free(); NULL if it is not there */
static void *read_shared(const char *directory, const char *model, const char *file, size_t *size)
{
	const char *shared = getenv("V3NPU_SHARED");
	char path[512];

	snprintf(path, sizeof(path), "%s/%s%s%s", shared ? shared : "../shared", directory, model,
		 file);
	return sim_read_file(path, size);
}

struct model {
	const char *name;
	void *file, *in, *out;
	size_t file_size, in_size, out_size;
};

static bool uses_sram(const struct v3c_program *p)
{
	size_t at;

	for (at = 0; at < p->cmds_size;) {
		const struct v3npu_cmd_hdr *hdr = (void *)(p->cmds + at);

		if (v3npu_cmd_check(hdr, hdr->size, 0))
			return true;
		at += hdr->size;
	}
	return false;
}

/* Compiles for an NPU, runs there; false if a byte differs. Sets what it cost. */
static bool run(const struct model *m, const struct v3npu_config *config, uint64_t *dram,
		uint64_t *cycles)
{
	const struct v3c_target target = sim_target_of(config);
	char error[V3C_ERROR_SIZE];
	struct v3c_program *p = v3c_compile(m->file, m->file_size, &target, NULL, error);
	struct sim sim;
	bool same = false;

	if (!p) {
		printf("# %s\n", error);
		return false;
	}
	if (sim_load_on(&sim, p, config) && m->in_size == sim_size(&p->inputs[0]) &&
	    m->out_size == sim_size(&p->outputs[0])) {
		memcpy(sim_tensor(&sim, &p->inputs[0]), m->in, m->in_size);
		same = sim_fill_sram(&sim, config->sram_size) && sim_run(&sim) &&
		       !memcmp(sim_tensor(&sim, &p->outputs[0]), m->out, m->out_size);
	}
	*dram = sim.dram_bytes;
	*cycles = sim.cycles;
	printf("# %s, %u KiB: %.2f M cycles, DRAM %.2f MB, arena %.2f MB\n", m->name,
	       config->sram_size >> 10, *cycles / 1e6, *dram / 1e6, p->arena_size / 1e6);
	sim_unload(&sim);
	v3c_program_free(p);
	return same;
}

static void test_kept(const struct model *m)
{
	const struct v3c_options keep = { .keep_tensors = true };
	const struct v3c_target target = sim_target();
	char error[V3C_ERROR_SIZE];
	struct v3c_program *p = v3c_compile(m->file, m->file_size, &target, &keep, error);

	ok(p && !uses_sram(p), "%s: tensors that are kept are not in SRAM", m->name);
	v3c_program_free(p);
}

static void test_model(const char *name)
{
	static const uint32_t sizes[] = { 0, 64 << 10, 384 << 10, 1 << 20, 8 << 20 };
	uint64_t dram = UINT64_MAX, cycles = UINT64_MAX, first = 0;
	struct model m = { .name = name };
	bool same = true, falls = true;
	size_t i;

	m.file = read_shared("models/v3/", name, "_full_integer_quant.tflite", &m.file_size);
	m.in = read_shared("golden/", "", "img0.raw", &m.in_size);
	m.out = read_shared("golden/", name, ".img0.out", &m.out_size);
	if (!m.file || !m.in || !m.out) {
		skip(name, "its model and golden files are not in the shared folder");
	} else {
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			const struct v3npu_config config = {
				512, sizes[i], 3750, 64, 64, 1000, 1, NULL,
			};
			uint64_t less_dram = UINT64_MAX, less_cycles = UINT64_MAX;

			same &= run(&m, &config, &less_dram, &less_cycles);
			falls &= less_dram <= dram && less_cycles <= cycles;
			dram = less_dram;
			cycles = less_cycles;
			if (!i)
				first = dram;
		}
		ok(same, "%s: the output is TFLite's whatever the size of the SRAM", name);
		ok(falls && dram < first / 5, "%s: more SRAM, less DRAM traffic and cycles", name);
		test_kept(&m);
	}
	free(m.file);
	free(m.in);
	free(m.out);
}

int main(void)
{
	static const char *const names[] = {
		"level3_relu", "level3_leaky", "level4_relu", "level4_leaky", "level2_relu",
	};
	char error[V3C_ERROR_SIZE];
	struct v3c_ctx ctx = { .left = 1 << 26, .error = error };
	size_t i;

	test_random(&ctx);
	v3c_release(&ctx);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		test_model(names[i]);
	return done();
}
