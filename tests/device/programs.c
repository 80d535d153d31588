// SPDX-License-Identifier: MIT
#include <sched.h>

#include "programs.h"
#include "tap.h"

void program_load(struct npu *npu, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.bin", CORE_PROGRAMS, name);
	npu_core_load(npu, path, 0);
}

uint32_t program_wait(struct npu *npu, unsigned int timeout_ms)
{
	if (!npu_wait_reg(npu, V3NPU_REG_STATUS, V3NPU_STATUS_CORE_HALTED, V3NPU_STATUS_CORE_HALTED,
			  timeout_ms))
		return 0;
	return npu_read(npu, V3NPU_REG_HALT_CODE);
}

uint32_t program_run(struct npu *npu)
{
	npu_core_run(npu, false);
	npu_core_run(npu, true);
	return program_wait(npu, PATIENCE_MS);
}

uint32_t program_run_words(struct npu *npu, const uint32_t *words, unsigned int count)
{
	npu_core_run(npu, false);
	npu_core_write(npu, 0, words, count * 4);
	return program_run(npu);
}

static uint32_t mailbox(unsigned int word)
{
	return TEST_INPUT + 4 * word;
}

void agent_start(struct npu *npu)
{
	npu_core_run(npu, false);
	program_load(npu, "agent");
	npu_core_write32(npu, mailbox(AGENT_REQUEST), AGENT_NONE);
	npu_core_run(npu, true);
}

void agent_request(struct npu *npu, uint32_t request, uint32_t value)
{
	npu_core_write32(npu, mailbox(AGENT_VALUE), value);
	npu_core_write32(npu, mailbox(AGENT_REQUEST), request);
}

bool agent_wait(struct npu *npu, unsigned int timeout_ms)
{
	double end = npu_clock_ms() + timeout_ms;
	unsigned int turns = 0;

	while (npu_core_read32(npu, mailbox(AGENT_REQUEST)) != AGENT_NONE) {
		/* The agent answers in less than a microsecond, if it gets a processor */
		if (++turns > 1000)
			sched_yield();
		if (npu_read(npu, V3NPU_REG_STATUS) & V3NPU_STATUS_CORE_HALTED)
			return false;
		if (npu_clock_ms() > end)
			return false;
	}
	return true;
}

uint32_t agent_value(struct npu *npu)
{
	return npu_core_read32(npu, mailbox(AGENT_VALUE));
}

uint32_t agent_time(struct npu *npu)
{
	return npu_core_read32(npu, mailbox(AGENT_TIME));
}

uint32_t agent_read(struct npu *npu, uint32_t addr)
{
	npu_core_write32(npu, mailbox(AGENT_ADDR), addr);
	agent_request(npu, AGENT_READ, 0);
	return agent_wait(npu, PATIENCE_MS) ? agent_value(npu) : ~0u;
}

void agent_write(struct npu *npu, uint32_t addr, uint32_t value)
{
	npu_core_write32(npu, mailbox(AGENT_ADDR), addr);
	agent_request(npu, AGENT_WRITE, value);
	agent_wait(npu, PATIENCE_MS);
}

uint32_t agent_dma(struct npu *npu, uint32_t ctrl, uint32_t as, uint64_t va, uint32_t local,
		   uint32_t len)
{
	agent_write(npu, V3NPU_CORE_DMA_AS, as);
	agent_write(npu, V3NPU_CORE_DMA_VA_LO, va);
	agent_write(npu, V3NPU_CORE_DMA_VA_HI, va >> 32);
	agent_write(npu, V3NPU_CORE_DMA_LOCAL, local);
	agent_write(npu, V3NPU_CORE_DMA_LEN, len);
	agent_write(npu, V3NPU_CORE_DMA_CTRL, ctrl);
	return agent_read(npu, V3NPU_CORE_DMA_STATUS);
}

uint64_t agent_dma_fault(struct npu *npu)
{
	return agent_read(npu, V3NPU_CORE_DMA_FAULT_LO) |
	       (uint64_t)agent_read(npu, V3NPU_CORE_DMA_FAULT_HI) << 32;
}

void agent_prepare_command(struct npu *npu, uint32_t as, const void *cmd, size_t size)
{
	const uint32_t *words = cmd;
	size_t i;

	for (i = 0; i < size / 4; i++)
		agent_write(npu, V3NPU_CORE_ENGINE_DESC(i), words[i]);
	agent_write(npu, V3NPU_CORE_ENGINE_AS, as);
}

void agent_start_command(struct npu *npu, uint32_t as, const void *cmd, size_t size)
{
	agent_prepare_command(npu, as, cmd, size);
	agent_write(npu, V3NPU_CORE_ENGINE_CTRL, V3NPU_ENGINE_START);
}

uint32_t agent_wait_engine(struct npu *npu, unsigned int timeout_ms)
{
	npu_wait_reg(npu, V3NPU_REG_STATUS, V3NPU_STATUS_ENGINE_BUSY, 0, timeout_ms);
	return agent_read(npu, V3NPU_CORE_ENGINE_STATUS);
}

uint64_t agent_engine_fault(struct npu *npu)
{
	return agent_read(npu, V3NPU_CORE_ENGINE_FAULT_LO) |
	       (uint64_t)agent_read(npu, V3NPU_CORE_ENGINE_FAULT_HI) << 32;
}
