// SPDX-License-Identifier: MIT
/* Boot and main loop */
#include "contexts.h"
#include "core.h"
#include "engine.h"
#include "event.h"
#include "hw.h"
#include "log.h"
#include "panic.h"
#include "preempt.h"
#include "sched.h"
#include "string.h"
#include "turns.h"
#include "version.h"

static const char *boot_args_error(const struct v3npu_boot_args *args)
{
	if (args->magic != V3NPU_BOOT_MAGIC)
		return "no magic";
	if (args->ipc_version != V3NPU_IPC_VERSION)
		return "interface version of the driver is another";
	if (args->event_entries < 16 || args->event_entries > 1024 ||
	    args->event_entries & (args->event_entries - 1))
		return "event_entries is not a power of two in 16..1024";
	if (args->watchdog_us < 1000 || args->watchdog_us > 60000000)
		return "watchdog_us is not in 1000..60000000";
	if (args->log_level > V3NPU_LOG_DEBUG)
		return "unknown log_level";
	if (args->save_area && (args->save_area % V3NPU_PAGE_SIZE ||
				args->save_area > V3NPU_VA_DRAM_END))
		return "save_area is not the address of a page";
	if (args->save_area && (args->save_slot_size % V3NPU_PAGE_SIZE ||
				args->save_slot_size < preempt_slot_size()))
		return "save_slot_size is too small, or not whole pages";
	if ((__u64)args->save_slot_size * V3NPU_NUM_SAVE_SLOTS >
	    V3NPU_VA_DRAM_END - args->save_area)
		return "save area ends beyond DRAM";
	return NULL;
}

static void publish_status(void)
{
	volatile __u32 *word = (volatile __u32 *)STATUS;
	unsigned int i;

	for (i = 0; i < sizeof(*STATUS) / 4; i++)
		word[i] = 0;
	STATUS->ipc_version = V3NPU_IPC_VERSION;
	STATUS->fw_version = FW_VERSION;
	STATUS->features = V3NPU_FEATURE_STALL | V3NPU_FEATURE_CANCEL |
			   V3NPU_FEATURE_TURNS | V3NPU_FEATURE_RUN_US;
	STATUS->state = V3NPU_FW_BOOTING;
	STATUS->ctx = V3NPU_CTX_NONE;
	write_fence();
	STATUS->magic = V3NPU_STATUS_MAGIC;
}

static void boot(void)
{
	const struct v3npu_event event = { .type = V3NPU_EVENT_READY };
	struct v3npu_boot_args args;
	const char *error;

	log_init();
	publish_status();
	log_info("firmware %u.%u.%u, interface %u", FW_VERSION_MAJOR, FW_VERSION_MINOR,
		 FW_VERSION_PATCH, V3NPU_IPC_VERSION);

	/* A copy, so that what was checked is what is used */
	memcpy(&args, (const void *)BOOT_ARGS, sizeof(args));
	error = boot_args_error(&args);
	if (error) {
		log_error("boot arguments: %s", error);
		halt(V3NPU_HALT_BOOT_ARGS);
	}

	log_set_level(args.log_level);
	core_init(args.watchdog_us);
	engine_init();
	contexts_init(args.ctx_table);
	turns_init(args.turns);
	sched_init(args.starve_us, args.quantum_us);
	preempt_init(args.save_area, args.save_slot_size);
	event_init(args.event_ring, args.event_entries);
	STATUS->state = V3NPU_FW_READY;
	event_send(&event);
}

int main(void)
{
	stack_guard_init();
	boot();
	for (;;) {
		STATUS->heartbeat++;
		stack_guard_check();
		if (!sched_run())
			core_sleep();
	}
}
