/* SPDX-License-Identifier: MIT */
/*
 * Which layers are cascaded (emit/cascade.h).
 */
#ifndef V3C_CASCADE_PLAN_H
#define V3C_CASCADE_PLAN_H

#include "compiler/emit/cascade.h"

struct v3npu_config;

/**
 * v3c_cascade_plan() - choose cascades
 * @l: a lowering of the whole graph that is complete and placed; its stream is
 *	lost
 * @config: NPU
 * @cascades: set
 *
 * Return: 0 or a negative errno with the context's error set.
 */
int v3c_cascade_plan(struct lowering *l, const struct v3npu_config *config,
		     struct cascades *cascades);

#endif /* V3C_CASCADE_PLAN_H */
