// SPDX-License-Identifier: MIT
/*
 * Memory that runs out: each allocation fails once, from opening a device to an
 * inference's end, and in what is done with models, runs and pictures beside that. What was
 * made until then is freed, which AddressSanitizer looks at, and the error says what happened.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data.h"
#include "tap.h"
#include "vision/v3npu_vision.h"

/* The linker gives these the library's calls */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

/* Allocations until one fails; threads of the simulator count, too */
static int left = INT_MAX;

static bool fails(void)
{
	if (__atomic_fetch_sub(&left, 1, __ATOMIC_RELAXED))
		return false;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

/* A run in whose place others are: 0, or the error that is not the run's own */
static int submit_and_cancel(struct v3npu_session *s)
{
	int fd, ret = v3npu_session_submit(s);

	if (ret)
		return ret;
	ret = v3npu_session_fence_fd(s, &fd);
	if (!ret)
		close(fd);
	v3npu_session_cancel(s);
	v3npu_session_wait(s, -1);
	return ret;
}

/* What the CPU's memory cannot do is no error here */
static int share(struct v3npu_model *model, struct v3npu_session *s)
{
	struct v3npu_session *other = NULL;
	int fd = -1, ret = v3npu_session_export_output(s, 0, &fd);

	if (ret == -ENOTSUP)
		return 0;
	if (!ret)
		ret = v3npu_session_create(model, V3NPU_PRIORITY_NORMAL, &other);
	if (!ret)
		ret = v3npu_session_set_output_dmabuf(other, 0, fd);
	if (fd >= 0)
		close(fd);
	v3npu_session_free(other);
	return ret == -ENOTSUP ? 0 : ret;
}

static int look(struct v3npu_device *device, struct v3npu_model *model, const char *path)
{
	struct v3npu_analysis *analysis = NULL;
	struct v3npu_profile *profile = NULL;
	int ret = v3npu_analyze_file(device, path, &analysis);

	v3npu_analysis_free(analysis);
	if (!ret || ret == -ENOTSUP)
		ret = v3npu_model_profile(model, &profile);
	v3npu_profile_free(profile);
	if (!ret || ret == -ENOTSUP)
		ret = v3npu_model_save(model, "/dev/null/no-file");
	return ret == -ENOTSUP || ret == -ENOTDIR ? 0 : ret;
}

/* What was found in a picture, drawn into it, in a file; 0 or the first error */
static int find(struct v3npu_model *model, struct v3npu_session *s)
{
	struct v3npu_detections *found = NULL;
	struct v3npu_detector *detector = NULL;
	struct v3npu_image *image = NULL;
	char path[512];
	int ret;

	ret = v3npu_image_read(test_data("V3NPU_SMALLNET", "build/tests", "smallnet.png", path),
			       &image);
	if (!ret)
		ret = v3npu_detector_create(model, &detector);
	if (!ret)
		ret = v3npu_detector_run(detector, s, image, NULL, &found);
	if (!ret) {
		v3npu_detections_draw(found, image);
		ret = v3npu_image_write_png(image, "/dev/null");
	}
	v3npu_detections_free(found);
	v3npu_detector_free(detector);
	v3npu_image_free(image);
	return ret == -ENOTSUP ? 0 : ret;
}

/* Opens, loads, makes a session and runs it; 0 or the first error */
static int run(const char *spec, const char *path)
{
	struct v3npu_device *device;
	struct v3npu_model *model = NULL;
	struct v3npu_session *s = NULL;
	int ret;

	ret = v3npu_device_open(spec, &device);
	if (!ret)
		ret = v3npu_model_load_file(device, path, NULL, &model);
	if (!ret)
		ret = v3npu_session_create(model, V3NPU_PRIORITY_NORMAL, &s);
	if (!ret) {
		memset(v3npu_session_input(s, 0), 0, 64);
		ret = v3npu_session_run(s);
	}
	if (!ret)
		ret = submit_and_cancel(s);
	if (!ret)
		ret = share(model, s);
	if (!ret)
		ret = look(device, model, path);
	if (!ret)
		ret = find(model, s);
	v3npu_session_free(s);
	v3npu_model_free(model);
	v3npu_device_close(device);
	return ret;
}

static void test_each(const char *spec, const char *path)
{
	int n = 0, ret, other = 0, silent = 0;
	bool failed;

	do {
		left = n++;
		ret = run(spec, path);
		failed = left < 0;
		other += ret && ret != -ENOMEM;
		silent += ret && !v3npu_error()[0] && !v3npu_vision_error()[0];
	} while (failed);
	left = INT_MAX;
	ok(n > 20 && !ret, "%s, %s: it runs after %d allocations that failed", spec, path, n);
	ok(!other, "%s: %d errors were not ENOMEM", spec, other);
	ok(!silent, "%s: %d errors had no text", spec, silent);
}

int main(void)
{
	char path[512];

	test_each("sim", smallnet("tflite"));
	test_each("cpu:threads=2", smallnet("tflite"));
	/* Five pieces, on the CPU and the NPU in turn */
	test_each("sim", test_data("V3NPU_CPU_MODELS", "build/tests/cpu/models",
				   "float_middle.tflite", path));
	return done();
}
