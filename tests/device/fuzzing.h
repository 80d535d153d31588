/* SPDX-License-Identifier: MIT */
/* What the fuzzers in C share: settings in the environment, and the seed of what went wrong */
#ifndef V3NPU_TESTS_FUZZING_H
#define V3NPU_TESTS_FUZZING_H

#include <stdint.h>

/* A number in the environment, @standard if it is not there */
uint64_t fuzz_setting(const char *name, uint64_t standard);

/* All that follows comes from this seed: it is printed if a sanitizer or tap_bail() ends the program */
void fuzz_seed(uint64_t seed);

/* The line that tests/fuzz/all counts: inputs tried, and the seeds they came from */
void fuzz_report(uint64_t inputs, uint64_t first, uint64_t last);

#endif /* V3NPU_TESTS_FUZZING_H */
