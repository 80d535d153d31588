// SPDX-License-Identifier: MIT
/*
 * Memory that runs out: each allocation fails once, from opening a device to an
 * inference's end. What was made until then is freed, which AddressSanitizer
 * looks at, and the error says what happened.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "libv3npu/v3npu.h"
#include "data.h"
#include "tap.h"


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
		silent += ret && !v3npu_error()[0];
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
	test_each("cpu", smallnet("tflite"));
	/* Five pieces, on the CPU and the NPU in turn */
	test_each("sim", test_data("V3NPU_CPU_MODELS", "build/tests/cpu/models",
				   "float_middle.tflite", path));
	return done();
}
