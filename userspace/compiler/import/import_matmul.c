// SPDX-License-Identifier: MIT
#include <errno.h>

#include "read.h"

/*
 * TFLite 2.14 folds the first operand's batches into its rows where the second
 * has a single one, and leaves most of the output unwritten if the first is to
 * be transposed, too. Nobody can want that result.
 */
static int check_fold(struct importer *im, const struct ir_shape *a, const struct ir_shape *b)
{
	uint64_t batches[2] = { 1, 1 };
	int i;

	for (i = 0; i < a->rank - 2; i++) {
		batches[0] *= a->dim[i];
		batches[1] *= b->dim[i];
	}
	if (!im->op->adjoint[0] || v3c_import_tensor(im, 1)->rank < 3 || batches[1] > 1 ||
	    batches[0] == 1)
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
	int in[2], out, node, i, ret;

	ret = v3c_read_matmul(im, 0, in, &shape);
	if (!ret)
		ret = check_fold(im, &import_value(im, in[0])->shape,
				 &import_value(im, in[1])->shape);
	if (ret)
		return ret;
	for (i = 0; i < 2; i++) {
		quant[i] = import_value(im, in[i])->quant;
		matmul.zero_point[i] = quant[i].zero_point;
	}
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
			   import_value(im, in[0])->shape.dim[shape.rank - 1];
	node = v3c_import_node(im, IR_MATMUL, in[0], in[1], out);
	if (node >= 0)
		im->graph->nodes[node].matmul = matmul;
	return node;
}
