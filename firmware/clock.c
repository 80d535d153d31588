// SPDX-License-Identifier: MIT
#include <stdbool.h>

#include "clock.h"
#include "hw.h"
#include "panic.h"

static __u64 now;
/* When the running job would have started, had it never been aside; modulo 2^32, as its time is */
static __u32 started;
static bool running;

void clock_init(void)
{
	__u32 low = hw_read(V3NPU_CORE_MTIME_LO);

	now = (__u64)hw_read(V3NPU_CORE_MTIME_HI) << 32 | low;
}

/*
 * The upper half is counted here, which saves every caller an access. The
 * lower one lasts 71 minutes; feeding the watchdog asks for the time within
 * seconds.
 */
__u64 clock_now(void)
{
	now += hw_read(V3NPU_CORE_MTIME_LO) - (__u32)now;
	return now;
}

void clock_start(__u32 run_us)
{
	started = hw_read(V3NPU_CORE_MTIME_LO) - run_us;
	running = true;
	STATUS->run_us = run_us;
}

__u32 clock_update(void)
{
	if (running)
		STATUS->run_us = hw_read(V3NPU_CORE_MTIME_LO) - started;
	return STATUS->run_us;
}

__u32 clock_stop(void)
{
	__u32 run_us = clock_update();

	running = false;
	return run_us;
}
