/* SPDX-License-Identifier: MIT */
/*
 * What numbers activations have on real pictures.
 */
#ifndef V3Q_CALIBRATE_H
#define V3Q_CALIBRATE_H

#include "quant/graph/groups.h"
#include "quant/run/pictures.h"

/**
 * q_calibrate() - put activations into groups, run the float graph, and note every number
 * @g: float graph
 * @groups: its activations, with their numbers
 * @pictures: what to run it on
 *
 * Groups are apart from those of a fixed scale if numbers go far beyond its range
 * (groups.h). Shows its progress on standard error if that is a terminal.
 *
 * Return: 0 or -1 with @error set.
 */
int q_calibrate(struct q_graph *g, struct q_groups *groups, const struct pictures *pictures,
		struct tool_error *error);

#endif /* V3Q_CALIBRATE_H */
