/* SPDX-License-Identifier: MIT */
/*
 * What the coverage-guided fuzzers have in common: a program runs as a test, for
 * V3NPU_FUZZ_MS (5000) from V3NPU_FUZZ_SEED (1) on, and keeps the inputs that
 * reach something new in a directory. With arguments it is libFuzzer as it is:
 * files are inputs to try again.
 */
#ifndef V3NPU_TESTS_DRIVER_H
#define V3NPU_TESTS_DRIVER_H

#include <stddef.h>
#include <stdint.h>

/* What a fuzzer is called */
extern const char fuzzer_name[];

/* Tries one input. What is wrong ends the program, with tap_bail(). */
void fuzzer_try(const uint8_t *data, size_t size);

/* Something new, of SEEN_KINDS that there are, has been seen: inputs that show such are kept */
#define SEEN_KINDS	4096u
void fuzzer_seen(uint32_t kind);

/**
 * struct input - the bytes of an input as they are used up; 0 after the last
 * @data: what is left
 * @size: bytes of that
 */
struct input {
	const uint8_t *data;
	size_t size;
};

uint8_t input_u8(struct input *in);
uint32_t input_u32(struct input *in);

#endif /* V3NPU_TESTS_DRIVER_H */
