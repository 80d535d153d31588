/* SPDX-License-Identifier: MIT */
/*
 * When the copies before a CONCAT are made.
 */
#ifndef V3C_LATE_COPY_H
#define V3C_LATE_COPY_H

#include "compiler/base/program.h"
#include "compiler/graph/ir.h"

/* Copies of what a CONCAT joins with a RESIZE, right before the CONCAT, where that pays */
int v3c_copy_late(struct v3c_ctx *ctx, struct ir_graph *graph, const struct v3c_target *target);

#endif /* V3C_LATE_COPY_H */
