// SPDX-License-Identifier: MIT
/* Programming the datapath */
#include <stddef.h>

#include "core.h"
#include "engine.h"
#include "hw.h"
#include "panic.h"

/* True until the first scrub: an earlier firmware's jobs may have left something */
static bool sram_used = true;

/*
 * Wait for the datapath. Most commands end at once. For the others the interrupt
 * is acknowledged before the status is read, so that an end in between leaves it
 * pending and the sleep returns at once.
 */
static __u32 wait_idle(void)
{
	__u32 status = hw_read(V3NPU_CORE_ENGINE_STATUS);

	if (status != V3NPU_ENGINE_BUSY) {
		hw_write(V3NPU_CORE_ENGINE_ACK, 1);
		return status;
	}
	for (;;) {
		core_poll();
		status = hw_read(V3NPU_CORE_ENGINE_STATUS);
		if (status != V3NPU_ENGINE_BUSY)
			return status;
		core_sleep();
	}
}

static __u64 read_counter(unsigned int word)
{
	return hw_read(V3NPU_CORE_ENGINE_COUNTER(word)) |
	       (__u64)hw_read(V3NPU_CORE_ENGINE_COUNTER(word + 1)) << 32;
}

#define COUNTER(field)	read_counter(offsetof(struct v3npu_counters, field) / 4)

static void add_counters(struct v3npu_counters *sum)
{
	__u64 sram_write = COUNTER(sram_write);

	sum->cycles += COUNTER(cycles);
	sum->macs += COUNTER(macs);
	sum->dram_read += COUNTER(dram_read);
	sum->dram_write += COUNTER(dram_write);
	sum->sram_read += COUNTER(sram_read);
	sum->sram_write += sram_write;
	if (sram_write)
		sram_used = true;
}

void engine_init(void)
{
	wait_idle();
}

__u32 engine_run(const void *cmd, __u32 size, __u32 as, struct v3npu_counters *counters)
{
	const __u32 *words = cmd;
	__u32 i, status;

	for (i = 0; i < size / 4; i += 2) {
		hw_write(V3NPU_CORE_ENGINE_DESC(i), words[i]);
		hw_write(V3NPU_CORE_ENGINE_DESC(i + 1), words[i + 1]);
	}
	hw_write(V3NPU_CORE_ENGINE_AS, as);
	hw_write(V3NPU_CORE_ENGINE_CTRL, V3NPU_ENGINE_START);
	status = wait_idle();

	switch (status) {
	case V3NPU_ENGINE_DONE:
		add_counters(counters);
		break;
	case V3NPU_ENGINE_FAULT:
	case V3NPU_ENGINE_ILLEGAL:
		/* It may have written something before it failed; its counters do not tell */
		sram_used = true;
		break;
	default:
		panic("datapath did not run the command");
	}
	return status;
}

__u64 engine_fault_addr(void)
{
	return hw_read(V3NPU_CORE_ENGINE_FAULT_LO) |
	       (__u64)hw_read(V3NPU_CORE_ENGINE_FAULT_HI) << 32;
}

bool engine_sram_used(void)
{
	return sram_used;
}

void engine_scrub(void)
{
	if (!sram_used)
		return;
	hw_write(V3NPU_CORE_ENGINE_CTRL, V3NPU_ENGINE_SCRUB);
	wait_idle();
	sram_used = false;
}
