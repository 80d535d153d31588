// SPDX-License-Identifier: MIT
#include "bits.h"
#include "clock.h"
#include "core.h"
#include "hw.h"
#include "panic.h"

#define MIP_MTIP	(1u << 7)
#define MIP_MEIP	(1u << 11)

static __u32 watchdog_period;	/* us */
static __u32 doorbells[DOORBELL_WORDS];
static __u32 rung;	/* a bit for each word of them that is not 0 */

static __u32 read_mip(void)
{
	__u32 mip;

	__asm__ volatile("csrr %0, mip" : "=r"(mip));
	return mip;
}

/* MTIP rises in @us. On the way it may rise too early, which costs one turn of a loop. */
static void set_timer(__u32 us)
{
	__u64 when = clock_now() + us;

	hw_write(V3NPU_CORE_MTIMECMP_LO, (__u32)when);
	hw_write(V3NPU_CORE_MTIMECMP_HI, (__u32)(when >> 32));
}

/* Wakes up in @us, or earlier if the watchdog must be fed again before */
static void feed_watchdog(__u32 us)
{
	STATUS->heartbeat++;
	clock_update();
	hw_write(V3NPU_CORE_WATCHDOG, watchdog_period);
	set_timer(us < watchdog_period / 4 ? us : watchdog_period / 4);
}

void core_init(__u32 watchdog_us)
{
	watchdog_period = watchdog_us;
	clock_init();
	feed_watchdog(watchdog_period);
	__asm__ volatile("csrw mie, %0" : : "r"(MIP_MTIP | MIP_MEIP));
}

void core_poll(void)
{
	__u32 mip = read_mip(), pending, word;
	unsigned int i;

	if (mip & MIP_MTIP)
		feed_watchdog(watchdog_period);
	if (!(mip & MIP_MEIP))
		return;

	pending = hw_read(V3NPU_CORE_PENDING);
	if (pending & V3NPU_CORE_PENDING_DOORBELL) {
		for (i = 0; i < DOORBELL_WORDS; i++) {
			word = hw_read(V3NPU_CORE_DOORBELL(i));
			if (!word)
				continue;
			doorbells[i] |= word;
			rung |= 1u << i;
		}
	}
	if (pending & V3NPU_CORE_PENDING_ENGINE)
		hw_write(V3NPU_CORE_ENGINE_ACK, 1);
}

void core_sleep(void)
{
	__asm__ volatile("wfi" : : : "memory");
}

void core_sleep_max(__u32 us)
{
	feed_watchdog(us);
	core_sleep();
}

int core_take_doorbell(void)
{
	__u32 word, bit;

	if (!rung)
		return -1;
	word = first_bit(rung);
	bit = first_bit(doorbells[word]);
	doorbells[word] &= doorbells[word] - 1;
	if (!doorbells[word])
		rung &= rung - 1;
	return (int)(word * 32 + bit);
}
