// SPDX-License-Identifier: MIT
/* Whose turn it is: users, their address spaces, their contexts, also after a boot */
#include "fwtest.h"

#define VA(offset)	(FW_DATA_VA + (offset))

/* Where the streams are, in every address space */
#define NOP		0u
#define STALL		64u

/* Has no jobs of its own but those behind which the others queue */
#define FIRST		0u

struct who {
	uint32_t user;
	unsigned int as;
};

/* Context FIRST, and one for each of @who from 1 on */
static void contexts(struct fw *fw, const struct who *who, unsigned int count)
{
	unsigned int i;

	fw_context(fw, FIRST, 1, V3NPU_PRIO_NORMAL, 16);
	fw->table[FIRST].user = V3NPU_NUM_CTX - 1;
	fw_cmd_stall(fw_space(fw, 1) + STALL, 0, FW_STALL_US);
	for (i = 0; i < count; i++) {
		fw_context(fw, i + 1, who[i].as, V3NPU_PRIO_NORMAL, 16);
		fw->table[i + 1].user = who[i].user;
		fw_cmd_nop(fw_space(fw, who[i].as) + NOP, 0);
	}
}

/* Queues jobs, as many for each context from 1 on as @jobs says, while one of FIRST runs */
static void queue(struct fw *fw, const unsigned int *jobs, unsigned int count)
{
	unsigned int i, k;

	fw_submit(fw, FIRST, 0, VA(STALL), 16);
	fw_wait_opcode(fw, V3NPU_OP_STALL);
	for (i = 0; i < count; i++)
		for (k = 0; k < jobs[i]; k++)
			fw_submit(fw, i + 1, k, VA(NOP), 8);
	fw_event(fw, FW_TIMEOUT_MS);
}

static void test_users(void)
{
	/* One has three contexts in two address spaces, the other has one */
	static const struct who who[] = { { 1, 2 }, { 1, 2 }, { 1, 3 }, { 2, 4 } };
	static const unsigned int jobs[] = { 2, 2, 2, 3 };
	struct fw *fw = fw_boot();

	contexts(fw, who, 4);
	queue(fw, jobs, 4);
	fw_expect_order(fw, '0', "143424312",
		     "users take turns, then their address spaces, then contexts");

	/* Who was served last comes last, whoever rings first */
	queue(fw, (const unsigned int[]){ 1, 1, 1, 1 }, 4);
	fw_expect_order(fw, '0', "4312", "turns go on where they were");
	fw_free(fw);
}

static void test_many_contexts(void)
{
	struct who who[V3NPU_NUM_CTX - 1];
	unsigned int jobs[V3NPU_NUM_CTX - 1], i, before = 0;
	struct fw *fw = fw_load(1024);
	struct v3npu_event event;

	/* All but the last are of one user */
	for (i = 0; i < V3NPU_NUM_CTX - 1; i++) {
		who[i] = (struct who){ i == V3NPU_NUM_CTX - 2, 2 + i % 4 };
		jobs[i] = 2;
	}
	who[V3NPU_NUM_CTX - 2].as = V3NPU_NUM_AS - 1;
	contexts(fw, who, V3NPU_NUM_CTX - 1);
	fw_start(fw);
	fw_event(fw, FW_TIMEOUT_MS);
	queue(fw, jobs, V3NPU_NUM_CTX - 1);
	for (i = 0; i < 2 * (V3NPU_NUM_CTX - 1); i++) {
		event = fw_event(fw, FW_TIMEOUT_MS);
		if (event.ctx != V3NPU_NUM_CTX - 1)
			before++;
		else if (event.seqno == 1)
			break;
	}
	tap_equal(before, 2, "one context of a user does not wait for 254 of another");
	fw_free(fw);
}

/* As a driver tells a firmware that boots after a reset */
static void test_table(void)
{
	static const struct who who[] = { { 1, 2 }, { 1, 2 }, { 1, 3 }, { 2, 4 } };
	struct fw *fw = fw_load(64);
	struct v3npu_turns *turns = npu_alloc(fw->npu, 8192);

	npu_map(fw->npu, V3NPU_AS_SYSTEM, 0x100000, turns, 8192, false);
	turns->user[1] = 1ull << 40;
	turns->user[2] = (1ull << 40) + 1;
	turns->as[2] = 7;
	turns->as[3] = 6;
	turns->ctx[1] = 3;
	turns->ctx[2] = 2;
	fw->args.turns = 0x100000;
	contexts(fw, who, 4);
	fw_start(fw);
	fw_event(fw, FW_TIMEOUT_MS);
	queue(fw, (const unsigned int[]){ 1, 1, 1, 1 }, 4);
	fw_expect_order(fw, '0', "3421", "turns go on after a boot");
	queue(fw, (const unsigned int[]){ 1, 1, 1, 1 }, 4);
	fw_expect_order(fw, '0', "4321", "later turns count from there on");

	fw_reload(fw);
	fw->args.turns = 0x7000000;
	fw_start(fw);
	tap_equal(fw_wait_halt(fw), V3NPU_HALT_SYSTEM_DMA, "turns unmapped: halts");
	tap_equal(fw_log_count(fw, "E turns at 0000000007000000: no access"), 1,
		  "turns unmapped: log says so");
	fw_free(fw);
}

int main(void)
{
	test_users();
	test_many_contexts();
	test_table();
	return tap_done();
}
