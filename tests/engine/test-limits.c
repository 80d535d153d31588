// SPDX-License-Identifier: MIT
/*
 * What random commands are too small or too well-behaved for: shapes that are
 * done in parts, faults, and commands and constants that are refused.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "reference.h"
#include "shapes.h"
#include "tap.h"
#include "v3npu/regs.h"

#define BASE	SHAPES_BASE

static struct v3npu_engine *engine;

static bool equals_reference(const union command *cmd, struct space *before)
{
	struct space *after = space_new(before->base, before->pages, false);
	struct v3npu_memory memory = space_memory(before);
	struct v3npu_counters counters;
	enum v3npu_result result;
	uint64_t fault = 0, differs;

	space_copy(after, before);
	reference_run(after, cmd);
	result = v3npu_engine_run(engine, cmd, &memory, NULL, &counters, &fault);
	differs = space_compare(before, after);
	if (result != V3NPU_RESULT_DONE)
		tap_note("result %d at %#llx", result, (unsigned long long)fault);
	else if (differs != UINT64_MAX)
		tap_note("differs at %#llx", (unsigned long long)differs);
	space_free(after);
	return result == V3NPU_RESULT_DONE && differs == UINT64_MAX;
}

/* Each of these is done in parts, in one way or another */
static void test_large(void)
{
	static const struct {
		const char *name;
		uint32_t in[3], out[3];
		uint16_t kernel[2], dilation;
		uint32_t groups;
		bool brick;
	} convs[] = {
		{ "1100 channels", { 2, 3, 9 }, { 2, 3, 1100 }, { 1, 1 }, 1, 1, true },
		{ "1100 channels, OHWI", { 1, 3, 5 }, { 1, 3, 1100 }, { 1, 1 }, 1, 1, false },
		{ "depth 65536", { 1, 2, 65536 }, { 1, 2, 35 }, { 1, 1 }, 1, 1, true },
		{ "window 64x1024", { 4, 1030, 1 }, { 1, 2, 3 }, { 64, 1024 }, 3, 1, true },
		{ "window 1024x64", { 1030, 3, 1 }, { 2, 1, 17 }, { 1024, 64 }, 1, 1, false },
		{ "lines of 3000 pixels", { 3, 3000, 64 }, { 2, 3000, 5 }, { 3, 3 }, 1, 1, true },
		{ "lines of 40000 pixels", { 1, 40000, 3 }, { 1, 40000, 2 }, { 1, 3 }, 2, 1, true },
		{ "dilation 30", { 61, 9, 33 }, { 3, 9, 18 }, { 3, 3 }, 30, 1, true },
		{ "dilation 40", { 81, 9, 33 }, { 3, 9, 18 }, { 3, 3 }, 40, 1, true },
		{ "1000 groups", { 5, 4, 1000 }, { 5, 4, 1000 }, { 3, 3 }, 1, 1000, false },
		{ "2 groups of depth 32768", { 1, 2, 65536 }, { 1, 2, 4 }, { 1, 1 }, 1, 2, false },
	};
	struct space *space = space_new(BASE, 2048, false);
	struct rng rng = { 42 };
	union command cmd;
	size_t i;

	for (i = 0; i < sizeof(convs) / sizeof(convs[0]); i++) {
		make_conv(&cmd, convs[i].in, convs[i].out, convs[i].kernel, convs[i].dilation,
			  convs[i].groups, convs[i].brick);
		space_fill(&rng, space);
		chan_fill(&rng, space, BASE, convs[i].out[2], false);
		tap_ok(equals_reference(&cmd, space), "convolution: %s", convs[i].name);
	}

	start(&cmd, V3NPU_OP_MATMUL, sizeof(cmd.matmul));
	usual_output(&cmd.matmul.output, BASE);
	cmd.matmul.a = dense(BASE + 0x4000, 1, 1, 3, 32768);
	cmd.matmul.b = dense(BASE + 0x40000, 1, 1, 130, 32768);
	cmd.matmul.out = dense(BASE + 0x700000, 1, 1, 3, 130);
	cmd.matmul.a_zero_point = -128;
	cmd.matmul.b_zero_point = 127;
	space_fill(&rng, space);
	chan_fill(&rng, space, BASE, 130, false);
	tap_ok(equals_reference(&cmd, space), "product: depth 32768");
	cmd.matmul.a = dense(BASE + 0x8000, 2, 1, 150, 7);
	cmd.matmul.b = dense(BASE + 0x40000, 2, 1, 1500, 7);
	cmd.matmul.out = dense(BASE + 0x700000, 2, 1, 150, 1500);
	space_fill(&rng, space);
	chan_fill(&rng, space, BASE, 1500, false);
	tap_ok(equals_reference(&cmd, space), "product: 150 rows, 1500 columns");

	start(&cmd, V3NPU_OP_POOL, sizeof(cmd.pool));
	cmd.pool.in = dense(BASE, 1, 3, 1100, 200);
	cmd.pool.out = dense(BASE + 0x700000, 1, 2, 90, 200);
	cmd.pool.kernel[0] = 2;
	cmd.pool.kernel[1] = 1024;
	cmd.pool.stride[0] = 1;
	cmd.pool.stride[1] = 1;
	cmd.pool.op = V3NPU_POOL_AVG;
	cmd.pool.min = -128;
	cmd.pool.max = 127;
	space_fill(&rng, space);
	tap_ok(equals_reference(&cmd, space), "pooling: window 2x1024");

	start(&cmd, V3NPU_OP_COPY, sizeof(cmd.copy));
	cmd.copy.in = dense(BASE, 1, 3, 700, 500);
	cmd.copy.out = (struct v3npu_tensor) {
		BASE + 0x400000, { 1, 3, 700, 500 }, { 0, 1, 3, 2100 }
	};
	space_fill(&rng, space);
	tap_ok(equals_reference(&cmd, space), "copy: transposed");

	start(&cmd, V3NPU_OP_RESIZE, sizeof(cmd.resize));
	cmd.resize.in = dense(BASE, 1, 1, 3, 100000);
	cmd.resize.out = dense(BASE + 0x100000, 1, 2, 5, 100000);
	space_fill(&rng, space);
	tap_ok(equals_reference(&cmd, space), "resize: 100000 channels");
	cmd.resize.mode = V3NPU_RESIZE_BILINEAR;
	tap_ok(equals_reference(&cmd, space), "bilinear resize: 100000 channels");

	start(&cmd, V3NPU_OP_ARGMAX, sizeof(cmd.argmax));
	cmd.argmax.in = dense(BASE, 1, 1, 3, 100000);
	cmd.argmax.out = dense(BASE + 0x100000, 1, 1, 3, 8);
	tap_ok(equals_reference(&cmd, space), "argmax: 100000 elements");
	space_free(space);
}

/* The command meets one page that is not mapped, or cannot be written, and says where */
static void expect_fault(const union command *cmd, uint64_t page_addr, bool read_only,
			 uint64_t want, const char *what)
{
	struct space *space = space_new(BASE, 64, false);
	size_t page = (page_addr - BASE) / V3NPU_PAGE_SIZE;
	struct v3npu_memory memory = space_memory(space);
	struct rng rng = { 7 };
	struct v3npu_counters counters;
	enum v3npu_result result;
	uint64_t fault = 0;

	chan_fill(&rng, space, BASE, 16, false);
	if (read_only) {
		space->read_only[page] = true;
	} else {
		free(space->page[page]);
		space->page[page] = NULL;
	}
	result = v3npu_engine_run(engine, cmd, &memory, NULL, &counters, &fault);
	tap_ok(result == V3NPU_RESULT_FAULT && fault == want && !counters.cycles &&
	       !counters.dram_read, "fault: %s", what);
	if (result != V3NPU_RESULT_FAULT || fault != want)
		tap_note("result %d, fault at %#llx, want %#llx", result,
			 (unsigned long long)fault, (unsigned long long)want);
	space_free(space);
}

static void test_faults(void)
{
	const uint32_t in[3] = { 8, 8, 16 }, out[3] = { 8, 8, 16 };
	const uint16_t kernel[2] = { 1, 1 };
	union command cmd;

	make_conv(&cmd, in, out, kernel, 1, 1, true);
	/* Each operand ends in the page after the one that it starts in */
	cmd.conv.output.chan = BASE + 0x1000 - 24;
	cmd.conv.output.table = BASE + 0x3000 - 100;
	cmd.conv.weights = BASE + 0x5000 - 64;
	cmd.conv.in.addr = BASE + 0x7000 - 100;
	cmd.conv.out.addr = BASE + 0x9000 - 100;
	expect_fault(&cmd, BASE + 0x1000, false, BASE + 0x1000, "output constants");
	expect_fault(&cmd, BASE, false, BASE + 0x1000 - 24, "output constants, first page");
	cmd.conv.output.chan = BASE;
	expect_fault(&cmd, BASE + 0x3000, false, BASE + 0x3000, "table");
	expect_fault(&cmd, BASE + 0x5000, false, BASE + 0x5000, "weights");
	expect_fault(&cmd, BASE + 0x7000, false, BASE + 0x7000, "convolution input");
	expect_fault(&cmd, BASE + 0x9000, false, BASE + 0x9000, "convolution output");
	expect_fault(&cmd, BASE + 0x9000, true, BASE + 0x9000, "read-only convolution output");
	cmd.conv.weight_format = V3NPU_WEIGHTS_OHWI;
	expect_fault(&cmd, BASE + 0x5000, false, BASE + 0x5000, "weights, OHWI");

	start(&cmd, V3NPU_OP_COPY, sizeof(cmd.copy));
	cmd.copy.in = dense(BASE + 0x7000 - 100, 1, 1, 30, 100);
	cmd.copy.out = dense(BASE + 0x9000 - 100, 1, 1, 30, 100);
	expect_fault(&cmd, BASE + 0x7000, false, BASE + 0x7000, "copy input");
	expect_fault(&cmd, BASE + 0x9000, true, BASE + 0x9000, "read-only copy output");
	cmd.copy.in.stride[2] = 1000;
	expect_fault(&cmd, BASE + 0x8000, false, BASE + 0x7000 - 100 + 5 * 1000,
		     "strided copy input");
	cmd.copy.in.stride[3] = 130;
	cmd.copy.in.stride[2] = 1;
	cmd.copy.in.dim[2] = 3;
	cmd.copy.out.dim[2] = 3;
	expect_fault(&cmd, BASE + 0x8000, false, BASE + 0x7000 - 100 + 33 * 130,
		     "transposed copy input");
	/* The last page of what is mapped, and the end of all addresses */
	cmd.copy.in = dense(BASE + 64 * 0x1000 - 50, 1, 1, 1, 100);
	cmd.copy.out = dense(BASE, 1, 1, 1, 100);
	expect_fault(&cmd, BASE + 0x3000, true, BASE + 64 * 0x1000, "end of the mapping");
	cmd.copy.in.addr = V3NPU_VA_DRAM_END - 100;
	expect_fault(&cmd, BASE + 0x3000, true, V3NPU_VA_DRAM_END - 100, "last address");
}

static enum v3npu_result run_in(struct space *space, const union command *cmd)
{
	struct v3npu_memory memory = space_memory(space);
	struct v3npu_counters counters;
	uint64_t fault = 0;

	return v3npu_engine_run(engine, cmd, &memory, NULL, &counters, &fault);
}

static void test_illegal(void)
{
	const uint32_t in[3] = { 4, 4, 4 }, out[3] = { 4, 4, 20 }, deep[3] = { 4, 4, 32772 };
	const uint16_t kernel[2] = { 1, 1 };
	struct space *space = space_new(BASE, 64, false);
	struct space *before = space_new(BASE, 64, false);
	struct rng rng = { 9 };
	static const struct {
		int offset;
		int32_t value;
		const char *what;
	} bad[] = {
		{ 4, -1, "negative multiplier" },
		{ 8, 31, "shift of 31" },
		{ 8, -32, "shift of -32" },
	};
	union command cmd;
	size_t i;

	start(&cmd, V3NPU_OP_COPY, sizeof(cmd.copy));
	cmd.copy.in = dense(BASE, 1, 1, 1, 100);
	cmd.copy.out = dense(BASE + 0x1000, 1, 1, 1, 100);
	tap_equal(run_in(space, &cmd), V3NPU_RESULT_DONE, "a good copy");
	cmd.copy.in.dim[1] = 0;
	tap_equal(run_in(space, &cmd), V3NPU_RESULT_ILLEGAL, "illegal: a dimension of 0");
	cmd.copy.in.dim[1] = 1;
	cmd.copy.in.addr = V3NPU_VA_SRAM + SPACE_SRAM - 99;
	tap_equal(run_in(space, &cmd), V3NPU_RESULT_ILLEGAL, "illegal: past the end of SRAM");
	cmd.hdr.opcode = V3NPU_NUM_OPCODES;
	tap_equal(run_in(space, &cmd), V3NPU_RESULT_ILLEGAL, "illegal: unknown opcode");

	make_conv(&cmd, in, out, kernel, 1, 1, true);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		chan_fill(&rng, space, BASE, 20, false);
		space_write(space, BASE + 19 * 12 + bad[i].offset, &bad[i].value, 4);
		space_copy(before, space);
		tap_ok(run_in(space, &cmd) == V3NPU_RESULT_ILLEGAL &&
		       space_compare(space, before) == UINT64_MAX,
		       "illegal: %s, and nothing is written", bad[i].what);
	}
	/* Products of 9 bits: sums of twice as many would not fit */
	make_conv(&cmd, deep, out, kernel, 1, 1, true);
	cmd.conv.output.flags = V3NPU_OUTPUT_PER_TENSOR;
	tap_ok(run_in(space, &cmd) != V3NPU_RESULT_ILLEGAL, "a depth of 32772");
	cmd.conv.weight_zero_point = 1;
	tap_equal(run_in(space, &cmd), V3NPU_RESULT_ILLEGAL,
		  "illegal: the same with a zero point of weights");
	start(&cmd, V3NPU_OP_POOL, sizeof(cmd.pool));
	cmd.pool.in = dense(BASE, 1, 1, 1, 10);
	cmd.pool.out = dense(BASE + 0x1000, 1, 1, 1, 10);
	for (i = 0; i < 2; i++)
		cmd.pool.kernel[i] = cmd.pool.stride[i] = 1;
	cmd.pool.op = V3NPU_POOL_AVG;
	cmd.pool.flags = V3NPU_POOL_HALF_UP;
	tap_equal(run_in(space, &cmd), V3NPU_RESULT_DONE, "an average that rounds up");
	cmd.pool.op = V3NPU_POOL_MAX;
	tap_equal(run_in(space, &cmd), V3NPU_RESULT_ILLEGAL, "illegal: a maximum that does");
	start(&cmd, V3NPU_OP_RESIZE, sizeof(cmd.resize));
	cmd.resize.in = dense(BASE, 1, 2, 2, 5);
	cmd.resize.out = dense(BASE + 0x1000, 1, 4, 4, 5);
	cmd.resize.mode = V3NPU_RESIZE_BILINEAR;
	cmd.resize.flags = V3NPU_RESIZE_FLOAT | V3NPU_RESIZE_HALF_PIXEL;
	tap_equal(run_in(space, &cmd), V3NPU_RESULT_DONE, "resizing in float");
	cmd.resize.mode = V3NPU_RESIZE_NEAREST;
	tap_equal(run_in(space, &cmd), V3NPU_RESULT_ILLEGAL, "illegal: of nearest elements");

	make_conv(&cmd, in, out, kernel, 1, 1, true);
	/* Entries that are not used are not looked at */
	cmd.conv.output.flags = V3NPU_OUTPUT_PER_TENSOR;
	tap_equal(run_in(space, &cmd), V3NPU_RESULT_DONE, "one entry for all channels");
	space_free(space);
	space_free(before);
}

static void test_configuration(void)
{
	struct v3npu_config good = V3NPU_CONFIG_DEFAULT, bad = good;

	tap_ok(!v3npu_config_check(&good), "the default configuration is good");
	bad.macs = 100;
	tap_ok(v3npu_config_check(&bad), "100 MACs are refused");
	errno = 0;
	tap_ok(!v3npu_engine_new(&bad, NULL, NULL, NULL) && errno == EINVAL, "no engine of them");
	bad = good;
	bad.sram_size = 1000;
	tap_ok(v3npu_config_check(&bad), "SRAM of 1000 bytes is refused");
	bad = good;
	bad.dram_burst = 48;
	tap_ok(v3npu_config_check(&bad), "a burst of 48 bytes is refused");
	bad = good;
	bad.dram_mbps = 0;
	tap_ok(v3npu_config_check(&bad), "no bandwidth is refused");
	bad = good;
	bad.threads = 65;
	tap_ok(v3npu_config_check(&bad), "65 threads are refused");
	bad = good;
	bad.kernel = "mmx";
	errno = 0;
	tap_ok(!v3npu_engine_new(&bad, NULL, NULL, NULL) && errno == EINVAL,
	       "unknown kernels are refused");
}

static void test_scrub(void)
{
	struct space *space = space_new(BASE, 64, false);
	struct space *zero = space_new(BASE, 64, false);

	memset(space->sram, 0x5a, SPACE_SRAM);
	space_store_sram(space, engine);
	memset(space->sram, 0, SPACE_SRAM);
	space_load_sram(space, engine);
	tap_ok(space->sram[0] == 0x5a && space->sram[SPACE_SRAM - 1] == 0x5a, "SRAM keeps data");
	v3npu_engine_scrub(engine);
	space_load_sram(space, engine);
	tap_ok(space_compare(space, zero) == UINT64_MAX, "scrubbing clears SRAM");
	space_free(space);
	space_free(zero);
}

static atomic_int started, stopped;

static void count_start(void *opaque)
{
	atomic_fetch_add((atomic_int *)opaque, 1);
}

static void count_stop(void *opaque)
{
	(void)opaque;
	atomic_fetch_add(&stopped, 1);
}

int main(void)
{
	struct v3npu_config config = V3NPU_CONFIG_DEFAULT;

	config.sram_size = SPACE_SRAM;
	config.threads = 3;
	test_configuration();
	engine = v3npu_engine_new(&config, count_start, count_stop, &started);
	if (!engine)
		tap_bail("no engine");
	test_large();
	test_faults();
	test_illegal();
	test_scrub();
	v3npu_engine_free(engine);
	tap_ok(started == 2 && stopped == 2, "the hooks ran in both started threads");
	return tap_done();
}
