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
		{ 512, 384 << 10, 3750, 64, 64, 1000, 0 },
		{ 64, 0, 1, 10000, 4096, 10000, 0 },
		{ 16384, 64 << 20, 1000000, 0, 16, 1, 0 },
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
	struct v3npu_counters c = cost(&cmd);

	tap_equal(c.macs, full * 2048, "a convolution that fills the array: its MACs");
	tap_ok(c.cycles >= full && c.cycles < full + full / 50,
	       "a convolution that fills the array: little besides them");
	tap_ok(!c.dram_read && !c.dram_write && c.sram_read > 80 * 80 * 64 &&
	       c.sram_write == 80 * 80 * 64, "what is in SRAM costs no DRAM traffic");
	tap_equal(cycles(make_conv(SRAM, 80, 64, 49, 3)), cycles(make_conv(SRAM, 80, 64, 64, 3)),
		  "a partly filled brick costs what a full one does");
	tap_ok(cycles(make_conv(SRAM, 80, 65, 64, 3)) > cycles(make_conv(SRAM, 80, 64, 64, 3)),
	       "a channel more takes another quad");
	config.macs = 1024;
	tap_ok(cycles(make_conv(SRAM, 80, 64, 64, 3)) >= 2 * full,
	       "half the MACs, twice the cycles");
	config.macs = 2048;

	/* The same convolution as 64 groups of one: sixteen a brick, four taps a quad */
	cmd.conv.groups = 64;
	cmd.conv.weight_format = V3NPU_WEIGHTS_OHWI;
	c = cost(&cmd);
	tap_ok(c.macs == full * 2048 / 64 && c.cycles >= 200 * 4 * 3,
	       "a depthwise convolution wastes most of the array");
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
	return tap_done();
}
