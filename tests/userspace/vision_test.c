// SPDX-License-Identifier: MIT
/*
 * libv3npu-vision's public API, as an application uses it and as it should not. The detectors
 * of tests/models/detectors.py say what a picture of 6x4 pixels says: its bytes are the rows
 * of their output.
 */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "box.h"
#include "data.h"
#include "tap.h"
#include "vision/v3npu_vision.h"

#define WIDTH	6
#define HEIGHT	4
#define COUNT	12	/* candidates */
#define SIZE	(WIDTH * HEIGHT * 3)

/** struct subject - a model, what runs it, and its detector */
struct subject {
	struct v3npu_device *device;
	struct v3npu_model *model;
	struct v3npu_session *session;
	struct v3npu_detector *detector;
};

static uint8_t pixels[SIZE];

static int open_model(struct subject *s, const char *spec, const char *path)
{
	*s = (struct subject) {};
	return ok(!v3npu_device_open(spec, &s->device) &&
		  !v3npu_model_load_file(s->device, path, NULL, &s->model) &&
		  !v3npu_session_create(s->model, V3NPU_PRIORITY_NORMAL, &s->session),
		  "%s on %s", path, spec) ? 0 : -1;
}

static const char *detector_path(const char *name)
{
	static char path[512];
	char file[64];

	snprintf(file, sizeof(file), "%s.tflite", name);
	return test_data("V3NPU_DETECTORS", "build/tests/detectors", file, path);
}

static int open_detector(struct subject *s, const char *spec, const char *name)
{
	if (open_model(s, spec, detector_path(name)))
		return -1;
	return ok(!v3npu_detector_create(s->model, &s->detector), "%s is a detector", name) ?
	       0 : -1;
}

static void close_subject(struct subject *s)
{
	v3npu_detector_free(s->detector);
	v3npu_session_free(s->session);
	v3npu_model_free(s->model);
	v3npu_device_close(s->device);
}

/* Candidate @k with its box, in 1/255 of the input, and the score of one of two classes */
static void put(int k, int cx, int cy, int w, int h, int class_id, int score)
{
	const int v[4] = { cx, cy, w, h };
	int i;

	for (i = 0; i < 4; i++)
		pixels[i * COUNT + k] = v[i];
	pixels[(4 + class_id) * COUNT + k] = score;
}

/* Two objects: one of class 1, and a better one of class 0 that a neighbour has found, too */
static void put_two(void)
{
	memset(pixels, 0, sizeof(pixels));
	put(2, 51, 102, 51, 51, 1, 153);
	put(7, 204, 153, 51, 102, 0, 204);
	put(8, 204, 153, 51, 101, 0, 203);
}

static struct v3npu_image *wrap(int width, int height, size_t stride, uint8_t *at)
{
	const struct v3npu_image_info info = {
		.struct_size = sizeof(info), .width = width, .height = height, .stride = stride,
		.pixels = at,
	};
	struct v3npu_image *image;

	return v3npu_image_wrap(&info, &image) ? NULL : image;
}

static void check_two(const struct v3npu_detections *found)
{
	struct v3npu_detection d = { .struct_size = sizeof(d) }, unset = { .score = 5 };

	ok(v3npu_detections_count(found) == 2, "two objects are found, the neighbour is one of them");
	ok(!v3npu_detections_get(found, 0, &d) && d.class_id == 0 && !strcmp(d.name, "cat") &&
	   fabsf(d.score - 0.8f) < 1e-5f && box_is(d.box, 4.2f, 1.6f, 5.4f, 3.2f), "the better one first");
	ok(!v3npu_detections_get(found, 1, &d) && d.class_id == 1 && !strcmp(d.name, "class 1") &&
	   fabsf(d.score - 0.6f) < 1e-5f && box_is(d.box, 0.6f, 1.2f, 1.8f, 2), "then the other");
	ok(v3npu_detections_get(found, 2, &d) == -ERANGE, "no more: '%s'", v3npu_vision_error());
	ok(v3npu_detections_get(found, 0, &unset) == -EINVAL && unset.score == 5,
	   "no size: '%s'", v3npu_vision_error());
}

static void test_run(const char *spec, const char *name)
{
	struct v3npu_detector_info info = { .struct_size = sizeof(info) };
	struct v3npu_image *image = wrap(WIDTH, HEIGHT, WIDTH * 3, pixels);
	struct v3npu_detections *found = NULL;
	struct subject s;

	put_two();
	if (open_detector(&s, spec, name))
		goto out;
	ok(!v3npu_detector_get_info(s.detector, &info) && info.width == WIDTH &&
	   info.height == HEIGHT && info.classes == 2 && info.candidates == COUNT &&
	   info.input_size == info.output_size &&
	   info.input_size == SIZE * (strcmp(name, "float") ? 1 : sizeof(float)),
	   "what it takes and finds");
	ok(!strcmp(v3npu_detector_class_name(s.detector, 0), "cat") &&
	   !strcmp(v3npu_detector_class_name(s.detector, 1), "class 1") &&
	   !v3npu_detector_class_name(s.detector, 2), "its classes have names");
	if (ok(!v3npu_detector_run(s.detector, s.session, image, NULL, &found), "it runs"))
		check_two(found);
	v3npu_detections_free(found);
	ok(!v3npu_detector_run(s.detector, s.session, image, NULL, &found) &&
	   v3npu_detections_count(found) == 2, "and again");
out:
	v3npu_detections_free(found);
	v3npu_image_free(image);
	close_subject(&s);
}

/* A caller's own rows, of a picture larger than the input, come to the same input and boxes */
static void test_steps(const struct subject *s)
{
	enum { STRIDE = 2 * WIDTH * 3 + 5 };
	static uint8_t large[3 * HEIGHT][STRIDE];
	struct v3npu_placement p = { .struct_size = sizeof(p) };
	struct v3npu_image *image = wrap(2 * WIDTH, 3 * HEIGHT, STRIDE, large[0]);
	struct v3npu_detection d = { .struct_size = sizeof(d) };
	struct v3npu_detections *found = NULL;
	int8_t input[SIZE], output[SIZE];
	size_t i;

	memset(large, 114, sizeof(large));
	ok(!v3npu_detector_prepare(s->detector, image, input, SIZE, &p) && p.image_width == 12 &&
	   p.image_height == 12 && p.width == 4 && p.height == 4 && p.left == 1 && p.top == 0,
	   "a square in an input that is wider");
	for (i = 0; i < SIZE; i++)
		if (input[i] != 114 - 128)
			break;
	ok(i == SIZE, "its input is grey all over");
	put_two();
	for (i = 0; i < SIZE; i++)
		output[i] = pixels[i] - 128;
	ok(!v3npu_detector_decode(s->detector, output, SIZE, &p, NULL, &found) &&
	   !v3npu_detections_get(found, 0, &d) && box_is(d.box, 9.6f, 4.8f, 12, 9.6f),
	   "boxes are in the picture's pixels, and end where it does");
	v3npu_detections_free(found);
	v3npu_image_free(image);
}

static void refuse_decode(const struct subject *s, const char *what,
			  const struct v3npu_placement *p, const struct v3npu_detect_options *o,
			  int err)
{
	struct v3npu_detections *found = (void *)&pixels;

	ok(v3npu_detector_decode(s->detector, pixels, SIZE, p, o, &found) == err && !found,
	   "%s: '%s'", what, v3npu_vision_error());
}

static void test_options(const struct subject *s)
{
	const struct v3npu_placement p = { sizeof(p), WIDTH, HEIGHT, WIDTH, HEIGHT, 0, 0 };
	struct v3npu_detect_options o = { sizeof(o), 0.7f, 0.45f, 0 }, unset = { .conf = 0.5f };
	static const float wrong[] = { -0.1f, 1.1f, NAN, INFINITY };
	struct {
		struct v3npu_detect_options o;
		int later;
	} wish = { { sizeof(wish), 0.5f, 0.5f, 0 }, 1 };
	static const struct v3npu_detect_options all[] = {
		{ sizeof(all[0]), 0.7f, 0.45f, 0 }, { sizeof(all[0]), 0.25f, 1, 0 },
		{ sizeof(all[0]), 0.25f, 1, 2 }, { sizeof(all[0]), 0, 1, 0 },
		{ sizeof(all[0]), 0, 1, SIZE_MAX }, { sizeof(all[0]), 1, 0, 0 },
	};
	static const size_t counts[] = { 1, 3, 2, COUNT, COUNT, 0 };
	struct v3npu_detections *found;
	int8_t output[SIZE];
	size_t i;

	put_two();
	for (i = 0; i < SIZE; i++)
		output[i] = pixels[i] - 128;
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		ok(!v3npu_detector_decode(s->detector, output, SIZE, &p, &all[i], &found) &&
		   v3npu_detections_count(found) == counts[i], "conf %g, iou %g, max %zu: %zu",
		   all[i].conf, all[i].iou, all[i].max, counts[i]);
		v3npu_detections_free(found);
	}
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		o.conf = wrong[i];
		refuse_decode(s, "conf", &p, &o, -EINVAL);
		o.conf = 0.5f;
		o.iou = wrong[i];
		refuse_decode(s, "iou", &p, &o, -EINVAL);
		o.iou = 0.5f;
	}
	refuse_decode(s, "no size", &p, &unset, -EINVAL);
	refuse_decode(s, "an option that is not known", &p, &wish.o, -E2BIG);
}

static void test_placement(const struct subject *s)
{
	const struct v3npu_placement good = { sizeof(good), WIDTH, HEIGHT, WIDTH, HEIGHT, 0, 0 };
	static const int wrong[] = { 0, -1, INT_MIN, INT_MAX, 16385 };
	struct v3npu_placement p = {}, far = good;
	struct v3npu_detections *found;
	int8_t output[SIZE];
	size_t i;

	refuse_decode(s, "no size", &p, NULL, -EINVAL);
	p.struct_size = sizeof(p);
	refuse_decode(s, "no placement", &p, NULL, -EINVAL);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		p = good;
		p.image_width = wrong[i];
		refuse_decode(s, "the picture's width", &p, NULL, -EINVAL);
		p = good;
		p.image_height = wrong[i];
		refuse_decode(s, "the picture's height", &p, NULL, -EINVAL);
		p = good;
		p.width = wrong[i];
		refuse_decode(s, "width", &p, NULL, -EINVAL);
		p = good;
		p.height = wrong[i];
		refuse_decode(s, "height", &p, NULL, -EINVAL);
	}
	memset(output, 127, sizeof(output));
	far.left = INT_MIN;
	far.top = INT_MAX;
	ok(!v3npu_detector_decode(s->detector, output, SIZE, &far, NULL, &found),
	   "the picture may lie anywhere");
	v3npu_detections_free(found);
}

static void test_memory(const struct subject *s)
{
	struct v3npu_placement p = { .struct_size = sizeof(p) }, unset = {};
	struct v3npu_image *image = wrap(WIDTH, HEIGHT, WIDTH * 3, pixels);
	struct v3npu_detections *found = (void *)&pixels;
	int8_t memory[SIZE] = { 55 };

	ok(v3npu_detector_prepare(s->detector, image, memory, SIZE - 1, &p) == -EINVAL,
	   "an input that is short: '%s'", v3npu_vision_error());
	ok(v3npu_detector_prepare(s->detector, image, NULL, SIZE, &p) == -EINVAL,
	   "no input: '%s'", v3npu_vision_error());
	ok(v3npu_detector_prepare(s->detector, image, memory, SIZE, &unset) == -EINVAL &&
	   memory[0] == 55, "no size of the placement: '%s'", v3npu_vision_error());
	v3npu_detector_prepare(s->detector, image, memory, SIZE, &p);
	ok(v3npu_detector_decode(s->detector, memory, SIZE + 1, &p, NULL, &found) == -EINVAL &&
	   !found, "an output that is long: '%s'", v3npu_vision_error());
	ok(v3npu_detector_decode(s->detector, NULL, SIZE, &p, NULL, &found) == -EINVAL && !found,
	   "no output: '%s'", v3npu_vision_error());
	v3npu_image_free(image);
}

/* A run that fails is libv3npu's to explain */
static void test_busy(const struct subject *s)
{
	struct v3npu_image *image = wrap(WIDTH, HEIGHT, WIDTH * 3, pixels);
	struct v3npu_detections *found = (void *)&pixels;

	v3npu_session_submit(s->session);
	ok(v3npu_detector_run(s->detector, s->session, image, NULL, &found) == -EBUSY && !found &&
	   v3npu_vision_error()[0], "a session at work: '%s'", v3npu_vision_error());
	v3npu_session_wait(s->session, -1);
	v3npu_image_free(image);
}

static void refuse_model(const char *spec, const char *path, int err, const char *why)
{
	struct v3npu_detector *d = (void *)&pixels;
	struct subject s;

	if (!open_model(&s, spec, path))
		ok(v3npu_detector_create(s.model, &d) == err && !d &&
		   strstr(v3npu_vision_error(), why), "is no detector: '%s'", v3npu_vision_error());
	close_subject(&s);
}

static void test_models(void)
{
	char path[512];

	refuse_model("sim", test_data("V3NPU_SMALLNET", "build/tests", "identity.tflite", path),
		     -ENOTSUP, "its output, 1x64x64x3");
	refuse_model("sim", detector_path("two_outputs"), -ENOTSUP, "2 outputs");
	refuse_model("sim", detector_path("few_rows"), -ENODATA, "its output, 1x4x18");
	refuse_model("sim", detector_path("numbers"), -ENOTSUP, "neither int8 nor float32");
	refuse_model("cpu", detector_path("no_scale"), -EINVAL, "no scale");
	refuse_model("cpu", test_data("V3NPU_CPU_MODELS", "build/tests/cpu/models", "add_4.tflite",
				      path), -ENOTSUP, "its output, 1x3x2x4");
	refuse_model("cpu", test_data("V3NPU_CPU_MODELS", "build/tests/cpu/models",
				      "arg_max_of_vector.tflite", path), -ENOTSUP, "is no picture");
}

static void refuse_wrap(const char *what, const struct v3npu_image_info *info, int err)
{
	struct v3npu_image *image = (void *)&pixels;

	ok(v3npu_image_wrap(info, &image) == err && !image, "%s: '%s'", what,
	   v3npu_vision_error());
}

static void test_wrap(void)
{
	const struct v3npu_image_info good = {
		sizeof(good), WIDTH, HEIGHT, WIDTH * 3, pixels
	};
	static const uint32_t sides[] = { 0, 16385, 0x55555556, UINT_MAX };
	static const size_t strides[] = { 0, WIDTH * 3 - 1, SIZE_MAX, SIZE_MAX / HEIGHT };
	struct v3npu_image_info info = good;
	struct {
		struct v3npu_image_info info;
		int later;
	} wish = { good, 1 };
	struct v3npu_image *image = NULL;
	size_t i;

	ok(!v3npu_image_wrap(&good, &image) && !v3npu_image_get_info(image, &info) &&
	   !memcmp(&info, &good, sizeof(info)), "a picture has the caller's pixels");
	info.struct_size = 0;
	ok(v3npu_image_get_info(image, &info) == -EINVAL, "no size: '%s'", v3npu_vision_error());
	v3npu_image_free(image);
	refuse_wrap("no size", &info, -EINVAL);
	wish.info.struct_size = sizeof(wish);
	refuse_wrap("a field that is not known", &wish.info, -E2BIG);
	for (i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
		info = good;
		info.stride = SIZE_MAX / 2 / HEIGHT;
		info.width = sides[i];
		refuse_wrap("width", &info, -EINVAL);
		info = good;
		info.height = sides[i];
		refuse_wrap("height", &info, -EINVAL);
	}
	info = good;
	info.width = 16384;
	info.height = 16384;
	info.stride = 16384 * 3;
	refuse_wrap("too many pixels", &info, -EINVAL);
	for (i = 0; i < sizeof(strides) / sizeof(strides[0]); i++) {
		info = good;
		info.stride = strides[i];
		refuse_wrap("stride", &info, -EINVAL);
	}
	info = good;
	info.pixels = NULL;
	refuse_wrap("no pixels", &info, -EINVAL);
}

static void test_decode_picture(void)
{
	/* Of no size at all, and of a header alone */
	static const char empty[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\0\1\x08\2\0\0\0"
				    "\x7f\xb5\x38\xe0";
	struct v3npu_image_info info = { .struct_size = sizeof(info) };
	struct v3npu_image *image = NULL;
	uint8_t data[65536];
	FILE *f = fopen(smallnet("png"), "rb");
	size_t size = f ? fread(data, 1, sizeof(data), f) : 0;

	if (f)
		fclose(f);
	ok(size && !v3npu_image_decode(data, size, &image) && !v3npu_image_get_info(image, &info) &&
	   info.width == 640 && info.height == 640 && info.stride >= 3 * 640,
	   "a picture from memory");
	v3npu_image_free(image);
	ok(v3npu_image_decode(data, size / 2, &image) == -EINVAL && !image, "half of one: '%s'",
	   v3npu_vision_error());
	ok(v3npu_image_decode(data, 0, &image) == -EINVAL && !image, "nothing: '%s'",
	   v3npu_vision_error());
	ok(v3npu_image_decode("GIF89a", 6, &image) == -EINVAL && !image, "another format: '%s'",
	   v3npu_vision_error());
	ok(v3npu_image_decode(empty, sizeof(empty) - 1, &image) == -EINVAL && !image,
	   "a picture of no width: '%s'", v3npu_vision_error());
	ok(v3npu_image_read("/no/such/picture", &image) == -ENOENT && !image, "no file: '%s'",
	   v3npu_vision_error());
}

/* From a file to a file, with a network that has learned something */
static void test_draw(void)
{
	struct v3npu_image_info info = { .struct_size = sizeof(info) };
	struct v3npu_image *image = NULL, *other = wrap(WIDTH, HEIGHT, WIDTH * 3, pixels);
	struct v3npu_detection d = { .struct_size = sizeof(d) };
	struct v3npu_detections *found = NULL;
	struct subject s;
	uint8_t before[3];
	size_t at;

	if (open_model(&s, "sim", smallnet("tflite")))
		return;
	ok(!v3npu_detector_create(s.model, &s.detector) &&
	   !v3npu_image_read(smallnet("png"), &image) &&
	   !v3npu_detector_run(s.detector, s.session, image, NULL, &found) &&
	   !v3npu_detections_get(found, 0, &d) && strstr(d.name, "disc"), "a disc in a picture");
	v3npu_image_get_info(image, &info);
	/* A point of the frame, on the left of the box */
	at = (size_t)((d.box[1] + d.box[3]) / 2) * info.stride + ((size_t)(d.box[0] + 0.5f) - 1) * 3;
	memcpy(before, info.pixels + at, 3);
	v3npu_detections_draw(found, image);
	ok(memcmp(before, info.pixels + at, 3), "it is framed");
	memset(pixels, 0, sizeof(pixels));
	v3npu_detections_draw(found, other);
	ok(true, "and drawing it into a smaller picture does no harm");
	v3npu_detections_free(found);
	v3npu_image_free(other);
	v3npu_image_free(image);
	close_subject(&s);
}

static void *fail_once(void *data)
{
	struct v3npu_image *image;

	(void)data;
	v3npu_image_read("/of/another/thread", &image);
	return NULL;
}

static void test_threads(void)
{
	struct v3npu_image *image;
	pthread_t thread;

	v3npu_image_read("/of/this/thread", &image);
	pthread_create(&thread, NULL, fail_once, NULL);
	pthread_join(thread, NULL);
	ok(strstr(v3npu_vision_error(), "/of/this/thread"), "each thread has its error: '%s'",
	   v3npu_vision_error());
}

int main(void)
{
	struct subject s;

	ok(!v3npu_vision_error()[0], "no error yet");
	test_wrap();
	test_decode_picture();
	test_run("sim", "int8");
	test_run("cpu", "float");
	if (!open_detector(&s, "sim", "int8")) {
		test_steps(&s);
		test_options(&s);
		test_placement(&s);
		test_memory(&s);
		test_busy(&s);
	}
	close_subject(&s);
	test_models();
	test_draw();
	test_threads();
	v3npu_detections_free(NULL);
	v3npu_detector_free(NULL);
	v3npu_image_free(NULL);
	return done();
}
