// SPDX-License-Identifier: MIT
/*
 * The V3 models in float and with float inputs: files with int8 weights against
 * what ONNX Runtime made of them, files with float inputs and outputs against
 * TensorFlow Lite. And a session's functions where the CPU takes part.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libv3npu/v3npu.h"
#include "userspace/tap.h"

#define PIXELS		(640 * 640 * 3)
#define NUMBERS		(19 * 8400)
#define TOLERANCE	1e-5	/* of results that are 0..1; seen: 2.2e-6 */

static struct v3npu_device *cpu, *sim;
static const char *shared;
static int8_t pixels[PIXELS], bytes[NUMBERS];
static float numbers[NUMBERS];

static bool read_shared(void *data, size_t size, const char *format, const char *name, int image)
{
	char path[512];
	int n = snprintf(path, sizeof(path), "%s/golden/", shared);
	size_t got = 0;
	FILE *f;

	snprintf(path + n, sizeof(path) - n, format, name, image);
	f = fopen(path, "rb");
	if (f) {
		got = fread(data, 1, size, f);
		fclose(f);
	}
	return got == size;
}

static struct v3npu_model *load(struct v3npu_device *device, const char *name, const char *kind)
{
	struct v3npu_model *model;
	char path[512];
	int ret;

	snprintf(path, sizeof(path), "%s/models/v3/%s_%s.tflite", shared, name, kind);
	ret = v3npu_model_load_file(device, path, NULL, &model);
	ok(!ret, "%s_%s loads%s%s", name, kind, ret ? ": " : "", ret ? v3npu_error() : "");
	return model;
}

/* An image's colours, as 0..1 or as the int8 that they are in the golden files */
static bool set_input(struct v3npu_session *s, const struct v3npu_tensor_info *in, int image)
{
	float *real = v3npu_session_input(s, 0);
	int i;

	if (!read_shared(pixels, sizeof(pixels), "%s%d.raw", "img", image))
		return false;
	if (in->dtype == V3NPU_INT8)
		memcpy(real, pixels, sizeof(pixels));
	for (i = 0; i < PIXELS && in->dtype == V3NPU_FLOAT32; i++)
		real[i] = (pixels[i] + 128) / 255.0f;
	return true;
}

static bool run(struct v3npu_model *model, int image, float *out, struct v3npu_run_stats *stats)
{
	struct v3npu_tensor_info in = { .struct_size = sizeof(in) };
	struct v3npu_tensor_info of = { .struct_size = sizeof(of) };
	struct v3npu_session *s = NULL;
	bool good;
	int i;

	v3npu_model_input_info(model, 0, &in);
	v3npu_model_output_info(model, 0, &of);
	good = !v3npu_session_create(model, V3NPU_PRIORITY_NORMAL, &s) &&
	       set_input(s, &in, image) && !v3npu_session_run(s) &&
	       !v3npu_session_get_stats(s, stats);
	for (i = 0; good && i < NUMBERS; i++)
		out[i] = of.dtype == V3NPU_FLOAT32 ?
			 ((const float *)v3npu_session_output(s, 0))[i] :
			 of.scale * (((const int8_t *)v3npu_session_output(s, 0))[i] -
				     of.zero_point);
	v3npu_session_free(s);
	return good;
}

static double difference(const float *got)
{
	double most = 0;
	int i;

	for (i = 0; i < NUMBERS; i++)
		if (!(fabs(got[i] - numbers[i]) <= most))
			most = fabs(got[i] - numbers[i]);
	return most;
}

/* int8 weights, float arithmetic; @golden: whose results they are */
static void check_float(struct v3npu_device *device, const char *where, const char *name,
			const char *golden, int images)
{
	static float got[NUMBERS];
	struct v3npu_run_stats stats = { .struct_size = sizeof(stats) };
	struct v3npu_model *model = load(device, name, "int8");
	int image;

	for (image = 0; model && image < images; image++) {
		bool good = read_shared(numbers, sizeof(numbers), "%s_int8.img%d.f32", golden,
					image) && run(model, image, got, &stats);
		double d = good ? difference(got) : INFINITY;

		ok(d < TOLERANCE && !stats.operators_npu && stats.operators_cpu && stats.cpu_ms,
		   "%s_int8 on %s, image %d: %u operators on the CPU, differs by %.2g", name,
		   where, image, stats.operators_cpu, d);
	}
	v3npu_model_free(model);
}

/* What the full-integer file gives, as the numbers that its bytes stand for */
static bool read_dequantized(const char *name, int image, const struct v3npu_tensor_info *out)
{
	int i;

	if (!read_shared(bytes, sizeof(bytes), "%s.img%d.out", name, image))
		return false;
	for (i = 0; i < NUMBERS; i++)
		numbers[i] = out->scale * (bytes[i] - out->zero_point);
	return true;
}

/*
 * Float inputs and outputs, int8 between: exact with an NPU; without it int8
 * results are rounded from float ones, which TFLite's integers are not.
 */
static void check_float_edges(const char *name)
{
	static float got[NUMBERS];
	struct v3npu_model *whole = load(sim, name, "full_integer_quant");
	struct v3npu_model *model = load(sim, name, "integer_quant");
	struct v3npu_run_stats stats = { .struct_size = sizeof(stats) };
	struct v3npu_tensor_info out = { .struct_size = sizeof(out) };
	struct v3npu_model_info info = { .struct_size = sizeof(info) };
	int image;

	if (!whole || !model)
		return;
	v3npu_model_output_info(whole, 0, &out);
	v3npu_model_free(whole);
	v3npu_model_get_info(model, &info);
	for (image = 0; image < 4; image++)
		ok(read_dequantized(name, image, &out) && run(model, image, got, &stats) &&
		   !memcmp(got, numbers, sizeof(got)),
		   "%s_integer_quant, image %d: TensorFlow Lite's numbers", name, image);
	ok(info.pieces == 3 && stats.operators_cpu == 2 && stats.operators_npu > 100 &&
	   stats.operators_npu + 2 == info.operators && stats.cycles,
	   "%s_integer_quant: QUANTIZE and DEQUANTIZE on the CPU, %u operators on the NPU", name,
	   stats.operators_npu);
	v3npu_model_free(model);
}

static void check_integers_on_cpu(const char *name, const char *kind)
{
	static float got[NUMBERS];
	struct v3npu_model *whole = load(sim, name, "full_integer_quant");
	struct v3npu_model *model = load(cpu, name, kind);
	struct v3npu_run_stats stats = { .struct_size = sizeof(stats) };
	struct v3npu_tensor_info out = { .struct_size = sizeof(out) };
	double d = INFINITY, sum = 0;
	int i;

	if (!whole || !model)
		return;
	v3npu_model_output_info(whole, 0, &out);
	if (read_dequantized(name, 0, &out) && run(model, 0, got, &stats))
		d = difference(got);
	for (i = 0; i < NUMBERS; i++)
		sum += fabs(got[i] - numbers[i]);
	ok(d < 0.1 && sum / NUMBERS < 0.001 && !stats.operators_npu && !stats.cycles,
	   "%s_%s on cpu: differs by at most %.2g, by %.2g on average", name, kind, d,
	   sum / NUMBERS);
	v3npu_model_free(whole);
	v3npu_model_free(model);
}

static void check_session(void)
{
	struct v3npu_model *model = load(sim, "level3_relu", "integer_quant");
	struct v3npu_run_stats stats = { .struct_size = sizeof(stats) };
	struct v3npu_tensor_info in = { .struct_size = sizeof(in) };
	struct v3npu_session *s;
	int ret, waits = 0;

	if (!model)
		return;
	v3npu_model_input_info(model, 0, &in);
	ok(!v3npu_session_create(model, V3NPU_PRIORITY_HIGH, &s), "a session");
	ok(v3npu_session_wait(s, 0) == -EINVAL && v3npu_session_get_stats(s, &stats) == -EINVAL,
	   "nothing to wait for");
	ok(v3npu_session_set_input_dmabuf(s, 0, 0) == -ENOTSUP,
	   "the CPU takes no dma-buf: '%s'", v3npu_error());
	set_input(s, &in, 0);
	ok(!v3npu_session_submit(s) && v3npu_session_submit(s) == -EBUSY,
	   "one run at a time: '%s'", v3npu_error());
	while ((ret = v3npu_session_wait(s, 1)) == -ETIMEDOUT)
		waits++;
	ok(!ret && waits && !v3npu_session_get_stats(s, &stats) && stats.wall_ms > stats.cpu_ms,
	   "submit returns before the run ends");
	ok(!v3npu_session_submit(s), "another run");
	v3npu_session_free(s);
	ok(true, "a session can go away during a run");
	v3npu_model_free(model);
}

int main(void)
{
	static const char *const floats[] = {
		"level2_relu", "level2_leaky", "level3_relu", "level3_leaky",
	};
	static const char *const integers[] = {
		"level2_relu", "level3_relu", "level3_leaky", "level4_relu", "level4_leaky",
	};
	size_t i;

	shared = getenv("V3NPU_SHARED");
	if (!shared)
		shared = "../shared";
	if (!read_shared(pixels, sizeof(pixels), "%s%d.raw", "img", 0)) {
		skip("the V3 models", "the shared folder is not there");
		return done();
	}
	ok(!v3npu_device_open("cpu", &cpu) && !v3npu_device_open("sim", &sim), "two devices");
	for (i = 0; i < sizeof(floats) / sizeof(floats[0]); i++) {
		check_float(cpu, "cpu", floats[i], floats[i], 2);
		check_float(sim, "sim", floats[i], floats[i], 1);
	}
	/* Level 4 computes what Level 3 computes */
	check_float(cpu, "cpu", "level4_relu", "level3_relu", 2);
	check_float(cpu, "cpu", "level4_leaky", "level3_leaky", 2);
	for (i = 0; i < sizeof(integers) / sizeof(integers[0]); i++) {
		check_float_edges(integers[i]);
		check_integers_on_cpu(integers[i], "integer_quant");
		check_integers_on_cpu(integers[i], "full_integer_quant");
	}
	check_session();
	v3npu_device_close(cpu);
	v3npu_device_close(sim);
	return done();
}
