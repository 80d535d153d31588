/* SPDX-License-Identifier: MIT */
/*
 * Commands that hold the array for long, as several shorter ones.
 *
 * Between two commands the NPU can go over to somebody who is more urgent, and a job
 * can be cancelled. Only large layers on small NPUs have commands that are this long.
 */
#ifndef V3C_SHORTEN_H
#define V3C_SHORTEN_H

#include "compiler/emit/emit.h"

struct v3npu_config;

/* What a command may take at most, in microseconds of the NPU's time, if nothing else is said */
#define V3C_COMMAND_US	20000

/**
 * v3c_shorten() - halve commands until none takes too long
 * @stream: all commands, of which buffers know the first and the last that touch
 *	them; not yet finished
 * @config: NPU
 * @us: microseconds of its time that a command may take; 0: V3C_COMMAND_US
 *
 * What cannot be halved any more stays as it is: a row of a resize, say.
 *
 * Return: 0, -ENOTSUP if there are too many commands then, -ENOMEM.
 */
int v3c_shorten(struct v3c_stream *stream, const struct v3npu_config *config, uint32_t us);

#endif /* V3C_SHORTEN_H */
