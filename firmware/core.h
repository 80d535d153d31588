/* SPDX-License-Identifier: MIT */
/*
 * Waiting: interrupts, the timer that feeds the watchdog, and doorbells.
 *
 * Interrupts are enabled in mie, so that they end a wfi, but never in mstatus:
 * nothing is ever interrupted, and whoever wakes up polls. The firmware waits
 * in three places only (idle, engine busy, event ring full), so there is
 * nothing a handler could do sooner, and no state that one could race with.
 */
#ifndef FW_CORE_H
#define FW_CORE_H

#include "v3npu/regs.h"

#define DOORBELL_WORDS	(V3NPU_NUM_CTX / 32)

/* Starts the watchdog, with a period in microseconds, and what feeds it */
void core_init(__u32 watchdog_us);

/**
 * core_poll() - take what interrupts ask for
 *
 * Feeds the watchdog when it is time, collects doorbells, acknowledges the
 * datapath: after it, only something new ends a sleep. To be called at least
 * every few hundred microseconds; a few instructions when nothing happened.
 */
void core_poll(void);

/* Sleeps until there is something for core_poll(), at most a quarter of the watchdog period */
void core_sleep(void);

/* Sleeps at most @us microseconds, or less if there is something for core_poll() */
void core_sleep_max(__u32 us);

/* Takes a doorbell that core_poll() collected. Return: its context; -1 if there is none. */
int core_take_doorbell(void);

#endif /* FW_CORE_H */
