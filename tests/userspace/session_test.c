// SPDX-License-Identifier: MIT
/*
 * The public API: models and sessions, with the small network of tests/models,
 * on the simulator or on the device that the first argument names.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#include "data.h"
#include "drm/v3npu_accel.h"
#include "libv3npu/v3npu.h"
#include "tap.h"

#define IN_SIZE	(64 * 64 * 3)
#define OUT_SIZE (6 * 80)

static struct v3npu_device *device;
static struct v3npu_model *model;
static char input[IN_SIZE], wanted[OUT_SIZE];

static bool right(struct v3npu_session *s)
{
	return !memcmp(v3npu_session_output(s, 0), wanted, OUT_SIZE);
}

static void test_info(void)
{
	struct v3npu_model_info info = { .struct_size = sizeof(info) };
	struct v3npu_tensor_info t = { .struct_size = sizeof(t) };

	v3npu_model_get_info(model, &info);
	ok(info.inputs == 1 && info.outputs == 1 && info.commands && info.macs &&
	   info.consts_size && info.metadata && strstr(info.metadata, "red disc"),
	   "what the model is");
	ok(!v3npu_model_input_info(model, 0, &t) && t.rank == 4 && t.dim[1] == 64 &&
	   t.dim[3] == 3 && t.size == IN_SIZE && t.zero_point == -128 && t.scale > 0.0039f &&
	   t.scale < 0.004f && t.name,
	   "what its input is");
	ok(!v3npu_model_output_info(model, 0, &t) && t.rank == 3 && t.dim[1] == 6 &&
	   t.dim[2] == 80 && t.size == OUT_SIZE, "what its output is");
	ok(v3npu_model_input_info(model, 1, &t) == -ERANGE, "no second input: '%s'", v3npu_error());
	ok(v3npu_model_tensor_info(model, 1000, &t) == -ERANGE, "no tensor 1000: '%s'",
	   v3npu_error());
}

static void test_run(void)
{
	struct v3npu_run_stats stats = { .struct_size = sizeof(stats) };
	struct v3npu_session *s;
	int i, ret = 0, wrong = 0;

	ok(v3npu_session_create(model, 4, &s) == -EINVAL && !s, "no priority 4: '%s'",
	   v3npu_error());
	if (!ok(!v3npu_session_create(model, V3NPU_PRIORITY_NORMAL, &s), "a session"))
		return;
	ok(v3npu_session_get_stats(s, &stats) == -EINVAL, "no run, no counters: '%s'",
	   v3npu_error());
	ok(v3npu_session_wait(s, -1) == -EINVAL, "no run, no wait: '%s'", v3npu_error());
	ok(!v3npu_session_input(s, 1) && !v3npu_session_output(s, 1), "no second input or output");
	memcpy(v3npu_session_input(s, 0), input, IN_SIZE);
	for (i = 0; i < 3 && !ret; i++) {
		ret = v3npu_session_run(s);
		wrong += !right(s);
	}
	ok(!ret && !wrong, "three runs give TensorFlow Lite's bytes");
	ok(!v3npu_session_get_stats(s, &stats) && stats.cycles && stats.macs && stats.commands &&
	   stats.wall_ms > 0, "and counters");

	memset((void *)v3npu_session_output(s, 0), 0, OUT_SIZE);
	ret = v3npu_session_submit(s);
	ok(!ret && v3npu_session_submit(s) == -EBUSY, "one run at a time: '%s'", v3npu_error());
	ok(v3npu_session_set_input_dmabuf(s, 0, -1) == -EBUSY, "inputs stay during a run");
	while ((ret = v3npu_session_wait(s, 0)) == -ETIMEDOUT)
		usleep(1000);
	ok(!ret && right(s), "submit and wait");
	v3npu_session_submit(s);
	v3npu_session_free(s);
	ok(true, "a session can go away during a run");
}

/* The CPU's runs: one that is not over at once when it begins, in many tries, is waited for */
static void test_cpu_wait(void)
{
	struct v3npu_device *cpu;
	struct v3npu_model *m = NULL;
	struct v3npu_session *s = NULL;
	int i, ret = 0, polls = 0;

	if (!ok(!v3npu_device_open("cpu", &cpu) && !v3npu_model_load_file(cpu, smallnet("tflite"), NULL, &m) &&
		!v3npu_session_create(m, V3NPU_PRIORITY_NORMAL, &s), "a session on the CPU"))
		return;
	for (i = 0; i < 100 && !ret && !polls; i++) {
		ret = v3npu_session_submit(s);
		if (ret)
			break;
		ret = v3npu_session_wait(s, 0);
		polls += ret == -ETIMEDOUT;
		if (ret == -ETIMEDOUT)
			ret = v3npu_session_wait(s, 60000);
	}
	ok(!ret && polls, "wait(0) polls, and wait(60000) waits for what the CPU computes");
	v3npu_session_free(s);
	v3npu_model_free(m);
	v3npu_device_close(cpu);
}

/*
 * Memory that somebody else made, as a dma-buf, with the input's first @size
 * bytes in it: a buffer of another open file of the NPU's node. The simulator
 * takes any file that can be mapped.
 */
static int make_dmabuf(size_t size)
{
	struct drm_v3npu_bo_create create = { .size = size };
	struct drm_v3npu_bo_mmap_offset offset = {};
	struct v3npu_device_info info = { .struct_size = sizeof(info) };
	int fd, dmabuf = -1;
	void *map;

	v3npu_device_get_info(device, &info);
	if (!strcmp(info.name, "sim")) {
		fd = memfd_create("input", 0);
		return write(fd, input, size) == (ssize_t)size ? fd : -1;
	}
	fd = open(info.name, O_RDWR);
	if (drmIoctl(fd, DRM_IOCTL_V3NPU_BO_CREATE, &create))
		return -1;
	offset.handle = create.handle;
	drmIoctl(fd, DRM_IOCTL_V3NPU_BO_MMAP_OFFSET, &offset);
	map = mmap(NULL, create.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset.offset);
	if (map != MAP_FAILED) {
		memcpy(map, input, size);
		munmap(map, create.size);
		drmPrimeHandleToFD(fd, create.handle, DRM_CLOEXEC, &dmabuf);
	}
	close(fd);
	return dmabuf;
}

static void test_dmabuf(void)
{
	int small = make_dmabuf(IN_SIZE - 4096), whole = make_dmabuf(IN_SIZE);
	struct v3npu_session *s, *other;

	if (!ok(small >= 0 && whole >= 0, "two dma-bufs"))
		return;
	v3npu_session_create(model, V3NPU_PRIORITY_NORMAL, &s);
	v3npu_session_create(model, V3NPU_PRIORITY_NORMAL, &other);
	ok(v3npu_session_set_input_dmabuf(s, 0, small) == -EINVAL &&
	   strstr(v3npu_error(), "8192 bytes"), "an input too small: '%s'", v3npu_error());
	ok(v3npu_session_set_input_dmabuf(s, 0, -1) == -EBADF, "an input that is none: '%s'",
	   v3npu_error());
	ok(v3npu_session_set_input_dmabuf(s, 1, whole) == -ERANGE, "no second input: '%s'",
	   v3npu_error());
	ok(!v3npu_session_set_input_dmabuf(s, 0, whole) &&
	   !v3npu_session_set_input_dmabuf(other, 0, whole) && !v3npu_session_input(s, 0),
	   "a dma-buf as two sessions' input");
	close(whole);
	close(small);
	ok(!v3npu_session_run(s) && right(s), "is what a run reads");
	v3npu_session_free(s);
	ok(!v3npu_session_run(other) && right(other), "also when the other session is gone");
	v3npu_session_free(other);
}

static void test_tensors(void)
{
	const struct v3npu_model_options keep = { .struct_size = sizeof(keep), .keep_tensors = 1 };
	struct v3npu_model_info info = { .struct_size = sizeof(info) };
	struct v3npu_tensor_info t = { .struct_size = sizeof(t) };
	struct v3npu_session *s;
	struct v3npu_model *m;
	size_t k, failures = 0;

	if (!ok(!v3npu_model_load_file(device, smallnet("tflite"), &keep, &m), "a model that keeps its tensors"))
		return;
	v3npu_model_get_info(m, &info);
	v3npu_session_create(m, V3NPU_PRIORITY_NORMAL, &s);
	memcpy(v3npu_session_input(s, 0), input, IN_SIZE);
	ok(!v3npu_session_run(s) && right(s), "gives the same output");
	for (k = 0; k < info.tensors; k++) {
		void *data;

		failures += !!v3npu_model_tensor_info(m, k, &t);
		data = malloc(t.size);
		failures += !!v3npu_session_read_tensor(s, k, data);
		free(data);
	}
	ok(info.tensors > 10 && !failures, "and %zu tensors can be read", info.tensors);
	ok(v3npu_session_read_tensor(s, info.tensors, NULL) == -ERANGE, "no more: '%s'",
	   v3npu_error());
	v3npu_session_free(s);
	v3npu_model_free(m);
}

static void *many(void *arg)
{
	struct v3npu_session *s;
	intptr_t wrong = 0;
	int i;

	if (v3npu_session_create(model, (intptr_t)arg % 4, &s))
		return (void *)-1;
	memcpy(v3npu_session_input(s, 0), input, IN_SIZE);
	for (i = 0; i < 10; i++) {
		memset((void *)v3npu_session_output(s, 0), 0, OUT_SIZE);
		wrong += v3npu_session_run(s) || !right(s);
	}
	v3npu_session_free(s);
	return (void *)wrong;
}

static void test_threads(void)
{
	pthread_t threads[4];
	intptr_t wrong = 0, i;
	void *ret;

	for (i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, many, (void *)i);
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], &ret);
		wrong += (intptr_t)ret;
	}
	ok(!wrong, "4 threads with a session each: %ld runs were wrong", (long)wrong);
}

int main(int argc, char **argv)
{
	const char *spec = argc > 1 ? argv[1] : "sim";
	struct v3npu_model *m;
	int ret;

	if (!read_file(smallnet("raw"), input, IN_SIZE) ||
	    !read_file("tests/models/smallnet.out", wanted, OUT_SIZE) ||
	    !ok(!v3npu_device_open(spec, &device), "%s opens", spec))
		return done();
	ret = v3npu_model_load_file(device, "tests", NULL, &m);
	ok(ret == -EINVAL && !m, "a directory is no model: '%s'", v3npu_error());
	ret = v3npu_model_load(device, "no model at all", 15, NULL, &m);
	ok(ret < 0 && !m && v3npu_error()[0], "text is no model: '%s'", v3npu_error());
	ret = v3npu_model_load_file(device, smallnet("tflite"), NULL, &model);
	if (ok(!ret, "the model loads: '%s'", ret ? v3npu_error() : "")) {
		test_info();
		test_run();
		test_dmabuf();
		test_tensors();
		test_threads();
		test_cpu_wait();
		v3npu_model_free(model);
	}
	v3npu_device_close(device);
	v3npu_device_close(NULL);
	v3npu_model_free(NULL);
	v3npu_session_free(NULL);
	return done();
}
