// SPDX-License-Identifier: MIT
/* From a model's outputs to detections */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "decode/boxes.h"
#include "decode/classes.h"
#include "detections.h"
#include "detector.h"
#include "error.h"

#define CLASSIFY_MAX	5	/* classes of a picture */

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
		chosen->max = detector->layout.kind == LAYOUT_CLASSES ? CLASSIFY_MAX :
									V3NPU_DETECT_MAX;
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

static struct stored with_data(const struct stored *tensor, const void *data)
{
	struct stored s = *tensor;

	s.data = data;
	return s;
}

/* Finds objects or classes, best first; how many, or -1 */
static int find(const struct v3npu_detector *detector, const void *const *outputs,
		const struct v3npu_placement *box, const struct v3npu_detect_options *options,
		struct detect_output *output, struct detection *list)
{
	const struct layout *l = &detector->layout;
	int width = detector->info.width, height = detector->info.height, count;
	struct ssd_output ssd = l->ssd;

	*output = l->output;
	output->tensor.data = outputs[l->at[0]];
	switch (l->kind) {
	case LAYOUT_CLASSES:
		return v3v_classes(&output->tensor, output->classes, box, list, options->max);
	case LAYOUT_SSD:
		ssd.boxes.data = outputs[l->at[0]];
		ssd.class_ids.data = outputs[l->at[1]];
		ssd.scores.data = outputs[l->at[2]];
		ssd.count.data = outputs[l->at[3]];
		count = v3v_ssd(&ssd, box, width, height, options->conf, list);
		return count < (int)options->max ? count : (int)options->max;
	default:
		return v3v_detect(output, box, width, height, options->conf, options->iou, list,
				  options->max);
	}
}

/* Those of detection @k, which the model says after its scores */
static void read_keypoints(const struct v3npu_detector *detector, const struct detect_output *o,
			   const struct v3npu_placement *box, const float unit[2],
			   const struct detection *d, struct v3npu_keypoint *points)
{
	const struct layout *l = &detector->layout;
	int i;

	for (i = 0; i < l->keypoints; i++) {
		int row = l->keypoint_row + i * l->keypoint_values;
		float at[2] = {
			detect_number(o, row, d->candidate) * unit[0],
			detect_number(o, row + 1, d->candidate) * unit[1],
		};

		v3v_points_to_picture(box, at, 1);
		points[i] = (struct v3npu_keypoint) {
			.x = at[0], .y = at[1],
			.score = l->keypoint_values == 3 ? detect_number(o, row + 2, d->candidate) : 1,
		};
	}
}

/* Key points and masks of what was found; 0, or -1 if memory ran out */
static int add_parts(const struct v3npu_detector *detector, const void *const *outputs,
		     const struct detect_output *o, const struct v3npu_placement *box,
		     struct v3npu_detections *d)
{
	int width = detector->info.width, height = detector->info.height, i;
	const struct layout *l = &detector->layout;
	struct prototypes prototypes = l->prototypes;
	float unit[2];

	if (l->keypoints) {
		d->keypoints = calloc(d->count + 1, l->keypoints * sizeof(*d->keypoints));
		if (!d->keypoints)
			return -1;
		d->keypoint_count = l->keypoints;
		v3v_unit(o, width, height, unit);
		for (i = 0; i < d->count; i++)
			read_keypoints(detector, o, box, unit, &d->list[i],
				       d->keypoints + (size_t)i * l->keypoints);
	}
	if (l->task == V3NPU_TASK_SEGMENT) {
		prototypes.tensor = with_data(&prototypes.tensor, outputs[l->at[1]]);
		d->masks = calloc(d->count + 1, sizeof(*d->masks));
		for (i = 0; i < d->count && d->masks; i++)
			if (v3v_mask_make(&prototypes, o, &d->list[i], box, width, height,
					  &d->masks[i]))
				return -1;
		return d->masks ? 0 : -1;
	}
	return 0;
}

static int check_outputs(const struct v3npu_detector *detector, const void *const *outputs,
			 const size_t *sizes, size_t count)
{
	size_t k;
	int ret = 0;

	if (count != detector->info.outputs)
		return v3v_fail(-EINVAL, "the model has %u outputs, of which %zu are given; give all",
				detector->info.outputs, count);
	for (k = 0; !ret && k < count; k++)
		ret = v3v_check_memory("output", outputs[k], sizes[k], detector->sizes[k]);
	return ret;
}

int v3npu_detector_decode_outputs(const struct v3npu_detector *detector,
				  const void *const *outputs, const size_t *sizes, size_t count,
				  const struct v3npu_placement *placement,
				  const struct v3npu_detect_options *options,
				  struct v3npu_detections **detections)
{
	struct v3npu_detect_options chosen;
	struct v3npu_placement box;
	struct v3npu_detections *d;
	struct detect_output output;
	size_t room;
	int ret;

	*detections = NULL;
	ret = check_outputs(detector, outputs, sizes, count);
	if (!ret)
		ret = take_placement(placement, &box);
	if (!ret)
		ret = take_options(detector, options, &chosen);
	if (ret)
		return ret;
	room = detector->layout.kind == LAYOUT_SSD ? detector->info.candidates : chosen.max;
	d = calloc(1, sizeof(*d));
	if (d)
		d->list = malloc((room + 1) * sizeof(*d->list));
	if (d && d->list) {
		d->names = &detector->names;
		d->task = detector->layout.task;
		ret = find(detector, outputs, &box, &chosen, &output, d->list);
		d->count = ret < 0 ? 0 : ret;
		if (ret >= 0 && !add_parts(detector, outputs, &output, &box, d)) {
			*detections = d;
			return 0;
		}
	}
	v3npu_detections_free(d);
	return v3v_fail(-ENOMEM, "out of memory");
}

int v3npu_detector_decode(const struct v3npu_detector *detector, const void *output, size_t size,
			  const struct v3npu_placement *placement,
			  const struct v3npu_detect_options *options,
			  struct v3npu_detections **detections)
{
	*detections = NULL;
	if (detector->info.outputs != 1)
		return v3v_fail(-EINVAL, "the model has %u outputs; give them all to "
				"v3npu_detector_decode_outputs()", detector->info.outputs);
	return v3npu_detector_decode_outputs(detector, &output, &size, 1, placement, options,
					     detections);
}

int v3npu_detector_run(const struct v3npu_detector *detector, struct v3npu_session *session,
		       const struct v3npu_image *image, const struct v3npu_detect_options *options,
		       struct v3npu_detections **detections)
{
	struct v3npu_placement placement = { .struct_size = sizeof(placement) };
	const void *outputs[LAYOUT_OUTPUTS_MAX];
	uint32_t k;
	int ret;

	*detections = NULL;
	ret = v3npu_detector_prepare(detector, image, v3npu_session_input(session, 0),
				     detector->info.input_size, &placement);
	if (ret)
		return ret;
	ret = v3npu_session_run(session);
	if (ret)
		return v3v_fail(ret, "%s", v3npu_error());
	for (k = 0; k < detector->info.outputs; k++)
		outputs[k] = v3npu_session_output(session, k);
	return v3npu_detector_decode_outputs(detector, outputs, detector->sizes,
					     detector->info.outputs, &placement, options, detections);
}
