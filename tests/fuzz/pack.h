/* SPDX-License-Identifier: MIT */
/*
 * Packed cases, the fuzzer's files. Numbers are little-endian, 32 bits.
 *
 * A file of cases is one record after another: the sizes of name, model, input
 * and output, then these. A model's inputs follow one another densely in
 * "input", and its outputs in "output", which is empty where nobody computed
 * them yet.
 *
 * A file of results has for each case a status (0, or 1 where it was refused),
 * a size, and the outputs or the reason.
 */
#ifndef FUZZ_PACK_H
#define FUZZ_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/** enum pack_status - what became of a case */
enum pack_status {
	PACK_DONE,		/* there are outputs */
	PACK_REFUSED,		/* the operators or their parameters are not supported */
	PACK_DAMAGED,		/* the model was said to be damaged */
	PACK_FAILED,		/* it was accepted but did not run */
};

/** struct pack_bytes - @size bytes at @data */
struct pack_bytes {
	uint8_t *data;
	uint32_t size;
};

/** struct pack_case - a record, for pack_free() */
struct pack_case {
	struct pack_bytes name;		/* a NUL follows */
	struct pack_bytes model;
	struct pack_bytes input;
	struct pack_bytes output;
};

/* Reads just size bytes of a file, which may be compressed; false if it cannot */
typedef bool (*pack_read_fn)(void *file, void *data, size_t size);

static inline void pack_free(struct pack_case *c)
{
	free(c->name.data);
	free(c->model.data);
	free(c->input.data);
	free(c->output.data);
	memset(c, 0, sizeof(*c));
}

/* Reads the next case; false at the file's end, or if the file ends within it */
static inline bool pack_read(pack_read_fn read, void *file, struct pack_case *c)
{
	struct pack_bytes *part[4] = { &c->name, &c->model, &c->input, &c->output };
	uint32_t size[4];
	int i;

	memset(c, 0, sizeof(*c));
	if (!read(file, size, sizeof(size)))
		return false;
	for (i = 0; i < 4; i++) {
		/* TensorFlow Lite reads numbers of a model where they lie */
		size_t room = ((size_t)size[i] + 64) & ~(size_t)63;

		part[i]->size = size[i];
		part[i]->data = (uint8_t *)aligned_alloc(64, room);
		if (!part[i]->data || (size[i] && !read(file, part[i]->data, size[i]))) {
			pack_free(c);
			return false;
		}
		part[i]->data[size[i]] = '\0';
	}
	return true;
}

static inline bool pack_read_stdio(void *file, void *data, size_t size)
{
	return fread(data, 1, size, (FILE *)file) == size;
}

/* Writes a result at once: what comes before a crash must arrive */
static inline bool pack_write_result(uint32_t status, const void *data, uint32_t size)
{
	uint32_t head[2] = { status, size };

	return fwrite(head, sizeof(head), 1, stdout) == 1 &&
	       fwrite(data, 1, size, stdout) == size && !fflush(stdout);
}

#ifdef __cplusplus
}
#endif

#endif /* FUZZ_PACK_H */
