// SPDX-License-Identifier: MIT
/* The cycle model keeps what Documentation/cycle-model.md promises. */
#include <string.h>

#include "commands.h"
#include "internal.h"
#include "reference.h"
#include "tap.h"
#include "v3npu/regs.h"

#define DRAM	0x100000
#define SRAM	V3NPU_VA_SRAM

static struct v3npu_config config = V3NPU_CONFIG_DEFAULT;

static struct v3npu_tensor dense(uint64_t addr, uint32_t h, uint32_t w, uint32_t c)
{
	return (struct v3npu_tensor) { addr, { 1, h, w, c }, { h * w * c, w * c, c, 1 } };
}

static union command make_conv(uint64_t where, uint32_t size, uint32_t in, uint32_t out,
			       uint16_t kernel)
{
	union command cmd;
	struct v3npu_cmd_conv *c = &cmd.conv;
	int i;

	memset(&cmd, 0, sizeof(cmd));
	c->hdr.opcode = V3NPU_OP_CONV;
	c->hdr.size = sizeof(*c);
	c->in = dense(where, size, size, in);
	c->out = dense(where, size, size, out);
	c->output.chan = where;
	c->output.max = 127;
	c->weights = where;
	for (i = 0; i < 2; i++) {
		c->kernel[i] = kernel;
		c->stride[i] = 1;
		c->dilation[i] = 1;
		c->pad[i] = kernel / 2;
	}
	c->groups = 1;
	c->weight_format = V3NPU_WEIGHTS_BRICK;
	return cmd;
}

static union command make_copy(const struct v3npu_tensor *in, const struct v3npu_tensor *out)
{
	union command cmd;

	memset(&cmd, 0, sizeof(cmd));
	cmd.hdr.opcode = V3NPU_OP_COPY;
	cmd.hdr.size = sizeof(cmd.copy);
	cmd.copy.in = *in;
	cmd.copy.out = *out;
	return cmd;
}

static struct v3npu_counters cost(const union command *cmd)
{
	struct v3npu_counters counters;

	v3npu_cost(&config, cmd, &counters);
	return counters;
}

static uint64_t cycles(union command cmd)
{
	return cost(&cmd).cycles;
}

/* No command is charged less than its MACs and its bytes take at best */
static bool within_bounds(const union command *cmd)
{
	struct v3npu_counters c = cost(cmd);
	uint64_t bytes = c.dram_read + c.dram_write;

	return c.macs == reference_macs(cmd) && c.cycles * config.macs >= c.macs &&
	       c.cycles * config.dram_mbps >= bytes * config.clock_mhz;
}

static void test_bounds(void)
{
	static const struct v3npu_config configs[] = {
		V3NPU_CONFIG_DEFAULT,
		{ 512, 384 << 10, 3750, 64, 64, 1000, 0, NULL },
		{ 64, 0, 1, 10000, 4096, 10000, 0, NULL },
		{ 16384, 64 << 20, 1000000, 0, 16, 1, 0, NULL },
	};
	struct space *space = space_new(0, COMMAND_PAGES, true);
	size_t i;

	for (i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
		struct rng rng = { 11 };
		unsigned int n, bad = 0;

		config = configs[i];
		for (n = 0; n < 200; n++) {
			union command cmd;

			command_random(&rng, space, &cmd);
			bad += !within_bounds(&cmd);
		}
		tap_ok(!bad, "configuration %zu: bounds of 200 commands", i);
	}
	config = configs[0];
	space_free(space);
}

static void test_array(void)
{
	/* 6400 pixels are 200 times 32; 4 bricks; 9 taps of 16 quads */
	const uint64_t full = 200 * 4 * 9 * 16;
	union command cmd = make_conv(SRAM, 80, 64, 64, 3);
	struct v3npu_counters c = cost(&cmd), zero;

	tap_equal(c.macs, full * 2048, "a convolution that fills the array: its MACs");
	tap_ok(c.cycles >= full && c.cycles < full + full / 50,
	       "a convolution that fills the array: little besides them");
	tap_ok(!c.dram_read && !c.dram_write && c.sram_read > 80 * 80 * 64 &&
	       c.sram_write == 80 * 80 * 64, "what is in SRAM costs no DRAM traffic");
	tap_equal(cycles(make_conv(SRAM, 80, 64, 49, 3)), cycles(make_conv(SRAM, 80, 64, 64, 3)),
		  "a partly filled brick costs what a full one does");
	tap_ok(cycles(make_conv(SRAM, 80, 65, 64, 3)) > cycles(make_conv(SRAM, 80, 64, 64, 3)),
	       "a channel more takes another quad");
	cmd.conv.weight_zero_point = -7;
	zero = cost(&cmd);
	tap_ok(zero.cycles == c.cycles + full / 4 && zero.macs == c.macs &&
	       zero.sram_read == c.sram_read, "a zero point of weights takes one more brick");
	cmd.conv.weight_zero_point = 0;
	config.macs = 1024;
	tap_ok(cycles(make_conv(SRAM, 80, 64, 64, 3)) >= 2 * full,
	       "half the MACs, twice the cycles");
	config.macs = 2048;

	/* The same convolution as 64 groups of one, four of them a brick; then with 4 outputs each */
	cmd.conv.groups = 64;
	cmd.conv.weight_format = V3NPU_WEIGHTS_OHWI;
	c = cost(&cmd);
	tap_ok(c.macs == full * 2048 / 64 && c.cycles >= 200 * 16 * 9,
	       "a depthwise convolution wastes most of the array");
	tap_ok(c.macs * 16 <= c.cycles * 2048 && c.cycles < 200 * 16 * 9 * 21 / 20,
	       "... namely fifteen sixteenths, and no more");
	cmd.conv.weight_zero_point = 5;
	tap_ok(cost(&cmd).cycles >= c.cycles + 200 * 16 * 9,
	       "... twice with a zero point of weights");
	cmd.conv.weight_zero_point = 0;
	cmd.conv.out = dense(SRAM, 80, 80, 256);
	tap_ok(cost(&cmd).cycles < c.cycles * 2 && cost(&cmd).macs == 4 * c.macs,
	       "... less of it with several outputs a channel");
}

static struct v3npu_cmd_matmul make_matmul(uint32_t batches, uint32_t rows, uint32_t columns,
					   uint32_t depth)
{
	return (struct v3npu_cmd_matmul) {
		.hdr = { .opcode = V3NPU_OP_MATMUL, .size = sizeof(struct v3npu_cmd_matmul) },
		.a = dense(SRAM, batches, rows, depth),
		.b = dense(DRAM, batches, columns, depth),
		.out = dense(SRAM, batches, rows, columns),
		.output = { .chan = SRAM, .max = 127, .flags = V3NPU_OUTPUT_PER_TENSOR },
	};
}

/* Operands that do not fit the buffers are fetched again */
static void test_again(void)
{
	union command cmd = make_conv(DRAM, 1, 768, 768, 1);
	struct v3npu_counters c;

	/* A layer of 512 rows: 384 KiB of input, 576 KiB of weights, so six times the latter */
	cmd.conv.in = dense(DRAM, 1, 512, 768);
	cmd.conv.out = dense(SRAM, 1, 512, 768);
	cmd.conv.output.chan = SRAM;
	c = cost(&cmd);
	tap_equal(c.dram_read, 512 * 768 + 6 * 768 * 768, "a single row wider than the buffer");

	cmd.matmul = make_matmul(12, 32, 512, 512);
	c = cost(&cmd);
	tap_equal(c.dram_read, 12 * 512 * 512, "products: each batch has an operand");
	cmd.matmul.b.stride[1] = 0;
	tap_equal(cost(&cmd).dram_read, c.dram_read, "... or all the same large one");
	cmd.matmul = make_matmul(12, 32, 128, 512);
	cmd.matmul.b.stride[1] = 0;
	tap_equal(cost(&cmd).dram_read, 128 * 512, "... or all the same one, which fits");

	memset(&cmd, 0, sizeof(cmd));
	cmd.pool = (struct v3npu_cmd_pool) {
		.hdr = { .opcode = V3NPU_OP_POOL, .size = sizeof(cmd.pool) },
		.in = { DRAM, { 4, 80, 80, 64 }, { 0, 80 * 64, 64, 1 } },
		.out = { SRAM, { 4, 80, 80, 64 }, { 80 * 80 * 64, 80 * 64, 64, 1 } },
		.kernel = { 1, 1 }, .stride = { 1, 1 },
	};
	tap_equal(cost(&cmd).dram_read, 4 * 80 * 80 * 64, "pooling of an input that repeats");
	memset(&cmd, 0, sizeof(cmd));
	cmd.resize = (struct v3npu_cmd_resize) {
		.hdr = { .opcode = V3NPU_OP_RESIZE, .size = sizeof(cmd.resize) },
		.in = { DRAM, { 4, 80, 80, 64 }, { 0, 80 * 64, 64, 1 } },
		.out = { SRAM, { 4, 80, 80, 64 }, { 80 * 80 * 64, 80 * 64, 64, 1 } },
	};
	tap_equal(cost(&cmd).dram_read, 4 * 80 * 80 * 64, "resizing of an input that repeats");
}

/* What comes before the array starts is charged as it is fetched */
static void test_lead(void)
{
	union command cmd = make_conv(DRAM, 80, 16, 16, 1);
	uint64_t dense_cycles;

	/* Compute hides the rest: 400 taps for each pixel */
	cmd.conv.kernel[0] = 20;
	cmd.conv.kernel[1] = 20;
	dense_cycles = cycles(cmd);
	cmd.conv.in.stride[2] = 64;
	cmd.conv.in.stride[1] = 80 * 64;
	/* 20 rows of 80 pixels in bursts of 64 bytes instead of 16, at 16 bytes a cycle */
	tap_equal(cycles(cmd) - dense_cycles, 20 * 80 * (64 - 16) / 16,
		  "the first rows of a strided operand come in bursts");
}

static void test_memory(void)
{
	struct v3npu_tensor in = dense(DRAM, 80, 80, 64), out = dense(2 * DRAM, 80, 80, 64);
	union command cmd = make_copy(&in, &out);
	struct v3npu_counters c = cost(&cmd), d;

	tap_ok(c.dram_read == 80 * 80 * 64 && c.dram_write == 80 * 80 * 64 && !c.sram_read,
	       "a dense copy moves its bytes once");
	/* 16 bytes a cycle at 16 GB/s and 1 GHz */
	tap_ok(c.cycles >= 2 * 80 * 80 * 64 / 16, "a copy takes its bytes over the bandwidth");
	config.dram_mbps /= 4;
	tap_ok(cycles(cmd) > 3 * c.cycles, "a quarter of the bandwidth takes four times as long");
	config.dram_mbps *= 4;

	/* 16 of 64 channels: each pixel is a run of its own that fills a quarter of a burst */
	in.dim[3] = 16;
	out.dim[3] = 16;
	cmd = make_copy(&in, &out);
	d = cost(&cmd);
	tap_equal(d.dram_read, c.dram_read, "short runs are charged as whole bursts");
	tap_ok(d.cycles > c.cycles, "and wait for the latency of each");

	in = dense(DRAM, 80, 80, 64);
	out = dense(2 * DRAM, 80, 80, 64);
	in.stride[1] = 0;
	in.stride[2] = 0;
	cmd = make_copy(&in, &out);
	tap_equal(cost(&cmd).dram_read, 64, "a small broadcast operand is fetched once");

	/* Neither 256 KiB of input nor 576 KiB of weights fit: one of them comes again */
	cmd = make_conv(DRAM, 32, 256, 256, 3);
	c = cost(&cmd);
	tap_ok(c.dram_read > 32 * 32 * 256 + 2 * 9 * 256 * 256,
	       "operands that exceed the buffers are fetched again");
	memset(&cmd, 0, sizeof(cmd));
	cmd.hdr.opcode = V3NPU_OP_STALL;
	tap_equal(cycles(cmd), 0, "a stall is not charged");
}

int main(void)
{
	test_bounds();
	test_array();
	test_memory();
	test_again();
	test_lead();
	return tap_done();
}
