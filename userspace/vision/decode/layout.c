// SPDX-License-Identifier: MIT
#include "layout.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "vision/error.h"
#include "vision/image/input.h"

#define CLASSES_UNKNOWN	1000	/* that have a number, at least, where nothing says how many */
#define SSD_OUTPUTS	4

struct stored v3v_layout_stored(const struct v3npu_tensor_info *t)
{
	return (struct stored) {
		.dtype = t->dtype, .scale = t->scale, .zero_point = t->zero_point,
	};
}

int v3v_layout_check_names(const struct layout_source *s, int classes, const char *shape)
{
	const struct metadata *m = s->metadata;

	/* A mapping may leave out classes; a list that is short may lack its first one */
	if (!m->name_count || m->name_count == classes ||
	    (m->name_count < classes && !json_is_array(m->names)))
		return 0;
	return v3v_fail(-ENODATA, "its output, %s, has %d class%s, but there are %d names of classes; "
			"give labels with a line for each class", shape, classes,
			classes == 1 ? "" : "es", m->name_count);
}

/* How many numbers a tensor has if but one dimension is not 1; else 0 */
static uint32_t vector_length(const struct v3npu_tensor_info *t)
{
	uint32_t length = 1;
	int i;

	for (i = 0; i < t->rank; i++) {
		if (t->dim[i] != 1 && length != 1)
			return 0;
		length *= t->dim[i];
	}
	return length;
}

static bool is_boxes(const struct v3npu_tensor_info *t)
{
	return t->rank == 3 && t->dim[0] == 1 && t->dim[1] && t->dim[2] == 4 &&
	       t->dim[1] <= CLASSES_UNKNOWN;
}

/*
 * The operator writes boxes, classes, scores, count. What TensorFlow 2 exports has them in another
 * order: scores, boxes, count, classes. Classes and scores have one shape, so no other is known.
 */
static bool is_ssd(const struct layout_source *s, struct layout *l)
{
	static const int orders[][SSD_OUTPUTS] = { { 0, 1, 2, 3 }, { 1, 3, 0, 2 } };
	size_t i;
	int k;

	for (i = 0; i < 2 && s->count == SSD_OUTPUTS; i++) {
		const struct v3npu_tensor_info *boxes = &s->outputs[orders[i][0]];
		bool all = is_boxes(boxes);

		for (k = 1; k < 3; k++)
			all = all && vector_length(&s->outputs[orders[i][k]]) == boxes->dim[1] &&
			      s->outputs[orders[i][k]].rank <= 2;
		if (all && vector_length(&s->outputs[orders[i][3]]) == 1) {
			memcpy(l->at, orders[i], sizeof(orders[i]));
			return true;
		}
	}
	return false;
}

/* The first label of an SSD is often that of what is nothing, which the operator does not count */
static int first_label(const struct metadata *m)
{
	const char *first = json_string_value(json_array_get(m->names, 0));

	return first && (!strcmp(first, "???") || !strcmp(first, "background"));
}

static int find_ssd(const struct layout_source *s, struct layout *l)
{
	if (s->task && s->task != V3NPU_TASK_DETECT)
		return v3v_fail(-ENODATA, "its four outputs are those of an SSD, whose task is "
				"detect, not %s; say so", v3v_task_name(s->task));
	l->task = V3NPU_TASK_DETECT;
	l->kind = LAYOUT_SSD;
	l->first_name = first_label(s->metadata);
	l->classes = s->metadata->name_count - l->first_name;
	if (l->classes < 0)
		l->classes = 0;
	l->ssd = (struct ssd_output) {
		.boxes = v3v_layout_stored(&s->outputs[l->at[0]]),
		.class_ids = v3v_layout_stored(&s->outputs[l->at[1]]),
		.scores = v3v_layout_stored(&s->outputs[l->at[2]]),
		.count = v3v_layout_stored(&s->outputs[l->at[3]]),
		.candidates = s->outputs[l->at[0]].dim[1],
		.classes = l->classes > CLASSES_UNKNOWN ? l->classes : CLASSES_UNKNOWN,
	};
	return 0;
}

/* Does softmax or a sigmoid end the model? TFLite gives what they are quantized to one scale */
static bool is_probabilities(const struct v3npu_tensor_info *t)
{
	return t->scale == 1 / 256.0f && ((t->dtype == V3NPU_INT8 && t->zero_point == -128) ||
					  (t->dtype == V3NPU_UINT8 && t->zero_point == 0));
}

static int find_classes(const struct layout_source *s, uint32_t classes, struct layout *l)
{
	const struct v3npu_tensor_info *t = &s->outputs[0];
	char shape[SHAPE_TEXT_SIZE];

	v3v_format_shape(t, shape);
	if (s->task && s->task != V3NPU_TASK_CLASSIFY)
		return v3v_fail(-ENODATA, "its output, %s, is a classifier's, not one for the task "
				"%s; say classify", shape, v3v_task_name(s->task));
	if (!s->task && !is_probabilities(t) && s->metadata->name_count != (int)classes)
		return v3v_fail(-ENODATA, "its output, %s, is numbers of which nothing says what they "
				"are; if they are scores of classes, say so: the task classify",
				shape);
	l->task = V3NPU_TASK_CLASSIFY;
	l->kind = LAYOUT_CLASSES;
	l->classes = classes;
	l->output.tensor = v3v_layout_stored(t);
	l->output.classes = classes;
	return v3v_layout_check_names(s, classes, shape);
}

/* The prototypes of masks are a small picture each */
static int take_prototypes(const struct layout_source *s, struct layout *l)
{
	const struct v3npu_tensor_info *t = &s->outputs[l->at[1]];
	/* As it is in TensorFlow: channels, which are fewer than a side has pixels, come last */
	bool planar = t->dim[1] < t->dim[3] && t->dim[1] < t->dim[2];

	if (t->dim[0] != 1 || !t->dim[1] || !t->dim[2] || !t->dim[3] ||
	    t->dim[1] > IMAGE_SIDE_MAX || t->dim[2] > IMAGE_SIDE_MAX || t->dim[3] > IMAGE_SIDE_MAX)
		return -1;
	l->prototypes = (struct prototypes) {
		.tensor = v3v_layout_stored(t), .planar = planar,
		.count = planar ? t->dim[1] : t->dim[3],
		.height = planar ? t->dim[2] : t->dim[1],
		.width = planar ? t->dim[3] : t->dim[2],
	};
	return 0;
}

/* The outputs that are candidates and, if there are two, prototypes; false for others */
static bool find_outputs(const struct layout_source *s, struct layout *l)
{
	if (!s->count || s->count > 2)
		return false;
	l->at[0] = s->count == 2 && s->outputs[0].rank == 4;
	l->at[1] = !l->at[0];
	return s->outputs[l->at[0]].rank == 3 &&
	       (s->count == 1 || (s->outputs[l->at[1]].rank == 4 && !take_prototypes(s, l)));
}

static int check_numbers(const struct layout_source *s)
{
	char shape[SHAPE_TEXT_SIZE];
	size_t i;

	for (i = 0; i < s->count; i++) {
		v3v_format_shape(&s->outputs[i], shape);
		if (!v3v_is_number(&s->outputs[i]))
			return v3v_fail(-ENOTSUP, "its input or output is neither int8 nor float32, "
					"nor uint8: output %zu, %s", i, shape);
		if (!v3v_has_scale(&s->outputs[i]))
			return v3v_fail(-EINVAL, "its int8 or uint8 input or output has no scale: "
					"output %zu, %s; quantize the model again", i, shape);
	}
	return 0;
}

int v3v_layout_find(const struct layout_source *s, struct layout *l)
{
	char shape[SHAPE_TEXT_SIZE];
	uint32_t length;
	int ret;

	*l = (struct layout) { .outputs = s->count };
	if (is_ssd(s, l)) {
		ret = check_numbers(s);
		return ret ? ret : find_ssd(s, l);
	}
	length = s->count == 1 ? vector_length(&s->outputs[0]) : 0;
	if (length > 1 && length <= INT_MAX && s->outputs[0].rank != 3) {
		ret = check_numbers(s);
		return ret ? ret : find_classes(s, length, l);
	}
	if (!find_outputs(s, l)) {
		v3v_format_shape(&s->outputs[0], shape);
		if (s->count == 1)
			return v3v_fail(-ENOTSUP, "its output, %s, is neither a detector's, "
					"1x(4 + classes)xN, nor a classifier's, 1xN", shape);
		return v3v_fail(-ENOTSUP, "it has %zu outputs, a detector one, or those of masks or of "
				"an SSD, which these are not: the first is %s; export it with what "
				"follows the last layers in it", s->count, shape);
	}
	ret = check_numbers(s);
	return ret ? ret : v3v_layout_candidates(s, &s->outputs[l->at[0]], l);
}
