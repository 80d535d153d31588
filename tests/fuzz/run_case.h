/* SPDX-License-Identifier: MIT */
/*
 * Runs one case on the simulator.
 */
#ifndef FUZZ_RUN_CASE_H
#define FUZZ_RUN_CASE_H

#include "libv3npu/v3npu.h"
#include "pack.h"

/**
 * run_case() - compile and run a case
 * @device: where
 * @c: the case
 * @result: its outputs, or the reason why there are none; for free()
 *
 * A model that the NPU cannot compute alone is refused, but runs nevertheless, on
 * the CPU as far as need be. All run twice, on other input first, so that
 * what a command reads before another writes it is wrong and not the zeroes of
 * fresh memory.
 */
enum pack_status run_case(struct v3npu_device *device, const struct pack_case *c,
			  struct pack_bytes *result);

#endif /* FUZZ_RUN_CASE_H */
