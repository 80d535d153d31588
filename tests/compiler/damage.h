/* SPDX-License-Identifier: MIT */
/*
 * Damages model files as a bad disk, a bad program or a bad person would.
 */
#ifndef TEST_DAMAGE_H
#define TEST_DAMAGE_H

#include <stddef.h>
#include <stdint.h>

/** struct damage_file - a file's bytes */
struct damage_file {
	uint8_t *data;
	size_t size;
};

/* A number below @limit: the same ones in every run */
uint64_t damage_random(uint64_t limit);

/*
 * Offsets of what a reader has to understand, for free(): most bytes of a real
 * file are weights. @count is set
 */
size_t *damage_structure(const struct damage_file *f, size_t *count);

/**
 * damage() - truncate a file, flip bits, change words, or put a part of another one in it
 * @f: file, changed
 * @offsets: @count places to do so, as damage_structure() says
 * @other: file that parts are from
 *
 * Return: its new size, which is not larger.
 */
size_t damage(struct damage_file *f, const size_t *offsets, size_t count,
	      const struct damage_file *other);

#endif /* TEST_DAMAGE_H */
