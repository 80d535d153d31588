/* SPDX-License-Identifier: MIT */
/*
 * Inputs of convolutions into SRAM ahead of their use.
 */
#ifndef V3C_STAGE_H
#define V3C_STAGE_H

#include "compiler/emit/cascade.h"

struct v3npu_config;

/**
 * v3c_stage_choose() - have inputs copied to SRAM where that takes fewer cycles
 * @l: a lowering of the whole graph that is complete and placed; its stream is
 *	lost
 * @config: NPU
 * @cascades: nodes that are lowered stripe by stripe, which are left as they are
 *
 * Whether there is room in SRAM turns out when the graph is lowered again.
 *
 * Return: 0 or a negative errno with the context's error set.
 */
int v3c_stage_choose(struct lowering *l, const struct v3npu_config *config,
		     const struct cascades *cascades);

/* Inputs that found no room in SRAM are no longer staged. Return: how many */
int v3c_stage_drop_homeless(struct ir_graph *g);

/* No inputs are staged any longer */
void v3c_stage_drop_all(struct ir_graph *g);

#endif /* V3C_STAGE_H */
