// SPDX-License-Identifier: MIT
/*
 * threads: several threads that use one model at the same time.
 *
 *	threads MODEL [DEVICE]
 *
 * The device and the model are shared. A session has the buffers of one inference, so each
 * thread makes one of its own; the NPU takes turns between them.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <v3npu.h>

#define THREADS	4
#define RUNS	8

/* What a thread is given, and what it gives back */
struct worker {
	struct v3npu_model *model;
	size_t input_size;
	int number;
	int done;
	char error[256];
};

static void *work(void *arg)
{
	struct worker *w = arg;
	struct v3npu_session *session = NULL;

	if (!v3npu_session_create(w->model, V3NPU_PRIORITY_NORMAL, &session)) {
		memset(v3npu_session_input(session, 0), 10 * w->number, w->input_size);
		while (w->done < RUNS && !v3npu_session_run(session))
			w->done++;
	}
	/* The error line is the thread's own: whoever joins it cannot ask for it */
	if (w->done < RUNS)
		snprintf(w->error, sizeof(w->error), "%s", v3npu_error());
	v3npu_session_free(session);
	return NULL;
}

int main(int argc, char **argv)
{
	struct v3npu_tensor_info in = { .struct_size = sizeof(in) };
	struct v3npu_device *device = NULL;
	struct v3npu_model *model = NULL;
	struct worker workers[THREADS] = { 0 };
	pthread_t threads[THREADS];
	int i, started = 0, ret = 1;

	if (argc < 2) {
		fprintf(stderr, "usage: threads MODEL [DEVICE]\n");
		return 2;
	}
	if (v3npu_device_open(argc > 2 ? argv[2] : "accel", &device) ||
	    v3npu_model_load_file(device, argv[1], NULL, &model) ||
	    v3npu_model_input_info(model, 0, &in)) {
		fprintf(stderr, "threads: %s\n", v3npu_error());
	} else {
		for (; started < THREADS; started++) {
			workers[started] = (struct worker){ model, in.size, started, 0, "" };
			if (pthread_create(&threads[started], NULL, work, &workers[started]))
				break;
		}
		ret = started < THREADS;
	}
	for (i = 0; i < started; i++) {
		pthread_join(threads[i], NULL);
		printf("thread %d: %d runs %s\n", i, workers[i].done, workers[i].error);
		ret |= workers[i].done < RUNS;
	}
	v3npu_model_free(model);
	v3npu_device_close(device);
	return ret;
}
