/* SPDX-License-Identifier: MIT */
/* Class names from a model's metadata */
#ifndef V3NPU_NAMES_H
#define V3NPU_NAMES_H

#define NAME_SIZE 64

/** struct names - @count names; a class that the metadata does not name is "class N" */
struct names {
	int count;
	char (*name)[NAME_SIZE];
};

/**
 * v3v_names_parse() - read the names of @count classes
 * @metadata: Ultralytics' JSON, whose "names" maps "0", "1", ... to a name, or
 *	is a list; NULL or anything else: no class is named
 *
 * Return: 0, or -1 if memory ran out. Free with v3v_names_free().
 */
int v3v_names_parse(const char *metadata, int count, struct names *names);
void v3v_names_free(struct names *names);

#endif /* V3NPU_NAMES_H */
