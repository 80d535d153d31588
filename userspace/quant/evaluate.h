/* SPDX-License-Identifier: MIT */
/*
 * A finished model against the float model it was made of.
 */
#ifndef V3Q_EVALUATE_H
#define V3Q_EVALUATE_H

#include "graph.h"
#include "map.h"
#include "pictures.h"

struct pthreadpool;

/* What the study asks of a model */
#define Q_MIN_SHARE	0.95		/* of the float model's mean average precision */
#define Q_MAX_SIZE	4000000		/* bytes */
#define Q_MAX_MS	30.0		/* an inference */

/**
 * struct q_made - a model to evaluate
 * @data: the .tflite file
 * @size: its bytes
 * @npu: it is for the NPU; else for the CPU
 */
struct q_made {
	const void *data;
	size_t size;
	bool npu;
};

/**
 * struct q_evaluation - what came out
 * @pictures: how many it was
 * @real: the float model's detections
 * @made: the other one's
 * @ms: an inference takes, as modelled on the NPU, or on this machine's CPU
 */
struct q_evaluation {
	uint32_t pictures;
	struct map real;
	struct map made;
	double ms;
};

/**
 * q_evaluate() - run both models over labelled pictures
 * @g: float graph of a detector
 * @made: the other
 * @folder: see labels_find()
 * @count: pictures at most, evenly spread; 0: all
 * @threads: for the float model
 * @e: the result, for q_evaluation_free() in any case
 *
 * Return: 0 or -1 with @error set.
 */
int q_evaluate(const struct q_graph *g, const struct q_made *made, const char *folder,
	       uint32_t count, struct pthreadpool *threads, struct q_evaluation *e,
	       struct tool_error *error);
void q_evaluation_free(struct q_evaluation *e);

#endif /* V3Q_EVALUATE_H */
