/* SPDX-License-Identifier: MIT */
/* v3run --bench: how long inferences take */
#ifndef V3NPU_BENCH_H
#define V3NPU_BENCH_H

#include "common/tool.h"
#include "libv3npu/v3npu.h"

/**
 * struct bench - what was measured
 * @runs: entries of @ms
 * @ms: submit to fence of each run, fastest first
 * @depth: runs under way at a time
 * @total_ms: from the first submit to the last fence
 */
struct bench {
	int runs;
	double *ms;
	int depth;
	double total_ms;
};

/**
 * bench_run() - run a model again and again
 * @model: model
 * @session: session whose inputs every run gets
 * @runs: how often, at least 1
 * @depth: runs under way at a time, at least 1: more than one keeps the NPU busy
 *	while results are waited for
 * @bench: the result, for bench_free() if it succeeds
 *
 * Return: 0 or -1 with @error set.
 */
int bench_run(struct v3npu_model *model, struct v3npu_session *session, int runs, int depth,
	      struct bench *bench, struct tool_error *error);
void bench_free(struct bench *bench);

double bench_median(const struct bench *bench);

#endif /* V3NPU_BENCH_H */
