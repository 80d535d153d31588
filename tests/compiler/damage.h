/* SPDX-License-Identifier: MIT */
/*
 * Damages model files as a bad disk, a bad program or a bad person would.
 */
#ifndef TEST_DAMAGE_H
#define TEST_DAMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** struct damage_file - a file's bytes */
struct damage_file {
	uint8_t *data;
	size_t size;
};

/* A number below @limit: the same ones in every run */
uint64_t damage_random(uint64_t limit);

/**
 * damage_many() - damage a file in many ways, and see what becomes of each
 * @survives: whether what is under test copes with these bytes
 * @f: file: it is truncated, or has bits flipped, words changed, or a part of
 *	another one put in it, mostly where a reader has to understand it
 * @other: file that parts are from
 * @cases: how many times
 *
 * Return: how many of them did not survive.
 */
unsigned int damage_many(bool (*survives)(const uint8_t *data, size_t size),
			 const struct damage_file *f, const struct damage_file *other,
			 unsigned int cases);

#endif /* TEST_DAMAGE_H */
