// SPDX-License-Identifier: MIT
/* Pausing the device in the middle of its work, and what ends work in a pause */
#include <string.h>

#include "programs.h"
#include "tap.h"
#include "v3npu/cmd.h"
#include "v3npu/core.h"

#define AS	1
#define VA	0x10000u
#define SIZE	(1u << 20)

/* What stands still is looked at for so long */
#define LOOK_MS	50

static void start_stall(struct npu *npu, uint32_t usec)
{
	const struct v3npu_cmd_stall cmd = {
		.hdr = { .opcode = V3NPU_OP_STALL, .size = sizeof(cmd) },
		.usec = usec,
	};

	agent_start_command(npu, AS, &cmd, sizeof(cmd));
}

/* A convolution without weights that writes @value to SIZE bytes at VA, for some time */
static void start_fill(struct npu *npu, uint64_t chan)
{
	const uint32_t side = 256;
	const struct v3npu_cmd_conv cmd = {
		.hdr = { .opcode = V3NPU_OP_CONV, .size = sizeof(cmd) },
		.in = { V3NPU_VA_SRAM, { 1, 2 * side, 2 * side, 1 }, { 0, 0, 0, 0 } },
		.out = { VA, { 1, side, side, 16 }, { SIZE, side * 16, 16, 1 } },
		.output = { .chan = chan, .min = -128, .max = 127,
			    .flags = V3NPU_OUTPUT_PER_TENSOR },
		.weights = V3NPU_VA_SRAM,
		.kernel = { 64, 64 },
		.stride = { 1, 1 },
		.dilation = { 1, 1 },
		.groups = 1,
	};

	agent_start_command(npu, AS, &cmd, sizeof(cmd));
}

static bool is_filled(const uint8_t *at, size_t size, uint8_t value)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (at[i] != value)
			return false;
	return true;
}

static bool is_busy(struct npu *npu)
{
	return npu_read(npu, V3NPU_REG_STATUS) & V3NPU_STATUS_ENGINE_BUSY;
}

/* A command that is paused again and again writes nothing meanwhile, and all in the end */
static void test_command(struct npu *npu)
{
	static uint8_t copy[SIZE];
	uint8_t *memory = npu_alloc(npu, SIZE);
	struct v3npu_chan *chan = npu_alloc(npu, V3NPU_PAGE_SIZE);
	unsigned int round, paused = 0, wrong = 0, still = 0;

	*chan = (struct v3npu_chan){ .bias = 7, .multiplier = 1 << 30, .shift = 1 };
	npu_map(npu, AS, VA, memory, SIZE, true);
	npu_map(npu, AS, VA + SIZE, chan, V3NPU_PAGE_SIZE, false);
	for (round = 0; round < 5; round++) {
		agent_start(npu);
		npu_set_root(npu, AS);
		memset(memory, 0, SIZE);
		start_fill(npu, VA + SIZE);
		while (is_busy(npu)) {
			v3npu_hw_pause(npu_hw(npu));
			if (is_busy(npu)) {
				paused++;
				memcpy(copy, memory, SIZE);
				npu_sleep_ms(2);
				still += !memcmp(copy, memory, SIZE) && is_busy(npu);
			}
			v3npu_hw_resume(npu_hw(npu));
			npu_sleep_ms(2);
		}
		wrong += agent_wait_engine(npu, 10000) != V3NPU_ENGINE_DONE ||
			 !is_filled(memory, SIZE, 7);
		agent_write(npu, V3NPU_CORE_ENGINE_ACK, 1);
	}
	tap_ok(paused && still == paused, "a paused command writes nothing");
	tap_equal(wrong, 0, "... and all that it should in the end");
}

static void test_time(struct npu *npu)
{
	uint32_t mtime;
	double start;

	agent_start(npu);
	npu_set_root(npu, AS);
	start = npu_clock_ms();
	mtime = agent_read(npu, V3NPU_CORE_MTIME_LO);
	v3npu_hw_pause(npu_hw(npu));
	npu_sleep_ms(300);
	v3npu_hw_pause(npu_hw(npu));
	v3npu_hw_resume(npu_hw(npu));
	v3npu_hw_resume(npu_hw(npu));
	mtime = agent_read(npu, V3NPU_CORE_MTIME_LO) - mtime;
	tap_ok(mtime / 1000.0 < npu_clock_ms() - start - 299, "the clock stands still");

	start = npu_clock_ms();
	start_stall(npu, 200000);
	v3npu_hw_pause(npu_hw(npu));
	npu_sleep_ms(300);
	tap_ok(is_busy(npu), "so does a command that waits");
	v3npu_hw_resume(npu_hw(npu));
	tap_equal(agent_wait_engine(npu, 10000), V3NPU_ENGINE_DONE, "... which ends");
	tap_ok(npu_clock_ms() - start > 499, "... in its time");

	/* The core waits in the agent's loop: it does not answer */
	v3npu_hw_pause(npu_hw(npu));
	agent_request(npu, AGENT_COUNT, 1);
	tap_ok(!agent_wait(npu, LOOK_MS), "the core stands still");
	v3npu_hw_resume(npu_hw(npu));
	tap_ok(agent_wait(npu, 10000), "... and goes on");

	agent_write(npu, V3NPU_CORE_WATCHDOG, 300000);
	v3npu_hw_pause(npu_hw(npu));
	npu_sleep_ms(400);
	v3npu_hw_resume(npu_hw(npu));
	program_wait(npu, 10000);
	tap_ok(npu_read(npu, V3NPU_REG_STATUS) & V3NPU_STATUS_WATCHDOG, "the watchdog goes on, too");
}

static void test_endings(struct npu *npu)
{
	agent_start(npu);
	npu_set_root(npu, AS);
	start_stall(npu, 600000000);
	v3npu_hw_pause(npu_hw(npu));
	npu_reset(npu);
	tap_equal(npu_read(npu, V3NPU_REG_STATUS), 0, "a reset by register ends a paused command");
	agent_start(npu);
	npu_set_root(npu, AS);
	tap_equal(npu_read(npu, V3NPU_REG_STATUS), V3NPU_STATUS_CORE_RUNNING,
		  "the core is started in the pause");
	v3npu_hw_resume(npu_hw(npu));
	start_stall(npu, 600000000);
	v3npu_hw_pause(npu_hw(npu));
	v3npu_hw_stop_dma(npu_hw(npu), true);
	tap_ok(!is_busy(npu), "so does the end of bus mastering");
	v3npu_hw_resume(npu_hw(npu));
	tap_equal(agent_read(npu, V3NPU_CORE_ENGINE_STATUS), V3NPU_ENGINE_FAULT, "... as a fault");
	start_stall(npu, 600000000);
	v3npu_hw_pause(npu_hw(npu));
	v3npu_hw_reset(npu_hw(npu));
	tap_equal(npu_read(npu, V3NPU_REG_STATUS), 0, "so does a bus reset");
	v3npu_hw_resume(npu_hw(npu));
	agent_start(npu);
	npu_set_root(npu, AS);
	start_stall(npu, 600000000);
	v3npu_hw_pause(npu_hw(npu));
}

int main(void)
{
	struct npu *npu = npu_new(NULL);

	test_command(npu);
	test_time(npu);
	test_endings(npu);
	npu_free(npu);
	tap_ok(true, "so does the end of the device");
	return tap_done();
}
