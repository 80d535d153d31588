/* SPDX-License-Identifier: MIT */
/*
 * Buffers into SRAM.
 */
#ifndef V3C_PLACE_H
#define V3C_PLACE_H

#include "compiler/emit/emit.h"

struct v3npu_config;

/* The NPU as the cycle model knows it; false if it is none that it knows */
bool v3c_target_config(const struct v3c_target *target, struct v3npu_config *config);

/* Cycles of a command with @count @addresses, where v3c_place() put the buffers */
uint64_t v3c_command_cycles(const struct v3c_stream *stream, const void *cmd,
			    const struct v3c_address *addresses, int count,
			    const struct v3npu_config *config);

/* Cycles of all commands, where v3c_place() put the buffers */
uint64_t v3c_stream_cycles(const struct v3c_stream *stream, const struct v3npu_config *config);

/**
 * v3c_place() - move intermediate buffers to SRAM where that pays
 * @ctx: compilation
 * @graph: graph; a buffer that goes to SRAM gets V3C_REGION_NONE and its
 *	address as the offset
 * @stream: all commands, not yet finished
 * @target: NPU
 *
 * Return: 0 or -ENOMEM.
 */
int v3c_place(struct v3c_ctx *ctx, struct ir_graph *graph, const struct v3c_stream *stream,
	      const struct v3c_target *target);

#endif /* V3C_PLACE_H */
