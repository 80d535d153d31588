// SPDX-License-Identifier: MIT
#include "quant_run.h"

#include <math.h>
#include <string.h>

static int fail(struct tool_error *error)
{
	return tool_fail(error, "%s", v3npu_error());
}

int q_run_new(const void *data, size_t size, const char *device, bool keep, struct q_run *run,
	      struct tool_error *error)
{
	const struct v3npu_model_options options = { .keep_tensors = keep };

	*run = (struct q_run) {};
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
