/* SPDX-License-Identifier: MIT */
/* What v3run prints: tables for people, or one JSON object for programs */
#ifndef V3NPU_REPORT_H
#define V3NPU_REPORT_H

#include <jansson.h>

#include "bench.h"
#include "libv3npu/v3npu.h"
#include "vision/v3npu_vision.h"

/** struct report_image - one picture's detections and what each step took */
struct report_image {
	const char *path;
	int width;
	int height;
	const char *drawn;	/* where the picture with boxes went, NULL for nowhere */
	enum v3npu_task task;
	struct v3npu_detections *found;
	double read_ms;
	double letterbox_ms;
	double inference_ms;
	double decode_ms;
};

/**
 * struct report - the whole run
 * @json: print JSON; otherwise tables
 * @model_path: model
 * @device: what it ran on
 * @model: the loaded model
 * @load_ms: from the file's name to a session that can run
 * @stats: of the last run
 * @bench: what --bench measured; no runs without it
 * @images: JSON collected so far of pictures or, with @raw, outputs; NULL before the first
 * @raw: tensors were written
 */
struct report {
	bool json;
	const char *model_path;
	struct v3npu_device_info device;
	struct v3npu_model_info model;
	double load_ms;
	struct v3npu_run_stats stats;
	struct bench bench;
	json_t *images;
	bool raw;
};

void report_image(struct report *r, const struct report_image *image);
void report_raw(struct report *r, const char *out, size_t size);

/* Prints what is of the whole run; 0, or -1 if standard output could not be written */
int report_end(struct report *r);

#endif /* V3NPU_REPORT_H */
