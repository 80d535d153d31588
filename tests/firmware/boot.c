// SPDX-License-Identifier: MIT
/* Boot of the firmware, its states, its watchdog, and how it ends */
#include <stddef.h>
#include <string.h>
#include <zlib.h>

#include "../../firmware/version.h"
#include "fwtest.h"
#include "v3npu/core.h"
#include "v3npu/fw.h"

static void test_image(void)
{
	static uint8_t image[V3NPU_FW_LIMIT + sizeof(struct v3npu_fw_header) + 1];
	struct v3npu_fw_header header;
	FILE *f = fopen(FIRMWARE_IMAGE, "rb");
	size_t size;

	if (!f)
		tap_bail("%s cannot be opened", FIRMWARE_IMAGE);
	size = fread(image, 1, sizeof(image), f);
	fclose(f);
	memcpy(&header, image, sizeof(header));
	tap_equal(header.magic, V3NPU_FW_MAGIC, "image: magic");
	tap_equal(header.header_version, V3NPU_FW_HEADER_VERSION, "image: header version");
	tap_equal(header.ipc_version, V3NPU_IPC_VERSION, "image: interface version");
	tap_equal(header.fw_version, FW_VERSION, "image: firmware version");
	tap_equal(header.header_size, sizeof(header), "image: header size");
	tap_equal(header.payload_size % 4, 0, "image: payload is whole words");
	tap_equal(size, sizeof(header) + header.payload_size, "image: file size");
	tap_equal(header.header_crc,
		  crc32(0, image, offsetof(struct v3npu_fw_header, header_crc)),
		  "image: header checksum");
	tap_equal(header.payload_crc, crc32(0, image + sizeof(header), header.payload_size),
		  "image: payload checksum");
}

static void test_handshake(void)
{
	struct fw *fw = fw_load(64);
	struct v3npu_fw_status status;
	struct v3npu_event event;
	const struct v3npu_event ready = { .type = V3NPU_EVENT_READY };

	fw->args.watchdog_us = FW_WATCHDOG_US;
	fw_start(fw);
	event = fw_event(fw, FW_TIMEOUT_MS);
	tap_ok(!memcmp(&event, &ready, sizeof(event)), "boot: READY event, all else 0");

	status = fw_status(fw);
	tap_equal(status.magic, V3NPU_STATUS_MAGIC, "boot: status magic");
	tap_equal(status.ipc_version, V3NPU_IPC_VERSION, "boot: status interface version");
	tap_equal(status.fw_version, FW_VERSION, "boot: firmware version");
	tap_equal(status.features, V3NPU_FEATURE_STALL | V3NPU_FEATURE_CANCEL |
		  V3NPU_FEATURE_TURNS | V3NPU_FEATURE_RUN_US,
		  "boot: features");
	tap_equal(status.state, V3NPU_FW_READY, "boot: state READY");
	tap_equal(status.ctx, V3NPU_CTX_NONE, "boot: no job runs");
	tap_equal(fw_log_count(fw, "I firmware "), 1, "boot: log names the version");

	npu_sleep_ms(3 * FW_WATCHDOG_US / 2000);
	tap_ok(fw_status(fw).heartbeat > status.heartbeat, "idle: heartbeat moves");
	tap_equal(npu_read(fw->npu, V3NPU_REG_STATUS), V3NPU_STATUS_CORE_RUNNING,
		  "idle: watchdog is kept alive");
	fw_free(fw);
}

static void test_doorbell_before_ready(void)
{
	struct fw *fw = fw_load(64);
	uint8_t *data = fw_space(fw, 1);

	fw_context(fw, 9, 1, V3NPU_PRIO_NORMAL, 4);
	fw_cmd_nop(data, 0);
	fw_submit(fw, 9, 77, FW_DATA_VA, 8);
	fw_start(fw);
	tap_equal(fw_event(fw, FW_TIMEOUT_MS).type, V3NPU_EVENT_READY,
		  "early doorbell: READY comes first");
	tap_equal(fw_event(fw, FW_TIMEOUT_MS).seqno, 77, "early doorbell: then the job");
	fw_free(fw);
}

/* Starts it, which is to halt the core with @code and @log in the log, and reloads it */
static void refused(struct fw *fw, uint32_t code, const char *log, const char *what)
{
	fw_start(fw);
	if (!tap_equal(fw_wait_halt(fw), code, "%s: halts", what))
		fw_log_dump(fw);
	tap_equal(fw_log_count(fw, log), 1, "%s: log says why", what);
	tap_ok(fw_status(fw).magic == V3NPU_STATUS_MAGIC &&
	       fw_status(fw).ipc_version == V3NPU_IPC_VERSION && fw_status(fw).fw_version,
	       "%s: versions can be read", what);
	tap_ok(npu_wait_vector(fw->npu, V3NPU_VECTOR_ERROR, FW_TIMEOUT_MS),
	       "%s: host is interrupted", what);
	fw_reload(fw);
}

static void test_boot_args(void)
{
	struct fw *fw = fw_load(64);
	const struct v3npu_boot_args good = fw->args;
	const char *log = "E boot arguments: ";

	fw->args.magic++;
	refused(fw, V3NPU_HALT_BOOT_ARGS, log, "wrong magic");
	fw->args = good;
	fw->args.ipc_version++;
	refused(fw, V3NPU_HALT_BOOT_ARGS, log, "wrong interface version");
	fw->args = good;
	fw->args.event_entries = 8;
	refused(fw, V3NPU_HALT_BOOT_ARGS, log, "event ring too small");
	fw->args.event_entries = 2048;
	refused(fw, V3NPU_HALT_BOOT_ARGS, log, "event ring too large");
	fw->args.event_entries = 48;
	refused(fw, V3NPU_HALT_BOOT_ARGS, log, "event ring no power of two");
	fw->args = good;
	fw->args.watchdog_us = 999;
	refused(fw, V3NPU_HALT_BOOT_ARGS, log, "watchdog too short");
	fw->args.watchdog_us = 60000001;
	refused(fw, V3NPU_HALT_BOOT_ARGS, log, "watchdog too long");
	fw->args = good;
	fw->args.log_level = V3NPU_LOG_DEBUG + 1;
	refused(fw, V3NPU_HALT_BOOT_ARGS, log, "unknown log level");

	fw->args = good;
	fw->args.save_area += 64;
	refused(fw, V3NPU_HALT_BOOT_ARGS, log, "save area misaligned");
	fw->args.save_area = V3NPU_VA_DRAM_END;
	refused(fw, V3NPU_HALT_BOOT_ARGS, log, "save area in SRAM");
	fw->args.save_area = ~0xfffull;
	refused(fw, V3NPU_HALT_BOOT_ARGS, log, "save area at the end of 64 bits");
	fw->args.save_area = V3NPU_VA_DRAM_END - 3ull * good.save_slot_size + V3NPU_PAGE_SIZE;
	refused(fw, V3NPU_HALT_BOOT_ARGS, log, "save area across DRAM's end");
	fw->args = good;
	fw->args.save_slot_size -= V3NPU_PAGE_SIZE;
	refused(fw, V3NPU_HALT_BOOT_ARGS, log, "save slot too small");
	fw->args.save_slot_size = 0;
	refused(fw, V3NPU_HALT_BOOT_ARGS, log, "save slot of no size");
	fw->args.save_slot_size = good.save_slot_size + 8;
	refused(fw, V3NPU_HALT_BOOT_ARGS, log, "save slot not whole pages");

	fw->args = good;
	fw->events->wptr = 100;
	fw->events->rptr = 35;
	refused(fw, V3NPU_HALT_BOOT_ARGS, "E event ring: ", "event ring indices");
	fw->args.event_ring = 0x7000000;
	refused(fw, V3NPU_HALT_SYSTEM_DMA, "E event ring at 0000000007000000",
		"event ring unmapped");
	fw->args.event_ring = ~0xfffull;
	refused(fw, V3NPU_HALT_SYSTEM_DMA, "E event ring at ", "event ring beyond the end");

	fw->args = good;
	fw_start(fw);
	tap_equal(fw_event(fw, FW_TIMEOUT_MS).type, V3NPU_EVENT_READY, "boots after all of these");
	fw_free(fw);
}

static void test_system_dma(void)
{
	struct fw *fw = fw_load(64);

	fw->args.ctx_table = 0x7000000;
	fw_start(fw);
	fw_event(fw, FW_TIMEOUT_MS);
	fw_doorbell(fw, 3);
	tap_equal(fw_wait_halt(fw), V3NPU_HALT_SYSTEM_DMA, "context table unmapped: halts");
	tap_equal(fw_log_count(fw, "E context table at 0000000007000000"), 1,
		  "context table unmapped: log says so");
	fw_free(fw);

	fw = fw_load(64);
	npu_unmap(fw->npu, V3NPU_AS_SYSTEM, FW_EVENT_RING_VA, 4096);
	npu_map(fw->npu, V3NPU_AS_SYSTEM, FW_EVENT_RING_VA, fw->events, 4096, false);
	fw_start(fw);
	tap_equal(fw_wait_halt(fw), V3NPU_HALT_SYSTEM_DMA, "event ring read-only: halts");
	fw_free(fw);
}

/* What is just within its bounds is accepted; a watchdog of 1 ms may bite before READY */
static void accepted(uint32_t entries, uint32_t watchdog_us)
{
	struct fw *fw = fw_load(entries);
	struct v3npu_event event;
	bool ready = false;
	unsigned int i;

	fw->args.watchdog_us = watchdog_us;
	fw_start(fw);
	for (i = 0; i < FW_TIMEOUT_MS / 100 && !ready; i++)
		ready = (fw_try_event(fw, &event, 100) && event.type == V3NPU_EVENT_READY) ||
			npu_read(fw->npu, V3NPU_REG_STATUS) & V3NPU_STATUS_WATCHDOG;
	tap_ok(ready && !fw_log_count(fw, "watchdog_us") && !fw_log_count(fw, "event_entries"),
	       "%u events, a watchdog of %u us: accepted", entries, watchdog_us);
	fw_free(fw);
}

static void test_bounds(void)
{
	accepted(16, 60000000);
	accepted(1024, 60000000);
	accepted(64, 1000);
}

static void test_watchdog(void)
{
	struct fw *fw = fw_load(64);
	uint8_t *data = fw_space(fw, 1);
	struct v3npu_event event;
	uint32_t heartbeat, size;

	fw->args.watchdog_us = FW_WATCHDOG_US;
	fw_context(fw, 0, 1, V3NPU_PRIO_NORMAL, 4);
	fw_start(fw);
	fw_event(fw, FW_TIMEOUT_MS);

	size = fw_cmd_stall(data, 5, 2 * FW_WATCHDOG_US);
	fw_submit(fw, 0, 1, FW_DATA_VA, size);
	fw_wait_opcode(fw, V3NPU_OP_STALL);
	heartbeat = fw_status(fw).heartbeat;
	npu_sleep_ms(FW_WATCHDOG_US / 1000);
	tap_ok(fw_status(fw).heartbeat > heartbeat, "long command: heartbeat moves");
	event = fw_event(fw, FW_TIMEOUT_MS);
	tap_equal(event.status, V3NPU_JOB_OK, "command of two watchdog periods: done");
	tap_equal(npu_read(fw->npu, V3NPU_REG_STATUS), V3NPU_STATUS_CORE_RUNNING,
		  "command of two watchdog periods: still running");
	fw_free(fw);
}

/* A 16-bit instruction into core memory. Decoded ones may be cached: only where none ran yet. */
static void poke_insn(struct fw *fw, uint32_t addr, uint16_t insn)
{
	v3npu_hw_write(npu_hw(fw->npu), V3NPU_BAR_CORE_MEM, addr, insn, sizeof(insn));
}

static void test_panic(void)
{
	struct fw *fw = fw_boot();
	struct v3npu_fw_status status;
	uint8_t *data = fw_space(fw, 1);
	char text[64];

	fw_context(fw, 0, 1, V3NPU_PRIO_NORMAL, 4);
	poke_insn(fw, fw_symbol("job_run"), 0x0000);
	fw_cmd_nop(data, 0);
	fw_submit(fw, 0, 1, FW_DATA_VA, 8);
	tap_equal(fw_wait_halt(fw), V3NPU_HALT_PANIC, "illegal instruction: halts");
	status = fw_status(fw);
	tap_equal(status.state, V3NPU_FW_PANIC, "illegal instruction: state PANIC");
	snprintf(text, sizeof(text), "E trap: mcause 00000002 mepc %08x", fw_symbol("job_run"));
	tap_equal(fw_log_count(fw, text), 1, "illegal instruction: log names cause and place");
	tap_equal(fw_log_count(fw, "E   sp 0000"), 1, "illegal instruction: log has the registers");
	tap_equal(fw_log_count(fw, "E panic: trap"), 1, "illegal instruction: log ends with panic");
	tap_equal(npu_read(fw->npu, V3NPU_REG_STATUS), V3NPU_STATUS_CORE_HALTED,
		  "illegal instruction: halted, not by the watchdog");
	tap_ok(npu_wait_vector(fw->npu, V3NPU_VECTOR_ERROR, FW_TIMEOUT_MS),
	       "illegal instruction: host is interrupted");

	memset(fw->rings[0], 0, sizeof(*fw->rings[0]));
	fw_reload(fw);
	fw_start(fw);
	tap_equal(fw_event(fw, FW_TIMEOUT_MS).type, V3NPU_EVENT_READY, "boots after a panic");
	fw_check_good(fw, 0, "after a panic");

	npu_core_write32(fw->npu, fw_symbol("__stack_bottom"), 0);
	fw_doorbell(fw, 0);
	tap_equal(fw_wait_halt(fw), V3NPU_HALT_PANIC, "stack guard: halts");
	tap_equal(fw_log_count(fw, "E panic: stack overflow"), 1, "stack guard: log says so");
	fw_free(fw);
}

static void test_hang(void)
{
	struct fw *fw = fw_load(64);
	uint8_t *data = fw_space(fw, 1);

	/* "j ." where a job would start: the firmware as such is lost, the watchdog is not */
	fw->args.watchdog_us = FW_WATCHDOG_US;
	fw_context(fw, 0, 1, V3NPU_PRIO_NORMAL, 4);
	fw_start(fw);
	fw_event(fw, FW_TIMEOUT_MS);
	poke_insn(fw, fw_symbol("job_run"), 0xa001);
	fw_cmd_nop(data, 0);
	fw_submit(fw, 0, 1, FW_DATA_VA, 8);
	fw_wait_halt(fw);
	tap_equal(npu_read(fw->npu, V3NPU_REG_STATUS),
		  V3NPU_STATUS_CORE_HALTED | V3NPU_STATUS_WATCHDOG, "hang: the watchdog halts it");
	tap_ok(npu_read(fw->npu, V3NPU_REG_IRQ_STATUS) & V3NPU_IRQ_WATCHDOG,
	       "hang: host is interrupted");
	fw_free(fw);
}

int main(void)
{
	test_image();
	test_handshake();
	test_doorbell_before_ready();
	test_boot_args();
	test_system_dma();
	test_bounds();
	test_watchdog();
	test_panic();
	test_hang();
	return tap_done();
}
