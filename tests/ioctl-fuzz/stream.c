// SPDX-License-Identifier: MIT
/* Command streams: good ones, good ones with something changed, garbage. */
#include <string.h>

#include "fuzz.h"
#include "v3npu/cmd_check.h"

/* Jobs that keep the NPU for much longer would only make the fuzzer wait. */
#define STALL_USEC	400
#define BYTES_MAX	4096

/* An address of a buffer of the file, or of somebody else */
static uint64_t choose_va(struct thread *t, struct chooser *c)
{
	struct world *w = t->world;
	const struct bo *bo = &w->files[choose(c, FUZZ_FILES)].bos[choose(c, FUZZ_BOS)];

	switch (choose(c, 8)) {
	case 5:
		return w->shared->gossip[choose(c, FUZZ_GOSSIP)];
	case 6:
		return V3NPU_VA_SRAM + choose(c, 65536);
	case 7:
		return choose_value(t, c);
	default:
		return bo->va + choose(c, 4) * 1024;
	}
}

/* The same thing for both sides of a command */
static struct v3npu_tensor choose_tensor(struct thread *t, struct chooser *c, uint32_t bytes)
{
	return (struct v3npu_tensor){
		.addr = choose_va(t, c),
		.dim = { 1, 1, 1, bytes },
		.stride = { bytes, bytes, bytes, 1 },
	};
}

static uint32_t stall_usec(struct thread *t, struct chooser *c)
{
	struct world *w = t->world;

	/* Few hangs: each costs a job's timeout and a reset */
	if (one_in(c, 16) &&
	    __atomic_load_n(&w->shared->since_hang, __ATOMIC_RELAXED) > w->hang_every) {
		__atomic_store_n(&w->shared->since_hang, 0, __ATOMIC_RELAXED);
		return w->hang_usec;
	}
	return choose(c, STALL_USEC);
}

/* Write a command that is right but for its addresses. Return its bytes. */
static uint32_t command_make(struct thread *t, struct chooser *c, uint8_t *to)
{
	uint32_t bytes = 1 + choose(c, BYTES_MAX);
	union {
		struct v3npu_cmd_hdr hdr;
		struct v3npu_cmd_copy copy;
		struct v3npu_cmd_stall stall;
		struct v3npu_cmd_eltwise eltwise;
		struct v3npu_cmd_softmax softmax;
		struct v3npu_cmd_argmax argmax;
		uint8_t raw[V3NPU_CMD_MAX_SIZE];
	} cmd = {};

	switch (choose(c, 8)) {
	case 0:
		cmd.hdr.opcode = V3NPU_OP_NOP;
		break;
	case 1:
		cmd.hdr.opcode = V3NPU_OP_STALL;
		cmd.stall.usec = stall_usec(t, c);
		break;
	case 2:
		cmd.hdr.opcode = V3NPU_OP_ELTWISE;
		cmd.eltwise.op = V3NPU_ELTWISE_MAX;
		cmd.eltwise.max = 127;
		cmd.eltwise.min = -128;
		cmd.eltwise.in[0] = choose_tensor(t, c, bytes);
		cmd.eltwise.in[1] = choose_tensor(t, c, bytes);
		cmd.eltwise.out = choose_tensor(t, c, bytes);
		break;
	case 3:
		cmd.hdr.opcode = V3NPU_OP_SOFTMAX;
		cmd.softmax.in = choose_tensor(t, c, bytes);
		cmd.softmax.out = choose_tensor(t, c, bytes);
		break;
	case 4:
		cmd.hdr.opcode = V3NPU_OP_ARGMAX;
		cmd.argmax.in = choose_tensor(t, c, bytes);
		cmd.argmax.out = choose_tensor(t, c, 4);
		break;
	default:
		cmd.hdr.opcode = V3NPU_OP_COPY;
		cmd.copy.in = choose_tensor(t, c, bytes);
		cmd.copy.out = choose_tensor(t, c, bytes);
		break;
	}
	cmd.hdr.size = (uint16_t)v3npu_cmd_size(cmd.hdr.opcode);
	cmd.hdr.tag = choose(c, 256);
	bytes = cmd.hdr.size;
	if (one_in(c, 8)) {
		mutate(t, c, &cmd, bytes);
		/* Whatever it is now, it must not be a stall of minutes */
		if (cmd.hdr.opcode == V3NPU_OP_STALL && cmd.stall.usec <= V3NPU_STALL_MAX)
			cmd.stall.usec %= STALL_USEC;
	}
	memcpy(to, &cmd, bytes);
	return bytes;
}

uint32_t stream_make(struct thread *t, struct chooser *c, uint8_t *to, uint32_t size)
{
	uint32_t at = 0, commands = 1 + choose(c, 6);

	while (commands-- && at + V3NPU_CMD_MAX_SIZE <= size)
		at += command_make(t, c, to + at);
	if (one_in(c, 16)) {
		for (uint32_t i = 0; i < at; i++)
			to[i] = (uint8_t)choose(c, 256);
		/* As above; garbage that is a valid stall is not likely, but it would be long */
		to[0] = (uint8_t)(V3NPU_OP_STALL + 1 + choose(c, 247));
	}
	return at;
}
