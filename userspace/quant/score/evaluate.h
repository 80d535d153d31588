/* SPDX-License-Identifier: MIT */
/*
 * How well a detector finds what labels say is there.
 */
#ifndef V3Q_EVALUATE_H
#define V3Q_EVALUATE_H

#include "common/tool.h"
#include "map.h"
#include "quant/graph/graph.h"

/* What the study asks of a model */
#define Q_MIN_SHARE	0.95		/* of the float model's mean average precision */
#define Q_MAX_SIZE	4000000		/* bytes */
#define Q_MAX_MS	30.0		/* an inference */

/**
 * struct q_score - a detector's score
 * @pictures: how many there were
 * @map: its detections
 * @ms: an inference takes as modelled on the NPU, 0 if it ran on the CPU
 */
struct q_score {
	uint32_t pictures;
	struct map map;
	double ms;
};

/**
 * q_score_graph() - run a float graph over labelled pictures
 * @g: a detector
 * @folder: see labels_find()
 * @score: the result, for q_score_free() in any case
 *
 * Return: 0 or -1 with @error set.
 */
int q_score_graph(const struct q_graph *g, const char *folder, struct q_score *score,
		  struct tool_error *error);

/* The same for a .tflite file of @size bytes, on the simulated NPU or else the CPU */
int q_score_file(const void *data, size_t size, bool npu, const char *folder,
		 struct q_score *score, struct tool_error *error);
void q_score_free(struct q_score *score);

/* Milliseconds that an inference takes on this machine's CPU; 0 or -1 */
int q_cpu_ms(const void *data, size_t size, double *ms, struct tool_error *error);

#endif /* V3Q_EVALUATE_H */
