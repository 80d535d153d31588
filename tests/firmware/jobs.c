// SPDX-License-Identifier: MIT
/* Walking command streams: what is run, what is refused, and how each is reported */
#include <stddef.h>
#include <string.h>

#include "fwtest.h"
#include "v3npu/cmd_check.h"

#define PAGE	V3NPU_PAGE_SIZE
#define STREAM	0		/* offsets in the data of address space 1 */
#define SRC	0x10000u
#define DST	0x11000u
#define UNMAPPED	(FW_DATA_VA + FW_DATA_SIZE)

#define VA(offset)	(FW_DATA_VA + (offset))

/* What an event must say; everything that is not named is 0 */
struct expect {
	uint32_t status;
	uint32_t commands;
	uint32_t opcode;
	uint32_t tag;
	uint64_t fault;
	uint32_t detail;
};

static void check_event(const struct v3npu_event *event, struct expect want, const char *what)
{
	static const struct v3npu_event zero;

	tap_equal(event->status, want.status, "%s: status", what);
	tap_ok(event->cmd_index == want.commands && event->commands == want.commands &&
	       event->cmd_opcode == want.opcode && event->cmd_tag == want.tag,
	       "%s: %u commands, opcode %u, tag %#x", what, want.commands, want.opcode, want.tag);
	if (event->cmd_index != want.commands || event->cmd_opcode != want.opcode ||
	    event->cmd_tag != want.tag)
		tap_note("got index %u, %u commands, opcode %u, tag %#x", event->cmd_index,
			 event->commands, event->cmd_opcode, event->cmd_tag);
	tap_equal(event->fault_addr, want.fault, "%s: fault address", what);
	tap_equal(event->detail, want.detail, "%s: detail", what);
	tap_ok(!memcmp(event->reserved, zero.reserved, sizeof(zero.reserved)),
	       "%s: reserved fields are 0", what);
}

static void test_nop(struct fw *fw)
{
	uint8_t *data = fw_space(fw, 1);
	static const struct v3npu_counters none;
	struct v3npu_event event;

	fw_cmd_nop(data, 9);
	event = fw_run(fw, 0, 0x123456789abcdef0, VA(STREAM), 8);
	check_event(&event, (struct expect){ V3NPU_JOB_OK, .commands = 1 }, "nop");
	tap_ok(!memcmp(&event.counters, &none, sizeof(none)), "nop: costs nothing");
}

static void test_copy(struct fw *fw)
{
	uint8_t *data = fw_space(fw, 1);
	struct v3npu_event event, twice;
	uint32_t i, size;

	for (i = 0; i < 4096; i++)
		data[SRC + i] = (uint8_t)(i * 7 + i / 256);
	memset(data + DST, 0xee, 4096);
	size = fw_cmd_copy(data + STREAM, 3, VA(DST + 1), VA(SRC), 1000);
	event = fw_run(fw, 0, 1, VA(STREAM), size);
	check_event(&event, (struct expect){ V3NPU_JOB_OK, .commands = 1 }, "copy");
	tap_ok(!memcmp(data + DST + 1, data + SRC, 1000), "copy: bytes");
	tap_ok(data[DST] == 0xee && data[DST + 1001] == 0xee, "copy: nothing else");
	tap_ok(event.counters.cycles > 0 && event.counters.dram_read >= 1000 &&
	       event.counters.dram_write >= 1000 && !event.counters.sram_write, "copy: counters");

	memcpy(data + STREAM + size, data + STREAM, size);
	twice = fw_run(fw, 0, 2, VA(STREAM), 2 * size);
	tap_ok(twice.counters.cycles == 2 * event.counters.cycles &&
	       twice.counters.dram_read == 2 * event.counters.dram_read &&
	       twice.counters.dram_write == 2 * event.counters.dram_write,
	       "two copies: counters are sums");
}

/* Commands of three sizes at every alignment to the page's end that there is */
static void test_long_stream(struct fw *fw)
{
	uint8_t *data = fw_space(fw, 1);
	uint32_t size, start, commands, copies, i;
	struct v3npu_event event;
	bool good = true;

	for (start = 0; start < 64; start += 8) {
		size = start;
		commands = 0;
		copies = 0;
		memset(data + DST, 0, 4096);
		while (size < 5 * PAGE) {
			data[SRC + copies] = (uint8_t)(copies + start + 1);
			size += fw_cmd_copy(data + size, commands++, VA(DST + copies),
					    VA(SRC + copies), 1);
			copies++;
			size += fw_cmd_nop(data + size, commands++);
			if (commands % 5 == 0)
				size += fw_cmd_stall(data + size, commands++, 0);
		}
		event = fw_run(fw, 0, start, VA(start), size - start);
		good = good && event.status == V3NPU_JOB_OK && event.commands == commands;
		for (i = 0; i < copies; i++)
			good = good && data[DST + i] == (uint8_t)(i + start + 1);
	}
	tap_ok(good, "long streams: every command at every alignment runs once");

	/* As many commands as fit, none of which costs the datapath anything */
	for (size = 0; size < SRC; size += 8)
		fw_cmd_nop(data + size, 0);
	event = fw_run(fw, 0, 1, VA(STREAM), SRC);
	tap_equal(event.commands, SRC / 8, "long streams: NOPs");
}

static uint32_t put_prefix(uint8_t *at)
{
	uint32_t size = fw_cmd_copy(at, 100, VA(DST), VA(SRC), 16);

	return size + fw_cmd_nop(at + size, 101);
}

/* A job of a copy, a nop and @cmd, which is refused */
static void refused(struct fw *fw, const void *cmd, uint32_t size, uint32_t avail, uint32_t reason,
		    const char *what)
{
	const struct v3npu_cmd_hdr *hdr = cmd;
	uint8_t *data = fw_space(fw, 1);
	struct v3npu_event event;
	uint32_t prefix = put_prefix(data);

	memset(data + DST, 0, 16);
	memset(data + SRC, 0x5a, 16);
	memcpy(data + prefix, cmd, size);
	event = fw_run(fw, 0, 1, VA(STREAM), prefix + avail);
	check_event(&event, (struct expect){ V3NPU_JOB_BAD_CMD, 2, hdr->opcode, hdr->tag, 0,
					     reason }, what);
	tap_ok(data[DST] == 0x5a && event.counters.dram_write >= 16,
	       "%s: what came before has run and is counted", what);
}

static void test_bad_commands(struct fw *fw)
{
	struct v3npu_cmd_copy good, cmd;
	struct v3npu_cmd_stall stall;
	struct v3npu_cmd_hdr nop;

	fw_cmd_copy(&good, 0xbad, VA(DST + 64), VA(SRC + 64), 16);
	cmd = good;
	cmd.hdr.opcode = V3NPU_NUM_OPCODES;
	refused(fw, &cmd, sizeof(cmd), sizeof(cmd), V3NPU_CMD_EOPCODE, "unknown opcode");
	cmd.hdr.opcode = 0xffff;
	refused(fw, &cmd, sizeof(cmd), sizeof(cmd), V3NPU_CMD_EOPCODE, "opcode 0xffff");
	cmd = good;
	cmd.hdr.size = 0;
	refused(fw, &cmd, sizeof(cmd), sizeof(cmd), V3NPU_CMD_ESIZE, "size 0");
	cmd.hdr.size = 0xfff8;
	refused(fw, &cmd, sizeof(cmd), sizeof(cmd), V3NPU_CMD_ESIZE, "size 0xfff8");
	refused(fw, &good, sizeof(good), sizeof(good) - 8, V3NPU_CMD_ESIZE, "truncated");
	refused(fw, &good, sizeof(good), sizeof(good.hdr), V3NPU_CMD_ESIZE, "header only");
	fw_cmd_nop(&nop, 0xbad);
	nop.size = 16;
	refused(fw, &nop, sizeof(nop), 64, V3NPU_CMD_ESIZE, "nop of 16 bytes");
	fw_cmd_stall(&stall, 0xbad, 0);
	stall.reserved = 1;
	refused(fw, &stall, sizeof(stall), sizeof(stall), V3NPU_CMD_ERESERVED, "reserved field");
	fw_cmd_stall(&stall, 0xbad, V3NPU_STALL_MAX + 1);
	refused(fw, &stall, sizeof(stall), sizeof(stall), V3NPU_CMD_EVALUE, "stall too long");
	cmd = good;
	cmd.in.dim[3]++;
	refused(fw, &cmd, sizeof(cmd), sizeof(cmd), V3NPU_CMD_EDIM, "dimensions disagree");
	cmd = good;
	cmd.out.addr = V3NPU_VA_DRAM_END - 8;
	refused(fw, &cmd, sizeof(cmd), sizeof(cmd), V3NPU_CMD_EADDR, "output across DRAM's end");
	cmd.out.addr = ~0ull - 7;
	refused(fw, &cmd, sizeof(cmd), sizeof(cmd), V3NPU_CMD_EADDR, "output at 64 bits' end");
	cmd.out.addr = V3NPU_VA_SRAM + npu_read(fw->npu, V3NPU_REG_SRAM_SIZE) - 8;
	refused(fw, &cmd, sizeof(cmd), sizeof(cmd), V3NPU_CMD_EADDR, "output across SRAM's end");
	cmd = good;
	cmd.table = V3NPU_VA_SRAM + npu_read(fw->npu, V3NPU_REG_SRAM_SIZE) - 255;
	refused(fw, &cmd, sizeof(cmd), sizeof(cmd), V3NPU_CMD_EADDR, "table across SRAM's end");
}

/* Constants in memory that only the datapath can see */
static void test_illegal(struct fw *fw)
{
	uint8_t *data = fw_space(fw, 1);
	struct v3npu_chan chan = { .multiplier = -1 };
	struct v3npu_cmd_conv conv = {
		.hdr = { V3NPU_OP_CONV, sizeof(conv), 0xc },
		.in = { VA(SRC), { 1, 1, 1, 1 }, { 1, 1, 1, 1 } },
		.out = { VA(DST), { 1, 1, 1, 1 }, { 1, 1, 1, 1 } },
		.output = { .chan = VA(SRC + 64), .min = -128, .max = 127 },
		.weights = VA(SRC + 128),
		.kernel = { 1, 1 }, .stride = { 1, 1 }, .dilation = { 1, 1 }, .groups = 1,
	};
	struct v3npu_event event;

	memcpy(data + SRC + 64, &chan, sizeof(chan));
	memcpy(data + STREAM, &conv, sizeof(conv));
	event = fw_run(fw, 0, 1, VA(STREAM), sizeof(conv));
	check_event(&event, (struct expect){ V3NPU_JOB_BAD_CMD, .opcode = V3NPU_OP_CONV,
					     .tag = 0xc }, "bad constants in memory");
}

static void test_mmu_faults(struct fw *fw)
{
	uint8_t *data = fw_space(fw, 1);
	struct v3npu_event event;
	uint32_t prefix, size;

	prefix = put_prefix(data);
	size = prefix + fw_cmd_copy(data + prefix, 0xfa17, VA(DST), UNMAPPED + 0x123000, 64);
	event = fw_run(fw, 0, 1, VA(STREAM), size);
	check_event(&event, (struct expect){ V3NPU_JOB_MMU_FAULT, 2, V3NPU_OP_COPY, 0xfa17,
					     UNMAPPED + 0x123000, 0 }, "read fault");

	size = prefix + fw_cmd_copy(data + prefix, 0xfa18, UNMAPPED - 32, VA(SRC), 64);
	event = fw_run(fw, 0, 1, VA(STREAM), size);
	check_event(&event, (struct expect){ V3NPU_JOB_MMU_FAULT, 2, V3NPU_OP_COPY, 0xfa18,
					     UNMAPPED, 0 }, "write fault across a page");
}

static void test_fetch_faults(struct fw *fw)
{
	uint8_t *data = fw_space(fw, 1);
	struct v3npu_event event;
	uint32_t at, size;

	event = fw_run(fw, 0, 1, UNMAPPED, 64);
	check_event(&event, (struct expect){ V3NPU_JOB_FETCH_FAULT, .fault = UNMAPPED },
		    "stream unmapped");
	event = fw_run(fw, 0, 1, V3NPU_VA_SRAM, 64);
	check_event(&event, (struct expect){ V3NPU_JOB_FETCH_FAULT, .fault = V3NPU_VA_SRAM },
		    "stream in SRAM");
	event = fw_run(fw, 0, 1, ~7ull, 64);
	check_event(&event, (struct expect){ V3NPU_JOB_FETCH_FAULT, .fault = ~7ull },
		    "stream at the end of 64 bits");

	/* Two commands up to the end of what is mapped, then a header, or half a command */
	at = FW_DATA_SIZE - 2 * sizeof(struct v3npu_cmd_stall);
	fw_cmd_stall(data + at, 1, 0);
	fw_cmd_stall(data + at + 16, 2, 0);
	event = fw_run(fw, 0, 1, VA(at), 64);
	check_event(&event, (struct expect){ V3NPU_JOB_FETCH_FAULT, 2, .fault = UNMAPPED },
		    "stream runs into an unmapped page");
	at = FW_DATA_SIZE - 16 - 40;
	size = fw_cmd_stall(data + at, 1, 0);
	{
		struct v3npu_cmd_copy copy;

		fw_cmd_copy(&copy, 0xab, VA(DST), VA(SRC), 1);
		memcpy(data + at + size, &copy, 40);
	}
	event = fw_run(fw, 0, 1, VA(at), size + sizeof(struct v3npu_cmd_copy));
	check_event(&event, (struct expect){ V3NPU_JOB_FETCH_FAULT, 1, V3NPU_OP_COPY, 0xab,
					     UNMAPPED, 0 }, "command runs into an unmapped page");
}

static void bad_job(struct fw *fw, struct v3npu_job job, const char *what)
{
	struct v3npu_job_ring *ring = fw->rings[0];
	struct v3npu_event event;

	fw_queue(fw, 0, 0, 0, 0);
	ring->jobs[(ring->wptr - 1) % fw->table[0].ring_entries] = job;
	fw_doorbell(fw, 0);
	event = fw_event(fw, FW_TIMEOUT_MS);
	tap_equal(event.seqno, job.seqno, "%s: sequence number", what);
	check_event(&event, (struct expect){ .status = V3NPU_JOB_BAD_JOB }, what);
}

static void test_bad_jobs(struct fw *fw)
{
	const struct v3npu_job good = { .seqno = 42, .cmds = VA(STREAM), .cmds_size = 8 };
	struct v3npu_job job;

	fw_cmd_nop(fw_space(fw, 1), 0);
	job = good;
	job.cmds += 4;
	bad_job(fw, job, "stream misaligned");
	job = good;
	job.cmds_size = 0;
	bad_job(fw, job, "stream empty");
	job.cmds_size = 12;
	bad_job(fw, job, "stream size no multiple of 8");
	job.cmds_size = V3NPU_CMDS_MAX + 8;
	bad_job(fw, job, "stream too large");
	job = good;
	job.flags = V3NPU_JOB_FLAG_RESUME << 1;
	bad_job(fw, job, "unknown flag");
	job.flags = V3NPU_JOB_FLAG_RESUME;
	bad_job(fw, job, "resume of a job that was not put aside");
	job = good;
	job.reserved[4] = 1ull << 63;
	bad_job(fw, job, "reserved field of the job");
}

/* The owner rewrites the stream between fetch and run, and before the fetch */
static void test_rewritten_stream(struct fw *fw)
{
	uint8_t *data = fw_space(fw, 1);
	struct v3npu_event event;
	uint32_t size, second;

	memset(data + SRC, 0x11, 64);
	memset(data + DST, 0, 64);
	size = fw_cmd_stall(data, 1, FW_STALL_US);
	second = size;
	size += fw_cmd_copy(data + size, 2, VA(DST), VA(SRC), 64);
	fw_submit(fw, 0, 1, VA(STREAM), size);
	fw_wait_opcode(fw, V3NPU_OP_STALL);
	memset(data + second, 0xff, size - second);
	event = fw_event(fw, FW_TIMEOUT_MS);
	check_event(&event, (struct expect){ V3NPU_JOB_OK, .commands = 2 },
		    "rewritten after fetch");
	tap_ok(!memcmp(data + DST, data + SRC, 64),
	       "rewritten after fetch: the first version ran");

	/* Only the header comes with the first page; the rest is checked as it is by then */
	size = PAGE - 16 - 8;
	fw_cmd_stall(data + size, 1, FW_STALL_US);
	fw_cmd_copy(data + PAGE - 8, 2, VA(DST), VA(SRC), 64);
	fw_submit(fw, 0, 2, VA(size), 16 + sizeof(struct v3npu_cmd_copy));
	fw_wait_opcode(fw, V3NPU_OP_STALL);
	memset(data + PAGE - 8, 0xff, sizeof(struct v3npu_cmd_copy));
	event = fw_event(fw, FW_TIMEOUT_MS);
	check_event(&event, (struct expect){ V3NPU_JOB_BAD_CMD, 1, V3NPU_OP_COPY, 2, 0,
					     V3NPU_CMD_EDIM }, "rewritten before fetch");
}

/* Each counter is of its own kind, and added up */
static void test_macs(struct fw *fw)
{
	uint8_t *data = fw_space(fw, 1);
	struct v3npu_cmd_conv conv = {
		.hdr = { .opcode = V3NPU_OP_CONV, .size = sizeof(conv) },
		.in = { VA(SRC), { 1, 4, 4, 8 }, { 128, 32, 8, 1 } },
		.out = { VA(DST), { 1, 4, 4, 16 }, { 256, 64, 16, 1 } },
		.output = { .chan = VA(SRC), .min = -128, .max = 127,
			    .flags = V3NPU_OUTPUT_PER_TENSOR },
		.weights = VA(SRC), .kernel = { 1, 1 }, .stride = { 1, 1 }, .dilation = { 1, 1 },
		.groups = 1,
	};
	struct v3npu_event event;

	memset(data + SRC, 0, 4096);
	memcpy(data + STREAM, &conv, sizeof(conv));
	memcpy(data + STREAM + sizeof(conv), &conv, sizeof(conv));
	event = fw_run(fw, 0, 1, VA(STREAM), 2 * sizeof(conv));
	check_event(&event, (struct expect){ V3NPU_JOB_OK, .commands = 2 }, "convolutions");
	tap_equal(event.counters.macs, 2 * 4 * 4 * 16 * 8, "convolutions: MACs");
	tap_ok(event.counters.sram_read == 0, "convolutions: nothing of SRAM");
	conv.in.addr = V3NPU_VA_SRAM;
	memcpy(data + STREAM, &conv, sizeof(conv));
	event = fw_run(fw, 0, 2, VA(STREAM), sizeof(conv));
	tap_ok(event.status == V3NPU_JOB_OK && event.counters.sram_read >= 4 * 4 * 8,
	       "a convolution of SRAM: bytes read");
}

static void test_status_block(struct fw *fw)
{
	uint8_t *data = fw_space(fw, 1);
	struct v3npu_fw_status status;
	uint32_t size;

	size = put_prefix(data);
	size += fw_cmd_stall(data + size, 0x7a9, FW_STALL_US);
	fw_submit(fw, 0, 0xabcdef0123456789, VA(STREAM), size);
	fw_wait_opcode(fw, V3NPU_OP_STALL);
	status = fw_status(fw);
	tap_ok(status.ctx == 0 && status.seqno == 0xabcdef0123456789 && status.cmd_index == 2 &&
	       status.cmd_opcode == V3NPU_OP_STALL && status.cmd_tag == 0x7a9,
	       "status block names the running command");
	fw_event(fw, FW_TIMEOUT_MS);
	tap_equal(fw_status(fw).ctx, V3NPU_CTX_NONE, "status block: idle after the job");
}

/* What one job leaves in SRAM no other finds, in the same address space or another */
static void test_sram(struct fw *fw)
{
	static const uint8_t zero[4096], secret[4096] = { [0 ... 4095] = 0xa5 };
	uint64_t sram = V3NPU_VA_SRAM + npu_read(fw->npu, V3NPU_REG_SRAM_SIZE) - 4096;
	unsigned int ctx;

	for (ctx = 0; ctx < 2; ctx++) {
		uint8_t *data = fw_space(fw, 1), *other = fw_space(fw, ctx + 1);
		struct v3npu_event event;
		uint32_t size;

		memcpy(data + SRC, secret, sizeof(secret));
		size = fw_cmd_copy(data, 1, sram, VA(SRC), 4096);
		size += fw_cmd_copy(data + size, 2, VA(DST), sram, 4096);
		event = fw_run(fw, 0, 1, VA(STREAM), size);
		tap_ok(event.status == V3NPU_JOB_OK && !memcmp(data + DST, secret, 4096),
		       "SRAM keeps data within a job");

		memset(other + DST, 0xee, 4096);
		size = fw_cmd_copy(other, 3, VA(DST), sram, 4096);
		event = fw_run(fw, ctx, 2, VA(STREAM), size);
		tap_ok(event.status == V3NPU_JOB_OK && !memcmp(other + DST, zero, 4096),
		       "SRAM is clear for the next job, address space %u", ctx + 1);

		/* Large enough that what can be read is written before the rest fails */
		size = fw_cmd_copy(data, 1, V3NPU_VA_SRAM, VA(SRC), 2 * (FW_DATA_SIZE - SRC));
		event = fw_run(fw, 0, 3, VA(STREAM), size);
		tap_equal(event.status, V3NPU_JOB_MMU_FAULT, "copy to SRAM fails half way");
		memset(other + DST, 0xee, 4096);
		size = fw_cmd_copy(other, 3, VA(DST), V3NPU_VA_SRAM, 4096);
		event = fw_run(fw, ctx, 4, VA(STREAM), size);
		tap_ok(event.status == V3NPU_JOB_OK && !memcmp(other + DST, zero, 4096),
		       "SRAM is clear after a failed job, address space %u", ctx + 1);
	}
}

int main(void)
{
	struct fw *fw = fw_boot();

	fw_context(fw, 0, 1, V3NPU_PRIO_NORMAL, 8);
	fw_context(fw, 1, 2, V3NPU_PRIO_NORMAL, 8);
	test_nop(fw);
	test_copy(fw);
	test_long_stream(fw);
	test_bad_commands(fw);
	test_illegal(fw);
	test_mmu_faults(fw);
	test_fetch_faults(fw);
	test_bad_jobs(fw);
	test_rewritten_stream(fw);
	test_macs(fw);
	test_status_block(fw);
	test_sram(fw);
	fw_check_good(fw, 0, "after all of these");
	tap_equal(fw_log_count(fw, "E "), 0, "bad jobs leave no error in the log");
	fw_free(fw);
	return tap_done();
}
