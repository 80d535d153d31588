// SPDX-License-Identifier: MIT
/*
 * An abort takes effect within milliseconds, whatever runs: commands of every
 * opcode, of shapes whose parts are as long as the limits allow, are aborted in
 * the middle. What counts is how long the engine computes without a look for it.
 *
 *   test-aborts [TEXT]   shapes with TEXT in their names only
 */
#include <string.h>
#include <sys/mman.h>

#include "polls.h"
#include "shapes.h"
#include "tap.h"
#include "v3npu/regs.h"

#define BASE		SHAPES_BASE
#define RESULT		0x400000000ull
#define SRAM		V3NPU_VA_SRAM
#define SRAM_SIZE	(64u << 20)
/* What is promised of a command, and what may pass between looks, nanoseconds */
#define PROMISED	5000000
/* Processor time after which a command is aborted */
#define SOME_TIME	25000000
/*
 * What is seen each time is the engine's; what is not is a busy machine's, which counts some of
 * what it does itself as the program's
 */
#define TRIES		10
/* As many bytes of output constants, all 0, as a command can have: 2^20 of them */
#define CHAN_BYTES	(13u << 20)

/* A vast address space all of whose parts are the same bytes */
static uint8_t *alias;
#define ALIAS_SIZE	SRAM_SIZE

static void *alias_map(void *opaque, uint64_t addr, size_t want, bool write, size_t *run)
{
	(void)opaque;
	(void)want;
	(void)write;
	*run = ALIAS_SIZE - addr % ALIAS_SIZE;
	return alias + addr % ALIAS_SIZE;
}

/* The same in pages, each of which takes its time */
static void *page_map(void *opaque, uint64_t addr, size_t want, bool write, size_t *run)
{
	volatile unsigned int i;

	alias_map(opaque, addr, want, write, run);
	*run = V3NPU_PAGE_SIZE - addr % V3NPU_PAGE_SIZE;
	for (i = 0; i < 1000; i++)
		;
	return alias + addr % ALIAS_SIZE;
}

static struct v3npu_engine *engine;
static uint64_t longest;

static struct polls run_until(const union command *cmd, const struct v3npu_memory *memory,
			      uint64_t ns, enum v3npu_result *result)
{
	struct v3npu_counters counters;
	uint64_t fault;

	/* Results were written to it */
	memset(alias + BASE, 0, CHAN_BYTES);
	*result = v3npu_engine_run(engine, cmd, memory, polls_begin(ns), &counters, &fault);
	return polls_end();
}

/* The command, which takes much longer, is aborted in the middle; that must be seen in time */
static void expect_abort(const union command *cmd, const char *what)
{
	const struct v3npu_memory memory[] = { { NULL, alias_map }, { NULL, page_map } };
	enum v3npu_result result = V3NPU_RESULT_DONE;
	struct polls worst = { 0 };
	unsigned int i, try;

	for (i = 0; i < 2; i++) {
		struct polls best = { .longest = UINT64_MAX };

		for (try = 0; try < TRIES && best.longest >= PROMISED; try++) {
			struct polls polls = run_until(cmd, &memory[i], SOME_TIME, &result);

			if (polls.late >= PROMISED)
				polls.longest = polls.late;
			best = polls.longest < best.longest ? polls : best;
		}
		worst = best.longest > worst.longest ? best : worst;
		if (result != V3NPU_RESULT_ABORTED)
			break;
	}
	longest = worst.longest > longest ? worst.longest : longest;
	tap_ok(result == V3NPU_RESULT_ABORTED && worst.longest < PROMISED, "%s", what);
	tap_note("result %d, at most %.2f ms without a look, from %s to %s", result,
		 worst.longest / 1e6, worst.from, worst.to);
}

/**
 * struct shape - a command that takes long
 * @name: what it is
 * @make: makes it
 * @macs: is different for each set of kernels
 */
struct shape {
	const char *name;
	void (*make)(union command *cmd);
	bool macs;
};

static void conv(union command *cmd)
{
	const uint32_t huge[3] = { 512, 512, 1024 };
	const uint16_t kernel[2] = { 3, 3 };

	make_conv(cmd, huge, huge, kernel, 1, 1, true);
}

static void conv_deep(union command *cmd)
{
	const uint32_t deep[3] = { 1, 4096, 65536 };
	const uint16_t kernel[2] = { 1, 1 };

	make_conv(cmd, deep, deep, kernel, 1, 1, true);
}

static void conv_deep_ohwi(union command *cmd)
{
	conv_deep(cmd);
	cmd->conv.weight_format = V3NPU_WEIGHTS_OHWI;
}

static void conv_depthwise(union command *cmd)
{
	conv(cmd);
	cmd->conv.groups = 1024;
	cmd->conv.weight_format = V3NPU_WEIGHTS_OHWI;
}

static void conv_window(union command *cmd)
{
	const uint32_t thin[3] = { 16384, 16384, 1 };
	const uint16_t kernel[2] = { 256, 256 };

	make_conv(cmd, thin, thin, kernel, 1, 1, true);
}

static void conv_window_dilated(union command *cmd)
{
	conv_window(cmd);
	cmd->conv.dilation[0] = 3;
	cmd->conv.dilation[1] = 3;
}

/* A window of 64 x 1024, each element of which is in another line of the processor's caches */
static void conv_window_in_sram(union command *cmd)
{
	const uint32_t in[3] = { 64, 1024, 1 }, out[3] = { 64, 1024, 64 };
	const uint16_t kernel[2] = { 64, 1024 };

	make_conv(cmd, in, out, kernel, 1, 1, true);
	cmd->conv.in.addr = SRAM;
	cmd->conv.in.stride[2] = 1024;
	cmd->conv.in.stride[1] = 1024 * 1024 - 64;
	cmd->conv.dilation[1] = 2;
}

/* 64 rows of input are gathered at a time, channel by channel from all over SRAM */
static void conv_gathered(union command *cmd)
{
	const uint32_t in[3] = { 64, 256, 64 }, out[3] = { 512, 16384, 16 };
	const uint16_t kernel[2] = { 64, 1 };

	make_conv(cmd, in, out, kernel, 1, 1, true);
	cmd->conv.in = (struct v3npu_tensor){ SRAM, { 1, 64, 256, 64 },
					      { 0, 64, 4096, (1 << 20) - 64 } };
	cmd->conv.stride[1] = 3;
}

/* The same, pixel by pixel */
static void conv_gathered_pixels(union command *cmd)
{
	const uint32_t in[3] = { 64, 1000, 4 }, out[3] = { 512, 16384, 16 };
	const uint16_t kernel[2] = { 64, 1 };

	make_conv(cmd, in, out, kernel, 1, 1, true);
	cmd->conv.in.addr = SRAM;
	cmd->conv.in.stride[2] = 1024 + 8;
	cmd->conv.in.stride[1] = 1 << 20;
}

static void conv_steps(union command *cmd)
{
	conv_gathered(cmd);
	cmd->conv.stride[0] = 1024;
	cmd->conv.stride[1] = 1024;
	cmd->conv.pad[0] = 1024;
	cmd->conv.pad[1] = 1024;
}

/* Results go all over SRAM */
static void conv_scattered(union command *cmd)
{
	const uint32_t in[3] = { 64, 1024, 1 }, out[3] = { 1, 1024, 64 };
	const uint16_t kernel[2] = { 1, 1 };

	make_conv(cmd, in, out, kernel, 1, 1, true);
	cmd->conv.in = (struct v3npu_tensor){ BASE, { 4096, 1, 1024, 1 }, { 0, 0, 1, 1 } };
	cmd->conv.out = (struct v3npu_tensor){ SRAM, { 4096, 1, 1024, 64 },
					       { 1, 1, 1019, 1040000 } };
}

/* Output constants of as many channels as there can be */
static void conv_wide(union command *cmd)
{
	const uint32_t in[3] = { 16, 4, 1 }, out[3] = { 16, 4, 1 << 20 };
	const uint16_t kernel[2] = { 1, 1 };

	make_conv(cmd, in, out, kernel, 1, 1, true);
}

static void conv_groups(union command *cmd)
{
	const uint32_t one[3] = { 16, 16, 1 << 20 };
	const uint16_t kernel[2] = { 1, 1 };

	make_conv(cmd, one, one, kernel, 1, 1 << 20, false);
}

static void matmul(union command *cmd)
{
	start(cmd, V3NPU_OP_MATMUL, sizeof(cmd->matmul));
	usual_output(&cmd->matmul.output, BASE);
	cmd->matmul.a = dense(BASE, 1, 1, 8192, 32768);
	cmd->matmul.b = dense(BASE, 1, 1, 8192, 32768);
	cmd->matmul.out = dense(RESULT, 1, 1, 8192, 8192);
	cmd->matmul.b_zero_point = 3;
}

static void matmul_scattered(union command *cmd)
{
	matmul(cmd);
	cmd->matmul.a = (struct v3npu_tensor){ SRAM, { 1, 1, 1024, 32768 }, { 0, 0, 1, 2000 } };
	cmd->matmul.b = cmd->matmul.a;
	cmd->matmul.out = (struct v3npu_tensor){ RESULT, { 1, 1, 1024, 1024 }, { 0, 0, 1, 65000 } };
}

static void matmul_of_pages(union command *cmd)
{
	matmul(cmd);
	cmd->matmul.a = dense(BASE, 64, 1, 64, 32768);
	cmd->matmul.b = (struct v3npu_tensor){ BASE, { 64, 1, 16, 32768 },
					       { 0, 0, 4096, 1 << 16 } };
	cmd->matmul.out = dense(RESULT, 64, 1, 64, 16);
}

static void matmul_many(union command *cmd)
{
	matmul(cmd);
	cmd->matmul.a = dense(BASE, 16384, 1, 1, 16384);
	cmd->matmul.b = dense(BASE, 16384, 1, 1, 16384);
	cmd->matmul.out = dense(RESULT, 16384, 1, 1, 1);
}

static void matmul_wide(union command *cmd)
{
	matmul(cmd);
	cmd->matmul.a = dense(BASE, 1, 1, 256, 16);
	cmd->matmul.b = dense(BASE, 1, 1, 1 << 20, 16);
	cmd->matmul.out = dense(RESULT, 1, 1, 256, 1 << 20);
}

static void add(union command *cmd)
{
	start(cmd, V3NPU_OP_ELTWISE, sizeof(cmd->eltwise));
	cmd->eltwise.in[0] = dense(BASE, 1, 1024, 1024, 256);
	cmd->eltwise.in[1] = cmd->eltwise.in[0];
	cmd->eltwise.in[1].stride[3] = 0;
	cmd->eltwise.out = dense(RESULT, 1, 1024, 1024, 256);
}

/* Neither of the three is anywhere two elements in a row */
static void prelu_scattered(union command *cmd)
{
	const struct v3npu_tensor far = { SRAM, { 256, 1024, 4, 64 }, { 0, 64, 16, 1020000 } };

	start(cmd, V3NPU_OP_ELTWISE, sizeof(cmd->eltwise));
	cmd->eltwise.op = V3NPU_ELTWISE_PRELU;
	cmd->eltwise.in[0] = far;
	cmd->eltwise.in[1] = far;
	cmd->eltwise.in[1].addr += 17;
	cmd->eltwise.out = (struct v3npu_tensor){ RESULT, { 256, 1024, 4, 64 },
						  { 1, 3000, 700, 3000000 } };
}

/* One operand, which is looked up */
static void max_constant(union command *cmd)
{
	prelu_scattered(cmd);
	cmd->eltwise.op = V3NPU_ELTWISE_MAX;
	memset(cmd->eltwise.in[1].stride, 0, sizeof(cmd->eltwise.in[1].stride));
}

static void pool(union command *cmd)
{
	start(cmd, V3NPU_OP_POOL, sizeof(cmd->pool));
	cmd->pool.in = dense(BASE, 1, 1024, 1024, 256);
	cmd->pool.out = dense(RESULT, 1, 1024, 1024, 256);
	cmd->pool.kernel[0] = 512;
	cmd->pool.kernel[1] = 512;
	cmd->pool.stride[0] = 1;
	cmd->pool.stride[1] = 1;
}

/* Each row of a window has as many elements as there can be, of as few channels */
static void pool_columns(union command *cmd)
{
	pool(cmd);
	cmd->pool.in = dense(BASE, 1, 128, 1 << 20, 1);
	cmd->pool.out = dense(RESULT, 1, 128, 1 << 19, 1);
	cmd->pool.kernel[0] = 1024;
	cmd->pool.kernel[1] = 1024;
}

static void pool_steps(union command *cmd)
{
	pool_columns(cmd);
	cmd->pool.stride[1] = 2;
}

static void pool_average(union command *cmd)
{
	pool_columns(cmd);
	cmd->pool.op = V3NPU_POOL_AVG;
}

static void pool_average_steps(union command *cmd)
{
	pool_steps(cmd);
	cmd->pool.op = V3NPU_POOL_AVG;
}

static void pool_channels(union command *cmd)
{
	pool_steps(cmd);
	cmd->pool.in = dense(BASE, 1, 64, 1024, 64);
	cmd->pool.out = dense(RESULT, 1, 64, 65536, 64);
	cmd->pool.pad[1] = 1024;
}

static void pool_gathered(union command *cmd)
{
	pool(cmd);
	cmd->pool.in = (struct v3npu_tensor){ SRAM, { 1, 64, 64, 1024 },
					      { 0, 64, 65000 * 15, 919 } };
	cmd->pool.out = (struct v3npu_tensor){ RESULT, { 1, 4096, 64, 1024 },
					       { 0, 64, 65000 * 15, 919 } };
}

static void softmax(union command *cmd)
{
	start(cmd, V3NPU_OP_SOFTMAX, sizeof(cmd->softmax));
	cmd->softmax.in = dense(BASE, 1, 1024, 16384, 16);
	cmd->softmax.out = dense(RESULT, 1, 1024, 16384, 16);
	cmd->softmax.multiplier = 1 << 30;
	cmd->softmax.shift = 22;
	cmd->softmax.diff_min = -255;
}

static void softmax_deep(union command *cmd)
{
	softmax(cmd);
	cmd->softmax.in = dense(BASE, 1, 1024, 64, 4096);
	cmd->softmax.out = cmd->softmax.in;
}

static void softmax_scattered(union command *cmd)
{
	softmax(cmd);
	cmd->softmax.in = (struct v3npu_tensor){ SRAM, { 1, 1024, 64, 4096 },
						 { 0, 1, 16000, 15800 } };
	cmd->softmax.out = (struct v3npu_tensor){ RESULT, { 1, 1024, 64, 4096 },
						  { 0, 1, 16000, 15800 } };
}

static void softmax_of_pages(union command *cmd)
{
	softmax(cmd);
	cmd->softmax.in = (struct v3npu_tensor){ BASE, { 1, 256, 64, 4096 },
						 { 0, 0, 4096, 1 << 16 } };
	cmd->softmax.out = dense(RESULT, 1, 256, 64, 4096);
}

static void resize(union command *cmd)
{
	start(cmd, V3NPU_OP_RESIZE, sizeof(cmd->resize));
	cmd->resize.in = dense(BASE, 1, 1, 4096, 16);
	cmd->resize.in.stride[3] = 4096;
	cmd->resize.in.stride[2] = 1;
	cmd->resize.out = dense(RESULT, 1, 1024, 16384, 16);
}

static void resize_bilinear(union command *cmd)
{
	resize(cmd);
	cmd->resize.mode = V3NPU_RESIZE_BILINEAR;
}

/* Pixels of one channel, all over SRAM */
static void resize_pixels(union command *cmd)
{
	resize(cmd);
	cmd->resize.in = (struct v3npu_tensor){ SRAM, { 1, 16, 65536, 1 }, { 0, 64, 1023, 0 } };
	cmd->resize.out = (struct v3npu_tensor){ RESULT, { 1, 256, 1 << 20, 1 }, { 0, 1, 65, 1 } };
}

static void resize_bilinear_pixels(union command *cmd)
{
	resize_pixels(cmd);
	cmd->resize.mode = V3NPU_RESIZE_BILINEAR;
}

static void resize_channels(union command *cmd)
{
	resize(cmd);
	cmd->resize.in = (struct v3npu_tensor){ SRAM, { 1, 16, 16, 65536 }, { 0, 1, 64, 1020 } };
	cmd->resize.out = (struct v3npu_tensor){ RESULT, { 1, 64, 64, 65536 }, { 0, 1, 64, 5000 } };
}

static void resize_bilinear_channels(union command *cmd)
{
	resize_channels(cmd);
	cmd->resize.mode = V3NPU_RESIZE_BILINEAR;
}

static void copy_transposed(union command *cmd)
{
	start(cmd, V3NPU_OP_COPY, sizeof(cmd->copy));
	cmd->copy.in = dense(BASE, 1, 1024, 1024, 256);
	cmd->copy.out = (struct v3npu_tensor){
		RESULT, { 1, 1024, 1024, 256 }, { 0, 1, 1024, 1u << 20 }
	};
}

/* Rows of two elements are whole on the host, and far from each other */
static void copy_pairs(union command *cmd)
{
	start(cmd, V3NPU_OP_COPY, sizeof(cmd->copy));
	cmd->copy.in = (struct v3npu_tensor){ SRAM, { 16, 256, 16384, 2 }, { 0, 2, 4090, 1 } };
	cmd->copy.out = (struct v3npu_tensor){ RESULT, { 16, 256, 16384, 2 }, { 2, 32, 8192, 1 } };
}

static void copy_scattered(union command *cmd)
{
	start(cmd, V3NPU_OP_COPY, sizeof(cmd->copy));
	cmd->copy.in = (struct v3npu_tensor){ SRAM, { 64, 8, 256, 1024 }, { 2, 128, 250000, 967 } };
	cmd->copy.out = (struct v3npu_tensor){ RESULT, { 64, 8, 256, 1024 },
					       { 1, 128, 1000, 260000 } };
}

static void argmax(union command *cmd)
{
	start(cmd, V3NPU_OP_ARGMAX, sizeof(cmd->argmax));
	cmd->argmax.in = dense(BASE, 1, 1, 256, 1 << 20);
	cmd->argmax.in.stride[2] = 0;
	cmd->argmax.in.stride[3] = 0;
	cmd->argmax.out = dense(RESULT, 1, 1, 256, 4);
}

static void argmax_scattered(union command *cmd)
{
	argmax(cmd);
	cmd->argmax.in = (struct v3npu_tensor){ SRAM, { 64, 8, 65536, 1 }, { 1, 0, 1000, 0 } };
	cmd->argmax.out = (struct v3npu_tensor){ RESULT, { 64, 8, 65536, 8 },
						 { 1, 8, 64, 65536 * 64 } };
}

static void stall(union command *cmd)
{
	start(cmd, V3NPU_OP_STALL, sizeof(cmd->stall));
	cmd->stall.usec = 30000000;
}

static const struct shape shapes[] = {
	{ "convolution", conv, true },
	{ "convolution of depth 65536", conv_deep, true },
	{ "convolution of depth 65536, OHWI", conv_deep_ohwi, true },
	{ "depthwise convolution", conv_depthwise, true },
	{ "convolution with a window of 256x256", conv_window, true },
	{ "convolution with a dilated window of 256x256", conv_window_dilated, true },
	{ "convolution with a window of 64x1024 in SRAM", conv_window_in_sram, false },
	{ "convolution of channels all over SRAM", conv_gathered, false },
	{ "convolution of pixels all over SRAM", conv_gathered_pixels, true },
	{ "convolution with strides of 1024", conv_steps, false },
	{ "convolution to all over SRAM", conv_scattered, false },
	{ "convolution to 2^20 channels", conv_wide, false },
	{ "convolution of 2^20 groups", conv_groups, false },
	{ "product", matmul, true },
	{ "product of elements all over SRAM", matmul_scattered, true },
	{ "product of a page for each element", matmul_of_pages, false },
	{ "many small products", matmul_many, false },
	{ "product of 2^20 columns", matmul_wide, false },
	{ "sum", add, true },
	{ "PRELU of elements all over SRAM", prelu_scattered, true },
	{ "maximum with a constant", max_constant, false },
	{ "pooling", pool, true },
	{ "pooling of wide windows", pool_columns, true },
	{ "pooling of wide windows with steps", pool_steps, true },
	{ "average of wide windows", pool_average, true },
	{ "average of wide windows with steps", pool_average_steps, true },
	{ "pooling of wide windows of 64 channels", pool_channels, true },
	{ "pooling of channels all over SRAM", pool_gathered, false },
	{ "softmax", softmax, true },
	{ "softmax of depth 4096", softmax_deep, true },
	{ "softmax of elements all over SRAM", softmax_scattered, true },
	{ "softmax of a page for each element", softmax_of_pages, false },
	{ "resize", resize, false },
	{ "bilinear resize", resize_bilinear, false },
	{ "resize of pixels all over SRAM", resize_pixels, false },
	{ "bilinear resize of pixels all over SRAM", resize_bilinear_pixels, false },
	{ "resize of channels all over SRAM", resize_channels, false },
	{ "bilinear resize of channels all over SRAM", resize_bilinear_channels, false },
	{ "copy, transposed", copy_transposed, false },
	{ "copy of pairs", copy_pairs, false },
	{ "copy of elements all over SRAM", copy_scattered, false },
	{ "argmax", argmax, false },
	{ "argmax of elements all over SRAM", argmax_scattered, false },
};

static void test_stall(void)
{
	const struct v3npu_memory memory = { NULL, alias_map };
	const atomic_bool already = true;
	struct v3npu_counters counters;
	enum v3npu_result result;
	union command cmd;
	uint64_t fault;

	stall(&cmd);
	/* A stall takes nearly no processor time */
	run_until(&cmd, &memory, 20000, &result);
	tap_equal(result, V3NPU_RESULT_ABORTED, "stall");
	tap_equal(v3npu_engine_run(engine, &cmd, &memory, &already, &counters, &fault),
		  V3NPU_RESULT_ABORTED, "before the start");
}

int main(int argc, char **argv)
{
	struct v3npu_config config = V3NPU_CONFIG_DEFAULT;
	bool first = true;
	size_t i, k;

	config.sram_size = SRAM_SIZE;
	config.threads = 1;
	alias = mmap(NULL, ALIAS_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (alias == MAP_FAILED)
		tap_bail("out of memory");
	memset(alias, 1, ALIAS_SIZE);
	/* The best first, with which all are tried */
	for (k = KERNEL_NAMES; k--;) {
		config.kernel = kernel_names[k];
		engine = v3npu_engine_new(&config, NULL, NULL, NULL);
		if (!engine) {
			tap_ok(true, "%s # SKIP not on this processor", kernel_names[k]);
			continue;
		}
		/* As when the NPU is reset; or SRAM is made page by page as it is used */
		v3npu_engine_scrub(engine);
		for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
			char name[128];
			union command cmd;

			if ((!first && !shapes[i].macs) ||
			    (argc > 1 && !strstr(shapes[i].name, argv[1])))
				continue;
			snprintf(name, sizeof(name), "%s: %s", kernel_names[k], shapes[i].name);
			shapes[i].make(&cmd);
			expect_abort(&cmd, name);
		}
		if (first)
			test_stall();
		v3npu_engine_free(engine);
		first = false;
	}
	munmap(alias, ALIAS_SIZE);
	tap_note("at most %.2f ms without a look", longest / 1e6);
	return tap_done();
}
