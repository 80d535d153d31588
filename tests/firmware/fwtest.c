// SPDX-License-Identifier: MIT
#include <elf.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "fwtest.h"
#include "v3npu/fw.h"

#define RING_BYTES	(sizeof(struct v3npu_job_ring) + 256 * sizeof(struct v3npu_job))

struct fw *fw_load(uint32_t event_entries)
{
	struct fw *fw = calloc(1, sizeof(*fw));
	size_t ring_size = sizeof(*fw->events) + event_entries * sizeof(struct v3npu_event);
	size_t table_size = V3NPU_NUM_CTX * sizeof(*fw->table), save_size;

	if (!fw)
		tap_bail("out of memory");
	fw->npu = npu_new(NULL);
	fw->table = npu_alloc(fw->npu, table_size);
	fw->events = npu_alloc(fw->npu, ring_size);
	npu_map(fw->npu, V3NPU_AS_SYSTEM, FW_CTX_TABLE_VA, fw->table, table_size, false);
	npu_map(fw->npu, V3NPU_AS_SYSTEM, FW_EVENT_RING_VA, fw->events, ring_size, true);
	fw->args.save_area = FW_SAVE_AREA_VA;
	fw->args.save_slot_size = V3NPU_SAVE_HEADER_SIZE +
				  npu_read(fw->npu, V3NPU_REG_SRAM_SIZE);
	save_size = (size_t)V3NPU_NUM_SAVE_SLOTS * fw->args.save_slot_size;
	fw->save = npu_alloc(fw->npu, save_size);
	npu_map(fw->npu, V3NPU_AS_SYSTEM, FW_SAVE_AREA_VA, fw->save, save_size, true);
	npu_core_load(fw->npu, FIRMWARE_IMAGE, sizeof(struct v3npu_fw_header));

	fw->args.magic = V3NPU_BOOT_MAGIC;
	fw->args.ipc_version = V3NPU_IPC_VERSION;
	fw->args.ctx_table = FW_CTX_TABLE_VA;
	fw->args.event_ring = FW_EVENT_RING_VA;
	fw->args.event_entries = event_entries;
	fw->args.watchdog_us = 10000000;
	fw->args.log_level = V3NPU_LOG_INFO;
	return fw;
}

void fw_free(struct fw *fw)
{
	npu_free(fw->npu);
	free(fw);
}

void fw_start(struct fw *fw)
{
	npu_core_write(fw->npu, V3NPU_BOOT_OFFSET, &fw->args, sizeof(fw->args));
	npu_write(fw->npu, V3NPU_REG_IRQ_ENABLE,
		  V3NPU_IRQ_EVENT | V3NPU_IRQ_HALT | V3NPU_IRQ_WATCHDOG);
	npu_core_run(fw->npu, true);
}

struct fw *fw_boot(void)
{
	struct fw *fw = fw_load(64);
	struct v3npu_event event;

	fw_start(fw);
	event = fw_event(fw, FW_TIMEOUT_MS);
	if (event.type != V3NPU_EVENT_READY)
		tap_bail("the first event is of type %u, not READY", event.type);
	return fw;
}

void fw_reload(struct fw *fw)
{
	unsigned int as;

	npu_reset(fw->npu);
	npu_set_root(fw->npu, V3NPU_AS_SYSTEM);
	for (as = 1; as < V3NPU_NUM_AS; as++)
		if (fw->data[as])
			npu_set_root(fw->npu, as);
	fw->events->wptr = 0;
	fw->events->rptr = 0;
	npu_core_load(fw->npu, FIRMWARE_IMAGE, sizeof(struct v3npu_fw_header));
}

uint8_t *fw_space(struct fw *fw, unsigned int as)
{
	if (!fw->data[as]) {
		fw->data[as] = npu_alloc(fw->npu, FW_DATA_SIZE);
		npu_map(fw->npu, as, FW_DATA_VA, fw->data[as], FW_DATA_SIZE, true);
	}
	return fw->data[as];
}

void fw_context(struct fw *fw, unsigned int ctx, unsigned int as, uint32_t prio, uint32_t entries)
{
	struct v3npu_ctx_desc desc = {
		.ring = FW_JOB_RING_VA(ctx), .ring_entries = entries, .as = as, .priority = prio,
	};

	fw_space(fw, as);
	if (!fw->rings[ctx]) {
		fw->rings[ctx] = npu_alloc(fw->npu, RING_BYTES);
		npu_map(fw->npu, V3NPU_AS_SYSTEM, FW_JOB_RING_VA(ctx), fw->rings[ctx], RING_BYTES,
			true);
	}
	fw->table[ctx] = desc;
}

void fw_queue_job(struct fw *fw, unsigned int ctx, const struct v3npu_job *job)
{
	struct v3npu_job_ring *ring = fw->rings[ctx];

	ring->jobs[ring->wptr % fw->table[ctx].ring_entries] = *job;
	__atomic_store_n(&ring->wptr, ring->wptr + 1, __ATOMIC_RELEASE);
}

void fw_queue(struct fw *fw, unsigned int ctx, uint64_t seqno, uint64_t cmds, uint32_t size)
{
	struct v3npu_job job = { .seqno = seqno, .cmds = cmds, .cmds_size = size };

	fw_queue_job(fw, ctx, &job);
}

void fw_doorbell(struct fw *fw, unsigned int ctx)
{
	npu_write(fw->npu, V3NPU_REG_DOORBELL, ctx);
}

void fw_submit(struct fw *fw, unsigned int ctx, uint64_t seqno, uint64_t cmds, uint32_t size)
{
	fw_queue(fw, ctx, seqno, cmds, size);
	fw_doorbell(fw, ctx);
}

void fw_expect_order(struct fw *fw, char first, const char *order, const char *what)
{
	char got[64];
	size_t i;

	for (i = 0; i < strlen(order); i++)
		got[i] = (char)(first + fw_event(fw, FW_TIMEOUT_MS).ctx);
	got[i] = 0;
	if (!tap_ok(!strcmp(got, order), "%s", what))
		tap_note("got %s, want %s", got, order);
}

bool fw_event_waiting(struct fw *fw)
{
	return __atomic_load_n(&fw->events->wptr, __ATOMIC_ACQUIRE) != fw->events->rptr;
}

bool fw_try_event(struct fw *fw, struct v3npu_event *event, unsigned int timeout_ms)
{
	struct v3npu_event_ring *ring = fw->events;
	double end = npu_clock_ms() + timeout_ms;

	while (!fw_event_waiting(fw)) {
		double left = end - npu_clock_ms();

		if (left <= 0 ||
		    !npu_wait_vector(fw->npu, V3NPU_VECTOR_EVENT, (unsigned int)left + 1))
			return false;
		npu_write(fw->npu, V3NPU_REG_IRQ_STATUS, V3NPU_IRQ_EVENT);
	}
	*event = ring->events[ring->rptr % fw->args.event_entries];
	__atomic_store_n(&ring->rptr, ring->rptr + 1, __ATOMIC_RELEASE);
	return true;
}

struct v3npu_event fw_event(struct fw *fw, unsigned int timeout_ms)
{
	struct v3npu_event event;

	if (!fw_try_event(fw, &event, timeout_ms)) {
		fw_log_dump(fw);
		tap_bail("no event within %u ms; status %#x halt code %#x pc %#x", timeout_ms,
			 npu_read(fw->npu, V3NPU_REG_STATUS),
			 npu_read(fw->npu, V3NPU_REG_HALT_CODE),
			 npu_read(fw->npu, V3NPU_REG_CORE_PC));
	}
	return event;
}

struct v3npu_event fw_run(struct fw *fw, unsigned int ctx, uint64_t seqno, uint64_t cmds,
			  uint32_t size)
{
	struct v3npu_event event;

	fw_submit(fw, ctx, seqno, cmds, size);
	event = fw_event(fw, FW_TIMEOUT_MS);
	if (event.type != V3NPU_EVENT_JOB_DONE || event.ctx != ctx || event.seqno != seqno)
		tap_bail("event of type %u, context %u, seqno %#llx instead of that of %u, %#llx",
			 event.type, event.ctx, (unsigned long long)event.seqno, ctx,
			 (unsigned long long)seqno);
	return event;
}

uint32_t fw_wait_halt(struct fw *fw)
{
	if (!npu_wait_reg(fw->npu, V3NPU_REG_STATUS, V3NPU_STATUS_CORE_HALTED,
			  V3NPU_STATUS_CORE_HALTED, FW_TIMEOUT_MS))
		return ~0u;
	return npu_read(fw->npu, V3NPU_REG_HALT_CODE);
}

struct v3npu_fw_status fw_status(struct fw *fw)
{
	struct v3npu_fw_status status;

	npu_core_read(fw->npu, V3NPU_STATUS_OFFSET, &status, sizeof(status));
	return status;
}

struct v3npu_saved_job *fw_slot(struct fw *fw, uint32_t prio)
{
	return (struct v3npu_saved_job *)(fw->save + (size_t)prio * fw->args.save_slot_size);
}

static bool runs(struct fw *fw, uint32_t ctx, uint32_t opcode)
{
	struct v3npu_fw_status status = fw_status(fw);

	return status.ctx != V3NPU_CTX_NONE && (ctx == V3NPU_CTX_NONE || status.ctx == ctx) &&
	       status.cmd_opcode == opcode &&
	       npu_read(fw->npu, V3NPU_REG_STATUS) & V3NPU_STATUS_ENGINE_BUSY;
}

static void wait_running(struct fw *fw, uint32_t ctx, uint32_t opcode)
{
	double end = npu_clock_ms() + FW_TIMEOUT_MS;

	while (!runs(fw, ctx, opcode))
		if (npu_clock_ms() > end)
			tap_bail("no command %u runs", opcode);
}

void fw_wait_opcode(struct fw *fw, uint32_t opcode)
{
	wait_running(fw, V3NPU_CTX_NONE, opcode);
}

void fw_wait_running(struct fw *fw, unsigned int ctx, uint32_t opcode)
{
	wait_running(fw, ctx, opcode);
}

/* Calls @line for each line that is still in the log */
static void for_each_line(struct fw *fw, void (*line)(const char *text, void *opaque), void *opaque)
{
	static struct v3npu_log log;
	static char text[sizeof(log.text) + 1];
	uint32_t n, start;
	char *at, *end;

	npu_core_read(fw->npu, V3NPU_LOG_OFFSET, &log, sizeof(log));
	if (log.magic != V3NPU_LOG_MAGIC || log.size != sizeof(log.text))
		return;
	start = log.written > log.size ? log.written - log.size : 0;
	for (n = start; n != log.written; n++)
		text[n - start] = (char)log.text[n % log.size];
	text[n - start] = 0;
	for (at = text; (end = strchr(at, '\n')); at = end + 1) {
		*end = 0;
		line(at, opaque);
	}
}

struct count {
	const char *text;
	unsigned int n;
};

static void count_line(const char *text, void *opaque)
{
	struct count *count = opaque;

	if (strstr(text, count->text))
		count->n++;
}

unsigned int fw_log_count(struct fw *fw, const char *text)
{
	struct count count = { text, 0 };

	for_each_line(fw, count_line, &count);
	return count.n;
}

static void dump_line(const char *text, void *opaque)
{
	(void)opaque;
	tap_note("log: %s", text);
}

void fw_log_dump(struct fw *fw)
{
	for_each_line(fw, dump_line, NULL);
}

uint32_t fw_symbol(const char *name)
{
	static uint8_t elf[1 << 20];
	const Elf32_Ehdr *header = (const void *)elf;
	const Elf32_Shdr *sections, *symtab;
	size_t i, n, size;
	FILE *f = fopen(FIRMWARE_ELF, "rb");

	if (!f)
		tap_bail("%s: %s", FIRMWARE_ELF, strerror(errno));
	size = fread(elf, 1, sizeof(elf), f);
	fclose(f);
	if (size == sizeof(elf))
		tap_bail("%s: larger than expected", FIRMWARE_ELF);

	sections = (const void *)(elf + header->e_shoff);
	for (i = 0; i < header->e_shnum; i++) {
		symtab = &sections[i];
		if (symtab->sh_type != SHT_SYMTAB)
			continue;
		for (n = 0; n < symtab->sh_size / sizeof(Elf32_Sym); n++) {
			const Elf32_Sym *sym = (const Elf32_Sym *)(elf + symtab->sh_offset) + n;
			const char *strings = (const char *)elf +
					      sections[symtab->sh_link].sh_offset;

			if (!strcmp(strings + sym->st_name, name))
				return sym->st_value;
		}
	}
	tap_bail("%s: no symbol %s", FIRMWARE_ELF, name);
}

uint32_t fw_cmd_nop(void *at, uint32_t tag)
{
	struct v3npu_cmd_hdr cmd = { .opcode = V3NPU_OP_NOP, .size = sizeof(cmd), .tag = tag };

	memcpy(at, &cmd, sizeof(cmd));
	return sizeof(cmd);
}

uint32_t fw_cmd_stall(void *at, uint32_t tag, uint32_t usec)
{
	struct v3npu_cmd_stall cmd = {
		.hdr = { .opcode = V3NPU_OP_STALL, .size = sizeof(cmd), .tag = tag }, .usec = usec,
	};

	memcpy(at, &cmd, sizeof(cmd));
	return sizeof(cmd);
}

uint32_t fw_cmd_copy(void *at, uint32_t tag, uint64_t dst, uint64_t src, uint32_t n)
{
	struct v3npu_cmd_copy cmd = {
		.hdr = { .opcode = V3NPU_OP_COPY, .size = sizeof(cmd), .tag = tag },
		.in = { .addr = src, .dim = { 1, 1, 1, n }, .stride = { n, n, n, 1 } },
		.out = { .addr = dst, .dim = { 1, 1, 1, n }, .stride = { n, n, n, 1 } },
	};

	memcpy(at, &cmd, sizeof(cmd));
	return sizeof(cmd);
}

/* Its stream and data lie in the last 4 KiB of the address space's memory */
void fw_check_good(struct fw *fw, unsigned int ctx, const char *what)
{
	static uint8_t value;
	const uint32_t base = FW_DATA_SIZE - 4096, src = base + 1024, dst = base + 2048, n = 512;
	uint8_t *data = fw_space(fw, fw->table[ctx].as);
	struct v3npu_event event;
	uint32_t size;

	value++;
	memset(data + src, value, n);
	memset(data + dst, ~value, n);
	size = fw_cmd_copy(data + base, 1, FW_DATA_VA + dst, FW_DATA_VA + src, n);
	event = fw_run(fw, ctx, 0x600d, FW_DATA_VA + base, size);
	tap_ok(event.status == V3NPU_JOB_OK && event.commands == 1 &&
	       !memcmp(data + dst, data + src, n), "%s: a good job runs", what);
}
