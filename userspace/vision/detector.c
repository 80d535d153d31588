// SPDX-License-Identifier: MIT
/* What a model takes and says, as far as it is a detector's */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "detections.h"
#include "error.h"
#include "vision/image/image.h"
#include "vision/image/letterbox.h"

/**
 * struct v3npu_detector - a model's input and output
 * @info: for the user
 * @real_input: the input is float32, otherwise int8 or uint8
 * @table: of these, the byte of each colour value
 * @output: the output, but for its data
 * @names: of the classes
 */
struct v3npu_detector {
	struct v3npu_detector_info info;
	bool real_input;
	int8_t table[256];
	struct detect_output output;
	struct names names;
};

static void format_shape(const struct v3npu_tensor_info *t, char text[80])
{
	int i, n = 0;

	text[0] = '\0';
	for (i = 0; i < t->rank; i++)
		n += snprintf(text + n, 80 - n, "%s%u", i ? "x" : "", t->dim[i]);
}

static bool is_picture(const struct v3npu_tensor_info *t)
{
	return t->rank == 4 && t->dim[0] == 1 && t->dim[3] == 3 && t->dim[1] && t->dim[2] &&
	       t->dim[1] <= IMAGE_SIDE_MAX && t->dim[2] <= IMAGE_SIDE_MAX;
}

static bool is_detection(const struct v3npu_tensor_info *t)
{
	return t->rank == 3 && t->dim[0] == 1 && t->dim[1] >= 5 && t->dim[1] <= INT_MAX &&
	       t->dim[2] && t->dim[2] <= INT_MAX;
}

static bool is_known(enum v3npu_dtype dtype)
{
	return dtype == V3NPU_INT8 || dtype == V3NPU_UINT8 || dtype == V3NPU_FLOAT32;
}

static bool has_scale(const struct v3npu_tensor_info *t)
{
	return t->dtype == V3NPU_FLOAT32 || (isnormal(t->scale) && t->scale > 0);
}

/* Whether letterbox.h and detect.h know such a model */
static int check(const struct v3npu_tensor_info *in, const struct v3npu_tensor_info *out)
{
	char shape[80];

	if (!is_picture(in)) {
		format_shape(in, shape);
		return v3v_fail(-ENOTSUP, "its input, %s, is no picture, 1xHxWx3", shape);
	}
	if (!is_detection(out)) {
		format_shape(out, shape);
		return v3v_fail(-ENOTSUP, "its output, %s, is not a detector's, 1x(4 + classes)xN",
				shape);
	}
	if (!is_known(in->dtype) || !is_known(out->dtype))
		return v3v_fail(-ENOTSUP, "its input or output is not int8, uint8 or float32");
	if (!has_scale(in) || !has_scale(out))
		return v3v_fail(-EINVAL, "its int8 or uint8 input or output has no scale; quantize the "
				"model again");
	return 0;
}

/* What a zero point of uint8 is above that of the same numbers as int8, and bytes differ in */
static uint8_t unsigned_offset(const struct v3npu_tensor_info *t)
{
	return t->dtype == V3NPU_UINT8 ? 0x80 : 0;
}

static void input_table(const struct v3npu_tensor_info *in, int8_t table[256])
{
	uint8_t offset = unsigned_offset(in);
	int v;

	v3v_letterbox_table(in->scale, in->zero_point - offset, table);
	for (v = 0; v < 256; v++)
		table[v] ^= offset;
}

static int get_infos(const struct v3npu_model *model, struct v3npu_model_info *info,
		     struct v3npu_tensor_info *in, struct v3npu_tensor_info *out)
{
	int ret = v3npu_model_get_info(model, info);

	if (!ret && (info->inputs != 1 || info->outputs != 1))
		return v3v_fail(-ENOTSUP, "it has %zu inputs and %zu outputs, a detector one of "
				"each", info->inputs, info->outputs);
	if (!ret)
		ret = v3npu_model_input_info(model, 0, in);
	if (!ret)
		ret = v3npu_model_output_info(model, 0, out);
	return ret ? v3v_fail(ret, "%s", v3npu_error()) : check(in, out);
}

int v3npu_detector_create(const struct v3npu_model *model, struct v3npu_detector **detector)
{
	struct v3npu_model_info info = { .struct_size = sizeof(info) };
	struct v3npu_tensor_info in = { .struct_size = sizeof(in) };
	struct v3npu_tensor_info out = { .struct_size = sizeof(out) };
	struct v3npu_detector *d;
	int ret;

	*detector = NULL;
	ret = get_infos(model, &info, &in, &out);
	if (ret)
		return ret;
	d = calloc(1, sizeof(*d));
	if (!d || v3v_names_parse(info.metadata, out.dim[1] - 4, &d->names)) {
		free(d);
		return v3v_fail(-ENOMEM, "out of memory");
	}
	d->info = (struct v3npu_detector_info) {
		.width = in.dim[2], .height = in.dim[1], .input_size = in.size,
		.output_size = out.size, .classes = out.dim[1] - 4, .candidates = out.dim[2],
	};
	d->output = (struct detect_output) {
		.classes = d->info.classes, .anchors = d->info.candidates, .scale = out.scale,
		.zero_point = out.zero_point - unsigned_offset(&out),
		.real = out.dtype == V3NPU_FLOAT32, .flip = unsigned_offset(&out),
	};
	d->real_input = in.dtype == V3NPU_FLOAT32;
	if (!d->real_input)
		input_table(&in, d->table);
	*detector = d;
	return 0;
}

void v3npu_detector_free(struct v3npu_detector *detector)
{
	if (!detector)
		return;
	v3v_names_free(&detector->names);
	free(detector);
}

int v3npu_detector_get_info(const struct v3npu_detector *detector,
			    struct v3npu_detector_info *info)
{
	return V3V_FILL(v3npu_detector_info, candidates, info, &detector->info);
}

const char *v3npu_detector_class_name(const struct v3npu_detector *detector, uint32_t class_id)
{
	return class_id < detector->info.classes ? detector->names.name[class_id] : NULL;
}

static int check_memory(const char *what, const void *memory, size_t size, size_t wanted)
{
	if (!memory)
		return v3v_fail(-EINVAL, "the %s is NULL; of a dma-buf, give where it is mapped",
				what);
	if (size != wanted)
		return v3v_fail(-EINVAL, "the %s is said to have %zu bytes, the model's has %zu",
				what, size, wanted);
	return 0;
}

int v3npu_detector_prepare(const struct v3npu_detector *detector, const struct v3npu_image *image,
			   void *input, size_t size, struct v3npu_placement *placement)
{
	int width = detector->info.width, height = detector->info.height, ret;
	struct v3npu_placement box = {};

	ret = check_memory("input", input, size, detector->info.input_size);
	if (!ret)
		/* Before the work: is there a place for the result? */
		ret = V3V_FILL(v3npu_placement, top, placement, &box);
	if (ret)
		return ret;
	if (detector->real_input)
		ret = v3v_letterbox_real(image, width, height, input, &box);
	else
		ret = v3v_letterbox(image, width, height, detector->table, input, &box);
	if (ret)
		return v3v_fail(-ENOMEM, "out of memory");
	return V3V_FILL(v3npu_placement, top, placement, &box);
}

static bool is_fraction(float v)
{
	return v >= 0 && v <= 1;
}

static int take_options(const struct v3npu_detector *detector,
			const struct v3npu_detect_options *options,
			struct v3npu_detect_options *chosen)
{
	int ret = 0;

	*chosen = (struct v3npu_detect_options) {
		.conf = V3NPU_DETECT_CONF, .iou = V3NPU_DETECT_IOU,
	};
	if (options)
		ret = V3V_TAKE(v3npu_detect_options, max, chosen, options);
	if (ret)
		return ret;
	if (!is_fraction(chosen->conf) || !is_fraction(chosen->iou))
		return v3v_fail(-EINVAL, "conf %g or iou %g is not a number from 0 to 1",
				chosen->conf, chosen->iou);
	if (!chosen->max)
		chosen->max = V3NPU_DETECT_MAX;
	/* No room for more than there can be */
	if (chosen->max > detector->info.candidates)
		chosen->max = detector->info.candidates;
	return 0;
}

static bool is_side(int v)
{
	return v >= 1 && v <= IMAGE_SIDE_MAX;
}

static int take_placement(const struct v3npu_placement *placement, struct v3npu_placement *box)
{
	int ret = V3V_TAKE(v3npu_placement, top, box, placement);

	if (ret)
		return ret;
	if (!is_side(box->image_width) || !is_side(box->image_height) || !is_side(box->width) ||
	    !is_side(box->height))
		return v3v_fail(-EINVAL, "the placement is of a picture of %dx%d, scaled to %dx%d: "
				"sides are 1 to %d; v3npu_detector_prepare() makes one",
				box->image_width, box->image_height, box->width, box->height,
				IMAGE_SIDE_MAX);
	return 0;
}

int v3npu_detector_decode(const struct v3npu_detector *detector, const void *output, size_t size,
			  const struct v3npu_placement *placement,
			  const struct v3npu_detect_options *options,
			  struct v3npu_detections **detections)
{
	struct detect_output tensor = detector->output;
	struct v3npu_detect_options chosen;
	struct v3npu_placement box;
	struct v3npu_detections *d;
	int ret;

	*detections = NULL;
	ret = check_memory("output", output, size, detector->info.output_size);
	if (!ret)
		ret = take_placement(placement, &box);
	if (!ret)
		ret = take_options(detector, options, &chosen);
	if (ret)
		return ret;
	tensor.data = output;
	d = malloc(sizeof(*d) + chosen.max * sizeof(d->list[0]));
	if (!d)
		return v3v_fail(-ENOMEM, "out of memory");
	d->names = &detector->names;
	d->count = v3v_detect(&tensor, &box, detector->info.width, detector->info.height,
			      chosen.conf, chosen.iou, d->list, chosen.max);
	if (d->count < 0) {
		free(d);
		return v3v_fail(-ENOMEM, "out of memory");
	}
	*detections = d;
	return 0;
}

int v3npu_detector_run(const struct v3npu_detector *detector, struct v3npu_session *session,
		       const struct v3npu_image *image, const struct v3npu_detect_options *options,
		       struct v3npu_detections **detections)
{
	struct v3npu_placement placement = { .struct_size = sizeof(placement) };
	int ret;

	*detections = NULL;
	ret = v3npu_detector_prepare(detector, image, v3npu_session_input(session, 0),
				     detector->info.input_size, &placement);
	if (ret)
		return ret;
	ret = v3npu_session_run(session);
	if (ret)
		return v3v_fail(ret, "%s", v3npu_error());
	return v3npu_detector_decode(detector, v3npu_session_output(session, 0),
				     detector->info.output_size, &placement, options, detections);
}
