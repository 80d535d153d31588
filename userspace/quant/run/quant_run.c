// SPDX-License-Identifier: MIT
#include "quant_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quant/graph/quantize.h"
#include "quant/write/write.h"

#define SCRATCH_MAX	(4ull << 30)	/* bytes for one quantized graph */

static int fail(struct tool_error *error)
{
	return tool_fail(error, "%s", v3npu_error());
}

int q_run_new(const void *data, size_t size, const char *device, bool keep, struct q_run *run,
	      struct tool_error *error)
{
	const struct v3npu_model_options options = {
		.struct_size = sizeof(options),
		.keep_tensors = keep,
	};

	*run = (struct q_run) {
		.in = { .struct_size = sizeof(run->in) },
		.out = { .struct_size = sizeof(run->out) },
	};
	if (v3npu_device_open(device, &run->device) ||
	    v3npu_model_load(run->device, data, size, &options, &run->model) ||
	    v3npu_model_input_info(run->model, 0, &run->in) ||
	    v3npu_model_output_info(run->model, 0, &run->out) ||
	    v3npu_session_create(run->model, V3NPU_PRIORITY_NORMAL, &run->session))
		return fail(error);
	return 0;
}

void q_run_free(struct q_run *run)
{
	if (run->session)
		v3npu_session_free(run->session);
	if (run->model)
		v3npu_model_free(run->model);
	if (run->device)
		v3npu_device_close(run->device);
	*run = (struct q_run) {};
}

int q_runs_new(const void *data, size_t size, uint32_t workers, bool keep, struct q_runs *runs,
	       struct tool_error *error)
{
	/* One picture a thread is faster than one picture in all of them */
	const char *device = workers > 1 ? "sim:threads=1" : "sim";
	int ret = 0;

	*runs = (struct q_runs) {};
	while (!ret && runs->count < workers)
		ret = q_run_new(data, size, device, keep, &runs->list[runs->count++], error);
	return ret;
}

void q_runs_free(struct q_runs *runs)
{
	uint32_t i;

	for (i = 0; i < runs->count; i++)
		q_run_free(&runs->list[i]);
	runs->count = 0;
}

int q_quantized_new(const struct q_graph *g, const struct q_groups *groups, uint32_t workers,
		    bool keep, struct q_quantized *quantized, struct tool_error *error)
{
	size_t size;
	void *file;
	int ret;

	*quantized = (struct q_quantized) {
		.ctx = { .left = SCRATCH_MAX, .op = -1, .error = quantized->text },
	};
	if (q_quantize(g, groups, &quantized->ctx, &quantized->graph))
		return tool_fail(error, "%s", quantized->text);
	file = q_write(&quantized->graph, NULL, 0, &size);
	if (!file)
		return tool_fail(error, "%s", quantized->text);
	ret = q_runs_new(file, size, workers, keep, &quantized->runs, error);
	free(file);
	return ret;
}

void q_quantized_free(struct q_quantized *quantized)
{
	q_runs_free(&quantized->runs);
	v3c_release(&quantized->ctx);
}

bool q_run_find(const struct q_run *run, const struct q_graph *q, int32_t origin, size_t *index)
{
	struct v3npu_model_info model = { .struct_size = sizeof(model) };
	struct v3npu_tensor_info info = { .struct_size = sizeof(info) };

	v3npu_model_get_info(run->model, &model);
	for (*index = 0; *index < model.tensors; ++*index)
		if (!v3npu_model_tensor_info(run->model, *index, &info) &&
		    info.dtype == V3NPU_INT8 && q->tensors[info.index].origin == origin + 1)
			return true;
	return false;
}

size_t q_elements(const struct v3npu_tensor_info *t)
{
	size_t n = 1;
	int i;

	for (i = 0; i < t->rank; i++)
		n *= t->dim[i];
	return n;
}

int q_run(struct q_run *run, const float *input, struct tool_error *error)
{
	size_t count = q_elements(&run->in), i;
	void *memory = v3npu_session_input(run->session, 0);
	float inverse = 1 / run->in.scale;
	int8_t *stored = memory;

	if (run->in.dtype == V3NPU_FLOAT32)
		memcpy(memory, input, count * sizeof(*input));
	for (i = 0; run->in.dtype == V3NPU_INT8 && i < count; i++) {
		float q = rintf(input[i] * inverse) + run->in.zero_point;

		stored[i] = q < -128 ? -128 : q > 127 ? 127 : q;
	}
	return v3npu_session_run(run->session) ? fail(error) : 0;
}

void q_real(const struct v3npu_tensor_info *t, const void *data, float *real)
{
	size_t count = q_elements(t), i;
	const int8_t *stored = data;

	if (t->dtype == V3NPU_FLOAT32)
		memcpy(real, data, count * sizeof(*real));
	for (i = 0; t->dtype == V3NPU_INT8 && i < count; i++)
		real[i] = t->scale * (stored[i] - t->zero_point);
}
