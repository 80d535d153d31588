// SPDX-License-Identifier: MIT
/*
 * chain: two models, of which the second reads what the first writes, without a copy.
 *
 *	chain FIRST SECOND INPUT OUTPUT [DEVICE]
 *
 * INPUT has the bytes of the first model's input, OUTPUT gets those of the second's output.
 */
#include <stdio.h>
#include <unistd.h>
#include <v3npu.h>

/* Makes the second session's input the memory that the first one's output is in */
static int connect_sessions(struct v3npu_session *first, struct v3npu_session *second)
{
	int fd, ret;

	if (v3npu_session_export_output(first, 0, &fd))
		return -1;
	ret = v3npu_session_set_input_dmabuf(second, 0, fd);
	/* The sessions hold the memory; the descriptor was only for handing it over */
	close(fd);
	return ret;
}

/* Both are submitted at once: the second run waits for the fence that the first has left */
static int run(struct v3npu_session *first, struct v3npu_session *second)
{
	if (v3npu_session_submit(first))
		return -1;
	if (v3npu_session_submit(second)) {
		v3npu_session_wait(first, -1);
		return -1;
	}
	/* Of the first, too: a run that failed leaves nothing for the second to read */
	if (v3npu_session_wait(first, -1)) {
		v3npu_session_cancel(second);
		return -1;
	}
	return v3npu_session_wait(second, -1);
}

int main(int argc, char **argv)
{
	struct v3npu_tensor_info in = { .struct_size = sizeof(in) };
	struct v3npu_tensor_info out = { .struct_size = sizeof(out) };
	struct v3npu_device *device = NULL;
	struct v3npu_model *models[2] = { NULL, NULL };
	struct v3npu_session *s[2] = { NULL, NULL };
	FILE *from = argc > 4 ? fopen(argv[3], "rb") : NULL;
	FILE *to = argc > 4 ? fopen(argv[4], "wb") : NULL;
	int ret = 1;

	if (!from || !to)
		fprintf(stderr, "usage: chain FIRST SECOND INPUT OUTPUT [DEVICE]\n");
	else if (v3npu_device_open(argc > 5 ? argv[5] : "accel", &device) ||
		 v3npu_model_load_file(device, argv[1], NULL, &models[0]) ||
		 v3npu_model_load_file(device, argv[2], NULL, &models[1]) ||
		 v3npu_model_input_info(models[0], 0, &in) ||
		 v3npu_model_output_info(models[1], 0, &out) ||
		 v3npu_session_create(models[0], V3NPU_PRIORITY_NORMAL, &s[0]) ||
		 v3npu_session_create(models[1], V3NPU_PRIORITY_NORMAL, &s[1]) ||
		 connect_sessions(s[0], s[1]))
		fprintf(stderr, "chain: %s\n", v3npu_error());
	else if (fread(v3npu_session_input(s[0], 0), 1, in.size, from) != in.size)
		fprintf(stderr, "chain: %s has not the input's %zu bytes\n", argv[3], in.size);
	else if (run(s[0], s[1]))
		fprintf(stderr, "chain: %s\n", v3npu_error());
	else if (fwrite(v3npu_session_output(s[1], 0), 1, out.size, to) != out.size || fflush(to))
		perror(argv[4]);
	else
		ret = 0;
	v3npu_session_free(s[0]);
	v3npu_session_free(s[1]);
	v3npu_model_free(models[0]);
	v3npu_model_free(models[1]);
	v3npu_device_close(device);
	return ret;
}
