// SPDX-License-Identifier: MIT
#include "equalize.h"

#include <math.h>

/* Factors of a tensor's channels */
static const float *factors_of(const struct q_factors *f, int32_t tensor)
{
	return &f->factor[f->channels.first[tensor]];
}

/* Weights and bias of a convolution with the factors of what it writes and reads */
static int take_factors(struct q_graph *g, const struct q_factors *f, const struct q_op *op,
			float power)
{
	const float *in = factors_of(f, op->in[0]), *out = factors_of(f, op->out[0]);
	struct q_tensor *w = &g->tensors[op->in[1]], *b = &g->tensors[op->in[2]];
	uint32_t outputs = w->shape.dim[0], inputs = w->shape.dim[3], o, group, i;
	uint64_t row = ir_elements(&w->shape) / outputs, k;
	uint32_t groups = q_channel_count(&g->tensors[op->in[0]]) / inputs;
	float *weights = v3c_alloc(g->ctx, ir_elements(&w->shape), sizeof(*weights));
	float *bias = v3c_alloc(g->ctx, outputs, sizeof(*bias));
	bool changed = false;

	if (!weights || !bias)
		return v3c_no_memory(g->ctx);
	for (o = 0; o < outputs; o++) {
		float grow = powf(out[o], power);

		group = o / (outputs / groups);
		bias[o] = b->real[o] * grow;
		changed |= grow != 1;
		for (k = 0; k < row; k++) {
			i = group * inputs + k % inputs;
			weights[o * row + k] = w->real[o * row + k] * grow / powf(in[i], power);
			changed |= in[i] != 1;
		}
	}
	b->real = bias;
	if (!changed)
		return 0;
	w->real = weights;
	w->step = 0;
	w->stored = NULL;
	return 0;
}

int q_equalize(const struct q_graph *g, const struct q_factors *f, float power,
	       struct q_graph *out)
{
	uint32_t i;
	int ret = q_copy(g, g->ctx, out);

	for (i = 0; !ret && power > 0 && i < out->op_count; i++)
		if (q_takes_factors(g, &g->ops[i]))
			ret = take_factors(out, f, &out->ops[i], power);
	return ret;
}
