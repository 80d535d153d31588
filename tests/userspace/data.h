/* SPDX-License-Identifier: MIT */
/* Where the test models are: what built them says so, or make did */
#ifndef TEST_DATA_H
#define TEST_DATA_H

#include <stdio.h>
#include <stdlib.h>

#include "tap.h"

/* File @name of the folder that environment variable @variable names, or of @folder */
static inline const char *test_data(const char *variable, const char *folder, const char *name,
				    char path[512])
{
	const char *set = getenv(variable);

	snprintf(path, 512, "%s/%s", set ? set : folder, name);
	return path;
}

/* The small network of tests/models with @suffix: tflite, png or raw, its input */
static inline const char *smallnet(const char *suffix)
{
	static char path[512];
	char name[64];

	snprintf(name, sizeof(name), "smallnet.%s", suffix);
	return test_data("V3NPU_SMALLNET", "build/tests", name, path);
}

/* Reads @size bytes of a file, which is a test of its own */
static inline bool read_file(const char *path, void *data, size_t size)
{
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(data, 1, size, f) : 0;

	if (f)
		fclose(f);
	return ok(n == size, "%s is there", path);
}

#endif /* TEST_DATA_H */
