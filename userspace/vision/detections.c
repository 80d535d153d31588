// SPDX-License-Identifier: MIT
#include "detections.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "draw/draw.h"
#include "error.h"

size_t v3npu_detections_count(const struct v3npu_detections *detections)
{
	return detections->count;
}

int v3npu_detections_get(const struct v3npu_detections *detections, size_t k,
			 struct v3npu_detection *detection)
{
	struct v3npu_detection all = {};
	const struct detection *d;

	if (k >= (size_t)detections->count)
		return v3v_fail(-ERANGE, "there is no detection %zu, there are %d", k,
				detections->count);
	d = &detections->list[k];
	all.class_id = d->class_id;
	all.score = d->score;
	memcpy(all.box, d->box, sizeof(all.box));
	all.name = detections->names->name[d->class_id];
	all.turned = d->turned;
	memcpy(all.corners, d->corners, sizeof(all.corners));
	all.keypoint_count = detections->keypoint_count;
	if (detections->keypoint_count)
		all.keypoints = detections->keypoints + k * detections->keypoint_count;
	if (detections->masks && detections->masks[k].bytes) {
		const struct mask *mask = &detections->masks[k];

		all.mask = mask->bytes;
		all.mask_width = mask->width;
		all.mask_height = mask->height;
		memcpy(all.mask_box, mask->box, sizeof(all.mask_box));
	}
	return V3V_FILL(v3npu_detection, name, detection, &all);
}

void v3npu_detections_draw(const struct v3npu_detections *detections, struct v3npu_image *image)
{
	v3v_draw(image, detections);
}

void v3npu_detections_free(struct v3npu_detections *detections)
{
	int i;

	if (!detections)
		return;
	for (i = 0; i < detections->count && detections->masks; i++)
		free(detections->masks[i].bytes);
	free(detections->masks);
	free(detections->keypoints);
	free(detections->list);
	free(detections);
}
