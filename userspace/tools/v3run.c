// SPDX-License-Identifier: MIT
/*
 * v3run: pictures in, detections out, by way of an NPU.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "options.h"
#include "profile.h"
#include "raw.h"
#include "report.h"
#include "vision/v3npu_vision.h"

#define LABELS_MAX	(1 << 20)	/* bytes of a file of names */
#define OUTPUTS_MAX	4		/* of a detector */

struct run {
	const struct options *options;
	struct report report;
	struct tool_error error;
	struct v3npu_device *device;
	struct v3npu_model *model;
	struct v3npu_session *session;
	struct v3npu_detector *detector;
	struct v3npu_detector_info wants;	/* of the detector */
};

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

/* Takes over the library's error line */
static int fail_library(struct run *r)
{
	return tool_fail(&r->error, "%s", v3npu_error());
}

/* That of the library of pictures, which says what of @path went wrong */
static int fail_vision(struct run *r, const char *path)
{
	return tool_fail(&r->error, "%s: %s", path, v3npu_vision_error());
}

static int load(struct run *r)
{
	const struct options *o = r->options;
	double start = now_ms();

	if (v3npu_model_load_file(r->device, o->model, NULL, &r->model))
		return fail_library(r);
	v3npu_model_get_info(r->model, &r->report.model);
	if (v3npu_session_create(r->model, V3NPU_PRIORITY_NORMAL, &r->session))
		return fail_library(r);
	r->report.load_ms = now_ms() - start;
	/* Else its other bytes and its time would be a riddle */
	if (r->report.device.macs && !r->report.model.operators_npu && r->report.model.operators_cpu)
		fprintf(stderr, "v3run: %s: the NPU runs none of its operators, the CPU all of "
			"them in float; v3compile %s says why\n", o->model, o->model);
	return 0;
}

/* The names of the classes, as a text for free() */
static int read_labels(struct run *r, char **labels)
{
	const char *path = r->options->labels;
	void *data;
	size_t size;

	if (tool_read_file(path, LABELS_MAX, &data, &size, &r->error))
		return -1;
	*labels = strndup(data, size);
	free(data);
	if (!*labels)
		return tool_fail(&r->error, "%s: out of memory", path);
	if (strlen(*labels) != size)
		return tool_fail(&r->error, "%s: is no text in UTF-8; save it as one", path);
	return 0;
}

static int make_detector(struct run *r)
{
	struct v3npu_detector_options options = {
		.struct_size = sizeof(options), .task = r->options->task,
	};
	char *labels = NULL;
	int ret;

	memcpy(options.mean, r->options->mean, sizeof(options.mean));
	memcpy(options.std, r->options->std, sizeof(options.std));
	if (r->options->labels && read_labels(r, &labels))
		return -1;
	options.labels = labels;
	ret = v3npu_detector_create_as(r->model, &options, &r->detector);
	free(labels);
	if (ret == -ENODATA)
		return tool_fail(&r->error, "%s: %s (v3run has --task, --labels, --mean and --std for "
				 "that)", r->options->model, v3npu_vision_error());
	/* What is no detector can still be run */
	if (ret == -ENOTSUP || ret == -EINVAL)
		return tool_fail(&r->error, "%s: %s%s use --raw", r->options->model,
				 v3npu_vision_error(), ret == -EINVAL ? ", or" : ";");
	if (ret)
		return fail_vision(r, r->options->model);
	v3npu_detector_get_info(r->detector, &r->wants);
	return 0;
}

static int infer(struct run *r)
{
	if (v3npu_session_run(r->session) ||
	    v3npu_session_get_stats(r->session, &r->report.stats))
		return fail_library(r);
	return 0;
}

/* The name for picture number @n, from 1: OUT.png, or OUT-N.png of several */
static char *output_name(const struct options *o, int n)
{
	char *name;

	if (o->image_count == 1)
		return strdup(o->out);
	if (asprintf(&name, "%.*s-%d.png", (int)strlen(o->out) - 4, o->out, n) < 0)
		return NULL;
	return name;
}

static int draw(struct run *r, struct v3npu_image *image, int n, struct report_image *result)
{
	char *name = output_name(r->options, n);

	if (!name)
		return tool_fail(&r->error, "%s: out of memory", r->options->out);
	result->drawn = name;
	v3npu_detections_draw(result->found, image);
	if (v3npu_image_write_png(image, name))
		return tool_fail(&r->error, "%s", v3npu_vision_error());
	return 0;
}

/* The outputs of a model that is a detector; it has few */
static int get_outputs(struct run *r, const void *outputs[OUTPUTS_MAX], size_t sizes[OUTPUTS_MAX])
{
	struct v3npu_tensor_info info = { .struct_size = sizeof(info) };
	uint32_t k;

	for (k = 0; k < r->wants.outputs && k < OUTPUTS_MAX; k++) {
		if (v3npu_model_output_info(r->model, k, &info))
			return fail_library(r);
		outputs[k] = v3npu_session_output(r->session, k);
		sizes[k] = info.size;
	}
	return 0;
}

static int find_objects(struct run *r, const struct v3npu_image *image,
			struct report_image *result)
{
	const struct v3npu_detect_options options = {
		.struct_size = sizeof(options), .conf = r->options->conf, .iou = r->options->iou,
	};
	struct v3npu_placement placement = { .struct_size = sizeof(placement) };
	const void *outputs[OUTPUTS_MAX];
	size_t sizes[OUTPUTS_MAX];
	double start = now_ms();

	if (v3npu_detector_prepare(r->detector, image, v3npu_session_input(r->session, 0),
				   r->wants.input_size, &placement))
		return fail_vision(r, result->path);
	result->letterbox_ms = now_ms() - start;
	if (infer(r))
		return -1;
	result->inference_ms = r->report.stats.wall_ms;
	start = now_ms();
	if (get_outputs(r, outputs, sizes))
		return -1;
	if (v3npu_detector_decode_outputs(r->detector, outputs, sizes, r->wants.outputs, &placement,
					  &options, &result->found))
		return fail_vision(r, result->path);
	result->decode_ms = now_ms() - start;
	return 0;
}

static int run_image(struct run *r, int n)
{
	struct v3npu_image_info info = { .struct_size = sizeof(info) };
	struct report_image result = { .path = r->options->images[n - 1] };
	double start = now_ms();
	struct v3npu_image *image;
	int ret;

	if (v3npu_image_read(result.path, &image))
		return tool_fail(&r->error, "%s", v3npu_vision_error());
	v3npu_image_get_info(image, &info);
	result.width = info.width;
	result.height = info.height;
	result.task = r->wants.task;
	result.read_ms = now_ms() - start;
	ret = find_objects(r, image, &result);
	if (!ret && r->options->out)
		ret = draw(r, image, n, &result);
	if (!ret)
		report_image(&r->report, &result);
	free((char *)result.drawn);
	v3npu_detections_free(result.found);
	v3npu_image_free(image);
	return ret;
}

static void wrote_raw(void *data, const char *path, size_t size)
{
	report_raw(data, path, size);
}

static int run_raw(struct run *r)
{
	const struct options *o = r->options;

	if (raw_feed(r->model, r->session, o->raw_in, &r->error) || infer(r))
		return -1;
	return raw_store(r->model, r->session, o->raw_out, wrote_raw, &r->report, &r->error);
}

static int run(struct run *r)
{
	int n;

	if (load(r))
		return -1;
	if (r->options->raw_in) {
		if (run_raw(r))
			return -1;
	} else if (make_detector(r)) {
		return -1;
	}
	for (n = 1; n <= r->options->image_count; n++)
		if (run_image(r, n))
			return -1;
	if (r->options->bench && bench_run(r->model, r->session, r->options->bench,
					   r->options->depth, &r->report.bench, &r->error))
		return -1;
	if (r->options->profile && profile_write(r->options->profile, r->model, &r->report.device,
						 &r->error))
		return -1;
	if (report_end(&r->report))
		return tool_fail(&r->error, "standard output: cannot be written: %s",
				 strerror(errno));
	return 0;
}

int main(int argc, char **argv)
{
	struct options options;
	struct run r = {
		.options = &options,
		.report = {
			.device = { .struct_size = sizeof(r.report.device) },
			.model = { .struct_size = sizeof(r.report.model) },
			.stats = { .struct_size = sizeof(r.report.stats) },
		},
		.wants = { .struct_size = sizeof(r.wants) },
	};
	int ret;

	ret = options_parse(argc, argv, &options);
	if (ret >= 0)
		return ret;
	r.report.json = options.json;
	r.report.model_path = options.model;

	ret = v3npu_device_open(options.device, &r.device);
	if (ret) {
		fprintf(stderr, "v3run: %s\n", v3npu_error());
		/* The library says EINVAL only of what it was asked for */
		return ret == -EINVAL ? TOOL_USAGE : TOOL_FAILED;
	}
	v3npu_device_get_info(r.device, &r.report.device);
	ret = run(&r);
	if (ret) {
		fflush(stdout);
		fprintf(stderr, "v3run: %s\n", r.error.text);
	}
	bench_free(&r.report.bench);
	v3npu_detector_free(r.detector);
	v3npu_session_free(r.session);
	v3npu_model_free(r.model);
	v3npu_device_close(r.device);
	return ret ? TOOL_FAILED : 0;
}
