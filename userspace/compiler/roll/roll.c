// SPDX-License-Identifier: MIT
/*
 * Finds what roll.h describes, and replaces it.
 */
#include "roll.h"

#include <string.h>

#include "roll_build.h"
#include "roll_graph.h"

/**
 * struct roll - a model being rolled
 * @build: what is added to it
 * @model: the file
 * @tensors: what is known of its tensors
 * @dead: for each operator, whether it is replaced
 * @room: products that struct tfl_model.rolled has room for
 */
struct roll {
	struct roll_build build;
	struct tfl_model *model;
	struct roll_tensor *tensors;
	bool *dead;
	uint32_t room;
};

/**
 * struct group - pieces of products, and the operator that gathers them
 * @gather: CONCATENATION or PACK
 * @out: its result
 * @count: pieces
 * @outer: elements of a piece's result before the dimension along which they are gathered
 * @rows: of a piece's product
 * @units: columns of a piece's product; of weights, rows
 * @depth: of a piece's product
 * @slab: number of the operand that is a piece of a tensor
 * @products: how many operands the pieces share the other one of
 * @each: pieces of a product
 * @interleaved: piece i belongs to product i % @products, otherwise to i / @each
 * @common: all products are of pieces of the same tensor
 */
struct group {
	const struct tfl_op *gather;
	int32_t out;
	uint32_t count;
	uint32_t outer;
	uint32_t rows;
	uint32_t units;
	uint32_t depth;
	int slab;
	uint32_t products;
	uint32_t each;
	bool interleaved;
	bool common;
};

static uint32_t piece_op(const struct roll *r, const struct group *g, uint32_t i)
{
	return r->tensors[v3c_fb_vector_i32(&g->gather->inputs, i)].product;
}

/* Operand @k of piece @i, seen through changes of shape; -1 if it has none */
static int32_t piece_operand(const struct roll *r, const struct group *g, uint32_t i, int k)
{
	int32_t tensor = roll_operand(&r->model->ops[piece_op(r, g, i)], k);

	return tensor < 0 ? -1 : r->tensors[tensor].origin;
}

static const struct roll_cut *piece_cut(const struct roll *r, const struct group *g, uint32_t i,
					int k)
{
	return &r->tensors[piece_operand(r, g, i, k)].cut;
}

static bool same_dims(const struct tfl_tensor *a, const struct tfl_tensor *b, uint32_t rank)
{
	return !memcmp(a->dim, b->dim, rank * sizeof(a->dim[0]));
}

/* Is @out's shape that of @piece, as many times as the operator has inputs? */
static bool is_gathered(const struct tfl_op *op, int axis, const struct tfl_tensor *piece,
			const struct tfl_tensor *out)
{
	bool pack = op->code == TFL_PACK;
	int64_t along = pack ? 1 : piece->dim[axis];

	return out->rank == piece->rank + pack && out->dim[axis] == along * op->inputs.count &&
	       same_dims(out, piece, axis) &&
	       !memcmp(out->dim + axis + 1, piece->dim + axis + !pack,
		       (out->rank - axis - 1) * sizeof(out->dim[0]));
}

/* The results of products, all alike, that nothing else reads, put together along one dimension */
static bool match_gather(const struct roll *r, uint32_t number, struct group *g)
{
	const struct tfl_op *op = &r->model->ops[number];
	const struct tfl_tensor *first, *out;
	uint64_t elements;
	int64_t axis = op->axis;
	uint32_t i;

	if ((op->code != TFL_PACK && op->code != TFL_CONCATENATION) || op->activation ||
	    op->inputs.count < 2 || op->outputs.count != 1 || roll_operand(op, 0) < 0)
		return false;
	*g = (struct group){ .gather = op, .count = op->inputs.count, .outer = 1 };
	g->out = v3c_fb_vector_i32(&op->outputs, 0);
	out = &r->model->tensors[g->out];
	first = &r->model->tensors[roll_operand(op, 0)];
	elements = r->tensors[roll_operand(op, 0)].elements;
	if (axis < 0)
		axis += out->rank;
	if (!elements || r->tensors[g->out].elements != elements * g->count || axis < 0 ||
	    axis >= out->rank || !is_gathered(op, axis, first, out))
		return false;
	for (i = 0; i < axis; i++)
		g->outer *= first->dim[i];
	for (i = 0; i < g->count; i++) {
		int32_t t = roll_operand(op, i);

		if (t < 0 || r->tensors[t].product < 0 || r->tensors[t].uses != 1 ||
		    r->tensors[t].elements != elements ||
		    r->model->tensors[t].rank != first->rank ||
		    !same_dims(&r->model->tensors[t], first, first->rank) ||
		    !v3c_roll_same_quant(&r->model->tensors[t], out))
			return false;
	}
	return true;
}

/* The shape of a FULLY_CONNECTED; false if there is anything to say against it */
static bool fully_connected(const struct roll *r, const struct tfl_op *op, uint32_t *rows,
			    uint32_t *units, uint32_t *depth)
{
	int32_t in = roll_operand(op, 0), weights = roll_operand(op, 1);
	const struct tfl_tensor *w, *out;

	if (op->code != TFL_FULLY_CONNECTED || op->format || op->inputs.count > 3 || in < 0 ||
	    weights < 0 || !r->tensors[in].elements || !r->tensors[weights].elements)
		return false;
	w = &r->model->tensors[weights];
	if (w->rank != 2 || r->tensors[in].elements % w->dim[1])
		return false;
	*units = w->dim[0];
	*depth = w->dim[1];
	*rows = r->tensors[in].elements / *depth;
	out = &r->model->tensors[v3c_fb_vector_i32(&op->outputs, 0)];
	return out->rank && (uint32_t)out->dim[out->rank - 1] == *units &&
	       r->tensors[v3c_fb_vector_i32(&op->outputs, 0)].elements == (uint64_t)*rows * *units;
}

/* Do pieces @i and @k share all but the slab? */
static bool same_product(const struct roll *r, const struct group *g, uint32_t i, uint32_t k)
{
	return piece_operand(r, g, i, 1 - g->slab) == piece_operand(r, g, k, 1 - g->slab) &&
	       piece_operand(r, g, i, 2) == piece_operand(r, g, k, 2) &&
	       piece_cut(r, g, i, g->slab)->base == piece_cut(r, g, k, g->slab)->base;
}

/* How many pieces like this one the tensor that it is cut from has; 0: not a whole number */
static uint32_t parts(const struct roll *r, const struct roll_cut *cut)
{
	uint32_t dim;

	if (cut->base < 0)
		return 0;
	dim = r->model->tensors[cut->base].dim[cut->axis];
	return cut->first % cut->count || dim % cut->count ? 0 : dim / cut->count;
}

/* Is @cut piece @i of @count of its tensor, all cut as @like is? */
static bool is_part(const struct roll *r, const struct roll_cut *cut, const struct roll_cut *like,
		    uint32_t i, uint32_t count)
{
	return cut->base >= 0 && cut->axis == like->axis && cut->count == like->count &&
	       parts(r, cut) == count && cut->first / cut->count == i;
}

/* The number of products, and whose pieces are whose, from where the first one's are */
static bool arrange(const struct roll *r, struct group *g)
{
	uint32_t i = 1;

	g->interleaved = !same_product(r, g, 0, 1);
	while (i < g->count && same_product(r, g, 0, i) != g->interleaved)
		i++;
	if (g->interleaved && i == g->count)
		return false;
	g->products = g->interleaved ? i : g->count / i;
	g->each = g->count / g->products;
	return g->products * g->each == g->count;
}

/* Every piece, in order, has the next slab as operand @slab, and shares the other operand */
static bool match_slabs(const struct roll *r, struct group *g, int slab)
{
	const struct roll_cut *first;
	uint32_t i;

	g->slab = slab;
	for (i = 0; i < g->count; i++)
		if (piece_cut(r, g, i, slab)->base < 0)
			return false;
	if (!arrange(r, g))
		return false;
	first = piece_cut(r, g, 0, slab);
	g->common = parts(r, first) == g->count;
	for (i = 0; i < g->count; i++) {
		const struct roll_cut *cut = piece_cut(r, g, i, slab);
		uint32_t product = g->interleaved ? i % g->products : i / g->each;
		uint32_t within = g->interleaved ? i / g->products : i % g->each;
		uint32_t lead = g->interleaved ? product : product * g->each;

		if (!same_product(r, g, i, lead))
			return false;
		if (g->common ? cut->base != first->base || !is_part(r, cut, first, i, g->count) :
		    !is_part(r, cut, piece_cut(r, g, lead, slab), within, g->each))
			return false;
	}
	return true;
}

static bool same_type(const struct roll *r, const struct tfl_op *op)
{
	return r->model->tensors[roll_operand(op, 0)].type ==
	       r->model->tensors[roll_operand(op, 1)].type;
}

/* A FULLY_CONNECTED a row or a column at a time */
static bool match_fully_connected(const struct roll *r, struct group *g)
{
	const struct tfl_op *first = &r->model->ops[piece_op(r, g, 0)];
	uint32_t rows, units, depth, i;
	bool bias = false;

	if (!fully_connected(r, first, &g->rows, &g->units, &g->depth))
		return false;
	for (i = 0; i < g->count; i++) {
		const struct tfl_op *op = &r->model->ops[piece_op(r, g, i)];

		if (!fully_connected(r, op, &rows, &units, &depth) || rows != g->rows ||
		    units != g->units || depth != g->depth || op->activation != first->activation)
			return false;
		bias |= roll_operand(op, 2) >= 0;
	}
	/* Columns: operands change places, so they must be of one type; a bias would be a row's */
	return (!bias && same_type(r, first) && match_slabs(r, g, 1)) || match_slabs(r, g, 0);
}

/* The shape of a BATCH_MATMUL's result, by its operands' */
static bool batch_matmul(const struct roll *r, const struct tfl_op *op, struct group *g)
{
	const struct tfl_tensor *t[3];
	uint32_t last;
	int k;

	for (k = 0; k < 3; k++) {
		int32_t tensor = k < 2 ? roll_operand(op, k) : v3c_fb_vector_i32(&op->outputs, 0);

		if (tensor < 0 || !r->tensors[tensor].elements)
			return false;
		t[k] = &r->model->tensors[tensor];
		if (t[k]->rank < 2 || t[k]->rank != t[0]->rank ||
		    !same_dims(t[k], t[0], t[0]->rank - 2))
			return false;
	}
	last = t[0]->rank - 1;
	g->rows = t[0]->dim[last - !op->adjoint[0]];
	g->depth = t[0]->dim[last - op->adjoint[0]];
	g->units = t[1]->dim[last - op->adjoint[1]];
	return (uint32_t)t[1]->dim[last - !op->adjoint[1]] == g->depth &&
	       (uint32_t)t[2]->dim[last - 1] == g->rows && (uint32_t)t[2]->dim[last] == g->units;
}

/* A BATCH_MATMUL a matrix, or some of them, at a time */
static bool match_batch(const struct roll *r, struct group *g)
{
	const struct tfl_op *first = &r->model->ops[piece_op(r, g, 0)];
	uint32_t i;
	int k;

	for (i = 0; i < g->count; i++) {
		const struct tfl_op *op = &r->model->ops[piece_op(r, g, i)];

		if (op->code != TFL_BATCH_MATMUL || op->inputs.count != 2 ||
		    op->adjoint[0] != first->adjoint[0] || op->adjoint[1] != first->adjoint[1] ||
		    !batch_matmul(r, op, g))
			return false;
		for (k = 0; k < 2; k++) {
			const struct tfl_tensor *t = &r->model->tensors[roll_operand(op, k)];
			const struct tfl_tensor *like = &r->model->tensors[roll_operand(first, k)];
			const struct roll_cut *cut = piece_cut(r, g, i, k);
			const struct roll_cut *lead = piece_cut(r, g, 0, k);

			if (t->rank != like->rank || !same_dims(t, like, t->rank) ||
			    cut->base != lead->base || !is_part(r, cut, lead, i, g->count))
				return false;
		}
	}
	return true;
}

/* The tensor that is cut, so that one piece's elements follow the other's */
static int32_t slabs(struct roll *r, const struct roll_cut *cut)
{
	const struct tfl_tensor *base = &r->model->tensors[cut->base];
	uint32_t outer = 1, count = parts(r, cut), dim[3];
	int i;

	for (i = 0; i < cut->axis; i++)
		outer *= base->dim[i];
	if (outer == 1)
		return cut->base;
	r->build.tag = r->model->ops[cut->op].tag;
	dim[0] = outer;
	dim[1] = count;
	dim[2] = r->tensors[cut->base].elements / outer / count;
	return v3c_roll_transpose(&r->build, v3c_roll_reshape(&r->build, cut->base, 3, dim),
				  (uint32_t[]){ 1, 0, 2 });
}

/* What each product has in place of its pieces' slabs */
static int32_t product_slabs(struct roll *r, const struct group *g, int32_t *out)
{
	const struct roll_cut *cut = piece_cut(r, g, 0, g->slab);
	uint32_t size = g->depth * (g->slab ? g->units : g->rows), i;
	uint32_t dim[3] = { g->each, g->products, size };

	if (g->common && g->products > 1) {
		if (!g->interleaved) {
			dim[0] = g->products;
			dim[1] = g->each;
		}
		r->build.tag = r->model->ops[cut->op].tag;
		return v3c_roll_unpack(&r->build,
				       v3c_roll_reshape(&r->build, slabs(r, cut), 3, dim),
				       g->interleaved, 2, (uint32_t[]){ g->each, size }, out,
				       g->products);
	}
	for (i = 0; i < g->products; i++) {
		uint32_t lead = g->interleaved ? i : i * g->each;

		out[i] = slabs(r, piece_cut(r, g, lead, g->slab));
		if (out[i] < 0)
			return out[i];
	}
	return 0;
}

/* A matrix for FULLY_CONNECTED's weights, which have two dimensions */
static int32_t weights(struct roll *r, int32_t tensor, uint32_t rows, uint32_t depth)
{
	const struct tfl_tensor *t = &r->model->tensors[tensor];

	if (t->rank == 2 && (uint32_t)t->dim[0] == rows && (uint32_t)t->dim[1] == depth)
		return tensor;
	return v3c_roll_reshape(&r->build, tensor, 2, (uint32_t[]){ rows, depth });
}

/* The shape of a piece's result: a row, or a matrix. Returns its rank */
static int piece_shape(const struct group *g, uint32_t *dim)
{
	uint32_t height = g->slab ? g->units : g->rows;

	dim[0] = height == 1 ? g->rows * g->units : g->rows;
	dim[1] = g->units;
	return height == 1 ? 1 : 2;
}

/* Product @i, of @slabs; its result is [pieces] of piece_shape() */
static int32_t product(struct roll *r, const struct group *g, uint32_t i, int32_t slabs)
{
	uint32_t lead = g->interleaved ? i : i * g->each;
	uint32_t last = g->interleaved ? g->count - g->products + i : lead + g->each - 1;
	const struct tfl_op *like = &r->model->ops[piece_op(r, g, lead)];
	uint32_t height = g->slab ? g->units : g->rows, width = g->slab ? g->rows : g->units;
	uint32_t dim[3] = { g->each, height, width };
	int32_t in[3] = { slabs, piece_operand(r, g, lead, 1 - g->slab), roll_operand(like, 2) };
	int32_t out;

	r->build.tag = r->model->ops[piece_op(r, g, last)].tag;
	in[1] = weights(r, in[1], width, g->depth);
	/*
	 * The slabs are the rows of the first operand. If they were weights,
	 * the operands change places, and so do the result's dimensions.
	 */
	out = v3c_roll_product(&r->build, like, in, v3c_roll_add_tensor(
		&r->build, g->out, 2, (uint32_t[]){ g->each * height, width }));
	if (height == 1)
		return out;
	out = v3c_roll_reshape(&r->build, out, 3, dim);
	return g->slab ? v3c_roll_transpose(&r->build, out, (uint32_t[]){ 0, 2, 1 }) : out;
}

/* The products of FULLY_CONNECTEDs; the result is all pieces', one after the other */
static int32_t roll_fully_connected(struct roll *r, const struct group *g)
{
	int32_t *in = v3c_alloc(r->build.ctx, g->products, sizeof(*in));
	uint32_t dim[4] = { g->each, g->products }, i;
	int32_t ret;
	int rank;

	if (!in)
		return v3c_no_memory(r->build.ctx);
	ret = product_slabs(r, g, in);
	if (ret < 0)
		return ret;
	for (i = 0; i < g->products; i++) {
		in[i] = product(r, g, i, in[i]);
		if (in[i] < 0)
			return in[i];
	}
	r->build.tag = g->gather->tag;
	if (g->products == 1)
		return in[0];
	if (!g->interleaved) {
		dim[0] = g->products;
		dim[1] = g->each;
	}
	rank = 2 + piece_shape(g, dim + 2);
	return v3c_roll_pack(&r->build, in, g->products, g->interleaved, rank, dim);
}

/* The product of BATCH_MATMULs; the result is all pieces', one after the other */
static int32_t roll_batch(struct roll *r, const struct group *g)
{
	const struct tfl_op *like = &r->model->ops[piece_op(r, g, 0)];
	uint32_t elements = g->rows * g->units;
	uint32_t batch = r->tensors[g->out].elements / elements;
	uint32_t out[3] = { batch, g->rows, g->units }, k;
	int32_t in[3] = { -1, -1, -1 };

	for (k = 0; k < 2; k++) {
		const struct tfl_tensor *t = &r->model->tensors[roll_operand(like, k)];
		uint32_t dim[3] = { batch, t->dim[t->rank - 2], t->dim[t->rank - 1] };

		in[k] = v3c_roll_reshape(&r->build, slabs(r, piece_cut(r, g, 0, k)), 3, dim);
	}
	r->build.tag = r->model->ops[piece_op(r, g, g->count - 1)].tag;
	return v3c_roll_product(&r->build, like, in,
				v3c_roll_add_tensor(&r->build, g->out, 3, out));
}

/* What gathers the pieces' results, which are one after the other */
static int32_t gather(struct roll *r, const struct group *g, int32_t pieces)
{
	uint32_t dim[3] = { g->count, g->outer };

	r->build.tag = g->gather->tag;
	if (g->outer > 1) {
		dim[2] = r->tensors[g->out].elements / g->count / g->outer;
		pieces = v3c_roll_transpose(&r->build, v3c_roll_reshape(&r->build, pieces, 3, dim),
					    (uint32_t[]){ 1, 0, 2 });
	}
	return v3c_roll_finish(&r->build, pieces, g->out);
}

/* The operators that are replaced; views that nothing reads then go later */
static void remove_pieces(struct roll *r, uint32_t number, const struct group *g)
{
	uint32_t i;

	r->dead[number] = true;
	for (i = 0; i < g->count; i++) {
		int32_t tensor = roll_operand(g->gather, i);
		int32_t op = r->tensors[tensor].writer;

		while ((uint32_t)op != piece_op(r, g, i)) {
			r->dead[op] = true;
			op = r->tensors[roll_operand(&r->model->ops[op], 0)].writer;
		}
		r->dead[op] = true;
	}
}

static void describe(struct roll *r, uint32_t number, const struct group *g)
{
	struct v3c_rolled *rolled = &r->model->rolled[r->model->rolled_count++];
	uint32_t i;

	*rolled = (struct v3c_rolled){
		.op_name = v3c_tfl_op_name(r->model->ops[piece_op(r, g, 0)].code),
		.pieces = g->count, .products = g->products, .first = number, .gather = number,
	};
	for (i = 0; i < g->count; i++) {
		uint32_t op = piece_op(r, g, i);

		if (op < rolled->first)
			rolled->first = op;
		if (op > rolled->last)
			rolled->last = op;
	}
}

static int roll_op(struct roll *r, uint32_t number)
{
	struct group g;
	int32_t pieces, ret;
	bool batch;

	if (!match_gather(r, number, &g))
		return 0;
	batch = r->model->ops[piece_op(r, &g, 0)].code == TFL_BATCH_MATMUL;
	if (batch ? !match_batch(r, &g) : !match_fully_connected(r, &g))
		return 0;
	r->build.before = number;
	if (batch) {
		g.products = 1;
		pieces = roll_batch(r, &g);
	} else {
		pieces = roll_fully_connected(r, &g);
	}
	ret = gather(r, &g, pieces);
	if (ret < 0)
		return ret;
	remove_pieces(r, number, &g);
	describe(r, number, &g);
	return 0;
}

/* Counts an operator's operands in @uses */
static void count_uses(const struct tfl_op *op, uint32_t *uses)
{
	uint32_t i;

	for (i = 0; i < op->inputs.count; i++)
		if (v3c_fb_vector_i32(&op->inputs, i) >= 0)
			uses[v3c_fb_vector_i32(&op->inputs, i)]++;
}

/* Was something read of an operator's results, and is nothing now? */
static bool lost_readers(const struct roll *r, const struct tfl_op *op, const uint32_t *uses)
{
	bool read = false;
	uint32_t i;

	for (i = 0; i < op->outputs.count; i++) {
		int32_t tensor = v3c_fb_vector_i32(&op->outputs, i);

		if (uses[tensor])
			return false;
		read |= r->tensors[tensor].uses > 0;
	}
	return read;
}

/* Marks the views that only replaced operators read */
static int remove_views(struct roll *r)
{
	const struct tfl_model *m = r->model;
	uint32_t *uses = v3c_alloc(r->build.ctx, m->tensor_count, sizeof(*uses));
	uint32_t added = r->build.added_count, i;

	if (!uses)
		return v3c_no_memory(r->build.ctx);
	for (i = 0; i < m->outputs.count; i++)
		uses[v3c_fb_vector_i32(&m->outputs, i)]++;
	for (i = m->op_count; i-- > 0;) {
		while (added && r->build.added[added - 1].before == i)
			count_uses(&r->build.added[--added].op, uses);
		if (!r->dead[i] && v3c_roll_is_view(m->ops[i].code) &&
		    lost_readers(r, &m->ops[i], uses))
			r->dead[i] = true;
		if (!r->dead[i])
			count_uses(&m->ops[i], uses);
	}
	return 0;
}

/* The new list of operators */
static int replace(struct roll *r)
{
	struct tfl_model *m = r->model;
	struct tfl_op *ops = v3c_alloc(r->build.ctx, (size_t)m->op_count + r->build.added_count,
				       sizeof(*ops));
	uint32_t count = 0, added = 0, i;

	if (!ops)
		return v3c_no_memory(r->build.ctx);
	for (i = 0; i < m->op_count; i++) {
		while (added < r->build.added_count && r->build.added[added].before == i)
			ops[count++] = r->build.added[added++].op;
		if (!r->dead[i])
			ops[count++] = m->ops[i];
	}
	m->ops = ops;
	m->op_count = count;
	return 0;
}

/* Operators that might gather products: each could be one of struct tfl_model.rolled */
static uint32_t count_gathers(const struct tfl_model *m)
{
	uint32_t count = 0, i;

	for (i = 0; i < m->op_count; i++)
		count += m->ops[i].code == TFL_PACK || m->ops[i].code == TFL_CONCATENATION;
	return count;
}

int v3c_roll(struct v3c_ctx *ctx, struct tfl_model *model)
{
	struct roll r = {
		.build = { .ctx = ctx, .model = model, .tensor_room = model->tensor_count },
		.model = model,
	};
	uint32_t i;
	int ret = 0;

	r.tensors = v3c_roll_look(ctx, model);
	r.dead = v3c_alloc(ctx, model->op_count, sizeof(*r.dead));
	model->rolled = v3c_alloc(ctx, count_gathers(model), sizeof(*model->rolled));
	if (!r.tensors || !r.dead || !model->rolled)
		return v3c_no_memory(ctx);
	for (i = 0; !ret && i < model->op_count; i++)
		ret = roll_op(&r, i);
	if (ret || !model->rolled_count)
		return ret;
	ret = remove_views(&r);
	return ret ? ret : replace(&r);
}
