// SPDX-License-Identifier: MIT
#include <errno.h>

#include "import.h"

/* The value with its last two dimensions swapped */
static int swapped(struct importer *im, int value)
{
	struct ir_shape shape = import_value(im, value)->shape;
	int last = shape.rank - 1, view, node, i;
	uint32_t dim = shape.dim[last];

	shape.dim[last] = shape.dim[last - 1];
	shape.dim[last - 1] = dim;
	view = v3c_import_temporary(im, &shape, import_value(im, value)->quant);
	if (view < 0)
		return view;
	node = v3c_import_node(im, IR_TRANSPOSE, value, -1, view);
	if (node < 0)
		return node;
	for (i = 0; i < shape.rank; i++)
		im->graph->nodes[node].perm[i] = i;
	im->graph->nodes[node].perm[last] = last - 1;
	im->graph->nodes[node].perm[last - 1] = last;
	return view;
}

/* The value with dimensions of 1 in front, so that it has @rank */
static int widened(struct importer *im, int value, int rank)
{
	const struct ir_shape *from = &import_value(im, value)->shape;
	struct ir_shape shape = { .rank = rank };
	int view, node, i;

	if (from->rank == rank)
		return value;
	for (i = 0; i < rank; i++)
		shape.dim[i] = i < rank - from->rank ? 1 : from->dim[i - (rank - from->rank)];
	view = v3c_import_temporary(im, &shape, import_value(im, value)->quant);
	if (view < 0)
		return view;
	node = v3c_import_node(im, IR_RESHAPE, value, -1, view);
	return node < 0 ? node : view;
}

/* [..., rows, depth] and [..., columns, depth] make @out: [..., rows, columns] */
static int product_shape(struct importer *im, const struct ir_shape *a, const struct ir_shape *b,
			 struct ir_shape *out)
{
	int last = a->rank - 1, i;

	*out = *a;
	out->dim[last] = b->dim[last - 1];
	for (i = 0; i < last - 1; i++) {
		if (a->dim[i] != b->dim[i] && a->dim[i] != 1 && b->dim[i] != 1)
			break;
		out->dim[i] = a->dim[i] == 1 ? b->dim[i] : a->dim[i];
	}
	if (i < last - 1 || a->dim[last] != b->dim[last])
		return v3c_import_fail(im, EINVAL, "damaged: its operands' shapes do not go together");
	return 0;
}

static uint64_t batches(const struct ir_shape *shape)
{
	return ir_elements(shape) / shape->dim[shape->rank - 1] / shape->dim[shape->rank - 2];
}

/*
 * TFLite 2.14 folds the first operand's batches into its rows where the second
 * has a single one, and leaves most of the output unwritten if the first is to
 * be transposed, too. Nobody can want that result.
 */
static int check_fold(struct importer *im, const struct ir_shape *a, const struct ir_shape *b)
{
	if (!im->op->adjoint[0] || b->rank < 3 || batches(b) > 1 || batches(a) == 1)
		return 0;
	return v3c_import_fail(im, ENOTSUP,
			       "TFLite does not compute adj_x with one second operand for all batches; "
			       "give it two dimensions or write the TRANSPOSE out");
}

int v3c_import_batch_matmul(struct importer *im)
{
	struct ir_matmul matmul = {};
	struct v3c_quant quant[2], out_quant;
	struct ir_shape shape;
	struct v3npu_chan *chan;
	struct v3c_scale s;
	int in[2], out, node, rank = 0, i, ret;

	ret = v3c_import_arity(im, 2, 2, 1);
	if (ret)
		return ret;
	for (i = 0; i < 2; i++) {
		in[i] = v3c_import_input(im, i);
		if (in[i] < 0)
			return in[i];
		quant[i] = import_value(im, in[i])->quant;
		matmul.zero_point[i] = quant[i].zero_point;
		if (import_value(im, in[i])->shape.rank < 2)
			return v3c_import_fail(im, EINVAL,
					       "damaged: an operand has less than two dimensions");
		if (import_value(im, in[i])->shape.rank > rank)
			rank = import_value(im, in[i])->shape.rank;
	}
	ret = check_fold(im, &import_value(im, in[0])->shape, &import_value(im, in[1])->shape);
	if (ret)
		return ret;
	for (i = 0; i < 2; i++) {
		/* The NPU wants the depth last in both */
		if (im->op->adjoint[i] == !i)
			in[i] = swapped(im, in[i]);
		if (in[i] >= 0)
			in[i] = widened(im, in[i], rank);
		if (in[i] < 0)
			return in[i];
	}
	ret = product_shape(im, &import_value(im, in[0])->shape, &import_value(im, in[1])->shape,
			    &shape);
	if (ret)
		return ret;
	out = v3c_import_output(im, 0, &shape);
	if (out < 0)
		return out;
	out_quant = import_value(im, out)->quant;
	chan = v3c_alloc(im->ctx, 1, sizeof(*chan));
	if (!chan)
		return v3c_no_memory(im->ctx);
	/* The product of the scales in float, as TFLite */
	ret = v3c_import_scale(im,
			       (double)(quant[0].scale * quant[1].scale) / (double)out_quant.scale,
			       "the scale of its accumulators", &s);
	if (ret)
		return ret;
	*chan = (struct v3npu_chan){ .multiplier = s.multiplier, .shift = s.shift };
	matmul.stage = (struct ir_stage){
		.chan = chan, .chan_count = 1, .zero_point = out_quant.zero_point,
		.min = INT8_MIN, .max = INT8_MAX,
	};
	im->graph->macs += ir_elements(&shape) *
			   import_value(im, in[0])->shape.dim[rank - 1];
	node = v3c_import_node(im, IR_MATMUL, in[0], in[1], out);
	if (node >= 0)
		im->graph->nodes[node].matmul = matmul;
	return node;
}
