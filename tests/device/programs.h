/* SPDX-License-Identifier: MIT */
/* Running test programs on the core, and talking to agent.c */
#ifndef V3NPU_TESTS_PROGRAMS_H
#define V3NPU_TESTS_PROGRAMS_H

#include "harness.h"
#include "layout.h"

/* Loads build/tests/device/@name.bin, which the Makefile makes of @name.S or @name.c */
void program_load(struct npu *npu, const char *name);

/* Waits until the core has halted. Return: V3NPU_REG_HALT_CODE; 0 if it did not halt in time */
uint32_t program_wait(struct npu *npu, unsigned int timeout_ms);

/* Starts the core and waits for it to halt. Return: as program_wait() */
uint32_t program_run(struct npu *npu);

/* Writes @count instructions to address 0, runs them. Return: as program_wait() */
uint32_t program_run_words(struct npu *npu, const uint32_t *words, unsigned int count);

/* Loads and starts the agent */
void agent_start(struct npu *npu);

/* One access by the core, through the agent; a fault halts the core and gives ~0 */
uint32_t agent_read(struct npu *npu, uint32_t addr);
void agent_write(struct npu *npu, uint32_t addr, uint32_t value);

/* Hands the agent a request, and does or does not wait for it */
void agent_request(struct npu *npu, uint32_t request, uint32_t value);
bool agent_wait(struct npu *npu, unsigned int timeout_ms);
uint32_t agent_value(struct npu *npu);
uint32_t agent_time(struct npu *npu);

/* A DMA transfer by the core. Return: V3NPU_DMA_* */
uint32_t agent_dma(struct npu *npu, uint32_t ctrl, uint32_t as, uint64_t va, uint32_t local,
		   uint32_t len);
uint64_t agent_dma_fault(struct npu *npu);

/* Writes a command to the descriptor, and an address space; then starts it, too */
void agent_prepare_command(struct npu *npu, uint32_t as, const void *cmd, size_t size);
void agent_start_command(struct npu *npu, uint32_t as, const void *cmd, size_t size);

/* Waits until the datapath is idle. Return: V3NPU_ENGINE_*, BUSY if it takes too long */
uint32_t agent_wait_engine(struct npu *npu, unsigned int timeout_ms);
uint64_t agent_engine_fault(struct npu *npu);

#endif /* V3NPU_TESTS_PROGRAMS_H */
