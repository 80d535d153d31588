// SPDX-License-Identifier: MIT
/*
 * Small models of tests/cpu/ops.py on the CPU, and with the simulator as NPU,
 * against what TensorFlow Lite made of them.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libv3npu/v3npu.h"
#include "userspace/tap.h"

#define MAX_BYTES	65536

struct test {
	char name[64];
	double tolerance;
	unsigned int pieces;
};

static const char *directory;
static char input[MAX_BYTES], wanted[MAX_BYTES];

static size_t read_file(const char *name, const char *end, void *data)
{
	char path[512];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s%s", directory, name, end);
	f = fopen(path, "rb");
	if (f) {
		n = fread(data, 1, MAX_BYTES, f);
		fclose(f);
	}
	return n;
}

/* The largest difference, relative to numbers that are larger than 1; indices have none */
static double difference(const float *got, const struct v3npu_tensor_info *out)
{
	const float *want = (const float *)wanted;
	size_t i, count = out->size / sizeof(float);
	double most = 0;

	if (out->dtype != V3NPU_FLOAT32)
		return memcmp(got, wanted, out->size) ? INFINITY : 0;
	for (i = 0; i < count; i++) {
		double d = fabs(got[i] - want[i]) / fmax(1, fabs(want[i]));

		if (!(d <= most))
			most = d;
	}
	return most;
}

static void run(struct v3npu_device *device, struct v3npu_model *model, const struct test *t)
{
	struct v3npu_tensor_info in = { .struct_size = sizeof(in) };
	struct v3npu_tensor_info out = { .struct_size = sizeof(out) };
	struct v3npu_run_stats stats = { .struct_size = sizeof(stats) };
	struct v3npu_device_info where = { .struct_size = sizeof(where) };
	struct v3npu_model_info info = { .struct_size = sizeof(info) };
	struct v3npu_session *s;
	double d = INFINITY;
	int i, ret;

	v3npu_device_get_info(device, &where);
	v3npu_model_get_info(model, &info);
	v3npu_model_input_info(model, 0, &in);
	v3npu_model_output_info(model, 0, &out);
	ret = v3npu_session_create(model, V3NPU_PRIORITY_NORMAL, &s);
	if (!ret && read_file(t->name, ".in", input) == in.size &&
	    read_file(t->name, ".out", wanted) == out.size) {
		/* The second run finds what the first one left */
		for (i = 0; i < 2 && !ret; i++) {
			memcpy(v3npu_session_input(s, 0), input, in.size);
			ret = v3npu_session_run(s);
		}
		if (!ret)
			ret = v3npu_session_get_stats(s, &stats);
		if (!ret)
			d = difference(v3npu_session_output(s, 0), &out);
	}
	ok(!ret && d <= t->tolerance, "%s on %s: differs from TensorFlow Lite by %.2g%s%s",
	   t->name, where.name, d, ret ? ": " : "", ret ? v3npu_error() : "");
	if (!ret && !strcmp(where.name, "sim"))
		ok(info.pieces == t->pieces &&
		   stats.operators_npu + stats.operators_cpu == info.operators &&
		   !stats.operators_npu == (t->pieces == 1) && !!stats.cycles == (t->pieces > 1),
		   "%s: %u pieces, %u operators on the NPU and %u on the CPU", t->name,
		   info.pieces, stats.operators_npu, stats.operators_cpu);
	v3npu_session_free(s);
}

static void check(const char *spec, const struct test *t)
{
	struct v3npu_device *device;
	struct v3npu_model *model;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.tflite", directory, t->name);
	if (!ok(!v3npu_device_open(spec, &device), "%s opens", spec))
		return;
	if (v3npu_model_load_file(device, path, NULL, &model))
		ok(false, "%s: '%s'", t->name, v3npu_error());
	else
		run(device, model, t);
	v3npu_model_free(model);
	v3npu_device_close(device);
}

int main(int argc, char **argv)
{
	struct test t;
	char path[512];
	int count = 0;
	FILE *f;

	directory = argc == 2 ? argv[1] : "build/tests/cpu/models";
	snprintf(path, sizeof(path), "%s/list", directory);
	f = fopen(path, "r");
	while (f && fscanf(f, "%63s %lf %u", t.name, &t.tolerance, &t.pieces) == 3) {
		struct test on_cpu = t;

		/* Without the NPU an int8 step more or less is in order */
		if (t.pieces > 1)
			on_cpu.tolerance = 0.13;
		check("cpu", &on_cpu);
		check("sim:threads=1", &t);
		count++;
	}
	if (f)
		fclose(f);
	ok(count > 50, "%d models", count);
	return done();
}
