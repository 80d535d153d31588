/* SPDX-License-Identifier: MIT */
/*
 * The driver's part, for tests: an NPU that runs the firmware image, its
 * tables and rings in memory, and commands to feed it.
 */
#ifndef V3NPU_TESTS_FWTEST_H
#define V3NPU_TESTS_FWTEST_H

#include <stdbool.h>
#include <stdint.h>

#include "harness.h"
#include "tap.h"
#include "v3npu/cmd.h"
#include "v3npu/ipc.h"

/* Addresses in the system address space */
#define FW_CTX_TABLE_VA		0x10000ull
#define FW_EVENT_RING_VA	0x20000ull
#define FW_SAVE_AREA_VA		0x200000ull
#define FW_JOB_RING_VA(ctx)	(0x1000000ull + (ctx) * 0x10000ull)

/* Every address space has FW_DATA_SIZE bytes at FW_DATA_VA; the page after them is not mapped */
#define FW_DATA_VA		0x40000000ull
#define FW_DATA_SIZE		0x20000u

#define FW_TIMEOUT_MS		10000u

/*
 * Real time, on machines that may be busy: threads were seen to wait for 200 ms
 * for a processor. Three quarters of the first and all of the second are above that.
 */
#define FW_WATCHDOG_US		1000000u	/* where a test waits for more than one period */
#define FW_STALL_US		400000u		/* to do something while a command runs */

/**
 * struct fw - a machine with the firmware loaded
 * @npu: the machine
 * @args: boot arguments; a test may change them before fw_start()
 * @table: descriptors of all contexts
 * @events: event ring
 * @save: save area, its slots one after the other
 * @rings: of the contexts that fw_context() made
 * @data: the memory at FW_DATA_VA of the address spaces that fw_space() made
 */
struct fw {
	struct npu *npu;
	struct v3npu_boot_args args;
	struct v3npu_ctx_desc *table;
	struct v3npu_event_ring *events;
	uint8_t *save;
	struct v3npu_job_ring *rings[V3NPU_NUM_CTX];
	uint8_t *data[V3NPU_NUM_AS];
};

/* A machine with the image loaded and an event ring of @event_entries; not started */
struct fw *fw_load(uint32_t event_entries);

/* The same, with 64 events, started and READY taken */
struct fw *fw_boot(void);
void fw_free(struct fw *fw);

/* Writes the boot arguments and starts the core */
void fw_start(struct fw *fw);

/* Resets the NPU, sets the root registers again, empties the event ring, loads the image again */
void fw_reload(struct fw *fw);

/* Memory at FW_DATA_VA of address space @as, made at the first call */
uint8_t *fw_space(struct fw *fw, unsigned int as);

/* Makes context @ctx: its ring, and its descriptor */
void fw_context(struct fw *fw, unsigned int ctx, unsigned int as, uint32_t prio, uint32_t entries);

/* Writes a job to the ring, and wptr, but no doorbell */
void fw_queue_job(struct fw *fw, unsigned int ctx, const struct v3npu_job *job);
void fw_queue(struct fw *fw, unsigned int ctx, uint64_t seqno, uint64_t cmds, uint32_t size);
void fw_doorbell(struct fw *fw, unsigned int ctx);

/* fw_queue() and fw_doorbell() */
void fw_submit(struct fw *fw, unsigned int ctx, uint64_t seqno, uint64_t cmds, uint32_t size);

/* Takes the next event, woken by its interrupt as a driver is. Return: false after @timeout_ms */
bool fw_try_event(struct fw *fw, struct v3npu_event *event, unsigned int timeout_ms);

/* The same, but bails out after @timeout_ms */
struct v3npu_event fw_event(struct fw *fw, unsigned int timeout_ms);

/*
 * Takes an event for each character of @order, which names its context: @first is context 0, the
 * next characters those after it. @what names the check.
 */
void fw_expect_order(struct fw *fw, char first, const char *order, const char *what);

/* Is there an event that was not taken? Looks at the ring only */
bool fw_event_waiting(struct fw *fw);

/* fw_submit(), then fw_event() */
struct v3npu_event fw_run(struct fw *fw, unsigned int ctx, uint64_t seqno, uint64_t cmds,
			  uint32_t size);

/* Waits until the core halted. Return: halt code, ~0 if it did not within FW_TIMEOUT_MS */
uint32_t fw_wait_halt(struct fw *fw);

struct v3npu_fw_status fw_status(struct fw *fw);

/* The save slot of a priority: the header; SRAM follows at V3NPU_SAVE_HEADER_SIZE */
struct v3npu_saved_job *fw_slot(struct fw *fw, uint32_t prio);

/* Waits until a command with this opcode runs in the datapath; bails out if none does */
void fw_wait_opcode(struct fw *fw, uint32_t opcode);

/* The same, of a job of this context */
void fw_wait_running(struct fw *fw, unsigned int ctx, uint32_t opcode);

/* How many lines of the log contain @text */
unsigned int fw_log_count(struct fw *fw, const char *text);

/* Prints the log as TAP comments */
void fw_log_dump(struct fw *fw);

/* Address of a symbol of the firmware's ELF file; bails out if there is none */
uint32_t fw_symbol(const char *name);

/* Commands. Each is written to @at; return: its bytes. */
uint32_t fw_cmd_nop(void *at, uint32_t tag);
uint32_t fw_cmd_stall(void *at, uint32_t tag, uint32_t usec);
/* COPY of @n bytes */
uint32_t fw_cmd_copy(void *at, uint32_t tag, uint64_t dst, uint64_t src, uint32_t n);

/* One OK job on a context; checks its event and that it copied. @what names the check. */
void fw_check_good(struct fw *fw, unsigned int ctx, const char *what);

#endif /* V3NPU_TESTS_FWTEST_H */
