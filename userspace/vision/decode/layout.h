/* SPDX-License-Identifier: MIT */
/* What the outputs of a model mean */
#ifndef V3V_LAYOUT_H
#define V3V_LAYOUT_H

#include "masks.h"
#include "ssd.h"
#include "vision/meta/metadata.h"

#define LAYOUT_OUTPUTS_MAX	4

/** enum layout_kind - which of a layout's parts says what is found */
enum layout_kind {
	LAYOUT_CANDIDATES,
	LAYOUT_SSD,
	LAYOUT_CLASSES,
};

/**
 * struct layout - a model's outputs; tensors in it have no data yet
 * @task: not V3NPU_TASK_AUTO
 * @kind: of
 * @outputs: how many the model has
 * @at: number of the output with the candidates (or classes); and of that with the prototypes. Of
 *	SSD: boxes, classes, scores, count
 * @output: candidates; of a classifier the tensor and how many classes
 * @prototypes: of V3NPU_TASK_SEGMENT
 * @ssd: of LAYOUT_SSD
 * @keypoints: of V3NPU_TASK_POSE
 * @keypoint_values: of each, 2 or 3
 * @keypoint_row: of the first one's x
 * @classes: that it tells apart; 0 if nothing says how many
 * @first_name: number of the first class in the list of names
 */
struct layout {
	enum v3npu_task task;
	enum layout_kind kind;
	int outputs;
	int at[LAYOUT_OUTPUTS_MAX];
	struct detect_output output;
	struct prototypes prototypes;
	struct ssd_output ssd;
	int keypoints;
	int keypoint_values;
	int keypoint_row;
	int classes;
	int first_name;
};

/** struct layout_source - what is known of a model */
struct layout_source {
	const struct v3npu_tensor_info *outputs;
	size_t count;
	int in_width;
	int in_height;
	const struct metadata *metadata;	/* or the labels that were given in its place */
	enum v3npu_task task;			/* that was asked for, or what the metadata says */
};

/**
 * v3v_layout_find() - find out what a model's outputs mean
 * @s: what is known of it
 * @l: the result
 *
 * What can be one thing or the other is not guessed.
 *
 * Return: 0, or with the error line set, which says what to do: -ENOTSUP, -EINVAL for an output without
 * its scale, -ENODATA if the caller has to say more.
 */
int v3v_layout_find(const struct layout_source *s, struct layout *l);

/* The part for one tensor of candidates, [1, rows, n] or [1, n, rows]; @t is that */
int v3v_layout_candidates(const struct layout_source *s, const struct v3npu_tensor_info *t,
			  struct layout *l);

/* A tensor, without its data */
struct stored v3v_layout_stored(const struct v3npu_tensor_info *t);

/* As many names as classes, or of a mapping fewer; else what to do. @shape is the output's */
int v3v_layout_check_names(const struct layout_source *s, int classes, const char *shape);

#endif /* V3V_LAYOUT_H */
