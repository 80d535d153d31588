/* SPDX-License-Identifier: MIT */
/*
 * The whole NPU behind its two BARs: registers, control core, MMU, timers and
 * the engine, with no QEMU in it. qemu/hw/ puts it on PCI; tests drive it
 * directly.
 *
 * Threads: the functions below may be called from one or more host threads at a
 * time and return quickly (_reset(), _stop_dma(), _pause() and _free() within
 * tens of milliseconds). The core and the engine run in threads of their own,
 * short commands in the core's. Host callbacks are called from any thread and
 * must not wait for a thread that is inside one of these functions, but for
 * what struct v3npu_host says of @serve.
 */
#ifndef V3NPU_DEVICE_H
#define V3NPU_DEVICE_H

#include "engine.h"
#include "v3npu/core.h"
#include "v3npu/regs.h"

/* Who uses the host's memory */
enum v3npu_user {
	V3NPU_USER_CORE,	/* a transfer of the core's DMA */
	V3NPU_USER_ENGINE,	/* a command */
	V3NPU_NUM_USERS
};

/**
 * struct v3npu_host - what the device needs of its host
 * @enter: called by a device thread before it uses @map, may nest; NULL for none
 * @leave: called when the pointers from @map since @enter are no longer used
 * @map: host pointer to bus address @addr for DMA, in @run how many bytes are
 *	contiguous there (1..@want); NULL if there is no memory
 * @raise: raise MSI-X vector; must not block
 * @serve: do what a device thread waits for inside @map and only a host thread can do. Called by
 *	host threads that wait inside the functions below, after v3npu_hw_call_host(), so that @map
 *	may wait for them in spite of that; NULL if it never waits
 * @thread_start: called first in every thread the device makes; NULL for none
 * @thread_stop: called last in it
 */
struct v3npu_host {
	void (*enter)(void *opaque, enum v3npu_user user);
	void (*leave)(void *opaque, enum v3npu_user user);
	void *(*map)(void *opaque, enum v3npu_user user, uint64_t addr, size_t want, bool write,
		     size_t *run);
	void (*raise)(void *opaque, unsigned int vector);
	void (*serve)(void *opaque);
	void (*thread_start)(void *opaque);
	void (*thread_stop)(void *opaque);
};

struct v3npu_hw;

/**
 * v3npu_hw_new() - make a device, held in reset
 * @config: within bounds (v3npu_config_check()), copied
 * @host: callbacks, must outlive the device
 * @opaque: first argument of each
 *
 * Return: the device, or NULL with errno set.
 */
struct v3npu_hw *v3npu_hw_new(const struct v3npu_config *config, const struct v3npu_host *host,
			      void *opaque);

/* Stops everything, waits for the threads to end, and frees it; no callback after it returns */
void v3npu_hw_free(struct v3npu_hw *hw);

/* Bus reset: as V3NPU_CONTROL_RESET, and waits until it is done. Core memory is cleared too. */
void v3npu_hw_reset(struct v3npu_hw *hw);

/*
 * What the host's @map returned until now is no longer to be used, as when bus mastering was
 * disabled. Waits for the end of the transfer that runs and, if @command is true, ends the command
 * that runs, as a fault; returns when none of their pointers is in use.
 */
void v3npu_hw_stop_dma(struct v3npu_hw *hw, bool command);

/*
 * Stops all work where it is, commands in the middle, and the device's time, and returns when no
 * memory of the host is in use any more. Registers can be accessed and all of these functions
 * called; what runs goes on after v3npu_hw_resume(). Again without effect.
 */
void v3npu_hw_pause(struct v3npu_hw *hw);
void v3npu_hw_resume(struct v3npu_hw *hw);

/* Called by the host's @map before it waits for @serve */
void v3npu_hw_call_host(struct v3npu_hw *hw);

/* Is there a register at this offset of V3NPU_BAR_REGS? */
bool v3npu_hw_is_reg(uint64_t offset);

/* Accesses by the host to V3NPU_BAR_REGS (32-bit) and V3NPU_BAR_CORE_MEM (1, 2, 4 or 8 bytes) */
uint64_t v3npu_hw_read(struct v3npu_hw *hw, unsigned int bar, uint64_t offset, unsigned int size);
void v3npu_hw_write(struct v3npu_hw *hw, unsigned int bar, uint64_t offset, uint64_t value,
		    unsigned int size);

#endif /* V3NPU_DEVICE_H */
