/* SPDX-License-Identifier: MIT */
/* What the tools share: reading and writing files, one-line errors */
#ifndef V3NPU_TOOL_H
#define V3NPU_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "whole_file.h"

#define TOOL_FAILED	1	/* exit status: something went wrong */
#define TOOL_USAGE	2	/* exit status: the command line is wrong */

/* A line for the user: "FILE: what; what to do" */
struct tool_error {
	char text[512];
};

/* Sets the line; returns -1 */
int tool_fail(struct tool_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Tells on stderr what is wrong with the command line of @tool; returns TOOL_USAGE */
int tool_usage(const char *tool, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Reads exactly @size bytes, all that the file has; 0 or -1 */
int tool_read_exactly(const char *path, void *data, size_t size, struct tool_error *error);

/* Reads a whole file of 1 to @max bytes, for free(); 0 or -1 */
int tool_read_file(const char *path, size_t max, void **data, size_t *size,
		   struct tool_error *error);

/* A file that the tool writes, whole or not at all, to be opened and closed; 0 or -1 */
int tool_output_open(struct whole_file *out, const char *path, struct tool_error *error);
int tool_output_commit(struct whole_file *out, struct tool_error *error);

#endif /* V3NPU_TOOL_H */
