// SPDX-License-Identifier: MIT
/*
 * A PAD of height and width costs nothing in the command that reads it: CONV
 * takes a pad value, and POOL ignores what is outside of its input.
 */
#include "passes.h"

static bool pads_image_only(const struct ir_graph *g, const struct ir_node *pad)
{
	const struct ir_shape *in = &g->values[pad->in[0]].shape;
	const struct ir_shape *out = &g->values[pad->out].shape;

	return in->rank == 4 && in->dim[0] == out->dim[0] && in->dim[3] == out->dim[3];
}

/*
 * Beyond the PAD a convolution may pad on its own, with its zero point; one
 * command has one pad value, so both must be the same or only one exist.
 */
static bool conv_takes(const struct ir_graph *g, const struct ir_node *pad,
		       const struct ir_node *conv)
{
	const struct ir_shape *in = &g->values[conv->in[0]].shape;
	const struct ir_shape *out = &g->values[conv->out].shape;
	int i;

	if (pad->pad.value == conv->conv.in_zero_point)
		return true;
	for (i = 0; i < 2; i++) {
		uint64_t span = (uint64_t)(out->dim[1 + i] - 1) * conv->conv.stride[i] +
				(uint64_t)(conv->conv.kernel[i] - 1) * conv->conv.dilation[i] + 1;

		if (conv->conv.pad[i] || span > in->dim[1 + i])
			return false;
	}
	return true;
}

/* The smallest value never wins over another; averages count elements, so they never can */
static bool pool_takes(const struct ir_node *pad, const struct ir_node *pool)
{
	return pool->pool.op == V3NPU_POOL_MAX && pad->pad.value == INT8_MIN;
}

static bool fold_into(const struct ir_graph *g, const struct ir_node *pad, struct ir_node *user)
{
	uint32_t *before;
	int i;

	if (user->kind == IR_CONV && conv_takes(g, pad, user))
		before = user->conv.pad;
	else if (user->kind == IR_POOL && pool_takes(pad, user))
		before = user->pool.pad;
	else
		return false;
	for (i = 0; i < 2; i++)
		if ((uint64_t)before[i] + pad->pad.before[1 + i] > V3NPU_KERNEL_MAX)
			return false;
	for (i = 0; i < 2; i++)
		before[i] += pad->pad.before[1 + i];
	if (user->kind == IR_CONV)
		user->conv.pad_value = pad->pad.value;
	user->in[0] = pad->in[0];
	return true;
}

int v3c_fold_padding(struct v3c_ctx *ctx, struct ir_graph *g)
{
	int i, k;

	for (i = 0; i < g->node_count; i++) {
		const struct ir_node *pad = &g->nodes[i];
		const struct ir_value *padded = &g->values[pad->out];

		if (pad->dead || pad->kind != IR_PAD || !pads_image_only(g, pad))
			continue;
		for (k = 0; k < padded->use_count; k++)
			fold_into(g, pad, &g->nodes[g->uses[padded->first_use + k]]);
	}
	/* A PAD that all its users took has none left */
	return v3c_ir_update_uses(ctx, g) ?: v3c_ir_remove_unused(ctx, g);
}
