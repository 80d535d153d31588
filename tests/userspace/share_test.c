// SPDX-License-Identifier: MIT
/*
 * Runs that others wait for, end early or share memory with: descriptors to poll,
 * cancelling, dma-bufs as outputs, one session's output as another one's input; on the
 * simulator or on the device that the first argument names.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data.h"
#include "libv3npu/v3npu.h"
#include "tap.h"

#define IN_SIZE		(64 * 64 * 3)
#define OUT_SIZE	(6 * 80)
#define TRIES		20

static struct v3npu_device *device;
static struct v3npu_model *model, *identity;
static char input[IN_SIZE], wanted[OUT_SIZE];

static struct v3npu_session *session_of(struct v3npu_model *m)
{
	struct v3npu_session *s = NULL;

	if (v3npu_session_create(m, V3NPU_PRIORITY_NORMAL, &s))
		return NULL;
	if (v3npu_session_input(s, 0))
		memcpy(v3npu_session_input(s, 0), input, IN_SIZE);
	return s;
}

static bool right(struct v3npu_session *s)
{
	return !memcmp(v3npu_session_output(s, 0), wanted, OUT_SIZE);
}

static bool readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1 && p.revents & POLLIN;
}

/* @what kind of run it is */
static void test_fence(struct v3npu_model *m, const char *what)
{
	struct v3npu_session *s = session_of(m);
	int fd, early = 0, i, ret = 0;

	ok(v3npu_session_fence_fd(s, &fd) == -EINVAL && fd == -1, "%s: no run, no fence: '%s'",
	   what, v3npu_error());
	for (i = 0; i < TRIES && !ret; i++) {
		ret = v3npu_session_submit(s) || v3npu_session_fence_fd(s, &fd);
		early += !readable(fd, 0);
		ret = ret || !readable(fd, 60000) || v3npu_session_wait(s, 0) ||
		      !readable(fd, 0);
		close(fd);
	}
	ok(!ret && early, "%s: a fence becomes readable when the run is done, and stays so", what);
	v3npu_session_submit(s);
	v3npu_session_fence_fd(s, &fd);
	v3npu_session_free(s);
	ok(readable(fd, 60000), "%s: also when the session goes away", what);
	close(fd);
}

static void *cancel(void *s)
{
	usleep(1000);
	return (void *)(intptr_t)v3npu_session_cancel(s);
}

static void test_cancel(struct v3npu_model *m, const char *what)
{
	struct v3npu_session *s = session_of(m);
	int fd, i, ret = 0, idle = 0;
	pthread_t thread;
	void *other;

	ok(v3npu_session_cancel(s) == -EINVAL, "%s: nothing to cancel: '%s'", what, v3npu_error());
	v3npu_session_submit(s);
	v3npu_session_fence_fd(s, &fd);
	ok(!v3npu_session_cancel(s) && !v3npu_session_cancel(s) && readable(fd, 60000),
	   "%s: a run is cancelled, once and again, and its fence readable", what);
	close(fd);
	ret = v3npu_session_wait(s, 60000);
	ok(ret == -ECANCELED && strstr(v3npu_error(), "cancelled"), "%s: wait says so: '%s'", what,
	   v3npu_error());
	ok(!v3npu_session_run(s) && v3npu_session_cancel(s) == -EINVAL,
	   "%s: the next run is as any other", what);
	for (i = 0, ret = 0; i < TRIES && (!ret || ret == -ECANCELED); i++) {
		v3npu_session_submit(s);
		pthread_create(&thread, NULL, cancel, s);
		ret = v3npu_session_wait(s, 60000);
		pthread_join(thread, &other);
		/* The run was over before, or it was cancelled */
		idle += (ret == 0) == ((intptr_t)other == -EINVAL);
	}
	ok(idle == TRIES, "%s: another thread can cancel what this one waits for", what);
	v3npu_session_submit(s);
	usleep(300000);
	ok(!v3npu_session_cancel(s) && v3npu_session_wait(s, -1) == -ECANCELED,
	   "%s: who cancels a run that is done is told that it was", what);
	v3npu_session_submit(s);
	v3npu_session_cancel(s);
	v3npu_session_free(s);
	ok(true, "%s: a session can go away after it was cancelled", what);
}

/* The bytes of a dma-buf, or of the simulator's memfd */
static void *map(int fd, size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* A dma-buf that is another session's output */
static void test_output(void)
{
	struct v3npu_session *owner = session_of(model), *s = session_of(model);
	int fd, again, in;
	char *bytes;

	ok(v3npu_session_export_output(owner, 1, &fd) == -ERANGE && fd == -1,
	   "no second output to export: '%s'", v3npu_error());
	if (!ok(!v3npu_session_export_output(owner, 0, &fd) &&
		!v3npu_session_export_output(owner, 0, &again), "an output as a dma-buf"))
		return;
	close(again);
	ok(!v3npu_session_run(owner) && right(owner), "is still the session's output");
	bytes = map(fd, OUT_SIZE);
	ok(bytes && !memcmp(bytes, wanted, OUT_SIZE), "and has its bytes");
	if (bytes)
		memset(bytes, 0, OUT_SIZE);
	v3npu_session_free(owner);

	ok(v3npu_session_set_output_dmabuf(s, 1, fd) == -ERANGE, "no second output: '%s'",
	   v3npu_error());
	ok(v3npu_session_set_output_dmabuf(s, 0, -1) == -EBADF, "no dma-buf: '%s'",
	   v3npu_error());
	ok(!v3npu_session_set_output_dmabuf(s, 0, fd) && !v3npu_session_output(s, 0),
	   "a dma-buf as output, of a session that is gone");
	ok(!v3npu_session_set_output_dmabuf(s, 0, fd), "it can be set again");
	ok(v3npu_session_export_output(s, 0, &again) == -EINVAL, "it is exported already: '%s'",
	   v3npu_error());
	ok(v3npu_session_set_input_dmabuf(s, 0, fd) == -EINVAL, "not as input, too: '%s'",
	   v3npu_error());
	ok(!v3npu_session_run(s) && bytes && !memcmp(bytes, wanted, OUT_SIZE),
	   "is what a run writes");
	ok(!v3npu_session_export_input(s, 0, &in) && v3npu_session_input(s, 0) &&
	   v3npu_session_set_output_dmabuf(s, 0, in) == -EINVAL, "an input is no output: '%s'",
	   v3npu_error());
	close(in);
	v3npu_session_submit(s);
	ok(v3npu_session_set_output_dmabuf(s, 0, fd) == -EBUSY &&
	   v3npu_session_export_input(s, 0, &in) == -EBUSY, "not during a run: '%s'",
	   v3npu_error());
	v3npu_session_free(s);
	if (bytes)
		munmap(bytes, OUT_SIZE);
	close(fd);
}

/* One model's output is the next one's input, and both are submitted at once */
static void test_chain(struct v3npu_device *other, const char *where)
{
	struct v3npu_model *second = model;
	struct v3npu_session *a = session_of(identity), *b;
	int fd, i, ret = 0, wrong = 0;

	if (other != device)
		v3npu_model_load_file(other, smallnet("tflite"), NULL, &second);
	b = session_of(second);
	if (!ok(!v3npu_session_export_output(a, 0, &fd) &&
		!v3npu_session_set_input_dmabuf(b, 0, fd) && !v3npu_session_input(b, 0),
		"%s: two models are connected", where))
		return;
	close(fd);
	for (i = 0; i < TRIES && !ret; i++) {
		memset((void *)v3npu_session_output(a, 0), 0, IN_SIZE);
		memset((void *)v3npu_session_output(b, 0), 0, OUT_SIZE);
		ret = v3npu_session_submit(a) || v3npu_session_submit(b) ||
		      v3npu_session_wait(b, 60000) || v3npu_session_wait(a, 60000);
		wrong += !right(b);
	}
	ok(!ret && !wrong, "%s: the second reads what the first has written, %d times", where,
	   TRIES);
	v3npu_session_free(a);
	v3npu_session_run(b);
	ok(right(b), "%s: also when the first session is gone", where);
	v3npu_session_free(b);
	if (other != device)
		v3npu_model_free(second);
}

/* The CPU's memory is no dma-buf */
static void test_cpu(void)
{
	struct v3npu_device *cpu = NULL;
	struct v3npu_model *m = NULL;
	struct v3npu_session *s = NULL;
	int fd;

	if (!ok(!v3npu_device_open("cpu", &cpu) &&
		!v3npu_model_load_file(cpu, smallnet("tflite"), NULL, &m) && (s = session_of(m)),
		"a session on the CPU"))
		return;
	ok(v3npu_session_export_output(s, 0, &fd) == -ENOTSUP, "no export: '%s'", v3npu_error());
	ok(v3npu_session_set_output_dmabuf(s, 0, 0) == -ENOTSUP, "no dma-buf: '%s'",
	   v3npu_error());
	v3npu_session_free(s);
	test_fence(m, "cpu");
	test_cancel(m, "cpu");
	v3npu_model_free(m);
	v3npu_device_close(cpu);
}

/* A model in several pieces, on the CPU and the NPU in turn */
static void test_pieces(void)
{
	struct v3npu_tensor_info in = { .struct_size = sizeof(in) };
	struct v3npu_model *m;
	char path[512];

	test_data("V3NPU_CPU_MODELS", "build/tests/cpu/models", "float_middle.tflite", path);
	if (!ok(!v3npu_model_load_file(device, path, NULL, &m), "a model in pieces loads"))
		return;
	v3npu_model_input_info(m, 0, &in);
	if (ok(in.size <= IN_SIZE, "its input is small")) {
		struct v3npu_session *s;
		int i, ret = 0;

		v3npu_session_create(m, V3NPU_PRIORITY_NORMAL, &s);
		memset(v3npu_session_input(s, 0), 0, in.size);
		for (i = 0; i < TRIES && !ret; i++) {
			ret = v3npu_session_submit(s) || v3npu_session_cancel(s) ||
			      v3npu_session_wait(s, 60000) != -ECANCELED;
			ret = ret || v3npu_session_run(s);
		}
		ok(!ret, "runs in pieces are cancelled, and others follow");
		v3npu_session_free(s);
	}
	v3npu_model_free(m);
}

int main(int argc, char **argv)
{
	const char *spec = argc > 1 ? argv[1] : "sim";
	struct v3npu_device *other;
	char path[512];

	if (!read_file(smallnet("raw"), input, IN_SIZE) ||
	    !read_file("tests/models/smallnet.out", wanted, OUT_SIZE) ||
	    !ok(!v3npu_device_open(spec, &device), "%s opens", spec))
		return done();
	if (ok(!v3npu_model_load_file(device, smallnet("tflite"), NULL, &model) &&
	       !v3npu_model_load_file(device, test_data("V3NPU_SMALLNET", "build/tests",
							"identity.tflite", path), NULL, &identity),
	       "two models load")) {
		test_fence(model, spec);
		test_cancel(model, spec);
		test_output();
		test_chain(device, "on one device");
		if (strcmp(spec, "sim") && ok(!v3npu_device_open(spec, &other), "opens again")) {
			test_chain(other, "on two opened ones");
			v3npu_device_close(other);
		}
		test_pieces();
		test_cpu();
	}
	v3npu_model_free(identity);
	v3npu_model_free(model);
	v3npu_device_close(device);
	return done();
}
