/* SPDX-License-Identifier: MIT */
/* What the tools share: reading and writing files, one-line errors */
#ifndef V3NPU_TOOL_H
#define V3NPU_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

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

/**
 * struct tool_output - a file that appears whole or not at all
 * @file: to write to
 * @path: where it will be
 * @temporary: name of its own until then, where it needs one; NULL if @path is no
 *	regular file, such as /dev/null, and is written as it is
 * @nameless: it has no name until tool_output_commit(): if the program is killed,
 *	nothing of it is left
 */
struct tool_output {
	FILE *file;
	char *path;
	char *temporary;
	bool nameless;
};

int tool_output_open(struct tool_output *out, const char *path, struct tool_error *error);

/* Moves the file to its place; 0 or -1; @out is closed either way */
int tool_output_commit(struct tool_output *out, struct tool_error *error);
void tool_output_discard(struct tool_output *out);

#endif /* V3NPU_TOOL_H */
