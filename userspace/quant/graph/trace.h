/* SPDX-License-Identifier: MIT */
/*
 * What each element of a tensor is made of: a sum of a few elements of other
 * tensors, seen through operators that move, add, subtract and scale.
 */
#ifndef V3Q_TRACE_H
#define V3Q_TRACE_H

#include "graph.h"

#define TRACE_TERMS	4

/** struct trace_term - @factor times element @index of tensor @tensor */
struct trace_term {
	int32_t tensor;
	uint32_t index;
	float factor;
};

/** struct trace - @constant plus @count terms */
struct trace {
	float constant;
	int count;
	struct trace_term term[TRACE_TERMS];
};

/** struct tracer - traces of a graph's tensors, made when they are asked for */
struct tracer {
	struct q_graph *g;
	const int32_t *producer;
	struct trace **of;
	uint64_t elements;
	int depth;
};

/* Prepares tracing; 0 or -ENOMEM */
int trace_start(struct q_graph *g, struct tracer *tracer);

/**
 * trace() - what a tensor's elements are made of
 * @tracer: tracer
 * @tensor: tensor
 *
 * An operator that does something else, or that would make too many terms, ends
 * the trace: its result's elements are terms.
 *
 * Return: a trace for each element, or NULL with the context's error set.
 */
const struct trace *trace(struct tracer *tracer, int32_t tensor);

#endif /* V3Q_TRACE_H */
