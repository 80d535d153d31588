// SPDX-License-Identifier: MIT
#include "groups.h"

#include <errno.h>
#include <math.h>

#define BEYOND	0.25f	/* part of a range that numbers may be beyond it: boxes often are */

/* How TFLite's int8 kernels treat scales */
enum scales {
	SCALES_NONE,	/* it has no int8 kernel, or no bit-exact one on the NPU */
	SCALES_FREE,	/* each tensor has its own */
	SCALES_SAME,	/* operands and result have one */
	SCALES_UNIT,	/* the result has 1/256 and -128 */
	SCALES_SIGNED,	/* the result has 1/128 and 0 */
};

static enum scales scales_of(const struct q_op *op)
{
	switch (op->options.code) {
	case TFL_ADD:
	case TFL_SUB:
	case TFL_MUL:
	case TFL_CONV_2D:
	case TFL_DEPTHWISE_CONV_2D:
	case TFL_TRANSPOSE_CONV:
	case TFL_FULLY_CONNECTED:
	case TFL_BATCH_MATMUL:
	case TFL_MEAN:
	case TFL_PRELU:
	case TFL_LEAKY_RELU:
	case TFL_HARD_SWISH:
	case TFL_ELU:
	case TFL_GELU:
	case TFL_EXP:
	case TFL_ABS:
	case TFL_RELU:
	case TFL_RELU6:
	case TFL_RELU_N1_TO_1:
	case TFL_RELU_0_TO_1:
	case TFL_ARG_MAX:
	case TFL_ARG_MIN:
		return SCALES_FREE;
	case TFL_MAXIMUM:
	case TFL_MINIMUM:
	case TFL_AVERAGE_POOL_2D:
	case TFL_RESIZE_BILINEAR:
		return SCALES_SAME;
	case TFL_LOGISTIC:
	case TFL_SOFTMAX:
		return SCALES_UNIT;
	case TFL_TANH:
		return SCALES_SIGNED;
	default:
		return q_is_view(op->options.code) ? SCALES_SAME : SCALES_NONE;
	}
}

bool q_keeps_scale(const struct q_op *op)
{
	return scales_of(op) == SCALES_SAME;
}

bool q_is_activation(const struct q_graph *g, const struct q_op *op, uint32_t k)
{
	if (op->in[k] < 0 || g->tensors[op->in[k]].type != TFL_FLOAT32)
		return false;
	switch (op->options.code) {
	case TFL_CONV_2D:
	case TFL_DEPTHWISE_CONV_2D:
		return !k;
	case TFL_TRANSPOSE_CONV:
		return k == 2;
	case TFL_FULLY_CONNECTED:
		return !k || (k == 1 && !g->tensors[op->in[k]].real);
	default:
		return true;
	}
}

static int32_t root(int32_t *of, int32_t t)
{
	while (of[t] != t)
		t = of[t];
	return t;
}

/* The lower number becomes the root */
static void join(int32_t *of, int32_t a, int32_t b)
{
	a = root(of, a);
	b = root(of, b);
	if (a < b)
		of[b] = a;
	else
		of[a] = b;
}

struct fixed {
	float scale;
	int32_t zero_point;
};

static struct fixed fixed_of(enum scales scales)
{
	if (scales == SCALES_UNIT)
		return (struct fixed) { 1.0f / 256, -128 };
	if (scales == SCALES_SIGNED)
		return (struct fixed) { 1.0f / 128, 0 };
	return (struct fixed) {};
}

/* What an operator fixes of its result, unless it is in a group with something else fixed */
static int fix_results(struct q_graph *g, int32_t *of, struct fixed *fixed)
{
	uint32_t i;

	for (i = 0; i < g->op_count; i++) {
		const struct q_op *op = &g->ops[i];
		enum scales scales = scales_of(op);

		if (scales == SCALES_NONE)
			return v3c_fail(g->ctx, ENOTSUP,
					"operator %u (%s) cannot be computed with integers; use a "
					"model without it, or --mode int8",
					op->options.tag, v3c_tfl_op_name(op->options.code));
		if (scales == SCALES_UNIT || scales == SCALES_SIGNED)
			fixed[root(of, op->out[0])] = fixed_of(scales);
	}
	return 0;
}

/* A group whose scale is fixed takes in others, unless @apart or their own scale is fixed too */
static void join_operator(struct q_graph *g, int32_t *of, struct fixed *fixed, bool apart,
			  const struct q_op *op)
{
	int32_t out = op->out[0];
	uint32_t k;

	for (k = 1; k < op->out_count; k++)
		join(of, out, op->out[k]);
	for (k = 0; k < op->in_count; k++) {
		struct fixed a, b;

		if (!q_is_activation(g, op, k))
			continue;
		a = fixed[root(of, op->in[k])];
		b = fixed[root(of, out)];
		if (apart && (a.scale || b.scale))
			continue;
		if (a.scale && b.scale && (a.scale != b.scale || a.zero_point != b.zero_point))
			continue;
		join(of, op->in[k], out);
		fixed[root(of, out)] = a.scale ? a : b;
	}
}

static int make_list(struct q_graph *g, struct q_groups *groups, const struct fixed *fixed)
{
	int32_t *number = v3c_alloc(g->ctx, g->tensor_count, sizeof(*number));
	uint32_t i;

	groups->list = v3c_alloc(g->ctx, g->tensor_count, sizeof(*groups->list));
	if (!number || !groups->list)
		return v3c_no_memory(g->ctx);
	for (i = 0; i < g->tensor_count; i++) {
		int32_t r = root(groups->of, i);
		struct q_group *group = &groups->list[groups->count];

		if (g->tensors[i].type != TFL_FLOAT32 || (g->tensors[i].real && r == (int32_t)i))
			number[i] = -1;
		else if (r < (int32_t)i)
			number[i] = number[r];
		else
			number[i] = groups->count++;
		if (number[i] < 0 || r < (int32_t)i)
			continue;
		*group = (struct q_group) {
			.first = i, .fixed = fixed[i].scale > 0, .scale = fixed[i].scale,
			.zero_point = fixed[i].zero_point,
		};
		q_stats_init(&group->stats);
	}
	groups->of = number;
	return 0;
}

int q_groups_find(struct q_graph *g, bool apart, struct q_groups *groups)
{
	struct fixed *fixed = v3c_alloc(g->ctx, g->tensor_count, sizeof(*fixed));
	uint32_t i;
	int ret;

	*groups = (struct q_groups) {};
	groups->of = v3c_alloc(g->ctx, g->tensor_count, sizeof(*groups->of));
	if (!fixed || !groups->of)
		return v3c_no_memory(g->ctx);
	for (i = 0; i < g->tensor_count; i++)
		groups->of[i] = i;
	/* Pictures are 0..1 in steps of 1/255 */
	fixed[g->inputs[0]] = (struct fixed) { 1.0f / 255, -128 };
	ret = fix_results(g, groups->of, fixed);
	for (i = 0; !ret && i < g->op_count; i++)
		if (q_keeps_scale(&g->ops[i]))
			join_operator(g, groups->of, fixed, apart, &g->ops[i]);
	return ret ? ret : make_list(g, groups, fixed);
}

bool q_groups_overflow(const struct q_groups *groups)
{
	uint32_t i;

	for (i = 0; i < groups->count; i++) {
		const struct q_group *group = &groups->list[i];
		float low = group->scale * (INT8_MIN - group->zero_point);
		float high = group->scale * (INT8_MAX - group->zero_point);
		float room = BEYOND * (high - low);

		if (group->fixed && group->stats.count &&
		    (group->stats.min < low - room || group->stats.max > high + room))
			return true;
	}
	return false;
}

void q_group_range(struct q_group *group, float low, float high)
{
	float scale = (high - low) / 255;

	if (group->fixed)
		return;
	if (!(scale > 0x1p-100f))
		scale = 1.0f / 255;
	group->scale = scale;
	group->zero_point = fminf(fmaxf(roundf(-128 - low / scale), -128), 127);
}
