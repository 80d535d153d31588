/* SPDX-License-Identifier: MIT */
/* What a model's metadata says that it is */
#ifndef V3V_METADATA_H
#define V3V_METADATA_H

#include <jansson.h>
#include <stdbool.h>

#include "vision/v3npu_vision.h"

#define METADATA_TASK_SIZE	32

/**
 * struct metadata - what the text says; what it does not say is 0
 * @exporter: it is an exporter's, not a list of labels; such models take colours as 0..1
 * @task: V3NPU_TASK_AUTO if it does not say, or names one that is not known here
 * @task_text: that one's name, empty otherwise
 * @says_end2end: whether it says so
 * @end2end: the model suppresses what overlaps itself
 * @keypoints: of an object
 * @keypoint_values: of each of them: 2, or 3 with how well it is seen
 * @names: of the classes: a list, or a mapping of their numbers; NULL if there are none
 * @name_count: how many there are, the last one's number and 1
 */
struct metadata {
	bool exporter;
	enum v3npu_task task;
	char task_text[METADATA_TASK_SIZE];
	bool says_end2end;
	bool end2end;
	int keypoints;
	int keypoint_values;
	json_t *names;
	int name_count;
};

/**
 * v3v_metadata_read() - read a model's metadata, or a file of labels
 * @text: what an exporter writes, as JSON, YAML or a Python dict; or labels, one a line, each
 *	with its number before it or none with one. NULL or another text: it says nothing
 * @m: the result, for v3v_metadata_free() in any case
 *
 * Return: 0, or -1 if memory ran out.
 */
int v3v_metadata_read(const char *text, struct metadata *m);
void v3v_metadata_free(struct metadata *m);

/* The name of a task, as exporters and --task write it; NULL of V3NPU_TASK_AUTO */
const char *v3v_task_name(enum v3npu_task task);

#endif /* V3V_METADATA_H */
