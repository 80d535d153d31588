/* SPDX-License-Identifier: MIT */
/*
 * How far a quantized model's output is from the float model's, without labels.
 */
#ifndef V3Q_DIVERGENCE_H
#define V3Q_DIVERGENCE_H

#include "compiler/graph/ir.h"

/* Is a tensor of this shape a detector's output, [1][4 + classes][anchors]? */
bool q_is_detection(const struct ir_shape *shape);

/**
 * q_divergence() - error of an output, 0 if it is the float model's
 * @shape: of both
 * @real: the float model's output
 * @quantized: the other's
 *
 * Of a detector, an anchor counts by the square of its best score in either: its
 * error is that of its scores, and that of its box's edges by the size of the box.
 * That is divided by what all anchors count, and a little more, so that a picture with
 * nothing in it says less than one with a small object.
 * Of other models: the energy of the difference by that of the output.
 */
double q_divergence(const struct ir_shape *shape, const float *real, const float *quantized);

#endif /* V3Q_DIVERGENCE_H */
