// SPDX-License-Identifier: MIT
#include "bias.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quant/graph/constants.h"
#include "quant/run/float_run.h"
#include "quant/run/progress.h"
#include "quant/run/quant_run.h"

/**
 * struct product - an operator whose bias can be corrected
 * @bias: tensor of the bias, which no other operator has
 * @out: tensor that it writes
 * @channels: of that tensor, its last dimension
 * @first: place of its first channel among those of all products
 * @elements: of the tensor
 */
struct product {
	int32_t bias;
	int32_t out;
	uint32_t channels;
	uint32_t first;
	uint64_t elements;
};

/**
 * struct correction - a correction in progress
 * @list: @count products
 * @channels: of all of them
 * @pictures: to measure on
 * @input: each of them as the model's int8 input, @pixels bytes
 * @real: float graph
 * @quantized: the quantized one
 * @product: whose numbers are looked at in it
 * @index: of its result, in the session
 * @sum: of each channel, for each thread: [worker][channel]
 */
struct correction {
	struct product *list;
	uint32_t count;
	uint32_t channels;
	const struct pictures *pictures;
	int8_t **input;
	size_t pixels;
	struct q_float real;
	struct q_quantized quantized;
	const struct product *product;
	size_t index;
	double *sum;
};

static int find_products(const struct q_graph *g, const struct q_groups *groups,
			 struct correction *c)
{
	uint32_t i;
	int dim;

	c->list = calloc(g->op_count + 1, sizeof(*c->list));
	for (i = 0; c->list && i < g->op_count; i++) {
		const struct q_op *op = &g->ops[i];
		uint32_t k = op->options.code == TFL_TRANSPOSE_CONV ? 3 : 2;
		const struct ir_shape *shape = &g->tensors[op->out[0]].shape;
		struct product *p = &c->list[c->count];

		if (!q_weights_of(g, op, &dim) || op->in_count <= k || op->in[k] < 0 ||
		    !g->tensors[op->in[k]].real || q_readers(g, op->in[k]) != 1 ||
		    groups->of[op->out[0]] < 0)
			continue;
		*p = (struct product) {
			.bias = op->in[k], .out = op->out[0],
			.channels = shape->dim[shape->rank - 1], .first = c->channels,
			.elements = ir_elements(shape),
		};
		if (ir_elements(&g->tensors[p->bias].shape) != p->channels)
			continue;
		c->channels += p->channels;
		c->count++;
	}
	return c->list ? 0 : -1;
}

/* Biases of their own for the copy */
static int copy_biases(const struct correction *c, struct q_graph *out)
{
	uint32_t i, k;

	for (i = 0; i < c->count; i++) {
		struct q_tensor *t = &out->tensors[c->list[i].bias];
		float *bias = v3c_alloc(out->ctx, c->list[i].channels, sizeof(*bias));

		if (!bias)
			return -1;
		for (k = 0; k < c->list[i].channels; k++)
			bias[k] = t->real[k];
		t->real = bias;
	}
	return 0;
}

/* Adds the numbers of the float graph's products, and keeps the picture for the quantized one */
static int float_picture(void *opaque, uint32_t worker, uint32_t i, struct tool_error *error)
{
	struct correction *c = opaque;
	float *input = q_float_input(&c->real, worker);
	struct v3npu_placement box;
	uint32_t k;
	size_t j;

	if (pictures_read(c->pictures, i, input, &box, error) ||
	    q_float_run(&c->real, worker, error))
		return -1;
	c->input[i] = malloc(c->pixels);
	if (!c->input[i])
		return tool_fail(error, "out of memory");
	for (j = 0; j < c->pixels; j++)
		c->input[i][j] = lrintf(input[j] * 255) - 128;
	for (k = 0; k < c->count; k++) {
		const struct product *p = &c->list[k];
		const float *data = q_float_tensor(&c->real, worker, k);
		double *sum = &c->sum[(size_t)worker * c->channels + p->first];

		for (j = 0; j < p->elements; j++)
			sum[j % p->channels] += data[j];
	}
	return 0;
}

/* Mean of each channel of every product in the float graph */
static int float_means(const struct q_graph *g, struct correction *c, double *mean,
		       struct tool_error *error)
{
	const struct q_work work = {
		.what = "means", .count = c->pictures->count, .item = float_picture, .opaque = c,
	};
	int32_t *tensors = calloc(c->count + 1, sizeof(*tensors));
	uint32_t i, k, w;
	int ret = tensors ? 0 : tool_fail(error, "out of memory");

	for (i = 0; !ret && i < c->count; i++)
		tensors[i] = c->list[i].out;
	if (!ret)
		ret = q_float_new(g, tensors, c->count, q_workers(work.count), &c->real, error);
	if (!ret)
		ret = q_parallel(&work, error);
	for (i = 0; !ret && i < c->count; i++) {
		const struct product *p = &c->list[i];
		double count = (double)p->elements / p->channels * c->pictures->count;

		for (k = p->first; k < p->first + p->channels; k++)
			for (w = 0; w < c->real.count; w++)
				mean[k] += c->sum[(size_t)w * c->channels + k] / count;
	}
	q_float_free(&c->real);
	free(tensors);
	return ret;
}

/* Adds the numbers of one product of the quantized graph */
static int quantized_picture(void *opaque, uint32_t worker, uint32_t i, struct tool_error *error)
{
	struct correction *c = opaque;
	struct q_run *run = &c->quantized.runs.list[worker];
	const struct product *p = c->product;
	double *sum = &c->sum[(size_t)worker * c->channels + p->first];
	struct v3npu_tensor_info info = { .struct_size = sizeof(info) };
	int8_t *data;
	size_t j;

	memcpy(v3npu_session_input(run->session, 0), c->input[i], c->pixels);
	if (v3npu_session_run(run->session) ||
	    v3npu_model_tensor_info(run->model, c->index, &info))
		return tool_fail(error, "%s", v3npu_error());
	data = malloc(info.size);
	if (!data)
		return tool_fail(error, "out of memory");
	if (v3npu_session_read_tensor(run->session, c->index, data)) {
		free(data);
		return tool_fail(error, "%s", v3npu_error());
	}
	for (j = 0; j < p->elements; j++)
		sum[j % p->channels] += info.scale * (data[j] - info.zero_point);
	free(data);
	return 0;
}

/* Takes the difference of the means off the bias; 1, or 0 if the session has not the product */
static int correct(struct correction *c, const double *mean, float *bias,
		   struct tool_error *error)
{
	const struct q_work work = {
		.count = c->pictures->count, .item = quantized_picture, .opaque = c,
	};
	const struct product *p = c->product;
	double count = (double)p->elements / p->channels * c->pictures->count;
	uint32_t k, w;

	if (!q_run_find(&c->quantized.runs.list[0], &c->quantized.graph, p->out, &c->index))
		return 0;
	memset(c->sum, 0, (size_t)c->quantized.runs.count * c->channels * sizeof(*c->sum));
	if (q_parallel(&work, error))
		return -1;
	for (k = 0; k < p->channels; k++) {
		double quantized = 0;

		for (w = 0; w < c->quantized.runs.count; w++)
			quantized += c->sum[(size_t)w * c->channels + p->first + k] / count;
		bias[k] += mean[p->first + k] - quantized;
	}
	return 1;
}

/* Quantizes the graph as it is by now, and corrects the next product */
static int next_product(struct correction *c, const struct q_graph *g,
			const struct q_groups *groups, const double *mean, float *bias,
			struct tool_error *error)
{
	int ret = q_quantized_new(g, groups, q_workers(c->pictures->count), true, &c->quantized,
				  error);

	if (!ret)
		ret = correct(c, mean, bias, error);
	q_quantized_free(&c->quantized);
	return ret;
}

static int correct_all(struct correction *c, const struct q_groups *groups, const double *mean,
		       struct q_graph *out, struct tool_error *error)
{
	int done = 0, ret;
	uint32_t i;

	for (i = 0; i < c->count; i++) {
		/* The numbers are the copy's own: copy_biases() */
		float *bias = (float *)out->tensors[c->list[i].bias].real;

		progress("correcting", i, c->count);
		c->product = &c->list[i];
		ret = next_product(c, out, groups, mean, bias, error);
		if (ret < 0)
			return -1;
		done += ret;
	}
	progress("correcting", i, c->count);
	return done;
}

int q_correct_biases(const struct q_graph *g, const struct q_groups *groups,
		     const struct pictures *pictures, struct q_graph *out,
		     struct tool_error *error)
{
	struct correction c = {
		.pictures = pictures, .pixels = ir_elements(&g->tensors[g->inputs[0]].shape),
	};
	uint32_t workers = q_workers(pictures->count), i;
	double *mean = NULL;
	int ret = find_products(g, groups, &c);

	if (!ret) {
		mean = calloc(c.channels + 1, sizeof(*mean));
		c.sum = calloc((size_t)workers * c.channels + 1, sizeof(*c.sum));
		c.input = calloc(pictures->count, sizeof(*c.input));
	}
	if (!mean || !c.sum || !c.input || q_copy(g, g->ctx, out) || copy_biases(&c, out))
		ret = tool_fail(error, "out of memory");
	if (!ret)
		ret = float_means(g, &c, mean, error);
	if (!ret)
		ret = correct_all(&c, groups, mean, out, error);
	for (i = 0; c.input && i < pictures->count; i++)
		free(c.input[i]);
	free(c.input);
	free(c.sum);
	free(c.list);
	free(mean);
	return ret;
}
