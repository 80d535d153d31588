// SPDX-License-Identifier: MIT
#include "detections.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vision/draw/draw.h"
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
	return V3V_FILL(v3npu_detection, name, detection, &all);
}

void v3npu_detections_draw(const struct v3npu_detections *detections, struct v3npu_image *image)
{
	v3v_draw(image, detections->list, detections->count, detections->names);
}

void v3npu_detections_free(struct v3npu_detections *detections)
{
	free(detections);
}
