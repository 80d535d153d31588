/* SPDX-License-Identifier: MIT */
/* Class names from a model's metadata */
#ifndef V3NPU_NAMES_H
#define V3NPU_NAMES_H

#include "metadata.h"

#define NAME_SIZE 64

/** struct names - @count names; a class that the metadata does not name is "class N" */
struct names {
	int count;
	char (*name)[NAME_SIZE];
};

/**
 * v3v_names_make() - the names of @count classes
 * @m: a model's metadata, or a file of labels
 * @first: the number that the first class has there
 *
 * Return: 0, or -1 if memory ran out. Free with v3v_names_free().
 */
int v3v_names_make(const struct metadata *m, int first, int count, struct names *names);

/* The same of a metadata's text, see v3v_metadata_read() */
int v3v_names_parse(const char *metadata, int count, struct names *names);
void v3v_names_free(struct names *names);

#endif /* V3NPU_NAMES_H */
