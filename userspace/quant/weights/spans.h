/* SPDX-License-Identifier: MIT */
/*
 * How far each channel of a graph's activations reaches.
 */
#ifndef V3Q_SPANS_H
#define V3Q_SPANS_H

#include "equalize.h"
#include "quant/graph/groups.h"
#include "quant/run/pictures.h"

/**
 * struct q_spans - numbers of channels on some pictures; q_spans_free() frees it
 * @channels: of the graph
 * @tensor: @count tensors that were looked at: what is computed, and what convolutions read
 * @low: the lowest number of each channel, 0 at most; 0 if it was not looked at
 * @high: the highest, 0 at least
 * @square: the mean of its numbers' squares
 */
struct q_spans {
	struct q_channels channels;
	int32_t *tensor;
	uint32_t count;
	float *low;
	float *high;
	double *square;
};

/* Runs the float graph over pictures; 0 or -1 with @error set. Free it in any case */
int q_spans_measure(const struct q_graph *g, const struct pictures *pictures,
		    struct q_spans *spans, struct tool_error *error);
void q_spans_free(struct q_spans *spans);

/**
 * q_spans_note() - give groups the lowest and highest numbers of an equalized graph
 * @spans: of the graph
 * @g: graph
 * @factors: of its channels
 * @power: of them, see q_equalize()
 * @groups: the graph's, fresh; enough for ranges of minmax
 */
void q_spans_note(const struct q_spans *spans, const struct q_graph *g,
		  const struct q_factors *factors, float power, struct q_groups *groups);

#endif /* V3Q_SPANS_H */
