// SPDX-License-Identifier: MIT
/*
 * detect: the objects that a YOLO model finds in one picture.
 *
 *	detect MODEL INPUT [DEVICE]
 *
 * INPUT has the bytes of the model's input tensor and nothing else: v3run is the tool that
 * reads JPEG and PNG. The output is [1, 4 + classes, candidates]: rows of each candidate's
 * centre and size as parts of the picture, then a row of scores for each class.
 */
#include <stdint.h>
#include <stdio.h>
#include <v3npu.h>

#define LOWEST_SCORE	0.5f

static int detect(const struct v3npu_tensor_info *out, const int8_t *data)
{
	uint32_t rows = out->dim[1], count = out->dim[2], row, i;
	int k;

	if (out->rank != 3 || rows < 5 || out->dtype != V3NPU_INT8) {
		fprintf(stderr, "detect: the output is not a detector's of int8\n");
		return -1;
	}
	for (i = 0; i < count; i++) {
		uint32_t best = 4;
		float box[4], score;

		/* Bytes compare as the numbers that they stand for */
		for (row = 5; row < rows; row++)
			if (data[row * count + i] > data[best * count + i])
				best = row;
		score = out->scale * (data[best * count + i] - out->zero_point);
		if (score < LOWEST_SCORE)
			continue;
		for (k = 0; k < 4; k++)
			box[k] = out->scale * (data[k * count + i] - out->zero_point);
		/* Neighbours find the same object; a real program keeps the best of them */
		printf("class %u, score %.2f: %.2f,%.2f to %.2f,%.2f\n", best - 4, score,
		       box[0] - box[2] / 2, box[1] - box[3] / 2, box[0] + box[2] / 2,
		       box[1] + box[3] / 2);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct v3npu_tensor_info in = { .struct_size = sizeof(in) };
	struct v3npu_tensor_info out = { .struct_size = sizeof(out) };
	struct v3npu_device *device = NULL;
	struct v3npu_model *model = NULL;
	struct v3npu_session *session = NULL;
	FILE *file = argc > 2 ? fopen(argv[2], "rb") : NULL;
	int ret = 1;

	if (!file) {
		fprintf(stderr, "usage: detect MODEL INPUT [DEVICE]; INPUT is there\n");
		return 2;
	}
	if (v3npu_device_open(argc > 3 ? argv[3] : "accel", &device) ||
	    v3npu_model_load_file(device, argv[1], NULL, &model) ||
	    v3npu_model_input_info(model, 0, &in) || v3npu_model_output_info(model, 0, &out) ||
	    v3npu_session_create(model, V3NPU_PRIORITY_NORMAL, &session))
		fprintf(stderr, "detect: %s\n", v3npu_error());
	else if (fread(v3npu_session_input(session, 0), 1, in.size, file) != in.size)
		fprintf(stderr, "detect: %s has not the input's %zu bytes\n", argv[2], in.size);
	else if (v3npu_session_run(session))
		fprintf(stderr, "detect: %s\n", v3npu_error());
	else
		ret = detect(&out, v3npu_session_output(session, 0)) ? 1 : 0;
	v3npu_session_free(session);
	v3npu_model_free(model);
	v3npu_device_close(device);
	fclose(file);
	return ret;
}
