/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note OR MIT */
/*
 * Messages and rings between the driver and the firmware.
 *
 * Two places: fixed blocks in core memory (BAR2), which the firmware reaches
 * as its own memory; and host memory in address space V3NPU_AS_SYSTEM, which
 * it reaches by DMA. Neither side trusts the other's indices: both mask them
 * and check distances. All counters of rings run freely modulo 2^32.
 */
#ifndef _V3NPU_IPC_H
#define _V3NPU_IPC_H

#include "v3npu/cmd.h"
#include "v3npu/regs.h"
#include "v3npu/types.h"

#define V3NPU_IPC_VERSION	1

/* Core memory: the image, its data and stack up to V3NPU_FW_LIMIT, then fixed blocks */
#define V3NPU_FW_LIMIT		0x70000
#define V3NPU_LOG_OFFSET	0x70000
#define V3NPU_LOG_SIZE		0x08000	/* header and text */
#define V3NPU_STATUS_OFFSET	0x78000
#define V3NPU_BOOT_OFFSET	0x79000

/**
 * struct v3npu_log - log ring, written by the firmware, at V3NPU_LOG_OFFSET
 * @magic: V3NPU_LOG_MAGIC once set up
 * @size: bytes of @text, a power of two
 * @written: bytes written since boot; byte n is at text[n % size]
 * @reserved: 0
 * @text: lines, each ended by '\n'
 */
struct v3npu_log {
	__u32 magic;
	__u32 size;
	__u32 written;
	__u32 reserved;
	__u8 text[0x4000];
};

#define V3NPU_LOG_MAGIC		0x474f4c56	/* "VLOG" */

/**
 * struct v3npu_boot_args - written by the driver at V3NPU_BOOT_OFFSET before
 * it releases the core
 * @magic: V3NPU_BOOT_MAGIC
 * @ipc_version: V3NPU_IPC_VERSION of the driver; the firmware halts with
 *	V3NPU_HALT_BOOT_ARGS if it differs
 * @ctx_table: address of struct v3npu_ctx_desc[V3NPU_NUM_CTX]
 * @event_ring: address of struct v3npu_event_ring
 * @event_entries: entries of that ring, a power of two, 16..1024
 * @watchdog_us: watchdog period, 1000..60000000
 * @log_level: V3NPU_LOG_*
 * @save_slot_size: bytes of a slot of the save area, a multiple of V3NPU_PAGE_SIZE:
 *	V3NPU_SAVE_HEADER_SIZE and room for all SRAM
 * @save_area: address of V3NPU_NUM_SAVE_SLOTS slots, a multiple of V3NPU_PAGE_SIZE,
 *	where the firmware keeps what it preempted; 0: jobs are not preempted
 * @starve_us: a job that has waited this long for jobs of higher priority is next
 *	when one ends; 0: never
 * @quantum_us: how long jobs of its priority then run before they can be preempted again
 * @pause: the only field that the driver may change later, followed by any doorbell.
 *	While it is not 0 the firmware takes no job, and puts the running one aside at
 *	its next command if its priority has a slot; otherwise the job runs to its end.
 *	Then v3npu_fw_status.state is V3NPU_FW_PAUSED. When it is 0 the firmware goes on.
 * @turns: address of struct v3npu_turns, which the firmware reads once; 0: nobody was
 *	served yet. 0 for a firmware before V3NPU_FW_VERSION_TURNS
 */
struct v3npu_boot_args {
	__u32 magic;
	__u32 ipc_version;
	__u64 ctx_table;
	__u64 event_ring;
	__u32 event_entries;
	__u32 watchdog_us;
	__u32 log_level;
	__u32 save_slot_size;
	__u64 save_area;
	__u32 starve_us;
	__u32 quantum_us;
	__u32 pause;
	__u32 turns;
};

/* The first firmware, as its image header says, that knows v3npu_boot_args.turns */
#define V3NPU_FW_VERSION_TURNS	0x000200

#define V3NPU_BOOT_MAGIC	0x544f4f42	/* "BOOT" */
#define V3NPU_LOG_ERROR		0
#define V3NPU_LOG_INFO		1
#define V3NPU_LOG_DEBUG		2

/* Codes in V3NPU_REG_HALT_CODE that the firmware writes itself (traps write mcause, < 32) */
#define V3NPU_HALT_BOOT_ARGS	0x100	/* boot arguments are wrong */
/* Tables or rings in the system address space cannot be reached */
#define V3NPU_HALT_SYSTEM_DMA	0x101
#define V3NPU_HALT_PANIC	0x102	/* a check in the firmware failed, or a trap: see the log */

/**
 * struct v3npu_fw_status - written by the firmware at V3NPU_STATUS_OFFSET
 * @magic: V3NPU_STATUS_MAGIC once the firmware runs
 * @ipc_version: V3NPU_IPC_VERSION of the firmware
 * @fw_version: as in the image header
 * @features: V3NPU_FEATURE_*
 * @state: V3NPU_FW_BOOTING, V3NPU_FW_READY, V3NPU_FW_PANIC or V3NPU_FW_PAUSED
 * @heartbeat: counts the main loop's turns, and how often the watchdog was fed:
 *	at least every quarter of its period, while a command runs too
 * @ctx: context of the running job, V3NPU_CTX_NONE when idle
 * @cmd_index: number of the running command in its stream
 * @seqno: of the running job
 * @cmd_opcode: of the running command
 * @cmd_tag: of the running command
 * @preemptions: jobs that were put aside for one of higher priority, since boot
 * @run_us: how long the running job ran so far, without the time it was put aside;
 *	as fresh as @heartbeat
 * @preempt_cycles: NPU cycles spent on saving and restoring SRAM, which no job's
 *	counters contain
 */
struct v3npu_fw_status {
	__u32 magic;
	__u32 ipc_version;
	__u32 fw_version;
	__u32 features;
	__u32 state;
	__u32 heartbeat;
	__u32 ctx;
	__u32 cmd_index;
	__u64 seqno;
	__u32 cmd_opcode;
	__u32 cmd_tag;
	__u32 preemptions;
	__u32 run_us;
	__u64 preempt_cycles;
};

#define V3NPU_STATUS_MAGIC	0x54415453	/* "STAT" */
#define V3NPU_FW_BOOTING	1
#define V3NPU_FW_READY		2
#define V3NPU_FW_PANIC		3
#define V3NPU_FW_PAUSED		4	/* no job runs, none begins: v3npu_boot_args.pause */
#define V3NPU_CTX_NONE		0xffffffffu
/* V3NPU_FEATURE_*: (1u << 0) is V3NPU_FEATURE_STALL of cmd.h, which programs see, too */
#define V3NPU_FEATURE_CANCEL	(1u << 1)	/* knows V3NPU_CTX_CANCELLED */
#define V3NPU_FEATURE_TURNS	(1u << 2)	/* knows v3npu_ctx_desc.user */
#define V3NPU_FEATURE_RUN_US	(1u << 3)	/* fills in v3npu_event.run_us */

/**
 * struct v3npu_ctx_desc - a job context, written by the driver before the wptr
 * of its ring, read by the firmware at each doorbell and, after wptr, at each job
 * @ring: address (system address space) of its struct v3npu_job_ring
 * @ring_entries: a power of two, 2..256; 0: the context does not exist
 * @as: address space its commands run in, 1..V3NPU_NUM_AS - 1
 * @priority: V3NPU_PRIO_*; the firmware takes jobs of higher priority first, and
 *	puts a running job of lower priority aside at its next command. Within a
 *	priority users take turns, then the address spaces of a user, then the
 *	contexts of an address space: a job each
 * @flags: V3NPU_CTX_*; 0 for a firmware without V3NPU_FEATURE_CANCEL
 * @user: whose it is, 0..V3NPU_NUM_CTX - 1; 0 for a firmware without
 *	V3NPU_FEATURE_TURNS
 * @reserved: 0
 */
struct v3npu_ctx_desc {
	__u64 ring;
	__u32 ring_entries;
	__u32 as;
	__u32 priority;
	__u32 flags;
	__u32 user;
	__u32 reserved;
};

/**
 * struct v3npu_turns - who was served when, for a firmware that boots
 * @ctx: of each context, a number that grows with each job that was served; 0: never
 * @as: the same of each address space
 * @user: and of each user
 *
 * Who was served least recently is next.
 */
struct v3npu_turns {
	__u64 ctx[V3NPU_NUM_CTX];
	__u64 as[V3NPU_NUM_AS];
	__u64 user[V3NPU_NUM_CTX];
};

/* Its jobs end with V3NPU_JOB_CANCELLED before their next command, once its doorbell was rung */
#define V3NPU_CTX_CANCELLED	(1u << 0)

#define V3NPU_PRIO_LOW		0
#define V3NPU_PRIO_NORMAL	1
#define V3NPU_PRIO_HIGH		2
#define V3NPU_PRIO_REALTIME	3
#define V3NPU_NUM_PRIO		4

/**
 * struct v3npu_job - one job
 * @seqno: chosen by the driver, returned in the event
 * @cmds: address of the command stream in the context's address space, a
 *	multiple of 8
 * @cmds_size: bytes, a multiple of 8, 8..V3NPU_CMDS_MAX
 * @flags: V3NPU_JOB_FLAG_*
 * @reserved: 0
 */
struct v3npu_job {
	__u64 seqno;
	__u64 cmds;
	__u32 cmds_size;
	__u32 flags;
	__u64 reserved[5];
};

/* Go on with the job in its priority's save slot, which is this one, after a reset */
#define V3NPU_JOB_FLAG_RESUME	(1u << 0)

/**
 * struct v3npu_job_ring - a context's jobs, in host memory
 * @wptr: jobs written, by the driver
 * @pad0: apart from it, as each side writes its own
 * @rptr: jobs taken, by the firmware
 * @pad1: likewise
 * @jobs: entry n is at jobs[n % ring_entries]
 */
struct v3npu_job_ring {
	__u32 wptr;
	__u32 pad0[15];
	__u32 rptr;
	__u32 pad1[15];
	struct v3npu_job jobs[];
};

/**
 * struct v3npu_counters - what a command or a job cost
 * @cycles: NPU cycles
 * @macs: multiply-accumulates done
 * @dram_read: bytes read from DRAM by the datapath
 * @dram_write: bytes written to DRAM
 * @sram_read: bytes read from SRAM
 * @sram_write: bytes written to SRAM
 */
struct v3npu_counters {
	__u64 cycles;
	__u64 macs;
	__u64 dram_read;
	__u64 dram_write;
	__u64 sram_read;
	__u64 sram_write;
};

/**
 * struct v3npu_event - what the firmware tells the driver
 * @type: V3NPU_EVENT_*
 * @ctx: the context, for JOB_DONE
 * @seqno: of the job
 * @status: V3NPU_JOB_*
 * @cmd_index: commands completed; for a failure, the number of the command that failed
 * @cmd_opcode: opcode of the command that failed; 0 if none did, or its header
 *	could not be read
 * @cmd_tag: its tag, or 0 likewise
 * @fault_addr: the address that could not be reached, for V3NPU_JOB_MMU_FAULT
 *	and V3NPU_JOB_FETCH_FAULT
 * @detail: for V3NPU_JOB_BAD_CMD, what v3npu_cmd_check() returned, negated; 0
 *	if it was the datapath that refused constants it read from memory
 * @commands: commands run
 * @counters: sums over the job's commands
 * @preemptions: as in the status block
 * @run_us: how long the job ran, without the time it was put aside; 0 from a firmware
 *	without V3NPU_FEATURE_RUN_US
 * @reserved: 0
 */
struct v3npu_event {
	__u32 type;
	__u32 ctx;
	__u64 seqno;
	__u32 status;
	__u32 cmd_index;
	__u32 cmd_opcode;
	__u32 cmd_tag;
	__u64 fault_addr;
	__u32 detail;
	__u32 commands;
	struct v3npu_counters counters;
	__u32 preemptions;
	__u32 run_us;
	__u64 reserved[3];
};

#define V3NPU_EVENT_READY	1	/* boot done; the status block is valid */
#define V3NPU_EVENT_JOB_DONE	2

#define V3NPU_JOB_OK		0
#define V3NPU_JOB_MMU_FAULT	1	/* the datapath met an address with no mapping */
#define V3NPU_JOB_FETCH_FAULT	2	/* the command stream could not be read */
#define V3NPU_JOB_BAD_CMD	3	/* a command failed its check */
#define V3NPU_JOB_BAD_JOB	4	/* the ring entry is malformed, or its slot holds another */
#define V3NPU_JOB_CANCELLED	5	/* its context is: V3NPU_CTX_CANCELLED */

/**
 * struct v3npu_saved_job - first bytes of a save slot: a job that was put aside
 * @magic: V3NPU_SAVED_MAGIC while the slot holds one, written last
 * @ctx: its context
 * @seqno: its number
 * @next: address of the first command that did not run
 * @left: bytes of the stream from there on
 * @sram_saved: 1 if its SRAM follows at V3NPU_SAVE_HEADER_SIZE; 0 if it had used none
 * @run_us: how long it ran
 * @reserved: 0
 * @event: its event as far as it got
 *
 * Slot n is of priority n. The highest one is never put aside. A job that goes
 * on leaves its slot: @magic becomes 0 before its next command.
 */
struct v3npu_saved_job {
	__u32 magic;
	__u32 ctx;
	__u64 seqno;
	__u64 next;
	__u32 left;
	__u32 sram_saved;
	__u32 run_us;
	__u32 reserved[7];
	struct v3npu_event event;
};

#define V3NPU_SAVED_MAGIC	0x45564153	/* "SAVE" */
#define V3NPU_NUM_SAVE_SLOTS	(V3NPU_NUM_PRIO - 1)
#define V3NPU_SAVE_HEADER_SIZE	4096

/**
 * struct v3npu_event_ring - in host memory
 * @wptr: events written, by the firmware
 * @pad0: apart from it, as each side writes its own
 * @rptr: events taken, by the driver; the firmware waits while the ring is full
 * @pad1: likewise
 * @events: entry n is at events[n % event_entries]
 */
struct v3npu_event_ring {
	__u32 wptr;
	__u32 pad0[15];
	__u32 rptr;
	__u32 pad1[15];
	struct v3npu_event events[];
};

_Static_assert(sizeof(struct v3npu_log) <= V3NPU_LOG_SIZE, "ABI");
_Static_assert(sizeof(struct v3npu_boot_args) == 64, "ABI");
_Static_assert(sizeof(struct v3npu_fw_status) == 64, "ABI");
_Static_assert(sizeof(struct v3npu_ctx_desc) == 32, "ABI");
_Static_assert(sizeof(struct v3npu_turns) == 6152, "ABI");
_Static_assert(sizeof(struct v3npu_job) == 64, "ABI");
_Static_assert(sizeof(struct v3npu_job_ring) == 128, "ABI");
_Static_assert(sizeof(struct v3npu_counters) == 48, "ABI");
_Static_assert(sizeof(struct v3npu_event) == 128, "ABI");
_Static_assert(sizeof(struct v3npu_saved_job) == 192, "ABI");
_Static_assert(sizeof(struct v3npu_event_ring) == 128, "ABI");

#endif /* _V3NPU_IPC_H */
