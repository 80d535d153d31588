// SPDX-License-Identifier: MIT
#include "head.h"

#include <errno.h>
#include <string.h>

#include "trace.h"

#define SIDES		4	/* of a box: distances to its left, top, right, bottom */
#define MAX_LEVELS	8

/**
 * struct level - anchors whose logits come from the same tensors
 * @first: column of the output that the first of them is
 * @count: how many
 * @logits: [1, h, w, SIDES * bins]
 * @classes: [1, h, w, classes], before the sigmoid
 * @factor: of each side in each row of a box
 */
struct level {
	uint32_t first;
	uint32_t count;
	int32_t logits;
	int32_t classes;
	float factor[SIDES][SIDES];
};

/**
 * struct head - what was found
 * @bins: of the distribution over distances
 * @distance: that each bin stands for
 * @bias: added to their mean
 * @class_count: rows of the output that are classes
 * @anchors: columns of the output
 * @constant: [SIDES][anchors], what is added to the sides' sum in a box
 * @levels: @level_count levels
 */
struct head {
	struct q_graph *g;
	struct tracer tracer;
	uint32_t bins;
	const float *distance;
	float bias;
	uint32_t class_count;
	uint32_t anchors;
	float *constant;
	struct level levels[MAX_LEVELS];
	uint32_t level_count;
};

static const struct q_op *producer(const struct head *h, int32_t tensor, int32_t code)
{
	int32_t op = tensor < 0 ? -1 : h->tracer.producer[tensor];

	return op >= 0 && h->g->ops[op].options.code == code ? &h->g->ops[op] : NULL;
}

/*
 * The logits that a mean distance is of: the result of a 1x1 convolution to one
 * channel, of a softmax over its input's channels
 */
static int32_t find_distribution(struct head *h, int32_t distances)
{
	const struct q_op *conv = producer(h, distances, TFL_CONV_2D), *softmax;
	const struct q_tensor *weights, *bias;

	if (!conv || conv->in_count < 2 || conv->in[1] < 0 || conv->options.activation)
		return -1;
	weights = &h->g->tensors[conv->in[1]];
	bias = conv->in_count > 2 && conv->in[2] >= 0 ? &h->g->tensors[conv->in[2]] : NULL;
	if (!weights->real || weights->shape.rank != 4 || (bias && !bias->real) ||
	    weights->shape.dim[0] != 1 || weights->shape.dim[1] != 1 ||
	    weights->shape.dim[2] != 1 || conv->options.stride[0] != 1 ||
	    conv->options.stride[1] != 1)
		return -1;
	softmax = producer(h, conv->in[0], TFL_SOFTMAX);
	h->bins = weights->shape.dim[3];
	h->distance = weights->real;
	h->bias = bias ? bias->real[0] : 0;
	if (!softmax || softmax->options.number != 1 ||
	    h->g->tensors[softmax->in[0]].shape.dim[h->g->tensors[softmax->in[0]].shape.rank - 1] !=
	    h->bins)
		return -1;
	return softmax->in[0];
}

/* Does a trace say that an element is just another tensor's? */
static bool is_copy(const struct trace *t)
{
	return t->count == 1 && t->constant == 0 && t->term[0].factor == 1;
}

/* The tensor and position whose side @side's logits begin at @logits; false if there is none */
static bool find_side(const struct head *h, const struct trace *logits, int32_t *tensor,
		      uint32_t *position, uint32_t *side)
{
	const struct trace_term *first = &logits[0].term[0];
	const struct ir_shape *shape;
	uint32_t i;

	for (i = 0; i < h->bins; i++)
		if (!is_copy(&logits[i]) || logits[i].term[0].tensor != first->tensor ||
		    logits[i].term[0].index != first->index + i)
			return false;
	shape = &h->g->tensors[first->tensor].shape;
	if (shape->rank != 4 || shape->dim[0] != 1 || shape->dim[3] != SIDES * h->bins ||
	    first->index % h->bins)
		return false;
	*tensor = first->tensor;
	*position = first->index / shape->dim[3];
	*side = first->index % shape->dim[3] / h->bins;
	return true;
}

/* Column @column's class logits are position @position of one tensor, which is returned, or -1 */
static int32_t find_classes(const struct head *h, const struct trace *out,
			    const struct trace *logits, uint32_t column, uint32_t position)
{
	int32_t tensor = -1;
	uint32_t c;

	for (c = 0; c < h->class_count; c++) {
		const struct trace *t = &out[(size_t)(SIDES + c) * h->anchors + column];
		const struct trace *from = &logits[t->term[0].index];

		if (!is_copy(from) || from->term[0].index != position * h->class_count + c ||
		    (c && from->term[0].tensor != tensor))
			return -1;
		tensor = from->term[0].tensor;
	}
	return h->g->tensors[tensor].shape.rank == 4 &&
	       h->g->tensors[tensor].shape.dim[3] == h->class_count ? tensor : -1;
}

/* Are its classes and its boxes of the same positions, and has it all of them? */
static bool is_whole(const struct head *h, const struct level *l)
{
	const struct ir_shape *boxes = &h->g->tensors[l->logits].shape;
	const struct ir_shape *classes = &h->g->tensors[l->classes].shape;

	return classes->dim[0] == 1 && boxes->dim[1] == classes->dim[1] &&
	       boxes->dim[2] == classes->dim[2] &&
	       l->count == (uint64_t)boxes->dim[1] * boxes->dim[2];
}

/* Adds column @column to the level it belongs to; false if there is none */
static bool add_column(struct head *h, uint32_t column, const struct level *found,
		       uint32_t position)
{
	struct level *l;

	if (!position) {
		if (h->level_count == MAX_LEVELS)
			return false;
		l = &h->levels[h->level_count++];
		*l = *found;
		l->first = column;
		l->count = 1;
		return true;
	}
	if (!h->level_count)
		return false;
	l = &h->levels[h->level_count - 1];
	if (l->logits != found->logits || l->classes != found->classes ||
	    position != l->count ||
	    memcmp(l->factor, found->factor, sizeof(l->factor)))
		return false;
	l->count++;
	return true;
}

/* Finds where column @column of the output comes from */
static bool look_at_column(struct head *h, const struct trace *out, const struct trace *logits,
			   const struct trace *class_logits, uint32_t column)
{
	struct level found = { .logits = -1 };
	uint32_t position = 0, place, side, row;
	int32_t tensor;
	int i;

	for (row = 0; row < SIDES; row++) {
		const struct trace *t = &out[(size_t)row * h->anchors + column];

		h->constant[(size_t)row * h->anchors + column] = t->constant;
		for (i = 0; i < t->count; i++) {
			if (!find_side(h, &logits[(size_t)t->term[i].index * h->bins], &tensor,
				       &place, &side))
				return false;
			if (found.logits < 0) {
				found.logits = tensor;
				position = place;
			}
			if (tensor != found.logits || place != position)
				return false;
			found.factor[row][side] = t->term[i].factor;
		}
	}
	if (found.logits < 0)
		return false;
	found.classes = find_classes(h, out, class_logits, column, position);
	return found.classes >= 0 && add_column(h, column, &found, position);
}

/* The one tensor that all terms of these rows of the output are of, -1 if there are several */
static int32_t only_tensor(const struct head *h, const struct trace *out, uint32_t first,
			   uint32_t count)
{
	uint64_t i;
	int32_t tensor = -1;
	int k;

	for (i = (uint64_t)first * h->anchors; i < (uint64_t)(first + count) * h->anchors; i++) {
		for (k = 0; k < out[i].count; k++) {
			if (tensor < 0)
				tensor = out[i].term[k].tensor;
			if (out[i].term[k].tensor != tensor)
				return -1;
		}
	}
	return tensor;
}

static bool classes_are_copies(const struct head *h, const struct trace *out)
{
	uint64_t i;

	for (i = (uint64_t)SIDES * h->anchors;
	     i < (uint64_t)(SIDES + h->class_count) * h->anchors; i++)
		if (!is_copy(&out[i]))
			return false;
	return true;
}

/* Fills in the head; 1, 0 if it is none, or -ENOMEM */
static int find_head(struct head *h)
{
	const struct q_tensor *o = &h->g->tensors[h->g->outputs[0]];
	const struct trace *out, *logits, *class_logits;
	const struct q_op *sigmoid;
	int32_t distances, distribution;
	uint32_t i;

	if (o->shape.rank != 3 || o->shape.dim[0] != 1 || o->shape.dim[1] <= SIDES)
		return 0;
	h->class_count = o->shape.dim[1] - SIDES;
	h->anchors = o->shape.dim[2];
	h->constant = v3c_alloc(h->g->ctx, (size_t)SIDES * h->anchors, sizeof(*h->constant));
	out = trace(&h->tracer, h->g->outputs[0]);
	if (!out || !h->constant)
		return h->g->ctx->err == -ENOTSUP ? 0 : -ENOMEM;
	if (!classes_are_copies(h, out))
		return 0;
	distances = only_tensor(h, out, 0, SIDES);
	sigmoid = producer(h, only_tensor(h, out, SIDES, h->class_count), TFL_LOGISTIC);
	distribution = find_distribution(h, distances);
	if (!sigmoid || distribution < 0)
		return 0;
	logits = trace(&h->tracer, distribution);
	class_logits = trace(&h->tracer, sigmoid->in[0]);
	if (!logits || !class_logits)
		return h->g->ctx->err == -ENOTSUP ? 0 : -ENOMEM;
	for (i = 0; i < h->anchors; i++)
		if (!look_at_column(h, out, logits, class_logits, i))
			return 0;
	for (i = 0; i < h->level_count; i++)
		if (!is_whole(h, &h->levels[i]))
			return 0;
	return 1;
}

static int32_t add_result(struct q_graph *g, const struct tfl_op *options, const int32_t *in,
			  uint32_t in_count, const char *name, const struct ir_shape *shape)
{
	int32_t out = q_add_tensor(g, name, TFL_FLOAT32, shape);
	int op = out < 0 ? out : q_add_op(g, options, in, in_count, &out, 1);

	return op < 0 ? op : out;
}

static int32_t add_reshape(struct q_graph *g, int32_t in, const char *name,
			   const struct ir_shape *shape)
{
	int32_t size[V3C_MAX_RANK], operands[2] = { in };
	int i;

	for (i = 0; i < shape->rank; i++)
		size[i] = shape->dim[i];
	operands[1] = q_add_int32(g, size, shape->rank);
	if (operands[1] < 0)
		return operands[1];
	return add_result(g, &(struct tfl_op) { .code = TFL_RESHAPE }, operands, 2, name, shape);
}

/* Is what is added in row @row the same for all of the level's anchors? */
static bool is_uniform(const struct head *h, const struct level *l, uint32_t row)
{
	const float *c = &h->constant[(size_t)row * h->anchors + l->first];
	uint32_t i;

	for (i = 1; i < l->count; i++)
		if (c[i] != c[0])
			return false;
	return true;
}

/*
 * Rows @row and up of the boxes, @rows of them: a product with the distribution.
 * Distances count from the middle one, so that what the stored distribution lacks
 * of 1 matters less.
 */
static int32_t add_sides(struct head *h, const struct level *l, int32_t distribution,
			 uint32_t row, uint32_t rows, bool with_constant)
{
	const struct ir_shape shape = { .rank = 4, .dim = { rows, 1, 1, SIDES * h->bins } };
	const struct ir_shape vector = { .rank = 1, .dim = { rows } };
	struct ir_shape out = h->g->tensors[distribution].shape;
	float *weights = v3c_alloc(h->g->ctx, rows * SIDES * h->bins, sizeof(*weights));
	float *bias = v3c_alloc(h->g->ctx, rows, sizeof(*bias));
	float middle = (h->distance[0] + h->distance[h->bins - 1]) / 2;
	uint32_t r, side, i;
	int32_t in[3] = { distribution };

	if (!weights || !bias)
		return -ENOMEM;
	for (r = 0; r < rows; r++) {
		bias[r] = with_constant ? h->constant[(row + r) * h->anchors + l->first] : 0;
		for (side = 0; side < SIDES; side++) {
			float factor = l->factor[row + r][side];

			bias[r] += factor * (h->bias + middle);
			for (i = 0; i < h->bins; i++)
				weights[(r * SIDES + side) * h->bins + i] =
					factor * (h->distance[i] - middle);
		}
	}
	in[1] = q_add_real(h->g, "sides/weights", &shape, weights);
	in[2] = q_add_real(h->g, "sides/bias", &vector, bias);
	if (in[1] < 0 || in[2] < 0)
		return -ENOMEM;
	out.dim[3] = rows;
	return add_result(h->g, &(struct tfl_op) {
			.code = TFL_CONV_2D, .padding = TFL_VALID, .stride = { 1, 1 },
			.dilation = { 1, 1 },
		}, in, 3, with_constant ? "sizes" : "offsets", &out);
}

/* Rows @row and up: what differs from anchor to anchor is added after the product */
static int32_t add_centres(struct head *h, const struct level *l, int32_t distribution,
			   uint32_t row, uint32_t rows)
{
	int32_t in[2] = { add_sides(h, l, distribution, row, rows, false) };
	float *constant = v3c_alloc(h->g->ctx, (size_t)rows * l->count, sizeof(*constant));
	struct ir_shape shape;
	uint32_t i, r;

	if (in[0] < 0 || !constant)
		return -ENOMEM;
	shape = h->g->tensors[in[0]].shape;
	for (i = 0; i < l->count; i++)
		for (r = 0; r < rows; r++)
			constant[i * rows + r] =
				h->constant[(size_t)(row + r) * h->anchors + l->first + i];
	in[1] = q_add_real(h->g, "anchors", &shape, constant);
	if (in[1] < 0)
		return in[1];
	return add_result(h->g, &(struct tfl_op) { .code = TFL_ADD }, in, 2, "centres", &shape);
}

/* [1, anchors of the level, SIDES + classes] */
static int32_t add_level(struct head *h, const struct level *l)
{
	const struct ir_shape *grid = &h->g->tensors[l->logits].shape;
	const struct ir_shape apart = { .rank = 4, .dim = { 1, l->count, SIDES, h->bins } };
	struct ir_shape together = { .rank = 4, .dim = { 1, grid->dim[1], grid->dim[2],
							 SIDES * h->bins } };
	struct ir_shape classes = together, rows = together;
	struct ir_shape list = { .rank = 3, .dim = { 1, l->count, SIDES + h->class_count } };
	const struct tfl_op softmax = { .code = TFL_SOFTMAX, .number = 1 };
	uint32_t varying = 0, parts = 0;
	int32_t part[3], p, all;

	while (varying < SIDES && !is_uniform(h, l, varying))
		varying++;
	classes.dim[3] = h->class_count;
	rows.dim[3] = SIDES + h->class_count;
	p = add_reshape(h->g, l->logits, "distribution/logits", &apart);
	if (p >= 0)
		p = add_result(h->g, &softmax, &p, 1, "distribution/softmax", &apart);
	if (p >= 0)
		p = add_reshape(h->g, p, "distribution", &together);
	if (p < 0)
		return p;
	if (varying) {
		part[parts] = add_centres(h, l, p, 0, varying);
		if (part[parts++] < 0)
			return -ENOMEM;
	}
	if (varying < SIDES) {
		part[parts] = add_sides(h, l, p, varying, SIDES - varying, true);
		if (part[parts++] < 0)
			return -ENOMEM;
	}
	part[parts] = add_result(h->g, &(struct tfl_op) { .code = TFL_LOGISTIC }, &l->classes, 1,
				 "scores", &classes);
	if (part[parts++] < 0)
		return -ENOMEM;
	all = add_result(h->g, &(struct tfl_op) { .code = TFL_CONCATENATION, .axis = 3 }, part,
			 parts, "level", &rows);
	return all < 0 ? all : add_reshape(h->g, all, "level", &list);
}

static int build_head(struct head *h)
{
	static const int32_t order[3] = { 0, 2, 1 };
	const struct ir_shape all = { .rank = 3, .dim = { 1, h->anchors, SIDES + h->class_count } };
	int32_t level[MAX_LEVELS], in[2], out = h->g->outputs[0];
	uint32_t i;
	int ret;

	/* A later operator takes the place of the one that wrote the output */
	h->g->ops[h->tracer.producer[out]].out[0] = q_add_tensor(h->g, "", TFL_FLOAT32,
								  &h->g->tensors[out].shape);
	if (h->g->ops[h->tracer.producer[out]].out[0] < 0)
		return -ENOMEM;
	for (i = 0; i < h->level_count; i++) {
		level[i] = add_level(h, &h->levels[i]);
		if (level[i] < 0)
			return level[i];
	}
	in[0] = add_result(h->g, &(struct tfl_op) { .code = TFL_CONCATENATION, .axis = 1 }, level,
			   h->level_count, "levels", &all);
	in[1] = q_add_int32(h->g, order, 3);
	if (in[0] < 0 || in[1] < 0)
		return -ENOMEM;
	ret = q_add_op(h->g, &(struct tfl_op) { .code = TFL_TRANSPOSE }, in, 2, &out, 1);
	return ret < 0 ? ret : q_remove_unused(h->g);
}

int q_split_head(struct q_graph *g)
{
	struct head h = { .g = g };
	int ret = trace_start(g, &h.tracer);

	if (ret)
		return ret;
	ret = find_head(&h);
	if (ret <= 0)
		return ret;
	ret = build_head(&h);
	return ret ? ret : 1;
}
