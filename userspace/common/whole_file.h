/* SPDX-License-Identifier: MIT */
/*
 * Files that appear whole or not at all. The names are not those that programs have: this
 * is in a library, too.
 */
#ifndef V3NPU_WHOLE_FILE_H
#define V3NPU_WHOLE_FILE_H

#include <stdbool.h>
#include <stdio.h>

/**
 * struct whole_file - a file that is being written
 * @file: to write to
 * @name: the path as it was given
 * @path: where it will be
 * @temporary: name of its own until then, where it needs one; NULL if @path is no
 *	regular file, such as /dev/null, and is written as it is
 * @nameless: it has no name until v3npu_whole_file_commit(): if the program is killed,
 *	nothing of it is left
 */
struct whole_file {
	FILE *file;
	const char *name;
	char *path;
	char *temporary;
	bool nameless;
};

/* Opens a file; @name is valid as long as @f is in use. 0 or a negative errno */
int v3npu_whole_file_open(struct whole_file *f, const char *name);

/* Moves the file to its place; 0 or a negative errno; @f is closed either way */
int v3npu_whole_file_commit(struct whole_file *f);
void v3npu_whole_file_discard(struct whole_file *f);

#endif /* V3NPU_WHOLE_FILE_H */
