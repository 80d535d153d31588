/* SPDX-License-Identifier: MIT */
/*
 * The device's state, private to this directory.
 *
 * One mutex, @lock, guards all registers but those that only the core thread
 * uses (periph.c). Three things more live outside it: core memory (relaxed
 * atomics, see core_mem.h), the processor's own state (the core thread's
 * alone) and the engine's translation cache (mmu.h). No host callback is
 * called with the lock held.
 */
#ifndef V3NPU_DEVICE_HW_H
#define V3NPU_DEVICE_HW_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "device.h"
#include "inject.h"
#include "mmu.h"
#include "rv32.h"
#include "v3npu/ipc.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "core memory and page tables are little endian and used in place"
#endif

#define V3NPU_TIME_NEVER	UINT64_MAX
#define V3NPU_DOORBELL_WORDS	(V3NPU_NUM_CTX / 32)
#define V3NPU_DESC_WORDS	(V3NPU_CMD_MAX_SIZE / 4)
#define V3NPU_COUNTER_WORDS	(sizeof(struct v3npu_counters) / 4)

/**
 * struct v3npu_core_ctl - run control of the core
 * @run: V3NPU_CONTROL_CORE_RUN
 * @stop: the running program is to end, even if @run is set again already
 * @active: the core thread executes instructions
 * @hung: it no longer does, by V3NPU_INJECT_CORE_HANG
 * @halted: V3NPU_STATUS_CORE_HALTED
 * @watchdog_hit: V3NPU_STATUS_WATCHDOG
 * @halt_code: V3NPU_REG_HALT_CODE
 */
struct v3npu_core_ctl {
	bool run;
	bool stop;
	bool active;
	bool hung;
	bool halted;
	bool watchdog_hit;
	uint32_t halt_code;
};

/**
 * struct v3npu_timer - the core's clock; times are those of v3npu_hw_now()
 * @mtimecmp: V3NPU_CORE_MTIMECMP
 * @watchdog: when the watchdog ends, V3NPU_TIME_NEVER while stopped
 * @mtime_hi: what reading V3NPU_CORE_MTIME_LO latched
 */
struct v3npu_timer {
	uint64_t mtimecmp;
	uint64_t watchdog;
	uint32_t mtime_hi;
};

/**
 * struct v3npu_dma - registers of the core's DMA
 * @active: a transfer in address space @as runs
 * @invalidating: an invalidation waits for its end
 */
struct v3npu_dma {
	uint32_t as;
	uint64_t va;
	uint32_t local;
	uint32_t len;
	uint32_t status;
	uint64_t fault;
	bool active;
	bool invalidating;
};

enum v3npu_engine_request {
	V3NPU_REQUEST_NONE,
	V3NPU_REQUEST_RUN,
	V3NPU_REQUEST_SCRUB,
};

/**
 * struct v3npu_engine_port - the datapath as the core sees it
 * @engine: the engine library's
 * @abort: polled by the engine while it runs: it is to ask v3npu_engine_poll()
 * @request: what the engine thread is to take up
 * @busy: from the request until its end
 * @in_core: the core's thread runs it, and no instruction meanwhile
 * @pending: V3NPU_CORE_PENDING_ENGINE
 * @status: V3NPU_ENGINE_*, but for BUSY
 * @as: V3NPU_CORE_ENGINE_AS
 * @desc: descriptor registers
 * @cmd: copy of @desc that runs, the running thread's while @busy
 * @cmd_as: address space that @cmd runs in
 * @invalidating: an invalidation waits for the end of @cmd
 * @cut_off: @cmd is being ended since it may no longer use memory, and is to end as a fault
 * @counters: of the last command
 * @fault: V3NPU_CORE_ENGINE_FAULT
 */
struct v3npu_engine_port {
	struct v3npu_engine *engine;
	atomic_bool abort;
	enum v3npu_engine_request request;
	bool busy;
	bool in_core;
	bool pending;
	uint32_t status;
	uint32_t as;
	uint32_t desc[V3NPU_DESC_WORDS];
	_Alignas(8) uint32_t cmd[V3NPU_DESC_WORDS];
	uint32_t cmd_as;
	bool invalidating;
	bool cut_off;
	uint32_t counters[V3NPU_COUNTER_WORDS];
	uint64_t fault;
};

/* What the firmware sends instead of the truth */
union v3npu_inject_buf {
	struct v3npu_event event;
	uint32_t word;
	uint8_t bytes[sizeof(struct v3npu_event)];
};

/**
 * struct v3npu_inject_state - faults on demand
 * @left: for each, how many things of its kind there are until it happens; 0 for never
 * @gone: the device was pulled out
 * @reset_stuck: the last reset seems not to end
 * @event: the last event, the core thread's alone
 * @lie: what v3npu_inject_lie() returned, the core thread's alone
 */
struct v3npu_inject_state {
	atomic_uint left[V3NPU_NUM_INJECT];
	atomic_bool gone;
	bool reset_stuck;
	struct v3npu_event event;
	union v3npu_inject_buf lie;
};

/**
 * struct v3npu_hw - a device
 * @attention: the core is to look at the registers before its next
 *	instruction; set with the lock held
 * @pc: program counter, for V3NPU_REG_CORE_PC
 * @irq_raise: vectors to raise when the lock is dropped, a bit each
 * @wake_core: signal @core_wake when the lock is dropped; a thread that wakes
 *	up before would only run into it
 * @wake_engine: the same for @engine_wake
 * @core_wake: to the core thread: something it waits for has changed
 * @engine_wake: to the engine thread: a request
 * @settled: to host threads that wait for the device: there was the end of a reset, a command, a
 *	transfer, a thread or all work, or they are called
 * @resumed: to threads that rest in a pause: it may be over for them
 * @called: a thread waits in the host's @map
 * @live: of the core's and the engine's thread, those that have not ended
 * @clear_core_mem: the reset under way clears core memory too
 * @epoch_ns: CLOCK_MONOTONIC when mtime was 0, less all pauses since
 * @paused_ns: CLOCK_MONOTONIC when the pause began, 0 without one
 * @working: threads that use the host's memory or execute instructions
 */
struct v3npu_hw {
	_Alignas(64) atomic_bool attention;
	_Alignas(64) atomic_uint pc;

	struct v3npu_config config;
	const struct v3npu_host *host;
	void *opaque;
	atomic_uint_fast64_t epoch_ns;
	atomic_uint_fast64_t paused_ns;
	atomic_uint working;
	uint8_t *core_mem;
	struct v3npu_rv32 *cpu;
	struct v3npu_tlb *tlb;
	pthread_t core_thread;
	pthread_t engine_thread;

	pthread_mutex_t lock;
	pthread_cond_t core_wake;
	pthread_cond_t engine_wake;
	pthread_cond_t settled;
	pthread_cond_t resumed;
	bool called;
	unsigned int live;
	bool quit;
	bool paused;
	bool resetting;
	bool clear_core_mem;

	uint32_t irq_status;
	uint32_t irq_enable;
	uint32_t irq_raise;
	bool wake_core;
	bool wake_engine;
	uint32_t doorbell[V3NPU_DOORBELL_WORDS];
	uint64_t mmu_root[V3NPU_NUM_AS];
	struct v3npu_core_ctl core;
	struct v3npu_timer timer;
	struct v3npu_dma dma;
	struct v3npu_engine_port engine;
	struct v3npu_inject_state inject;
};

/* hw.c */

static inline void v3npu_hw_lock(struct v3npu_hw *hw)
{
	pthread_mutex_lock(&hw->lock);
}

/* Drops the lock, then wakes the threads and raises the vectors that became due under it */
void v3npu_hw_unlock(struct v3npu_hw *hw);

/* Waits for a condition, until @until if it is not NULL, with the lock dropped meanwhile */
void v3npu_hw_wait(struct v3npu_hw *hw, pthread_cond_t *cond, const struct timespec *until);

/*
 * Waits, in a host thread, until something has settled, or serves a device thread that waits in
 * the host's @map; lock held, but dropped meanwhile
 */
void v3npu_hw_wait_for_device(struct v3npu_hw *hw);

/* Called last in the core's and the engine's thread; lock held */
void v3npu_hw_thread_ends(struct v3npu_hw *hw);

/* Starts a reset; the core thread finishes it. Lock held. */
void v3npu_hw_reset_begin(struct v3npu_hw *hw, bool clear_core_mem);

/* pause.c */

/* Time begins */
void v3npu_time_start(struct v3npu_hw *hw);

/* Microseconds since the device was made, but for pauses: mtime */
uint64_t v3npu_hw_now(const struct v3npu_hw *hw);

/* The engine that was made is held in pauses from now on */
void v3npu_gate_init(struct v3npu_hw *hw);

/* Something that holds or ends a command has changed; lock held */
void v3npu_abort_update(struct v3npu_hw *hw);

/* This thread begins to work, if there is no pause, or ends; lock held, may be dropped meanwhile */
void v3npu_work(struct v3npu_hw *hw, enum v3npu_user user, bool begin);

/* This thread works and can wait for the end of a pause; lock held, dropped meanwhile */
void v3npu_rest(struct v3npu_hw *hw, enum v3npu_user user);

/* Waits for the end of a pause. Return: the running command is to end. Lock not held. */
bool v3npu_engine_poll(struct v3npu_hw *hw);

/* regs.c: BAR0, and interrupts to the host */

uint32_t v3npu_regs_read(struct v3npu_hw *hw, uint32_t offset);
void v3npu_regs_write(struct v3npu_hw *hw, uint32_t offset, uint32_t value);

/* Sets V3NPU_IRQ_* @bits; lock held */
void v3npu_irq_set(struct v3npu_hw *hw, uint32_t bits);

/* core.c: the core's thread */

void *v3npu_core_thread(void *hw);

/* Makes the core thread look at the registers; lock held */
void v3npu_core_kick(struct v3npu_hw *hw);

/* Halts the running program with V3NPU_REG_HALT_CODE @code; lock held */
void v3npu_core_halt(struct v3npu_hw *hw, uint32_t code);

/**
 * v3npu_core_poll() - look at the registers, from the core thread
 * @mie: interrupts that end a wait
 * @wait: first wait until one of @mie is pending
 * @mip: set to the pending interrupts
 *
 * Return: false if the program is to end: halted, stopped or reset.
 */
bool v3npu_core_poll(struct v3npu_hw *hw, uint32_t mie, bool wait, uint32_t *mip);

/* periph.c: the core's registers, from the core thread */

/* Interrupt lines as in mip; lock held */
uint32_t v3npu_periph_lines(struct v3npu_hw *hw);

/* Return: false for an access fault */
bool v3npu_periph_read(struct v3npu_hw *hw, uint32_t addr, uint32_t *value);
bool v3npu_periph_write(struct v3npu_hw *hw, uint32_t addr, uint32_t value);

/* Registers that a core starts with; lock held */
void v3npu_periph_reset(struct v3npu_hw *hw);

/* dma.c: does what V3NPU_CORE_DMA_CTRL = @ctrl asks for; from the core thread, lock not held */
void v3npu_dma_run(struct v3npu_hw *hw, uint32_t ctrl);

/* inject.c: faults on demand */

/* Counts a thing of its kind. Return: is @fault to happen to it? */
bool v3npu_inject_due(struct v3npu_hw *hw, enum v3npu_inject fault);

/* Counts a read by the host, lock not held. Return: was the device pulled out? */
bool v3npu_inject_gone(struct v3npu_hw *hw);

/* The core halts; lock held */
void v3npu_inject_halt(struct v3npu_hw *hw);

/* The core starts a command; lock held */
void v3npu_inject_start(struct v3npu_hw *hw);

/* The engine is to run a command. Return: it need not, for this is its @result. */
bool v3npu_inject_command(struct v3npu_hw *hw, enum v3npu_result *result);

/* What the transfer to the host that is set up is to send: core memory, or a lie */
uint8_t *v3npu_inject_lie(struct v3npu_hw *hw);

/* engine_port.c */

void *v3npu_engine_thread(void *hw);

/*
 * Starts a request if the engine is idle, from the core thread. One that does not take too long is
 * done at once, with the lock, which is held, dropped meanwhile; the others the engine thread
 * takes up.
 */
void v3npu_engine_start(struct v3npu_hw *hw, enum v3npu_engine_request request);

/* cmd_time.c */

/*
 * Return: nanoseconds that a command takes at most on one thread with the slowest kernels, unless
 * the host has other things to do; UINT64_MAX if that cannot be told.
 */
uint64_t v3npu_cmd_time(const void *cmd, uint32_t sram_size);

#endif /* V3NPU_DEVICE_HW_H */
