// SPDX-License-Identifier: MIT
/*
 * classify: the most likely classes of one picture.
 *
 *	classify MODEL INPUT [DEVICE]
 *
 * INPUT has the bytes of the model's input tensor and nothing else. DEVICE is accel (the
 * first NPU) unless you name another, such as sim.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <v3npu.h>

#define TOP	5

/* The number that an output's byte, or float, stands for */
static double value(const struct v3npu_tensor_info *info, const void *data, size_t i)
{
	if (info->dtype == V3NPU_FLOAT32)
		return ((const float *)data)[i];
	return info->scale * (((const int8_t *)data)[i] - info->zero_point);
}

static void print_top(const struct v3npu_tensor_info *info, const void *data)
{
	size_t count = info->dtype == V3NPU_FLOAT32 ? info->size / 4 : info->size, i;
	unsigned char seen[count];
	size_t n, best;

	memset(seen, 0, count);
	for (n = 0; n < TOP && n < count; n++) {
		for (i = 0, best = count; i < count; i++)
			if (!seen[i] && (best == count || value(info, data, i) >
					 value(info, data, best)))
				best = i;
		seen[best] = 1;
		printf("class %zu: %.3f\n", best, value(info, data, best));
	}
}

int main(int argc, char **argv)
{
	/* The library fills structures as far as the size says that this program knows them */
	struct v3npu_tensor_info in = { .struct_size = sizeof(in) };
	struct v3npu_tensor_info out = { .struct_size = sizeof(out) };
	struct v3npu_device *device = NULL;
	struct v3npu_model *model = NULL;
	struct v3npu_session *session = NULL;
	FILE *file = argc > 2 ? fopen(argv[2], "rb") : NULL;
	int ret = 1;

	if (!file) {
		fprintf(stderr, "usage: classify MODEL INPUT [DEVICE]; INPUT is there\n");
		return 2;
	}
	if (v3npu_device_open(argc > 3 ? argv[3] : "accel", &device) ||
	    v3npu_model_load_file(device, argv[1], NULL, &model) ||
	    v3npu_model_input_info(model, 0, &in) || v3npu_model_output_info(model, 0, &out) ||
	    v3npu_session_create(model, V3NPU_PRIORITY_NORMAL, &session)) {
		fprintf(stderr, "classify: %s\n", v3npu_error());
	} else if (fread(v3npu_session_input(session, 0), 1, in.size, file) != in.size) {
		fprintf(stderr, "classify: %s has not the input's %zu bytes\n", argv[2], in.size);
	} else if (v3npu_session_run(session)) {
		fprintf(stderr, "classify: %s\n", v3npu_error());
	} else {
		print_top(&out, v3npu_session_output(session, 0));
		ret = 0;
	}
	/* Free what hangs on something before it; NULL is fine */
	v3npu_session_free(session);
	v3npu_model_free(model);
	v3npu_device_close(device);
	fclose(file);
	return ret;
}
