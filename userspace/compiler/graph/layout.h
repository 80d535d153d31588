/* SPDX-License-Identifier: MIT */
/*
 * Locations seen through views.
 */
#ifndef V3C_LAYOUT_H
#define V3C_LAYOUT_H

#include "ir.h"

/* Strides of a dense tensor */
void v3c_dense(const struct ir_shape *shape, uint64_t *stride);

/* Do both say the same of every element? */
bool v3c_same_loc(const struct ir_shape *shape, const struct ir_loc *a, const struct ir_loc *b);

/**
 * v3c_reshape_loc() - the same elements, in order, in another shape
 * @from: shape
 * @loc: location in that shape
 * @to: shape with as many elements
 * @out: location in that shape, set
 *
 * Return: false if strides cannot express it.
 */
bool v3c_reshape_loc(const struct ir_shape *from, const struct ir_loc *loc,
		     const struct ir_shape *to, struct ir_loc *out);

/**
 * v3c_view_loc() - where a view's result is if it is not copied
 * @graph: graph
 * @node: RESHAPE, TRANSPOSE or SLICE whose operand is placed
 * @loc: set
 *
 * Return: false if strides cannot express it.
 */
bool v3c_view_loc(const struct ir_graph *graph, const struct ir_node *node, struct ir_loc *loc);

/* Where in a placed CONCAT's result the operand lies that starts at element @begin of the axis */
struct ir_loc v3c_concat_loc(const struct ir_graph *graph, const struct ir_node *node,
			     uint32_t begin);

#endif /* V3C_LAYOUT_H */
