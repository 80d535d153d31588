/* SPDX-License-Identifier: MIT */
/*
 * What numbers activations have on real pictures.
 */
#ifndef V3Q_CALIBRATE_H
#define V3Q_CALIBRATE_H

#include "groups.h"
#include "pictures.h"

/**
 * q_calibrate() - run a float graph over pictures and note every number
 * @g: float graph
 * @groups: its activations; their numbers are added
 * @pictures: what to run it on
 *
 * Shows its progress on standard error if that is a terminal.
 *
 * Return: 0 or -1 with @error set.
 */
int q_calibrate(const struct q_graph *g, struct q_groups *groups,
		const struct pictures *pictures, struct tool_error *error);

#endif /* V3Q_CALIBRATE_H */
