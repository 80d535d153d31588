/* SPDX-License-Identifier: MIT */
/*
 * The order of commands, and what of the tensors is in SRAM.
 */
#ifndef V3C_SCHEDULE_H
#define V3C_SCHEDULE_H

#include "compiler/emit/lowering.h"

/**
 * v3c_schedule() - emit a graph's commands for an NPU
 * @lowering: graph whose values all are placed; empty stream
 * @target: NPU
 * @keep_tensors: one command after the other, everything in DRAM
 *
 * Return: 0 or a negative errno with the context's error set.
 */
int v3c_schedule(struct lowering *lowering, const struct v3c_target *target, bool keep_tensors);

#endif /* V3C_SCHEDULE_H */
