/* SPDX-License-Identifier: MIT */
/*
 * From placed nodes to commands.
 */
#ifndef V3C_LOWER_H
#define V3C_LOWER_H

#include "cascade.h"

/**
 * v3c_lower() - emit a graph's commands
 * @lowering: graph whose values all are placed; commands are added to its stream,
 *	and weights, output-stage constants and tables to its constants
 * @cascades: nodes to lower stripe by stripe
 *
 * Return: 0 or a negative errno with the context's error set.
 */
int v3c_lower(struct lowering *lowering, const struct cascades *cascades);

#endif /* V3C_LOWER_H */
