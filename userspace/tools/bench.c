// SPDX-License-Identifier: MIT
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static int fail_library(struct tool_error *error)
{
	return tool_fail(error, "%s", v3npu_error());
}

static int copy_inputs(const struct v3npu_model *model, struct v3npu_session *from,
		       struct v3npu_session *to)
{
	struct v3npu_tensor_info info = { .struct_size = sizeof(info) };
	struct v3npu_model_info model_info = { .struct_size = sizeof(model_info) };
	size_t k;

	v3npu_model_get_info(model, &model_info);
	for (k = 0; k < model_info.inputs; k++) {
		if (v3npu_model_input_info(model, k, &info))
			return -1;
		memcpy(v3npu_session_input(to, k), v3npu_session_input(from, k), info.size);
	}
	return 0;
}

/* One session for each run under way: a session has the buffers of one inference */
static int make_sessions(struct v3npu_model *model, struct v3npu_session **sessions, int depth)
{
	int i;

	for (i = 1; i < depth; i++)
		if (v3npu_session_create(model, V3NPU_PRIORITY_NORMAL, &sessions[i]) ||
		    copy_inputs(model, sessions[0], sessions[i]))
			return -1;
	return 0;
}

static int measure(struct v3npu_session **sessions, struct bench *b)
{
	struct v3npu_run_stats stats = { .struct_size = sizeof(stats) };
	double start = now_ms();
	int submitted = 0, i;

	for (i = 0; i < b->runs; i++) {
		for (; submitted < b->runs && submitted < i + b->depth; submitted++)
			if (v3npu_session_submit(sessions[submitted % b->depth]))
				return -1;
		if (v3npu_session_wait(sessions[i % b->depth], -1) ||
		    v3npu_session_get_stats(sessions[i % b->depth], &stats))
			return -1;
		b->ms[i] = stats.wall_ms;
	}
	b->total_ms = now_ms() - start;
	return 0;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int bench_run(struct v3npu_model *model, struct v3npu_session *session, int runs, int depth,
	      struct bench *b, struct tool_error *error)
{
	struct v3npu_session **sessions = calloc(depth, sizeof(struct v3npu_session *));
	int i, ret;

	*b = (struct bench){ .runs = runs, .depth = depth, .ms = calloc(runs, sizeof(double)) };
	if (!sessions || !b->ms) {
		ret = tool_fail(error, "--bench: out of memory; use fewer runs");
		goto out;
	}
	sessions[0] = session;
	ret = make_sessions(model, sessions, depth);
	if (!ret)
		ret = measure(sessions, b);
	if (ret)
		fail_library(error);
	else
		qsort(b->ms, runs, sizeof(b->ms[0]), compare);
out:
	for (i = 1; sessions && i < depth; i++)
		v3npu_session_free(sessions[i]);
	free(sessions);
	if (ret)
		bench_free(b);
	return ret;
}

void bench_free(struct bench *b)
{
	free(b->ms);
	*b = (struct bench){ 0 };
}

double bench_median(const struct bench *b)
{
	return (b->ms[(b->runs - 1) / 2] + b->ms[b->runs / 2]) / 2;
}
