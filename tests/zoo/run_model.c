// SPDX-License-Identifier: MIT
/*
 * run_model MODEL INPUTS OUTPUTS: runs a model on the simulator, with inputs that
 * depend on nothing but their types and sizes, and writes these and the outputs, one
 * after the other. Prints a line for each tensor, and how many operators the NPU and
 * the CPU have.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libv3npu/v3npu.h"

static const char *const names[] = {
	[V3NPU_INT8] = "int8", [V3NPU_FLOAT32] = "float32", [V3NPU_INT32] = "int32",
	[V3NPU_INT64] = "int64", [V3NPU_UINT8] = "uint8",
};

static uint32_t state = 12345;

/* A linear congruential generator's upper bits */
static uint32_t draw(void)
{
	state = state * 1664525 + 1013904223;
	return state >> 16;
}

/* Floats in 0..1, as pictures are; indices that are small */
static void fill(void *to, const struct v3npu_tensor_info *info)
{
	size_t i;

	for (i = 0; info->dtype == V3NPU_FLOAT32 && i < info->size / 4; i++)
		((float *)to)[i] = draw() / 65536.0f;
	for (i = 0; info->dtype == V3NPU_INT32 && i < info->size / 4; i++)
		((int32_t *)to)[i] = draw() % 16;
	for (i = 0; info->dtype == V3NPU_INT64 && i < info->size / 8; i++)
		((int64_t *)to)[i] = draw() % 16;
	for (i = 0; (info->dtype == V3NPU_INT8 || info->dtype == V3NPU_UINT8) && i < info->size; i++)
		((uint8_t *)to)[i] = draw() >> 8;
}

static void put(FILE *f, const char *what, const struct v3npu_tensor_info *info, const void *data)
{
	printf("%s %s %zu\n", what, names[info->dtype], info->size);
	if (fwrite(data, 1, info->size, f) != info->size)
		err(1, "%s", what);
}

int main(int argc, char **argv)
{
	struct v3npu_tensor_info info = { .struct_size = sizeof(info) };
	struct v3npu_model_info all = { .struct_size = sizeof(all) };
	struct v3npu_session *session;
	struct v3npu_device *device;
	struct v3npu_model *model;
	FILE *in, *out;
	size_t k;

	if (argc != 4)
		errx(2, "usage: run_model MODEL INPUTS OUTPUTS");
	if (v3npu_device_open("sim", &device) ||
	    v3npu_model_load_file(device, argv[1], NULL, &model) ||
	    v3npu_session_create(model, V3NPU_PRIORITY_NORMAL, &session))
		errx(1, "%s", v3npu_error());
	in = fopen(argv[2], "wb");
	out = fopen(argv[3], "wb");
	if (!in || !out)
		err(1, "%s or %s", argv[2], argv[3]);
	for (k = 0; !v3npu_model_input_info(model, k, &info); k++) {
		fill(v3npu_session_input(session, k), &info);
		put(in, "input", &info, v3npu_session_input(session, k));
	}
	if (v3npu_session_run(session))
		errx(1, "%s", v3npu_error());
	for (k = 0; !v3npu_model_output_info(model, k, &info); k++)
		put(out, "output", &info, v3npu_session_output(session, k));
	v3npu_model_get_info(model, &all);
	printf("operators %u %u\n", all.operators_npu, all.operators_cpu);
	if (fclose(in) || fclose(out))
		err(1, "%s or %s", argv[2], argv[3]);
	v3npu_session_free(session);
	v3npu_model_free(model);
	v3npu_device_close(device);
	return 0;
}
