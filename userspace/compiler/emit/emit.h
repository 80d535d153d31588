/* SPDX-License-Identifier: MIT */
/*
 * Commands into the stream, and the addresses in them that a loader has to fix.
 */
#ifndef V3C_EMIT_H
#define V3C_EMIT_H

#include "compiler/base/program.h"
#include "compiler/graph/ir.h"

/**
 * struct v3c_stream - a command stream; zero but for the first three at first
 * @ctx: compilation
 * @graph: whose buffers the addresses are in
 * @sram_size: of the NPU, for checking commands
 * @cmds: commands, of malloc(); @cmds_size bytes, @cmds_room fit
 * @count: how many commands
 * @info: of malloc(); what each command is for, but for names; @info_room bytes
 * @relocs: of malloc(); regions are buffer numbers until v3c_stream_finish()
 * @reloc_count: how many; @reloc_room fit
 */
struct v3c_stream {
	struct v3c_ctx *ctx;
	struct ir_graph *graph;
	uint32_t sram_size;
	uint8_t *cmds;
	size_t cmds_size;
	size_t cmds_room;
	uint32_t count;
	struct v3c_cmd_info *info;
	size_t info_room;
	struct v3c_reloc *relocs;
	size_t reloc_count;
	size_t reloc_room;
};

/**
 * struct v3c_address - an address in a command
 * @field: its offset in the command; it holds an offset in the buffer
 * @buffer: which buffer
 */
struct v3c_address {
	uint32_t field;
	int buffer;
};

#define V3C_MAX_ADDRESSES	5

/**
 * v3c_stream_add() - append a command
 * @stream: stream
 * @node: what it is for; its operator becomes the command's tag
 * @opcode: enum v3npu_opcode
 * @cmd: the command, zeroed where nothing is said; its header is filled in
 * @addresses: the addresses in it
 * @count: how many
 *
 * Return: 0, -ENOTSUP if the command is beyond the NPU's limits, -ENOMEM.
 */
int v3c_stream_add(struct v3c_stream *stream, const struct ir_node *node,
		   enum v3npu_opcode opcode, void *cmd, const struct v3c_address *addresses,
		   int count);

/**
 * v3c_stream_append() - append a command that is known to be valid
 * @stream: stream
 * @cmd: command with its header
 * @info: what it is for
 * @addresses: the addresses in it
 * @count: how many
 *
 * Return: 0, -ENOMEM, or -ENOTSUP when the stream has too many commands.
 */
int v3c_stream_append(struct v3c_stream *stream, const void *cmd, const struct v3c_cmd_info *info,
		      const struct v3c_address *addresses, int count);

/**
 * struct v3c_cursor - a command of a stream; zero is before the first
 * @cmd: the command, followed by zeroes
 * @addresses: the addresses in it
 * @count: how many
 * @at: bytes of the stream up to its end
 * @reloc: relocations up to there
 */
struct v3c_cursor {
	_Alignas(8) uint8_t cmd[V3NPU_CMD_MAX_SIZE];
	struct v3c_address addresses[V3C_MAX_ADDRESSES];
	int count;
	size_t at;
	size_t reloc;
};

/* Goes to the next command of a stream that is not yet finished; false after the last */
bool v3c_stream_next(const struct v3c_stream *stream, struct v3c_cursor *cursor);

/* -ENOTSUP: a window of the node does not fit a command's fields */
int v3c_too_large_window(struct v3c_stream *stream, const struct ir_node *node);

/* Forgets all commands */
void v3c_stream_clear(struct v3c_stream *stream);

/*
 * Turns offsets in buffers into offsets in regions, once the buffers have theirs,
 * and counts how much memory they use
 */
void v3c_stream_finish(struct v3c_stream *stream);

#endif /* V3C_EMIT_H */
