// SPDX-License-Identifier: MIT
#include "factors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quant/graph/constants.h"

#define FACTOR_MAX	64.0f	/* of a channel that has hardly any numbers */
#define ROUNDS		6
#define LEVELS		255

/* Is it nothing but an operand of LEAKY_RELU? */
static bool is_before_leaky(const struct q_graph *g, int32_t tensor)
{
	bool leaky = false;
	uint32_t i, k;

	for (i = 0; i < g->op_count; i++) {
		for (k = 0; k < g->ops[i].in_count; k++) {
			if (g->ops[i].in[k] != tensor)
				continue;
			if (g->ops[i].options.code != TFL_LEAKY_RELU)
				return false;
			leaky = true;
		}
	}
	return leaky;
}

/**
 * struct balance - factors in the making
 * @spans: of channels
 * @reach: how far each group's numbers reach
 * @limit: of each channel, the factor that makes it reach as far as its group
 * @factor: of each channel so far
 * @activations: what rounding of activations costs each channel
 * @weights: what rounding of weights does
 */
struct balance {
	const struct q_groups *groups;
	const struct q_graph *g;
	const struct q_spans *spans;
	float *reach;
	float *limit;
	float *factor;
	double *activations;
	double *weights;
};

static float span(const struct balance *b, uint32_t channel)
{
	return fmaxf(b->spans->high[channel], -b->spans->low[channel]);
}

/* How far groups reach, and how much larger each channel may become */
static void find_limits(struct balance *b)
{
	const struct q_channels *channels = &b->spans->channels;
	uint32_t k, c, i;

	for (k = 0; k < b->spans->count; k++) {
		int32_t tensor = b->spans->tensor[k];
		float *reach = &b->reach[b->groups->of[tensor]];

		for (c = 0; c < q_channel_count(&b->g->tensors[tensor]); c++)
			*reach = fmaxf(*reach, span(b, channels->first[tensor] + c));
	}
	for (i = 0; i < channels->count; i++) {
		b->limit[i] = channels->fixed[i] ? 1 : FACTOR_MAX;
		b->factor[i] = 1;
	}
	for (k = 0; k < b->spans->count; k++) {
		int32_t tensor = b->spans->tensor[k];
		float reach = b->reach[b->groups->of[tensor]];

		if (is_before_leaky(b->g, tensor))
			continue;
		for (c = 0; c < q_channel_count(&b->g->tensors[tensor]); c++) {
			uint32_t own = channels->first[tensor] + c;
			float *limit = &b->limit[channels->of[own]];

			if (span(b, own) > 0)
				*limit = fmaxf(fminf(*limit, reach / span(b, own)), 1);
		}
	}
}

/* What rounding costs a convolution's result, as parts of its energy, by channels of its input */
static void add_costs(struct balance *b, const struct q_op *op)
{
	const struct q_channels *channels = &b->spans->channels;
	const struct q_tensor *w = &b->g->tensors[op->in[1]];
	uint32_t inputs = w->shape.dim[3], outputs = w->shape.dim[0], o;
	uint32_t groups = q_channel_count(&b->g->tensors[op->in[0]]) / inputs;
	uint64_t row = ir_elements(&w->shape) / outputs, k;
	const double *square = &b->spans->square[channels->first[op->in[0]]];
	double step = b->reach[b->groups->of[op->in[0]]] / LEVELS, energy = 0;
	int pass;

	for (pass = 0; pass < 2; pass++) {
		for (o = 0; o < outputs; o++) {
			uint32_t first = o / (outputs / groups) * inputs;
			const float *real = &w->real[o * row];
			double max = 0;

			for (k = 0; k < row; k++) {
				uint32_t i = first + k % inputs;
				uint32_t c = q_channel(channels, op->in[0], i);

				max = fmax(max, fabs(real[k] / b->factor[c]));
				if (!pass)
					energy += (double)real[k] * real[k] * square[i];
			}
			max /= WEIGHT_MAX;
			for (k = 0; pass && energy > 0 && k < row; k++) {
				uint32_t i = first + k % inputs;
				uint32_t c = q_channel(channels, op->in[0], i);

				b->activations[c] += step * step * real[k] * real[k] / energy;
				b->weights[c] += max * max * square[i] / energy;
			}
		}
	}
}

/*
 * A factor s makes the activations' rounding cost 1/s^2 of what it did, and the weights'
 * s^2: the sum is least where both are equal. How coarse the weights' steps are depends
 * on the factors, so that takes some rounds.
 */
static void find_factors(struct balance *b)
{
	uint32_t count = b->spans->channels.count, i;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		memset(b->activations, 0, count * sizeof(*b->activations));
		memset(b->weights, 0, count * sizeof(*b->weights));
		for (i = 0; i < b->g->op_count; i++)
			if (q_takes_factors(b->g, &b->g->ops[i]))
				add_costs(b, &b->g->ops[i]);
		for (i = 0; i < count; i++) {
			double best = b->weights[i] > 0 ?
				      sqrt(sqrt(b->activations[i] / b->weights[i])) : 1;

			b->factor[i] = fmin(fmax(best, 1), b->limit[i]);
		}
	}
}

int q_factors_find(const struct q_graph *g, const struct q_groups *groups,
		   const struct q_spans *spans, struct q_factors *f)
{
	uint32_t count = spans->channels.count, i;
	struct balance b = {
		.g = g, .groups = groups, .spans = spans,
		.reach = calloc(groups->count + 1, sizeof(*b.reach)),
		.limit = calloc(count + 1, sizeof(*b.limit)),
		.activations = calloc(count + 1, sizeof(*b.activations)),
		.weights = calloc(count + 1, sizeof(*b.weights)),
	};
	int ret = 0;

	f->channels = spans->channels;
	f->factor = b.factor = v3c_alloc(g->ctx, count, sizeof(*b.factor));
	if (!b.factor || !b.reach || !b.limit || !b.activations || !b.weights) {
		ret = v3c_no_memory(g->ctx);
	} else {
		find_limits(&b);
		find_factors(&b);
		for (i = 0; i < count; i++)
			f->factor[i] = f->factor[spans->channels.of[i]];
	}
	free(b.reach);
	free(b.limit);
	free(b.activations);
	free(b.weights);
	return ret;
}
