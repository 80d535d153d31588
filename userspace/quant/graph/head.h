/* SPDX-License-Identifier: MIT */
/*
 * A detection head, made so that integers can keep it.
 */
#ifndef V3Q_HEAD_H
#define V3Q_HEAD_H

#include "graph.h"

/**
 * q_split_head() - compute the output of a detector in as few roundings as can be
 * @g: float graph; changed if it ends in a head of this kind
 *
 * YOLO's head (since version 8) puts box logits and class logits of all levels
 * into one tensor, takes the mean of the distribution over distances, and makes
 * boxes of it: four more operators with anchors and strides. In int8 that is one
 * scale for logits that have nothing in common, and four roundings of boxes, to
 * steps that are larger than those of the output.
 *
 * The same numbers are computed level by level instead: logits keep their own
 * scales, and one product makes centres and sizes, in units of the output, of
 * the distribution. What head it is, the numbers' origins say (trace.h), not the
 * names or order of operators.
 *
 * Return: 1 if it was changed, 0 if it ends in something else, or -ENOMEM.
 */
int q_split_head(struct q_graph *g);

#endif /* V3Q_HEAD_H */
