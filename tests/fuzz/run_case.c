// SPDX-License-Identifier: MIT
#include "run_case.h"

#include <errno.h>

#include "compiler/compiler.h"
#include "v3npu/regs.h"

/* Can the NPU compute all of the model? If not, @error says why */
static enum pack_status compile(struct v3npu_device *device, const struct pack_bytes *model,
				char error[V3C_ERROR_SIZE])
{
	struct v3npu_device_info info = { .struct_size = sizeof(info) };
	struct v3c_program *program;
	struct v3c_target target;

	v3npu_device_get_info(device, &info);
	target = (struct v3c_target) {
		.macs = info.macs, .sram_size = info.sram_size, .dram_mbps = info.dram_mbps,
		.dram_latency = info.dram_latency, .dram_burst = info.dram_burst,
		.clock_mhz = info.clock_mhz, .sram_va = V3NPU_VA_SRAM,
	};
	program = v3c_compile(model->data, model->size, &target, NULL, error);
	if (!program)
		return errno == ENOTSUP ? PACK_REFUSED : errno == EINVAL ? PACK_DAMAGED :
		       PACK_FAILED;
	v3c_program_free(program);
	return PACK_DONE;
}

/* Gives the inputs their bytes, each with @flip's bits inverted */
static bool set_inputs(struct v3npu_model *model, struct v3npu_session *session,
		       const struct pack_bytes *input, uint8_t flip)
{
	struct v3npu_tensor_info info = { .struct_size = sizeof(info) };
	size_t k, i, at = 0;

	for (k = 0; !v3npu_model_input_info(model, k, &info); k++) {
		uint8_t *data = v3npu_session_input(session, k);

		if (info.size > input->size - at)
			return false;
		for (i = 0; i < info.size; i++)
			data[i] = input->data[at + i] ^ flip;
		at += info.size;
	}
	return at == input->size;
}

static bool get_outputs(struct v3npu_model *model, struct v3npu_session *session,
			struct pack_bytes *out)
{
	struct v3npu_tensor_info info = { .struct_size = sizeof(info) };
	size_t k;

	for (k = 0; !v3npu_model_output_info(model, k, &info); k++) {
		uint8_t *more = realloc(out->data, out->size + info.size);

		if (!more)
			return false;
		memcpy(more + out->size, v3npu_session_output(session, k), info.size);
		out->data = more;
		out->size += info.size;
	}
	return true;
}

static const char *run(struct v3npu_model *model, struct v3npu_session *session,
		       const struct pack_case *c, struct pack_bytes *out)
{
	if (!set_inputs(model, session, &c->input, 0xff))
		return "the case's input is not the size of the model's inputs";
	if (v3npu_session_run(session))
		return v3npu_error();
	set_inputs(model, session, &c->input, 0);
	if (v3npu_session_run(session))
		return v3npu_error();
	return get_outputs(model, session, out) ? NULL : "out of memory";
}

/* Loads and runs the model; NULL, or what went wrong */
static const char *load_and_run(struct v3npu_device *device, const struct pack_case *c,
				struct pack_bytes *out)
{
	struct v3npu_session *session = NULL;
	struct v3npu_model *model = NULL;
	const char *wrong;

	if (v3npu_model_load(device, c->model.data, c->model.size, NULL, &model) ||
	    v3npu_session_create(model, V3NPU_PRIORITY_NORMAL, &session))
		wrong = v3npu_error();
	else
		wrong = run(model, session, c, out);
	v3npu_session_free(session);
	v3npu_model_free(model);
	return wrong;
}

enum pack_status run_case(struct v3npu_device *device, const struct pack_case *c,
			  struct pack_bytes *result)
{
	char error[V3C_ERROR_SIZE] = "";
	enum pack_status status = compile(device, &c->model, error);
	const char *wrong;

	*result = (struct pack_bytes) {};
	/* Where the CPU helps out in float, the result is not TFLite's, but must be one */
	wrong = load_and_run(device, c, result);
	if (status == PACK_DONE && !wrong)
		return PACK_DONE;
	if (status == PACK_DONE)
		status = PACK_FAILED;
	else
		wrong = error;
	free(result->data);
	result->data = (uint8_t *)strdup(wrong);
	result->size = result->data ? strlen(wrong) : 0;
	return status;
}
