/* SPDX-License-Identifier: MIT */
/* What a compiled program costs, by the cycle model. */
#ifndef V3C_COSTS_H
#define V3C_COSTS_H

#include "compiler/base/program.h"
#include "model/engine.h"

/**
 * v3c_program_costs() - what each command of a program costs
 * @program: program, compiled or read from a file
 * @config: NPU
 *
 * Commands that would be refused cost nothing.
 *
 * Return: as many as there are commands, for free(); NULL: out of memory.
 */
struct v3npu_counters *v3c_program_costs(const struct v3c_program *program,
					 const struct v3npu_config *config);

#endif /* V3C_COSTS_H */
