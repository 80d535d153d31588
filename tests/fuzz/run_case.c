// SPDX-License-Identifier: MIT
#include "run_case.h"

#include <errno.h>

/* Gives the inputs their bytes, each with @flip's bits inverted */
static bool set_inputs(struct v3npu_model *model, struct v3npu_session *session,
		       const struct pack_bytes *input, uint8_t flip)
{
	struct v3npu_tensor_info info;
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
	struct v3npu_tensor_info info;
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

enum pack_status run_case(struct v3npu_device *device, const struct pack_case *c,
			  struct pack_bytes *result)
{
	enum pack_status status = PACK_FAILED;
	struct v3npu_session *session = NULL;
	struct v3npu_model *model = NULL;
	const char *wrong = NULL;
	int ret;

	*result = (struct pack_bytes) {};
	ret = v3npu_model_load(device, c->model.data, c->model.size, NULL, &model);
	if (ret) {
		status = ret == -ENOTSUP ? PACK_REFUSED : ret == -EINVAL ? PACK_DAMAGED :
			 PACK_FAILED;
		wrong = v3npu_error();
	} else if (v3npu_session_create(model, V3NPU_PRIORITY_NORMAL, &session)) {
		wrong = v3npu_error();
	} else {
		wrong = run(model, session, c, result);
	}
	if (wrong) {
		free(result->data);
		result->data = (uint8_t *)strdup(wrong);
		result->size = result->data ? strlen(wrong) : 0;
	} else {
		status = PACK_DONE;
	}
	v3npu_session_free(session);
	v3npu_model_free(model);
	return status;
}
