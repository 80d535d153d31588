// SPDX-License-Identifier: MIT
#include "input.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "letterbox.h"
#include "vision/error.h"

void v3v_format_shape(const struct v3npu_tensor_info *t, char text[SHAPE_TEXT_SIZE])
{
	int i, n = 0;

	text[0] = '\0';
	for (i = 0; i < t->rank; i++)
		n += snprintf(text + n, SHAPE_TEXT_SIZE - n, "%s%u", i ? "x" : "", t->dim[i]);
}

bool v3v_is_number(const struct v3npu_tensor_info *t)
{
	return t->dtype == V3NPU_INT8 || t->dtype == V3NPU_UINT8 || t->dtype == V3NPU_FLOAT32;
}

bool v3v_has_scale(const struct v3npu_tensor_info *t)
{
	return t->dtype == V3NPU_FLOAT32 || (isnormal(t->scale) && t->scale > 0);
}

static bool is_side(uint32_t v)
{
	return v >= 1 && v <= IMAGE_SIDE_MAX;
}

static int take_shape(const struct v3npu_tensor_info *t, struct input *in)
{
	char shape[SHAPE_TEXT_SIZE];
	bool last = t->dim[3] == 3 || t->dim[3] == 1;

	v3v_format_shape(t, shape);
	if (t->rank == 4 && t->dim[0] > 1)
		return v3v_fail(-ENOTSUP, "its input, %s, is of %u pictures at a time; export it "
				"with a batch of 1", shape, t->dim[0]);
	if (t->rank == 4 && t->dim[0] == 1 && !last && t->dim[1] != 3 && t->dim[3] <= 16)
		return v3v_fail(-ENOTSUP, "its input, %s, has %u channels, a picture has 3 or, in "
				"grey, 1; export it for those", shape, t->dim[3]);
	in->planar = !last;
	in->channels = last ? t->dim[3] : 3;
	in->height = last ? t->dim[1] : t->dim[2];
	in->width = last ? t->dim[2] : t->dim[3];
	if (t->rank != 4 || t->dim[0] != 1 || (!last && t->dim[1] != 3) ||
	    !is_side(in->width) || !is_side(in->height))
		return v3v_fail(-ENOTSUP, "its input, %s, is no picture, 1xHxWx3", shape);
	return 0;
}

/* Is a range of numbers as exporters write [low, high], up to what calibration makes of it? */
static bool is_near(float v, float wanted, float slack)
{
	return fabsf(v - wanted) <= slack;
}

/* The mean and std that an input's scale tells of; false if it does not */
static bool known_range(const struct v3npu_tensor_info *t, float *mean, float *std)
{
	int least = t->dtype == V3NPU_INT8 ? -128 : 0;
	float low = t->scale * (least - t->zero_point);
	float high = t->scale * (least + 255 - t->zero_point);

	if (t->dtype == V3NPU_FLOAT32)
		return false;
	*mean = 0;
	if (is_near(low, 0, 0.1f) && is_near(high, 1, 0.4f)) {
		*std = 255;
	} else if (is_near(low, -1, 0.4f) && is_near(high, 1, 0.4f)) {
		*mean = 127.5f;
		*std = 127.5f;
	} else if (is_near(low, 0, 26) && is_near(high, 255, 105)) {
		*std = 1;
	} else {
		return false;
	}
	return true;
}

static int take_range(const struct v3npu_tensor_info *t,
		      const struct v3npu_detector_options *options, bool unit, float mean[3],
		      float std[3])
{
	int c;

	if (options->std[0] || options->std[1] || options->std[2]) {
		for (c = 0; c < 3; c++) {
			mean[c] = options->mean[c];
			std[c] = options->std[c];
			if (!isfinite(mean[c]) || !isnormal(std[c]))
				return v3v_fail(-EINVAL, "a mean of %g and a std of %g cannot be: "
						"the input is (v - mean) / std, of colours v of "
						"0..255", mean[c], std[c]);
		}
		return 0;
	}
	if (!known_range(t, &mean[0], &std[0])) {
		if (!unit)
			return v3v_fail(-ENODATA, "nothing says what numbers its input has for "
					"colours; say it with a mean and a std: 0 and 255 if they "
					"are 0..1, 127.5 and 127.5 if they are -1..1, 0 and 1 if "
					"they are 0..255");
		mean[0] = 0;
		std[0] = 255;
	}
	for (c = 1; c < 3; c++) {
		mean[c] = mean[0];
		std[c] = std[0];
	}
	return 0;
}

static void fill_tables(const struct v3npu_tensor_info *t, const float mean[3], const float std[3],
			struct input *in)
{
	int least = t->dtype == V3NPU_INT8 ? -128 : 0, c, v;

	for (c = 0; c < 3; c++)
		for (v = 0; v < 256; v++) {
			float real = (v - mean[c]) / std[c], q;

			in->real[c][v] = real;
			if (t->dtype == V3NPU_FLOAT32)
				continue;
			q = roundf(real / t->scale) + t->zero_point;
			in->bytes[c][v] = q < least ? least : q > least + 255 ? least + 255 : (int)q;
		}
	in->alike = !memcmp(in->real[0], in->real[1], sizeof(in->real[0])) &&
		    !memcmp(in->real[0], in->real[2], sizeof(in->real[0]));
}

int v3v_input_make(const struct v3npu_tensor_info *t, struct input *in)
{
	int ret;

	*in = (struct input) { .dtype = t->dtype };
	ret = take_shape(t, in);
	if (ret)
		return ret;
	if (!v3v_is_number(t))
		return v3v_fail(-ENOTSUP, "its input or output is neither int8 nor float32, nor "
				"uint8");
	if (!v3v_has_scale(t))
		return v3v_fail(-EINVAL, "its int8 or uint8 input or output has no scale; quantize "
				"the model again");
	return 0;
}

int v3v_input_range(const struct v3npu_tensor_info *t, const struct v3npu_detector_options *options,
		    bool unit, struct input *in)
{
	float mean[3], std[3];
	int ret = take_range(t, options, unit, mean, std);

	if (!ret)
		fill_tables(t, mean, std, in);
	return ret;
}

/* The middle of a picture that has the input's shape, as a picture of the same pixels */
static struct v3npu_image middle(const struct input *in, const struct v3npu_image *image)
{
	struct v3npu_image part = *image;
	int64_t width = (int64_t)image->height * in->width / in->height;
	int64_t height = (int64_t)image->width * in->height / in->width;

	if (width < image->width)
		part.width = width ? width : 1;
	else if (height < image->height)
		part.height = height ? height : 1;
	part.pixels = image_row(image, (image->height - part.height) / 2) +
		      (image->width - part.width) / 2 * 3;
	return part;
}

/* Brings the middle's placement, which is the input, to that of the whole picture */
static void widen(const struct v3npu_image *image, const struct v3npu_image *part,
		  struct v3npu_placement *box)
{
	double x = (double)box->width / part->width, y = (double)box->height / part->height;

	box->left -= (int)lrint((image->width - part->width) / 2 * x);
	box->top -= (int)lrint((image->height - part->height) / 2 * y);
	box->width = (int)fmin(fmax(lrint(image->width * x), 1), IMAGE_SIDE_MAX);
	box->height = (int)fmin(fmax(lrint(image->height * y), 1), IMAGE_SIDE_MAX);
	box->image_width = image->width;
	box->image_height = image->height;
}

static void put(const struct input *in, int c, size_t i, uint8_t value, void *memory)
{
	if (in->dtype == V3NPU_FLOAT32)
		((float *)memory)[i] = in->real[c][value];
	else
		((uint8_t *)memory)[i] = in->bytes[c][value];
}

/* From red, green and blue bytes, 128 less each, to what the input has */
static void convert(const struct input *in, const int8_t *colours, void *memory)
{
	size_t count = (size_t)in->width * in->height, i;
	int c;

	for (i = 0; i < count; i++) {
		const int8_t *p = colours + i * 3;

		for (c = 0; c < 3 && in->channels == 3; c++)
			put(in, c, in->planar ? c * count + i : i * 3 + c, p[c] + 128, memory);
		if (in->channels == 1)
			put(in, 0, i, (299 * p[0] + 587 * p[1] + 114 * p[2] + 128500) / 1000, memory);
	}
}

int v3v_input_fill(const struct input *in, const struct v3npu_image *image, void *memory,
		   struct v3npu_placement *box)
{
	struct v3npu_image part = in->cover ? middle(in, image) : *image;
	int8_t *colours, identity[256];
	int v, ret = -1;

	if (in->dtype != V3NPU_FLOAT32 && in->channels == 3 && !in->planar && in->alike) {
		ret = v3v_letterbox(&part, in->width, in->height, (const int8_t *)in->bytes[0],
				    memory, box);
	} else {
		colours = malloc((size_t)in->width * in->height * 3);
		for (v = 0; v < 256; v++)
			identity[v] = v - 128;
		if (colours)
			ret = v3v_letterbox(&part, in->width, in->height, identity, colours, box);
		if (!ret)
			convert(in, colours, memory);
		free(colours);
	}
	if (!ret && in->cover)
		widen(image, &part, box);
	return ret;
}
