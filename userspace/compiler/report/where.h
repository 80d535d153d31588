/* SPDX-License-Identifier: MIT */
/* Where each operator of a model is computed, and why not on the NPU */
#ifndef V3C_WHERE_H
#define V3C_WHERE_H

#include "analysis.h"
#include "compiler/split.h"

/**
 * v3c_analysis_where() - say of a model's operators where they are computed
 * @analysis: of the model; its operators get on_cpu, and their reasons become those of
 *	what is on the CPU in fact: v3c_analyze() has looked at each alone, and in their
 *	context some that the NPU would take are the CPU's, and the other way round
 * @split: the model, compiled for @target
 * @model: the file's bytes
 * @size: how many
 * @target: NPU
 *
 * Return: 0, or -1 with what is wrong in @analysis->blame.
 */
int v3c_analysis_where(struct v3c_analysis *analysis, const struct v3c_split *split,
		       const void *model, size_t size, const struct v3c_target *target);

#endif /* V3C_WHERE_H */
