// SPDX-License-Identifier: MIT
/*
 * v3crc: the crc32 of every tensor that a run leaves in memory, in execution
 * order. Compared with a list from elsewhere, the first row that differs names
 * the operator that does.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/tool.h"
#include "libv3npu/v3npu.h"
#include "raw.h"

static const char usage[] =
"Usage: v3crc MODEL.tflite IN[,IN...] [--device DEVICE]\n"
"       v3crc --version\n"
"Run a model on IN, its inputs' bytes or .npy files, and print a row for each tensor\n"
"that is left in memory: number in the model, shape, bytes, crc32. DEVICE: see\n"
"v3run --help.\n";

struct crc {
	struct v3npu_device *device;
	struct v3npu_model *model;
	struct v3npu_session *session;
	struct tool_error error;
};

static int fail_library(struct crc *c)
{
	return tool_fail(&c->error, "%s", v3npu_error());
}

static void print_row(const struct v3npu_tensor_info *t, const void *data)
{
	int i;

	printf("%d\t", t->index);
	for (i = 0; i < t->rank; i++)
		printf("%s%u", i ? "x" : "", t->dim[i]);
	printf("\t%zu\t%08lx\n", t->size, crc32_z(0, data, t->size));
}

static int print_tensors(struct crc *c, const struct v3npu_model_info *info)
{
	struct v3npu_tensor_info t = { .struct_size = sizeof(t) };
	size_t k;

	puts("tensor\tshape\tbytes\tcrc32");
	for (k = 0; k < info->tensors; k++) {
		void *data;

		if (v3npu_model_tensor_info(c->model, k, &t))
			return fail_library(c);
		data = malloc(t.size);
		if (!data)
			return tool_fail(&c->error, "out of memory");
		if (v3npu_session_read_tensor(c->session, k, data)) {
			free(data);
			return fail_library(c);
		}
		print_row(&t, data);
		free(data);
	}
	for (k = 0; k < info->outputs; k++) {
		if (v3npu_model_output_info(c->model, k, &t))
			return fail_library(c);
		print_row(&t, v3npu_session_output(c->session, k));
	}
	return 0;
}

static int run(struct crc *c, const char *path, const char *input)
{
	const struct v3npu_model_options options = {
		.struct_size = sizeof(options),
		.keep_tensors = 1,
	};
	struct v3npu_model_info info = { .struct_size = sizeof(info) };

	if (v3npu_model_load_file(c->device, path, &options, &c->model) ||
	    v3npu_session_create(c->model, V3NPU_PRIORITY_NORMAL, &c->session))
		return fail_library(c);
	v3npu_model_get_info(c->model, &info);
	if (raw_feed(c->model, c->session, input, &c->error))
		return -1;
	if (v3npu_session_run(c->session))
		return fail_library(c);
	return print_tensors(c, &info);
}

int main(int argc, char **argv)
{
	const char *device = "accel";
	struct crc c = {};
	int ret;

	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "--version")) {
		printf("v3crc %s\n", v3npu_version());
		return 0;
	}
	if (argc == 5 && !strcmp(argv[3], "--device")) {
		device = argv[4];
	} else if (argc != 3 || argv[1][0] == '-' || argv[2][0] == '-') {
		fputs("v3crc: wrong arguments; use: v3crc MODEL.tflite IN[,IN...] [--device DEVICE]\n",
		      stderr);
		return TOOL_USAGE;
	}
	ret = v3npu_device_open(device, &c.device);
	if (ret) {
		fprintf(stderr, "v3crc: %s\n", v3npu_error());
		return ret == -EINVAL ? TOOL_USAGE : TOOL_FAILED;
	}
	ret = run(&c, argv[1], argv[2]);
	if (!ret && fflush(stdout))
		ret = tool_fail(&c.error, "standard output: %s", strerror(errno));
	if (ret)
		fprintf(stderr, "v3crc: %s\n", c.error.text);
	v3npu_session_free(c.session);
	v3npu_model_free(c.model);
	v3npu_device_close(c.device);
	return ret ? TOOL_FAILED : 0;
}
